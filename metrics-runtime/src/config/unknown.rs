//! Variables that look like ours and are not: misspelt ones, mostly.

use super::table::{BUCKETS_OF, SECRETS, known_variables};
use instrumetrics_grammar::nearest;

/// How ours begin. Those of back ends have other names, which others may use too.
const OURS: &str = "METRICS_";

/// A variable that nobody here reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown<'a> {
    pub(crate) name: &'a str,
    /// The one that was meant, perhaps.
    pub(crate) nearest: Option<String>,
}

/// Those of these variables that are named as ours, are set, and are not known.
pub(crate) fn unknown<'a>(
    variables: impl IntoIterator<Item = &'a (String, String)>,
) -> Vec<Unknown<'a>> {
    let files = || SECRETS.iter().map(|name| format!("{name}_FILE"));
    let mut unknown: Vec<Unknown<'_>> = variables
        .into_iter()
        .filter(|(name, value)| name.starts_with(OURS) && !value.trim().is_empty())
        .filter(|(name, value)| !is_of_kubernetes(name, value) && !name.starts_with(BUCKETS_OF))
        .filter(|(name, _)| !known_variables().any(|known| known.name == name))
        .filter(|(name, _)| !files().any(|file| file == *name))
        .map(|(name, _)| {
            let files: Vec<String> = files().collect();
            let known = known_variables().map(|known| known.name);
            let known = known.chain(files.iter().map(String::as_str));
            let nearest = nearest(name, known).map(str::to_owned);
            Unknown { name, nearest }
        })
        .collect();
    unknown.sort_by_key(|unknown| unknown.name);
    unknown
}

/// Whether Kubernetes made it, of a service that is called `metrics` or `metrics-` and something.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || name.ends_with("_PORT") && value.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let unknown = unknown(&variables).into_iter();
        unknown
            .map(|unknown| (unknown.name.to_owned(), unknown.nearest))
            .collect()
    }

    #[test]
    fn a_variable_that_is_not_known_is_found_with_the_nearest() {
        let near = |name: &str, nearest: &str| (name.to_owned(), Some(nearest.to_owned()));
        let expected = [
            near("METRICS_EXPORTERS", "METRICS_EXPORTER"),
            ("METRICS_FOR_SOMETHING_ELSE".to_owned(), None),
            near("METRICS_HTTP_ADDRESS", "METRICS_HTTP_ADDR"),
            near(
                "METRICS_HTTP_BEARER_TOKEN_FIL",
                "METRICS_HTTP_BEARER_TOKEN_FILE",
            ),
            near("METRICS_HTTP_PORT", "METRICS_HTTP_PATH"),
            near("METRICS_MAX_METRIC", "METRICS_MAX_METRICS"),
        ];
        let given = [
            ("METRICS_MAX_METRIC", "1"),
            ("METRICS_HTTP_PORT", "9090"),
            ("METRICS_HTTP_BEARER_TOKEN_FIL", "x"),
            ("METRICS_HTTP_ADDRESS", "x"),
            ("METRICS_FOR_SOMETHING_ELSE", "x"),
            ("METRICS_EXPORTERS", "x"),
            // Unset, or of somebody else.
            ("METRICS_NOTHING", " "),
            ("PATH", "/bin"),
            ("GRAPHITE_HOTS", "x"),
        ];
        assert_eq!(found(&given), expected);
    }

    #[test]
    fn what_is_known_or_of_a_service_is_not_found() {
        let known: Vec<(&str, &str)> = known_variables().map(|known| (known.name, "x")).collect();
        assert_eq!(found(&known), []);
        let others = [
            ("METRICS_HTTP_BASIC_AUTH_FILE", "x"),
            ("METRICS_HISTOGRAM_BUCKETS_WAIT_SECONDS", "1,2"),
            ("METRICS_SERVICE_HOST", "10.0.0.1"),
            ("METRICS_SERVICE_PORT", "9090"),
            ("METRICS_SERVICE_PORT_HTTP", "9090"),
            ("METRICS_PORT", "tcp://10.0.0.1:9090"),
            ("METRICS_PORT_9090_TCP_ADDR", "10.0.0.1"),
            ("METRICS_SERVER_PORT", "tcp://10.0.0.2:443"),
        ];
        assert_eq!(found(&others), []);
    }
}
