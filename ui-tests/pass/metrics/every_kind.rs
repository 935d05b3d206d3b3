#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Every kind of declared metric, and every argument.

use instrumetrics::{LabelValue, metrics};

/// Sizes.
#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Size {
    /// Small.
    Small,
    /// Very large.
    #[label("xl")]
    VeryLarge,
}

/// What is measured.
#[metrics(namespace = "kinds")]
pub mod telemetry {
    use super::Size;
    use instrumetrics as im;
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    const BOUNDS: &[f64] = &[1.0, 2.0];

    /// Orders placed.
    pub fn orders_total(size: Size, town: Option<&str>) -> Counter;

    /// Audio read.
    pub(crate) fn audio_seconds_total() -> Counter<f64>;

    /// The same as `Counter`.
    pub fn parcels_total() -> Counter<u64>;

    /// Orders open.
    ///
    /// What follows the first paragraph is for readers of the code.
    #[metric(name = "open_orders", max_series = 5)]
    pub fn open(town: &str) -> im::Gauge;

    /// Weight of a parcel.
    #[metric(buckets = BOUNDS, unit = "grams")]
    pub fn parcel_weight_grams() -> Histogram;

    /// Items of an order.
    #[metric(buckets = linear(1, 1, 5))]
    pub fn basket_items() -> instrumetrics::Histogram;

    /// Orders handled.
    pub fn orders(size: Size) -> Jobs;

    /// Under a condition.
    #[cfg(all())]
    #[must_use]
    #[inline]
    pub fn conditional() -> Gauge;

    /// Under the opposite.
    #[cfg(any())]
    pub fn conditional() -> Gauge;

    #[doc = "In another form."]
    fn private_total(r#type: u8) -> Counter;

    /// A function with a body stays.
    pub fn helper() {
        private_total(1).inc();
        audio_seconds_total().inc_by(1.5);
    }
}

fn main() {
    instrumetrics::register!(telemetry);
    telemetry::orders_total(Size::Small, None).inc();
    telemetry::orders_total(Size::VeryLarge, Some("ulm")).inc();
    telemetry::parcels_total().inc_by(2_u8);
    telemetry::open("ulm").set(2);
    telemetry::parcel_weight_grams().observe(1.5);
    telemetry::basket_items().observe(1.0);
    telemetry::orders(Size::Small).submitted();
    telemetry::conditional().set(1);
    telemetry::helper();
    instrumetrics::check().expect("no conflicts");
    let text = instrumetrics::render();
    for line in [
        r#"kinds_orders_total{size="SMALL"} 1"#,
        r#"kinds_orders_total{size="xl",town="ulm"} 1"#,
        "kinds_audio_seconds_total 1.5",
        r#"kinds_open_orders{town="ulm"} 2"#,
        "# HELP kinds_open_orders Orders open.",
        r#"kinds_parcel_weight_grams_bucket{le="2.0"} 1"#,
        r#"kinds_private_total{type="1"} 1"#,
        r#"kinds_jobs_completed_total{size="xl",status="panicked"} 0"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
