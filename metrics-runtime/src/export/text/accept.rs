//! Content negotiation (RFC 9110, section 12.5.1).

use super::Format;

/// A media range of an `Accept` header that could mean one of our formats.
struct Range<'a> {
    media: &'a str,
    version: Option<&'a str>,
    /// In thousandths.
    quality: u16,
}

/// The format to answer with: the one accepted with the highest quality, text 0.0.4 where that is a tie
/// or where nothing fits.
pub(crate) fn negotiate(accept: &str) -> Format {
    let ranges: Vec<Range<'_>> = accept.split(',').filter_map(parse).collect();
    let text = quality(&ranges, "text/plain", &["0.0.4"]);
    let open = quality(&ranges, "application/openmetrics-text", &["1.0.0", "0.0.1"]);
    match (open, text) {
        // Named and wanted at least as much: who lists `OpenMetrics` by name can read it.
        (Some((open, true)), Some((text, by_name)))
            if open > 0 && (open > text || (open == text && !by_name)) =>
        {
            Format::OpenMetrics
        }
        (Some((open, _)), Some((text, _))) if open > text => Format::OpenMetrics,
        (Some((open, _)), None) if open > 0 => Format::OpenMetrics,
        _ => Format::Text,
    }
}

/// The quality of a format by the most specific range that covers it, and whether that names it.
fn quality(ranges: &[Range<'_>], media: &str, versions: &[&str]) -> Option<(u16, bool)> {
    let group = media.split_once('/').map_or("", |(group, _)| group);
    let specificity = |range: &Range<'_>| -> Option<u8> {
        let fits = range
            .version
            .is_none_or(|version| versions.contains(&version));
        if range.media.eq_ignore_ascii_case(media) {
            fits.then_some(3 + u8::from(range.version.is_some()))
        } else if range
            .media
            .strip_suffix("/*")
            .is_some_and(|theirs| theirs.eq_ignore_ascii_case(group))
        {
            Some(2)
        } else {
            (range.media == "*/*").then_some(1)
        }
    };
    ranges
        .iter()
        .filter_map(|range| Some((specificity(range)?, range.quality)))
        .max()
        .map(|(specificity, quality)| (quality, specificity >= 3))
}

fn parse(range: &str) -> Option<Range<'_>> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().filter(|media| !media.is_empty())?;
    let mut parsed = Range {
        media,
        version: None,
        quality: 1000,
    };
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        if key.trim().eq_ignore_ascii_case("q") {
            parsed.quality = thousandths(value)?;
        } else if key.trim().eq_ignore_ascii_case("version") {
            parsed.version = Some(value);
        }
    }
    Some(parsed)
}

/// `None` for what is not a quality: the range is then ignored.
fn thousandths(text: &str) -> Option<u16> {
    let quality: f32 = text.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000"
    )]
    Some((quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Format::{OpenMetrics, Text};

    #[test]
    fn the_highest_supported_quality_wins() {
        for (accept, format) in [
            ("", Text),
            ("*/*", Text),
            ("text/html", Text),
            ("text/plain", Text),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text; version=1.0.0", OpenMetrics),
            (
                "application/openmetrics-text; version=\"1.0.0\"",
                OpenMetrics,
            ),
            ("application/openmetrics-text; version=2.0.0", Text),
            ("application/openmetrics-text;q=0", Text),
            ("application/openmetrics-text;q=0, */*", Text),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.7", Text),
            (
                "application/openmetrics-text;q=0.7, text/plain;q=0.2",
                OpenMetrics,
            ),
            (
                "text/plain;q=0, application/openmetrics-text;q=0.1",
                OpenMetrics,
            ),
            ("text/plain, application/openmetrics-text", Text),
            ("application/openmetrics-text, */*", OpenMetrics),
            (
                "application/openmetrics-text;q=nonsense, text/plain;q=0.1",
                Text,
            ),
            // Prometheus 2.42 and 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
        }
    }
}
