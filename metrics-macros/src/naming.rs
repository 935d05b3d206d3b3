//! Names as the grammar has them, with the fault on the token.

use crate::diagnostics::Diagnostics;
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Ident, Span};
use syn::LitStr;
use syn::ext::IdentExt;

/// An identifier's text without `r#`.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A function's name as the base of a metric's: without `r#` and leading `_`.
pub(crate) fn base_of_function(ident: &Ident) -> String {
    text(ident).trim_start_matches('_').to_owned()
}

/// Checks a namespace.
pub(crate) fn check_namespace(namespace: &LitStr, diagnostics: &mut Diagnostics) {
    if let Err(violation) = grammar::namespace(&namespace.value()) {
        let value = namespace.value();
        let suggestion = grammar::name_suggestion(&value, None)
            .map(|suggestion| suggestion.to_string())
            .filter(|suggestion| grammar::namespace(suggestion).is_ok());
        diagnostics.violation(namespace.span(), violation, suggestion);
    }
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
    if let Err(violation) = checked {
        diagnostics.violation(span, violation, grammar::name_suggestion(name, Some(kind)));
        return false;
    }
    true
}

/// Checks the labels of a metric, each on its own token.
pub(crate) fn check_labels(labels: &[(String, Span)], kind: Kind, diagnostics: &mut Diagnostics) {
    for (name, span) in labels {
        if let Err(violation) = grammar::label_for(name, kind, grammar::MAX_LABEL_NAME_LENGTH) {
            diagnostics.violation(*span, violation, grammar::label_suggestion(name));
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
                "too many labels: {} where {} are allowed",
                labels.len(),
                grammar::MAX_LABELS
            ),
        );
    }
}
