fn poll(&self) -> Pin<Box<dyn Future<Output = Result<u8, E>> + '_>> {
    let __instrumetrics_target = {
        static __INSTRUMETRICS_METRIC: ::instrumetrics::__private::Declared<
            ::instrumetrics::__private::Histogram,
        > = ::instrumetrics::__private::Declared::with_outcome(
            &::instrumetrics::__private::Descriptor {
                name: "poll_seconds",
                help: "Duration of `poll` in seconds.",
                kind: ::instrumetrics::__private::Kind::Histogram,
                real: false,
                labels: &["outcome"],
                bounds: ::core::option::Option::None,
                unit: ::core::option::Option::Some("seconds"),
                namespaced: false,
                max_series: ::core::option::Option::None,
                collected: true,
                site: ::instrumetrics::__private::Site {
                    file: ::core::file!(),
                    line: 0u32,
                    module: ::core::module_path!(),
                },
            },
        );
        ::instrumetrics::__private::inventory::submit! {
            ::instrumetrics::__private::Declaration { descriptor : __INSTRUMETRICS_METRIC
            .descriptor(), register : ::core::option::Option::Some(|| { use
            ::instrumetrics::__private::Unanswered as _;
            ::instrumetrics::__private::Asked:: < () > ::register(&
            __INSTRUMETRICS_METRIC) }), }
        }
        if ::instrumetrics::__private::recording() {
            ::core::option::Option::Some(
                ::instrumetrics::__private::TimedAtEnd(
                    &__INSTRUMETRICS_METRIC,
                    ::instrumetrics::__private::Kept::new(()),
                ),
            )
        } else {
            ::core::option::Option::None
        }
    };
    let a = 1;
    Box::pin(async move {
        let __instrumetrics_guard = ::core::option::Option::map(
            __instrumetrics_target,
            ::instrumetrics::__private::Guard::enter,
        );
        let __instrumetrics_returned = async move {
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
                let __instrumetrics_never: Result<u8, E> = loop {};
                return __instrumetrics_never;
            }
            self.x(a).await
        }
            .await;
        if let ::core::option::Option::Some(__instrumetrics_guard) = __instrumetrics_guard {
            ::instrumetrics::__private::Guard::finish(
                __instrumetrics_guard,
                {
                    use ::instrumetrics::__private::AnyOutcome as _;
                    ::instrumetrics::__private::Probe(&__instrumetrics_returned)
                        .outcome()
                },
                &[],
            );
        }
        __instrumetrics_returned
    })
}
