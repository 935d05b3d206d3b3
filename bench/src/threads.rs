//! Two threads doing the same work on the same series, against one.

use crate::child;
use crate::contender::{Contender, Side};
use crate::subjects;
use crate::turns::times_in;
use core_affinity::CoreId;
use serde_json::{Value, json};
use std::error::Error;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Long enough that the threads overlap almost entirely.
const TURN: Duration = Duration::from_millis(1);

/// The figures of a contender on one thread and on two.
#[derive(Clone, Debug)]
pub struct PairFigures {
    /// The row.
    pub row: &'static str,
    /// The contender's name.
    pub name: &'static str,
    /// Whose code it is.
    pub side: Side,
    /// Million operations per second on one thread.
    pub one: f64,
    /// Million operations per second on two threads together.
    pub two: f64,
}

impl PairFigures {
    /// What two threads reach of twice one thread.
    #[must_use]
    pub fn efficiency(&self) -> f64 {
        self.two / (2.0 * self.one)
    }
}

/// Asked once, before anything is pinned: a pinned thread, and those it starts, sees its own core only.
static CORES: LazyLock<Vec<CoreId>> =
    LazyLock::new(|| core_affinity::get_core_ids().unwrap_or_default());

/// Keeps this thread on one of the first cores that the process may use, where the system allows it.
pub(crate) fn pin(core: usize) -> bool {
    CORES
        .get(core)
        .is_some_and(|core| core_affinity::set_for_current(*core))
}

/// Does something on a thread of its own that stays on the first core. The main thread stays free: processes that it
/// starts would be kept on that core as well.
pub(crate) fn pinned<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            pin(0);
            work()
        });
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// How many cores threads can be kept on: all or, where the system does not tell, none.
#[must_use]
pub fn pinnable() -> usize {
    CORES.len()
}

/// Processes that measure a row, none of them shaped by the rows before.
const PROCESSES: usize = 5;

/// The upper decile of what was seen. On a virtual machine whose two cores are threads of one, two threads are slowed
/// down together for seconds at a time by what else the host does, whatever they do and whoever wrote it; nothing
/// makes them faster, so the fast rounds are those of the code.
fn decile(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() * 9 / 10).copied().unwrap_or(f64::NAN)
}

/// Lets the contenders of each row take turns for so many rounds, on one thread and on two in each, in processes of
/// their own.
///
/// # Errors
///
/// When a process does not say its figures.
pub fn run(contenders: &[Contender], rounds: usize) -> Result<Vec<PairFigures>, Box<dyn Error>> {
    let mut rows: Vec<_> = contenders.iter().map(|contender| contender.row).collect();
    rows.dedup();
    let mut all = Vec::new();
    for row in rows {
        let how = format!("{row} {}", (rounds / PROCESSES).max(1));
        let answers: Result<Vec<_>, _> = (0..PROCESSES)
            .map(|_| child::ask("threads", &how))
            .collect();
        let answers = answers?;
        let of_row = contenders.iter().filter(|contender| contender.row == row);
        for (place, contender) in of_row.enumerate() {
            let figure = |which: &str| {
                let rates = answers
                    .iter()
                    .filter_map(|answer| answer[place][which].as_array());
                decile(rates.flatten().filter_map(Value::as_f64).collect())
            };
            all.push(PairFigures {
                row,
                name: contender.name,
                side: contender.side,
                one: figure("one"),
                two: figure("two"),
            });
        }
    }
    Ok(all)
}

/// Measures the contenders of a row in this process; `how` is the row and the number of rounds.
///
/// # Errors
///
/// When `how` is something else.
pub fn measure(how: &str) -> Result<Value, Box<dyn Error>> {
    pin(0);
    let (row, rounds) = how.split_once(' ').ok_or("a row and rounds")?;
    let rounds: usize = rounds.parse()?;
    let mut contenders = subjects::contended();
    contenders.retain(|contender| contender.row == row);
    let times: Vec<u64> = contenders
        .iter()
        .map(|contender| times_in(contender, TURN))
        .collect();
    let mut samples = vec![(Vec::new(), Vec::new()); contenders.len()];
    for _ in 0..rounds {
        for ((contender, &times), (one, two)) in contenders.iter().zip(&times).zip(&mut samples) {
            one.push(together(contender, times, 1));
            two.push(together(contender, times, 2));
        }
    }
    let figures = samples
        .into_iter()
        .map(|(one, two)| json!({ "one": one, "two": two }));
    Ok(figures.collect())
}

/// Rounds that are tried until one is undisturbed.
const TRIES: usize = 8;

/// Million operations per second of so many threads, this one among them.
///
/// Where there is a core for each, a round in which one of them had to wait for it is tried again: it would tell what
/// else the machine does.
pub(crate) fn together(contender: &Contender, times: u64, threads: u32) -> f64 {
    let mut rate = f64::NAN;
    for _ in 0..TRIES {
        let round = once(contender, times, threads);
        rate = round.rate;
        if !round.disturbed || threads as usize > CORES.len() {
            break;
        }
    }
    rate
}

/// One round.
struct Round {
    /// Million operations per second.
    rate: f64,
    /// Whether a thread waited for its core, by the system's account.
    disturbed: bool,
}

/// What one thread saw.
struct Span {
    start: Instant,
    end: Instant,
    waited: Duration,
}

/// How long this thread has been ready to run and did not, where the system tells.
fn waited() -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse().ok())
        .map_or(Duration::ZERO, Duration::from_nanos)
}

/// Lets so many threads start at the same moment, after each has warmed up.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn once(contender: &Contender, times: u64, threads: u32) -> Round {
    let warm = times / 8;
    let total = u64::from(threads) * (times + warm);
    contender.checked(total, |batch| {
        let waiting = AtomicU32::new(threads);
        let work = || {
            batch(warm);
            let before = waited();
            waiting.fetch_sub(1, Ordering::Relaxed);
            // Spinning, since waking a thread takes longer than the work.
            while waiting.load(Ordering::Relaxed) > 0 {
                if threads as usize > CORES.len() {
                    // The others may wait for this one to let them run.
                    std::thread::yield_now();
                } else {
                    std::hint::spin_loop();
                }
            }
            let start = Instant::now();
            batch(times);
            let end = Instant::now();
            let waited = waited().saturating_sub(before);
            Span { start, end, waited }
        };
        let spans: Vec<Span> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|core| {
                    let work = &work;
                    scope.spawn(move || {
                        // The cores there are, in turn.
                        pin(core as usize % CORES.len().max(1));
                        work()
                    })
                })
                .collect();
            let own = work();
            // A panic of the work itself ends the run.
            let others = others.into_iter().filter_map(|other| other.join().ok());
            std::iter::once(own).chain(others).collect()
        });
        let start = spans.iter().map(|span| span.start).min();
        let end = spans.iter().map(|span| span.end).max();
        let took = start
            .zip(end)
            .map_or(Duration::ZERO, |(start, end)| end - start);
        Round {
            rate: (u64::from(threads) * times) as f64 / took.as_secs_f64() / 1e6,
            disturbed: spans.iter().any(|span| span.waited * 50 > took),
        }
    })
}
