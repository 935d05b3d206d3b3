//! The variables of the JSON exporter.

use super::parse;
use super::table::{Variable, rows};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Json {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) retention_files: Option<usize>,
    pub(crate) retention_age: Option<Duration>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "METRICS_JSON_DIR", "`metrics`", "where JSON files go; made if it is not there; neither `..` nor symbolic links in the path" => |config, text| config.json.directory = Some(directory(text)?);
    "METRICS_JSON_RETENTION_FILES", "1440", "how many JSON files are kept, the newest; the default is a day at the default interval" => |config, text| config.json.retention_files = Some(parse::positive(text)?);
    "METRICS_JSON_RETENTION_SECONDS", "none", "for how long JSON files are kept; unset, only their number counts" => |config, text| config.json.retention_age = Some(Duration::from_secs(parse::positive(text)? as u64));
};

fn directory(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("a directory without `..` in its path".to_owned());
    }
    Ok(path.to_owned())
}
