fn fetch(host: &str, url: Url) -> Result<Page, Error> {
    let __instrumetrics_target = {
        static __INSTRUMETRICS_METRIC: ::instrumetrics::__private::Declared<
            ::instrumetrics::__private::Histogram,
        > = ::instrumetrics::__private::Declared::with_outcome(
            &::instrumetrics::__private::Descriptor {
                name: "fetch_seconds",
                help: "Duration of `fetch` in seconds.",
                kind: ::instrumetrics::__private::Kind::Histogram,
                real: false,
                labels: &["host", "port", "outcome"],
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
            .descriptor(), register : ::core::option::Option::None, }
        }
        static __INSTRUMETRICS_IN_FLIGHT: ::instrumetrics::__private::Declared<
            ::instrumetrics::__private::Gauge,
        > = ::instrumetrics::__private::Declared::new(
            &::instrumetrics::__private::Descriptor {
                name: "fetch_in_flight",
                help: "Calls of `fetch` in flight.",
                kind: ::instrumetrics::__private::Kind::Gauge,
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
            ::instrumetrics::__private::Declaration { descriptor :
            __INSTRUMETRICS_IN_FLIGHT.descriptor(), register :
            ::core::option::Option::Some(|| __INSTRUMETRICS_IN_FLIGHT.register:: < () >
            ()), }
        }
        if ::instrumetrics::__private::recording() {
            ::core::option::Option::Some(
                ::instrumetrics::__private::InFlight(
                    &__INSTRUMETRICS_IN_FLIGHT,
                    ::instrumetrics::__private::TimedAtEnd(
                        &__INSTRUMETRICS_METRIC,
                        ::instrumetrics::__private::Kept::new((
                            ::instrumetrics::__private::label(&host),
                            ::instrumetrics::__private::label(&url.port()),
                        )),
                    ),
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
    let __instrumetrics_returned = ::instrumetrics::__private::call(move || -> Result<
        Page,
        Error,
    > { get(host, url)? });
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
