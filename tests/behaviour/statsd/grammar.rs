//! What a StatsD server reads, written after the published descriptions: the README and `metric_types.md` of
//! statsd/statsd, Datadog's "DogStatsD datagram format", Graphite's "tagged series" and Telegraf's "statsd" input.

use std::collections::BTreeMap;

/// How a server reads labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Plain,
    Dog,
    Graphite,
    Influx,
}

/// Names and values.
type Tags = Vec<(String, String)>;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// The name with what labels it has, those in a canonical form after it.
    pub(crate) series: String,
    pub(crate) name: String,
    pub(crate) tags: Tags,
    pub(crate) value: f64,
    /// Whether the value has a sign.
    pub(crate) signed: bool,
    pub(crate) kind: String,
    pub(crate) rate: f64,
}

/// A line, or what is wrong with it.
pub(crate) fn line(text: &str, dialect: Dialect) -> Result<Line, String> {
    let wrong = |what: &str| Err(format!("{what} in {text:?}"));
    if text.chars().any(char::is_control) {
        return wrong("a control character");
    }
    let (bucket, rest) = text
        .split_once(':')
        .ok_or(format!("no colon in {text:?}"))?;
    let mut fields = rest.split('|');
    let value_text = fields.next().unwrap();
    let Some(kind) = fields.next() else {
        return wrong("no type");
    };
    if !["c", "g", "h", "ms", "d"].contains(&kind) {
        return wrong("an unknown type");
    }
    let mut rate: f64 = 1.0;
    let mut tags = Vec::new();
    let mut seen = 0;
    for field in fields {
        if let Some(text) = field.strip_prefix('@') {
            if seen > 0 || !decimal(text) {
                return wrong("a rate that is none");
            }
            seen = 1;
            rate = text.parse().unwrap();
        } else if let Some(text) = field.strip_prefix('#') {
            if seen > 1 || dialect != Dialect::Dog {
                return wrong("tags where there are none");
            }
            seen = 2;
            for tag in text.split(',') {
                let Some((key, value)) = tag.split_once(':') else {
                    return wrong("a tag without a value");
                };
                tags.push((key.to_owned(), value.to_owned()));
            }
        } else {
            return wrong("a field that is neither a rate nor tags");
        }
    }
    if !(rate > 0.0 && rate <= 1.0) {
        return wrong("a rate out of range");
    }
    let digits = value_text.strip_prefix(['-', '+']).unwrap_or(value_text);
    if !decimal(digits) {
        return wrong("a value that is no decimal number");
    }
    let value: f64 = value_text.parse().unwrap();
    let signed = digits != value_text;
    if !value.is_finite() || (kind == "ms" && signed) || (kind == "c" && signed) {
        return wrong("a value that is refused");
    }
    if kind == "g" && rate.to_bits() != 1_f64.to_bits() {
        return wrong("a sampled gauge");
    }
    let (name, mut in_name) = match dialect {
        Dialect::Plain | Dialect::Dog => (bucket, Vec::new()),
        Dialect::Graphite => tagged(bucket, ';')?,
        Dialect::Influx => tagged(bucket, ',')?,
    };
    let word = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    // Etsy's daemon removes everything else from a name, which makes names alike.
    if !name.split('.').all(|part| word(part, "_-")) {
        return wrong("a name that is changed");
    }
    tags.append(&mut in_name);
    for (key, value) in &tags {
        let fine = match dialect {
            Dialect::Plain => true,
            // Etsy's daemon passes these on as they are.
            Dialect::Graphite => word(value, "_-.") && !value.starts_with('~'),
            Dialect::Dog | Dialect::Influx => {
                !value.is_empty()
                    && !value.contains([':', '|', '@', '#', ',', ';', '=', ' ', '\\', '"', '\''])
                    && !value.chars().any(char::is_whitespace)
            }
        };
        if !fine || !word(key, "_") {
            return wrong("a tag that is changed, or read as something else");
        }
    }
    if !tags.is_sorted() {
        return wrong("tags out of order");
    }
    Ok(Line {
        series: format!("{name}{tags:?}"),
        name: name.to_owned(),
        tags,
        value,
        signed,
        kind: kind.to_owned(),
        rate,
    })
}

fn tagged(bucket: &str, separator: char) -> Result<(&str, Tags), String> {
    let mut parts = bucket.split(separator);
    let name = parts.next().unwrap();
    let tags = parts.map(|tag| match tag.split('=').collect::<Vec<_>>()[..] {
        [key, value] => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("a tag {tag:?} in {bucket:?}")),
    });
    Ok((name, tags.collect::<Result<_, _>>()?))
}

/// Digits, and perhaps a full stop and more of them.
fn decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    }
}

/// What a server has after it read lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) counters: BTreeMap<String, f64>,
    pub(crate) gauges: BTreeMap<String, f64>,
    /// Values with how many observations each stands for.
    pub(crate) timings: BTreeMap<String, Vec<(f64, f64)>>,
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) lines: usize,
}

impl Server {
    /// Reads a packet, and fails at what a server would refuse or misread.
    pub(crate) fn packet(&mut self, packet: &str, dialect: Dialect) {
        for text in packet.split('\n') {
            let line = line(text, dialect).unwrap();
            self.lines += 1;
            self.kinds.insert(line.series.clone(), line.kind.clone());
            match &*line.kind {
                "c" => *self.counters.entry(line.series).or_default() += line.value / line.rate,
                "g" => {
                    let gauge = self.gauges.entry(line.series).or_default();
                    // A sign changes the gauge.
                    *gauge = if line.signed {
                        *gauge + line.value
                    } else {
                        line.value
                    };
                }
                _ => {
                    let timings = self.timings.entry(line.series).or_default();
                    timings.push((line.value, 1.0 / line.rate));
                }
            }
        }
    }

    pub(crate) fn timing_count(&self, series: &str) -> f64 {
        let timings = self.timings.get(series).into_iter().flatten();
        timings.map(|(_, count)| count).sum()
    }

    pub(crate) fn timing_sum(&self, series: &str) -> f64 {
        let timings = self.timings.get(series).into_iter().flatten();
        timings.map(|(value, count)| value * count).sum()
    }
}
