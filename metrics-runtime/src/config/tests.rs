mod properties;

use super::table::{ExporterChoice, known_variables};
use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Config, MetricsError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_variables(variables)
}

#[test]
fn without_variables_everything_has_its_default() {
    let config = read(&[("PATH", "/bin"), ("METRICS_MAX_METRICS", " ")]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.resource.max_metrics, 1000);
}

#[test]
fn each_variable_has_its_place() {
    let config = read(&[
        ("METRICS_EXPORTER", "null"),
        ("METRICS_MAX_METRICS", "7"),
        ("METRICS_MAX_LABEL_COMBINATIONS", "8"),
        ("METRICS_MAX_METRIC_NAME_LENGTH", "9"),
        ("METRICS_MAX_LABEL_NAME_LENGTH", "10"),
        ("METRICS_MAX_LABEL_VALUE_LENGTH", "11"),
        ("METRICS_MAX_LABELS_PER_METRIC", "12"),
        ("METRICS_RATE_LIMIT", "13"),
        ("METRICS_STRICT_LABEL_VALUES", "yes"),
        ("METRICS_CONST_LABELS", "region=eu, instance = 1"),
        ("METRICS_LOG_VALIDATION_ERRORS", "false"),
        ("METRICS_LOG_RESOURCE_ERRORS", "0"),
        ("METRICS_LOG_EXPORT_ERRORS", "off"),
        ("METRICS_LOG_CONFIG_ERRORS", "no"),
        ("METRICS_PROPAGATE_ERRORS", "TRUE"),
        ("METRICS_DETAILED_ERROR_CONTEXT", "false"),
        ("METRICS_ERROR_LOG_LEVEL", "Debug"),
        ("METRICS_HTTP_ADDR", "127.0.0.1:9999"),
        ("METRICS_HTTP_PATH", "/m"),
        ("METRICS_HTTP_BEARER_TOKEN", "abc"),
        ("METRICS_HTTP_BASIC_AUTH", "a:b"),
        ("PROMETHEUS_NAMESPACE", "acme"),
        ("PROMETHEUS_ALLOW_REMOVAL", "false"),
        ("GRAPHITE_HOST", "graphite.example"),
        ("GRAPHITE_PORT", "2004"),
        ("GRAPHITE_PREFIX", "prod.web"),
        ("GRAPHITE_TAGS", "false"),
        ("INFLUXDB_URL", "https://influx.example"),
        ("INFLUXDB_DATABASE", "m"),
        ("INFLUXDB_ORG", "acme"),
        ("INFLUXDB_BUCKET", "b"),
        ("INFLUXDB_TOKEN", "abc"),
        ("INFLUXDB_USERNAME", "ann"),
        ("INFLUXDB_PASSWORD", "abcd"),
        ("METRICS_HISTOGRAM_BUCKETS", "1,2"),
        ("METRICS_HISTOGRAM_BUCKETS_WAIT_SECONDS", "3, 4"),
    ])
    .unwrap();
    assert_eq!(config.exporters, [ExporterChoice::Null]);
    let resource = &config.resource;
    assert_eq!(
        (
            resource.max_metrics,
            resource.max_label_combinations,
            resource.max_metric_name_length,
            resource.max_label_name_length,
            resource.max_label_value_length,
            resource.max_labels_per_metric,
            resource.max_operations_per_second
        ),
        (7, 8, 9, 10, 11, 12, 13)
    );
    let errors = &config.errors;
    assert!(!errors.log_validation_errors && !errors.log_resource_errors);
    assert!(!errors.log_export_errors && !errors.log_config_errors);
    assert!(errors.propagate_errors && !errors.detailed_error_context);
    assert_eq!(errors.error_log_level, "debug");
    assert!(config.strict_label_values);
    assert_eq!(
        config.const_labels[1],
        ("instance".to_owned(), "1".to_owned())
    );
    assert_eq!(config.http_address.unwrap().port(), 9999);
    assert_eq!(config.http_path.as_deref(), Some("/m"));
    assert_eq!(config.bearer_token.as_ref().unwrap().reveal(), "abc");
    assert_eq!(config.basic_auth.as_ref().unwrap().reveal(), "a:b");
    assert_eq!(config.namespace.as_deref(), Some("acme"));
    assert_eq!(config.allow_removal, Some(false));
    assert!(
        !format!("{config:?}").contains("abc"),
        "secrets are not printed"
    );
    let graphite = &config.graphite;
    assert_eq!(graphite.host.as_deref(), Some("graphite.example"));
    assert_eq!((graphite.port, graphite.tags), (Some(2004), Some(false)));
    assert_eq!(graphite.prefix.as_deref(), Some("prod.web"));
    let influx = &config.influx;
    assert_eq!(influx.url.as_deref(), Some("https://influx.example"));
    assert_eq!(influx.database.as_deref(), Some("m"));
    assert_eq!(influx.org.as_deref(), Some("acme"));
    assert_eq!(influx.bucket.as_deref(), Some("b"));
    assert_eq!(influx.username.as_deref(), Some("ann"));
    let secrets = [&influx.token, &influx.password];
    let secrets = secrets.map(|secret| secret.as_ref().unwrap().reveal());
    assert_eq!(secrets, ["abc", "abcd"]);
    // By name, by code, in general, by unit.
    let buckets = &config.buckets;
    assert_eq!(buckets.bounds("wait_seconds", Some(&[9.0])), [3.0, 4.0]);
    assert_eq!(buckets.bounds("other_seconds", Some(&[9.0])), [9.0]);
    assert_eq!(buckets.bounds("other_seconds", None), [1.0, 2.0]);
    assert_eq!(buckets.bounds("size_bytes", None).len(), 11);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let error = read(&[
        ("METRICS_MAX_METRICS", "-1"),
        ("METRICS_CONST_LABELS", "le=1"),
        ("METRICS_HTTP_ADDR", "nowhere"),
        ("METRICS_HTTP_BEARER_TOKEN", "a\nb"),
        ("METRICS_HISTOGRAM_BUCKETS", "2,1"),
        ("METRICS_HISTOGRAM_BUCKETS_X", "abc"),
        ("GRAPHITE_PORT", "0"),
        ("INFLUXDB_TOKEN", "a\nb"),
        ("METRICS_EXPORTER", "promethus"),
    ])
    .unwrap_err();
    let text = error.to_string();
    for part in [
        "METRICS_MAX_METRICS='-1': expected a whole number, 0 or more",
        "METRICS_CONST_LABELS='le=1'",
        "METRICS_HTTP_ADDR='nowhere': expected an address with a port",
        "METRICS_HTTP_BEARER_TOKEN='***'",
        "METRICS_HISTOGRAM_BUCKETS='2,1'",
        "GRAPHITE_PORT='0': expected a port between 1 and 65535",
        "INFLUXDB_TOKEN='***'",
        "METRICS_HISTOGRAM_BUCKETS_X='abc'",
        "did you mean `prometheus`?",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(error.error_type(), "invalid_variable");
    assert_eq!(error.category(), ErrorCategory::Config);
}

#[test]
fn a_server_without_prometheus_is_wrong_where_no_exporter_comes_from_code() {
    let alone = |exporters: &str, further: &[(&str, &str)]| {
        let given = [
            ("METRICS_HTTP_ADDR", " 127.0.0.1:0"),
            ("METRICS_EXPORTER", exporters),
        ];
        let variables = given.iter().chain(further);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: Vec<_> = variables.collect();
        assert_eq!(
            Config::from_variables(variables.iter().cloned()).is_ok(),
            further.is_empty() && exporters != "promethus"
        );
        Config::from_variables_alone(variables)
    };
    let (error_type, reason) = NO_SERVER;
    let reason = format!("METRICS_HTTP_ADDR='127.0.0.1:0': {reason}");
    let error = alone("null", &[]).unwrap_err();
    assert_eq!(error.error_type(), error_type);
    assert_eq!(error.reason(), reason);
    // With all else that is wrong.
    let error = alone(
        "null",
        &[("METRICS_RATE_LIMIT", "x"), ("GRAPHITE_PORT", "0")],
    )
    .unwrap_err();
    let names = "GRAPHITE_PORT, METRICS_HTTP_ADDR, METRICS_RATE_LIMIT";
    assert_eq!(error.name(), names);
    assert!(error.reason().contains(&reason), "{error}");
    // What was meant is not known.
    let error = alone("promethus", &[]).unwrap_err();
    assert_eq!(error.name(), "METRICS_EXPORTER");
    if cfg!(feature = "http") {
        alone("prometheus", &[]).unwrap();
    }
}

#[test]
fn cleanup_is_chosen() {
    assert!(!read(&[]).unwrap().resource.enable_metric_cleanup);
    let chosen = [
        ("METRICS_ENABLE_CLEANUP", "true"),
        ("METRICS_CLEANUP_INTERVAL_SECONDS", "7"),
    ];
    let resource = read(&chosen).unwrap().resource;
    assert!(resource.enable_metric_cleanup);
    assert_eq!(resource.cleanup_interval_seconds, 7);
    read(&[("METRICS_CLEANUP_INTERVAL_SECONDS", "0")]).unwrap_err();
}

#[test]
fn two_names_of_one_setting_must_agree() {
    let config = read(&[("METRICS_BACKEND", "null")]).unwrap();
    assert_eq!(config.exporters, [ExporterChoice::Null]);
    read(&[("METRICS_BACKEND", "null"), ("METRICS_EXPORTER", "null")]).unwrap();
    let both = [
        ("PROMETHEUS_MAX_METRICS", "5"),
        ("METRICS_MAX_METRICS", "6"),
    ];
    assert_eq!(read(&both).unwrap_err().error_type(), "conflict");
    assert_eq!(read(&both[..1]).unwrap().resource.max_metrics, 5);
}

#[test]
fn two_names_agree_whatever_spaces_are_around_their_values() {
    let both = [
        ("PROMETHEUS_MAX_METRICS", " 5"),
        ("METRICS_MAX_METRICS", "5 "),
    ];
    assert_eq!(read(&both).unwrap().resource.max_metrics, 5);
}

#[test]
fn what_is_wrong_has_the_name_that_was_set() {
    let name = |variables: &[(&str, &str)]| read(variables).unwrap_err().name().to_owned();
    assert_eq!(name(&[("METRICS_BACKEND", "nul")]), "METRICS_BACKEND");
    let many = ("PROMETHEUS_MAX_METRICS", "many");
    assert_eq!(name(&[many]), "PROMETHEUS_MAX_METRICS");
    let error = read(&[many]).unwrap_err();
    let expected = "PROMETHEUS_MAX_METRICS='many': expected a whole number, 0 or more";
    assert!(error.reason().starts_with(expected), "{error}");
    // Of two that are the same, the one that is read.
    assert_eq!(
        name(&[many, ("METRICS_MAX_METRICS", "many")]),
        "METRICS_MAX_METRICS"
    );
    // Different, and the one that is read is wrong by itself.
    let both = [many, ("METRICS_MAX_METRICS", "more")];
    assert_eq!(name(&both), "METRICS_MAX_METRICS, PROMETHEUS_MAX_METRICS");

    let file = std::env::temp_dir().join(format!("instrumetrics-wrong-{}", std::process::id()));
    std::fs::write(&file, "no colon\n").unwrap();
    let variable = ("METRICS_HTTP_BASIC_AUTH_FILE", file.to_str().unwrap());
    let error = read(&[variable]).unwrap_err();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(error.name(), "METRICS_HTTP_BASIC_AUTH_FILE");
    assert!(!error.to_string().contains("no colon"), "{error}");
}

#[test]
fn a_list_of_exporters_names_one() {
    for empty in [",", " , ,"] {
        let error = read(&[("METRICS_EXPORTER", empty)]).unwrap_err();
        assert_eq!(error.error_type(), "invalid_variable");
    }
}

#[test]
fn what_was_no_text_is_wrong() {
    // As the environment is read: each byte that is no text has become this character.
    for name in ["METRICS_CONST_LABELS", "METRICS_HTTP_BEARER_TOKEN"] {
        let error = read(&[(name, "a=\u{fffd}")]).unwrap_err();
        assert_eq!(error.name(), name);
    }
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let file = std::env::temp_dir().join(format!("instrumetrics-secret-{}", std::process::id()));
    std::fs::write(&file, "from file\n").unwrap();
    let path = file.to_str().unwrap();
    let config = read(&[("METRICS_HTTP_BEARER_TOKEN_FILE", path)]).unwrap();
    assert_eq!(config.bearer_token.unwrap().reveal(), "from file");
    std::fs::remove_file(&file).unwrap();
    let error = read(&[("METRICS_HTTP_BEARER_TOKEN_FILE", path)]).unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[test]
fn the_documentation_has_every_variable() {
    let page = include_str!("../../../docs/CONFIGURATION.md");
    for variable in known_variables() {
        let default = if variable.default.is_empty() {
            ""
        } else {
            variable.default
        };
        let row = format!("| `{}` | {default} | {} |", variable.name, variable.meaning);
        assert!(page.contains(&row), "docs/CONFIGURATION.md lacks\n{row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, known_variables().count());
}

#[cfg(feature = "otlp")]
#[test]
fn the_variables_of_opentelemetry_are_read_for_its_exporter_alone() {
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:1/x"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%2Cb"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ("OTEL_SERVICE_NAME", "parcels"),
        ("OTEL_RESOURCE_ATTRIBUTES", "host.name=h"),
        ("METRICS_EXPORTER", "otlp"),
    ];
    let config = read(&variables).unwrap();
    assert_eq!(config.exporters, [ExporterChoice::Otlp]);
    let otlp = &config.otlp;
    assert_eq!(otlp.endpoint.as_deref(), Some("http://collector:4318"));
    assert_eq!(otlp.metrics.endpoint.as_deref(), Some("http://metrics:1/x"));
    assert_eq!(otlp.headers.as_ref().unwrap()[0].1.reveal(), "a,b");
    assert_eq!(
        (otlp.protocol, otlp.metrics.protocol),
        (Some("http/json"), Some("grpc"))
    );
    assert_eq!(otlp.compression, Some("gzip"));
    assert_eq!(otlp.timeout.unwrap().as_millis(), 2500);
    assert_eq!(otlp.temporality, Some("delta"));
    assert_eq!(otlp.service_name.as_deref(), Some("parcels"));
    assert_eq!(otlp.resource_attributes.len(), 1);
    assert!(!format!("{config:?}").contains("a,b"), "{config:?}");
    let settings = crate::OtlpConfig::from_environment(&config);
    assert_eq!(settings.protocol, crate::OtlpProtocol::Grpc);
    assert_eq!(settings.temporality, crate::OtlpTemporality::Delta);
    assert_eq!(settings.compression, crate::OtlpCompression::Gzip);
    assert_eq!(settings.headers[0].1.reveal(), "a,b");

    variables.push(("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "secret"));
    let error = read(&variables).unwrap_err().to_string();
    assert!(
        error.contains("OTEL_EXPORTER_OTLP_METRICS_HEADERS='***'"),
        "{error}"
    );
    // Meant for somebody else.
    variables.retain(|(name, _)| *name != "METRICS_EXPORTER");
    assert_eq!(read(&variables).unwrap(), Config::default());
}

#[cfg(all(feature = "datadog", feature = "pushgateway", feature = "remote-write"))]
#[test]
fn exporters_that_push_have_their_variables() {
    let config = read(&[
        ("METRICS_EXPORTER", "datadog, pushgateway,remote_write"),
        ("METRICS_EXPORT_INTERVAL_SECONDS", "1.5"),
        ("METRICS_CONST_LABELS", "region=eu"),
        ("PROMETHEUS_NAMESPACE", "acme"),
        ("DD_API_KEY", "sesame"),
        ("DD_SITE", "datadoghq.eu"),
        ("DD_URL", "http://localhost/datadog"),
        ("DD_HOSTNAME", "web-1"),
        ("DD_SERIES_VERSION", "V1"),
        ("PUSHGATEWAY_URL", "http://localhost:9091"),
        ("PUSHGATEWAY_JOB", "nightly"),
        ("PUSHGATEWAY_GROUPING", "zone=a, path=/x"),
        ("PUSHGATEWAY_BASIC_AUTH", "user:sesame"),
        ("PUSHGATEWAY_DELETE_ON_SHUTDOWN", "true"),
        ("REMOTE_WRITE_URL", "http://localhost/write"),
        ("REMOTE_WRITE_JOB", "whisper"),
        ("REMOTE_WRITE_INSTANCE", "web-1:8080"),
        ("REMOTE_WRITE_BEARER_TOKEN", "sesame"),
        ("REMOTE_WRITE_HEADERS", "X-Scope-OrgID=sesame, X-B=a=b"),
    ])
    .unwrap();
    assert_eq!(
        config.exporters,
        [
            ExporterChoice::Datadog,
            ExporterChoice::Pushgateway,
            ExporterChoice::RemoteWrite
        ]
    );
    assert!(!format!("{config:?}").contains("sesame"));
    let interval = std::time::Duration::from_millis(1500);
    let labels = [("region".to_owned(), "eu".to_owned())];
    let datadog = config.for_datadog();
    assert_eq!(datadog.api_key.reveal(), "sesame");
    assert_eq!(datadog.site.as_deref(), Some("datadoghq.eu"));
    assert_eq!(datadog.url.as_deref(), Some("http://localhost/datadog"));
    assert_eq!(datadog.host.as_deref(), Some("web-1"));
    assert_eq!(datadog.intake, crate::DatadogIntake::V1);
    assert_eq!(
        (&*datadog.const_labels, datadog.interval),
        (&labels[..], interval)
    );
    let pushgateway = config.for_pushgateway();
    assert_eq!(
        (&*pushgateway.url, &*pushgateway.job),
        ("http://localhost:9091", "nightly")
    );
    assert_eq!(
        pushgateway.grouping[1],
        ("path".to_owned(), "/x".to_owned())
    );
    assert_eq!(pushgateway.basic_auth.unwrap().reveal(), "user:sesame");
    assert!(pushgateway.delete_on_shutdown);
    assert_eq!(pushgateway.namespace.as_deref(), Some("acme"));
    assert_eq!(
        (&*pushgateway.const_labels, pushgateway.interval),
        (&labels[..], interval)
    );
    let remote_write = config.for_remote_write();
    assert_eq!(remote_write.url, "http://localhost/write");
    assert_eq!(remote_write.job.as_deref(), Some("whisper"));
    assert_eq!(remote_write.instance.as_deref(), Some("web-1:8080"));
    assert_eq!(remote_write.bearer_token.unwrap().reveal(), "sesame");
    assert_eq!(remote_write.headers[1], ("X-B".to_owned(), "a=b".into()));
    assert_eq!(remote_write.namespace.as_deref(), Some("acme"));
    assert_eq!(
        (&*remote_write.const_labels, remote_write.interval),
        (&labels[..], interval)
    );
    for (name, value) in [
        ("DD_API_KEY", "ses\name"),
        ("DD_SERIES_VERSION", "v3"),
        ("PUSHGATEWAY_GROUPING", "a"),
        ("PUSHGATEWAY_BASIC_AUTH", "sesame"),
        ("REMOTE_WRITE_HEADERS", "sesame"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert_eq!(error.error_type(), "invalid_variable");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!error.to_string().contains("same'"), "{error}");
    }
}

#[cfg(feature = "statsd")]
#[test]
fn statsd_is_configured_by_its_own_variables() {
    use crate::{StatsdConfig, StatsdDialect, StatsdHistogramType, StatsdTransport};
    let config = read(&[
        ("METRICS_EXPORTER", "statsd"),
        ("STATSD_HOST", "stats.internal"),
        ("STATSD_PORT", "9125"),
        ("STATSD_PREFIX", "acme.api"),
        ("STATSD_DIALECT", "DogStatsD"),
        ("STATSD_TRANSPORT", "tcp"),
        ("STATSD_AGGREGATE", "false"),
        ("STATSD_SAMPLE_RATE", "0.25"),
        ("STATSD_HISTOGRAM_TYPE", "d"),
        ("STATSD_MAX_PACKET_BYTES", "512"),
        ("METRICS_EXPORT_INTERVAL_SECONDS", "0.5"),
        ("METRICS_CONST_LABELS", "region=eu"),
    ])
    .unwrap();
    assert_eq!(config.exporters, [ExporterChoice::Statsd]);
    let statsd = StatsdConfig::from_environment(&config);
    let expected = StatsdConfig {
        host: "stats.internal".to_owned(),
        port: 9125,
        prefix: Some("acme.api".to_owned()),
        dialect: StatsdDialect::DogStatsd,
        transport: StatsdTransport::Tcp,
        socket: None,
        aggregate: false,
        sample_rate: 0.25,
        histogram_type: Some(StatsdHistogramType::Distribution),
        max_packet_bytes: Some(512),
        interval: std::time::Duration::from_millis(500),
        const_labels: vec![("region".to_owned(), "eu".to_owned())],
    };
    assert_eq!(statsd, expected);
    let default = StatsdConfig::from_environment(&read(&[]).unwrap());
    assert_eq!(default, StatsdConfig::default());
}

#[cfg(all(unix, feature = "statsd"))]
#[test]
fn a_statsd_socket_is_used_in_place_of_host_and_port() {
    let read_socket = |variables: &[(&str, &str)]| {
        read(variables).map(|config| crate::StatsdConfig::from_environment(&config).transport)
    };
    let socket = ("STATSD_SOCKET", "/run/dsd.socket");
    for variables in [&[socket][..], &[socket, ("STATSD_TRANSPORT", "uds")]] {
        assert_eq!(read_socket(variables).unwrap(), crate::StatsdTransport::Uds);
    }
    let error = read_socket(&[("STATSD_TRANSPORT", "uds")]).unwrap_err();
    assert_eq!(error.error_type(), "missing_value");
    let error = read_socket(&[socket, ("STATSD_TRANSPORT", "udp")]).unwrap_err();
    assert_eq!(error.error_type(), "conflict");
}

#[test]
fn every_wrong_variable_of_statsd_is_named_with_its_value_and_what_was_expected() {
    let wrong = [
        ("STATSD_HOST", "a b", "the name or address of a host"),
        ("STATSD_PORT", "0", "a port from 1 to 65535"),
        ("STATSD_PREFIX", "a|b", "letters, digits, `_` and `-`"),
        (
            "STATSD_DIALECT",
            "etsy",
            "`plain`, `dogstatsd`, `graphite` or `influx`",
        ),
        ("STATSD_TRANSPORT", "sctp", "`udp`, `tcp`"),
        ("STATSD_AGGREGATE", "abc", "`true` or `false`"),
        ("STATSD_SAMPLE_RATE", "-1", "a rate above 0, at most 1"),
        ("STATSD_HISTOGRAM_TYPE", "s", "`ms`, `h` or `d`"),
        (
            "STATSD_MAX_PACKET_BYTES",
            "0",
            "a whole number from 64 to 65507",
        ),
    ];
    let variables: Vec<_> = wrong
        .iter()
        .map(|(name, value, _)| (*name, *value))
        .collect();
    let error = read(&variables).unwrap_err();
    assert_eq!(error.error_type(), "invalid_variable");
    for (name, value, expected) in wrong {
        let part = format!("{name}='{value}': expected {expected}");
        assert!(error.to_string().contains(&part), "{part}: {error}");
    }
}
