//! What stands after `--` on the command line.

use std::path::PathBuf;

/// How to run.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub struct Options {
    /// Fewer rounds, for a look while working.
    pub quick: bool,
    /// Whether a missed ratio makes the run fail.
    pub check: bool,
    /// Whether the sections that take long are measured too.
    pub all: bool,
    /// Whether the figures and the plot go into the documentation.
    pub publish: bool,
    /// Where the figures go as JSON.
    pub json: PathBuf,
    /// Only rows whose name contains this, and F.
    pub filter: String,
}

const USAGE: &str = "usage: cargo bench --manifest-path bench/Cargo.toml -- [--quick] [--all] [--check] [--publish] [--json PATH] [FILTER]";

impl Options {
    /// Reads the arguments of the process.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and the usage.
    pub fn from_arguments(
        arguments: impl IntoIterator<Item = String>,
        json: PathBuf,
    ) -> Result<Self, String> {
        let mut options = Self {
            quick: false,
            check: false,
            all: false,
            publish: false,
            json,
            filter: String::new(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--check" => options.check = true,
                "--all" => options.all = true,
                "--publish" => options.publish = true,
                "--json" => {
                    options.json = arguments
                        .next()
                        .ok_or_else(|| format!("`--json` needs a path\n{USAGE}"))?
                        .into();
                }
                // Cargo adds it.
                "--bench" => {}
                other if other.starts_with('-') => {
                    return Err(format!("unknown argument `{other}`\n{USAGE}"));
                }
                filter => filter.clone_into(&mut options.filter),
            }
        }
        if options.publish && !options.filter.is_empty() {
            return Err(format!("`--publish` needs all rows\n{USAGE}"));
        }
        Ok(options)
    }

    /// Whether a row is wanted.
    #[must_use]
    pub fn wants(&self, row: &str) -> bool {
        row.contains(&self.filter)
    }

    /// Whether a section that takes long is wanted: all of them are, or it is asked for by name.
    #[must_use]
    pub fn wants_extra(&self, name: &str) -> bool {
        (self.all || self.publish || !self.filter.is_empty()) && self.wants(name)
    }

    /// The rounds to run where a whole measurement has this many; odd, so that the median is one of them.
    #[must_use]
    pub const fn rounds(&self, whole: usize) -> usize {
        if self.quick { (whole / 8) | 1 } else { whole }
    }
}
