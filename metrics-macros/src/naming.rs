//! Names as the grammar has them, with the fault on the token.

use crate::diagnostics::Diagnostics;
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::LitStr;
use syn::ext::IdentExt;

/// An identifier's text without `r#`.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A path as it is usually written.
pub(crate) fn path(path: &syn::Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

/// The path, with its errors at another place.
pub(crate) fn located(path: &syn::Path, span: Span) -> TokenStream {
    fn locate(tokens: TokenStream, span: Span) -> TokenStream {
        let trees = tokens.into_iter().map(|mut tree| {
            if let TokenTree::Group(group) = &tree {
                let mut inner = Group::new(group.delimiter(), locate(group.stream(), span));
                inner.set_span(span.resolved_at(group.span()));
                return TokenTree::Group(inner);
            }
            tree.set_span(span.resolved_at(tree.span()));
            tree
        });
        trees.collect()
    }
    locate(path.to_token_stream(), span)
}

/// A type's name in words: `HttpClient` as `http_client`.
pub(crate) fn snake_case(name: &str) -> String {
    grammar::name_suggestion(name, None).map_or_else(|| name.to_owned(), |words| words.to_string())
}

/// A function's name as the base of a metric's: without `r#` and leading `_`.
pub(crate) fn base_of_function(ident: &Ident) -> String {
    text(ident).trim_start_matches('_').to_owned()
}

/// The namespace where it is one; a fault is reported here, once, and not again in every name under it.
pub(crate) fn check_namespace(
    namespace: Option<LitStr>,
    diagnostics: &mut Diagnostics,
) -> Option<LitStr> {
    let namespace = namespace?;
    let value = namespace.value();
    let Err(violation) = grammar::namespace(&value) else {
        return Some(namespace);
    };
    let suggestion = grammar::name_suggestion(&value, None)
        .map(|suggestion| suggestion.to_string())
        .filter(|suggestion| grammar::namespace(suggestion).is_ok());
    // The rule is that of names; what is wrong here is the namespace.
    let message = violation.message().replacen("metric name", "namespace", 1);
    diagnostics.suggest(namespace.span(), message, suggestion);
    None
}

/// The name with its namespace in front.
pub(crate) fn full_name(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}_{name}"),
        None => name.to_owned(),
    }
}

/// Checks the name of a metric; the namespace that goes before it counts for the length.
pub(crate) fn check_metric_name(
    namespace: Option<&str>,
    name: &str,
    kind: Kind,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> bool {
    let room = namespace.map_or(0, |namespace| namespace.len() + 1);
    let checked =
        grammar::declared_name(name, kind, grammar::MAX_METRIC_NAME_LENGTH).and_then(|()| {
            let full = full_name(namespace, name);
            grammar::metric_name(&full, grammar::MAX_METRIC_NAME_LENGTH).map_err(|violation| {
                grammar::Violation {
                    offset: violation.offset.saturating_sub(room),
                    ..violation
                }
            })
        });
    let Err(violation) = checked else {
        return true;
    };
    if violation.rule == grammar::Rule::NameTooLong {
        let full = full_name(namespace, name);
        diagnostics.error(span, format!("{violation}; `{full}` has {}", full.len()));
    } else {
        diagnostics.suggest(span, violation, grammar::name_suggestion(name, Some(kind)));
    }
    false
}

/// Checks the labels of a metric, each on its own token.
pub(crate) fn check_labels(labels: &[(String, Span)], kind: Kind, diagnostics: &mut Diagnostics) {
    for (name, span) in labels {
        if let Err(violation) = grammar::label_for(name, kind, grammar::MAX_LABEL_NAME_LENGTH) {
            diagnostics.suggest(*span, violation, grammar::label_suggestion(name));
        }
    }
    for (i, (name, span)) in labels.iter().enumerate() {
        if labels[..i].iter().any(|(earlier, _)| earlier == name) {
            diagnostics.error(
                *span,
                format!("duplicate label `{name}`: a metric has each label once"),
            );
        }
    }
    if let Some((_, span)) = labels.get(grammar::MAX_LABELS) {
        diagnostics.error(
            *span,
            format!(
                "too many labels: {} where {} are allowed; drop one",
                labels.len(),
                grammar::MAX_LABELS
            ),
        );
    }
}
