//! Who may scrape; and what is secret stays so.

use crate::child::{Ended, Temporary, run};

fn serve(environment: &[(&str, &str)]) -> Ended {
    let always = [
        ("METRICS_EXPORTER", "prometheus"),
        ("METRICS_HTTP_ADDR", "127.0.0.1:0"),
    ];
    let ended = run("serve", &[&always, environment].concat());
    assert_eq!(ended.said("server"), "127.0.0.1");
    assert_eq!(ended.said("stopped"), "Ok(())");
    assert_eq!(ended.said("listens"), "false");
    // Only the program itself says the right answer.
    let said = |line: &&str| line.contains("s3cr3t") && !line.starts_with('/');
    let leaks: Vec<&str> = ended.stdout.lines().filter(said).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
    ended
}

/// How each way to ask was answered: nothing, the right and a wrong token, the right and a wrong login.
fn answers<'a>(ended: &'a Ended, path: &str) -> [&'a str; 5] {
    [
        "",
        " Bearer s3cr3t",
        " Bearer wrong",
        " Basic dXNlcjpzM2NyM3Q=",
        " Basic dXNlcjp3cm9uZw==",
    ]
    .map(|how| ended.said(&format!("{path}{how}")))
}

const SERVED: &str = "200 true";
const ASKED: &str = "401 false";
const MISSING: &str = "404 false";

#[test]
fn anybody_may_scrape_unless_told_otherwise() {
    let ended = serve(&[]);
    assert_eq!(answers(&ended, "/metrics"), [SERVED; 5]);
    assert_eq!(answers(&ended, "/other/path"), [MISSING; 5]);
    let ended = serve(&[("METRICS_HTTP_PATH", "/other/path")]);
    assert_eq!(answers(&ended, "/other/path"), [SERVED; 5]);
    assert_eq!(answers(&ended, "/metrics"), [MISSING; 5]);
}

#[test]
fn a_token_and_a_login_from_a_variable_or_from_a_file() {
    let token = Temporary::new(b"s3cr3t\n");
    let login = Temporary::new(b"user:s3cr3t\r\n");
    for environment in [
        ("METRICS_HTTP_BEARER_TOKEN", "s3cr3t"),
        ("METRICS_HTTP_BEARER_TOKEN_FILE", token.path()),
    ] {
        let ended = serve(&[environment]);
        let expected = [ASKED, SERVED, ASKED, ASKED, ASKED];
        assert_eq!(answers(&ended, "/metrics"), expected, "{environment:?}");
        hidden(&ended);
    }
    for environment in [
        ("METRICS_HTTP_BASIC_AUTH", "user:s3cr3t"),
        ("METRICS_HTTP_BASIC_AUTH_FILE", login.path()),
    ] {
        let ended = serve(&[environment]);
        let expected = [ASKED, ASKED, ASKED, SERVED, ASKED];
        assert_eq!(answers(&ended, "/metrics"), expected, "{environment:?}");
        hidden(&ended);
    }
    let ended = serve(&[
        ("METRICS_HTTP_BEARER_TOKEN_FILE", token.path()),
        ("METRICS_HTTP_BASIC_AUTH", "user:s3cr3t"),
    ]);
    assert_eq!(
        answers(&ended, "/metrics"),
        [ASKED, SERVED, ASKED, SERVED, ASKED]
    );
    hidden(&ended);
}

/// What the library logged, at any level, is without secrets; what the program's own client logs is its own business.
fn hidden(ended: &Ended) {
    let ours: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| !line.contains(" ureq"))
        .collect();
    let leaks = |line: &&&str| line.contains("s3cr3t") || line.contains("dXNlcjpzM2NyM3Q");
    assert_eq!(ours.iter().find(leaks), None, "{ended:#?}");
    assert_eq!(ended.logged("metrics are configured").len(), 1);
    assert!(ended.logged("metrics are configured")[0].contains("***"));
    assert!(!ended.said("debug").contains("s3cr3t"));
}

#[test]
fn a_bad_secret_is_not_shown_in_the_error() {
    let file = Temporary::new(b"two\ns3cr3t lines");
    let no_text = Temporary::new(b"s3cr3t\xff");
    let empty = Temporary::new(b"\n");
    for (name, value) in [
        ("METRICS_HTTP_BEARER_TOKEN", "two\ns3cr3t lines"),
        ("METRICS_HTTP_BASIC_AUTH", "s3cr3t"),
        ("METRICS_HTTP_BEARER_TOKEN_FILE", file.path()),
        ("METRICS_HTTP_BASIC_AUTH_FILE", file.path()),
        ("METRICS_HTTP_BEARER_TOKEN_FILE", no_text.path()),
        ("METRICS_HTTP_BEARER_TOKEN_FILE", empty.path()),
    ] {
        let ended = run("report", &[(name, value)]);
        assert_eq!(ended.said("created"), "no");
        assert_eq!(ended.said("error_type"), "invalid_variable");
        assert_eq!(ended.said("name"), name);
        assert!(!ended.stdout.contains("s3cr3t"), "{ended:#?}");
        assert!(!ended.stderr.contains("s3cr3t"), "{ended:#?}");
    }
}
