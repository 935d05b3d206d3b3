fn r#ring(_bell: &str) -> ! {
    let __instrumetrics_target = {
        static __INSTRUMETRICS_METRIC: ::instrumetrics::__private::Declared<
            ::instrumetrics::__private::Counter,
        > = ::instrumetrics::__private::Declared::new(
            &::instrumetrics::__private::Descriptor {
                name: "ring_total",
                help: "Calls of `ring`.",
                kind: ::instrumetrics::__private::Kind::Counter,
                real: false,
                labels: &[],
                bounds: ::core::option::Option::None,
                unit: ::core::option::Option::None,
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
                ::instrumetrics::__private::CountedOnEntry::new(
                    __INSTRUMETRICS_METRIC.with(()),
                ),
            )
        } else {
            ::core::option::Option::None
        }
    };
    let __instrumetrics_guard = ::core::option::Option::map(
        __instrumetrics_target,
        ::instrumetrics::__private::Guard::enter_sync,
    );
    { loop {} }
}
