async fn decode(audio: &Audio) -> Pcm {
    let __instrumetrics_target = if ::instrumetrics::__private::recording() {
        ::core::option::Option::Some(
            ::instrumetrics::__private::Timed(telemetry::decode_seconds(audio.codec())),
        )
    } else {
        ::core::option::Option::None
    };
    let __instrumetrics_guard = ::core::option::Option::map(
        __instrumetrics_target,
        ::instrumetrics::__private::Guard::enter,
    );
    { work(audio).await }
}
