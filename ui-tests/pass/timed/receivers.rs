#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `self` in all its forms.

use instrumetrics::timed;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone)]
struct Shop {
    name: String,
    orders: u32,
}

impl Shop {
    #[timed("by_value_seconds", labels(name = self.name), outcome)]
    fn by_value(self) -> String {
        self.name
    }

    #[timed("by_mutable_value_seconds", labels(name = self.name.as_str()), outcome)]
    fn by_mutable_value(mut self) -> Self {
        self.orders += 1;
        self
    }

    #[timed("by_reference_seconds", labels(name = self.name), outcome)]
    fn by_reference(&self) -> &str {
        &self.name
    }

    #[timed("by_mutable_reference_seconds", labels(orders = self.orders), outcome)]
    fn by_mutable_reference(&mut self) -> &mut u32 {
        self.orders += 1;
        &mut self.orders
    }

    #[timed("pinned_seconds", outcome)]
    fn pinned(self: Pin<&mut Self>) -> u32 {
        self.orders
    }

    #[timed("boxed_self_seconds", labels(name = self.name), outcome)]
    fn boxed(self: Box<Self>) -> u32 {
        self.orders
    }

    #[timed("arc_seconds", labels(name = self.name), outcome)]
    async fn arc(self: Arc<Self>) -> u32 {
        tokio::task::yield_now().await;
        self.orders
    }

    #[timed("rc_seconds")]
    fn rc(self: &Rc<Self>) -> Rc<Self> {
        Rc::clone(self)
    }

    #[timed]
    fn associated(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            orders: 0,
        }
    }

    #[timed("async_reference_seconds", labels(name = self.name), outcome)]
    async fn async_reference(&mut self) -> Result<&str, ()> {
        self.orders += 1;
        Ok(&self.name)
    }
}

fn main() {
    let mut shop = Shop::associated("ulm").by_mutable_value();
    assert_eq!(shop.by_reference(), "ulm");
    *shop.by_mutable_reference() += 1;
    assert_eq!(Pin::new(&mut shop).pinned(), 3);
    assert_eq!(Rc::new(shop.clone()).rc().orders, 3);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    assert_eq!(runtime.block_on(shop.async_reference()), Ok("ulm"));
    assert_eq!(runtime.block_on(Arc::new(shop.clone()).arc()), 4);
    assert_eq!(Box::new(shop.clone()).boxed(), 4);
    assert_eq!(shop.by_value(), "ulm");
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"by_value_seconds_count{name="ulm",outcome="success"} 1"#),
        "{text}"
    );
}
