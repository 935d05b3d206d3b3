//! The InfluxDB exporter against servers that take, refuse, break off and never answer.

use instrumetrics::{InfluxConfig, InfluxExporter, Metrics, MetricsError, snapshot};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The account is that of all InfluxDB exporters, so these tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Metrics that are exported for the last time before it is the next test's turn.
struct Ended(Metrics);

impl Ended {
    fn new(metrics: Metrics) -> Self {
        Self(metrics)
    }
}

impl std::ops::Deref for Ended {
    type Target = Metrics;

    fn deref(&self) -> &Metrics {
        &self.0
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        // There may be nobody to take it any more.
        let _ = runtime.block_on(self.0.shutdown(Duration::from_millis(100)));
    }
}

fn export(metrics: &Metrics) -> Result<(), MetricsError> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    runtime.block_on(metrics.export())
}

#[derive(Clone, Debug)]
struct Request {
    /// The line and the headers, in lower case.
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// What a server answers to a request, whole; empty for nothing.
type Answer = Box<dyn FnMut(&Request) -> String + Send>;

/// A server that answers as it is told and keeps what it received; a connection for each request.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(Box::new(|_| status("204 No Content", "")))),
        };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::clone(&server.answer));
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1);
                let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).unwrap();
                let request = Request { head, body };
                let answer = (answer.lock().unwrap())(&request);
                requests.lock().unwrap().push(request);
                // The client may have gone.
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        server
    }

    fn answers(&self, answer: impl FnMut(&Request) -> String + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    /// What was received since this was last asked.
    fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    fn metrics(&self, change: impl FnOnce(&mut InfluxConfig)) -> Ended {
        let mut config = InfluxConfig {
            url: self.url.clone(),
            database: Some("m".into()),
            gzip: false,
            // Only when asked.
            interval: Duration::from_secs(3600),
            ..InfluxConfig::default()
        };
        change(&mut config);
        Ended::new(Metrics::new(InfluxExporter::new(config).unwrap()))
    }
}

fn status(line: &str, body: &str) -> String {
    with(line, "", body)
}

fn with(line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {line}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn account(result: &str) -> f64 {
    let labels = [("exporter", "influx"), ("result", result)];
    let counted = snapshot().counter("metrics_export_recordings_total", &labels);
    counted.unwrap_or(0.0)
}

fn pending() -> f64 {
    let labels = [("exporter", "influx")];
    let pending = snapshot().gauge("metrics_export_recordings_pending", &labels);
    pending.unwrap()
}

/// The one line of a series, without its time.
fn line(requests: &[Request], series: &str) -> Option<String> {
    let lines = requests.iter().flat_map(|request| request.text().lines());
    let mut found = lines.filter(|line| line.starts_with(series));
    let line = found.next()?.rsplit_once(' ').unwrap().0.to_owned();
    assert_eq!(found.next(), None);
    Some(line)
}

#[test]
fn both_apis_are_spoken() {
    let _turn = turn();
    let server = Server::new();
    let first = server.metrics(|config| {
        config.database = Some("my db&x".into());
        (config.username, config.password) = (Some("ann".into()), Some("pass:word".into()));
    });
    first.counter("inb_first_total", &[("k", "a b")]).inc_by(3);
    export(&first).unwrap();
    let requests = server.requests();
    let head = &requests[0].head;
    assert!(
        head.starts_with("post /write?db=my%20db%26x&precision=ns http/1.1\r\n"),
        "{head}"
    );
    // `ann:pass:word`.
    assert!(
        head.contains("authorization: basic yw5uonbhc3m6d29yza==\r\n"),
        "{head}"
    );
    assert_eq!(
        line(&requests, "inb_first_total").unwrap(),
        "inb_first_total,k=a\\ b value=3i"
    );

    let second = server.metrics(|config| {
        config.database = None;
        (config.org, config.bucket) = (Some("acme".into()), Some("ünit".into()));
        config.token = Some("abc".into());
        config.gzip = true;
        config.url.push_str("/base/");
    });
    second.gauge("inb_second", &[]).set(0.5);
    export(&second).unwrap();
    let requests = server.requests();
    let head = &requests[0].head;
    let path = "post /base/api/v2/write?org=acme&bucket=%c3%bcnit&precision=ns http/1.1\r\n";
    assert!(head.starts_with(path), "{head}");
    assert!(head.contains("authorization: token abc\r\n"), "{head}");
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*requests[0].body)
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("\ninb_second value=0.5 "), "{text}");
}

#[test]
fn what_fails_on_the_way_is_sent_later() {
    let _turn = turn();
    let server = Server::new();
    let metrics = server.metrics(|_| {});
    let counter = metrics.counter("inb_later_total", &[]);
    let (delivered, dropped) = (account("delivered"), account("dropped"));
    let answers = [
        (
            with("429 Too Many Requests", "Retry-After: 30\r\n", ""),
            "rejected",
        ),
        (
            status("500 Internal Server Error", "{\"error\":\"engine\"}"),
            "rejected",
        ),
        (status("503 Service Unavailable", ""), "rejected"),
        (status("401 Unauthorized", ""), "rejected"),
        (
            status("404 Not Found", "{\"error\":\"database not found\"}"),
            "rejected",
        ),
        (
            with(
                "307 Temporary Redirect",
                "Location: http://127.0.0.1:1/\r\n",
                "",
            ),
            "rejected",
        ),
        ("HTTP/1.1 2".to_owned(), "io"),
        ("\0garbage\r\n\r\n".to_owned(), "io"),
        (String::new(), "io"),
    ];
    let count = answers.len();
    for (answer, error_type) in answers {
        counter.inc_by(2);
        let sent = answer.clone();
        server.answers(move |_| sent.clone());
        let error = export(&metrics).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{answer}: {error}");
        // One request: nothing is tried again before it is time.
        assert_eq!(server.requests().len(), 1, "{answer}");
    }
    assert_eq!(
        (account("delivered"), account("dropped")),
        (delivered, dropped)
    );
    assert!(pending() >= 2.0 * count as f64);
    server.answers(|_| status("204 No Content", ""));
    export(&metrics).unwrap();
    assert_eq!(
        line(&server.requests(), "inb_later_total").unwrap(),
        "inb_later_total value=18i"
    );
    assert!(account("delivered") >= delivered + 18.0);
    assert_eq!((account("dropped"), pending()), (dropped, 0.0));
}

#[test]
fn a_peer_that_never_answers_is_cut_off() {
    let _turn = turn();
    let server = Server::new();
    let metrics = server.metrics(|_| {});
    metrics.counter("inb_never_total", &[]).inc();
    server.answers(|_| {
        std::thread::sleep(Duration::from_secs(3));
        String::new()
    });
    let delivered = account("delivered");
    let begin = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let within = Duration::from_millis(500);
    let error = runtime.block_on(metrics.shutdown(within)).unwrap_err();
    assert_eq!(error.error_type(), "timeout");
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(account("delivered"), delivered);
}

#[test]
fn only_the_metric_that_is_refused_is_dropped() {
    let _turn = turn();
    let server = Server::new();
    let metrics = server.metrics(|_| {});
    for n in 0..40 {
        metrics
            .counter(&format!("inb_some_{n}_total"), &[])
            .inc_by(3);
    }
    for value in ["a", "b"] {
        metrics
            .counter("inb_refused_total", &[("k", value)])
            .inc_by(5);
    }
    let (delivered, dropped) = (account("delivered"), account("dropped"));
    // As InfluxDB 1 answers; the other lines of the request may be written by then.
    let refusal = "partial write: field type conflict: input field \"value\" on measurement \"inb_refused_total\" is type integer, already exists as type float dropped=2";
    let refuses = move |request: &Request| {
        if request.text().contains("inb_refused_total") {
            status("400 Bad Request", &format!("{{\"error\":\"{refusal}\"}}"))
        } else {
            status("204 No Content", "")
        }
    };
    server.answers(refuses);
    let error = export(&metrics).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(
        error
            .reason()
            .contains("partial write: field type conflict"),
        "{error}"
    );
    assert!(error.reason().contains("inb_refused_total"), "{error}");
    assert_eq!(account("dropped"), dropped + 10.0);
    assert!(account("delivered") >= delivered + 120.0);
    assert_eq!(pending(), 0.0);
    assert!(server.requests().len() < 30);
    // From now on it is alone, and nothing has to be narrowed down.
    metrics.counter("inb_refused_total", &[("k", "a")]).inc();
    export(&metrics).unwrap_err();
    let requests = server.requests();
    assert!(requests.len() <= 3, "{}", requests.len());
    let alone = |request: &&Request| request.text().contains("inb_refused_total");
    let alone: Vec<&Request> = requests.iter().filter(alone).collect();
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].text().lines().count(), 2);
    assert_eq!(account("dropped"), dropped + 11.0);
    // Until it is taken.
    server.answers(|_| status("204 No Content", ""));
    export(&metrics).unwrap();
    assert!(server.requests().len() > 1);
    export(&metrics).unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_request_that_is_too_large_is_split_and_the_next_is_smaller() {
    let _turn = turn();
    let server = Server::new();
    let metrics = server.metrics(|_| {});
    for n in 0..300 {
        metrics
            .counter("inb_large_total", &[("k", &n.to_string())])
            .inc_by(2);
    }
    let dropped = account("dropped");
    server.answers(|request| {
        if request.body.len() > 8_000 {
            status("413 Request Entity Too Large", "")
        } else {
            status("204 No Content", "")
        }
    });
    let taken = |requests: Vec<Request>| {
        let lines = requests
            .iter()
            .filter(|request| request.body.len() <= 8_000);
        let lines = lines.flat_map(|request| request.text().lines());
        let count = lines
            .filter(|line| line.starts_with("inb_large_total,"))
            .count();
        let refused = requests.iter().filter(|request| request.body.len() > 8_000);
        (count, refused.count())
    };
    // Nothing was lost, so it is no failure.
    export(&metrics).unwrap();
    let (count, refused) = taken(server.requests());
    assert_eq!(count, 300);
    assert!(refused > 0);
    export(&metrics).unwrap();
    let (count, again) = taken(server.requests());
    assert_eq!(count, 300);
    assert!(again <= 3 && again < refused, "{again} of {refused}");
    assert_eq!((account("dropped"), pending()), (dropped, 0.0));
}

#[test]
fn a_refusal_of_everything_ends() {
    let _turn = turn();
    let server = Server::new();
    let metrics = server.metrics(|_| {});
    for n in 0..200 {
        metrics.counter(&format!("inb_all_{n}_total"), &[]).inc();
    }
    let dropped = account("dropped");
    server.answers(|_| status("400 Bad Request", "{\"error\":\"no\"}"));
    for _ in 0..2 {
        export(&metrics).unwrap_err();
        assert!(server.requests().len() < 150);
    }
    assert!(account("dropped") >= dropped + 200.0);
    assert_eq!(pending(), 0.0);
}

#[test]
fn datagrams_hold_whole_lines() {
    let _turn = turn();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let exporter = InfluxExporter::new(InfluxConfig {
        url: format!("udp://{}", socket.local_addr().unwrap()),
        interval: Duration::from_secs(3600),
        ..InfluxConfig::default()
    });
    let metrics = Ended::new(Metrics::new(exporter.unwrap()));
    for n in 0..100 {
        metrics
            .counter("inb_udp_total", &[("k", &n.to_string())])
            .inc_by(n);
    }
    // The last one there is.
    metrics.counter("zz_inb_udp_last_total", &[]).inc();
    let before = account("delivered");
    let read = std::thread::spawn(move || {
        let mut lines = Vec::new();
        let mut datagram = vec![0; 65_536];
        loop {
            let length = socket.recv(&mut datagram).unwrap();
            let text = std::str::from_utf8(&datagram[..length]).unwrap().to_owned();
            assert!(text.ends_with('\n'));
            assert!(length <= 1432 || text.lines().count() == 1);
            lines.extend(text.lines().map(str::to_owned));
            if text.contains("zz_inb_udp_last_total") {
                return lines;
            }
        }
    });
    export(&metrics).unwrap();
    let lines = read.join().unwrap();
    let sum = lines
        .iter()
        .filter(|line| line.starts_with("inb_udp_total,"))
        .map(|line| {
            let value = line.split("value=").nth(1).unwrap();
            value.split('i').next().unwrap().parse::<u64>().unwrap()
        });
    assert_eq!(sum.sum::<u64>(), 4950);
    assert!(account("delivered") >= before + 4951.0);
}
