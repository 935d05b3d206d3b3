//! The built-in server against clients that misbehave. No peer is needed.

use crate::client::{Answer, connect, request};
use crate::scan::scan;
use crate::workload;
use instrumetrics::{Format, http};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Prometheus gives a scrape this long unless told otherwise.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

fn serve() -> (http::Server, SocketAddr) {
    let server = http::serve("127.0.0.1:0", workload::exporter()).unwrap();
    let address = server.local_addr();
    (server, address)
}

/// A scrape, which must be whole and in time.
fn scrape(address: SocketAddr) -> Answer {
    let begin = Instant::now();
    let answer = request(address, "GET", "/metrics", "").unwrap();
    assert!(begin.elapsed() < SCRAPE_TIMEOUT, "{:?}", begin.elapsed());
    assert_eq!(answer.status, 200);
    scan(str::from_utf8(&answer.body).unwrap(), Format::Text);
    answer
}

/// Waits until the server closes a connection; fails if that takes longer than a scrape may.
fn wait_until_closed(mut stream: &TcpStream) {
    let begin = Instant::now();
    // Closed or reset: either is the end.
    let _ = stream.read_to_end(&mut Vec::new());
    assert!(begin.elapsed() < SCRAPE_TIMEOUT, "{:?}", begin.elapsed());
}

fn stop(server: http::Server) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(server.shutdown());
}

#[test]
fn methods_and_paths() {
    let (_server, address) = serve();
    let get = scrape(address);
    let text = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(get.header("content-type"), Some(text));
    assert_eq!(get.header("content-encoding"), None);

    let head = request(address, "HEAD", "/metrics", "").unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    for header in ["content-type", "content-length", "vary"] {
        assert!(head.header(header).is_some(), "{header}");
        assert_eq!(head.header(header), get.header(header), "{header}");
    }

    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let answer = request(address, method, "/metrics", "").unwrap();
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
    for path in [
        "/",
        "/metrics/",
        "/metricsx",
        "/../etc/passwd",
        "/%6detrics",
    ] {
        assert_eq!(
            request(address, "GET", path, "").unwrap().status,
            404,
            "{path}"
        );
    }
    let queried = request(address, "GET", "/metrics?name%5B%5D=x", "").unwrap();
    assert_eq!(queried.status, 200);
}

#[test]
fn formats_and_compression() {
    let (_server, address) = serve();
    let get = |headers: &str| request(address, "GET", "/metrics", headers).unwrap();
    let openmetrics = get("Accept: application/openmetrics-text; version=1.0.0\r\n");
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(openmetrics.header("content-type"), Some(content_type));
    scan(
        str::from_utf8(&openmetrics.body).unwrap(),
        Format::OpenMetrics,
    );

    let packed = get("Accept-Encoding: gzip\r\n");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
    assert!(packed.body.len() < openmetrics.body.len() / 2);
    let refused = get("Accept-Encoding: gzip;q=0, *\r\n");
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn nonsense_is_refused_and_scrapes_go_on() {
    let (_server, address) = serve();
    let long = format!(
        "GET /metrics HTTP/1.1\r\nA: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(1000));
    let path = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET /metrics\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nA: \xff\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        long.as_bytes(),
        many.as_bytes(),
        path.as_bytes(),
    ] {
        let mut stream = connect(address).unwrap();
        // It may be refused before it is all sent.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // Where there is an answer, it says that the client is to blame.
        if let Ok(answer) = Answer::read(&stream) {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
            assert!(
                (400..500).contains(&answer.status),
                "{} to {start}",
                answer.status
            );
        }
        scrape(address);
    }
    // So many headers arrive whole, so that the refusal does too.
    let answer = request(address, "GET", "/metrics", &"A: b\r\n".repeat(200)).unwrap();
    assert_eq!(answer.status, 431);
}

#[test]
fn a_header_flood_is_cut_off() {
    let (_server, address) = serve();
    let mut stream = connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    let line = format!("X-Flood: {}\r\n", "x".repeat(1000));
    let sent = (0..100_000).take_while(|_| stream.write_all(line.as_bytes()).is_ok());
    assert!(sent.count() < 100_000);
    scrape(address);
}

#[test]
fn silent_and_slow_clients_are_cut_off() {
    let (_server, address) = serve();
    let silent = connect(address).unwrap();
    let mut half = connect(address).unwrap();
    half.write_all(b"GET /metrics HTTP/1.1\r\nHost: te")
        .unwrap();
    let mut idle = connect(address).unwrap();
    idle.write_all(b"HEAD /metrics HTTP/1.1\r\nHost: test\r\n\r\n")
        .unwrap();
    let mut slow = connect(address).unwrap();
    let begin = Instant::now();
    thread::scope(|scope| {
        for stream in [&silent, &half, &idle] {
            scope.spawn(|| wait_until_closed(stream));
        }
        // Each byte comes soon after the last, and the head is never complete.
        let head = b"GET /metrics HTTP/1.1\r\nX-Slow: "
            .iter()
            .chain(std::iter::repeat(&b'x'));
        for byte in head {
            if slow.write_all(&[*byte]).is_err() {
                break;
            }
            assert!(begin.elapsed() < SCRAPE_TIMEOUT);
            thread::sleep(Duration::from_millis(100));
            scrape(address);
        }
    });
}

#[test]
fn scrapes_are_served_beside_many_silent_connections() {
    let (_server, address) = serve();
    let begin = Instant::now();
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(address).unwrap()).collect();
    scrape(address);
    // Connecting waits too, once the listener's queue is full.
    assert!(begin.elapsed() < SCRAPE_TIMEOUT, "{:?}", begin.elapsed());
    drop(silent);
    scrape(address);
}

#[test]
fn many_scrape_at_once() {
    let (_server, address) = serve();
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| scrape(address));
        }
    });
}

#[test]
fn one_connection_serves_many_scrapes() {
    let (_server, address) = serve();
    let mut stream = connect(address).unwrap();
    let head = "HEAD /metrics HTTP/1.1\r\nHost: test\r\n";
    let pipelined = format!(
        "{}{head}Connection: close\r\n\r\n",
        format!("{head}\r\n").repeat(9)
    );
    stream.write_all(pipelined.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 10);
}

#[test]
fn shutdown_does_not_wait_for_clients_that_hang() {
    let (server, address) = serve();
    let silent = connect(address).unwrap();
    let mut half = connect(address).unwrap();
    half.write_all(b"GET /metr").unwrap();
    // More than the sockets hold is asked for, and nothing is read.
    let mut deaf = connect(address).unwrap();
    let get = "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1000);
    deaf.set_write_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let _ = deaf.write_all(get.as_bytes());
    scrape(address);

    let begin = Instant::now();
    stop(server);
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    assert!(connect(address).is_err());
    for stream in [&silent, &half] {
        wait_until_closed(stream);
    }
}

#[test]
fn a_dropped_server_stops() {
    let (server, address) = serve();
    let silent = connect(address).unwrap();
    drop(server);
    wait_until_closed(&silent);
    let begin = Instant::now();
    while connect(address).is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(2));
        thread::sleep(Duration::from_millis(10));
    }
}

/// In a process of its own, since nothing else works there meanwhile.
#[test]
fn accepting_backs_off_without_files_and_goes_on() {
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "server::without_files",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains(" 1 passed"),
        "{output:?}"
    );
}

#[test]
#[ignore = "run by another test, with few files"]
fn without_files() {
    let (_server, address) = serve();
    scrape(address);
    let stat = File::open("/proc/self/stat").unwrap();
    let mut files = Vec::new();
    // Twice, as the connections of that scrape may be closed only now.
    for _ in 0..2 {
        files.extend((0..64).map_while(|_| File::open("/dev/null").ok()));
        thread::sleep(Duration::from_millis(100));
    }
    assert!(files.len() < 64, "only with few files");
    // One for the client, none for the server.
    files.pop();
    let mut client = connect(address).unwrap();
    let get = b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n";
    client.write_all(get).unwrap();

    let begin = processor_ticks(&stat);
    let second = Some(Duration::from_secs(1));
    client.set_read_timeout(second).unwrap();
    assert!(client.read(&mut [0]).is_err(), "it was accepted");
    let spent = processor_ticks(&stat) - begin;
    assert!(spent < 5, "{spent} hundredths of a second for nothing");
    drop(files);
    assert_eq!(Answer::read(&client).unwrap().status, 200);
    scrape(address);
}

/// The processor time of this process, in hundredths of a second. `stat` is its file in `/proc`, opened
/// beforehand.
fn processor_ticks(stat: &File) -> u64 {
    let mut bytes = [0; 1024];
    let length = stat.read_at(&mut bytes, 0).unwrap();
    let stat = str::from_utf8(&bytes[..length]).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
