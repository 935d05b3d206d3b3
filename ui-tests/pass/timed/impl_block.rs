#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! On a whole `impl` block.

use instrumetrics::{counted, job_metric, timed};

struct HttpClient<T> {
    name: String,
    body: T,
}

#[timed(outcome, labels(name = self.name), namespace = "web")]
#[counted(outcome)]
impl<T: Clone> HttpClient<T> {
    const LIMIT: usize = 3;

    /// Documented.
    pub fn fetch(&self) -> Result<T, ()> {
        if self.name.len() > Self::LIMIT {
            return Err(());
        }
        Ok(self.body.clone())
    }

    async fn fetch_later(&mut self) -> Option<&T> {
        self.name.push('x');
        Some(&self.body)
    }

    #[timed(skip)]
    #[counted(skip)]
    const fn name_length() -> usize {
        3
    }

    #[timed("own_seconds")]
    #[counted(skip)]
    #[must_use]
    fn own(self) -> T {
        self.body
    }
}

struct Other;

#[timed]
#[counted]
impl Default for Other {
    fn default() -> Self {
        Self
    }
}

#[async_trait::async_trait]
trait Load {
    async fn load(&self, key: &str) -> Result<usize, ()>;
}

#[async_trait::async_trait]
#[timed(labels(key), outcome)]
impl Load for Other {
    async fn load(&self, key: &str) -> Result<usize, ()> {
        Ok(key.len())
    }
}

#[job_metric(namespace = "importer")]
#[async_trait::async_trait]
impl Load for HttpClient<u32> {
    async fn load(&self, key: &str) -> Result<usize, ()> {
        Ok(key.len())
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut client = HttpClient {
        name: "ab".to_owned(),
        body: 1_u32,
    };
    assert_eq!(client.fetch(), Ok(1));
    assert_eq!(runtime.block_on(client.fetch_later()), Some(&1));
    assert_eq!(HttpClient::<u32>::name_length(), 3);
    assert_eq!(runtime.block_on(client.load("abc")), Ok(3));
    assert_eq!(client.own(), 1);
    let other = Other::default();
    assert_eq!(runtime.block_on(other.load("k")), Ok(1));
    let text = instrumetrics::render();
    for line in [
        "# HELP web_http_client_fetch_duration_seconds Duration of `HttpClient::fetch` in seconds.",
        r#"web_http_client_fetch_duration_seconds_count{name="ab",outcome="success"} 1"#,
        r#"web_http_client_fetch_later_duration_seconds_count{name="ab",outcome="success"} 1"#,
        r#"http_client_fetch_total{outcome="success"} 1"#,
        "own_seconds_count 1",
        "other_default_total 1",
        r#"other_load_duration_seconds_count{key="k",outcome="success"} 1"#,
        r#"importer_jobs_completed_total{status="success"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    assert!(!text.contains("name_length"), "{text}");
}
