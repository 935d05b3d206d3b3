//! A counter with two labels and as many series as are wanted.

use crate::subjects::Pair;
use instrumetrics::{Format, create_prometheus_exporter};
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, LabelGroup, MetricGroup};
use metrics_exporter_prometheus::PrometheusBuilder;
use paracord::ParaCord;
use prometheus::{IntCounterVec, Opts, Registry, TextEncoder};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::error::Error;
use std::sync::Arc;

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Counter;

    /// By two strings.
    #[metric(max_series = 1_000_000)]
    pub fn series_total(endpoint: &str, client: &str) -> Counter;
}

type Record = Box<dyn Fn(&mut dyn Iterator<Item = &Pair>) + Send + Sync>;
type Scrape = Box<dyn FnMut(&mut Vec<u8>)>;

/// One way to count and to be scraped.
pub(super) struct Many {
    pub(super) name: &'static str,
    record: Record,
    pub(super) scrape: Scrape,
}

impl Many {
    fn new(
        name: &'static str,
        record: impl Fn(&str, &str) + Send + Sync + 'static,
        scrape: impl FnMut(&mut Vec<u8>) + 'static,
    ) -> Self {
        Self {
            name,
            record: Box::new(move |pairs| {
                for (endpoint, client) in pairs {
                    record(endpoint, client);
                }
            }),
            scrape: Box::new(scrape),
        }
    }

    /// Counts each of these once.
    pub(super) fn record<'a>(&self, pairs: impl IntoIterator<Item = &'a Pair>) {
        (self.record)(&mut pairs.into_iter());
    }

    /// What records, for several threads.
    pub(super) fn recorder(&self) -> &(dyn Fn(&mut dyn Iterator<Item = &Pair>) + Send + Sync) {
        &*self.record
    }
}

type Make = fn() -> Result<Many, Box<dyn Error>>;

/// All of them, made when asked for.
pub(super) const ALL: [Make; 5] = [
    ours,
    prometheus,
    || Ok(prometheus_client()),
    || Ok(measured()),
    || Ok(metrics_facade()),
];

/// So many pairs of strings.
pub(super) fn pairs(series: usize) -> Vec<Pair> {
    let each = |i: usize| {
        (
            format!("/api/v1/resource/{}", i / 1_000),
            format!("tenant-{:04}", i % 1_000),
        )
    };
    (0..series).map(each).collect()
}

fn text(write: &mut dyn FnMut(&mut String), out: &mut Vec<u8>) {
    let mut text = String::from_utf8(std::mem::take(out)).expect("left empty");
    write(&mut text);
    *out = text.into_bytes();
}

fn ours() -> Result<Many, Box<dyn Error>> {
    let exporter = create_prometheus_exporter()?;
    Ok(Many::new(
        "instrumetrics, declared call",
        |endpoint, client| telemetry::series_total(endpoint, client).inc(),
        move |out| text(&mut |out| exporter.encode_into(out, Format::Text), out),
    ))
}

fn prometheus() -> Result<Many, Box<dyn Error>> {
    let registry = Registry::new();
    let options = Opts::new("bench_series_total", "By two strings.");
    let counters = IntCounterVec::new(options, &["endpoint", "client"])?;
    registry.register(Box::new(counters.clone()))?;
    Ok(Many::new(
        "prometheus, with_label_values",
        move |endpoint, client| counters.with_label_values(&[endpoint, client]).inc(),
        move |out| {
            let write = &mut |out: &mut String| {
                TextEncoder::new()
                    .encode_utf8(&registry.gather(), out)
                    .expect("a string takes everything");
            };
            text(write, out);
        },
    ))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Owned {
    endpoint: String,
    client: String,
}

fn prometheus_client() -> Many {
    let mut registry = prometheus_client::registry::Registry::default();
    let family = Family::<Owned, Counter>::default();
    registry.register("bench_series", "By two strings", family.clone());
    Many::new(
        "prometheus-client, Family",
        move |endpoint, client| {
            let labels = Owned {
                endpoint: endpoint.to_owned(),
                client: client.to_owned(),
            };
            family.get_or_create(&labels).inc();
        },
        move |out| {
            let write = &mut |out: &mut String| {
                prometheus_client::encoding::text::encode(out, &registry)
                    .expect("a string takes everything");
            };
            text(write, out);
        },
    )
}

#[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
#[label(set = BorrowedSet)]
struct Borrowed<'a> {
    #[label(dynamic_with = ParaCord)]
    endpoint: &'a str,
    #[label(dynamic_with = ParaCord)]
    client: &'a str,
}

#[derive(MetricGroup)]
struct Group {
    /// By two strings.
    bench_series_total: CounterVec<BorrowedSet>,
}

fn measured() -> Many {
    let group = Arc::new(Group {
        bench_series_total: CounterVec::with_label_set(BorrowedSet {
            endpoint: ParaCord::default(),
            client: ParaCord::default(),
        }),
    });
    let recorded = Arc::clone(&group);
    let mut encoder = BufferedTextEncoder::new();
    Many::new(
        "measured, CounterVec",
        move |endpoint, client| {
            recorded
                .bench_series_total
                .inc(Borrowed { endpoint, client });
        },
        move |out| {
            group
                .collect_group_into(&mut encoder)
                .expect("memory takes everything");
            out.extend_from_slice(&encoder.finish());
        },
    )
}

fn metrics_facade() -> Many {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let mut many = Many::new(
        "metrics, counter!",
        |_, _| {},
        move |out| {
            handle
                .render_to_write(out)
                .expect("a vector takes everything");
        },
    );
    // Not the recorder of the process, which other sections may have filled.
    many.record = Box::new(move |pairs| {
        metrics::with_local_recorder(&recorder, || {
            for (endpoint, client) in pairs {
                metrics::counter!(
                    "bench_series_total",
                    "endpoint" => endpoint.clone(),
                    "client" => client.clone()
                )
                .increment(1);
            }
        });
    });
    many
}
