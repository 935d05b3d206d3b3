pub mod telemetry {
    use instrumetrics::Counter;
    static __INSTRUMETRICS_INSTALLS_TOTAL: ::instrumetrics::__private::Declared<
        Counter,
    > = ::instrumetrics::__private::Declared::new(
        &::instrumetrics::__private::Descriptor {
            name: "app_installs_total",
            help: "Installations.",
            kind: ::instrumetrics::__private::Kind::Counter,
            real: false,
            labels: &["platform", "region"],
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
    );
    const _: () = {
        ::instrumetrics::__private::inventory::submit! {
            ::instrumetrics::__private::Declaration { descriptor :
            __INSTRUMETRICS_INSTALLS_TOTAL.descriptor(), register :
            ::core::option::Option::Some(|| { use ::instrumetrics::__private::Unanswered
            as _; ::instrumetrics::__private::Asked:: < (Platform, & str,) > ::register(&
            __INSTRUMETRICS_INSTALLS_TOTAL) }), }
        }
        use ::instrumetrics::__private::Unanswered as _;
        ::instrumetrics::__private::check_dense(
            &["platform", "region"],
            ::instrumetrics::__private::Asked::<(Platform, &str)>::CARDINALITIES,
            1usize,
        )
    };
    /// Installations.
    pub fn installs_total(platform: Platform, region: &str) -> Counter {
        __INSTRUMETRICS_INSTALLS_TOTAL
            .with((
                ::instrumetrics::__private::label(&platform),
                ::instrumetrics::__private::label(&region),
            ))
    }
    /// Registers every metric of this module, for `register!`.
    #[doc(hidden)]
    pub fn __instrumetrics_register() {
        {
            {
                use ::instrumetrics::__private::Unanswered as _;
                ::instrumetrics::__private::Asked::<
                    (Platform, &str),
                >::register(&__INSTRUMETRICS_INSTALLS_TOTAL)
            }
        }
    }
}
