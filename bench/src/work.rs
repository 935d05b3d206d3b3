//! The work of each row, for a library that says only how it does it once.
//!
//! The loops are the same for all of them. What `work` captured is hidden from the compiler before each batch, so
//! that a handle has to be read like any other value.

use crate::contender::{Contender, Side};
use crate::subjects::{Model, PAIRS, SAME, SECONDS, Status, at, barrier};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// A peer that does something without labels or values.
pub(crate) fn plain(
    row: &'static str,
    name: &'static str,
    work: impl Fn() + Send + Sync + 'static,
) -> Contender {
    Contender::new(row, name, Side::Peer, move |times| {
        let work = black_box(&work);
        for _ in 0..times {
            work();
            barrier();
        }
    })
}

/// A peer that counts by two enums, the same series each time.
pub(crate) fn enums(
    name: &'static str,
    work: impl Fn(Model, Status) + Send + Sync + 'static,
) -> Contender {
    Contender::new("counter/enums", name, Side::Peer, move |times| {
        let work = black_box(&work);
        let table = black_box(&SAME);
        for turn in 0..times {
            let (model, status) = *at(table, turn);
            work(model, status);
            barrier();
        }
    })
}

/// A peer that counts by two strings, 64 combinations in turn.
pub(crate) fn dynamic(
    row: &'static str,
    name: &'static str,
    work: impl Fn(&str, &str) + Send + Sync + 'static,
) -> Contender {
    Contender::new(row, name, Side::Peer, move |times| {
        let work = black_box(&work);
        let pairs = black_box(&*PAIRS);
        for turn in 0..times {
            let (endpoint, client) = at(pairs, turn);
            work(endpoint, client);
            barrier();
        }
    })
}

/// A peer that counts by two strings, always the same.
pub(crate) fn one_series(
    name: &'static str,
    work: impl Fn(&str, &str) + Send + Sync + 'static,
) -> Contender {
    Contender::new("threads/dynamic", name, Side::Peer, move |times| {
        let work = black_box(&work);
        let pairs = black_box(&*PAIRS);
        for _ in 0..times {
            let (endpoint, client) = at(pairs, 0);
            work(endpoint, client);
            barrier();
        }
    })
}

/// A peer that observes seconds without labels.
pub(crate) fn observe(
    row: &'static str,
    name: &'static str,
    work: impl Fn(f64) + Send + Sync + 'static,
) -> Contender {
    Contender::new(row, name, Side::Peer, move |times| {
        let work = black_box(&work);
        let values = black_box(&*SECONDS);
        for turn in 0..times {
            work(*at(values, turn));
            barrier();
        }
    })
}

/// A peer that observes seconds by two strings, 64 combinations in turn.
pub(crate) fn observe_dynamic(
    name: &'static str,
    work: impl Fn(&str, &str, f64) + Send + Sync + 'static,
) -> Contender {
    Contender::new("histogram/dynamic", name, Side::Peer, move |times| {
        let work = black_box(&work);
        let pairs = black_box(&*PAIRS);
        let values = black_box(&*SECONDS);
        for turn in 0..times {
            let (endpoint, client) = at(pairs, turn);
            work(endpoint, client, *at(values, turn));
            barrier();
        }
    })
}

/// Calls of a function.
pub(crate) fn calls(
    row: &'static str,
    name: &'static str,
    side: Side,
    f: fn(u64) -> u64,
) -> Contender {
    Contender::new(row, name, side, move |times| {
        for turn in 0..times {
            black_box(f(black_box(turn)));
        }
    })
}

/// Drives a future that is ready at once.
#[inline(never)]
pub(crate) fn ready(future: impl Future<Output = u64>) -> u64 {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => 0,
    }
}

/// Is ready when it is polled for the second time.
#[derive(Debug, Default)]
pub(crate) struct Once(bool);

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

/// Polls of a future: so many of one future in each batch, whose beginning and end do not count among so many. `ended`
/// tells how many futures were measured so far.
pub(crate) fn polls<F: Future<Output = u64>>(
    name: &'static str,
    side: Side,
    f: impl Fn(u64) -> F + Send + Sync + 'static,
    ended: Option<fn() -> u64>,
) -> Contender {
    let driven = Arc::new([const { AtomicU64::new(0) }; 2]);
    let counted = Arc::clone(&driven);
    let contender = Contender::new("timed/poll", name, side, move |times| {
        let mut future = pin!(black_box(&f)(black_box(times)));
        let mut context = Context::from_waker(Waker::noop());
        let mut polls = 0;
        while black_box(future.as_mut()).poll(&mut context).is_pending() {
            polls += 1;
        }
        driven[0].fetch_add(1, Relaxed);
        driven[1].fetch_add(polls, Relaxed);
    });
    contender.counted(move || {
        let [futures, polls] = counted.each_ref().map(|n| n.load(Relaxed));
        if let Some(ended) = ended {
            assert_eq!(
                ended(),
                futures,
                "timed/poll: {name} did not count its futures"
            );
        }
        polls
    })
}

/// The sum of all samples of a name in exposition text.
pub(crate) fn total_in(text: &str, name: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.strip_prefix(name))
        .filter(|rest| rest.starts_with(['{', ' ']))
        .filter_map(|rest| {
            let value = rest.rsplit_once(' ')?.1;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count, which some write with a decimal point"
            )]
            value
                .parse()
                .or_else(|_| value.parse().map(|real: f64| real as u64))
                .ok()
        })
        .sum()
}
