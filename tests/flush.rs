//! What a flush of 11,000 series costs, on the thread of the exporter.
//!
//! `cargo test --release --test flush -- --ignored --nocapture --test-threads=1`

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement, printed for whoever asked for it"
)]

mod linux {
    use instrumetrics::{
        AttachExporter, DatadogConfig, DatadogExporter, Metrics, PushgatewayConfig,
        PushgatewayExporter, RemoteWriteConfig, RemoteWriteExporter,
    };
    use std::fs;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    /// Flushes that are measured.
    const FLUSHES: u32 = 20;

    const NEVER: Duration = Duration::from_secs(86_400);

    /// A server that takes everything, and its URL.
    fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                std::thread::spawn(move || serve(&connection.unwrap()));
            }
        });
        url
    }

    fn serve(mut connection: &TcpStream) {
        let mut reader = BufReader::new(connection);
        let mut body = Vec::new();
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let line = line.trim().to_ascii_lowercase();
                if let Some(given) = line.strip_prefix("content-length:") {
                    length = given.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            body.resize(length, 0);
            reader.read_exact(&mut body).unwrap();
            connection
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
        }
    }

    /// Nanoseconds that the threads of an exporter ran so far, and those of its client. The names are of 15 bytes.
    fn ran(name: &str) -> (u64, u64) {
        let (mut own, mut client) = (0, 0);
        for task in fs::read_dir("/proc/self/task").unwrap() {
            let task = task.unwrap().path();
            let read = |file| fs::read_to_string(task.join(file)).unwrap_or_default();
            let spent = read("schedstat");
            let spent: u64 = spent.split(' ').next().unwrap().parse().unwrap_or(0);
            let comm = read("comm");
            if comm.trim() == name {
                own += spent;
            } else if comm.starts_with("tokio") {
                client += spent;
            }
        }
        (own, client)
    }

    fn measure(name: &str, exporter: impl AttachExporter) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let metrics = Metrics::builder()
            .exporter(exporter)
            .max_label_combinations(20_000)
            .build();
        let record = || {
            for n in 0..10_000_u32 {
                let (route, status) = (format!("/route/{}", n / 10), format!("{}", 200 + n % 10));
                let labels = [("route", &*route), ("status", &*status)];
                runtime
                    .block_on(metrics.increment("flush_requests_total", &labels))
                    .unwrap();
            }
            for n in 0..1000_u32 {
                let route = format!("/route/{n}");
                let labels = [("route", &*route)];
                for seconds in [0.003, 0.03, 0.3] {
                    let observed =
                        metrics.observe_histogram("flush_duration_seconds", seconds, &labels);
                    runtime.block_on(observed).unwrap();
                }
            }
        };
        // Once to warm up.
        record();
        runtime.block_on(metrics.export()).unwrap();
        let mut spent = Vec::new();
        for _ in 0..FLUSHES {
            record();
            let before = ran(name);
            runtime.block_on(metrics.export()).unwrap();
            let after = ran(name);
            spent.push((after.0 - before.0, after.1.saturating_sub(before.1)));
        }
        spent.sort_unstable();
        let (own, client) = spent.get(spent.len() / 2).copied().unwrap();
        println!(
            "{name}: {:.2} ms on its thread, {:.2} ms in the client, the median of {FLUSHES}",
            Duration::from_nanos(own).as_secs_f64() * 1000.0,
            Duration::from_nanos(client).as_secs_f64() * 1000.0,
        );
    }

    #[test]
    #[ignore = "a measurement"]
    fn datadog() {
        let exporter = DatadogExporter::new(DatadogConfig {
            api_key: "none".into(),
            url: Some(server()),
            interval: NEVER,
            ..DatadogConfig::default()
        });
        measure("metrics-datadog", exporter.unwrap());
    }

    #[test]
    #[ignore = "a measurement"]
    fn pushgateway() {
        let exporter = PushgatewayExporter::new(PushgatewayConfig {
            url: server(),
            job: "flush".to_owned(),
            interval: NEVER,
            ..PushgatewayConfig::default()
        });
        measure("metrics-pushgat", exporter.unwrap());
    }

    #[test]
    #[ignore = "a measurement"]
    fn remote_write() {
        let exporter = RemoteWriteExporter::new(RemoteWriteConfig {
            url: server(),
            interval: NEVER,
            ..RemoteWriteConfig::default()
        });
        measure("metrics-remote_", exporter.unwrap());
    }
}
