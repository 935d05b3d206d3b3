//! Puts the figures into the documentation, between two markers.

use std::path::Path;
use std::{fs, io};

const BEGIN: &str =
    "<!-- figures: written by `cargo bench --manifest-path bench/Cargo.toml -- --publish` -->";
const END: &str = "<!-- end of figures -->";

/// Writes the tables between the markers of `docs/PERFORMANCE.md`, and the plot beside it.
///
/// # Errors
///
/// When a file cannot be read or written, or the markers are not there.
pub fn publish(tables: &str, plot: &str) -> io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = docs.join("PERFORMANCE.md");
    let text = replaced(&fs::read_to_string(&page)?, tables)
        .ok_or_else(|| io::Error::other(format!("no markers in {}", page.display())))?;
    fs::write(page, text)?;
    fs::write(docs.join("performance.svg"), plot)
}

/// The page with new tables between its markers.
fn replaced(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        tables.trim()
    ))
}
