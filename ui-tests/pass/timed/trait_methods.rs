#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Methods of traits with bodies, and of generic implementations.

use instrumetrics::{Outcome, counted, timed};
use std::fmt::Debug;

trait Shop {
    type Answer: Debug;
    const TOWN: &'static str;

    fn name(&self) -> String;

    #[timed("trait_order_seconds", labels(name = self.name(), town = Self::TOWN), outcome)]
    fn order(&self) -> Result<(), String> {
        Ok(())
    }

    #[counted("trait_answers_total", outcome = |ret| if format!("{ret:?}") == "0" { Outcome::Error } else { Outcome::Success })]
    fn answer(&self, answer: Self::Answer) -> Self::Answer {
        answer
    }

    #[timed("trait_async_seconds", outcome)]
    fn later(&self) -> impl Future<Output = Result<(), ()>> + Send {
        async { Ok(()) }
    }
}

struct Stall<T>(T);

impl<T: Debug + Clone> Shop for Stall<T> {
    type Answer = u32;
    const TOWN: &'static str = "ulm";

    #[timed("stall_name_seconds", outcome)]
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl<T: Clone> Stall<T>
where
    T: Debug,
{
    #[timed("stall_goods_seconds", labels(goods = format!("{:?}", self.0)))]
    fn goods(&self) -> T {
        self.0.clone()
    }

    #[timed("stall_pair_seconds", labels(other))]
    fn pair<U>(&self, other: &str, extra: U) -> (T, U) {
        let _ = other;
        (self.0.clone(), extra)
    }

    #[counted("stall_maybe_total", outcome)]
    fn maybe(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

fn main() {
    let stall = Stall(1_u8);
    assert_eq!(stall.order(), Ok(()));
    assert_eq!(stall.answer(0), 0);
    assert_eq!(stall.goods(), 1);
    assert_eq!(stall.pair("x", 'c'), (1, 'c'));
    assert_eq!(stall.maybe(), Some(1));
    drop(stall.later());
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"trait_order_seconds_count{name="1",outcome="success",town="ulm"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"trait_answers_total{outcome="error"} 1"#),
        "{text}"
    );
}
