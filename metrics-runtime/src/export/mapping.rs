//! How each back end sees a metric: one row for each, which the encoders use and the docs are checked against.

#![cfg_attr(
    not(test),
    allow(
        dead_code,
        reason = "the words are for the docs, which a test reads; not every back end writes by these rules"
    )
)]

/// How a text becomes part of what is sent.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// The rule in words, for the docs.
    pub(crate) words: &'static str,
    /// Appends a text as it is sent.
    pub(crate) write: fn(&mut String, &str),
}

/// The mapping of one back end, or of one dialect of it.
#[derive(Clone, Copy)]
pub(crate) struct Mapping {
    /// The name that `METRICS_EXPORTER` knows, and the dialect.
    pub(crate) backend: &'static str,
    pub(crate) name: Rule,
    pub(crate) label_name: Rule,
    pub(crate) label_value: Rule,
    /// What a counter, a gauge and a histogram become.
    pub(crate) counter: &'static str,
    pub(crate) gauge: &'static str,
    pub(crate) histogram: &'static str,
    /// What becomes of the unit.
    pub(crate) unit: &'static str,
}

/// As it is: for back ends that take any text, or encode it otherwise.
pub(crate) const VERBATIM: Rule = Rule {
    words: "as it is",
    write: |out, text| out.push_str(text),
};

impl Mapping {
    /// As Prometheus sees it when it scrapes.
    pub(crate) const fn as_scraped(backend: &'static str) -> Self {
        Self {
            backend,
            name: VERBATIM,
            label_name: VERBATIM,
            label_value: VERBATIM,
            counter: "its total since the start of the process",
            gauge: "its value",
            histogram: "`_bucket` with `le`, cumulative, `_sum` and `_count`, as when it is scraped",
            unit: "stays in the name",
        }
    }
}

/// All of them.
#[cfg(test)]
pub(crate) const MAPPINGS: &[&[Mapping]] = &[
    #[cfg(feature = "json")]
    super::json::MAPPINGS,
    #[cfg(feature = "graphite")]
    super::graphite::MAPPINGS,
    #[cfg(feature = "influx")]
    super::influx::MAPPINGS,
    #[cfg(feature = "otlp")]
    super::otlp::MAPPINGS,
    #[cfg(feature = "datadog")]
    super::datadog::MAPPINGS,
    #[cfg(feature = "pushgateway")]
    super::pushgateway::MAPPINGS,
    #[cfg(feature = "remote-write")]
    super::remote_write::MAPPINGS,
    #[cfg(feature = "statsd")]
    super::statsd::MAPPINGS,
];

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "| back end | name | label name | label value | counter | gauge | histogram | unit |";

    #[test]
    fn the_documentation_has_every_mapping_and_no_other() {
        let page = include_str!("../../../docs/BACKENDS.md");
        let mut lines = page.lines();
        let mut documented = Vec::new();
        while lines.any(|line| line == HEAD) {
            let rows = lines.by_ref().skip(1);
            documented.extend(rows.take_while(|line| line.starts_with('|')));
        }
        let mappings = || MAPPINGS.iter().copied().flatten();
        for mapping in mappings() {
            let row = [
                mapping.backend,
                mapping.name.words,
                mapping.label_name.words,
                mapping.label_value.words,
                mapping.counter,
                mapping.gauge,
                mapping.histogram,
                mapping.unit,
            ];
            let row = format!("| {} |", row.join(" | "));
            let at = documented.iter().position(|line| *line == row);
            let at = at.unwrap_or_else(|| panic!("docs/BACKENDS.md lacks\n{row}"));
            documented.remove(at);
        }
        // Those of back ends whose feature is off are not known here.
        documented.retain(|line| {
            mappings().any(|mapping| line.starts_with(&format!("| {} |", mapping.backend)))
        });
        assert_eq!(documented, [""; 0], "rows that no back end has");
    }

    #[test]
    fn verbatim_changes_nothing() {
        let mut out = String::from("a");
        (VERBATIM.write)(&mut out, "\"b\n");
        assert_eq!(out, "a\"b\n");
    }
}
