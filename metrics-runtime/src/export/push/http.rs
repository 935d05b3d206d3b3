//! Sends over HTTP: one request at a time, with a time limit, without following redirects.

use super::{Failure, Round};
use crate::Secret;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::time::{Duration, SystemTime};
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use ureq::http::{Method, Request, Uri};
use ureq::{Agent, Body};

/// Bytes of an answer that are read; what follows is not of interest.
const MOST_READ: u64 = 64 * 1024;

/// Characters of an answer that are put into an error.
const MOST_QUOTED: usize = 200;

/// Sends to one peer: a client with the address and the headers that go with every request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) content_type: &'static str,
    /// `gzip`, `deflate` or `snappy`, where the body is compressed.
    pub(crate) encoding: Option<&'static str>,
    pub(crate) body: Vec<u8>,
}

/// What the peer answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The first 64 KiB of it.
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
    /// What was sent, to be used again.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) sent: Vec<u8>,
}

impl Client {
    /// A client that sends these headers with every request to this address. Their values are secrets in any case.
    ///
    /// # Errors
    ///
    /// A name that is no header's, or a value with a control character, in words.
    pub(crate) fn new(uri: Uri, headers: &[(String, Secret)]) -> Result<Self, String> {
        let headers: Result<Vec<_>, String> = headers
            .iter()
            .map(|(name, value)| {
                let header = HeaderName::try_from(name)
                    .map_err(|_| format!("`{name}` is not the name of a header"))?;
                if !value.is_sendable() {
                    return Err(format!(
                        "the value of the header `{name}` is empty or has a control character"
                    ));
                }
                let mut value = HeaderValue::try_from(value.reveal())
                    .map_err(|_| format!("the value of the header `{name}` cannot be sent"))?;
                value.set_sensitive(true);
                Ok((header, value))
            })
            .collect();
        let agent = Agent::config_builder()
            // An answer that is not 2xx is an answer.
            .http_status_as_error(false)
            // A redirected POST would become a GET, or go to somebody else with our secrets.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("instrumetrics/", env!("CARGO_PKG_VERSION")))
            // HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
            .proxy(ureq::Proxy::try_from_env())
            .build()
            .new_agent();
        Ok(Self {
            agent,
            uri,
            headers: headers?,
        })
    }

    /// Sends a message within the time that is left to the round, and returns what was answered, whatever it is.
    ///
    /// # Errors
    ///
    /// `timeout` and `io`; the peer may have read the message all the same.
    pub(crate) async fn send(
        &self,
        round: &Round<'_>,
        message: Message,
    ) -> Result<Answer, Failure> {
        let within = round.left();
        if within.is_zero() {
            return Err(Failure::new("timeout", "no time is left to send it"));
        }
        let client = self.clone();
        // The client blocks, and the worker must be able to stop meanwhile. The time limit ends what nobody waits
        // for any more.
        let sent = tokio::task::spawn_blocking(move || client.send_blocking(message, within));
        sent.await
            .unwrap_or_else(|_| Err(Failure::new("io", "the request was broken off")))
    }

    /// As [`send`](Self::send), where no round is under way; blocks the thread.
    ///
    /// # Errors
    ///
    /// As there.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn send_blocking(
        &self,
        message: Message,
        within: Duration,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder()
            .method(message.method)
            .uri(&self.uri)
            .header(CONTENT_TYPE, message.content_type);
        if let Some(encoding) = message.encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(&message.body[..])
            .map_err(|error| Failure::new("encoding", error.to_string()))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(within))
            .build();
        let mut response = self.agent.run(request).map_err(|error| failure(&error))?;
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| asked_for(value.to_str().ok()?));
        let status = response.status().as_u16();
        let body = read(response.body_mut());
        Ok(Answer {
            status,
            body,
            retry_after,
            sent: message.body,
        })
    }
}

/// As much of an answer as is of interest. One that breaks off is taken as it is: its status has arrived.
fn read(body: &mut Body) -> Vec<u8> {
    use std::io::Read;
    let mut read = Vec::new();
    let _ = body.as_reader().take(MOST_READ).read_to_end(&mut read);
    read
}

fn failure(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::new("timeout", error.to_string()),
        ureq::Error::Io(error) => Failure::io(error),
        // Without the URI, which may hold a password.
        _ => Failure::new("io", error.to_string()),
    }
}

impl Answer {
    /// Whether the message was taken.
    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Whether the same message may be sent again: too many requests, or a gateway without its server (OTLP/HTTP
    /// 1.0, "Failures"; the others say the same or nothing).
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) const fn may_be_retried(&self) -> bool {
        matches!(self.status, 429 | 502 | 503 | 504)
    }

    /// What the peer answered, as the reason of a failure.
    pub(crate) fn failure(&self) -> Failure {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text
            .chars()
            .filter(|c| !c.is_control())
            .take(MOST_QUOTED)
            .collect();
        let mut reason = format!("the peer answered {}", self.status);
        if !text.is_empty() {
            reason.push_str(": ");
            reason.push_str(&text);
        }
        Failure {
            retry_after: self.retry_after,
            ..Failure::new("rejected", reason)
        }
    }
}

/// How long a `Retry-After` asks to wait (RFC 9110, 10.2.3): seconds, or a date.
fn asked_for(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Compresses a body.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "of some of the exporters"
)]
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// An address to send to: `http` or `https`, with a host.
///
/// # Errors
///
/// In words, without the address, which may hold a password.
pub(crate) fn endpoint(text: &str) -> Result<Uri, String> {
    let uri: Uri = text
        .trim()
        .parse()
        .map_err(|_| "a URL such as `http://localhost:8086`".to_owned())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            Err("a URL without a user or password in it".to_owned())
        }
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err("a URL that begins with `http://` or `https://`".to_owned()),
    }
}

/// The endpoint with a path (and query) in place of its own, below its own where it has one.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "of some of the exporters"
)]
pub(crate) fn below(endpoint: &Uri, path_and_query: &str) -> Result<Uri, String> {
    let base = endpoint.to_string();
    let base = base.split(['?', '#']).next().unwrap_or_default();
    format!("{}{path_and_query}", base.trim_end_matches('/'))
        .parse()
        .map_err(|_| format!("`{path_and_query}` cannot be a path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_may_ask_for_seconds_or_a_date() {
        assert_eq!(asked_for("120"), Some(Duration::from_secs(120)));
        let soon = SystemTime::now() + Duration::from_secs(90);
        let asked = asked_for(&httpdate::fmt_http_date(soon)).unwrap();
        assert!((88..=90).contains(&asked.as_secs()), "{asked:?}");
        assert_eq!(
            asked_for("Thu, 01 Jan 1970 00:00:00 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(asked_for("soon"), None);
    }

    #[test]
    fn an_endpoint_is_a_url_without_a_login() {
        for wrong in [
            "",
            "localhost",
            "localhost:80",
            "ftp://a",
            "http://",
            "/x",
            "http://u:p@h",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
        let uri = endpoint("http://localhost:8086/base/").unwrap();
        let below = |path| below(&uri, path).unwrap().to_string();
        assert_eq!(
            below("/write?db=m"),
            "http://localhost:8086/base/write?db=m"
        );
        assert_eq!(
            super::below(&endpoint("https://h").unwrap(), "/x")
                .unwrap()
                .to_string(),
            "https://h/x"
        );
    }

    #[test]
    fn a_header_that_could_end_its_line_is_refused() {
        let header = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.into())];
            Client::new(Uri::from_static("http://localhost"), &headers)
        };
        assert!(header("Authorization", "Token abc").is_ok());
        assert!(
            header("Authorization", "abc\r\nX: y")
                .unwrap_err()
                .contains("control character")
        );
        assert!(header("Authori zation", "abc").is_err());
        let shown = format!("{:?}", header("Authorization", "Token abc").unwrap());
        assert!(!shown.contains("abc"), "{shown}");
    }
}
