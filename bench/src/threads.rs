//! Two threads doing the same work on the same series, against one.

use crate::contender::{Contender, Side, median};
use crate::turns::times_in;
use core_affinity::CoreId;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Long enough that the threads overlap almost entirely.
const TURN: Duration = Duration::from_millis(1);

/// The median figures of a contender on one thread and on two.
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

/// Keeps this thread on one of the first cores that the process may use, where the system allows it.
pub fn pin(core: usize) -> bool {
    // Asked once, before anything is pinned: a pinned thread, and those it starts, sees its own core only.
    static CORES: LazyLock<Vec<CoreId>> =
        LazyLock::new(|| core_affinity::get_core_ids().unwrap_or_default());
    CORES
        .get(core)
        .is_some_and(|core| core_affinity::set_for_current(*core))
}

/// Lets the contenders take turns for so many rounds, on one thread and on two in each.
#[must_use]
pub fn run(contenders: &[Contender], rounds: usize) -> Vec<PairFigures> {
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
    contenders
        .iter()
        .zip(samples)
        .map(|(contender, (one, two))| PairFigures {
            row: contender.row,
            name: contender.name,
            side: contender.side,
            one: median(one),
            two: median(two),
        })
        .collect()
}

/// Million operations per second of so many threads, this one among them, which start at the same moment
/// after each has warmed up.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn together(contender: &Contender, times: u64, threads: u32) -> f64 {
    let warm = times / 8;
    let total = u64::from(threads) * (times + warm);
    contender.checked(total, |batch| {
        let waiting = AtomicU32::new(threads);
        let work = || {
            batch(warm);
            waiting.fetch_sub(1, Ordering::Relaxed);
            // Spinning, since waking a thread takes longer than the work.
            while waiting.load(Ordering::Relaxed) > 0 {
                std::hint::spin_loop();
            }
            let start = Instant::now();
            batch(times);
            (start, Instant::now())
        };
        let spans: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|core| {
                    let work = &work;
                    scope.spawn(move || {
                        pin(core as usize);
                        work()
                    })
                })
                .collect();
            let own = work();
            // A panic of the work itself ends the run.
            let others = others.into_iter().filter_map(|other| other.join().ok());
            std::iter::once(own).chain(others).collect()
        });
        let start = spans.iter().map(|(start, _)| *start).min();
        let end = spans.iter().map(|(_, end)| *end).max();
        let took = start
            .zip(end)
            .map_or(Duration::ZERO, |(start, end)| end - start);
        (u64::from(threads) * times) as f64 / took.as_secs_f64() / 1e6
    })
}
