//! The worker by a clock that jumps ahead: what is asserted about time is exact.

use super::*;
use crate::descriptor::Descriptor;
use crate::export::push::Boxed;
use crate::family::Definition;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tokio::task::JoinHandle;

/// What a call does.
#[derive(Clone, Copy)]
enum Act {
    Succeed,
    Fail,
    /// Fails and asks to be left alone for so many seconds.
    FailFor(u64),
    /// Succeeds after so many seconds.
    Take(u64),
    Hang,
    PanicAtOnce,
    PanicLater,
    /// Hangs, and panics when it is dropped.
    PanicWhenDropped,
}

/// A call: when it began, in milliseconds, and whether it was told to be the last.
type Call = (u64, bool);

#[derive(Clone)]
struct Log {
    begin: tokio::time::Instant,
    calls: Arc<Mutex<Vec<Call>>>,
    meanwhile: Arc<AtomicU64>,
    under_way: Arc<AtomicU64>,
}

impl Log {
    fn new() -> Self {
        Self {
            begin: tokio::time::Instant::now(),
            calls: Arc::default(),
            meanwhile: Arc::default(),
            under_way: Arc::default(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap()
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Milliseconds from each call to the next.
    fn gaps(&self) -> Vec<u64> {
        let calls = self.calls();
        calls.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }
}

/// An exporter that does one act after the other, the last again and again.
struct Fake {
    log: Log,
    acts: Vec<Act>,
    meanwhile: Act,
}

struct UnderWay(Arc<AtomicU64>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped");
    }
}

async fn act(act: Act) -> Result<(), Failure> {
    match act {
        Act::Succeed => Ok(()),
        Act::Fail => Err(Failure::new("io", "failed")),
        Act::FailFor(seconds) => Err(Failure {
            retry_after: Some(Duration::from_secs(seconds)),
            ..Failure::new("rejected", "later")
        }),
        Act::Take(seconds) => {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(())
        }
        Act::Hang => pending().await,
        Act::PanicAtOnce => unreachable!("panics before"),
        Act::PanicLater => {
            tokio::task::yield_now().await;
            std::panic::panic_any("later")
        }
        Act::PanicWhenDropped => {
            let _bomb = Bomb;
            pending().await
        }
    }
}

impl Push for Fake {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        let mut calls = self.log.calls.lock().unwrap();
        let next = self.acts[calls.len().min(self.acts.len() - 1)];
        calls.push((self.log.now(), round.last));
        drop(calls);
        assert!(!matches!(next, Act::PanicAtOnce), "at once");
        let before = self.log.under_way.fetch_add(1, SeqCst);
        let under_way = UnderWay(Arc::clone(&self.log.under_way));
        Box::pin(async move {
            let _under_way = under_way;
            assert_eq!(before, 0, "two at a time");
            act(next).await
        })
    }

    fn meanwhile<'a>(&'a mut self, _: &'a Round<'a>) -> Boxed<'a, ()> {
        self.log.meanwhile.fetch_add(1, SeqCst);
        assert!(!matches!(self.meanwhile, Act::PanicAtOnce), "at once");
        let next = self.meanwhile;
        Box::pin(async move {
            let _ = act(next).await;
        })
    }
}

const INTERVAL: Duration = Duration::from_secs(10);

fn started_as(
    name: &str,
    settings: Settings,
    acts: &[Act],
    meanwhile: Act,
) -> (Worker, Log, JoinHandle<Flushed>) {
    let (worker, state) = Worker::parts(&name.into(), settings, &MetricsErrorConfig::default());
    let log = Log::new();
    let mut fake = Fake {
        log: log.clone(),
        acts: acts.to_vec(),
        meanwhile,
    };
    let running = tokio::spawn(async move { state.run(&mut fake).await });
    (worker, log, running)
}

fn started(acts: &[Act]) -> (Worker, Log, JoinHandle<Flushed>) {
    started_as("fake", Settings::every(INTERVAL), acts, Act::Succeed)
}

async fn seconds(seconds: u64) {
    // A millisecond more, so that what is due then has happened.
    tokio::time::sleep(Duration::from_millis(seconds * 1000 + 1)).await;
}

fn error_type(result: Flushed) -> &'static str {
    result.unwrap_err().error_type()
}

#[tokio::test(start_paused = true)]
async fn exports_are_an_interval_apart() {
    let (_worker, log, _running) = started(&[Act::Succeed]);
    seconds(45).await;
    assert_eq!(log.calls(), [10, 20, 30, 40].map(|at| (at * 1000, false)));
}

#[tokio::test(start_paused = true)]
async fn after_failures_it_waits_longer_each_time_and_then_as_before() {
    let fail = [Act::Fail; 6];
    let (_worker, log, _running) = started(&[&fail[..], &[Act::Succeed]].concat());
    seconds(200).await;
    let gaps = log.gaps();
    for (gap, most) in gaps.iter().zip([1, 2, 4, 8, 16, 32]) {
        assert!((most * 500..=most * 1000 + 1).contains(gap), "{gaps:?}");
    }
    assert_eq!(gaps[6..8], [10_000, 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asks_for_time_gets_it() {
    let (_worker, log, _running) = started(&[Act::FailFor(90), Act::Succeed]);
    seconds(109).await;
    assert_eq!(log.gaps(), [90_000]);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_during_an_export_is_one_more_export() {
    let (worker, log, _running) = started(&[Act::Take(4)]);
    let first = worker.export();
    tokio::task::yield_now().await;
    let further: Vec<_> = (0..10).map(|_| worker.export()).collect();
    first.await.unwrap();
    assert_eq!(log.now(), 4000);
    for export in further {
        export.await.unwrap();
    }
    assert_eq!(log.now(), 8000);
    assert_eq!(log.calls(), [(0, false), (4000, false)]);
}

#[tokio::test(start_paused = true)]
async fn too_many_that_wait_are_refused() {
    let (worker, _log, _running) = started(&[Act::Take(4)]);
    let waiting: Vec<_> = (0..MOST_WAITING).map(|_| worker.export()).collect();
    assert_eq!(error_type(worker.export().await), "rejected");
    for export in waiting {
        export.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_the_export_under_way_end_and_then_exports_for_the_last_time() {
    let (worker, log, running) = started(&[Act::Take(2), Act::Succeed]);
    let export = worker.export();
    seconds(1).await;
    worker.stop(later(Duration::from_secs(5)));
    assert!(worker.is_stopped());
    let waiting = worker.export();
    running.await.unwrap().unwrap();
    assert_eq!(log.calls(), [(0, false), (2000, true)]);
    export.await.unwrap();
    // Who asked meanwhile is told of the last one, and who asks now that there is none.
    waiting.await.unwrap();
    assert_eq!(error_type(worker.export().await), "rejected");
}

#[tokio::test(start_paused = true)]
async fn a_stop_leaves_time_for_the_last_export_where_one_hangs() {
    let (worker, log, running) = started(&[Act::Hang, Act::Succeed]);
    let export = worker.export();
    tokio::task::yield_now().await;
    worker.stop(later(Duration::from_secs(4)));
    running.await.unwrap().unwrap();
    assert_eq!(log.calls(), [(0, false), (3000, true)]);
    assert_eq!(error_type(export.await), "timeout");
}

#[tokio::test(start_paused = true)]
async fn a_last_export_that_hangs_ends_at_the_deadline() {
    let (worker, log, running) = started(&[Act::Hang]);
    let _export = worker.export();
    tokio::task::yield_now().await;
    worker.stop(later(Duration::from_secs(4)));
    assert_eq!(error_type(running.await.unwrap()), "timeout");
    assert_eq!(log.now(), 4000);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_the_end_of_a_back_off() {
    let (worker, log, running) = started(&[Act::FailFor(300), Act::Succeed]);
    seconds(20).await;
    worker.stop(later(Duration::from_secs(5)));
    running.await.unwrap().unwrap();
    assert_eq!(log.calls(), [(10_000, false), (20_001, true)]);
}

#[tokio::test(start_paused = true)]
async fn dropped_without_a_stop_it_exports_once_more_and_ends() {
    let (worker, log, running) = started(&[Act::Succeed]);
    seconds(1).await;
    drop(worker);
    running.await.unwrap().unwrap();
    assert_eq!(log.calls(), [(1001, true)]);
    // With an export under way too, and with one that was asked for.
    let (worker, log, running) = started(&[Act::Take(2), Act::Succeed]);
    let export = worker.export();
    tokio::task::yield_now().await;
    let asked = worker.export();
    drop(worker);
    running.await.unwrap().unwrap();
    export.await.unwrap();
    asked.await.unwrap();
    assert_eq!(log.calls(), [(0, false), (2000, true)]);
    // And one that hangs for ever is given up.
    let (worker, log, running) = started(&[Act::Hang]);
    drop(worker);
    assert_eq!(error_type(running.await.unwrap()), "timeout");
    assert_eq!(log.now(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn an_export_ends_when_its_time_is_up_and_the_next_is_made() {
    let (worker, log, _running) = started(&[Act::Hang, Act::Succeed]);
    assert_eq!(error_type(worker.export().await), "timeout");
    assert_eq!(log.now(), 10_000);
    worker.export().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_wherever_it_is() {
    let acts = [
        Act::PanicAtOnce,
        Act::PanicLater,
        Act::PanicWhenDropped,
        Act::Succeed,
    ];
    let (worker, _log, _running) = started(&acts);
    assert_eq!(error_type(worker.export().await), "encoding");
    assert_eq!(error_type(worker.export().await), "encoding");
    assert_eq!(error_type(worker.export().await), "timeout");
    worker.export().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_done_between_exports_is_not_kept_off_by_them() {
    let settings = Settings {
        pause: Some(Duration::from_millis(500)),
        ..Settings::every(INTERVAL)
    };
    let (worker, log, _running) = started_as("fake", settings, &[Act::Succeed], Act::Succeed);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        worker.export().await.unwrap();
    }
    let meanwhile = log.meanwhile.load(SeqCst);
    assert!((19..=20).contains(&meanwhile), "{meanwhile}");
}

#[tokio::test(start_paused = true)]
async fn what_is_done_between_exports_has_its_turn_where_one_follows_the_other() {
    let settings = Settings {
        pause: Some(Duration::from_millis(500)),
        ..Settings::every(INTERVAL)
    };
    let (worker, log, _running) = started_as("fake", settings, &[Act::Take(1)], Act::Succeed);
    // Whenever an export ends, the next is asked for already.
    let mut asked = worker.export();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let next = worker.export();
        asked.await.unwrap();
        asked = next;
    }
    let meanwhile = log.meanwhile.load(SeqCst);
    assert!((18..=20).contains(&meanwhile), "{meanwhile}");
}

#[tokio::test(start_paused = true)]
async fn what_is_done_between_exports_holds_nothing_up() {
    let settings = Settings {
        pause: Some(Duration::from_secs(1)),
        ..Settings::every(INTERVAL)
    };
    for meanwhile in [
        Act::Hang,
        Act::PanicLater,
        Act::PanicAtOnce,
        Act::PanicWhenDropped,
    ] {
        let (worker, log, running) = started_as("fake", settings, &[Act::Succeed], meanwhile);
        seconds(32).await;
        assert!(log.calls().len() >= 2, "{:?}", log.calls());
        worker.stop(later(Duration::from_secs(5)));
        running.await.unwrap().unwrap();
        assert!(log.now() <= 32_010, "{}", log.now());
    }
}

/// Counts its calls.
struct Count(Arc<AtomicU64>);
impl Push for Count {
    fn push<'a>(&'a mut self, _: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        self.0.fetch_add(1, SeqCst);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[test]
fn on_a_thread_of_its_own_any_name_and_no_interval_will_do() {
    let begin = Instant::now();
    let calls = Arc::new(AtomicU64::new(0));
    let count = Count(Arc::clone(&calls));
    let worker = Worker::start(
        &"a\0b".into(),
        Settings::every(Duration::ZERO),
        &MetricsErrorConfig::default(),
        move || Box::new(count),
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(30));
    worker.stop(Instant::now() + Duration::from_secs(5));
    worker
        .wait(Instant::now() + Duration::from_secs(5))
        .unwrap();
    let most = u64::try_from(begin.elapsed().as_millis()).unwrap() + 1;
    assert!(calls.load(SeqCst) <= most, "{calls:?} in {most} ms");
}

#[test]
fn an_exporter_that_cannot_be_made_is_an_end_that_says_so() {
    let worker = Worker::start(
        &"unmade".into(),
        Settings::every(INTERVAL),
        &MetricsErrorConfig::default(),
        || std::panic::panic_any("not made"),
    )
    .unwrap();
    let error = worker
        .wait(Instant::now() + Duration::from_secs(5))
        .unwrap_err();
    assert_eq!((error.error_type(), error.name()), ("rejected", "unmade"));
    assert!(worker.is_stopped());
}

/// Records into the only series.
fn record_in(registry: &Registry) {
    let family = registry.find_or_insert("awaited_total", 10, || {
        let descriptor = Descriptor::counter("awaited_total", "Help.");
        let mut definition = Definition::from(&descriptor);
        definition.labels = [String::from("a").into()].into();
        definition
    });
    let series = family.unwrap().series_of(&["x"]).unwrap().series;
    crate::cells::add(series.cell(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_series_stays_until_it_was_read() {
    let cap = Arc::new(crate::family::Cap::new(10));
    let registry = Arc::new(Registry::new(cap, 100));
    let (worker, log, running) = started(&[Act::Succeed, Act::Hang, Act::Fail, Act::Succeed]);
    worker.attach(&registry);
    let record = || record_in(&registry);
    // One look finds it changed, each of the others unchanged.
    let mut time = 0;
    let mut looks = || {
        for _ in 0..3 {
            time += 1;
            registry.sweep_at(time, 1, |_| ());
        }
        registry.len()
    };
    record();
    assert_eq!(looks(), 1, "not read yet");
    worker.export().await.unwrap();
    assert_eq!(looks(), 0, "read");
    record();
    assert_eq!(looks(), 1);
    worker.export().await.unwrap_err();
    assert_eq!(looks(), 1, "hung: who knows");
    worker.export().await.unwrap_err();
    assert_eq!(looks(), 0, "read, though not delivered");
    assert_eq!(log.calls().len(), 3);
    record();
    assert_eq!(looks(), 1);
    worker.stop(Instant::now());
    running.await.unwrap().unwrap();
    assert_eq!(looks(), 0, "nobody is left to read it");
}

#[tokio::test(start_paused = true)]
async fn an_exporter_that_hangs_for_an_hour_is_not_waited_for() {
    let registry = Arc::new(Registry::new(Arc::new(crate::family::Cap::new(10)), 100));
    let (worker, _log, _running) = started(&[Act::Hang]);
    worker.attach(&registry);
    record_in(&registry);
    for (time, left) in [(0, 1), (3_599_999, 1), (3_600_000, 0)] {
        registry.sweep_at(time, 1, |_| ());
        assert_eq!(registry.len(), left, "at {time}");
    }
}

#[test]
fn what_it_leaves_out_is_logged_as_its_metrics_wish() {
    let name: Arc<str> = "quiet_fake".into();
    for wanted in [false, true] {
        let errors = MetricsErrorConfig {
            log_export_errors: wanted,
            ..MetricsErrorConfig::default()
        };
        let push = || {
            let custom: Box<dyn Push> = Box::new(Fake {
                log: Log::new(),
                acts: vec![Act::Succeed],
                meanwhile: Act::Succeed,
            });
            custom
        };
        drop(Worker::start(&name, Settings::every(INTERVAL), &errors, push).unwrap());
        assert_eq!(report::is_quiet(&name), !wanted);
    }
}
