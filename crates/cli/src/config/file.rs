//! The configuration file as it is written. Nothing here is checked beyond names and types.

use std::{
    collections::BTreeMap,
    num::{NonZeroU32, NonZeroU64},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use waterline_core::Kind;
use waterline_ingestor::config::{SecretRef, SourceConfig};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "sections")]
pub(crate) struct FileConfig {
    pub(crate) reporting: Reporting,
    pub(crate) database: Database,
    pub(crate) classification: Classification,
    /// Minutes.
    pub(crate) effort_defaults: BTreeMap<Kind, NonZeroU32>,
    pub(crate) ingest: Ingest,
    pub(crate) serve: Serve,
    pub(crate) source: Vec<SourceConfig>,
}

impl FileConfig {
    /// Takes files of secrets to lie in this folder, unless they say where they lie from the root on.
    pub(super) fn secrets_beside(&mut self, folder: &Path) {
        let of_sources = self.source.iter_mut().flat_map(|source| {
            let auth = &mut source.auth;
            [&mut auth.password, &mut auth.client_secret, &mut auth.token]
        });
        for place in of_sources.chain([&mut self.serve.metrics_token]) {
            if let Some(file) = place.as_mut().and_then(|place| place.file.as_mut()) {
                *file = folder.join(&*file);
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the section [reporting]")]
pub(crate) struct Reporting {
    pub(crate) zone: String,
    pub(crate) trust_name: String,
    pub(crate) smallest_group: u32,
}

impl Default for Reporting {
    fn default() -> Self {
        Self { zone: "Europe/London".to_owned(), trust_name: "Your trust".to_owned(), smallest_group: 5 }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the section [database]")]
pub(crate) struct Database {
    pub(crate) url: Option<String>,
    pub(crate) url_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the section [classification]")]
pub(crate) struct Classification {
    pub(crate) taxonomy: Option<PathBuf>,
    pub(crate) rules: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the section [ingest]")]
pub(crate) struct Ingest {
    /// Seconds.
    pub(crate) every: NonZeroU64,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { every: const { NonZeroU64::new(300).expect("300 is not zero") } }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the section [serve]")]
pub(crate) struct Serve {
    pub(crate) listen: String,
    pub(crate) public_url: Option<String>,
    pub(crate) allow_insecure_http: bool,
    pub(crate) metrics_token: Option<SecretRef>,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            allow_insecure_http: false,
            metrics_token: None,
        }
    }
}

/// Reads the text of a file; the error is a sentence with the line.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| sentence(path, text, &error))
}

/// TOML's message as one sentence. Without the line itself, which TOML would print: somebody may have
/// written a password there.
pub(crate) fn sentence(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let message = in_plain_words(error.message());
    match error.span() {
        Some(span) => {
            let line = text.as_bytes()[..span.start.min(text.len())].split(|byte| *byte == b'\n').count();
            format!("{}, line {line}: {message}", path.display())
        }
        None => format!("{}: {message}", path.display()),
    }
}

/// What Rust says of its types, and what it means to somebody who writes a configuration.
const WORDS: [(&str, &str); 8] = [
    ("unknown field", "unknown key"),
    ("missing field", "missing key"),
    ("unknown variant", "unknown word"),
    ("a nonzero u64", "a whole number above 0"),
    ("a nonzero u32", "a whole number above 0"),
    ("expected u64", "expected a whole number"),
    ("expected u32", "expected a whole number"),
    ("struct SecretRef", "{ env = \"NAME\" } or { file = \"/path\" }"),
];

/// One line, in the words above, and without the value: `invalid type: string "hunter2", expected …`
/// becomes `invalid type: string, expected …`.
pub(crate) fn in_plain_words(message: &str) -> String {
    let mut message = message.trim().replace('\n', ", ");
    if let (Some(start), Some(end)) = (message.find("string \""), message.rfind("\", expected")) {
        message.replace_range(start + "string".len()..=end, "");
    }
    WORDS.into_iter().fold(message, |message, (from, to)| message.replace(from, to))
}
