//! Each thread remembers the dynamic series it used last, so that recording meets no lock and no shared
//! cache line.

use super::recent::{Recent, Seen, now};
use super::series::{Cells, Member, Pin, Series};
use super::tag::tag;
use super::values::Values;
use std::cell::RefCell;
use std::sync::{Arc, Weak};

/// What a thread keeps of a series that it remembers.
pub(crate) enum Known {
    /// Of a counter or histogram: the cells are not used again while it is remembered.
    Cells { _kept: Arc<Series> },
    /// Of a gauge: nothing is kept alive, so that all references to it are handles.
    Gauge(Weak<Arc<Series>>),
}

impl Known {
    pub(crate) fn new(member: &Member) -> Self {
        match &member.pin {
            Some(pin) => Self::Gauge(Arc::downgrade(pin)),
            None => Self::Cells {
                _kept: Arc::clone(&member.series),
            },
        }
    }

    /// A gauge, unless it is gone.
    pub(crate) fn gauge(&self) -> Option<Pin> {
        match self {
            Self::Cells { .. } => None,
            Self::Gauge(series) => series.upgrade(),
        }
    }
}

thread_local! {
    static SERIES: RefCell<Recent<Cells, Known>> = const { RefCell::new(Recent::new()) };
    static LABELS: RefCell<Recent<(), Arc<Values>>> = const { RefCell::new(Recent::new()) };
}

/// What `f` says of the cells of these labels, if the thread remembers them; they are the scrap of a gauge.
///
/// The cells stay those of this series while `f` runs. So does the table's borrow: `f` is ours, records and counts,
/// and drops nothing.
#[inline]
pub(super) fn with_cells<R>(family: u64, texts: &[&str], f: impl FnOnce(Cells) -> R) -> Option<R> {
    let tag = tag(family, texts)?;
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        Some(f(series.find(tag)?))
    });
    found.ok().flatten()
}

/// The gauge of these labels, if the thread remembers it.
pub(super) fn gauge(family: u64, texts: &[&str]) -> Option<Pin> {
    let tag = tag(family, texts)?;
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        series.kept(tag)?.gauge()
    });
    found.ok().flatten()
}

/// Whether a series that is looked up now is to be remembered.
pub(super) fn is_turn() -> bool {
    let turn = SERIES.try_with(|series| Some(series.try_borrow_mut().ok()?.is_turn()));
    turn.ok().flatten().unwrap_or(false)
}

/// Remembers a series, by its label values and its family's number.
pub(super) fn remember(seen: Seen, family: u64, texts: &[&str], member: &Member) {
    let Some(tag) = tag(family, texts) else {
        return;
    };
    let (cells, known) = (member.series.cells(), Known::new(member));
    let forgotten = SERIES.try_with(|series| {
        let mut series = series.try_borrow_mut().ok()?;
        Some(series.remember(seen, tag, cells, known))
    });
    drop(forgotten);
}

/// Label values kept across a call: shared with earlier calls of this thread where they are the same.
pub(crate) fn intern(texts: &[&str]) -> Arc<Values> {
    let tag = tag(texts.len() as u64, texts);
    let known = LABELS.try_with(|labels| {
        let labels = labels.try_borrow().ok()?;
        Some(Arc::clone(labels.kept(tag?)?))
    });
    if let Ok(Some(values)) = known {
        return values;
    }
    let values = Arc::new(Values::new(texts));
    let forgotten = LABELS.try_with(|labels| {
        let mut labels = labels.try_borrow_mut().ok()?;
        Some(labels.remember(now(), tag?, (), Arc::clone(&values)))
    });
    drop(forgotten);
    values
}
