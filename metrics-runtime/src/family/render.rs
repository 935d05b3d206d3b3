//! Label text, escaped as text 0.0.4 and `OpenMetrics` 1.0 both want it.

/// `a="x",b="y"`, without absent (empty) labels.
pub(super) fn labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Box<str> {
    let mut text = String::new();
    for (name, value) in labels.filter(|(_, value)| !value.is_empty()) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        crate::export::text::escape_label_value(&mut text, value);
        text.push('"');
    }
    text.into_boxed_str()
}
