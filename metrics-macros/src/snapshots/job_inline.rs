async fn run(model: Model, language: String, queued: Instant) -> Result<(), E> {
    let mut __instrumetrics_guard = ::core::option::Option::None;
    let __instrumetrics_place = &mut __instrumetrics_guard;
    let __instrumetrics_returned = async move {
        let __instrumetrics_target = {
            static __INSTRUMETRICS_JOBS: ::instrumetrics::__private::JobSet = {
                static DESCRIPTORS: ::instrumetrics::__private::JobDescriptors = ::instrumetrics::__private::JobDescriptors {
                    submitted: ::instrumetrics::__private::Descriptor {
                        name: "whisper_jobs_submitted_total",
                        help: "Jobs accepted.",
                        kind: ::instrumetrics::__private::Kind::Counter,
                        real: false,
                        labels: &["model", "language"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::None,
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    processing: ::instrumetrics::__private::Descriptor {
                        name: "whisper_jobs_processing",
                        help: "Jobs running now.",
                        kind: ::instrumetrics::__private::Kind::Gauge,
                        real: false,
                        labels: &[],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::None,
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    completed: ::instrumetrics::__private::Descriptor {
                        name: "whisper_jobs_completed_total",
                        help: "Jobs ended, by how they ended.",
                        kind: ::instrumetrics::__private::Kind::Counter,
                        real: false,
                        labels: &["model", "language", "status"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::None,
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    duration: ::instrumetrics::__private::Descriptor {
                        name: "whisper_job_duration_seconds",
                        help: "Time that jobs ran, in seconds.",
                        kind: ::instrumetrics::__private::Kind::Histogram,
                        real: false,
                        labels: &["model", "language"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::Some("seconds"),
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    audio_seconds: ::instrumetrics::__private::Descriptor {
                        name: "whisper_audio_seconds_total",
                        help: "Audio that jobs processed, in seconds.",
                        kind: ::instrumetrics::__private::Kind::Counter,
                        real: true,
                        labels: &["model", "language"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::Some("seconds"),
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    realtime_factor: ::instrumetrics::__private::Descriptor {
                        name: "whisper_job_realtime_factor",
                        help: "Time a job ran in relation to the length of its audio.",
                        kind: ::instrumetrics::__private::Kind::Histogram,
                        real: false,
                        labels: &["model", "language"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::None,
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                    queue_seconds: ::instrumetrics::__private::Descriptor {
                        name: "whisper_job_queue_seconds",
                        help: "Time that jobs waited before they ran, in seconds.",
                        kind: ::instrumetrics::__private::Kind::Histogram,
                        real: false,
                        labels: &["model", "language"],
                        bounds: ::core::option::Option::None,
                        unit: ::core::option::Option::Some("seconds"),
                        namespaced: true,
                        max_series: ::core::option::Option::None,
                        collected: true,
                        site: ::instrumetrics::__private::Site {
                            file: ::core::file!(),
                            line: 0u32,
                            module: ::core::module_path!(),
                        },
                    },
                };
                ::instrumetrics::__private::JobSet::new(&DESCRIPTORS)
            };
            ::instrumetrics::__private::inventory::submit! {
                ::instrumetrics::__private::Declaration { descriptor :
                __INSTRUMETRICS_JOBS.descriptors() [0], register :
                ::core::option::Option::Some(|| { use
                ::instrumetrics::__private::Unanswered as _;
                ::instrumetrics::__private::Asked:: < (Model, String,) >
                ::register_jobs(& __INSTRUMETRICS_JOBS, false, true) }), }
            }
            ::instrumetrics::__private::inventory::submit! {
                ::instrumetrics::__private::Declaration { descriptor :
                __INSTRUMETRICS_JOBS.descriptors() [1usize], register :
                ::core::option::Option::None, }
            }
            ::instrumetrics::__private::inventory::submit! {
                ::instrumetrics::__private::Declaration { descriptor :
                __INSTRUMETRICS_JOBS.descriptors() [2usize], register :
                ::core::option::Option::None, }
            }
            ::instrumetrics::__private::inventory::submit! {
                ::instrumetrics::__private::Declaration { descriptor :
                __INSTRUMETRICS_JOBS.descriptors() [3usize], register :
                ::core::option::Option::None, }
            }
            const _: () = {
                use ::instrumetrics::__private::Unanswered as _;
                ::instrumetrics::__private::check_dense(
                    &["model", "language"],
                    ::instrumetrics::__private::Asked::<(Model, String)>::CARDINALITIES,
                    4usize,
                )
            };
            if ::instrumetrics::__private::recording() {
                ::core::option::Option::Some(
                    ::instrumetrics::__private::JobRun::new(
                            __INSTRUMETRICS_JOBS
                                .with((
                                    ::instrumetrics::__private::label(&model),
                                    ::instrumetrics::__private::label(&language),
                                )),
                        )
                        .queued_since(queued),
                )
            } else {
                ::core::option::Option::None
            }
        };
        *__instrumetrics_place = ::core::option::Option::map(
            __instrumetrics_target,
            ::instrumetrics::__private::Guard::enter,
        );
        #[allow(
            unknown_lints,
            unreachable_code,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::let_with_type_underscore,
            clippy::needless_return,
            clippy::unreachable
        )]
        if false {
            let __instrumetrics_never: Result<(), E> = loop {};
            return __instrumetrics_never;
        }
        go().await
    }
        .await;
    if let ::core::option::Option::Some(__instrumetrics_guard) = __instrumetrics_guard {
        ::instrumetrics::__private::Guard::finish(
            __instrumetrics_guard,
            {
                use ::instrumetrics::__private::AnyOutcome as _;
                ::instrumetrics::__private::Probe(&__instrumetrics_returned).outcome()
            },
            &[],
        );
    }
    __instrumetrics_returned
}
