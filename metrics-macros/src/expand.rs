//! A specification to tokens. Nothing here can fail.

use crate::args::{self, Attribute};
use crate::body::{Wrapping, local};
use crate::descriptor::Description;
use crate::diagnostics::Diagnostics;
use crate::fallback;
use crate::host::{self, Host};
use crate::labels::Labels;
use crate::spec::{Job, JobSet, Jobs, Own, Spec, What};
use instrumetrics_grammar::Kind;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprClosure, Path};

/// Expands an attribute on a function.
pub(crate) fn attribute(attribute: Attribute, args: TokenStream, item: TokenStream) -> TokenStream {
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

fn function(host: &Host, spec: &Spec) -> TokenStream {
    let krate = &spec.krate;
    let Parts { items, wrapping } = match &spec.what {
        What::Declared { call, kind } => declared(krate, call, *kind),
        What::Timed(own) => timed(krate, own),
        What::Counted(own) => counted(krate, own),
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
            #items
            #body
        }
    }
}

/// Statics beside the body, and what is put around it.
struct Parts {
    items: TokenStream,
    wrapping: Wrapping,
}

/// ```ignore
/// recording().then_some(Timed(telemetry::decode_duration_seconds(audio.codec())))
/// ```
fn declared(krate: &Path, call: &syn::ExprCall, kind: Kind) -> Parts {
    let span = call.span();
    let target = match kind {
        Kind::Histogram => quote_spanned!(span=> #krate::__private::Timed(#call)),
        Kind::Counter | Kind::Gauge => {
            quote_spanned!(span=> #krate::__private::CountedOnEntry::new(#call))
        }
    };
    Parts {
        items: TokenStream::new(),
        wrapping: Wrapping {
            target: when_recording(krate, &target),
            finish: None,
        },
    }
}

/// ```ignore
/// static METRIC: Declared<Histogram> = Declared::new(&Descriptor { .. });
/// submit! { Declaration { .. } }
/// ```
fn timed(krate: &Path, own: &Own) -> Parts {
    let metric = family(krate, "Histogram", own);
    let labels = own.labels.tuple();
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
    measured(krate, own, metric, target)
}

/// As `timed`, with a counter; without labels from the end it counts when the call begins.
fn counted(krate: &Path, own: &Own) -> Parts {
    let metric = family(krate, "Counter", own);
    let labels = own.labels.tuple();
    let target = if at_end(own) {
        quote! {
            #krate::__private::CountedAtEnd(
                &__INSTRUMETRICS_METRIC,
                #krate::__private::Kept::new(#labels),
            )
        }
    } else {
        let with = with(&own.labels);
        quote!(#krate::__private::CountedOnEntry::new(__INSTRUMETRICS_METRIC.#with(#labels)))
    };
    measured(krate, own, metric, target)
}

fn measured(krate: &Path, own: &Own, mut items: TokenStream, mut target: TokenStream) -> Parts {
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
        target = quote!(#krate::__private::InFlight(&__INSTRUMETRICS_IN_FLIGHT, #target));
    }
    let closure = own
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.closure.as_ref());
    Parts {
        items,
        wrapping: Wrapping {
            target: when_recording(krate, &target),
            finish: at_end(own).then(|| finish(krate, closure, &own.labels)),
        },
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
    let register = own
        .labels
        .types
        .as_ref()
        .map(|types| quote!(__INSTRUMETRICS_METRIC.register::<(#(#types,)*)>()));
    let submit = submit(
        krate,
        &quote!(__INSTRUMETRICS_METRIC.descriptor()),
        register.as_ref(),
    );
    quote! {
        static __INSTRUMETRICS_METRIC: #krate::__private::Declared<#krate::__private::#instrument> =
            #krate::__private::Declared::#constructor(&#descriptor);
        #submit
    }
}

/// ```ignore
/// static JOBS: JobSet = JobSet::new(&JobDescriptors { .. });
/// recording().then_some(JobRun::new(JOBS.with(labels)).audio_seconds(..).queued_since(..))
/// ```
fn jobs(krate: &Path, job: &Job) -> Parts {
    let (items, set) = match &job.set {
        Jobs::Declared(call) => (TokenStream::new(), quote_spanned!(call.span()=> #call)),
        Jobs::Own { set, labels } => {
            let name = quote!(__INSTRUMETRICS_JOBS);
            let mut items = job_set(krate, &name, set);
            let types = labels.types.as_ref();
            items.extend(submit_job_set(krate, &name, types.map(Vec::as_slice), job));
            let labels = labels.tuple();
            (items, quote!(#name.with(#labels)))
        }
    };
    let target = if job.submit {
        quote!(#krate::__private::Submit(#set))
    } else {
        let audio = job
            .audio_seconds
            .as_ref()
            .map(|expr| quote!(.audio_seconds(#expr)));
        let queued = job
            .queued_since
            .as_ref()
            .map(|expr| quote!(.queued_since(#expr)));
        quote!(#krate::__private::JobRun::new(#set) #audio #queued)
    };
    Parts {
        items,
        wrapping: Wrapping {
            target: when_recording(krate, &target),
            finish: Some(finish(krate, job.outcome.as_ref(), &Labels::default())),
        },
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

fn submit_job_set(
    krate: &Path,
    name: &TokenStream,
    types: Option<&[syn::Type]>,
    job: &Job,
) -> TokenStream {
    let register = types.map(|types| {
        let audio = job
            .audio_seconds
            .as_ref()
            .map(|_| quote!(#name.register_audio::<(#(#types,)*)>();));
        let queued = job
            .queued_since
            .as_ref()
            .map(|_| quote!(#name.register_queued::<(#(#types,)*)>();));
        quote! {{
            #name.register::<(#(#types,)*)>();
            #audio
            #queued
        }}
    });
    submit_set(krate, name, register.as_ref())
}

/// The link entries of the families that every job set has; the first registers them all.
pub(crate) fn submit_set(
    krate: &Path,
    name: &TokenStream,
    register: Option<&TokenStream>,
) -> TokenStream {
    let first = submit(krate, &quote!(#name.descriptors()[0]), register);
    let others = (1..4_usize).map(|i| submit(krate, &quote!(#name.descriptors()[#i]), None));
    quote!(#first #(#others)*)
}

/// Hands a declaration to the linker.
pub(crate) fn submit(
    krate: &Path,
    descriptor: &TokenStream,
    register: Option<&TokenStream>,
) -> TokenStream {
    let register = match register {
        Some(register) => quote!(::core::option::Option::Some(|| #register)),
        None => quote!(::core::option::Option::None),
    };
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
    let outcome = match outcome {
        Some(closure) => quote!(#krate::__private::with_returned(&#returned, #closure)),
        None => quote!({
            use #krate::__private::AnyOutcome as _;
            #krate::__private::Probe(&#returned).outcome()
        }),
    };
    let given = labels.returned.iter().map(|(_, closure)| {
        quote! {
            #krate::__private::LabelValue::text(
                &#krate::__private::with_returned(&#returned, #closure)
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
