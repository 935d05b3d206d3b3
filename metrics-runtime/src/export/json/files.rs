//! The files of a JSON exporter, and no others.
//!
//! In one file with its tests, since names, retention and what is refused only make sense together.

use super::config::Checked;
use crate::export::push::Failure;
use foldhash::fast::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Writes files into a directory and removes those that are too old or too many.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    most: usize,
    /// In milliseconds.
    longest: Option<u64>,
    /// Whether what killed processes left was looked for before the first file.
    is_swept: bool,
}

/// A file is there; whether the others could be tidied up.
#[derive(Debug)]
pub(super) enum Written {
    AndTidied,
    ButNotTidied(io::Error),
}

/// Names that are tried when there is a file of that millisecond already.
const MOST_TRIES: u64 = 1000;

/// A temporary file of another process that is alive, or may be, is given up after this long.
const LONGEST_WRITE: Duration = Duration::from_secs(3600);

/// The same where it cannot be told which processes are alive: several times as long as an export may take.
const LONGEST_WRITE_UNSEEN: Duration = Duration::from_secs(60);

impl Files {
    pub(super) fn new(config: &Checked) -> Self {
        Self {
            directory: config.directory.clone(),
            most: config.retention_files,
            longest: config
                .retention_age
                .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            is_swept: false,
        }
    }

    /// Writes a file of this time, in milliseconds since 1970.
    pub(super) fn write(&mut self, milliseconds: u64, text: &[u8]) -> Result<Written, Failure> {
        let failed = |doing: &str, error: io::Error| {
            Failure::io_in(&format!("{doing} in {}", self.directory.display()), &error)
        };
        // Each time: it may have been replaced meanwhile.
        if let Some(link) = symlink_in(&self.directory) {
            return Err(Failure::new("rejected", symlink_reason(&link)));
        }
        make(&self.directory).map_err(|error| failed("cannot make the directory", error))?;
        if !self.is_swept {
            // What cannot be removed does no harm here, and is tried again below.
            let _ = self.tidy(None);
        }
        let temporary = self.directory.join(temporary_name(milliseconds));
        let published = write_synced(&temporary, text)
            .and_then(|()| publish(&temporary, &self.directory, milliseconds));
        let written = match published {
            Ok(written) => written,
            Err(error) => {
                // It may not have been made at all.
                let _ = fs::remove_file(&temporary);
                return Err(failed("cannot write", error));
            }
        };
        sync_directory(&self.directory).map_err(|error| failed("cannot sync", error))?;
        let tidied = self.tidy(Some(written));
        self.is_swept = true;
        Ok(match tidied {
            Ok(()) => Written::AndTidied,
            Err(error) => Written::ButNotTidied(error),
        })
    }

    /// Removes what killed processes left, and, once a file is written, what is too old or too many beside it.
    fn tidy(&self, written: Option<u64>) -> io::Result<()> {
        let mut result = Ok(());
        let mut remove = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => result = Err(error),
            _ => {}
        };
        let mut others = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            // Of the entry itself: a symbolic link is never ours.
            if !entry.file_type()?.is_file() {
                continue;
            }
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(milliseconds) = file_time(name) {
                if Some(milliseconds) != written {
                    others.push(milliseconds);
                }
            } else if let Some((process, token)) = temporary_owner(name)
                && is_abandoned(process, token, &entry.path())
            {
                remove(&entry.path());
            }
        }
        if let Some(written) = written {
            others.sort_unstable();
            let oldest = self.longest.map_or(0, |age| written.saturating_sub(age));
            let aged = others.partition_point(|milliseconds| *milliseconds < oldest);
            let excess = (others.len() + 1).saturating_sub(self.most);
            for milliseconds in others.iter().take(aged.max(excess)) {
                remove(&self.directory.join(file_name(*milliseconds)));
            }
        }
        result
    }
}

fn file_name(milliseconds: u64) -> String {
    format!("metrics-{milliseconds}.json")
}

/// The time in the name of one of our files, exactly as we write it.
fn file_time(name: &str) -> Option<u64> {
    let milliseconds = name.strip_prefix("metrics-")?.strip_suffix(".json")?;
    let milliseconds = milliseconds.parse().ok()?;
    (file_name(milliseconds) == name).then_some(milliseconds)
}

/// Tells this process from an earlier one of the same number.
fn token() -> u64 {
    static TOKEN: OnceLock<u64> = OnceLock::new();
    *TOKEN.get_or_init(|| RandomState::default().hash_one(Instant::now()))
}

fn temporary_name(milliseconds: u64) -> String {
    temporary_name_of(milliseconds, std::process::id(), token())
}

fn temporary_name_of(milliseconds: u64, process: u32, token: u64) -> String {
    format!(".metrics-{milliseconds}-{process}-{token:016x}.json.tmp")
}

/// The process that made a temporary file, and its token, if the name is exactly as we write it.
fn temporary_owner(name: &str) -> Option<(u32, u64)> {
    let parts = name.strip_prefix(".metrics-")?.strip_suffix(".json.tmp")?;
    let mut parts = parts.split('-');
    let milliseconds = parts.next()?.parse().ok()?;
    let process = parts.next()?.parse().ok()?;
    let token = u64::from_str_radix(parts.next()?, 16).ok()?;
    (temporary_name_of(milliseconds, process, token) == name).then_some((process, token))
}

/// Whether nobody writes this temporary file any more.
fn is_abandoned(process: u32, token_of: u64, path: &Path) -> bool {
    if token_of == token() {
        return false;
    }
    let alive = if process == std::process::id() {
        // An earlier process of our number: the first of each container has the same.
        Some(false)
    } else if Path::new("/proc/self").exists() {
        Some(Path::new("/proc").join(process.to_string()).exists())
    } else {
        None
    };
    let longest = match alive {
        Some(false) => return true,
        Some(true) => LONGEST_WRITE,
        None => LONGEST_WRITE_UNSEEN,
    };
    fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > longest))
}

/// The first part of a path that is a symbolic link.
pub(super) fn symlink_in(path: &Path) -> Option<PathBuf> {
    let mut parts: Vec<&Path> = path
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .collect();
    parts.reverse();
    parts
        .into_iter()
        .find(|part| fs::symlink_metadata(part).is_ok_and(|metadata| metadata.is_symlink()))
        .map(Path::to_path_buf)
}

/// What is wrong with a symbolic link.
pub(super) fn symlink_reason(link: &Path) -> String {
    format!(
        "`{}` is a symbolic link; give the path that it leads to",
        link.display()
    )
}

fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    // That it is there must last too. Those above it are not synced: they are not ours alone.
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

fn write_synced(path: &Path, text: &[u8]) -> io::Result<()> {
    // New: it neither follows a symbolic link nor opens what is there.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Gives a whole file its name, that of the next free millisecond, and returns that. What is there is not touched.
fn publish(temporary: &Path, directory: &Path, milliseconds: u64) -> io::Result<u64> {
    for milliseconds in milliseconds..milliseconds.saturating_add(MOST_TRIES) {
        let path = directory.join(file_name(milliseconds));
        // Renaming replaces what is there, be it a moment old; a second name for the file does not.
        match fs::hard_link(temporary, &path) {
            Ok(()) => {
                fs::remove_file(temporary)?;
                return Ok(milliseconds);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // Not every file system has second names.
            Err(_) if fs::symlink_metadata(&path).is_err() => {
                fs::rename(temporary, &path)?;
                return Ok(milliseconds);
            }
            Err(_) => {}
        }
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        "there are too many files of this second",
    ))
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some network file systems do not know this.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// Elsewhere directories cannot be opened.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty directory of this test's own.
    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("instrumetrics-files-{name}-{}", token()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn files(directory: &Path, most: usize, longest: Option<u64>) -> Files {
        Files {
            directory: directory.to_owned(),
            most,
            longest,
            is_swept: false,
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn two_of_one_millisecond_are_both_there() {
        let directory = directory("same");
        let mut files = files(&directory, 9, None);
        for text in ["a", "b", "c"] {
            files.write(1000, text.as_bytes()).unwrap();
        }
        let names = names(&directory);
        assert_eq!(
            names,
            [
                "metrics-1000.json",
                "metrics-1001.json",
                "metrics-1002.json"
            ]
        );
        assert_eq!(fs::read(directory.join("metrics-1001.json")).unwrap(), b"b");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_oldest_go_first_and_only_ours_and_never_the_new_one() {
        let directory = directory("retention");
        let kept = [
            ".metrics-1.json.tmp",
            "metrics-.json",
            "metrics-0099999.json",
            "metrics-1.json.bak",
            "metrics-1.txt",
            "other.json",
            "xmetrics-1.json",
        ];
        for name in kept {
            fs::write(directory.join(name), "").unwrap();
        }
        fs::create_dir(directory.join("metrics-2.json")).unwrap();
        for milliseconds in [3, 20, 10, 9000] {
            fs::write(directory.join(file_name(milliseconds)), "").unwrap();
        }
        // The clock was set back: the new one is older than another by name.
        files(&directory, 3, None).write(15, b"new").unwrap();
        let mut expected: Vec<String> = kept.map(str::to_owned).to_vec();
        expected.push("metrics-2.json".to_owned());
        expected.extend([15, 20, 9000].map(file_name));
        expected.sort();
        assert_eq!(names(&directory), expected);
        // By age, to the millisecond.
        files(&directory, 9, Some(85)).write(105, b"new").unwrap();
        expected.retain(|name| *name != file_name(15));
        expected.push(file_name(105));
        expected.sort();
        assert_eq!(names(&directory), expected);
        files(&directory, 1, Some(0)).write(106, b"new").unwrap();
        assert_eq!(names(&directory).len(), kept.len() + 2);
        assert_eq!(fs::read(directory.join(file_name(106))).unwrap(), b"new");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not() {
        let directory = directory("abandoned");
        let live = [
            temporary_name(1),
            // The process that started this one.
            temporary_name_of(2, std::os::unix::process::parent_id(), 7),
            ".metrics-3-1-7.json.tmp".to_owned(),
        ];
        let dead = [
            temporary_name_of(3, u32::MAX, 7),
            temporary_name_of(4, std::process::id(), token() ^ 1),
        ];
        for name in live.iter().chain(&dead) {
            fs::write(directory.join(name), "").unwrap();
        }
        files(&directory, 9, None).write(5, b"").unwrap();
        for name in &live {
            assert!(directory.join(name).exists(), "{name}");
        }
        for name in &dead {
            assert!(!directory.join(name).exists(), "{name}");
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_symbolic_link_is_neither_followed_nor_replaced_nor_removed() {
        let directory = directory("link");
        let target = directory.join("target");
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, directory.join(file_name(50))).unwrap();
        std::os::unix::fs::symlink(&target, directory.join(file_name(1))).unwrap();
        files(&directory, 1, Some(1)).write(50, b"new").unwrap();
        assert_eq!(fs::read(directory.join(file_name(51))).unwrap(), b"new");
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        assert!(directory.join(file_name(1)).is_symlink());
        // As the directory, at run time.
        let link = directory.join("link");
        std::os::unix::fs::symlink(&directory, &link).unwrap();
        let failure = files(&link.join("below"), 1, None)
            .write(60, b"new")
            .unwrap_err();
        assert_eq!(failure.fault.error_type, "rejected");
        assert!(!directory.join("below").exists());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn nothing_is_left_of_what_failed() {
        let directory = directory("failed");
        // All names are taken.
        for milliseconds in 0..MOST_TRIES {
            fs::write(directory.join(file_name(milliseconds)), "").unwrap();
        }
        let failure = files(&directory, 1, None).write(0, b"new").unwrap_err();
        assert_eq!(failure.fault.error_type, "io");
        assert_eq!(names(&directory).len() as u64, MOST_TRIES);
        fs::remove_dir_all(directory).unwrap();
    }
}
