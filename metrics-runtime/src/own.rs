//! What the library tells about itself.

use crate::cells;
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
    // Even where a scope is what first reads metrics: these are of the process.
    cells::outside(|| {
        SERIES.with(()).observe_with(|| family::totals().0);
        SERIES_LIMIT.with(()).observe_with(|| family::totals().1);
        BUILD_INFO.with((env!("CARGO_PKG_VERSION"),)).set(1);
    });
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;

    #[test]
    fn what_a_scope_registers_is_the_process_s() {
        BUILD_INFO.with((env!("CARGO_PKG_VERSION"),)).set(0);
        let scope = cells::Holder::new(false);
        let entered = scope.enter();
        register();
        drop(entered);
        assert!((BUILD_INFO.with((env!("CARGO_PKG_VERSION"),)).value() - 1.0).abs() < f64::EPSILON);
    }
}
