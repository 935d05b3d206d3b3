//! One declared metric: read, checked, and expanded.

use super::args::{MetricArgs, ModuleArgs};
use super::{describe, is_metric};
use crate::descriptor::Description;
use crate::diagnostics::Diagnostics;
use crate::expand;
use crate::host::ungrouped_type;
use crate::labels::checked;
use crate::naming;
use crate::spec::{JobSet, check_job_labels};
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, FnArg, ForeignItemFn, GenericArgument, Lit, Meta, Pat, Path, PathArguments,
    ReturnType, Safety, Type,
};

/// A declared metric, valid.
pub(super) struct Metric<'a> {
    pub(super) function: &'a ForeignItemFn,
    labels: Vec<(Ident, Type)>,
    pub(super) conditions: Vec<&'a Attribute>,
    pub(super) what: What,
}

pub(super) enum What {
    Family(Box<Description>),
    Jobs(Box<JobSet>),
}

/// What a return type says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Returns {
    Family(Kind, bool),
    Jobs,
}

impl<'a> Metric<'a> {
    pub(super) fn new(
        function: &'a ForeignItemFn,
        module: &ModuleArgs,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let signature = &function.sig;
        let ident = &signature.ident;
        let qualifiers = [
            signature.asyncness.as_ref().map(ToTokens::to_token_stream),
            signature.constness.as_ref().map(ToTokens::to_token_stream),
            signature.abi.as_ref().map(ToTokens::to_token_stream),
            match &signature.safety {
                Safety::Default => None,
                safety => Some(safety.to_token_stream()),
            },
        ];
        for word in qualifiers.into_iter().flatten() {
            let message = format!("a declared metric is not `{word}`; remove it");
            diagnostics.push(syn::Error::new_spanned(word, message));
        }
        if !signature.generics.params.is_empty() {
            diagnostics.push(syn::Error::new_spanned(
                &signature.generics,
                "a declared metric has no type or lifetime parameters: each label has one type",
            ));
        }
        let args = MetricArgs::parse(&function.attrs, diagnostics);
        let help = doc(&function.attrs);
        if help.is_empty() {
            diagnostics.error(
                ident.span(),
                format!("`{ident}` has no help; write a doc comment above it, one sentence for the operator"),
            );
        }
        let labels = labels(function, diagnostics);
        let returns = diagnostics.take(returns(function))?;
        let names: Vec<(String, Span)> = labels
            .iter()
            .map(|(name, _)| (naming::text(name), name.span()))
            .collect();
        let what = match returns {
            Returns::Family(kind, real) => {
                if let Some(prefix) = &args.prefix {
                    diagnostics.error(
                        prefix.span(),
                        "`prefix` is for `Jobs`, whose names are fixed; here the function's name or `name` is used",
                    );
                }
                naming::check_labels(&names, kind, diagnostics);
                What::Family(Box::new(describe::family(
                    function,
                    module,
                    &args,
                    kind,
                    real,
                    help,
                    &names,
                    diagnostics,
                )))
            }
            Returns::Jobs => {
                check_job_labels(&names, diagnostics);
                What::Jobs(Box::new(describe::job_set(
                    function,
                    module,
                    args,
                    &names,
                    diagnostics,
                )))
            }
        };
        let conditions = function
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .collect();
        Some(Self {
            function,
            labels,
            conditions,
            what,
        })
    }

    /// The name of its static.
    fn static_name(&self) -> TokenStream {
        let name = naming::text(&self.function.sig.ident).to_uppercase();
        format_ident!("__INSTRUMETRICS_{name}").into_token_stream()
    }

    fn types(&self) -> TokenStream {
        let types = self.labels.iter().map(|(_, ty)| ty);
        quote!((#(#types,)*))
    }

    fn registered(&self, krate: &Path) -> TokenStream {
        let (name, types) = (self.static_name(), self.types());
        match &self.what {
            What::Family(_) => expand::register(krate, &name, &types),
            What::Jobs(_) => expand::register_jobs(krate, &name, &types, false, false),
        }
    }

    /// The statement that registers it.
    pub(super) fn register(&self, krate: &Path) -> TokenStream {
        let (registered, conditions) = (self.registered(krate), &self.conditions);
        quote!(#(#conditions)* { #registered })
    }

    /// The function with its body, and its statics.
    pub(super) fn expand(&self, krate: &Path) -> TokenStream {
        let ForeignItemFn {
            attrs, vis, sig, ..
        } = self.function;
        let (name, conditions) = (self.static_name(), &self.conditions);
        let attrs = attrs.iter().filter(|attr| !is_metric(attr));
        let register = self.registered(krate);
        let (statics, links, outcomes) = match &self.what {
            What::Family(description) => {
                let ReturnType::Type(_, instrument) = &sig.output else {
                    return TokenStream::new();
                };
                let instrument = instrument.to_token_stream();
                (
                    expand::declared_static(krate, &name, &instrument, description),
                    expand::submit(krate, &quote!(#name.descriptor()), Some(&register)),
                    1,
                )
            }
            What::Jobs(set) => (
                expand::job_set(krate, &name, set),
                expand::submit_set(krate, &name, Some(&register), &[0, 1, 2, 3]),
                expand::OUTCOMES,
            ),
        };
        let names: Vec<String> = self
            .labels
            .iter()
            .map(|(name, _)| naming::text(name))
            .collect();
        let span = sig.ident.span();
        let small = expand::check_dense(krate, &names, &self.types(), outcomes, span);
        // The reference is located at the type: an error about it points there.
        let values = self.labels.iter().map(|(name, ty)| {
            let mut value = name.clone();
            value.set_span(ty.span().resolved_at(name.span()));
            let span = ty.span().resolved_at(Span::call_site());
            checked(krate, &quote_spanned!(span=> &#value))
        });
        quote! {
            #(#conditions)*
            #statics
            #(#conditions)*
            const _: () = {
                #links
                #small
            };
            #(#attrs)*
            #vis #sig {
                #name.with((#(#values,)*))
            }
        }
    }
}

/// The doc comment as one line.
fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| {
            let Meta::NameValue(doc) = &attr.meta else {
                return None;
            };
            match &doc.value {
                Expr::Lit(syn::ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => Some(line.value()),
                _ => None,
            }
        });
    let text: Vec<String> = lines.collect();
    // The first paragraph says it; what follows is for people who read the code.
    let mut words = Vec::new();
    for line in text
        .iter()
        .map(|line| line.trim())
        .skip_while(|line| line.is_empty())
    {
        if line.is_empty() {
            break;
        }
        words.push(line);
    }
    words.join(" ")
}

fn labels(function: &ForeignItemFn, diagnostics: &mut Diagnostics) -> Vec<(Ident, Type)> {
    let mut labels = Vec::new();
    for input in &function.sig.inputs {
        match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                    if let Type::ImplTrait(ty) = &*input.ty {
                        diagnostics.push(syn::Error::new_spanned(
                            ty,
                            "a label has one type; write `&str`, or the enum",
                        ));
                    }
                    for attr in &input.attrs {
                        let message = "a label has no attributes: every series has it, or none";
                        diagnostics.push(syn::Error::new_spanned(attr, message));
                    }
                    labels.push((pat.ident.clone(), (*input.ty).clone()));
                }
                other => diagnostics.push(syn::Error::new_spanned(
                    other,
                    "a label is written `name: Type`",
                )),
            },
            FnArg::Receiver(receiver) => {
                diagnostics.push(syn::Error::new_spanned(
                    receiver,
                    "a declared metric has no `self`: its parameters are its labels",
                ));
            }
        }
    }
    labels
}

/// The kind that the return type says.
pub(super) fn returns(function: &ForeignItemFn) -> syn::Result<Returns> {
    const EXPECTED: &str =
        "a declared metric returns `Counter`, `Counter<f64>`, `Gauge`, `Histogram` or `Jobs`";
    let ident = &function.sig.ident;
    let ReturnType::Type(_, ty) = &function.sig.output else {
        return Err(syn::Error::new(
            ident.span(),
            format!("`{ident}` has no return type; {EXPECTED}"),
        ));
    };
    let unknown = || {
        let written = ty.to_token_stream().to_string().replace(' ', "");
        let near = grammar::nearest(&written, ["Counter", "Gauge", "Histogram", "Jobs"])
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let message = format!("unknown return type `{written}`: {EXPECTED}{near}");
        syn::Error::new_spanned(ty, message)
    };
    let Type::Path(path) = ungrouped_type(ty) else {
        return Err(unknown());
    };
    let last = path.path.segments.last().ok_or_else(unknown)?;
    let argument = match &last.arguments {
        PathArguments::None => None,
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(Type::Path(ty))) if arguments.args.len() == 1 => {
                ty.path.get_ident().map(ToString::to_string)
            }
            _ => return Err(unknown()),
        },
        PathArguments::Parenthesized(_) => return Err(unknown()),
    };
    match (last.ident.to_string().as_str(), argument.as_deref()) {
        ("Counter", None | Some("u64")) => Ok(Returns::Family(Kind::Counter, false)),
        ("Counter", Some("f64")) => Ok(Returns::Family(Kind::Counter, true)),
        ("Gauge", None) => Ok(Returns::Family(Kind::Gauge, false)),
        ("Histogram", None) => Ok(Returns::Family(Kind::Histogram, false)),
        ("Jobs", None) => Ok(Returns::Jobs),
        _ => Err(unknown()),
    }
}
