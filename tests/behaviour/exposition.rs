//! The exact text of both formats.

use instrumetrics::{Format, create_prometheus_exporter, metrics};

#[metrics(namespace = "text")]
mod text {
    use instrumetrics::{Counter, Gauge, Histogram};

    /// A \ and a "quote".
    pub fn lines_total(z: &str, a: &str) -> Counter;

    /// Time.
    pub fn busy_seconds_total() -> Counter<f64>;

    /// Below.
    #[metric(buckets = [-1.0, 1.0, 1000000.0])]
    pub fn offset() -> Histogram;

    /// Level.
    pub fn level_ratio() -> Gauge;
}

/// The lines of one family.
fn family(all: &str, name: &str) -> String {
    let of_family = |line: &&str| {
        line.trim_start_matches("# HELP ")
            .trim_start_matches("# TYPE ")
            .trim_start_matches("# UNIT ")
            .starts_with(name)
    };
    all.lines()
        .filter(of_family)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn both_formats_to_the_letter() {
    text::lines_total("b", "a\n\"\\").inc();
    text::lines_total("a", "").inc_by(2);
    text::busy_seconds_total().inc_by(1.25);
    text::offset().observe(0);
    text::level_ratio().set(0.5);
    let exporter = create_prometheus_exporter().unwrap();
    let plain = exporter.encode(Format::Text);
    let open = exporter.encode(Format::OpenMetrics);

    assert_eq!(
        family(&plain, "text_lines"),
        concat!(
            "# HELP text_lines_total A \\\\ and a \"quote\".\n",
            "# TYPE text_lines_total counter\n",
            "text_lines_total{z=\"a\"} 2\n",
            "text_lines_total{a=\"a\\n\\\"\\\\\",z=\"b\"} 1\n",
        )
    );
    assert_eq!(
        family(&open, "text_lines"),
        concat!(
            "# HELP text_lines A \\\\ and a \\\"quote\\\".\n",
            "# TYPE text_lines counter\n",
            "text_lines_total{z=\"a\"} 2\n",
            "text_lines_total{a=\"a\\n\\\"\\\\\",z=\"b\"} 1\n",
        )
    );
    assert_eq!(
        family(&open, "text_busy"),
        concat!(
            "# HELP text_busy_seconds Time.\n",
            "# TYPE text_busy_seconds counter\n",
            "# UNIT text_busy_seconds seconds\n",
            "text_busy_seconds_total 1.25\n",
        )
    );
    assert_eq!(
        family(&plain, "text_offset"),
        concat!(
            "# HELP text_offset Below.\n",
            "# TYPE text_offset histogram\n",
            "text_offset_bucket{le=\"-1.0\"} 0\n",
            "text_offset_bucket{le=\"1.0\"} 1\n",
            "text_offset_bucket{le=\"1e+06\"} 1\n",
            "text_offset_bucket{le=\"+Inf\"} 1\n",
            "text_offset_sum 0\n",
            "text_offset_count 1\n",
        )
    );
    assert!(
        !open.contains("text_offset_sum"),
        "no sum where a bound is negative"
    );
    assert!(open.contains("# UNIT text_level_ratio ratio\ntext_level_ratio 0.5\n"));
    assert!(open.ends_with("\n# EOF\n") && !plain.contains("# EOF"));
}

#[test]
fn families_are_sorted_and_contiguous() {
    let text = create_prometheus_exporter().unwrap().encode(Format::Text);
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
}
