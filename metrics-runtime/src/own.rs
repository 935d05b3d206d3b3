//! What the library tells about itself.

use crate::declared::Declared;
use crate::descriptor::{Descriptor, Kind, Site};
use crate::family;
use crate::instrument::Gauge;

const fn gauge(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
) -> Descriptor {
    Descriptor {
        name,
        help,
        kind: Kind::Gauge,
        real: false,
        labels,
        bounds: None,
        unit: None,
        namespaced: false,
        max_series: Some(1),
        collected: false,
        site: Site {
            file: file!(),
            line: line!(),
            module: module_path!(),
        },
    }
}

static SERIES: Declared<Gauge> =
    Declared::reserved(&gauge("metrics_series", "Dynamic series alive.", &[]));

static SERIES_LIMIT: Declared<Gauge> = Declared::reserved(&gauge(
    "metrics_series_limit",
    "Dynamic series allowed, over all caps.",
    &[],
));

static BUILD_INFO: Declared<Gauge> = Declared::reserved(&gauge(
    "metrics_build_info",
    "The version of the metrics library.",
    &["version"],
));

/// Registers these metrics.
pub(crate) fn register() {
    SERIES.with(()).observe_with(|| family::totals().0);
    SERIES_LIMIT.with(()).observe_with(|| family::totals().1);
    BUILD_INFO.with((env!("CARGO_PKG_VERSION"),)).set(1);
}
