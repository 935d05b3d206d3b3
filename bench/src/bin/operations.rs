//! Does one operation of the toolkit so many times: `operations NAME COUNT`, for `bench/instructions`, which counts the
//! instructions of it. Without arguments it lists the names.

#![expect(clippy::print_stdout, reason = "a program that prints")]

use instrumetrics::{Histogram, LabelValue, Metrics, create_prometheus_exporter, timed};
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What is measured with.
#[instrumetrics::metrics(namespace = "operations")]
mod telemetry {
    use super::{Model, Status};
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Without labels.
    pub fn plain_total() -> Counter;

    /// By two enums.
    pub fn enums_total(model: Model, status: Status) -> Counter;

    /// By two strings.
    pub fn strings_total(endpoint: &str, client: &str) -> Counter;

    /// Without labels.
    pub fn level() -> Gauge;

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
    histogram: Histogram,
    named: Metrics,
}

/// Every operation, by a stable name.
const OPERATIONS: &[(&str, Run)] = &[
    ("counter/declared", |_, times| {
        for _ in 0..times {
            telemetry::plain_total().inc();
            black_box(());
        }
    }),
    ("counter/two-enums", |_, times| {
        for _ in 0..times {
            telemetry::enums_total(black_box(Model::Base), black_box(Status::Failed)).inc();
        }
    }),
    ("counter/two-strings", |_, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            telemetry::strings_total(endpoint, client).inc();
        }
    }),
    ("counter/by-name", |state, times| {
        for i in 0..times {
            let (endpoint, client) = pair(i);
            let labels = [("endpoint", endpoint), ("client", client)];
            drop(state.named.increment(black_box("operations_named_total"), &labels));
        }
    }),
    ("gauge/set", |_, times| {
        for i in 0..times {
            telemetry::level().set(black_box(i));
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
        drive(timed_polls(black_box(times)))
    }),
    ("bare/poll", |_, times| drive(bare_polls(black_box(times)))),
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
];

/// What is counted; the counter begins and ends here.
#[inline(never)]
fn operations_measured(run: Run, state: &State, times: u64) {
    run(state, times);
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(times)) = (arguments.next(), arguments.next()) else {
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
    let Ok(exporter) = create_prometheus_exporter() else {
        return ExitCode::FAILURE;
    };
    let state = State {
        histogram: telemetry::plain_seconds(),
        named: Metrics::new(exporter),
    };
    // Warm: series, caches, and the clock, which is calibrated on a thread of its own.
    run(&state, 200);
    instrumetrics::set_recording(true);
    sync_call(1);
    std::thread::sleep(Duration::from_millis(600));
    operations_measured(*run, &state, times);
    ExitCode::SUCCESS
}
