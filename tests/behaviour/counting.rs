//! Exact totals while threads come and go and readers read.

use instrumetrics::{metrics, render, snapshot};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[metrics]
mod tally {
    use instrumetrics::{Counter, Histogram};

    /// Strokes.
    pub fn strokes_total() -> Counter;

    /// Lengths.
    #[metric(buckets = [1.0, 2.0])]
    pub fn length_meters() -> Histogram;
}

/// Threads and increments of each. In a debug build the full number takes minutes.
const PER_THREAD: u64 = if cfg!(debug_assertions) {
    1_000_000
} else {
    10_000_000
};

#[test]
fn eight_threads_give_the_exact_total_while_short_lived_ones_come_and_go() {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Relaxed) {
                let text = render();
                let line = text
                    .lines()
                    .find(|line| line.starts_with("strokes_total "))
                    .unwrap();
                let now: u64 = line.rsplit(' ').next().unwrap().parse().unwrap();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        let long: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let strokes = tally::strokes_total();
                    (0..PER_THREAD).for_each(|_| strokes.inc());
                })
            })
            .collect();
        for _ in 0..1000 {
            scope
                .spawn(|| tally::strokes_total().inc_by(10))
                .join()
                .unwrap();
        }
        for thread in long {
            thread.join().unwrap();
        }
        done.store(true, Relaxed);
        reader.join().unwrap();
    });
    assert_eq!(tally::strokes_total().value(), 8 * PER_THREAD + 10_000);
}

#[test]
fn buckets_sum_and_count_never_fall_and_agree_when_idle() {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut count, mut sum, mut buckets) = (0, 0.0, vec![0; 3]);
            while !done.load(Relaxed) {
                let now = snapshot().histogram("length_meters", &[]).unwrap();
                assert!(now.count() >= count && now.sum() >= sum);
                let cumulative: Vec<u64> = now.buckets().map(|(_, n)| n).collect();
                assert!(
                    cumulative
                        .iter()
                        .zip(&buckets)
                        .all(|(now, before)| now >= before)
                );
                assert_eq!(cumulative[2], now.count());
                (count, sum, buckets) = (now.count(), now.sum(), cumulative);
            }
        });
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for i in 0..100_000_u32 {
                        tally::length_meters().observe(i % 3);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Relaxed);
        reader.join().unwrap();
    });
    let all = snapshot().histogram("length_meters", &[]).unwrap();
    // Of 100,000 numbers 33,334 leave no rest; 0 and 1 lie up to the first bound.
    let buckets: Vec<u64> = all.buckets().map(|(_, n)| n).collect();
    assert_eq!(buckets, [4 * 66_667, 400_000, 400_000]);
    assert!((all.sum() - 4.0 * (33_333.0 + 2.0 * 33_333.0)).abs() < f64::EPSILON);
}
