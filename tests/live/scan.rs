//! A small strict reader of both formats, for what the other readers let pass: series and families that are
//! there twice, families that are torn apart, metadata in the wrong place, lines that end otherwise.

use crate::samples::{Samples, Series};
use instrumetrics::Format;
use std::collections::{BTreeMap, BTreeSet};

/// Reads an exposition and fails at the first thing that is wrong with it.
pub(crate) fn scan(text: &str, format: Format) -> Samples {
    let text = match format {
        Format::OpenMetrics => text
            .strip_suffix("# EOF\n")
            .expect("OpenMetrics ends with `# EOF`"),
        _ => text,
    };
    let mut scan = Scan {
        format,
        seen: BTreeSet::new(),
        families: BTreeSet::new(),
        family: "",
        kind: "",
        metadata: 0,
        samples: Samples::default(),
    };
    let lines = text.strip_suffix('\n').expect("the last line ends");
    for line in lines.split('\n') {
        match line.strip_prefix("# ") {
            Some(metadata) => scan.metadata(metadata),
            None => scan.sample(line),
        }
    }
    scan.samples
}

struct Scan<'a> {
    format: Format,
    /// Series as they are written.
    seen: BTreeSet<&'a str>,
    families: BTreeSet<&'a str>,
    family: &'a str,
    kind: &'a str,
    /// How many lines of metadata the family has; once there was a sample, more than there can be.
    metadata: usize,
    samples: Samples,
}

const ORDER: [&str; 3] = ["HELP", "TYPE", "UNIT"];

impl<'a> Scan<'a> {
    fn metadata(&mut self, line: &'a str) {
        let (keyword, rest) = line.split_once(' ').expect(line);
        let (name, value) = rest.split_once(' ').expect(line);
        if keyword == "HELP" {
            assert!(self.families.insert(name), "family `{name}` is there twice");
            (self.family, self.kind, self.metadata) = (name, "", 0);
        }
        assert_eq!(name, self.family, "{line}");
        assert_eq!(ORDER.get(self.metadata), Some(&keyword), "{line}");
        if keyword == "TYPE" {
            self.kind = value;
        }
        self.metadata += 1;
    }

    fn sample(&mut self, line: &'a str) {
        self.metadata = ORDER.len();
        let end = line.find(['{', ' ']).expect(line);
        let (name, rest) = line.split_at(end);
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest),
            None => (BTreeMap::new(), rest),
        };
        let value = rest.strip_prefix(' ').expect(line);
        let series = line.strip_suffix(value).expect(line);
        assert!(self.seen.insert(series), "series twice: {series}");
        assert!(self.belongs(name), "`{name}` in family `{}`", self.family);
        let value = match value {
            "NaN" => f64::NAN,
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            number => {
                assert!(number.ends_with(|c: char| c.is_ascii_digit()), "{line}");
                number.parse().expect(line)
            }
        };
        let name = name.to_owned();
        self.samples.insert(Series { name, labels }, value);
    }

    fn belongs(&self, name: &str) -> bool {
        let Some(suffix) = name.strip_prefix(self.family) else {
            return false;
        };
        match (self.kind, self.format) {
            ("counter", Format::OpenMetrics) => suffix == "_total",
            ("counter" | "gauge", _) => suffix.is_empty(),
            ("histogram", _) => ["_bucket", "_sum", "_count"].contains(&suffix),
            _ => false,
        }
    }
}

/// The labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    loop {
        let (name, value) = rest.split_once("=\"").expect(rest);
        let (value, after) = quoted(value);
        assert!(!value.is_empty(), "an empty label `{name}`");
        let twice = labels.insert(name.to_owned(), value);
        assert_eq!(twice, None, "label `{name}` is there twice");
        match after.split_at_checked(1) {
            Some((",", more)) => rest = more,
            Some(("}", end)) => return (labels, end),
            _ => panic!("`,` or `}}` expected: {after}"),
        }
    }
}

/// The value up to the closing quote, without its escapes, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next() {
            Some('"') => return (value, chars.as_str()),
            Some('\\') => value.push(match chars.next() {
                Some('n') => '\n',
                Some(c @ ('\\' | '"')) => c,
                other => panic!("no escape: {other:?} in {text}"),
            }),
            Some(c) => value.push(c),
            None => panic!("no closing quote: {text}"),
        }
    }
}

#[test]
fn what_is_wrong_is_found() {
    let fails = |text: &'static str, format| {
        assert!(
            std::panic::catch_unwind(|| scan(text, format)).is_err(),
            "{text}"
        );
    };
    let good = "# HELP a_total A.\n# TYPE a_total counter\na_total{b=\"\\\"}\\n\"} 1\na_total 2\n";
    assert_eq!(scan(good, Format::Text).len(), 2);
    for bad in [
        "# HELP a A.\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 2\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"\"} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"1} 1\n",
        "# HELP a A.\n# TYPE a gauge\nb 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\n",
        "# HELP a A.\na 1\n",
        "# TYPE a gauge\na 1\n",
        "# HELP a A.\n# TYPE a gauge\n\na 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1",
        "# HELP a A.\n# TYPE a gauge\na inf\n",
        "# HELP a A.\n# TYPE a gauge\na 1\r\n",
    ] {
        fails(bad, Format::Text);
    }
    fails("# HELP a A.\n# TYPE a gauge\na 1\n", Format::OpenMetrics);
    fails(
        "# HELP a A.\n# TYPE a counter\na 1\n# EOF\n",
        Format::OpenMetrics,
    );
}
