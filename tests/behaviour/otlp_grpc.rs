//! OTLP over gRPC, against a server that answers as it is told.

use crate::otlp::{account, alone, counts, into, refused};
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use instrumetrics::{Metrics, OtlpCompression, OtlpConfig, OtlpProtocol, OtlpTemporality};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message;
use std::collections::VecDeque;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use ureq::http;

/// What the server does with a call.
#[derive(Clone, Debug)]
enum Reply {
    /// A message and trailers.
    Answer(ExportMetricsServiceResponse),
    /// No message, and trailers with this status, some of them in the headers at once.
    Status(&'static str, Vec<(&'static str, String)>),
    /// Not gRPC at all.
    Http(u16),
    /// Resets the stream.
    Reset,
    /// Closes the connection.
    Close,
    Silence,
}

fn fine() -> Reply {
    Reply::Answer(ExportMetricsServiceResponse::default())
}

#[derive(Clone, Debug)]
struct Call {
    head: HeaderMap,
    path: String,
    compressed: bool,
    bytes: Vec<u8>,
    request: ExportMetricsServiceRequest,
    at: Instant,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    calls: Mutex<Vec<Call>>,
    connections: Mutex<usize>,
}

struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinSet<()>,
}

impl Server {
    async fn start(address: &str) -> Self {
        let begin = Instant::now();
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(error) => assert!(begin.elapsed().as_secs() < 20, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let mut serving = JoinSet::new();
        serving.spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut connections = JoinSet::new();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    *shared.connections.lock().unwrap() += 1;
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
            }
        });
        Self {
            address,
            shared,
            serving,
        }
    }

    fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.script.lock().unwrap().extend(replies);
    }

    fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared.calls.lock().unwrap())
    }

    async fn wait_for(&self, calls: usize) {
        let begin = Instant::now();
        while self.shared.calls.lock().unwrap().len() < calls {
            assert!(begin.elapsed().as_secs() < 20);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn config(&self) -> OtlpConfig {
        OtlpConfig {
            endpoint: Some(format!("http://{}", self.address)),
            protocol: OtlpProtocol::Grpc,
            ..OtlpConfig::default()
        }
    }

    async fn stop(mut self) -> String {
        self.serving.shutdown().await;
        self.address.to_string()
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut calls = JoinSet::new();
    let (close, mut closing) = tokio::sync::mpsc::channel(1);
    loop {
        tokio::select! {
            call = connection.accept() => match call {
                Some(Ok((request, respond))) => {
                    calls.spawn(answer(request, respond, Arc::clone(&shared), close.clone()));
                }
                _ => return,
            },
            _ = closing.recv() => return,
        }
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: Arc<Shared>,
    close: tokio::sync::mpsc::Sender<()>,
) {
    let (head, mut body) = request.into_parts();
    let mut read = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        read.extend_from_slice(&data);
    }
    let (prefix, bytes) = read.split_at(5);
    assert_eq!(
        prefix[1..],
        u32::try_from(bytes.len()).unwrap().to_be_bytes()
    );
    let mut plain = bytes.to_vec();
    if prefix[0] == 1 {
        plain.clear();
        flate2::read::GzDecoder::new(bytes)
            .read_to_end(&mut plain)
            .unwrap();
    }
    shared.calls.lock().unwrap().push(Call {
        head: head.headers,
        path: head.uri.path().to_owned(),
        compressed: prefix[0] == 1,
        request: ExportMetricsServiceRequest::decode(&*plain).unwrap(),
        bytes: bytes.to_vec(),
        at: Instant::now(),
    });
    let next = shared.script.lock().unwrap().pop_front();
    let trailers = |status: &str, more: Vec<(&'static str, String)>| {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", status.parse().unwrap());
        for (name, value) in more {
            trailers.insert(name, value.parse().unwrap());
        }
        trailers
    };
    let response = Response::builder().header("content-type", "application/grpc");
    match next.unwrap_or_else(fine) {
        Reply::Answer(answer) => {
            let response = response.body(()).unwrap();
            let mut stream = respond.send_response(response, false).unwrap();
            let message = answer.encode_to_vec();
            let mut framed = vec![0];
            framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
            framed.extend(message);
            stream.send_data(framed.into(), false).unwrap();
            stream.send_trailers(trailers("0", Vec::new())).unwrap();
        }
        // Half of the codes are sent in trailers of their own, half in the headers.
        Reply::Status(status, more) if status.len() == 1 => {
            let mut stream = respond
                .send_response(response.body(()).unwrap(), false)
                .unwrap();
            stream.send_trailers(trailers(status, more)).unwrap();
        }
        Reply::Status(status, more) => {
            let mut response = response.body(()).unwrap();
            response.headers_mut().extend(trailers(status, more));
            respond.send_response(response, true).unwrap();
        }
        Reply::Http(status) => {
            let response = Response::builder().status(status).body(()).unwrap();
            respond.send_response(response, true).unwrap();
        }
        Reply::Reset => respond.send_reset(Reason::INTERNAL_ERROR),
        Reply::Close => close.send(()).await.unwrap(),
        Reply::Silence => std::future::pending().await,
    }
}

fn status(code: &'static str) -> Reply {
    Reply::Status(code, vec![("grpc-message", "because%20%C3%A4".to_owned())])
}

/// A status with `RetryInfo` of so many milliseconds, as servers write it: in base 64 without padding.
fn with_retry_info(code: &'static str, milliseconds: u64) -> Reply {
    use base64::Engine;
    let mut delay = Vec::new();
    prost::encoding::uint64::encode(1, &(milliseconds / 1000), &mut delay);
    prost::encoding::uint64::encode(2, &(milliseconds % 1000 * 1_000_000), &mut delay);
    let mut info = Vec::new();
    prost::encoding::bytes::encode(1, &delay, &mut info);
    let mut any = Vec::new();
    let url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
    prost::encoding::string::encode(1, &url, &mut any);
    prost::encoding::bytes::encode(2, &info, &mut any);
    let mut status = Vec::new();
    prost::encoding::uint64::encode(1, &8, &mut status);
    prost::encoding::bytes::encode(3, &any, &mut status);
    let details = base64::engine::general_purpose::STANDARD_NO_PAD.encode(status);
    Reply::Status(code, vec![("grpc-status-details-bin", details)])
}

async fn count(metrics: &Metrics, name: &'static str, by: u64) {
    metrics.increment_by(name, by, &[]).await.unwrap();
}

#[tokio::test]
async fn a_call_is_what_grpc_wants() {
    let _alone = alone().await;
    for compression in [OtlpCompression::None, OtlpCompression::Gzip] {
        let server = Server::start("127.0.0.1:0").await;
        let metrics = into(OtlpConfig {
            compression,
            headers: vec![("Api-Key".into(), "secret".into())],
            ..server.config()
        });
        for n in 0..3 {
            count(&metrics, "otlp_grpc_total", 5).await;
            metrics.export().await.unwrap();
            let calls = server.take();
            assert_eq!(counts(&calls[0].request, "otlp_grpc_total"), [5 * (n + 1)]);
            let head = &calls[0].head;
            assert_eq!(
                calls[0].path,
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
            );
            assert_eq!(head["content-type"], "application/grpc");
            assert_eq!(head["te"], "trailers");
            assert_eq!(head["api-key"], "secret");
            assert!(head["grpc-timeout"].to_str().unwrap().ends_with('m'));
            let gzip = compression == OtlpCompression::Gzip;
            assert_eq!(
                (calls[0].compressed, head.contains_key("grpc-encoding")),
                (gzip, gzip)
            );
        }
        // One connection for all.
        assert_eq!(*server.shared.connections.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn each_status_means_what_otlp_says() {
    let _alone = alone().await;
    for (reply, words, again) in [
        (status("1"), "CANCELLED: because ä", true),
        (status("4"), "DEADLINE_EXCEEDED: because ä", true),
        (status("10"), "ABORTED: because ä", true),
        (status("11"), "OUT_OF_RANGE: because ä", true),
        (status("14"), "UNAVAILABLE: because ä", true),
        (status("15"), "DATA_LOSS: because ä", true),
        (with_retry_info("8", 10), "RESOURCE_EXHAUSTED", true),
        (status("8"), "RESOURCE_EXHAUSTED: because ä", false),
        (status("2"), "UNKNOWN: because ä", false),
        (status("3"), "INVALID_ARGUMENT: because ä", false),
        (status("7"), "PERMISSION_DENIED: because ä", false),
        (status("12"), "UNIMPLEMENTED: because ä", false),
        (status("13"), "INTERNAL: because ä", false),
        (status("16"), "UNAUTHENTICATED: because ä", false),
        (status("99"), "UNKNOWN: because ä", false),
        (Reply::Http(503), "503", true),
        (Reply::Http(404), "404", false),
    ] {
        let server = Server::start("127.0.0.1:0").await;
        // What is refused for good is dropped where differences are sent; what is not is sent again.
        let metrics = into(OtlpConfig {
            temporality: OtlpTemporality::Delta,
            interval: Duration::from_secs(3600),
            ..server.config()
        });
        count(&metrics, "otlp_status_total", 3).await;
        server.script([reply]);
        let dropped = account("dropped");
        let reason = refused(metrics.export().await);
        assert!(reason.contains(words), "{reason}");
        metrics.export().await.unwrap();
        let calls = server.take();
        let counts: Vec<_> = calls
            .iter()
            .map(|call| counts(&call.request, "otlp_status_total"))
            .collect();
        if again {
            assert_eq!(calls[0].bytes, calls[1].bytes, "{words}");
            assert_eq!(account("dropped"), dropped, "{words}");
        } else {
            assert_eq!(counts[1..].concat(), [0; 0], "{words}");
            assert!(account("dropped") - dropped >= 3.0, "{words}");
        }
    }
}

#[tokio::test]
async fn a_server_may_say_when_to_come_back() {
    let _alone = alone().await;
    let server = Server::start("127.0.0.1:0").await;
    let metrics = into(server.config());
    server.script([with_retry_info("14", 2500)]);
    refused(metrics.export().await);
    server.wait_for(2).await;
    let calls = server.take();
    let waited = (calls[1].at - calls[0].at).as_secs_f64();
    assert!((2.4..8.0).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_partial_success_over_grpc_is_reported() {
    let _alone = alone().await;
    let server = Server::start("127.0.0.1:0").await;
    let metrics = into(server.config());
    server.script([Reply::Answer(ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: 1,
            error_message: "odd".to_owned(),
        }),
    })]);
    let reason = refused(metrics.export().await);
    assert!(
        reason.starts_with("the peer refused 1 of ") && reason.ends_with(": odd"),
        "{reason}"
    );
}

#[tokio::test]
async fn connections_that_fail_are_made_anew() {
    let _alone = alone().await;
    let server = Server::start("127.0.0.1:0").await;
    let metrics = into(OtlpConfig {
        timeout: Duration::from_millis(700),
        interval: Duration::from_secs(3600),
        ..server.config()
    });
    for (at, reply) in (1..).zip([Reply::Reset, Reply::Close, Reply::Silence]) {
        count(&metrics, "otlp_anew_total", 1).await;
        server.script([reply.clone()]);
        metrics.export().await.unwrap_err();
        metrics.export().await.unwrap();
        let calls = server.take();
        let last = calls.last().unwrap();
        assert_eq!(counts(&last.request, "otlp_anew_total"), [at], "{reply:?}");
    }
    // It goes away, and comes back where it was.
    let address = server.stop().await;
    count(&metrics, "otlp_anew_total", 1).await;
    assert_eq!(metrics.export().await.unwrap_err().error_type(), "io");
    let server = Server::start(&address).await;
    metrics.export().await.unwrap();
    assert_eq!(counts(&server.take()[0].request, "otlp_anew_total"), [4]);
}

#[tokio::test]
async fn large_requests_flow_and_too_large_ones_are_sent_in_parts() {
    let _alone = alone().await;
    let server = Server::start("127.0.0.1:0").await;
    let metrics = into(server.config());
    for n in 0..2000 {
        let client = format!("{n:0>150}");
        metrics
            .increment_by("otlp_flow_total", n, &[("client", &client)])
            .await
            .unwrap();
    }
    metrics.export().await.unwrap();
    let calls = server.take();
    // More than a window of HTTP/2, which is 64 KiB at first.
    assert!(calls[0].bytes.len() > 300_000);
    let total: i64 = (0..2000).sum();
    assert_eq!(
        counts(&calls[0].request, "otlp_flow_total")
            .iter()
            .sum::<i64>(),
        total
    );
    for (code, words) in [
        ("8", "grpc: received message larger than max (5 vs. 4)"),
        (
            "11",
            "Error, decoded message length too large: found 5 bytes",
        ),
    ] {
        let message = words.replace(' ', "%20");
        server.script([Reply::Status(code, vec![("grpc-message", message)])]);
        metrics.export().await.unwrap();
        let calls = server.take();
        assert!(calls.len() > 2, "{}", calls.len());
        let sum: i64 = calls[1..]
            .iter()
            .flat_map(|call| counts(&call.request, "otlp_flow_total"))
            .sum();
        assert_eq!(sum, total);
    }
}
