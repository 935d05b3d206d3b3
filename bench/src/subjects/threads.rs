//! What two threads do at once.

use super::{by_row, counter, fetch_add, histogram};
use crate::contender::Contender;
use crate::peers;

/// Everything that two threads do on the same series.
#[must_use]
pub fn contended() -> Vec<Contender> {
    let mut all = vec![fetch_add("threads/counter")];
    all.extend(counter::contended_plain("threads/counter"));
    all.extend(counter::contended_dynamic("threads/dynamic"));
    all.extend(histogram::shared("threads/histogram"));
    all.extend(peers::contended());
    by_row(&mut all);
    all
}
