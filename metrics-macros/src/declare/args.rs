//! The arguments of the module and of each metric in it.

use super::is_metric;
use crate::args::{equals, string};
use crate::descriptor::{Buckets, default_crate};
use crate::diagnostics::{Diagnostics, instead};
use crate::naming;
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitInt, LitStr, Meta, Path, Token};

/// What stands in `#[metrics(..)]`.
pub(super) struct ModuleArgs {
    pub(super) namespace: Option<LitStr>,
    pub(super) krate: Path,
}

impl ModuleArgs {
    pub(super) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self {
            namespace: None,
            krate: default_crate(),
        };
        let keys = ["namespace", "crate"];
        let parsed = keyed(tokens, &keys, diagnostics, |key, input| {
            match &*naming::text(key) {
                "namespace" => args.namespace = Some(string("namespace", input)?),
                _ => args.krate = input.call(Path::parse_mod_style)?,
            }
            Ok(())
        });
        diagnostics.take(parsed);
        args.namespace = naming::check_namespace(args.namespace, diagnostics);
        args
    }
}

/// Parses `key = value, ..`, each key at most once.
fn keyed(
    tokens: TokenStream,
    keys: &[&str],
    diagnostics: &mut Diagnostics,
    mut value: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = Ident::parse_any(input)?;
            let word = naming::text(&key);
            if !keys.contains(&&*word) {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                return Err(syn::Error::new(
                    key.span(),
                    format!(
                        "unknown argument `{word}`{}",
                        instead(&word, "arguments", &keys)
                    ),
                ));
            }
            if seen.contains(&word) {
                diagnostics.error(key.span(), format!("`{word}` is given twice"));
            }
            equals(&key, input, " = ..")?;
            value(&key, input)?;
            seen.push(word);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(tokens)
}

/// What stands in `#[metric(..)]`.
#[derive(Default)]
pub(super) struct MetricArgs {
    pub(super) name: Option<LitStr>,
    pub(super) buckets: Option<(Span, Buckets)>,
    pub(super) unit: Option<LitStr>,
    pub(super) max_series: Option<LitInt>,
    pub(super) prefix: Option<LitStr>,
}

impl MetricArgs {
    pub(super) fn parse(attrs: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        let keys = ["name", "buckets", "unit", "max_series", "prefix"];
        for attr in attrs.iter().filter(|attr| is_metric(attr)) {
            let Meta::List(list) = &attr.meta else {
                diagnostics.push(syn::Error::new_spanned(
                    &attr.meta,
                    "arguments are written `#[metric(key = value)]`",
                ));
                continue;
            };
            let parsed = keyed(list.tokens.clone(), &keys, diagnostics, |key, input| {
                match &*naming::text(key) {
                    "name" => args.name = Some(string("name", input)?),
                    "buckets" => args.buckets = Some((key.span(), input.parse()?)),
                    "unit" => args.unit = Some(string("unit", input)?),
                    "max_series" => {
                        args.max_series = Some(input.parse().map_err(|error: syn::Error| {
                            syn::Error::new(error.span(), "`max_series` is a whole number from 1")
                        })?);
                    }
                    _ => args.prefix = Some(string("prefix", input)?),
                }
                Ok(())
            });
            diagnostics.take(parsed);
        }
        args
    }
}
