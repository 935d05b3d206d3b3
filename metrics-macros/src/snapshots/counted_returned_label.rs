fn reply<T: Route>(route: T) -> Reply {
    let __instrumetrics_target = {
        static __INSTRUMETRICS_METRIC: ::instrumetrics::__private::Declared<
            ::instrumetrics::__private::Counter,
        > = ::instrumetrics::__private::Declared::with_outcome(
            &::instrumetrics::__private::Descriptor {
                name: "replies_total",
                help: "Calls of `reply`.",
                kind: ::instrumetrics::__private::Kind::Counter,
                real: false,
                labels: &["route", "code", "outcome"],
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
            .descriptor(), register : ::core::option::Option::None, }
        }
        if ::instrumetrics::__private::recording() {
            ::core::option::Option::Some(
                ::instrumetrics::__private::CountedAtEnd(
                    &__INSTRUMETRICS_METRIC,
                    ::instrumetrics::__private::Kept::new((
                        ::instrumetrics::__private::label(&route),
                    )),
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
    let __instrumetrics_returned = ::instrumetrics::__private::call(move || -> Reply {
        answer(route)
    });
    if let ::core::option::Option::Some(__instrumetrics_guard) = __instrumetrics_guard {
        ::instrumetrics::__private::Guard::finish(
            __instrumetrics_guard,
            ::instrumetrics::__private::with_returned::<
                _,
                ::instrumetrics::__private::Outcome,
            >(&__instrumetrics_returned, |ret| judge(ret)),
            &[
                ::instrumetrics::__private::LabelValue::text(
                        &::instrumetrics::__private::with_returned(
                            &__instrumetrics_returned,
                            |ret| ret.code,
                        ),
                    )
                    .as_str(),
            ],
        );
    }
    __instrumetrics_returned
}
