//! Label text, escaped as text 0.0.4 and `OpenMetrics` 1.0 both want it.

/// Appends what stands between a name and a number: `{a="x",b="y"} `, or a space where there is no label.
pub(super) fn labels<'a>(text: &mut String, labels: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut separator = '{';
    for (name, value) in labels {
        text.push(separator);
        separator = ',';
        text.push_str(name);
        text.push_str("=\"");
        crate::export::text::escape_label_value(text, value);
        text.push('"');
    }
    text.push_str(if separator == ',' { "} " } else { " " });
}
