//! Any variables at all: never a panic, and exactly those that are wrong are reported.

use super::{Config, read};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config as Runs;
use std::collections::{BTreeMap, BTreeSet};

/// What kind of value a variable takes. What is right is said here a second time, and in another way.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Whole,
    Positive,
    Seconds,
    Switch,
    Level,
    Namespace,
    Labels,
    Bounds,
    Address,
    Path,
    Token,
    Login,
    Exporters,
    Directory,
}

const KNOWN: &[(&str, Kind)] = &[
    ("METRICS_EXPORTER", Kind::Exporters),
    ("METRICS_BACKEND", Kind::Exporters),
    ("METRICS_MAX_METRICS", Kind::Whole),
    ("PROMETHEUS_MAX_METRICS", Kind::Whole),
    ("METRICS_MAX_LABEL_COMBINATIONS", Kind::Whole),
    ("METRICS_MAX_METRIC_NAME_LENGTH", Kind::Positive),
    ("METRICS_MAX_LABEL_NAME_LENGTH", Kind::Positive),
    ("METRICS_MAX_LABEL_VALUE_LENGTH", Kind::Positive),
    ("METRICS_MAX_LABELS_PER_METRIC", Kind::Whole),
    ("METRICS_STRICT_LABEL_VALUES", Kind::Switch),
    ("METRICS_RATE_LIMIT", Kind::Whole),
    ("METRICS_ENABLE_CLEANUP", Kind::Switch),
    ("METRICS_CLEANUP_INTERVAL_SECONDS", Kind::Positive),
    ("METRICS_HISTOGRAM_BUCKETS", Kind::Bounds),
    ("METRICS_HISTOGRAM_BUCKETS_WAIT_SECONDS", Kind::Bounds),
    ("METRICS_HISTOGRAM_BUCKETS_X", Kind::Bounds),
    ("METRICS_EXPORT_INTERVAL_SECONDS", Kind::Seconds),
    ("METRICS_CONST_LABELS", Kind::Labels),
    ("METRICS_LOG_VALIDATION_ERRORS", Kind::Switch),
    ("METRICS_LOG_RESOURCE_ERRORS", Kind::Switch),
    ("METRICS_LOG_EXPORT_ERRORS", Kind::Switch),
    ("METRICS_LOG_CONFIG_ERRORS", Kind::Switch),
    ("METRICS_PROPAGATE_ERRORS", Kind::Switch),
    ("METRICS_DETAILED_ERROR_CONTEXT", Kind::Switch),
    ("METRICS_ERROR_LOG_LEVEL", Kind::Level),
    ("METRICS_HTTP_ADDR", Kind::Address),
    ("METRICS_HTTP_PATH", Kind::Path),
    ("METRICS_HTTP_BEARER_TOKEN", Kind::Token),
    ("METRICS_HTTP_BASIC_AUTH", Kind::Login),
    ("PROMETHEUS_NAMESPACE", Kind::Namespace),
    ("PROMETHEUS_ALLOW_REMOVAL", Kind::Switch),
    ("METRICS_JSON_DIR", Kind::Directory),
    ("METRICS_JSON_RETENTION_FILES", Kind::Positive),
    ("METRICS_JSON_RETENTION_SECONDS", Kind::Positive),
];

const ALIASES: [(&str, &str); 2] = [
    ("METRICS_BACKEND", "METRICS_EXPORTER"),
    ("PROMETHEUS_MAX_METRICS", "METRICS_MAX_METRICS"),
];

/// Some values that are right for each kind, and some that are nearly so.
#[expect(clippy::too_many_lines, reason = "a table")]
fn examples(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Directory => &[
            "metrics",
            "/var/metrics/",
            "a..b/...",
            "..",
            "a/../b",
            "../a",
            "a/..",
        ],
        Kind::Whole | Kind::Positive => &[
            "0",
            "1",
            "007",
            "+5",
            "18446744073709551615",
            "18446744073709551616",
            "-1",
            "1.0",
            "1e3",
            "many",
            "1 2",
            "\u{661}",
        ],
        Kind::Seconds => &[
            "1", "0.5", "1e1", "0.001", "86400", "0.0009", "86400.1", "0", "-1", "NaN", "inf",
            "10s", "1,5",
        ],
        Kind::Switch => &[
            "true",
            "FALSE",
            "1",
            "0",
            "Yes",
            "no",
            "on",
            "oFf",
            "2",
            "y",
            "truefalse",
        ],
        Kind::Level => &[
            "error", "WARN", "info", "debug", "Trace", "warning", "off", "5",
        ],
        Kind::Namespace => &["acme", "_a", "_", "__a", "a-b", "aB", "2a", "a2", "\u{e4}"],
        Kind::Labels => &[
            "a=1",
            "a=1,b=2",
            "a=1,a=2",
            " a = 1 , b=",
            "a",
            "=1",
            "le=1",
            "__a=1",
            "a-b=1",
            "quantile=1",
            "a=b=c",
            ",",
            "a=1,,b=2",
            "a=\"\\\n\"",
        ],
        Kind::Bounds => &[
            "1,2,3",
            "1",
            "2,1",
            "1,1",
            "",
            "a",
            "1,",
            "inf",
            "1,NaN",
            "-1, 0,1e3",
            "1e400",
            ".5,1.",
            "0,-0",
        ],
        Kind::Address => &[
            "127.0.0.1:9464",
            "[::1]:1",
            "0.0.0.0:0",
            "127.0.0.1",
            "127.0.0.1:65536",
            ":80x",
            "nowhere",
            "::1",
            "[::1]",
        ],
        Kind::Path => &[
            "/", "/metrics", "/a/b-c.d", "metrics", "/a b", "/a?b", "/a#b", "/\u{e4}", "/%41",
            "/{a}", "/a|b",
        ],
        Kind::Token => &[
            "tok-s3cr3t-en",
            " s3cr3t ",
            "s3cr3t\n",
            "s3cr3t\r\n",
            "a\ns3cr3t",
            "s3cr3t\u{0}",
            "s3cr3t\u{7f}",
            "s3cr3t\u{85}x",
            "s3cr3t\u{fffd}",
            "s3cr3t\u{e4}",
        ],
        Kind::Login => &[
            "user:s3cr3t",
            "s3cr3t",
            ":s3cr3t",
            "s3cr3t:",
            "a:s3cr3t\nb",
            "a:s3cr3t\n",
        ],
        Kind::Exporters => &[
            "null",
            "NULL",
            "null,null",
            " null , ",
            ",",
            "nul",
            "null,nul",
            "nowhere",
        ],
    }
}

/// The number of a run of digits, with a plus at most: `None` beyond what 64 bits hold.
fn digits(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

fn word(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && !bytes[0].is_ascii_digit()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && !text.starts_with("__")
}

fn right(kind: Kind, value: &str) -> bool {
    // What was no text has this character.
    if value.contains('\u{fffd}') && !matches!(kind, Kind::Bounds) {
        return false;
    }
    let text = value.trim();
    match kind {
        Kind::Directory => text.split('/').all(|part| part != ".."),
        Kind::Whole => digits(text).is_some(),
        Kind::Positive => digits(text).is_some_and(|number| number != 0),
        Kind::Seconds => text
            .parse::<f64>()
            .is_ok_and(|seconds| (0.001..=86_400.0).contains(&seconds)),
        Kind::Switch => ["true", "1", "yes", "on", "false", "0", "no", "off"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(text)),
        Kind::Level => ["error", "warn", "info", "debug", "trace"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(text)),
        Kind::Namespace => {
            word(text) && text != "_" && text.len() <= 128 && text.to_lowercase() == text
        }
        Kind::Labels => {
            let mut names = BTreeSet::new();
            text.split(',')
                .filter(|pair| !pair.trim().is_empty())
                .all(|pair| {
                    let name = pair.split('=').next().unwrap_or_default().trim();
                    pair.contains('=')
                        && word(name)
                        && name.len() <= 64
                        && name != "le"
                        && name != "quantile"
                        && names.insert(name)
                })
        }
        Kind::Bounds => {
            let bounds: Result<Vec<f64>, _> = text
                .split(',')
                .map(|bound| bound.trim().parse::<f64>())
                .collect();
            bounds.is_ok_and(|bounds| {
                bounds.len() <= 512
                    && bounds.iter().all(|bound| bound.is_finite())
                    && bounds.windows(2).all(|pair| pair[0] < pair[1])
            })
        }
        Kind::Address => ["127.0.0.1:9464", "[::1]:1", "0.0.0.0:0"].contains(&text),
        Kind::Path => {
            text.starts_with('/')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/!$%&'()*+,-.:;=@[]_~".contains(c))
        }
        Kind::Token | Kind::Login => {
            let secret = value.trim_end_matches(['\r', '\n']);
            !secret.chars().any(char::is_control)
                && (matches!(kind, Kind::Token) || secret.contains(':'))
        }
        Kind::Exporters => {
            let names: Vec<&str> = text
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect();
            !names.is_empty() && names.iter().all(|name| name.eq_ignore_ascii_case("null"))
        }
    }
}

/// The variables that are wrong.
fn oracle(variables: &BTreeMap<String, String>) -> BTreeSet<String> {
    let set = |name: &str| variables.get(name).filter(|value| !value.trim().is_empty());
    let mut wrong = BTreeSet::new();
    for (name, kind) in KNOWN {
        let Some(value) = set(name) else { continue };
        let main = ALIASES
            .iter()
            .find(|(alias, _)| alias == name)
            .and_then(|(_, main)| set(main));
        let bad = match main {
            // An alias is compared where the other is set, and read where it is not.
            Some(main) => main.trim() != value.trim(),
            None => !right(*kind, value),
        };
        if bad {
            wrong.insert((*name).to_owned());
        }
    }
    for name in [
        "METRICS_HTTP_BEARER_TOKEN_FILE",
        "METRICS_HTTP_BASIC_AUTH_FILE",
    ] {
        // Only paths at which there is nothing.
        if set(name).is_some() {
            wrong.insert(name.to_owned());
        }
    }
    wrong
}

fn variable() -> impl Strategy<Value = (String, String)> {
    let known = select(KNOWN).prop_flat_map(|(name, kind)| {
        let anything = "\\PC{0,12}|[ -~]{0,12}|(?s).{0,6}".prop_map(move |value| {
            match kind {
                // A name would be looked up; without a port it is not.
                Kind::Address => value.replace(':', ";"),
                // What other exporters and settings come to mean is not for this test.
                Kind::Exporters => format!("x{value}"),
                _ => value,
            }
        });
        let value = prop_oneof![
            4 => select(examples(kind)).prop_map(str::to_owned),
            1 => anything,
            1 => select(vec!["", " ", "\t\n"]).prop_map(str::to_owned),
        ];
        (Just(name.to_owned()), value)
    });
    let files = select(vec![
        "METRICS_HTTP_BEARER_TOKEN_FILE",
        "METRICS_HTTP_BASIC_AUTH_FILE",
    ]);
    let missing = select(vec!["/nowhere/at/all", "relative/nowhere", ""]);
    prop_oneof![
        12 => known,
        1 => (files.prop_map(str::to_owned), missing.prop_map(str::to_owned)),
        // Not ours, whatever they hold.
        2 => ("[A-Z]{1,3}|PATH|METRIC_EXPORTER|[a-z]{4}\\PC{0,4}", "(?s).{0,8}"),
    ]
}

proptest! {
    #![proptest_config(Runs { cases: 4000, failure_persistence: None, ..Runs::default() })]

    #[test]
    fn exactly_what_is_wrong_is_reported(variables in vec(variable(), 0..12)) {
        let variables: BTreeMap<String, String> = variables.into_iter().collect();
        let pairs: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let reported = match read(&pairs) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(!text.contains("s3cr3t"), "{}", text);
                for name in oracle(&variables) {
                    prop_assert!(text.contains(&name), "{}", text);
                }
                error.name().split(", ").map(str::to_owned).collect()
            }
        };
        let expected: Vec<String> = oracle(&variables).into_iter().collect();
        prop_assert_eq!(reported, expected);
    }

    #[test]
    fn nothing_panics_and_secrets_stay_secret(
        variables in btree_map("METRICS_[A-Z_]{1,20}|(?s).{0,12}", "(?s).{0,40}", 0..8),
        token in "s3cr3t[ -~]{0,8}",
    ) {
        let own = [("METRICS_HTTP_BEARER_TOKEN".to_owned(), token)];
        let shown = match Config::from_variables(variables.into_iter().chain(own)) {
            Ok(config) => format!("{config:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains("s3cr3t"), "{}", shown);
    }

    /// Whatever a value is, one alone is right or wrong as in any company.
    #[test]
    fn a_variable_alone_is_judged_alike(pair in variable()) {
        let (name, value) = &pair;
        let wrong = read(&[(name, value)]).is_err();
        prop_assert_eq!(wrong, !oracle(&BTreeMap::from([pair])).is_empty());
    }
}

#[test]
fn every_variable_is_among_those_tried() {
    for variable in super::known_variables() {
        let tried = KNOWN.iter().any(|(name, _)| *name == variable.name);
        // Those of other exporters are tried where these are.
        let other =
            !variable.name.starts_with("METRICS_") && !variable.name.starts_with("PROMETHEUS_");
        assert!(tried || other, "{} is missing in `KNOWN`", variable.name);
    }
}
