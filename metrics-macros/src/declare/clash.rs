//! Two metrics of a module must not write the same sample.

use super::metric::{Metric, What};
use crate::descriptor::Description;
use crate::diagnostics::Diagnostics;
use crate::naming;
use instrumetrics_grammar as grammar;
use std::collections::HashMap;

/// What takes a name: a function, and the metric it declares.
struct Taker<'a> {
    function: String,
    metric: &'a str,
}

/// Reports every metric that takes a name of an earlier one.
pub(super) fn refuse(metrics: &[Metric<'_>], diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<String, Taker<'_>> = HashMap::new();
    let mut functions: Vec<String> = Vec::new();
    for metric in metrics {
        // A metric under a condition may stand in for another under the opposite one.
        if !metric.conditions.is_empty() {
            continue;
        }
        let ident = &metric.function.sig.ident;
        let function = naming::text(ident);
        if functions.contains(&function) {
            let message = format!("`{function}` is declared twice; rename one of them");
            diagnostics.error(ident.span(), message);
            continue;
        }
        for description in descriptions(metric) {
            let clash = exposed(description)
                .into_iter()
                .find_map(|name| Some((taken.get(&name)?, name)));
            let Some((other, name)) = clash else { continue };
            let Taker {
                function: other,
                metric: earlier,
            } = other;
            let message = if *earlier == description.name {
                format!("`{function}` and `{other}` are both named `{earlier}`; rename one of them")
            } else {
                format!(
                    "`{}` of `{function}` and `{earlier}` of `{other}` both expose the name `{name}`; rename one of them",
                    description.name
                )
            };
            diagnostics.error(description.span, message);
            break;
        }
        for description in descriptions(metric) {
            for name in exposed(description) {
                taken.entry(name).or_insert_with(|| Taker {
                    function: function.clone(),
                    metric: &description.name,
                });
            }
        }
        functions.push(function);
    }
}

fn descriptions<'a>(metric: &'a Metric<'_>) -> Vec<&'a Description> {
    match &metric.what {
        What::Family(description) => vec![&**description],
        // The four that every set has; the others are there only where an attribute asks for them.
        What::Jobs(set) => set.all()[..4].to_vec(),
    }
}

/// Every name that it takes in an exposition, its own first.
fn exposed(description: &Description) -> Vec<String> {
    let exposed = grammar::exposed(&description.name, description.kind);
    let suffixed = exposed
        .suffixes
        .iter()
        .map(|suffix| format!("{}{suffix}", exposed.base));
    std::iter::once(exposed.base.to_owned())
        .chain(suffixed)
        .collect()
}
