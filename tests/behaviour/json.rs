//! JSON files: what is in them, which are kept, and what is left when the disk is full or the process is killed.
//!
//! Long, since programs that run in processes of their own stand beside what is asserted about them.

use super::push::wait;
use instrumetrics::{
    JsonConfig, JsonExporter, Metrics, Snapshot, Value, create_metrics_with_null_exporter,
};
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A directory of a test's own, which is not there yet and is gone afterwards.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("instrumetrics-json-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        Self::at(path)
    }

    /// As [`new`](Self::new), in memory where there is such a place: for files by the hundred.
    fn in_memory(name: &str) -> Self {
        let place = Path::new("/dev/shm");
        if !place.is_dir() {
            return Self::new(name);
        }
        Self::at(place.join(format!("instrumetrics-json-{name}-{}", std::process::id())))
    }

    fn at(path: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        names(&self.0)
    }

    /// What the files hold, the oldest first.
    fn files(&self) -> Vec<Json> {
        let names = self.names().into_iter();
        names
            .filter(|name| !name.starts_with('.'))
            .map(|name| read(&self.0.join(name)))
            .collect()
    }

    fn newest(&self) -> Json {
        self.files().pop().unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn read(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn into(directory: &Path) -> JsonConfig {
    JsonConfig {
        directory: directory.to_owned(),
        interval: Duration::from_secs(3600),
        ..JsonConfig::default()
    }
}

fn metrics(config: &JsonConfig) -> Metrics {
    Metrics::new(JsonExporter::new(config.clone()).unwrap())
}

fn failures(error_type: &str) -> f64 {
    let labels = [("exporter", "json"), ("error_type", error_type)];
    instrumetrics::snapshot()
        .counter("metrics_export_errors_total", &labels)
        .unwrap_or(0.0)
}

/// Checks that every metric of the snapshot whose name begins so is in the file, and no other of that beginning.
fn assert_same(file: &Json, snapshot: &Snapshot, beginning: &str) -> usize {
    let metrics = file["metrics"].as_object().unwrap();
    let mut checked = 0;
    for family in snapshot
        .families()
        .filter(|family| family.name.starts_with(beginning))
    {
        let written = &metrics[&family.name];
        assert_eq!(written["name"], family.name.as_str());
        assert_eq!(written["description"], family.help.as_str());
        assert_eq!(written["type"], format!("{:?}", family.kind).to_lowercase());
        assert_eq!(
            written["series"].as_array().unwrap().len(),
            family.series.len()
        );
        for (series, written) in family
            .series
            .iter()
            .zip(written["series"].as_array().unwrap())
        {
            let labels = series
                .labels
                .iter()
                .cloned()
                .map(|(name, value)| (name, value.into()));
            assert_eq!(written["labels"], Json::Object(labels.collect()));
            match &series.value {
                Value::Count(count) => assert_eq!(written["value"].as_u64(), Some(*count)),
                Value::Total(value) | Value::Gauge(value) => {
                    assert_eq!(written["value"].as_f64(), Some(*value));
                }
                Value::Histogram(histogram) => {
                    let buckets = written["buckets"].as_object().unwrap();
                    let buckets = buckets.iter().map(|(le, count)| {
                        (
                            le.replace("+Inf", "inf").parse().unwrap(),
                            count.as_u64().unwrap(),
                        )
                    });
                    let mut buckets: Vec<(f64, u64)> = buckets.collect();
                    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
                    assert_eq!(buckets, histogram.buckets().collect::<Vec<_>>());
                    assert_eq!(written["sum"].as_f64(), Some(histogram.sum()));
                    assert_eq!(written["count"].as_u64(), Some(histogram.count()));
                }
                other => panic!("{other:?}"),
            }
        }
        checked += 1;
    }
    let written = metrics.keys().filter(|name| name.starts_with(beginning));
    assert_eq!(written.count(), checked);
    checked
}

#[test]
fn a_file_holds_what_the_snapshot_holds() {
    let directory = Directory::new("shape");
    let labelled_directory = Directory::new("labelled");
    let config = JsonConfig {
        const_labels: vec![("site".to_owned(), "a \"b\"".to_owned())],
        ..into(&labelled_directory.0.join("made/for/it"))
    };
    let metrics = metrics(&into(&directory.0));
    let labelled = self::metrics(&config);
    let hostile = "\"},\\\n\r\t\u{0}\u{1f}\u{7f}{\u{2028}é🦀/</script>";
    for metrics in [&metrics, &labelled] {
        wait(metrics.increment_by("json_shape_requests_total", u64::MAX, &[])).unwrap();
        wait(metrics.increment_by("json_shape_bytes_total", 7, &[("path", hostile)])).unwrap();
        wait(metrics.increment("json_shape_bytes_total", &[("path", "")])).unwrap();
        wait(metrics.set_gauge("json_shape_level", -0.1, &[])).unwrap();
        wait(metrics.set_gauge("json_shape_far", 1e300, &[])).unwrap();
        for value in [0.003, 0.7, 99.0] {
            wait(metrics.observe_histogram("json_shape_wait_seconds", value, &[])).unwrap();
            let labels = [("b", hostile), ("a", "1")];
            wait(metrics.observe_histogram("json_shape_work_seconds", value, &labels)).unwrap();
        }
        wait(metrics.export()).unwrap();
    }
    let file = directory.files().into_iter().next().unwrap();
    assert_eq!(assert_same(&file, &metrics.snapshot(), "json_shape_"), 6);
    // Exactly, where it matters.
    let counter = &file["metrics"]["json_shape_requests_total"];
    assert_eq!(counter["value"].as_u64(), Some(u64::MAX));
    let histogram = &file["metrics"]["json_shape_wait_seconds"];
    assert_eq!(histogram["count"], 3);
    assert_eq!(histogram["buckets"]["0.005"], 1);
    assert_eq!(histogram["buckets"]["1.0"], 2);
    assert_eq!(histogram["buckets"]["+Inf"], 3);
    assert_eq!(histogram["sum"], histogram["series"][0]["sum"]);
    let seconds = counter["timestamp"].as_u64().unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert!(now.as_secs() - seconds < 60);
    let timestamp = file["timestamp"].as_str().unwrap();
    assert_eq!(
        (timestamp.len(), &timestamp[23..]),
        (24, "Z"),
        "{timestamp}"
    );
    // The constant label is on every series.
    let names = names(&config.directory);
    let file = read(&config.directory.join(&names[0]));
    let series = &file["metrics"]["json_shape_work_seconds"]["series"][0];
    assert_eq!(
        series["labels"],
        serde_json::json!({"a": "1", "b": hostile, "site": "a \"b\""})
    );
    let own = &file["metrics"]["metrics_build_info"]["series"][0]["labels"];
    assert_eq!(own["site"], "a \"b\"");
}

#[test]
fn exports_in_close_order_are_all_there_and_the_newest_are_kept() {
    let directory = Directory::new("retention");
    let config = JsonConfig {
        retention_files: 5,
        ..into(&directory.0)
    };
    let metrics = metrics(&config);
    for _ in 0..20 {
        wait(metrics.increment("json_retention_total", &[])).unwrap();
        wait(metrics.export()).unwrap();
    }
    let values = directory.files().into_iter();
    let values = values.map(|file| file["metrics"]["json_retention_total"]["value"].as_u64());
    assert_eq!(
        values.collect::<Vec<_>>(),
        (16..=20).map(Some).collect::<Vec<_>>()
    );
    // What is not ours stays.
    let others = [
        "metrics.json",
        "metrics-.json",
        "notes.txt",
        "metrics-12x.json",
    ];
    for name in others {
        fs::write(directory.0.join(name), "").unwrap();
    }
    drop(metrics);
    let config = JsonConfig {
        retention_age: Some(Duration::from_millis(1)),
        ..into(&directory.0)
    };
    let metrics = self::metrics(&config);
    std::thread::sleep(Duration::from_millis(50));
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    assert_eq!(
        directory.names().len(),
        others.len() + 1,
        "{:?}",
        directory.names()
    );
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    let directory = Directory::new("paths");
    fs::create_dir_all(directory.0.join("real/below")).unwrap();
    let link = directory.0.join("link");
    std::os::unix::fs::symlink(directory.0.join("real"), &link).unwrap();
    let slash = PathBuf::from(format!("{}/", link.display()));
    for (path, reason) in [
        (directory.0.join("real/../elsewhere"), "contains `..`"),
        (PathBuf::from("../metrics"), "contains `..`"),
        (link.clone(), "is a symbolic link"),
        (slash, "is a symbolic link"),
        (link.join("below"), "is a symbolic link"),
        (PathBuf::new(), "is empty"),
    ] {
        let error = JsonExporter::new(into(&path)).unwrap_err();
        assert_eq!(error.error_type(), "invalid_variable", "{error}");
        assert!(error.reason().contains(reason), "{error}");
    }
    let mut config = into(&directory.0);
    config.retention_files = 0;
    assert!(JsonExporter::new(config).is_err());
    config = into(&directory.0);
    config.const_labels = vec![("le".to_owned(), "1".to_owned())];
    assert!(JsonExporter::new(config).is_err());
    // One that appears only later, too.
    let metrics = metrics(&into(&directory.0.join("later")));
    std::os::unix::fs::symlink(directory.0.join("real"), directory.0.join("later")).unwrap();
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected", "{error}");
    assert_eq!(names(&directory.0.join("real")), ["below"]);
    fs::remove_file(directory.0.join("later")).unwrap();
    wait(metrics.export()).unwrap();
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error_until_it_can() {
    // Not even root can make one there, or below a file.
    let metrics = metrics(&into(Path::new("/proc/instrumetrics")));
    let before = failures("io");
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "io", "{error}");
    assert!(error.reason().contains("/proc/instrumetrics"), "{error}");
    assert!(failures("io") > before);
    let directory = Directory::new("blocked");
    fs::write(&directory.0, "a file").unwrap();
    let metrics = self::metrics(&into(&directory.0));
    wait(metrics.increment("json_blocked_total", &[])).unwrap();
    assert_eq!(wait(metrics.export()).unwrap_err().error_type(), "io");
    fs::remove_file(&directory.0).unwrap();
    wait(metrics.export()).unwrap();
    // And one that is taken away is made again.
    fs::remove_dir_all(&directory.0).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(
        directory.newest()["metrics"]["json_blocked_total"]["value"],
        1
    );
}

/// Runs the program of that name from this module in a process of its own, by a shell that may prepare it.
fn child(name: &str, directory: &Path, prepare: &str) -> Child {
    let script = format!("{prepare} exec \"$0\" --exact --ignored --nocapture \"$1\"");
    Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .arg(format!("json::{name}"))
        .env("JSON_TEST_DIRECTORY", directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn directory_of_child() -> Option<PathBuf> {
    std::env::var_os("JSON_TEST_DIRECTORY").map(PathBuf::from)
}

const SERIES_OF_CHILD: usize = 500;

#[test]
#[ignore = "it runs in a process of its own, and is killed there"]
fn writer() {
    let Some(directory) = directory_of_child() else {
        return;
    };
    let config = JsonConfig {
        retention_files: 5,
        ..into(&directory)
    };
    let metrics = metrics(&config);
    let counters: Vec<_> = (0..SERIES_OF_CHILD)
        .map(|n| metrics.counter("json_writer_total", &[("n", &n.to_string())]))
        .collect();
    loop {
        for counter in &counters {
            counter.inc();
        }
        wait(metrics.export()).unwrap();
    }
}

/// As many milliseconds below `most` as chance says.
fn chance(most: u64) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    Duration::from_millis(RandomState::new().hash_one(Instant::now()) % most)
}

#[test]
fn a_writer_that_is_killed_leaves_whole_files_only() {
    let directory = Directory::new("killed");
    fs::create_dir(&directory.0).unwrap();
    let left = directory.0.join("left");
    fs::create_dir(&left).unwrap();
    let mut files = 0;
    for kill in 0..200 {
        let mut writer = child("writer", &directory.0, "");
        // Once the first file is there, or one that is to become it.
        let begin = Instant::now();
        while names(&directory.0).len() < 2 {
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(chance(30));
        writer.kill().unwrap();
        writer.wait().unwrap();
        for name in directory.names() {
            if name == "left" {
                continue;
            }
            if name.starts_with('.') {
                assert!(name.ends_with(".json.tmp"), "{name}");
                fs::rename(directory.0.join(&name), left.join(&name)).unwrap();
                continue;
            }
            files += 1;
            let path = directory.0.join(&name);
            let file = read(&path);
            let series = file["metrics"]["json_writer_total"]["series"]
                .as_array()
                .unwrap();
            assert_eq!(series.len(), SERIES_OF_CHILD, "kill {kill}: {name}");
            let first = &series[0]["value"];
            assert!(first.as_u64() >= Some(1));
            assert!(series.iter().all(|series| series["value"] == *first));
            fs::remove_file(path).unwrap();
        }
    }
    println!("{files} files, {} left unfinished", names(&left).len());
    assert!(files >= 100, "{files}");
    // Otherwise no kill met a writer at work.
    assert!(names(&left).len() >= 5, "{:?}", names(&left));
    // The next start removes what they left.
    let metrics = metrics(&into(&left));
    wait(metrics.export()).unwrap();
    assert_eq!(names(&left).len(), 1, "{:?}", names(&left));
    assert!(names(&left)[0].starts_with("metrics-"));
}

#[test]
#[ignore = "it runs in a process of its own, where files may not grow"]
fn writer_of_large_files() {
    let Some(directory) = directory_of_child() else {
        return;
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let prometheus = instrumetrics::create_prometheus_exporter().unwrap();
    let metrics = Metrics::builder()
        .exporter(JsonExporter::new(into(&directory)).unwrap())
        .exporter(prometheus.clone())
        .build();
    wait(metrics.increment("json_small_total", &[])).unwrap();
    for n in 0..5000 {
        wait(metrics.increment("json_large_total", &[("n", &n.to_string())])).unwrap();
    }
    for _ in 0..5 {
        assert_eq!(wait(metrics.export()).unwrap_err().error_type(), "io");
    }
    assert_eq!(failures("io"), 5.0);
    assert_eq!(names(&directory), [""; 0], "nothing is left of what failed");
    // There is room again, as it were.
    wait(prometheus.remove_counter("json_large_total")).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(failures("io"), 5.0);
    // Its last export would run against the end of the process.
    std::mem::forget(metrics);
}

#[test]
fn a_disk_without_room_is_survived_counted_and_said_once() {
    let directory = Directory::new("full");
    // Files of at most 128 KiB; writing more is an error instead of the end.
    let child = child(
        "writer_of_large_files",
        &directory.0,
        "trap '' XFSZ; ulimit -f 256;",
    );
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("1 passed"), "{said}");
    let lines = errors
        .lines()
        .filter(|line| line.contains("export operation failed"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{errors}");
    assert!(lines[0].contains("cannot write in"), "{errors}");
    let file = directory.newest();
    assert_eq!(file["metrics"]["json_small_total"]["value"], 1);
    assert_eq!(directory.names().len(), 1);
}

#[test]
fn a_full_file_system_is_survived_and_recovers() {
    let directory = Directory::new("tmpfs");
    fs::create_dir(&directory.0).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
        .arg(&directory.0)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        println!("not root: no file system to fill");
        return;
    }
    let result = std::panic::catch_unwind(|| {
        let directory = directory.0.join("below");
        let metrics = metrics(&into(&directory));
        wait(metrics.increment("json_tmpfs_total", &[])).unwrap();
        wait(metrics.export()).unwrap();
        let filler = directory.join("filler");
        // As much as there is room for.
        let _ = fs::write(&filler, vec![0; 16 << 20]);
        let error = wait(metrics.export()).unwrap_err();
        assert_eq!(error.error_type(), "io", "{error}");
        assert_eq!(names(&directory).len(), 2, "nothing is left of what failed");
        fs::remove_file(&filler).unwrap();
        wait(metrics.increment("json_tmpfs_total", &[])).unwrap();
        wait(metrics.export()).unwrap();
        let last = names(&directory).pop().unwrap();
        let file = read(&directory.join(last));
        assert_eq!(file["metrics"]["json_tmpfs_total"]["value"], 2);
        wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    });
    let unmounted = Command::new("umount").arg(&directory.0).status().unwrap();
    result.unwrap();
    assert!(unmounted.success());
}

#[test]
#[ignore = "it runs in a process of its own, with variables of its own"]
fn writer_by_the_environment() {
    let Some(directory) = directory_of_child() else {
        return;
    };
    let metrics = instrumetrics::create_metrics_from_env().unwrap();
    wait(metrics.increment("json_environment_total", &[])).unwrap();
    let begin = Instant::now();
    // At the interval, unasked.
    while !directory.exists()
        || names(&directory)
            .iter()
            .filter(|name| !name.starts_with('.'))
            .count()
            < 2
    {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    println!("written");
    // Until the other side has seen it.
    let _ = BufReader::new(std::io::stdin()).read_line(&mut String::new());
}

#[test]
fn the_environment_chooses_directory_interval_retention_and_labels() {
    let directory = Directory::new("environment");
    let prepare = "export METRICS_EXPORTER=json METRICS_JSON_DIR=\"$JSON_TEST_DIRECTORY\" \
        METRICS_JSON_RETENTION_FILES=2 METRICS_JSON_RETENTION_SECONDS=3600 \
        METRICS_EXPORT_INTERVAL_SECONDS=0.02 METRICS_CONST_LABELS=region=eu;";
    let child = child("writer_by_the_environment", &directory.0, prepare);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("written"), "{said}");
    assert_eq!(directory.names().len(), 2);
    let written = &directory.newest()["metrics"]["json_environment_total"];
    assert_eq!(written["value"], 1);
    assert_eq!(
        written["series"][0]["labels"],
        serde_json::json!({"region": "eu"})
    );
}

#[test]
fn the_last_increment_is_in_the_last_file_two_hundred_times_in_each_runtime() {
    let directory = Directory::in_memory("last");
    let config = JsonConfig {
        retention_files: 1,
        ..into(&directory.0)
    };
    let exporter = JsonExporter::new(config).unwrap();
    let check = |run: &dyn Fn(&Metrics)| {
        for _ in 0..200 {
            let metrics = Metrics::new(exporter.clone());
            wait(metrics.increment("json_last_total", &[])).unwrap();
            let begin = Instant::now();
            run(&metrics);
            assert!(begin.elapsed() < Duration::from_secs(5));
            assert_eq!(directory.newest()["metrics"]["json_last_total"]["value"], 2);
        }
    };
    let within = Duration::from_secs(5);
    check(&|metrics| {
        let _flush = metrics.flush_on_drop();
        wait(metrics.increment("json_last_total", &[])).unwrap();
    });
    let current = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    check(&|metrics| {
        current.block_on(async {
            metrics.increment("json_last_total", &[]).await.unwrap();
            metrics.shutdown(within).await.unwrap();
        });
    });
    let multi = tokio::runtime::Runtime::new().unwrap();
    check(&|metrics| {
        let metrics = metrics.clone();
        let task = multi.spawn(async move {
            metrics.increment("json_last_total", &[]).await.unwrap();
            metrics.shutdown(within).await
        });
        multi.block_on(task).unwrap().unwrap();
    });
}

#[test]
fn a_hung_neighbour_does_not_keep_the_last_file_from_being_written() {
    let directory = Directory::new("neighbour");
    let metrics = metrics(&into(&directory.0));
    metrics
        .register_exporter("json_neighbour", |_| std::future::pending::<()>())
        .unwrap();
    wait(metrics.increment("json_neighbour_total", &[])).unwrap();
    let begin = Instant::now();
    let error = wait(metrics.shutdown(Duration::from_millis(500))).unwrap_err();
    assert_eq!(error.error_type(), "timeout");
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(
        directory.newest()["metrics"]["json_neighbour_total"]["value"],
        1
    );
}

#[test]
fn a_removed_metric_is_dropped_and_not_delivered_backwards() {
    let account = |exporter: &str, result: &str| {
        let labels = [("exporter", exporter), ("result", result)];
        instrumetrics::snapshot()
            .counter("metrics_export_recordings_total", &labels)
            .unwrap()
    };
    let metrics = create_metrics_with_null_exporter();
    let prometheus = instrumetrics::create_prometheus_exporter().unwrap();
    metrics
        .register_exporter("json_removed", async |_| ())
        .unwrap();
    metrics
        .register_exporter("prometheus", prometheus.clone())
        .unwrap();
    wait(metrics.increment_by("json_removed_total", 1_u64 << 40, &[])).unwrap();
    wait(metrics.export()).unwrap();
    wait(metrics.increment_by("json_removed_total", 1_u64 << 41, &[])).unwrap();
    let delivered = account("json_removed", "delivered");
    wait(prometheus.remove_counter("json_removed_total")).unwrap();
    wait(metrics.export()).unwrap();
    assert!(account("json_removed", "delivered") >= delivered);
    assert!(account("json_removed", "delivered") < delivered + (1_u64 << 40) as f64);
    // Nobody read it before it was gone, but its family was known: its last reading tells.
    assert_eq!(account("json_removed", "dropped"), (1_u64 << 41) as f64);
}
