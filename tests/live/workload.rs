//! Something of every kind, recorded once per process and then left alone, with the label values that a
//! hostile client would choose.

use instrumetrics::prometheus::{
    Counter, CounterVec, Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, Opts,
};
use instrumetrics::{
    LabelValue, Outcome, PrometheusExporter, counted, create_prometheus_exporter, job_metric,
    metrics, timed,
};
use std::future::Future;
use std::sync::Once;
use std::task::{Context, Waker};

/// Where work is done; some values are hostile themselves.
#[derive(Clone, Copy, Debug, LabelValue)]
#[label(rename_all = "snake_case")]
pub(crate) enum Place {
    UpStairs,
    #[label("C:\\down \"stairs\"")]
    DownStairs,
}

/// What is recorded.
#[metrics(namespace = "live")]
pub(crate) mod telemetry {
    use super::Place;
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    /// Values that a "hostile" client sends: C:\new\table, `{le="1.0"}`, ünïcödé.
    pub(crate) fn hostile_values_total(value: &str, place: Option<Place>) -> Counter;

    /// Letters, more than an `f64` can count.
    pub(crate) fn letters_total() -> Counter;

    /// Time at work.
    pub(crate) fn work_seconds_total(place: Place) -> Counter<f64>;

    /// Temperature of a room.
    pub(crate) fn room_temperature_celsius(room: &str) -> Gauge;

    /// Share that is free, read when asked for.
    pub(crate) fn free_ratio() -> Gauge;

    /// Time to answer.
    pub(crate) fn answer_duration_seconds(route: &str, place: Place) -> Histogram;

    /// Size of an answer.
    pub(crate) fn answer_size_bytes() -> Histogram;

    /// How far a clock is off, in either direction.
    #[metric(buckets = [-1000000.0, -1.5, 0.0, 0.00001, 2.0, 1234567.0])]
    pub(crate) fn clock_offset_seconds(clock: &str) -> Histogram;

    /// Clients beyond the cap.
    #[metric(max_series = 3)]
    pub(crate) fn crowded_clients_total(client: &str, place: Place) -> Counter;

    /// Letters delivered.
    pub(crate) fn jobs(place: Place, language: &str) -> Jobs;

    /// Never recorded, and its labels are not known: it is left out.
    pub(crate) fn unused_total(name: &str) -> Counter;
}

/// Label values, none of which is empty.
pub(crate) fn hostile_values() -> Vec<String> {
    let mut values: Vec<String> = [
        "plain",
        "\"",
        "say \"hello\"",
        "\\",
        "\\\\",
        "\\\"",
        "C:\\temp\\new",
        "\\n",
        "\n",
        "two\nlines\n",
        "\r",
        "windows\r\nlines",
        "tab\there",
        "ünïcödé",
        "日本語",
        "🦀",
        "e\u{301}",
        "\u{202e}backwards",
        "\u{feff}mark",
        "line\u{2028}separator\u{85}next",
        "\u{b}\u{c}\u{1c}\u{1f}",
        "\u{0}",
        "{}",
        "}",
        "{le=\"1.0\"} 5",
        "le=\"+Inf\"",
        "a=\"b\",c=\"d\"",
        ",",
        "# EOF",
        "\n# EOF\n",
        "# TYPE live_letters_total gauge",
        "NaN",
        "+Inf",
        "1e6",
        " ",
        "   \t ",
        " leading and trailing ",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x".repeat(256));
    values.push("\"\\\n".repeat(85));
    values
}

#[timed("live_handler_duration_seconds", labels(route), outcome, in_flight)]
#[counted("live_handler_calls_total", labels(route, length = |ret| ret.map_or(0, str::len)), outcome)]
fn handler(route: &str) -> Result<&str, std::fmt::Error> {
    match route {
        "\"panics\"" => panic!("asked for"),
        "fails" => Err(std::fmt::Error),
        _ => Ok(route),
    }
}

#[job_metric(telemetry::jobs(place, language), audio_seconds = 2.5)]
async fn deliver(place: Place, language: &str, wait: bool) {
    if wait {
        std::future::pending::<()>().await;
    }
}

fn poll_once(future: impl Future<Output = ()>) {
    let mut context = Context::from_waker(Waker::noop());
    // Dropped after its first poll: finished, or cancelled.
    let _ = std::pin::pin!(future).poll(&mut context);
}

/// Records everything once, and returns an exporter of its own with foreign collectors in it.
pub(crate) fn exporter() -> PrometheusExporter {
    static ONCE: Once = Once::new();
    // Recording is on from process start.
    ONCE.call_once(record);
    let exporter = create_prometheus_exporter().unwrap();
    register_foreign(exporter.registry());
    exporter
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn record() {
    for (index, value) in hostile_values().iter().enumerate() {
        telemetry::hostile_values_total(value, None).inc_by(index + 1);
        telemetry::hostile_values_total(value, Some(Place::DownStairs)).inc_by(1000 + index);
        telemetry::room_temperature_celsius(value).set(index as f64 * -0.1);
        telemetry::answer_duration_seconds(value, Place::UpStairs).observe(index as f64 / 7.0);
        telemetry::crowded_clients_total(value, Place::UpStairs).inc();
    }
    // Absent, and cut within a character.
    telemetry::hostile_values_total("", None).inc_by(7);
    telemetry::hostile_values_total(&"€".repeat(100), None).inc_by(9);

    telemetry::letters_total().inc_by((1_u64 << 53) + 1);
    telemetry::work_seconds_total(Place::UpStairs).inc_by(0.1 + 0.2);
    telemetry::work_seconds_total(Place::DownStairs).inc_by(1e300);
    for (room, value) in [("freezer", -18.0), ("sun", 1.57e7), ("tiny", 5e-324)] {
        telemetry::room_temperature_celsius(room).set(value);
    }
    // Refused, and counted as an error.
    telemetry::room_temperature_celsius("freezer").set(f64::NAN);
    telemetry::free_ratio().observe_with(|| 0.625);
    for size in [0.0, 256.0, 257.0, 1e7, 1e12] {
        telemetry::answer_size_bytes().observe(size);
    }
    for offset in [-2e6, -1.5, -1.0, 0.0, 1e-5, 1.0, 2e6] {
        telemetry::clock_offset_seconds("wall \"clock\"").observe(offset);
    }

    for route in ["/", "fails", "\"panics\""] {
        // A panic is one of the outcomes; its message is kept out of the output.
        let _ = std::thread::spawn(move || handler(route).is_ok()).join();
    }
    let job = telemetry::jobs(Place::DownStairs, "de\\at");
    job.submitted();
    job.cancelled();
    job.start().finish(Outcome::Error);
    poll_once(deliver(Place::UpStairs, "en", false));
    poll_once(deliver(Place::UpStairs, "en", true));
}

fn register_foreign(registry: &instrumetrics::prometheus::Registry) {
    let requests = Counter::new("foreign_requests_total", "Requests, in \"halves\".").unwrap();
    requests.inc_by(2.5);
    let events = IntCounter::new("foreign_events_total", "Events.\nMany of them, \\o/.").unwrap();
    events.inc_by(1 << 40);
    let temperature = Gauge::new("foreign_temperature_celsius", "Temperature.").unwrap();
    temperature.set(-3.25);
    let unknown = Gauge::new("foreign_unknown_ratio", "Not known.").unwrap();
    unknown.set(f64::NAN);
    let endless = Gauge::new("foreign_endless_ratio", "Without end.").unwrap();
    endless.set(f64::NEG_INFINITY);
    let workers = IntGauge::new("foreign_workers", "Workers.").unwrap();
    workers.set(-4);
    let options = HistogramOpts::new("foreign_size_bytes", "Sizes.")
        .buckets(vec![0.5, 1.0, 1_048_576.0])
        .const_label("place", "a \"place\"");
    let sizes = Histogram::with_opts(options).unwrap();
    sizes.observe(1.0);
    sizes.observe(1e9);
    let options = Opts::new("foreign_hostile_values_total", "Hostile values.");
    let hostile = CounterVec::new(options, &["value"]).unwrap();
    for (index, value) in hostile_values().iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        hostile
            .with_label_values(&[value.as_str()])
            .inc_by(index as f64 + 0.5);
    }
    hostile.with_label_values(&[""]).inc_by(0.25);
    registry.register(Box::new(requests)).unwrap();
    registry.register(Box::new(events)).unwrap();
    registry.register(Box::new(temperature)).unwrap();
    registry.register(Box::new(unknown)).unwrap();
    registry.register(Box::new(endless)).unwrap();
    registry.register(Box::new(workers)).unwrap();
    registry.register(Box::new(sizes)).unwrap();
    registry.register(Box::new(hostile)).unwrap();
}
