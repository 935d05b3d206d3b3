//! The path of a group (Pushgateway, README, "URL").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use std::fmt::Write;

/// `/metrics/job/<job>/<label>/<value>..`
pub(super) fn path(job: &str, grouping: &[(String, String)]) -> String {
    let mut path = String::from("/metrics");
    write(&mut path, "job", job);
    for (name, value) in grouping {
        write(&mut path, name, value);
    }
    path
}

/// One label and its value, in base64 where the value is more than plain: a `/`, even as `%2F`, would end it, an empty
/// one would vanish, and `.` and `..` be taken for folders.
fn write(path: &mut String, name: &str, value: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let folder = value == "." || value == "..";
    // Writing to a string does not fail.
    let _ = if value.is_empty() {
        write!(path, "/{name}@base64/=")
    } else if value.bytes().all(plain) && !folder {
        write!(path, "/{name}/{value}")
    } else {
        write!(path, "/{name}@base64/{}", URL_SAFE.encode(value))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_readme() {
        let group =
            |job: &str, label: (&str, &str)| path(job, &[(label.0.to_owned(), label.1.to_owned())]);
        assert_eq!(
            group("some_job", ("instance", "some_instance")),
            "/metrics/job/some_job/instance/some_instance"
        );
        assert_eq!(
            group("directory_cleaner", ("path", "/var/tmp")),
            "/metrics/job/directory_cleaner/path@base64/L3Zhci90bXA="
        );
        // The README's example of an empty value, and of one in Greek.
        assert_eq!(
            group("example", ("first_label", "")),
            "/metrics/job/example/first_label@base64/="
        );
        assert_eq!(
            group("titan", ("name", "Προμηθεύς")),
            "/metrics/job/titan/name@base64/zqDPgc6_zrzOt864zrXPjc-C"
        );
        assert_eq!(path("a/b", &[]), "/metrics/job@base64/YS9i");
        assert_eq!(path("..", &[]), "/metrics/job@base64/Li4=");
        assert_eq!(path("a.b-c_d~1", &[]), "/metrics/job/a.b-c_d~1");
    }
}
