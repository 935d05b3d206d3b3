#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Labels from the returned value, borrowed ones too.

use instrumetrics::{LabelValue, Outcome, counted, timed};

#[derive(Clone, Copy, LabelValue)]
enum Size {
    Small,
    Large,
}

struct Order {
    shop: String,
    size: Size,
}

#[timed("place_seconds", labels(shop = |ret| ret.as_ref().map(|order: &Order| order.shop.as_str()).unwrap_or("none"), size = |ret| ret.as_ref().ok().map(|order| order.size)), outcome)]
fn place(shop: &str) -> Result<Order, ()> {
    if shop.is_empty() {
        return Err(());
    }
    let size = if shop.len() > 3 {
        Size::Large
    } else {
        Size::Small
    };
    Ok(Order {
        shop: shop.to_owned(),
        size,
    })
}

#[counted("statuses_total", labels(kind, status = |ret| ret.0), outcome = |ret| if ret.0 < 500 { Outcome::Success } else { Outcome::Error })]
async fn status(kind: &'static str, code: u16) -> (u16, &'static str) {
    (code, kind)
}

#[counted("texts_total", labels(text = |ret: &String| ret.clone()))]
fn text() -> String {
    "x".to_owned()
}

#[counted("blocks_total", labels(text = |ret| { let n: usize = *ret; n > 1 }))]
fn block() -> usize {
    2
}

fn main() {
    assert!(place("ulm").is_ok());
    assert!(place("berlin").is_ok());
    assert!(place("").is_err());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    assert_eq!(runtime.block_on(status("a", 503)).0, 503);
    assert_eq!(text(), "x");
    assert_eq!(block(), 2);
    let text = instrumetrics::render();
    for line in [
        r#"place_seconds_count{outcome="success",shop="ulm",size="Small"} 1"#,
        r#"place_seconds_count{outcome="error",shop="none"} 1"#,
        r#"statuses_total{kind="a",outcome="error",status="503"} 1"#,
        r#"texts_total{text="x"} 1"#,
        r#"blocks_total{text="true"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
