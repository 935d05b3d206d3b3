//! The function that an attribute stands on.

use crate::args::Attribute;
use crate::naming;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute as SynAttribute, FnArg, GenericParam, Pat, ReturnType, Signature, Type, Visibility,
};

/// A function, its body unparsed: what is half typed stays as it is, and the compiler reports it.
pub(crate) struct Host {
    /// The type, where the attribute stands on its `impl`.
    pub(crate) owner: Option<Owner>,
    pub(crate) attributes: Vec<SynAttribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
    pub(crate) body_span: Span,
}

/// The type of an `impl` block that an attribute stands on.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) name: String,
    /// The type parameters of the block.
    pub(crate) parameters: Vec<Ident>,
}

impl ToTokens for Host {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attributes,
            visibility,
            signature,
            body,
            body_span,
            ..
        } = self;
        let mut group = Group::new(Delimiter::Brace, body.clone());
        group.set_span(*body_span);
        tokens.extend(quote!(#(#attributes)* #visibility #signature #group));
    }
}

impl Parse for Host {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(SynAttribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature: Signature = input.parse()?;
        let body = input.parse::<TokenTree>()?;
        match braces(&body) {
            Some(group) => Ok(Self {
                owner: None,
                attributes,
                visibility,
                signature,
                body: group.stream(),
                body_span: group.span(),
            }),
            None => Err(syn::Error::new(
                signature.ident.span(),
                format!(
                    "`{}` has no body, so there is nothing to measure; put the attribute where it has one",
                    signature.ident
                ),
            )),
        }
    }
}

/// The body, out of the invisible group that a macro by example puts around a block.
fn braces(tree: &TokenTree) -> Option<proc_macro2::Group> {
    let TokenTree::Group(group) = tree else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            braces(&inner.next()?).filter(|_| inner.next().is_none())
        }
        _ => None,
    }
}

/// A type without parentheses and the invisible groups of macros by example.
pub(crate) fn ungrouped_type(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => ungrouped_type(&paren.elem),
        Type::Group(group) => ungrouped_type(&group.elem),
        ty => ty,
    }
}

/// Parses the item, with an error that says where the attribute belongs.
pub(crate) fn parse(attribute: Attribute, item: &TokenStream) -> syn::Result<Host> {
    let host: Host = syn::parse2(item.clone()).map_err(|error| {
        let name = attribute.name();
        // The first word tells what else it is standing on.
        let word = item.clone().into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident).filter(|ident| {
                matches!(
                    &*ident.to_string(),
                    "struct" | "enum" | "union" | "trait" | "mod" | "static" | "type" | "use"
                )
            }),
            _ => None,
        });
        match word {
            Some(word) if word == "trait" => syn::Error::new(
                word.span(),
                format!("`#[{name}]` stands on a function: put it on each method of this `{word}`"),
            ),
            Some(word) => {
                let article = if word == "enum" { "an" } else { "a" };
                syn::Error::new(
                    word.span(),
                    format!(
                        "`#[{name}]` stands on a function or an `impl`, not on {article} `{word}`"
                    ),
                )
            }
            None => error,
        }
    })?;
    if host.signature.constness.is_some() {
        let remedy = format!("remove `const` or `#[{}]`", attribute.name());
        return Err(refuse_const(&host, &remedy));
    }
    Ok(host)
}

/// Why a `const fn` is no host.
pub(crate) fn refuse_const(host: &Host, remedy: &str) -> syn::Error {
    syn::Error::new(
        host.signature.constness.span(),
        format!("a `const fn` cannot be measured: it may run at compile time; {remedy}"),
    )
}

/// The names of the type and constant parameters.
pub(crate) fn type_parameters(generics: &syn::Generics) -> impl Iterator<Item = &Ident> {
    generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    })
}

impl Host {
    /// The function's name as people say it.
    pub(crate) fn name(&self) -> String {
        let name = naming::text(&self.signature.ident);
        match &self.owner {
            Some(owner) => format!("{}::{name}", owner.name),
            None => name,
        }
    }

    /// What the names of its metrics begin with.
    pub(crate) fn base(&self) -> String {
        let base = naming::base_of_function(&self.signature.ident);
        match &self.owner {
            Some(owner) => format!("{}_{base}", naming::snake_case(&owner.name)),
            None => base,
        }
    }

    /// The parameters by name, those bound in patterns included, with their type where there is one.
    pub(crate) fn parameters(&self) -> Vec<(Ident, Option<&Type>)> {
        struct Bound<'a>(Vec<&'a Ident>);
        impl<'a> Visit<'a> for Bound<'a> {
            fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
                self.0.push(&pat.ident);
                visit::visit_pat_ident(self, pat);
            }
        }
        let mut parameters = Vec::new();
        for input in &self.signature.inputs {
            let FnArg::Typed(input) = input else { continue };
            if let Pat::Ident(pat) = &*input.pat {
                let conditional = input.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
                let ty = (!conditional).then_some(&*input.ty);
                parameters.push((pat.ident.clone(), ty));
            } else {
                let mut bound = Bound(Vec::new());
                bound.visit_pat(&input.pat);
                parameters.extend(bound.0.into_iter().map(|ident| (ident.clone(), None)));
            }
        }
        parameters
    }

    /// The names of the type parameters, as far as they can be seen from here.
    pub(crate) fn type_parameters(&self) -> Vec<&Ident> {
        let surrounding = self.owner.iter().flat_map(|owner| &owner.parameters);
        type_parameters(&self.signature.generics)
            .chain(surrounding)
            .collect()
    }

    /// Whether it never returns.
    pub(crate) fn diverges(&self) -> bool {
        matches!(&self.signature.output, ReturnType::Type(_, ty) if matches!(ungrouped_type(ty), Type::Never(_)))
    }
}
