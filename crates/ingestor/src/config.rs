//! One `[[source]]` of the configuration: read strictly, then built into a [`Source`] that can be pulled.

/// Why a source cannot be used; a sentence that names it and the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("source \"{source_name}\", {key}: {reason}")]
pub struct ConfigError {
    source_name: String,
    key: String,
    reason: String,
}

impl ConfigError {
    /// `key` as in the file, for example `auth.password`.
    pub fn new(source_name: &str, key: &str, reason: impl Into<String>) -> Self {
        Self { source_name: source_name.to_owned(), key: key.to_owned(), reason: reason.into() }
    }
}
