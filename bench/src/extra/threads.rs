//! More threads than cores.

use super::Section;
use crate::contender::median;
use crate::subjects;
use crate::threads::{pin, together};
use crate::turns::times_in;
use std::time::Duration;

const THREADS: [u32; 5] = [1, 2, 4, 8, 16];

/// Longer than a time slice of the system, so that all threads get some.
const TURN: Duration = Duration::from_millis(5);

pub(super) fn measure(name: &str, rounds: usize) -> Section {
    pin(0);
    let mut section = Section::new(
        name,
        "Million operations per second of so many threads on the same series",
        THREADS,
    );
    let contenders = subjects::contended();
    let times: Vec<u64> = contenders.iter().map(|x| times_in(x, TURN)).collect();
    let mut samples = vec![[const { Vec::new() }; THREADS.len()]; contenders.len()];
    for _ in 0..rounds {
        for ((contender, &times), samples) in contenders.iter().zip(&times).zip(&mut samples) {
            for (samples, threads) in samples.iter_mut().zip(THREADS) {
                let each = (times / u64::from(threads)).max(16);
                samples.push(together(contender, each, threads));
            }
        }
    }
    for (contender, samples) in contenders.iter().zip(samples) {
        let who = format!("{}: {}", contender.row, contender.name);
        section.row(&who, samples.map(median));
    }
    section
}
