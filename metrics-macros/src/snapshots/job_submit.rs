fn submit(model: Model, language: &str) -> Result<Id, Full> {
    let __instrumetrics_target = if ::instrumetrics::__private::recording() {
        ::core::option::Option::Some(
            ::instrumetrics::__private::Submit(telemetry::jobs(model, language)),
        )
    } else {
        ::core::option::Option::None
    };
    let __instrumetrics_guard = ::core::option::Option::map(
        __instrumetrics_target,
        ::instrumetrics::__private::Guard::enter_sync,
    );
    let __instrumetrics_returned = ::instrumetrics::__private::call(move || -> Result<
        Id,
        Full,
    > { push() });
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
