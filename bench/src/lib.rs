//! The toolkit and its peers, doing the same work in one process.
//!
//! A figure counts only as a ratio to something measured in the same run: to one relaxed `fetch_add` on a
//! `static AtomicU64`, called F, or to the fastest peer on the same row. Contenders take turns round by
//! round, so that a slow spell of the machine meets all of them, and the median of the rounds is kept.

pub mod allocations;
pub mod budget;
pub mod child;
pub mod contender;
pub mod extra;
pub mod flush;
pub mod memory;
pub mod operations;
pub mod options;
pub mod peers;
pub mod plot;
pub mod publish;
pub mod report;
pub mod scrape;
pub mod subjects;
pub mod threads;
pub mod turns;
mod work;
