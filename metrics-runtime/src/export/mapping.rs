//! How each back end sees a metric: one row for each, which the encoders use and the docs are checked against.

/// How a text becomes part of what is sent.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// The rule in words, for the docs.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the docs are checked against it")
    )]
    pub(crate) words: &'static str,
    /// Appends a text as it is sent.
    pub(crate) write: fn(&mut String, &str),
}

/// The mapping of one back end, or of one dialect of it.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the docs are checked against it")
)]
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

/// All of them.
#[cfg(test)]
pub(crate) const MAPPINGS: &[&[Mapping]] = &[
    #[cfg(feature = "graphite")]
    super::graphite::MAPPINGS,
    #[cfg(feature = "influx")]
    super::influx::MAPPINGS,
];
