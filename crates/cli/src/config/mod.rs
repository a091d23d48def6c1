//! One TOML file, overridden by the environment, turned once into settings that the rest can trust.
//!
//! Every problem is a sentence that names the file and the line, the key or the variable; and all that
//! can be found at once are told at once.

mod check;
mod file;
mod overrides;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use waterline_core::{Classifier, Clock, Kind, ReportingZone};
use waterline_ingestor::{Source, config::SourceConfig};
use waterline_store::RuleTexts;

use crate::{environment::Environment, failure::WrongUse};
pub(crate) use check::usual_effort;
use file::FileConfig;
pub(crate) use file::sentence as toml_sentence;

/// Where the configuration lies when nobody says otherwise.
const DEFAULT_FILE: &str = "waterline.toml";

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\nerror: "))]
pub(crate) struct Problems(pub(crate) Vec<String>);

/// Checked settings.
pub(crate) struct Config {
    /// `None` where there is no file and the defaults hold.
    pub(crate) path: Option<PathBuf>,
    pub(crate) zone: ReportingZone,
    pub(crate) trust_name: String,
    pub(crate) smallest_group: u32,
    pub(crate) database: Database,
    pub(crate) classification: Classification,
    /// Seconds.
    pub(crate) default_effort: BTreeMap<Kind, i64>,
    pub(crate) ingest_every: Duration,
    pub(crate) serve: Serve,
    pub(crate) sources: Vec<SourceConfig>,
}

/// The address of the database, which may hold a password.
pub(crate) struct Database(SecretString);

impl Database {
    pub(crate) fn url(&self) -> &str {
        self.0.expose_secret()
    }

    /// For people: without password and options.
    pub(crate) fn shown(&self) -> String {
        if self.url().starts_with("sqlite:") {
            return self.url().to_owned();
        }
        match Url::parse(self.url()) {
            Ok(mut url) => {
                if url.password().is_some() {
                    // Fails only for addresses without a host, which have no password either.
                    let _unchanged = url.set_password(Some("***"));
                }
                url.set_query(None);
                url.to_string()
            }
            Err(_) => "(not an address)".to_owned(),
        }
    }
}

/// How work is sorted.
#[derive(Clone)]
pub(crate) struct Classification {
    pub(crate) classifier: Arc<Classifier>,
    /// What an empty database begins with.
    pub(crate) texts: RuleTexts,
}

impl Classification {
    /// The taxonomy and the rules that come with Waterline.
    pub(crate) fn embedded() -> Result<Self, Problems> {
        check::classification(&file::Classification::default(), Path::new("")).map_err(Problems)
    }
}

/// Where and how pages are served.
pub(crate) struct Serve {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<Url>,
    pub(crate) allow_insecure_http: bool,
    pub(crate) metrics_token: Option<SecretString>,
}

/// The file and the environment as written, before any check.
pub(crate) struct Written {
    path: Option<PathBuf>,
    config: FileConfig,
}

impl Written {
    /// Reads `path`, or `waterline.toml` in this folder if there is one, and what the environment
    /// overrides.
    pub(crate) fn read(path: Option<&Path>, environment: &Environment) -> Result<Self, Problems> {
        let default = Path::new(DEFAULT_FILE);
        let path = path.or_else(|| default.exists().then_some(default));
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Problems(vec![format!("cannot read the configuration {}: {error}", path.display())])
            })?,
        };
        let named = path.unwrap_or(default);
        let config: FileConfig = file::parse(named, &text).map_err(|problem| Problems(vec![problem]))?;
        let table = file::parse(named, &text).map_err(|problem| Problems(vec![problem]))?;
        let mut config = overrides::apply(config, table, environment).map_err(Problems)?;
        config.secrets_beside(folder_of(path));
        Ok(Self { path: path.map(Path::to_owned), config })
    }

    /// Checks everything but the sources, and tells all problems together.
    pub(crate) fn check(self, environment: &Environment) -> Result<Config, Problems> {
        check::config(self, environment).map_err(Problems)
    }

    /// Builds every source, for its problems only.
    pub(crate) fn source_problems(&self, environment: &Environment, clock: &Clock) -> Vec<String> {
        self.config.source.iter().filter_map(|source| build(source, environment, clock).err()).collect()
    }
}

impl Config {
    /// Reads and checks in one go.
    pub(crate) fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, Problems> {
        Written::read(path, environment)?.check(environment)
    }

    /// Builds the sources of these names, or all where no name is given, with their secrets.
    pub(crate) fn sources(
        &self,
        names: &[String],
        environment: &Environment,
        clock: &Clock,
    ) -> anyhow::Result<Vec<Source>> {
        if let Some(unknown) = names.iter().find(|name| !self.sources.iter().any(|of| of.name == **name)) {
            let known: Vec<&str> = self.sources.iter().map(|source| source.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(WrongUse(format!("there is no source \"{unknown}\"; configured are: {known}")).into());
        }
        let wanted = self.sources.iter().filter(|source| names.is_empty() || names.contains(&source.name));
        let mut sources = Vec::new();
        let mut problems = Vec::new();
        for source in wanted {
            match build(source, environment, clock) {
                Ok(source) => sources.push(source),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(sources) } else { Err(Problems(problems).into()) }
    }
}

/// What paths in the configuration are relative to, wherever the command runs.
fn folder_of(path: Option<&Path>) -> &Path {
    path.and_then(Path::parent).unwrap_or(Path::new(""))
}

fn build(source: &SourceConfig, environment: &Environment, clock: &Clock) -> Result<Source, String> {
    source.build(&|name| environment.get(name), clock).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
