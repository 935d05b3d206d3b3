//! Servers that come and go, by each transport.

use super::wait;
use instrumetrics::{Metrics, StatsdConfig, StatsdExporter, StatsdTransport};
use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

fn exporter(port: u16, change: impl FnOnce(&mut StatsdConfig)) -> Metrics {
    let mut config = StatsdConfig {
        host: "localhost".to_owned(),
        port,
        interval: Duration::from_secs(3600),
        ..StatsdConfig::default()
    };
    change(&mut config);
    Metrics::new(StatsdExporter::with_config(&config).unwrap())
}

fn receive(socket: &UdpSocket) -> String {
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut all = String::new();
    let mut buffer = [0; 9000];
    while let Ok(length) = socket.recv(&mut buffer) {
        all.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        all.push('\n');
    }
    all
}

#[test]
fn without_a_listener_nothing_is_lost_and_one_that_comes_gets_everything() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let metrics = exporter(address.port(), |_| {});
    wait(metrics.increment_by("statsd_away", 4, &[])).unwrap();
    for _ in 0..3 {
        let error = wait(metrics.export()).unwrap_err();
        assert_eq!(error.error_type(), "io", "{error}");
    }
    let socket = UdpSocket::bind(address).unwrap();
    wait(metrics.increment_by("statsd_away", 3, &[])).unwrap();
    wait(metrics.export()).unwrap();
    let text = receive(&socket);
    assert!(text.contains("statsd_away:7|c\n"), "{text}");
    // It goes away once more, and comes back.
    drop(socket);
    wait(metrics.increment_by("statsd_away", 2, &[])).unwrap();
    wait(metrics.export()).unwrap_err();
    let socket = UdpSocket::bind(address).unwrap();
    wait(metrics.export()).unwrap();
    let text = receive(&socket);
    assert!(text.contains("statsd_away:2|c\n"), "{text}");
}

#[test]
fn a_name_that_leads_nowhere_is_an_error_and_tried_again() {
    let metrics = exporter(8125, |config| config.host = "nobody.invalid".to_owned());
    wait(metrics.increment("statsd_nobody", &[])).unwrap();
    let begin = Instant::now();
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "io");
    assert!(error.reason().contains("nobody.invalid"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(10));
    // Recording does not wait for any of this.
    let begin = Instant::now();
    wait(metrics.increment("statsd_nobody", &[])).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[cfg(unix)]
#[test]
fn a_socket_path_that_vanishes_and_returns_recovers() {
    use std::os::unix::net::UnixDatagram;
    let path = std::env::temp_dir().join(format!("instrumetrics-statsd-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let metrics = exporter(1, |config| {
        config.transport = StatsdTransport::Uds;
        config.socket = Some(path.clone());
    });
    wait(metrics.increment_by("statsd_path", 1, &[])).unwrap();
    assert_eq!(wait(metrics.export()).unwrap_err().error_type(), "io");
    for expected in ["statsd_path:2|c", "statsd_path:1|c", "statsd_path:1|c"] {
        let socket = UnixDatagram::bind(&path).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        wait(metrics.increment("statsd_path", &[])).unwrap();
        // Its queue is short, so it is read meanwhile.
        let reader = std::thread::spawn(move || {
            let mut all = String::new();
            let mut buffer = [0; 9000];
            while let Ok(length) = socket.recv(&mut buffer) {
                assert!(length <= 8192);
                all.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
                all.push('\n');
            }
            all
        });
        wait(metrics.export()).unwrap();
        let text = reader.join().unwrap();
        assert!(text.lines().any(|line| line == expected), "{text}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_stream_is_whole_lines_and_made_again_when_it_was_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let metrics = exporter(port, |config| config.transport = StatsdTransport::Tcp);
    for round in 0..3 {
        wait(metrics.increment_by("statsd_stream", round + 1, &[])).unwrap();
        let accepted = std::thread::spawn({
            let listener = listener.try_clone().unwrap();
            move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream
                    .set_read_timeout(Some(Duration::from_millis(500)))
                    .unwrap();
                let mut text = Vec::new();
                let _ = stream.read_to_end(&mut text);
                String::from_utf8(text).unwrap()
            }
        });
        wait(metrics.export()).unwrap();
        let text = accepted.join().unwrap();
        let expected = format!("statsd_stream:{}|c", round + 1);
        assert!(text.lines().any(|line| line == expected), "{text}");
        assert!(text.ends_with('\n'));
        // Closed by now, which is noticed before the next packet.
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn shutdown_with_a_peer_that_never_reads_returns_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let metrics = exporter(port, |config| config.transport = StatsdTransport::Tcp);
    // More than the buffers of the operating system take.
    let long = "l".repeat(200);
    for n in 0..9000 {
        let value = format!("{n}-{long}");
        wait(metrics.increment("statsd_hung", &[("value", &value)])).unwrap();
        wait(metrics.observe_histogram("statsd_hung_seconds", 0.1, &[("value", &value)])).unwrap();
    }
    let exporting = std::thread::spawn({
        let metrics = metrics.clone();
        move || wait(metrics.export())
    });
    std::thread::sleep(Duration::from_millis(300));
    let begin = Instant::now();
    let error = wait(metrics.shutdown(Duration::from_secs(2)));
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    if let Err(error) = error {
        assert_eq!(error.error_type(), "timeout");
    }
    drop(exporting);
    drop(listener);
}
