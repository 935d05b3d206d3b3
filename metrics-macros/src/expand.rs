//! A specification to tokens. Nothing here can fail.
//!
//! One function for each kind of attribute, and the statics that they share.

use crate::args::{self, Attribute};
use crate::body::{Shape, Wrapping, local};
use crate::descriptor::Description;
use crate::diagnostics::Diagnostics;
use crate::fallback;
use crate::host::{self, Host};
use crate::impl_block;
use crate::labels::Labels;
use crate::naming;
use crate::spec::{Job, JobSet, Jobs, Own, Spec, What};
use instrumetrics_grammar::Kind;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprClosure, Path};

/// Expands an attribute on a function or on an `impl` block.
pub(crate) fn attribute(attribute: Attribute, args: TokenStream, item: TokenStream) -> TokenStream {
    match impl_block::find(&item) {
        Some(Ok(block)) => return impl_block::expand(attribute, &args, block),
        Some(Err(error)) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(error);
            return fallback::item_with_errors(item, diagnostics);
        }
        None => {}
    }
    let mut diagnostics = Diagnostics::default();
    let args = args::parse(attribute, args, &mut diagnostics);
    let spec = diagnostics
        .take(host::parse(attribute, &item))
        .and_then(|host| {
            let spec = Spec::new(attribute, args, &host, &mut diagnostics)?;
            Some((host, spec))
        });
    match (spec, diagnostics.is_empty()) {
        (Some((host, spec)), true) => function(&host, &spec),
        _ => fallback::item_with_errors(item, diagnostics),
    }
}

/// The function with its body measured.
pub(crate) fn function(host: &Host, spec: &Spec) -> TokenStream {
    let krate = &spec.krate;
    let later = matches!(spec.shape, Shape::Future { .. });
    let wrapping = match &spec.what {
        What::Declared { call, kind } => declared(krate, call, *kind, later),
        What::Timed(own) => timed(krate, own),
        What::Counted(own) => counted(krate, own, later),
        What::Job(job) => jobs(krate, job),
    };
    let body = spec.shape.wrap(host, krate, &wrapping);
    let Host {
        attributes,
        visibility,
        signature,
        ..
    } = host;
    quote! {
        #(#attributes)*
        #visibility #signature {
            #body
        }
    }
}

/// ```ignore
/// recording().then_some(Timed(telemetry::decode_duration_seconds(audio.codec())))
/// ```
fn declared(krate: &Path, call: &syn::ExprCall, kind: Kind, later: bool) -> Wrapping {
    let span = call.span().resolved_at(Span::call_site());
    let krate_at = naming::located(krate, span);
    let (target, begin) = match kind {
        Kind::Histogram => (
            quote_spanned!(span=> #krate_at::__private::Timed(#call)),
            None,
        ),
        Kind::Counter | Kind::Gauge if later => {
            // The call begins at the first poll, and is counted then.
            let pending = local("target");
            let begin = quote!(#krate::__private::CountedOnEntry::new(#pending));
            (quote!(#call), Some(begin))
        }
        Kind::Counter | Kind::Gauge => (
            quote_spanned!(span=> #krate_at::__private::CountedOnEntry::new(#call)),
            None,
        ),
    };
    Wrapping {
        items: TokenStream::new(),
        target: when_recording(krate, &target),
        begin,
        finish: None,
    }
}

/// ```ignore
/// static METRIC: Declared<Histogram> = Declared::new(&Descriptor { .. });
/// submit! { Declaration { .. } }
/// recording().then_some(Timed(METRIC.with((&model,))))
/// ```
fn timed(krate: &Path, own: &Own) -> Wrapping {
    let labels = own.labels.tuple(krate);
    let target = if at_end(own) {
        quote! {
            #krate::__private::TimedAtEnd(
                &__INSTRUMETRICS_METRIC,
                #krate::__private::Kept::new(#labels),
            )
        }
    } else {
        let with = with(&own.labels);
        quote!(#krate::__private::Timed(__INSTRUMETRICS_METRIC.#with(#labels)))
    };
    let target = match own.in_flight {
        Some(_) => in_flight(krate, &quote!(&__INSTRUMETRICS_IN_FLIGHT), &target),
        None => target,
    };
    measured(krate, own, "Histogram", &target, None)
}

/// As `timed`, with a counter; without labels from the end it counts when the call begins.
fn counted(krate: &Path, own: &Own, later: bool) -> Wrapping {
    let labels = own.labels.tuple(krate);
    let gauge = own
        .in_flight
        .as_ref()
        .map(|_| quote!(&__INSTRUMETRICS_IN_FLIGHT));
    let wrapped = |gauge: Option<TokenStream>, target: TokenStream| match gauge {
        Some(gauge) => in_flight(krate, &gauge, &target),
        None => target,
    };
    if at_end(own) {
        let target = quote! {
            #krate::__private::CountedAtEnd(
                &__INSTRUMETRICS_METRIC,
                #krate::__private::Kept::new(#labels),
            )
        };
        return measured(krate, own, "Counter", &wrapped(gauge, target), None);
    }
    let with = with(&own.labels);
    let counter = quote!(__INSTRUMETRICS_METRIC.#with(#labels));
    if !later {
        let target = quote!(#krate::__private::CountedOnEntry::new(#counter));
        return measured(krate, own, "Counter", &wrapped(gauge, target), None);
    }
    // The call begins at the first poll, and is counted then. The statics are out of sight there.
    let pending = local("target");
    let entry = quote!(#krate::__private::CountedOnEntry::new(#pending.0));
    let begin = wrapped(gauge.as_ref().map(|_| quote!(#pending.1)), entry);
    measured(
        krate,
        own,
        "Counter",
        &quote!((#counter, #gauge)),
        Some(begin),
    )
}

fn in_flight(krate: &Path, gauge: &TokenStream, target: &TokenStream) -> TokenStream {
    quote!(#krate::__private::InFlight(#gauge, #target))
}

fn measured(
    krate: &Path,
    own: &Own,
    instrument: &str,
    target: &TokenStream,
    begin: Option<TokenStream>,
) -> Wrapping {
    let mut items = family(krate, instrument, own);
    if let Some(gauge) = &own.in_flight {
        let descriptor = gauge.tokens(krate);
        items.extend(quote! {
            static __INSTRUMETRICS_IN_FLIGHT: #krate::__private::Declared<#krate::__private::Gauge> =
                #krate::__private::Declared::new(&#descriptor);
        });
        items.extend(submit(
            krate,
            &quote!(__INSTRUMETRICS_IN_FLIGHT.descriptor()),
            Some(&quote!(__INSTRUMETRICS_IN_FLIGHT.register::<()>())),
        ));
    }
    let closure = own
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.closure.as_ref());
    Wrapping {
        items,
        target: when_recording(krate, target),
        begin,
        finish: at_end(own).then(|| finish(krate, closure, &own.labels)),
    }
}

fn family(krate: &Path, instrument: &str, own: &Own) -> TokenStream {
    let instrument = syn::Ident::new(instrument, Span::call_site());
    let descriptor = own.description.tokens(krate);
    let constructor = if own.outcome.is_some() {
        quote!(with_outcome)
    } else {
        quote!(new)
    };
    let name = quote!(__INSTRUMETRICS_METRIC);
    let types = own.labels.types.as_ref().map(|types| quote!((#(#types,)*)));
    let register = types.as_ref().map(|types| register(krate, &name, types));
    let outcomes = if own.outcome.is_some() { OUTCOMES } else { 1 };
    // Beside labels of the returned value a family is dynamic.
    let small = types
        .filter(|_| own.labels.returned.is_empty() && !own.labels.on_entry.is_empty())
        .map(|types| {
            let (names, span) = (own.labels.texts(), own.description.span);
            let small = check_dense(krate, &names, &types, outcomes, span);
            quote!(const _: () = { #small };)
        });
    let submit = submit(
        krate,
        &quote!(__INSTRUMETRICS_METRIC.descriptor()),
        register.as_ref(),
    );
    quote! {
        static __INSTRUMETRICS_METRIC: #krate::__private::Declared<#krate::__private::#instrument> =
            #krate::__private::Declared::#constructor(&#descriptor);
        #submit
        #small
    }
}

/// How many values the label `outcome` or `status` has.
pub(crate) const OUTCOMES: usize = 4;

/// Registers a family with labels of these types, if they are label values: if not, the error is at the use.
pub(crate) fn register(krate: &Path, name: &TokenStream, types: &TokenStream) -> TokenStream {
    quote! {{
        use #krate::__private::Unanswered as _;
        #krate::__private::Asked::<#types>::register(&#name)
    }}
}

/// As [`register`], for a job set.
pub(crate) fn register_jobs(
    krate: &Path,
    name: &TokenStream,
    types: &TokenStream,
    audio: bool,
    queued: bool,
) -> TokenStream {
    quote! {{
        use #krate::__private::Unanswered as _;
        #krate::__private::Asked::<#types>::register_jobs(&#name, #audio, #queued)
    }}
}

/// An expression for a constant: that not too many series are there from the start.
pub(crate) fn check_dense(
    krate: &Path,
    labels: &[String],
    types: &TokenStream,
    outcomes: usize,
    span: Span,
) -> TokenStream {
    let span = span.resolved_at(Span::call_site());
    let krate_at = naming::located(krate, span);
    let check = quote_spanned! {span=>
        #krate_at::__private::check_dense(
            &[#(#labels),*],
            #krate::__private::Asked::<#types>::CARDINALITIES,
            #outcomes,
        )
    };
    quote! {
        use #krate::__private::Unanswered as _;
        #check
    }
}

/// ```ignore
/// static JOBS: JobSet = JobSet::new(&JobDescriptors { .. });
/// recording().then_some(JobRun::new(JOBS.with(labels)).audio_seconds(..).queued_since(..))
/// ```
fn jobs(krate: &Path, job: &Job) -> Wrapping {
    let (items, set, span) = match &job.set {
        Jobs::Declared(call) => (TokenStream::new(), quote!(#call), call.span()),
        Jobs::Own { set, labels } => {
            let name = quote!(__INSTRUMETRICS_JOBS);
            let mut items = job_set(krate, &name, set);
            let types = labels.types.as_ref().map(|types| quote!((#(#types,)*)));
            let (audio, queued) = (job.audio_seconds.is_some(), job.queued_since.is_some());
            let register = types
                .as_ref()
                .map(|types| register_jobs(krate, &name, types, audio, queued));
            let mut families = vec![0, 1, 2, 3];
            families.extend(audio.then_some([4, 5]).into_iter().flatten());
            families.extend(queued.then_some(6));
            items.extend(submit_set(krate, &name, register.as_ref(), &families));
            if let Some(types) = types.filter(|_| !labels.on_entry.is_empty()) {
                let (names, span) = (labels.texts(), set.submitted.span);
                let small = check_dense(krate, &names, &types, OUTCOMES, span);
                items.extend(quote!(const _: () = { #small };));
            }
            let labels = labels.tuple(krate);
            (items, quote!(#name.with(#labels)), Span::call_site())
        }
    };
    let span = span.resolved_at(Span::call_site());
    let krate_at = naming::located(krate, span);
    let target = if job.submit {
        quote_spanned!(span=> #krate_at::__private::Submit(#set))
    } else {
        let audio = job.audio_seconds.as_ref().map(|expr| {
            let span = expr.span().resolved_at(Span::call_site());
            quote_spanned!(span=> .audio_seconds(#expr))
        });
        let queued = job.queued_since.as_ref().map(|expr| {
            let span = expr.span().resolved_at(Span::call_site());
            quote_spanned!(span=> .queued_since(#expr))
        });
        let run = quote_spanned!(span=> #krate_at::__private::JobRun::new(#set));
        quote!(#run #audio #queued)
    };
    Wrapping {
        items,
        target: when_recording(krate, &target),
        begin: None,
        finish: Some(finish(krate, job.outcome.as_ref(), &Labels::default())),
    }
}

/// The static of a job set.
pub(crate) fn job_set(krate: &Path, name: &TokenStream, set: &JobSet) -> TokenStream {
    let fields = [
        "submitted",
        "processing",
        "completed",
        "duration",
        "audio_seconds",
        "realtime_factor",
        "queue_seconds",
    ];
    let fields = fields.iter().zip(set.all()).map(|(field, description)| {
        let field = syn::Ident::new(field, Span::call_site());
        let descriptor = description.tokens(krate);
        quote!(#field: #descriptor)
    });
    quote! {
        static #name: #krate::__private::JobSet = {
            static DESCRIPTORS: #krate::__private::JobDescriptors =
                #krate::__private::JobDescriptors { #(#fields,)* };
            #krate::__private::JobSet::new(&DESCRIPTORS)
        };
    }
}

/// The link entries of some families of a job set, by their places; the first registers them all.
pub(crate) fn submit_set(
    krate: &Path,
    name: &TokenStream,
    register: Option<&TokenStream>,
    families: &[usize],
) -> TokenStream {
    families
        .iter()
        .map(|&i| {
            let register = register.filter(|_| i == 0);
            submit(krate, &quote!(#name.descriptors()[#i]), register)
        })
        .collect()
}

/// Hands a declaration to the linker.
pub(crate) fn submit(
    krate: &Path,
    descriptor: &TokenStream,
    register: Option<&TokenStream>,
) -> TokenStream {
    let register = register.map_or_else(
        || quote!(::core::option::Option::None),
        |register| quote!(::core::option::Option::Some(|| #register)),
    );
    quote! {
        #krate::__private::inventory::submit! {
            #krate::__private::Declaration {
                descriptor: #descriptor,
                register: #register,
            }
        }
    }
}

/// `None` while recording is off: labels are then not evaluated, and no clock is read.
fn when_recording(krate: &Path, target: &TokenStream) -> TokenStream {
    quote! {
        if #krate::__private::recording() {
            ::core::option::Option::Some(#target)
        } else {
            ::core::option::Option::None
        }
    }
}

/// Whether something is read off the returned value.
fn at_end(own: &Own) -> bool {
    own.outcome.is_some() || !own.labels.returned.is_empty()
}

/// The lookup: where the types might depend on a parameter that we cannot see, each call checks them.
fn with(labels: &Labels) -> TokenStream {
    if labels.types.is_some() {
        quote!(with)
    } else {
        quote!(with_any)
    }
}

/// ```ignore
/// if let Some(guard) = guard {
///     guard.finish(Probe(&returned).outcome(), &[LabelValue::text(&with_returned(&returned, |ret| ..)).as_str()]);
/// }
/// ```
fn finish(krate: &Path, outcome: Option<&ExprClosure>, labels: &Labels) -> TokenStream {
    let (guard, returned) = (local("guard"), local("returned"));
    let outcome = if let Some(closure) = outcome {
        // With the type given, an error about the outcome is in the closure.
        quote! {
            #krate::__private::with_returned::<_, #krate::__private::Outcome>(&#returned, #closure)
        }
    } else {
        quote!({
            use #krate::__private::AnyOutcome as _;
            #krate::__private::Probe(&#returned).outcome()
        })
    };
    let given = labels.returned.iter().map(|(_, closure)| {
        let span = closure.body.span().resolved_at(Span::call_site());
        let krate_at = naming::located(krate, span);
        quote_spanned! {span=>
            #krate_at::__private::LabelValue::text(
                &#krate_at::__private::with_returned(&#returned, #closure)
            ).as_str()
        }
    });
    quote! {
        if let ::core::option::Option::Some(#guard) = #guard {
            #krate::__private::Guard::finish(#guard, #outcome, &[#(#given),*]);
        }
    }
}

/// The static of a declared metric.
pub(crate) fn declared_static(
    krate: &Path,
    name: &TokenStream,
    instrument: &TokenStream,
    description: &Description,
) -> TokenStream {
    let descriptor = description.tokens(krate);
    quote! {
        static #name: #krate::__private::Declared<#instrument> =
            #krate::__private::Declared::new(&#descriptor);
    }
}
