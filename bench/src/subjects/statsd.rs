//! Recording while a StatsD exporter is attached that adds up.

use super::{PAIRS, at, barrier};
use crate::contender::{Contender, Side};
use cadence::{BufferedUdpMetricSink, CountedExt, QueuingMetricSink, StatsdClient};
use instrumetrics::Metrics;
use metrics_exporter_dogstatsd::DogStatsDBuilder;
use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::LazyLock;

/// What is counted.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Counter;

    /// Counted.
    pub fn statsd_total() -> Counter;

    /// Counted by endpoint and client.
    pub fn statsd_by_total(endpoint: &str, client: &str) -> Counter;
}

/// A socket that takes everything and reads nothing, and its port.
static SERVER: LazyLock<(UdpSocket, u16)> = LazyLock::new(|| {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback interface");
    let port = socket.local_addr().expect("bound").port();
    (socket, port)
});

/// Our exporter, attached once and for all.
static OURS: LazyLock<Metrics> = LazyLock::new(|| {
    instrumetrics::create_metrics_with_statsd_exporter("127.0.0.1", SERVER.1)
        .expect("an address and a thread")
});

/// The recorder of the `metrics` facade for DogStatsD, used where it is asked for.
static DOGSTATSD: LazyLock<metrics_exporter_dogstatsd::DogStatsDRecorder> = LazyLock::new(|| {
    DogStatsDBuilder::default()
        .with_remote_address(format!("127.0.0.1:{}", SERVER.1))
        .expect("an address")
        .build()
        .expect("a thread")
});

/// As its documentation recommends for production: buffered, and sent from another thread.
static CADENCE: LazyLock<StatsdClient> = LazyLock::new(|| {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback interface");
    let sink = BufferedUdpMetricSink::from(("127.0.0.1", SERVER.1), socket).expect("an address");
    StatsdClient::from_sink("bench", QueuingMetricSink::from(sink))
});

/// No labels.
pub(super) fn constant() -> Vec<Contender> {
    const ROW: &str = "statsd/constant";
    LazyLock::force(&OURS);
    let handle = metrics::with_local_recorder(&*DOGSTATSD, || metrics::counter!("bench_total"));
    vec![
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            for _ in 0..times {
                telemetry::statsd_total().inc();
                barrier();
            }
        })
        .counted(|| telemetry::statsd_total().value()),
        Contender::new(
            ROW,
            "metrics-exporter-dogstatsd, handle",
            Side::Peer,
            move |times| {
                let handle = black_box(&handle);
                for _ in 0..times {
                    handle.increment(1);
                    barrier();
                }
            },
        ),
        Contender::new(ROW, "cadence, queuing", Side::Peer, |times| {
            for _ in 0..times {
                // Where its queue is full it says so.
                let _ = CADENCE.incr("total");
                barrier();
            }
        }),
    ]
}

/// Two labels that only the client knows.
pub(super) fn dynamic() -> Vec<Contender> {
    const ROW: &str = "statsd/dynamic";
    vec![
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            for turn in 0..times {
                let (endpoint, client) = at(&PAIRS, turn);
                telemetry::statsd_by_total(endpoint, client).inc();
                barrier();
            }
        })
        .counted(|| {
            PAIRS
                .iter()
                .map(|(endpoint, client)| telemetry::statsd_by_total(endpoint, client).value())
                .sum()
        }),
        Contender::new(
            ROW,
            "metrics-exporter-dogstatsd, counter!",
            Side::Peer,
            |times| {
                metrics::with_local_recorder(&*DOGSTATSD, || {
                    for turn in 0..times {
                        let (endpoint, client) = at(&PAIRS, turn);
                        metrics::counter!(
                            "bench_by_total",
                            "endpoint" => endpoint.clone(),
                            "client" => client.clone()
                        )
                        .increment(1);
                        barrier();
                    }
                });
            },
        ),
        Contender::new(ROW, "cadence, queuing", Side::Peer, |times| {
            for turn in 0..times {
                let (endpoint, client) = at(&PAIRS, turn);
                CADENCE
                    .incr_with_tags("by_total")
                    .with_tag("endpoint", endpoint)
                    .with_tag("client", client)
                    .send();
                barrier();
            }
        }),
    ]
}
