//! Processes with an environment of their own.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How a process ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// What stands after `key: ` on the one line of standard output that begins so.
    pub(crate) fn said(&self, key: &str) -> &str {
        let mut lines = self.stdout.lines();
        let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no `{key}: ` in {self:#?}"))
    }

    /// The lines of standard error that have this in them.
    pub(crate) fn logged<'a>(&'a self, part: &'a str) -> Vec<&'a str> {
        let lines = self.stderr.lines();
        lines.filter(|line| line.contains(part)).collect()
    }

    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

/// Runs one of the programs with nothing in its environment but this.
pub(crate) fn run(program: &str, environment: &[(&str, &str)]) -> Ended {
    run_os(
        program,
        environment
            .iter()
            .map(|(name, value)| (name, OsStr::new(value))),
    )
    .succeeded()
}

/// As [`run`], with values that need not be text.
pub(crate) fn run_os<'a>(
    program: &str,
    environment: impl IntoIterator<Item = (&'a &'a str, &'a OsStr)>,
) -> Ended {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            &format!("programs::{program}"),
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env_clear()
        .envs(environment);
    end(&mut command)
}

pub(crate) fn end(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file that is removed again.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn new(content: &[u8]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "environment-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Relaxed)
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It lies below the target folder.
        let _ = std::fs::remove_file(&self.0);
    }
}
