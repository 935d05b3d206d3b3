//! Values of variables. Each error says what was expected.

use instrumetrics_grammar::{self as grammar, Kind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

pub(super) fn whole(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "a whole number, 0 or more".to_owned())
}

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match whole(text) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("a whole number, 1 or more".to_owned()),
    }
}

/// Seconds, at least a millisecond and at most a day.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.001..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "seconds between 0.001 and 86400".to_owned())
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("`true` or `false`".to_owned()),
    }
}

pub(super) fn level(text: &str) -> Result<String, String> {
    let level = text.to_ascii_lowercase();
    if ["error", "warn", "info", "debug", "trace"].contains(&level.as_str()) {
        Ok(level)
    } else {
        Err("`error`, `warn`, `info`, `debug` or `trace`".to_owned())
    }
}

pub(super) fn namespace(text: &str) -> Result<String, String> {
    grammar::namespace(text)
        .map(|()| text.to_owned())
        .map_err(|violation| format!("a namespace ({violation})"))
}

pub(super) fn const_labels(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or("labels as `name=value,name=value`")?;
        let (name, value) = (name.trim(), value.trim());
        grammar::label_for(name, Kind::Histogram, grammar::MAX_LABEL_NAME_LENGTH)
            .map_err(|violation| format!("labels as `name=value` (label `{name}`: {violation})"))?;
        if labels.iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("each label once, not `{name}` twice"));
        }
        labels.push((name.to_owned(), value.to_owned()));
    }
    Ok(labels)
}

pub(super) fn bounds(text: &str) -> Result<Vec<f64>, String> {
    let bounds: Result<Vec<f64>, _> = text.split(',').map(|bound| bound.trim().parse()).collect();
    let bounds = bounds.map_err(|_| "bounds as numbers between commas: `0.1,0.5,1`".to_owned())?;
    grammar::buckets(&bounds)
        .map(|()| bounds)
        .map_err(|violation| format!("bounds as numbers between commas ({violation})"))
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| "an address with a port, such as `127.0.0.1:9464`".to_owned())
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err("a port between 1 and 65535".to_owned()),
    }
}

pub(super) fn path(text: &str) -> Result<String, String> {
    let fine = text.starts_with('/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte));
    if fine {
        Ok(text.to_owned())
    } else {
        Err("a path that begins with `/`".to_owned())
    }
}

/// A token or password: nothing that could end a header line.
pub(super) fn secret(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.chars().any(char::is_control) {
        Err("a value without control characters".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn credentials(text: &str) -> Result<String, String> {
    secret(text)
        .ok()
        .filter(|text| text.contains(':'))
        .ok_or_else(|| "`user:password` without control characters".to_owned())
}
