//! The tokens of a metric's static description.

use crate::args::ungrouped;
use crate::diagnostics::{Diagnostics, instead};
use crate::naming;
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, Lit, Path, Token, UnOp};

/// Everything that goes into a descriptor.
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) kind: Kind,
    pub(crate) real: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) bounds: Option<TokenStream>,
    pub(crate) unit: Option<String>,
    pub(crate) namespaced: bool,
    pub(crate) max_series: Option<usize>,
    /// Whether it always has a link entry.
    pub(crate) collected: bool,
    /// The token that declares it.
    pub(crate) span: Span,
}

impl Description {
    /// One without labels, bounds or limits.
    pub(crate) fn new(name: String, help: String, kind: Kind, span: Span) -> Self {
        Self {
            unit: grammar::unit_of(&name).map(str::to_owned),
            name,
            help,
            kind,
            real: false,
            labels: Vec::new(),
            bounds: None,
            namespaced: false,
            max_series: None,
            collected: true,
            span,
        }
    }

    /// A `Descriptor { .. }` expression, usable in a constant.
    pub(crate) fn tokens(&self, krate: &Path) -> TokenStream {
        let Self {
            name,
            help,
            real,
            labels,
            namespaced,
            collected,
            ..
        } = self;
        let kind = kind_ident(self.kind);
        let option = |value: Option<TokenStream>| {
            value.map_or_else(
                || quote!(::core::option::Option::None),
                |value| quote!(::core::option::Option::Some(#value)),
            )
        };
        let bounds = option(self.bounds.clone());
        let unit = option(self.unit.as_ref().map(|unit| quote!(#unit)));
        let max_series = option(self.max_series.map(|max| quote!(#max)));
        let line = line(self.span);
        quote! {
            #krate::__private::Descriptor {
                name: #name,
                help: #help,
                kind: #krate::__private::Kind::#kind,
                real: #real,
                labels: &[#(#labels),*],
                bounds: #bounds,
                unit: #unit,
                namespaced: #namespaced,
                max_series: #max_series,
                collected: #collected,
                site: #krate::__private::Site {
                    file: ::core::file!(),
                    line: #line,
                    module: ::core::module_path!(),
                },
            }
        }
    }
}

/// The variant of `Kind`.
fn kind_ident(kind: Kind) -> Ident {
    let name = match kind {
        Kind::Counter => "Counter",
        Kind::Gauge => "Gauge",
        Kind::Histogram => "Histogram",
    };
    Ident::new(name, Span::call_site())
}

/// The line of a token. `line!()` would give the line of the attribute instead.
fn line(span: Span) -> u32 {
    if proc_macro::is_available() {
        u32::try_from(span.unwrap().line()).unwrap_or(0)
    } else {
        0
    }
}

/// The value of `buckets = ..`.
pub(crate) enum Buckets {
    /// `[0.1, 1.0]`
    List(syn::ExprArray),
    /// `exponential(start, factor, count)` or `linear(start, width, count)`
    Series {
        constructor: Ident,
        first: Box<Expr>,
        second: Box<Expr>,
        count: syn::LitInt,
    },
    /// A path to a constant of type `&[f64]`.
    Constant(syn::ExprPath),
}

impl Parse for Buckets {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const EXPECTED: &str = "expected `[0.1, 1.0]`, `exponential(start, factor, count)`, `linear(start, width, count)` or a constant of type `&[f64]`";
        match ungrouped(input.parse()?) {
            Expr::Array(list) => Ok(Self::List(list)),
            Expr::Path(constant) => Ok(Self::Constant(constant)),
            Expr::Reference(reference)
                if matches!(&*reference.expr, Expr::Array(_)) && reference.mutability.is_none() =>
            {
                match *reference.expr {
                    Expr::Array(list) => Ok(Self::List(list)),
                    other => Err(syn::Error::new_spanned(other, EXPECTED)),
                }
            }
            Expr::Call(call) => {
                let constructor = constructor(&call)?;
                let mut args = call.args.into_iter();
                match (args.next(), args.next(), args.next(), args.next()) {
                    (
                        Some(first),
                        Some(second),
                        Some(Expr::Lit(syn::ExprLit {
                            lit: Lit::Int(count),
                            ..
                        })),
                        None,
                    ) => Ok(Self::Series {
                        constructor,
                        first: Box::new(first),
                        second: Box::new(second),
                        count,
                    }),
                    (Some(_), Some(_), Some(count), None) => Err(syn::Error::new_spanned(
                        count,
                        "the number of buckets is an integer literal",
                    )),
                    _ => {
                        let step = if constructor == "linear" {
                            "width"
                        } else {
                            "factor"
                        };
                        Err(syn::Error::new(
                            constructor.span(),
                            format!(
                                "`{constructor}` takes three arguments: `{constructor}(start, {step}, count)`"
                            ),
                        ))
                    }
                }
            }
            other => Err(syn::Error::new_spanned(other, EXPECTED)),
        }
    }
}

/// `exponential` or `linear`.
fn constructor(call: &syn::ExprCall) -> syn::Result<Ident> {
    let known = ["exponential", "linear"];
    let ident = match &*call.func {
        Expr::Path(function) => function.path.get_ident(),
        _ => None,
    };
    match ident {
        Some(ident) if known.iter().any(|known| ident == known) => Ok(ident.clone()),
        Some(ident) => {
            let word = ident.to_string();
            let instead = instead(&word, "constructors", &known.map(str::to_owned));
            Err(syn::Error::new(
                ident.span(),
                format!("unknown bucket constructor `{word}`{instead}"),
            ))
        }
        None => Err(syn::Error::new_spanned(
            &call.func,
            "buckets are made by `exponential(start, factor, count)` or `linear(start, width, count)`",
        )),
    }
}

impl Buckets {
    /// A constant expression of type `&'static [f64]`. Literals are checked here, on their tokens;
    /// everything else by an assertion in the constant.
    pub(crate) fn tokens(&self, krate: &Path, diagnostics: &mut Diagnostics) -> TokenStream {
        match self {
            Self::List(list) => {
                let literals: Vec<Option<f64>> = list.elems.iter().map(literal).collect();
                if let Some(bounds) = literals.iter().copied().collect::<Option<Vec<f64>>>() {
                    // A bound that is not finite has no literal; it is only there beside its error.
                    let finite = bounds.iter().filter(|bound| bound.is_finite());
                    let tokens = quote!(&[#(#finite),*]);
                    check(&bounds, list, diagnostics);
                    return tokens;
                }
                let elements = list.elems.iter().zip(&literals).map(|(element, literal)| {
                    // An integer literal among constants is a bound too.
                    finite(*literal).map_or_else(|| quote!(#element), |bound| quote!(#bound))
                });
                asserted(
                    krate,
                    &quote!(&[#(#elements),*]),
                    list.bracket_token.span.open(),
                )
            }
            Self::Constant(constant) => asserted(krate, &quote!(#constant), constant.span()),
            Self::Series {
                constructor,
                first,
                second,
                count,
            } => {
                let span = constructor.span();
                let allowed = 1..=grammar::MAX_BUCKETS;
                if !count
                    .base10_parse()
                    .is_ok_and(|n: usize| allowed.contains(&n))
                {
                    diagnostics.error(
                        count.span(),
                        format!(
                            "the number of buckets is from 1 to {}",
                            grammar::MAX_BUCKETS
                        ),
                    );
                }
                let exponential = constructor == "exponential";
                if let Some(start) = literal(first)
                    && exponential
                    && start <= 0.0
                {
                    diagnostics.push(syn::Error::new_spanned(
                        first,
                        "the first bound of `exponential` is above 0",
                    ));
                }
                match literal(second) {
                    Some(factor) if exponential && factor <= 1.0 => {
                        let message = "the factor of `exponential` is above 1";
                        diagnostics.push(syn::Error::new_spanned(second, message));
                    }
                    Some(width) if !exponential && width <= 0.0 => {
                        let message = "the width of `linear` is above 0";
                        diagnostics.push(syn::Error::new_spanned(second, message));
                    }
                    _ => {}
                }
                for expr in [first, second] {
                    if literal(expr).is_some_and(|x| !x.is_finite()) {
                        diagnostics.push(syn::Error::new_spanned(expr, "not a finite number"));
                    }
                }
                let real = |expr: &Expr| {
                    finite(literal(expr)).map_or_else(|| quote!(#expr), |x| quote!(#x))
                };
                let (first, second) = (real(first), real(second));
                let count = count.base10_parse().unwrap_or(1_usize);
                let made =
                    quote!(&#krate::__private::grammar::#constructor::<#count>(#first, #second));
                asserted(krate, &made, span)
            }
        }
    }
}

/// `{ const BOUNDS: &[f64] = ..; assertion; BOUNDS }`, its failure pointing at the user's tokens.
fn asserted(krate: &Path, bounds: &TokenStream, span: Span) -> TokenStream {
    // The whole call is located at the token, its path too, or the error would point at the attribute.
    let krate_at = naming::located(krate, span);
    let check = quote_spanned!(span=> #krate_at::__private::check_buckets(__INSTRUMETRICS_BOUNDS));
    quote! {{
        const __INSTRUMETRICS_BOUNDS: &[f64] = #bounds;
        const _: () = #check;
        __INSTRUMETRICS_BOUNDS
    }}
}

fn check(bounds: &[f64], list: &syn::ExprArray, diagnostics: &mut Diagnostics) {
    let Err(violation) = grammar::buckets(bounds) else {
        return;
    };
    diagnostics.push(match list.elems.get(violation.offset) {
        Some(bound) => syn::Error::new_spanned(bound, violation),
        None => syn::Error::new_spanned(list, violation),
    });
}

fn finite(literal: Option<f64>) -> Option<f64> {
    literal.filter(|x| x.is_finite())
}

/// The value of a number literal, negative ones included.
fn literal(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Float(x) => x.base10_parse().ok(),
            Lit::Int(n) => n.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(syn::ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|x| -x),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// A path after `crate =`, or `::instrumetrics`.
pub(crate) fn default_crate() -> Path {
    let segment = Ident::new("instrumetrics", Span::call_site());
    let mut path = Path::from(segment);
    path.leading_colon = Some(<Token![::]>::default());
    path
}
