use instrumetrics::job_metric;

#[job_metric(shop)]
fn order<T: Default>(shop: &str) -> T {
    let _ = shop;
    T::default()
}

fn main() {}
