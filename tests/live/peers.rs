//! Programs to test against: found where they are installed, and said to be missing where not.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that a test needs.
pub(crate) struct Peer {
    program: &'static str,
    install: &'static str,
}

pub(crate) const INFLUXD: Peer = Peer {
    program: "influxd",
    install: "apt-get install influxdb",
};
pub(crate) const VICTORIA_METRICS: Peer = Peer {
    program: "victoria-metrics",
    install: "apt-get install victoria-metrics",
};
pub(crate) const PROMETHEUS: Peer = Peer {
    program: "prometheus",
    install: "apt-get install prometheus",
};
pub(crate) const PROMTOOL: Peer = Peer {
    program: "promtool",
    install: "apt-get install prometheus",
};
pub(crate) const PUSHGATEWAY: Peer = Peer {
    program: "prometheus-pushgateway",
    install: "apt-get install prometheus-pushgateway",
};

impl Peer {
    /// Where it is. `None` where it is not: the caller returns, as the skip has been said.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path)
            .map(|folder| folder.join(self.program))
            .find(|program| program.is_file());
        found
            .filter(|_| !hidden())
            .or_else(|| skip(self.program, self.install))
    }
}

/// Node, and the main file of Etsy's daemon.
pub(crate) fn statsd() -> Option<(PathBuf, PathBuf)> {
    const INSTALL: &str = "npm install --prefix .peers statsd@0.9.0";
    let node = Peer {
        program: "node",
        install: "apt-get install nodejs",
    };
    let node = node.find()?;
    let daemon = Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers/node_modules/statsd/stats.js");
    if daemon.is_file() {
        Some((node, daemon))
    } else {
        skip("statsd (Etsy's daemon)", INSTALL)
    }
}

/// A Python that has `prometheus_client`.
pub(crate) fn python() -> Option<PathBuf> {
    python_with(
        "prometheus_client.openmetrics.parser",
        "prometheus-client==0.26.*",
    )
}

/// A Python that has this module, which a package brings.
pub(crate) fn python_with(module: &str, package: &str) -> Option<PathBuf> {
    let able = |python: &PathBuf| {
        Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    [venv().join("bin/python"), "python3".into()]
        .into_iter()
        .filter(|_| !hidden())
        .find(able)
        .or_else(|| {
            skip(
                &format!("{module} (Python)"),
                &format!("pip install '{package}', in .peers/venv for instance"),
            )
        })
}

/// The OTLP collector that comes as a Python package, which is one program.
pub(crate) fn rotel() -> Option<PathBuf> {
    let versions = std::fs::read_dir(venv().join("lib")).into_iter().flatten();
    let programs = versions
        .flatten()
        .map(|version| version.path().join("site-packages/rotel/rotel-agent"));
    programs
        .filter(|_| !hidden())
        .find(|program| program.is_file())
        .or_else(|| skip("rotel-agent", "pip install rotel==0.0.1a15, in .peers/venv"))
}

fn venv() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers/venv")
}

fn hidden() -> bool {
    env::var_os("WITHOUT_PEERS").is_some_and(|value| value == "1")
}

/// Says that a test is skipped, or fails it where that is not allowed.
fn skip<T>(what: &str, install: &str) -> Option<T> {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("skipped: {what} not found (install: {install}); wanted by {test}\n");
    assert!(
        env::var_os("REQUIRE_LIVE").is_none_or(|value| value != "1"),
        "{line}"
    );
    // Not `eprint!`: what that writes is shown for failed tests only.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    None
}
