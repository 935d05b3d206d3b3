//! Escaping of label values and help texts.

use super::Format;

/// A label value, without the quotes around it: `\`, `"` and line feed are escaped in both formats.
pub(crate) fn escape_label_value(out: &mut String, value: &str) {
    escape(out, value, true);
}

/// A help text: `\` and line feed are escaped, and in `OpenMetrics` `"` too.
pub(crate) fn escape_help(out: &mut String, help: &str, format: Format) {
    escape(out, help, format == Format::OpenMetrics);
}

fn escape(out: &mut String, mut text: &str, quotes: bool) {
    let special = |c: char| c == '\\' || c == '\n' || (quotes && c == '"');
    while let Some(at) = text.find(special) {
        let (before, rest) = text.split_at(at);
        out.push_str(before);
        let mut chars = rest.chars();
        match chars.next() {
            Some('\n') => out.push_str("\\n"),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => {}
        }
        text = chars.as_str();
    }
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_escapes_what_it_must() {
        let mut out = String::new();
        escape_label_value(&mut out, "a\\b\"c\nd ü");
        assert_eq!(out, r#"a\\b\"c\nd ü"#);
        out.clear();
        escape_help(&mut out, "a\\b\"c\nd", Format::Text);
        assert_eq!(out, r#"a\\b"c\nd"#);
        out.clear();
        escape_help(&mut out, "a\\b\"c\nd", Format::OpenMetrics);
        assert_eq!(out, r#"a\\b\"c\nd"#);
    }
}
