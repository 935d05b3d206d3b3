//! Arguments and a signature to a specification that is valid by construction.
//!
//! All rules about combinations of arguments stand here, side by side.

use crate::args::{Args, Attribute, OutcomeArg};
use crate::body::Shape;
use crate::descriptor::{Buckets, Description, default_crate};
use crate::diagnostics::Diagnostics;
use crate::host::{Host, ungrouped_type};
use crate::labels::Labels;
use crate::naming;
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, Path, Type};

/// What to expand.
pub(crate) struct Spec {
    pub(crate) krate: Path,
    pub(crate) shape: Shape,
    pub(crate) what: What,
}

#[expect(clippy::large_enum_variant, reason = "one per expansion")]
pub(crate) enum What {
    /// Into a declared metric: evaluated when the call begins.
    Declared {
        call: ExprCall,
        kind: Kind,
    },
    Timed(Own),
    Counted(Own),
    Job(Job),
}

/// A metric of the attribute's own.
pub(crate) struct Own {
    pub(crate) description: Description,
    pub(crate) labels: Labels,
    pub(crate) outcome: Option<OutcomeArg>,
    pub(crate) in_flight: Option<Description>,
}

/// A job set, declared or of the attribute's own.
pub(crate) struct Job {
    pub(crate) set: Jobs,
    pub(crate) submit: bool,
    pub(crate) audio_seconds: Option<Expr>,
    pub(crate) queued_since: Option<Expr>,
    pub(crate) outcome: Option<ExprClosure>,
}

#[expect(clippy::large_enum_variant, reason = "one per expansion")]
pub(crate) enum Jobs {
    Declared(ExprCall),
    Own { set: JobSet, labels: Labels },
}

/// The metrics of a job set.
pub(crate) struct JobSet {
    pub(crate) submitted: Description,
    pub(crate) processing: Description,
    pub(crate) completed: Description,
    pub(crate) duration: Description,
    pub(crate) audio_seconds: Description,
    pub(crate) realtime_factor: Description,
    pub(crate) queue_seconds: Description,
}

impl Spec {
    /// Checks everything; what is wrong is in `diagnostics` afterwards.
    pub(crate) fn new(
        attribute: Attribute,
        mut args: Args,
        host: &Host,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let shape = Shape::of(host)
            .map_err(|error| error.map(|error| diagnostics.push(error)))
            .ok()?;
        let krate = args.krate.take().unwrap_or_else(default_crate);
        args.namespace = naming::check_namespace(args.namespace.take(), diagnostics);
        if let Some(outcome) = &args.outcome
            && outcome.closure.is_none()
        {
            check_outcome_type(Some(outcome.span), host, &shape, diagnostics);
        }
        let what = match attribute {
            Attribute::Job => What::Job(job(args, &krate, host, &shape, diagnostics)),
            Attribute::Timed | Attribute::Counted => match args.declared.take() {
                Some(call) => {
                    refuse_beside_declared(&args, diagnostics);
                    let kind = match attribute {
                        Attribute::Timed => Kind::Histogram,
                        _ => Kind::Counter,
                    };
                    What::Declared { call, kind }
                }
                None if attribute == Attribute::Timed => {
                    What::Timed(own(attribute, args, &krate, host, diagnostics))
                }
                None => What::Counted(own(attribute, args, &krate, host, diagnostics)),
            },
        };
        Some(Self { krate, shape, what })
    }
}

/// The metric that a `timed` or `counted` describes.
fn own(
    attribute: Attribute,
    args: Args,
    krate: &Path,
    host: &Host,
    diagnostics: &mut Diagnostics,
) -> Own {
    let function = host.name();
    let base = host.base();
    let (kind, default_name, default_help) = match attribute {
        Attribute::Timed => (
            Kind::Histogram,
            format!("{base}_duration_seconds"),
            format!("Duration of `{function}` in seconds."),
        ),
        _ => (
            Kind::Counter,
            format!("{base}_total"),
            format!("Calls of `{function}`."),
        ),
    };
    let (name, span) = match &args.name {
        Some(name) => (name.value(), name.span()),
        None => (default_name, host.signature.ident.span()),
    };
    let namespace = args.namespace.as_ref().map(syn::LitStr::value);
    let well_named =
        naming::check_metric_name(namespace.as_deref(), &name, kind, span, diagnostics);
    if well_named && kind == Kind::Histogram && !name.ends_with("_seconds") {
        diagnostics.error(
            span,
            format!(
                "a duration is in seconds, so its name ends in `_seconds`; write `{name}_seconds`"
            ),
        );
    }
    let full = naming::full_name(namespace.as_deref(), &name);
    let mut description = Description::new(
        full.clone(),
        help(args.help.as_ref(), default_help, diagnostics),
        kind,
        span,
    );
    description.namespaced = namespace.is_some();
    description.bounds = bounds(args.buckets.as_ref(), krate, diagnostics);
    let labels = Labels::resolve(args.labels, host, diagnostics);
    let mut names = labels.names();
    if let Some(outcome) = &args.outcome {
        names.push(("outcome".to_owned(), outcome.span));
    }
    naming::check_labels(&names, kind, diagnostics);
    description.labels = names.into_iter().map(|(name, _)| name).collect();
    let in_flight = args.in_flight.map(|span| {
        let base = ["_duration_seconds", "_seconds", "_total"]
            .iter()
            .find_map(|suffix| full.strip_suffix(suffix))
            .unwrap_or(&full);
        let help = format!("Calls of `{function}` in flight.");
        let mut gauge = Description::new(format!("{base}_in_flight"), help, Kind::Gauge, span);
        gauge.namespaced = description.namespaced;
        if let Err(violation) = grammar::metric_name(&gauge.name, grammar::MAX_METRIC_NAME_LENGTH) {
            diagnostics.error(span, violation);
        }
        gauge
    });
    if host.diverges() && !labels.returned.is_empty() {
        for (name, _) in &labels.returned {
            diagnostics.error(
                name.span(),
                "a function that never returns has no value for this label",
            );
        }
    }
    Own {
        description,
        labels,
        outcome: args.outcome,
        in_flight,
    }
}

/// What a `job_metric` describes.
fn job(args: Args, krate: &Path, host: &Host, shape: &Shape, diagnostics: &mut Diagnostics) -> Job {
    if args.outcome.is_none() {
        check_outcome_type(None, host, shape, diagnostics);
    }
    if args.stage_submit.is_some() {
        for (argument, name) in [
            (&args.audio_seconds, "audio_seconds"),
            (&args.queued_since, "queued_since"),
        ] {
            if let Some((span, _)) = argument {
                diagnostics.error(
                    *span,
                    format!("`{name}` belongs to the stage that runs the job"),
                );
            }
        }
    }
    let set = if let Some(call) = args.declared {
        for label in &args.labels {
            diagnostics.error(
                label.name.span(),
                "a declared job set has its labels already: give them in its call",
            );
        }
        let others = [
            (args.namespace.as_ref().map(Spanned::span), "namespace"),
            (args.buckets.as_ref().map(|(span, _)| *span), "buckets"),
        ];
        refuse(&others, "a declared job set has its own", diagnostics);
        Jobs::Declared(call)
    } else {
        let bounds = bounds(args.buckets.as_ref(), krate, diagnostics);
        let labels = Labels::resolve(args.labels, host, diagnostics);
        for (name, _) in &labels.returned {
            diagnostics.error(
                name.span(),
                "the labels of a job are known when it begins: write an expression over the parameters",
            );
        }
        let names = labels.names();
        check_job_labels(&names, diagnostics);
        let namespace = args.namespace.as_ref().map(syn::LitStr::value);
        let set = JobSet::new(
            namespace.as_deref(),
            &names.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            bounds,
            host.signature.ident.span(),
        );
        Jobs::Own { set, labels }
    };
    Job {
        set,
        submit: args.stage_submit.is_some(),
        audio_seconds: args.audio_seconds.map(|(_, expr)| expr),
        queued_since: args.queued_since.map(|(_, expr)| expr),
        outcome: args.outcome.and_then(|outcome| outcome.closure),
    }
}

/// Checks the labels of a job set, beside which `status` stands.
pub(crate) fn check_job_labels(names: &[(String, Span)], diagnostics: &mut Diagnostics) {
    for (name, span) in names {
        if name == "status" {
            diagnostics.error(
                *span,
                "reserved label `status`: a job set has it already, for how the job ended",
            );
        }
    }
    // One place is left for the status.
    naming::check_labels(names, Kind::Histogram, diagnostics);
    if names.len() == grammar::MAX_LABELS
        && let Some((_, span)) = names.last()
    {
        diagnostics.error(
            *span,
            format!(
                "too many labels: with `status` at most {} are allowed",
                grammar::MAX_LABELS
            ),
        );
    }
}

impl JobSet {
    /// The job set under a prefix (namespace and word).
    pub(crate) fn new(
        prefix: Option<&str>,
        labels: &[String],
        bounds: Option<TokenStream>,
        span: Span,
    ) -> Self {
        let describe = |name: &str, help: &str, kind: Kind, labels: &[String]| {
            let full = naming::full_name(prefix, name);
            let mut description = Description::new(full, help.to_owned(), kind, span);
            description.labels = labels.to_vec();
            description.namespaced = prefix.is_some();
            description
        };
        let mut with_status = labels.to_vec();
        with_status.push("status".to_owned());
        let mut duration = describe(
            "job_duration_seconds",
            "Time that jobs ran, in seconds.",
            Kind::Histogram,
            labels,
        );
        duration.bounds = bounds;
        let mut audio_seconds = describe(
            "audio_seconds_total",
            "Audio that jobs processed, in seconds.",
            Kind::Counter,
            labels,
        );
        audio_seconds.real = true;
        let mut set = Self {
            submitted: describe(
                "jobs_submitted_total",
                "Jobs accepted.",
                Kind::Counter,
                labels,
            ),
            processing: describe("jobs_processing", "Jobs running now.", Kind::Gauge, &[]),
            completed: describe(
                "jobs_completed_total",
                "Jobs ended, by how they ended.",
                Kind::Counter,
                &with_status,
            ),
            duration,
            audio_seconds,
            realtime_factor: describe(
                "job_realtime_factor",
                "Time a job ran in relation to the length of its audio.",
                Kind::Histogram,
                labels,
            ),
            queue_seconds: describe(
                "job_queue_seconds",
                "Time that jobs waited before they ran, in seconds.",
                Kind::Histogram,
                labels,
            ),
        };
        // What an attribute may add to a set that is declared somewhere else, the declaration cannot know.
        for added in [
            &mut set.audio_seconds,
            &mut set.realtime_factor,
            &mut set.queue_seconds,
        ] {
            added.collected = false;
        }
        set
    }

    /// All of them, to be changed.
    pub(crate) fn all_mut(&mut self) -> [&mut Description; 7] {
        [
            &mut self.submitted,
            &mut self.processing,
            &mut self.completed,
            &mut self.duration,
            &mut self.audio_seconds,
            &mut self.realtime_factor,
            &mut self.queue_seconds,
        ]
    }

    /// All of them, in the order of the fields.
    pub(crate) fn all(&self) -> [&Description; 7] {
        [
            &self.submitted,
            &self.processing,
            &self.completed,
            &self.duration,
            &self.audio_seconds,
            &self.realtime_factor,
            &self.queue_seconds,
        ]
    }
}

fn help(given: Option<&syn::LitStr>, default: String, diagnostics: &mut Diagnostics) -> String {
    let Some(help) = given else { return default };
    let text = help.value();
    if text.trim().is_empty() {
        diagnostics.error(
            help.span(),
            "empty help; write one sentence for the operator",
        );
    }
    text
}

fn bounds(
    buckets: Option<&(Span, Buckets)>,
    krate: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<TokenStream> {
    buckets.map(|(_, buckets)| buckets.tokens(krate, diagnostics))
}

/// A declared metric brings its name, labels and buckets along.
fn refuse_beside_declared(args: &Args, diagnostics: &mut Diagnostics) {
    for label in &args.labels {
        diagnostics.error(
            label.name.span(),
            "a declared metric has its labels already: give them in its call",
        );
    }
    let others = [
        (args.name.as_ref().map(Spanned::span), "name"),
        (args.help.as_ref().map(Spanned::span), "help"),
        (args.namespace.as_ref().map(Spanned::span), "namespace"),
        (args.buckets.as_ref().map(|(span, _)| *span), "buckets"),
        (args.outcome.as_ref().map(|outcome| outcome.span), "outcome"),
        (args.in_flight, "in_flight"),
    ];
    refuse(
        &others,
        "a declared metric cannot be given one here; use the attribute with a name instead, or declare it",
        diagnostics,
    );
}

fn refuse(others: &[(Option<Span>, &str)], why: &str, diagnostics: &mut Diagnostics) {
    for (span, name) in others {
        if let Some(span) = span {
            diagnostics.error(*span, format!("unexpected `{name}`: {why}"));
        }
    }
}

/// Whether a value is a `Result` is read off its type, as the function's own scope sees it: behind a type
/// parameter it cannot be seen.
fn check_outcome_type(
    span: Option<Span>,
    host: &Host,
    shape: &Shape,
    diagnostics: &mut Diagnostics,
) {
    let Some(Type::Path(returned)) = shape.returned().map(ungrouped_type) else {
        return;
    };
    let path = &returned.path;
    let opaque = match (&returned.qself, path.segments.first()) {
        // `<T as Trait>::Output`
        (Some(_), _) => true,
        (None, Some(first)) => {
            let parameter = host.type_parameters().contains(&&first.ident);
            let associated = path.segments.len() > 1 && (parameter || first.ident == "Self");
            associated || (parameter && path.segments.len() == 1)
        }
        (None, None) => false,
    };
    if opaque {
        let ty = returned.to_token_stream().to_string().replace(' ', "");
        let message = format!(
            "whether `{ty}` is a `Result` cannot be seen here; write `outcome = |ret| ..` that returns an `Outcome`"
        );
        diagnostics.push(match span {
            Some(span) => syn::Error::new(span, message),
            None => syn::Error::new_spanned(returned, message),
        });
    }
}
