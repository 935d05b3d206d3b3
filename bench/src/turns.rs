//! One thread: the contenders take turns.

use crate::allocations;
use crate::contender::{Contender, Figures, median};
use crate::peers;
use crate::threads::pinned;
use std::time::{Duration, Instant};

/// Long enough that reading the clock does not matter, short enough to fit between two interruptions.
const TURN: Duration = Duration::from_micros(80);

/// How often `contender` does its work in `span`, to two digits or so.
///
/// It is asked after it has done its work for a while, and the fastest of a few tries counts: one that makes series at its first
/// calls, or is interrupted just then, would get few calls in each turn, and all of them would meet cold caches.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn times_in(contender: &Contender, span: Duration) -> u64 {
    const TRIES: usize = 5;
    let mut times = 16;
    contender.checked(1024, |batch| batch(1024));
    loop {
        let once = || contender.checked(times, |batch| time(|| batch(times)));
        let took = (0..TRIES).map(|_| once()).min().unwrap_or(span);
        if took * 4 > span {
            let scaled = times as f64 * span.as_secs_f64() / took.as_secs_f64();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a positive number of times"
            )]
            return (scaled as u64).max(16);
        }
        times *= 2;
    }
}

pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn nanoseconds_each(took: Duration, times: u64) -> f64 {
    took.as_nanos() as f64 / times as f64
}

/// Lets the contenders take turns for so many rounds.
#[must_use]
pub fn run(contenders: &[Contender], rounds: usize) -> Vec<Figures> {
    pinned(|| take_turns(contenders, rounds))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn take_turns(contenders: &[Contender], rounds: usize) -> Vec<Figures> {
    let times: Vec<u64> = contenders
        .iter()
        .map(|contender| times_in(contender, TURN))
        .collect();
    peers::upkeep();
    let mut samples = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for ((contender, &times), samples) in contenders.iter().zip(&times).zip(&mut samples) {
            let warm = times / 8;
            let took = contender.checked(times + warm, |batch| {
                batch(warm);
                time(|| batch(times))
            });
            samples.push(nanoseconds_each(took, times));
        }
        peers::upkeep();
    }
    let measured = contenders.iter().zip(times).zip(samples);
    measured
        .map(|((contender, times), samples)| Figures {
            row: contender.row,
            name: contender.name,
            side: contender.side,
            ns: median(samples.clone()),
            rounds: samples,
            allocations: contender.checked(times, |batch| {
                let before = allocations::of_this_thread();
                batch(times);
                (allocations::of_this_thread() - before) as f64 / times as f64
            }),
        })
        .collect()
}
