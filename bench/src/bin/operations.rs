//! Does one operation of the toolkit so many times: `operations NAME COUNT`, for `bench/instructions`, which counts the
//! instructions of it. Without arguments it lists the names; `operations --allocations` says for each how often it
//! allocates once it is warm, alone and beside a StatsD exporter.
//!
//! In one file, most of which is the table of operations.

#![expect(clippy::print_stdout, reason = "a program that prints")]

#[path = "../allocations.rs"]
#[expect(dead_code, unreachable_pub, reason = "the library uses all of it")]
mod allocations;

use instrumetrics::{
    Counter, Format, Gauge, Histogram, LabelValue, Metrics, MetricsError, Outcome,
    PrometheusExporter, StatsdConfig, StatsdExporter, create_metrics_with_null_exporter,
    create_prometheus_exporter, timed,
};
use std::cell::RefCell;
use std::future::Future;
use std::hint::black_box;
use std::net::UdpSocket;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What is measured with.
#[instrumetrics::metrics(namespace = "operations")]
mod telemetry {
    use super::{Model, Status};
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    /// Without labels.
    pub fn plain_total() -> Counter;

    /// By two enums.
    pub fn enums_total(model: Model, status: Status) -> Counter;

    /// By two strings.
    pub fn strings_total(endpoint: &str, client: &str) -> Counter;

    /// By one string.
    pub fn string_total(a: &str) -> Counter;

    /// By four strings.
    pub fn four_strings_total(a: &str, b: &str, c: &str, d: &str) -> Counter;

    /// By eight strings.
    #[expect(clippy::too_many_arguments, reason = "this is what is measured")]
    pub fn eight_strings_total(
        a: &str,
        b: &str,
        c: &str,
        d: &str,
        e: &str,
        f: &str,
        g: &str,
        h: &str,
    ) -> Counter;

    /// Without labels.
    pub fn level() -> Gauge;

    /// By two strings.
    pub fn strings_level(endpoint: &str, client: &str) -> Gauge;

    /// By an enum.
    pub fn jobs(model: Model) -> Jobs;

    /// By two strings.
    #[metric(max_series = 2_000)]
    pub fn scraped_total(endpoint: &str, client: &str) -> Counter;

    /// Without labels.
    pub fn plain_seconds() -> Histogram;

    /// By two strings.
    pub fn strings_seconds(endpoint: &str, client: &str) -> Histogram;
}

/// A label with a fixed list of values.
#[derive(Clone, Copy, Debug, LabelValue)]
#[expect(missing_docs, reason = "values of a label")]
pub enum Model {
    Tiny,
    Base,
    Small,
}

/// Another one.
#[derive(Clone, Copy, Debug, LabelValue)]
#[expect(missing_docs, reason = "values of a label")]
pub enum Status {
    Ok,
    Failed,
}

#[timed]
fn sync_call(x: u64) -> u64 {
    black_box(x)
}

#[timed(outcome)]
fn fallible_call(x: u64) -> Result<u64, u64> {
    black_box(Ok(x))
}

#[timed]
async fn timed_polls(polls: u64) -> u64 {
    for _ in 0..polls {
        Once(false).await;
    }
    polls
}

async fn bare_polls(polls: u64) -> u64 {
    for _ in 0..polls {
        Once(false).await;
    }
    polls
}

/// Is ready when it is polled for the second time.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}

/// Polls a future until it is ready.
fn drive(future: impl Future<Output = u64>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while black_box(future.as_mut()).poll(&mut context).is_pending() {}
}

const ENDPOINTS: [&str; 8] = [
    "/a",
    "/bb",
    "/ccc",
    "/d",
    "/jobs/{id}",
    "/f",
    "/g",
    "/health",
];
const CLIENTS: [&str; 8] = [
    "curl", "web", "ios", "x", "android", "sdk-1", "sdk-2", "other",
];

fn pair(i: u64) -> (&'static str, &'static str) {
    let i = usize::try_from(i % 64).unwrap_or(0);
    black_box((ENDPOINTS[i / 8], CLIENTS[i % 8]))
}

/// One operation so many times.
type Run = fn(&State, u64);

/// What is made before anything is counted.
struct State {
    counter: Counter,
    gauge: Gauge,
    histogram: Histogram,
    named: Metrics,
    null: Metrics,
    exporter: PrometheusExporter,
    scraped: RefCell<String>,
}

impl State {
    fn new() -> Result<Self, MetricsError> {
        let exporter = create_prometheus_exporter()?;
        Ok(Self {
            counter: telemetry::plain_total(),
            gauge: telemetry::level(),
            histogram: telemetry::plain_seconds(),
            named: Metrics::new(exporter.clone()),
            // A recording process beside it: only what is by name goes nowhere.
            null: create_metrics_with_null_exporter(),
            exporter,
            scraped: RefCell::default(),
        })
    }
}

/// Series that are scraped at once, beside a few of the other operations.
const SCRAPED: u64 = 1000;

/// Scrapes until so many series were written.
fn scrape(state: &State, series: u64) {
    let mut text = state.scraped.borrow_mut();
    if text.is_empty() {
        for n in 0..SCRAPED {
            let client = format!("tenant-{n:04}");
            telemetry::scraped_total("/api/v1/resource", &client).inc_by(n);
        }
    }
    for _ in 0..series.div_ceil(SCRAPED) {
        text.clear();
        state.exporter.encode_into(&mut text, Format::Text);
    }
    black_box(&*text);
}

/// Every operation, by a stable name.
const OPERATIONS: &[(&str, Run)] = &[
    ("counter/declared", |_, times| {
        for _ in 0..times {
            telemetry::plain_total().inc();
            black_box(());
        }
    }),
    ("counter/handle", |state, times| {
        for _ in 0..times {
            black_box(&state.counter).inc();
        }
    }),
    ("counter/two-enums", |_, times| {
        for _ in 0..times {
            telemetry::enums_total(black_box(Model::Base), black_box(Status::Failed)).inc();
        }
    }),
    ("counter/one-string", |_, times| {
        for i in 0..times {
            telemetry::string_total(pair(i).0).inc();
        }
    }),
    ("counter/two-strings", |_, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            telemetry::strings_total(endpoint, client).inc();
        }
    }),
    ("counter/four-strings", |_, times| {
        for i in 0..times {
            let (a, b) = pair(i);
            telemetry::four_strings_total(a, b, a, b).inc();
        }
    }),
    ("counter/eight-strings", |_, times| {
        for i in 0..times {
            let (a, b) = pair(i);
            telemetry::eight_strings_total(a, b, a, b, a, b, a, b).inc();
        }
    }),
    ("counter/by-name", |state, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            let labels = [("endpoint", endpoint), ("client", client)];
            drop(
                state
                    .named
                    .increment(black_box("operations_named_total"), &labels),
            );
        }
    }),
    ("gauge/set", |_, times| {
        for i in 0..times {
            telemetry::level().set(black_box(i));
        }
    }),
    ("gauge/handle", |state, times| {
        for i in 0..times {
            black_box(&state.gauge).set(black_box(i));
        }
    }),
    ("gauge/two-strings", |_, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            telemetry::strings_level(endpoint, client).set(black_box(i));
        }
    }),
    ("gauge/by-name", |state, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            let labels = [("endpoint", endpoint), ("client", client)];
            drop(state.named.set_gauge("named_level", black_box(i), &labels));
        }
    }),
    ("histogram/handle", |state, times| {
        for _ in 0..times {
            black_box(&state.histogram).observe(black_box(0.07));
        }
    }),
    ("histogram/two-strings", |_, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            telemetry::strings_seconds(endpoint, client).observe(black_box(0.07));
        }
    }),
    ("histogram/by-name", |state, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            let labels = [("endpoint", endpoint), ("client", client)];
            let observed = black_box(0.07);
            drop(
                state
                    .named
                    .observe_histogram("named_seconds", observed, &labels),
            );
        }
    }),
    ("timer/handle", |state, times| {
        for _ in 0..times {
            drop(black_box(&state.histogram).start_timer());
        }
    }),
    ("job/guard", |_, times| {
        for _ in 0..times {
            let job = telemetry::jobs(black_box(Model::Base)).start();
            job.finish(black_box(Outcome::Success));
        }
    }),
    ("timed/sync", |_, times| {
        for i in 0..times {
            black_box(sync_call(black_box(i)));
        }
    }),
    ("timed/outcome", |_, times| {
        for i in 0..times {
            let _ = black_box(fallible_call(black_box(i)));
        }
    }),
    ("timed/async-10-awaits", |_, times| {
        for _ in 0..times {
            drive(timed_polls(black_box(10)));
        }
    }),
    ("bare/async-10-awaits", |_, times| {
        for _ in 0..times {
            drive(bare_polls(black_box(10)));
        }
    }),
    ("timed/poll", |_, times| {
        drive(timed_polls(black_box(times)));
    }),
    ("bare/poll", |_, times| drive(bare_polls(black_box(times)))),
    ("scrape/series", scrape),
    ("null/counter", |_, times| {
        instrumetrics::set_recording(false);
        for _ in 0..times {
            telemetry::plain_total().inc();
            black_box(());
        }
    }),
    ("null/timed", |_, times| {
        instrumetrics::set_recording(false);
        for i in 0..times {
            black_box(sync_call(black_box(i)));
        }
    }),
    ("null/by-name", |state, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            let labels = [("endpoint", endpoint), ("client", client)];
            drop(state.null.increment("named_total", &labels));
        }
    }),
];

/// Says for each operation how often it allocates when it is done so many times, once it was done before.
fn say_allocations(state: &State, beside: &str) {
    const TIMES: u64 = 10_000;
    for (name, run) in OPERATIONS {
        run(state, TIMES);
        let before = allocations::of_this_thread();
        run(state, TIMES);
        println!("{name}{beside} {}", allocations::of_this_thread() - before);
        instrumetrics::set_recording(true);
    }
}

/// What a future says in the end.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Metrics that go to a StatsD server, which takes what comes: added up, or each recording by itself.
fn statsd(server: &UdpSocket, aggregate: bool) -> Result<Metrics, Box<dyn std::error::Error>> {
    let metrics = Metrics::new(StatsdExporter::new(StatsdConfig {
        host: "127.0.0.1".to_owned(),
        port: server.local_addr()?.port(),
        aggregate,
        ..StatsdConfig::default()
    })?);
    // Recordings are sent by themselves from the first export on.
    wait(metrics.export())?;
    Ok(metrics)
}

fn say_all_allocations() -> Result<(), Box<dyn std::error::Error>> {
    let state = State::new()?;
    sync_call(1);
    std::thread::sleep(Duration::from_millis(600));
    say_allocations(&state, "");
    let server = UdpSocket::bind("127.0.0.1:0")?;
    let added_up = statsd(&server, true)?;
    say_allocations(&state, "+statsd");
    drop(added_up);
    let by_themselves = statsd(&server, false)?;
    say_allocations(&state, "+statsd-events");
    drop(by_themselves);
    Ok(())
}

/// What is counted; the counter begins and ends here.
#[inline(never)]
fn operations_measured(run: Run, state: &State, times: u64) {
    run(state, times);
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, times) = (arguments.next(), arguments.next());
    if name.as_deref() == Some("--allocations") {
        return match say_all_allocations() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let (Some(name), Some(times)) = (name, times) else {
        for (name, _) in OPERATIONS {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let found = OPERATIONS.iter().find(|(known, _)| *known == name);
    let (Some((_, run)), Ok(times)) = (found, times.parse()) else {
        println!("no operation `{name}`, or `{times}` is no number");
        return ExitCode::FAILURE;
    };
    let Ok(state) = State::new() else {
        return ExitCode::FAILURE;
    };
    // Warm: series, caches, and the clock, which is calibrated on a thread of its own.
    run(&state, 200);
    instrumetrics::set_recording(true);
    sync_call(1);
    std::thread::sleep(Duration::from_millis(600));
    operations_measured(*run, &state, times);
    ExitCode::SUCCESS
}
