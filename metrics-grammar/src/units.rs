//! Units in names, and the default bounds they stand for.

use crate::buckets::exponential;
use crate::words;

/// Default bounds for durations, in seconds: 5 ms to 10 s.
pub const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Default bounds for jobs, in seconds: 0.1 s to one hour.
pub const JOB_SECONDS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];

/// Default bounds for ratios, confidences and scores, which reach from 0 to 1: the tenths.
pub const RATIO: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Default bounds for sizes, in bytes: 256 B to 256 MiB, each four times the one before.
pub const BYTES: &[f64] = &exponential::<11>(256.0, 4.0);

/// Default bounds for the processing time of a job over the length of what it processed: 1 is real time.
pub const REALTIME_FACTOR: &[f64] = &[
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 10.0,
];

/// The base units (Prometheus naming practices, base units; `promtool check metrics` for the spellings).
const BASE_UNITS: &[&str] = &[
    "seconds", "bytes", "ratio", "meters", "metres", "grams", "joules", "volts", "amperes",
    "celsius", "kelvin",
];

/// Words for other units, and the base unit to convert to. The abbreviations are promtool's and the usual others.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("s", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("ms", "seconds"),
    ("msec", "seconds"),
    ("msecs", "seconds"),
    ("millis", "seconds"),
    ("us", "seconds"),
    ("usec", "seconds"),
    ("usecs", "seconds"),
    ("micros", "seconds"),
    ("ns", "seconds"),
    ("nsec", "seconds"),
    ("nsecs", "seconds"),
    ("nanos", "seconds"),
    ("minutes", "seconds"),
    ("mins", "seconds"),
    ("h", "seconds"),
    ("hours", "seconds"),
    ("d", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("b", "bytes"),
    ("kb", "bytes"),
    ("mb", "bytes"),
    ("gb", "bytes"),
    ("tb", "bytes"),
    ("pb", "bytes"),
    ("kib", "bytes"),
    ("mib", "bytes"),
    ("gib", "bytes"),
    ("tib", "bytes"),
    ("bits", "bytes"),
    ("percent", "ratio"),
    ("percentage", "ratio"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("pounds", "grams"),
    ("ounces", "grams"),
    ("calories", "joules"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
];

/// Abbreviations of more than one unit, so that none can be suggested: meters or minutes.
const AMBIGUOUS_UNITS: &[&str] = &["m"];

/// What may stand before a base unit and makes it another.
const PREFIXES: &[&str] = &[
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi", "exa", "exbi",
];

/// The base unit that a name ends in, before `_total` where that is there: its whole last word, with something before it.
///
/// A name that is nothing but the unit has none, because `OpenMetrics` 1.0 wants the unit as a suffix after `_`.
#[must_use]
pub const fn unit_of(name: &str) -> Option<&'static str> {
    let (before, last) = words::split_last(words::without_total(name.as_bytes()));
    if before.is_empty() {
        return None;
    }
    find(BASE_UNITS, last)
}

/// The bounds of a histogram that declares none, by the last words of its name; `None` where they say no known unit.
///
/// | last words | bounds |
/// | --- | --- |
/// | `job_duration_seconds`, `job_queue_seconds` | [`JOB_SECONDS`] |
/// | `seconds` | [`SECONDS`] |
/// | `bytes` | [`BYTES`] |
/// | `ratio`, `confidence`, `score` | [`RATIO`] |
/// | `realtime_factor` | [`REALTIME_FACTOR`] |
#[must_use]
pub const fn default_bounds(name: &str) -> Option<&'static [f64]> {
    let bytes = name.as_bytes();
    if words::ends_in(bytes, "job_duration_seconds") || words::ends_in(bytes, "job_queue_seconds") {
        return Some(JOB_SECONDS);
    }
    if words::ends_in(bytes, "realtime_factor") {
        return Some(REALTIME_FACTOR);
    }
    match words::split_last(bytes).1 {
        b"seconds" => Some(SECONDS),
        b"bytes" => Some(BYTES),
        b"ratio" | b"confidence" | b"score" => Some(RATIO),
        _ => None,
    }
}

/// Whether a declared name may not end in this word because it is a unit, and no base unit spelled out.
pub(crate) const fn is_refused(word: &[u8]) -> bool {
    words::contains(AMBIGUOUS_UNITS, word) || base_of(word).is_some()
}

/// The base unit to write instead of another unit; `None` for base units, ambiguous ones and other words.
pub(crate) const fn base_of(word: &[u8]) -> Option<&'static str> {
    let mut index = 0;
    while index < OTHER_UNITS.len() {
        let (other, base) = OTHER_UNITS[index];
        if words::equal(other.as_bytes(), word) {
            return Some(base);
        }
        index += 1;
    }
    let mut index = 0;
    while index < PREFIXES.len() {
        let length = PREFIXES[index].len();
        if word.len() > length {
            let (prefix, unit) = word.split_at(length);
            if words::equal(PREFIXES[index].as_bytes(), prefix) {
                // Only what is spelled out: `micro` and `ns` make `microns`.
                if words::equal(unit, b"bits") {
                    return Some("bytes");
                }
                if let Some(base) = find(BASE_UNITS, unit) {
                    return Some(base);
                }
            }
        }
        index += 1;
    }
    None
}

const fn find(units: &'static [&'static str], word: &[u8]) -> Option<&'static str> {
    let mut index = 0;
    while index < units.len() {
        if words::equal(units[index].as_bytes(), word) {
            return Some(units[index]);
        }
        index += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{
        AMBIGUOUS_UNITS, BASE_UNITS, BYTES, JOB_SECONDS, OTHER_UNITS, PREFIXES, RATIO,
        REALTIME_FACTOR, SECONDS, base_of, default_bounds, is_refused, unit_of,
    };
    use crate::buckets::buckets;

    #[test]
    fn default_bounds_are_good_buckets() {
        for bounds in [SECONDS, JOB_SECONDS, RATIO, BYTES, REALTIME_FACTOR] {
            assert_eq!(buckets(bounds), Ok(()));
        }
        assert_eq!(BYTES.len(), 11);
        assert_eq!(BYTES.first(), Some(&256.0));
        assert_eq!(BYTES.last(), Some(&(256.0 * 1024.0 * 1024.0)));
    }

    #[test]
    fn the_unit_is_the_whole_last_word() {
        for (name, unit) in [
            ("job_duration_seconds", Some("seconds")),
            ("audio_seconds_total", Some("seconds")),
            ("upload_bytes", Some("bytes")),
            ("cache_hit_ratio", Some("ratio")),
            ("oven_celsius", Some("celsius")),
            ("star_kelvin", Some("kelvin")),
            ("hops_metres_total", Some("metres")),
            ("requests_total", None),
            ("kiloseconds", None),
            ("age_milliseconds", None),
            ("seconds_left", None),
            ("seconds", None),
            ("seconds_total", None),
            ("_seconds", None),
            ("", None),
        ] {
            assert_eq!(unit_of(name), unit, "{name}");
        }
    }

    #[test]
    fn bounds_follow_the_last_words() {
        for (name, bounds) in [
            ("decode_duration_seconds", Some(SECONDS)),
            ("seconds", Some(SECONDS)),
            ("job_duration_seconds", Some(JOB_SECONDS)),
            ("whisper_import_job_duration_seconds", Some(JOB_SECONDS)),
            ("whisper_job_queue_seconds", Some(JOB_SECONDS)),
            ("subjob_duration_seconds", Some(SECONDS)),
            ("job_duration_seconds_left", None),
            ("upload_bytes", Some(BYTES)),
            ("load_ratio", Some(RATIO)),
            ("detection_confidence", Some(RATIO)),
            ("toxicity_score", Some(RATIO)),
            ("underscore", None),
            ("job_realtime_factor", Some(REALTIME_FACTOR)),
            ("whisper_job_realtime_factor", Some(REALTIME_FACTOR)),
            ("load_factor", None),
            ("oven_celsius", None),
            ("queue_size", None),
        ] {
            assert_eq!(default_bounds(name), bounds, "{name}");
        }
    }

    #[test]
    fn base_units_are_allowed_and_every_other_refused() {
        for base in BASE_UNITS {
            assert!(!is_refused(base.as_bytes()), "{base}");
            assert_eq!(base_of(base.as_bytes()), None);
            for prefix in PREFIXES {
                let word = std::format!("{prefix}{base}");
                assert_eq!(base_of(word.as_bytes()), Some(*base), "{word}");
            }
        }
        for (other, base) in OTHER_UNITS {
            assert!(is_refused(other.as_bytes()), "{other}");
            assert!(BASE_UNITS.contains(base), "{base}");
        }
        for word in AMBIGUOUS_UNITS {
            assert!(is_refused(word.as_bytes()) && base_of(word.as_bytes()).is_none());
        }
    }

    #[test]
    fn ordinary_words_are_no_units() {
        for word in [
            "", "min", "max", "second", "day", "size", "microns", "decibels", "kilo", "mega",
            "items", "requests", "status", "bytecode", "megabit", "plan", "users",
        ] {
            assert!(!is_refused(word.as_bytes()), "{word}");
        }
    }
}
