#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Every type of label value, and their zeros where all are enums.

use instrumetrics::{LabelText, LabelValue, timed};
use std::borrow::Cow;
use std::sync::Arc;

#[derive(Clone, Copy, LabelValue)]
enum Size {
    Small,
    Large,
}

struct Town(String);

impl LabelValue for Town {
    fn text(&self) -> LabelText<'_> {
        LabelText::from(self.0.as_str())
    }
}

#[timed("enums_seconds", labels(size, other))]
fn enums(size: Size, other: &Option<Size>) {
    let _ = (size, other);
}

#[timed("types_seconds", labels(a, b, c, d, e, f, g, h, i, j))]
fn types(
    a: &str,
    b: String,
    c: &String,
    d: Cow<'_, str>,
    e: Arc<str>,
    f: u8,
    g: bool,
    h: Option<&str>,
    i: &&i64,
    j: &Town,
) {
    let _ = (a, b, c, d, e, f, g, h, i, j);
}

#[timed("expressions_seconds", labels(size = Size::Large, sum = 1 + 2, negative = -5, text = "x".to_owned() + "y", size_of = std::mem::size_of::<T>(), name = { let x = name; x }))]
fn expressions<T>(name: &str) {
    let _ = name;
}

fn main() {
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"enums_seconds_count{other="Large",size="Small"} 0"#),
        "{text}"
    );
    enums(Size::Small, &None);
    let owned = "c".to_owned();
    types(
        "a",
        "b".into(),
        &owned,
        "d".into(),
        "e".into(),
        1,
        true,
        None,
        &&-1,
        &Town("t".into()),
    );
    expressions::<u32>("n");
    let text = instrumetrics::render();
    assert!(
        text.contains(
            r#"types_seconds_count{a="a",b="b",c="c",d="d",e="e",f="1",g="true",i="-1",j="t"} 1"#
        ),
        "{text}"
    );
    assert!(text.contains(r#"expressions_seconds_count{name="n",negative="-5",size="Large",size_of="4",sum="3",text="xy"} 1"#), "{text}");
}
