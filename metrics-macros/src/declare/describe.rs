//! What a declaration says, as the description of a family or of a job set.

use super::args::{MetricArgs, ModuleArgs};
use crate::descriptor::Description;
use crate::diagnostics::Diagnostics;
use crate::naming;
use crate::spec::JobSet;
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::Span;
use syn::{ForeignItemFn, LitInt, LitStr};

#[expect(
    clippy::too_many_arguments,
    reason = "called once, where all of it is at hand"
)]
pub(super) fn family(
    function: &ForeignItemFn,
    module: &ModuleArgs,
    args: &MetricArgs,
    kind: Kind,
    real: bool,
    help: String,
    labels: &[(String, Span)],
    diagnostics: &mut Diagnostics,
) -> Description {
    let ident = &function.sig.ident;
    let (name, span) = match &args.name {
        Some(name) => (name.value(), name.span()),
        None => (naming::text(ident), ident.span()),
    };
    let namespace = module.namespace.as_ref().map(LitStr::value);
    let named = naming::check_metric_name(namespace.as_deref(), &name, kind, span, diagnostics);
    let full = naming::full_name(namespace.as_deref(), &name);
    let mut description = Description::new(full, help, kind, span);
    description.real = real;
    description.namespaced = namespace.is_some();
    description.labels = labels.iter().map(|(label, _)| label.clone()).collect();
    if let Some(unit) = &args.unit {
        let unit_text = unit.value();
        let base = name.strip_suffix("_total").unwrap_or(&name);
        if base
            .strip_suffix(unit_text.as_str())
            .is_none_or(|rest| !rest.ends_with('_'))
        {
            diagnostics.error(
                unit.span(),
                format!(
                    "the unit is a suffix of the name; write the name `{base}_{unit_text}{}`",
                    if kind == Kind::Counter { "_total" } else { "" }
                ),
            );
        }
        description.unit = Some(unit_text);
    }
    match (&args.buckets, kind) {
        (Some((_, buckets)), Kind::Histogram) => {
            description.bounds = Some(buckets.tokens(&module.krate, diagnostics));
        }
        (Some((span, _)), _) => {
            diagnostics.error(*span, format!("a {} has no buckets", kind.as_str()));
        }
        (None, Kind::Histogram) if named && grammar::default_bounds(&name).is_none() => {
            diagnostics.error(
                span,
                format!("`{name}` has no known unit, so no default buckets; write `#[metric(buckets = [..])]`, or a name that ends in `_seconds`, `_bytes` or `_ratio`"),
            );
        }
        (None, _) => {}
    }
    description.max_series = max_series(args.max_series.as_ref(), diagnostics);
    description
}

fn max_series(given: Option<&LitInt>, diagnostics: &mut Diagnostics) -> Option<usize> {
    let given = given?;
    match given.base10_parse() {
        Ok(n) if n > 0 => Some(n),
        _ => {
            diagnostics.error(given.span(), "`max_series` is a whole number from 1");
            None
        }
    }
}

pub(super) fn job_set(
    function: &ForeignItemFn,
    module: &ModuleArgs,
    args: MetricArgs,
    labels: &[(String, Span)],
    diagnostics: &mut Diagnostics,
) -> JobSet {
    for (given, key) in [(&args.name, "name"), (&args.unit, "unit")] {
        if let Some(span) = given.as_ref().map(LitStr::span) {
            diagnostics.error(
                span,
                format!("`{key}` is not for `Jobs`, whose names are fixed; `prefix = \"..\"` puts a word before them"),
            );
        }
    }
    let mut prefix = module.namespace.as_ref().map(LitStr::value);
    if let Some(word) = naming::check_namespace(args.prefix, diagnostics) {
        prefix = Some(naming::full_name(prefix.as_deref(), &word.value()));
    }
    let bounds = args
        .buckets
        .map(|(_, buckets)| buckets.tokens(&module.krate, diagnostics));
    let span = function.sig.ident.span();
    let mut set = JobSet::new(
        prefix.as_deref(),
        &labels
            .iter()
            .map(|(label, _)| label.clone())
            .collect::<Vec<_>>(),
        bounds,
        span,
    );
    let max_series = max_series(args.max_series.as_ref(), diagnostics);
    let namespaced = module.namespace.is_some();
    for metric in set.all_mut() {
        metric.max_series = max_series;
        metric.namespaced = namespaced;
        if let Err(violation) = grammar::metric_name(&metric.name, grammar::MAX_METRIC_NAME_LENGTH)
        {
            diagnostics.error(span, violation);
        }
    }
    set
}
