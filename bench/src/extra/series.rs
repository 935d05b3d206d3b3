//! How costs grow with the number of series, and what scrapes and recordings do to each other.

use super::Section;
use super::many::{self, Many};
use crate::child;
use crate::contender::median;
use crate::subjects::Pair;
use crate::threads::pin;
use crate::turns::{nanoseconds_each, time};
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Recordings in one turn.
const TURN: usize = 2_000;

/// Coprime to every number of series here: an order that visits all of them, far from each other.
const STRIDE: usize = 7_919;

/// So many pairs, from a place on.
fn walk(pairs: &[Pair], from: usize, count: usize) -> impl Iterator<Item = &Pair> {
    (from..from + count).filter_map(|i| pairs.get(i * STRIDE % pairs.len()))
}

/// What is counted altogether.
fn total(scrape: &mut dyn FnMut(&mut Vec<u8>)) -> u64 {
    let mut out = Vec::new();
    scrape(&mut out);
    crate::work::total_in(&String::from_utf8_lossy(&out), "bench_series_total")
}

/// Nanoseconds to count in one of so many series.
pub(super) fn cost(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let sizes = [10, 1_000, 100_000];
    let mut section = Section::new(
        name,
        "Nanoseconds to count by two strings in one of so many series, visited far from each other",
        sizes,
    );
    let mut figures = vec![Vec::new(); many::ALL.len()];
    let mut all: Vec<Many> = many::ALL
        .iter()
        .map(|make| make())
        .collect::<Result<_, _>>()?;
    for size in sizes {
        let pairs = many::pairs(size);
        let mut samples = vec![Vec::new(); all.len()];
        for many in &all {
            many.record(&pairs);
        }
        for round in 0..rounds {
            for (many, samples) in all.iter().zip(&mut samples) {
                let took = time(|| many.record(walk(&pairs, round * TURN, TURN)));
                samples.push(nanoseconds_each(took, TURN as u64));
            }
        }
        for (figures, samples) in figures.iter_mut().zip(samples) {
            figures.push(median(samples));
        }
    }
    let expected = sizes.iter().map(|size| size + rounds * TURN).sum::<usize>() as u64;
    for (many, figures) in all.iter_mut().zip(figures) {
        assert_eq!(total(&mut many.scrape), expected, "{}", many.name);
        section.row(many.name, figures);
    }
    Ok(section)
}

/// Milliseconds to scrape so many series; each from a process of its own, since a million of them fill the memory.
pub(super) fn scrape(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let sizes = [1_000, 10_000, 100_000, 1_000_000];
    let mut section = Section::new(
        name,
        "Milliseconds to scrape so many counters with two labels",
        sizes,
    );
    for (place, make) in many::ALL.iter().enumerate() {
        let ask = |size: &usize| {
            let rounds = if *size > 100_000 { 1 } else { rounds };
            let answer = child::ask("extra", &format!("scrape {place} {size} {rounds}"))?;
            Ok(answer.as_f64().unwrap_or(f64::NAN))
        };
        let figures: Result<Vec<f64>, Box<dyn Error>> = sizes.iter().map(ask).collect();
        section.row(make()?.name, figures?);
    }
    Ok(section)
}

/// Milliseconds of a scrape, the buffer warm; `how` is a place in the list, a number of series, and of rounds.
pub(super) fn one_scrape(how: &str) -> Result<f64, Box<dyn Error>> {
    let numbers: Vec<usize> = how.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [place, size, rounds] = numbers[..] else {
        return Err("three numbers".into());
    };
    let mut many = many::ALL.get(place).ok_or("no such contender")?()?;
    many.record(&many::pairs(size));
    assert_eq!(total(&mut many.scrape), size as u64, "{}", many.name);
    let mut out = Vec::new();
    (many.scrape)(&mut out);
    let samples = (0..rounds).map(|_| {
        out.clear();
        time(|| (many.scrape)(&mut out)).as_secs_f64() * 1e3
    });
    Ok(median(samples.collect()))
}

/// How long recordings and scrapes are watched, each by itself and both together.
const WATCHED: Duration = Duration::from_millis(60);

/// Two threads record, and this one scrapes: what each does to the other.
pub(super) fn scrape_while_recording(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let mut section = Section::new(
        name,
        "10,000 counters: million recordings per second of two threads, and milliseconds of a scrape, alone and together (three threads share the cores)",
        [
            "recording alone",
            "while scraped",
            "scrape alone",
            "while recorded",
        ],
    );
    let pairs = many::pairs(10_000);
    let mut all: Vec<Many> = many::ALL
        .iter()
        .map(|make| make())
        .collect::<Result<_, _>>()?;
    let mut samples = vec![[const { Vec::new() }; 4]; all.len()];
    for _ in 0..rounds {
        for (many, [alone, scraped, scrape, recorded]) in all.iter_mut().zip(&mut samples) {
            let record = many.recorder();
            alone.push(recording(record, &pairs, || std::thread::sleep(WATCHED)));
            let mut out = Vec::new();
            // Both borrow it, one shared: the scrape is taken out meanwhile.
            let mut write = std::mem::replace(&mut many.scrape, Box::new(|_| {}));
            let mut scrape_for = |samples: &mut Vec<f64>| {
                let start = Instant::now();
                while start.elapsed() < WATCHED {
                    out.clear();
                    samples.push(time(|| write(&mut out)).as_secs_f64() * 1e3);
                }
            };
            scrape_for(scrape);
            scraped.push(recording(many.recorder(), &pairs, || scrape_for(recorded)));
            many.scrape = write;
        }
    }
    for (many, samples) in all.iter().zip(samples) {
        section.row(many.name, samples.map(median));
    }
    Ok(section)
}

type Recorder<'a> = &'a (dyn Fn(&mut dyn Iterator<Item = &Pair>) + Send + Sync);

/// Million recordings per second of two threads for as long as `meanwhile` takes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn recording(record: Recorder<'_>, pairs: &[Pair], meanwhile: impl FnOnce()) -> f64 {
    let stop = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    let took = std::thread::scope(|scope| {
        for core in 0..2 {
            let (stop, done) = (&stop, &done);
            scope.spawn(move || {
                pin(core);
                let mut from = core * pairs.len() / 2;
                while !stop.load(Ordering::Relaxed) {
                    record(&mut walk(pairs, from, TURN));
                    from += TURN;
                    done.fetch_add(TURN as u64, Ordering::Relaxed);
                }
            });
        }
        let took = time(meanwhile);
        stop.store(true, Ordering::Relaxed);
        took
    });
    done.load(Ordering::Relaxed) as f64 / took.as_secs_f64() / 1e6
}
