//! OTLP over gRPC: one unary call for each request, over HTTP/2.
//!
//! Sources: "gRPC over HTTP2" and "gRPC status codes" at github.com/grpc/grpc, and "OTLP/gRPC" of the specification.
//!
//! The library `h2` does what is HTTP/2. What gRPC adds for a call like this is five bytes before the message and the
//! trailers after it; a framework for it would be twenty crates more.

use super::answer::{Partial, Status, Verdict, quoted};
use super::config::OtlpCompression;
use crate::Secret;
use crate::config::otlp::percent_decoded;
use crate::export::push::http::gzip;
use crate::export::push::{Failure, Round};
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use std::mem;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use ureq::http::header::{CONTENT_TYPE, HeaderName, TE, USER_AGENT};
use ureq::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};

const METHOD: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Bytes of an answer that are read.
const MOST_READ: usize = 64 * 1024;

/// As gRPC writes binary metadata, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Clone, Debug)]
pub(super) struct Grpc {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    headers: HeaderMap,
    compression: OtlpCompression,
    /// Kept from one export to the next.
    connection: Option<SendRequest<Bytes>>,
}

impl Grpc {
    /// # Errors
    ///
    /// What was expected, in words.
    pub(super) fn new(
        endpoint: &Uri,
        metadata: &[(String, Secret)],
        compression: OtlpCompression,
    ) -> Result<Self, String> {
        let secure = endpoint.scheme_str() == Some("https");
        // An address of IPv6 is in brackets.
        let host = endpoint.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let tls = if secure {
            let name = ServerName::try_from(host.clone())
                .map_err(|_| "a host that can have a certificate".to_owned())?;
            Some((tls()?, name))
        } else {
            None
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("instrumetrics/", env!("CARGO_PKG_VERSION"))),
        );
        if compression == OtlpCompression::Gzip {
            headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        }
        for (name, value) in metadata {
            let header = HeaderName::try_from(name)
                .map_err(|_| format!("`{name}` is not the name of a header"))?;
            let mut value = HeaderValue::try_from(value.reveal())
                .map_err(|_| format!("the value of the header `{name}` cannot be sent"))?;
            value.set_sensitive(true);
            headers.append(header, value);
        }
        let uri = Uri::builder()
            .scheme(if secure { "https" } else { "http" })
            .authority(endpoint.authority().map_or("", |it| it.as_str()))
            .path_and_query(METHOD)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            port: endpoint.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            uri,
            host,
            tls,
            headers,
            compression,
            connection: None,
        })
    }

    pub(super) async fn send(
        &mut self,
        round: &Round<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Verdict, Failure> {
        let (flag, message) = match self.compression {
            OtlpCompression::None => (0, Bytes::from(mem::take(body))),
            OtlpCompression::Gzip => (1, Bytes::from(gzip(body))),
        };
        let length = u32::try_from(message.len())
            .map_err(|_| Failure::new("encoding", "the request is too large"))?;
        let mut prefix = vec![flag];
        prefix.extend_from_slice(&length.to_be_bytes());
        let mut request = Request::builder()
            .method(Method::POST)
            .version(Version::HTTP_2)
            .uri(self.uri.clone())
            .body(())
            .map_err(|error| Failure::new("encoding", error.to_string()))?;
        request.headers_mut().clone_from(&self.headers);
        // At most eight digits.
        let left = round.left().as_millis().clamp(1, 99_999_999);
        if let Ok(timeout) = HeaderValue::try_from(format!("{left}m")) {
            request.headers_mut().insert("grpc-timeout", timeout);
        }

        // Kept again only if all goes well: after anything else a new one is made.
        let mut connection = match self.connection.take() {
            Some(kept) => match kept.ready().await {
                Ok(kept) => kept,
                Err(_) => self.connect().await?,
            },
            None => self.connect().await?,
        };
        let (response, mut sending) = connection
            .send_request(request, false)
            .map_err(|error| failure(&error))?;
        // The library sends as much at a time as the peer takes.
        sending
            .send_data(Bytes::from(prefix), false)
            .and_then(|()| sending.send_data(message.clone(), true))
            .map_err(|error| failure(&error))?;
        let response = response.await.map_err(|error| failure(&error))?;
        let verdict = read(response).await?;
        drop(sending);
        self.connection = Some(connection);
        if self.compression == OtlpCompression::None
            && let Ok(message) = message.try_into_mut()
        {
            *body = message.into();
        }
        Ok(verdict)
    }

    async fn connect(&self) -> Result<SendRequest<Bytes>, Failure> {
        let stream = TcpStream::connect((&*self.host, self.port))
            .await
            .map_err(|error| Failure::io(&error))?;
        // Otherwise it is a little slower.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => handshake(stream).await,
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name.clone(), stream).await;
                handshake(stream.map_err(|error| Failure::io(&error))?).await
            }
        }
    }
}

/// TLS as the HTTP client of the other protocols has it: `ring`, and Mozilla's authorities.
fn tls() -> Result<Arc<ClientConfig>, String> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let mut config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<SendRequest<Bytes>, Failure> {
    let (requests, connection) = h2::client::handshake(stream)
        .await
        .map_err(|error| failure(&error))?;
    // It ends with the connection, or with this worker's runtime. What is wrong with it, the calls say.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(requests)
}

fn failure(error: &h2::Error) -> Failure {
    match error.get_io() {
        Some(error) => Failure::io(error),
        None => Failure::new("io", error.to_string()),
    }
}

/// Reads an answer to its end.
async fn read(response: Response<RecvStream>) -> Result<Verdict, Failure> {
    let (head, mut body) = response.into_parts();
    if head.headers.contains_key("grpc-status") {
        // There is nothing else.
        return Ok(verdict(&head.headers, &[]));
    }
    if head.status != StatusCode::OK {
        return Ok(not_grpc(head.status));
    }
    let mut answer = Vec::new();
    while let Some(data) = body.data().await {
        let data = match data {
            Ok(data) => data,
            // What was sent is not of interest to the peer any more.
            Err(error) if error.reason() == Some(Reason::NO_ERROR) => break,
            Err(error) => return Err(failure(&error)),
        };
        // It fails only where there is nothing to be released.
        let _ = body.flow_control().release_capacity(data.len());
        if answer.len() + data.len() > MOST_READ {
            return Err(Failure::new("io", "the peer's answer has no end"));
        }
        answer.extend_from_slice(&data);
    }
    let trailers = body.trailers().await.map_err(|error| failure(&error))?;
    let Some(trailers) = trailers else {
        return Err(Failure::new("io", "the peer's answer breaks off"));
    };
    Ok(verdict(&trailers, &answer))
}

/// What trailers mean, and the message before them.
fn verdict(trailers: &HeaderMap, answer: &[u8]) -> Verdict {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let code: Option<u8> = text("grpc-status").and_then(|code| code.parse().ok());
    if code == Some(0) {
        // Five bytes, the first of which says whether the message is compressed; that was not asked for.
        let message = match answer.split_at_checked(5) {
            Some(([0, ..], message)) => message,
            _ => &[],
        };
        return Verdict::Taken(Partial::of_protobuf(message));
    }
    let details = text("grpc-status-details-bin");
    let details = details.and_then(|details| BASE64.decode(details).ok());
    let retry_after = Status::of_protobuf(&details.unwrap_or_default()).retry_after;
    let message = text("grpc-message").unwrap_or_default();
    let message = percent_decoded(message).unwrap_or_else(|| message.to_owned());
    let name = name_of(code);
    let failure = Failure {
        retry_after,
        ..Failure::new(
            "rejected",
            format!("the peer answered {name}: {}", quoted(&message)),
        )
    };
    match name {
        // Servers have no code for this; so they say it (grpc-go, grpc-java, tonic).
        "RESOURCE_EXHAUSTED" | "OUT_OF_RANGE" if is_size(&message) => Verdict::TooLarge(failure),
        "CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE"
        | "DATA_LOSS" => Verdict::Later(failure),
        "RESOURCE_EXHAUSTED" if retry_after.is_some() => Verdict::Later(failure),
        _ => Verdict::Refused(failure),
    }
}

fn is_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["larger than", "too large", "exceeds maximum"]
        .iter()
        .any(|words| message.contains(words))
}

fn name_of(code: Option<u8>) -> &'static str {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = code.and_then(|code| NAMES.get(usize::from(code)));
    name.copied().unwrap_or("UNKNOWN")
}

/// An answer from something between here and the server.
fn not_grpc(status: StatusCode) -> Verdict {
    let failure = Failure::new("rejected", format!("the peer answered {status}, not gRPC"));
    match status.as_u16() {
        413 => Verdict::TooLarge(failure),
        429 | 502 | 503 | 504 => Verdict::Later(failure),
        _ => Verdict::Refused(failure),
    }
}
