//! What the library tells about itself.

use crate::declared::Declared;
use crate::descriptor::{Descriptor, Kind};
use crate::family;
use crate::instrument::Gauge;

static SERIES: Declared<Gauge> = Declared::reserved(&Descriptor::own(
    "metrics_series",
    "Dynamic series alive.",
    Kind::Gauge,
    &[],
    1,
));

static SERIES_LIMIT: Declared<Gauge> = Declared::reserved(&Descriptor::own(
    "metrics_series_limit",
    "Dynamic series allowed, over all caps.",
    Kind::Gauge,
    &[],
    1,
));

static BUILD_INFO: Declared<Gauge> = Declared::reserved(&Descriptor::own(
    "metrics_build_info",
    "The version of the metrics library.",
    Kind::Gauge,
    &["version"],
    1,
));

/// Registers these metrics.
pub(crate) fn register() {
    SERIES.with(()).observe_with(|| family::totals().0);
    SERIES_LIMIT.with(()).observe_with(|| family::totals().1);
    BUILD_INFO.with((env!("CARGO_PKG_VERSION"),)).set(1);
}
