//! What must not be printed.

use std::fmt;

/// A password, token or key. It is never printed: `Debug` shows `***`.
///
/// ```
/// # use instrumetrics_runtime::Secret;
/// let key = Secret::from("abc");
/// assert_eq!(format!("{key:?}"), "***");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it can be sent in a header: it is not empty and has no control characters.
    #[cfg(feature = "_http-client")]
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.is_empty() && !self.0.chars().any(char::is_control)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
