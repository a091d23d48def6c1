//! From what is written to what can be trusted. Each check adds its sentence and the next goes on, so
//! that nobody mends a file one run at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;
use url::Url;
use waterline_core::{Classifier, Kind, ReportingZone, Taxonomy, TaxonomyError, rules::RuleSet};
use waterline_ingestor::config::SourceConfig;
use waterline_store::RuleTexts;

use super::{Classification, Config, Database, Serve, Written, file, folder_of};
use crate::environment::Environment;

const TAXONOMY: &str = include_str!("../../../../config/taxonomy.toml");
const RULES: &str = include_str!("../../../../config/rules.toml");

pub(super) fn config(written: Written, environment: &Environment) -> Result<Config, Vec<String>> {
    let Written { path, config: from } = written;
    let folder = folder_of(path.as_deref()).to_owned();
    let mut problems = Problems { path: path.as_deref(), found: Vec::new() };
    let zone = problems.keep("reporting.zone", from.reporting.zone.parse::<ReportingZone>());
    let database = problems.keep("database", database(from.database, &folder));
    let serve = problems.keep("serve", serve(from.serve, environment));
    problems.keep("source", distinct(&from.source));
    let classification = classification(&from.classification, &folder);
    let (Some(zone), Some(database), Some(serve), Ok(classification), true) =
        (zone, database, serve, &classification, problems.found.is_empty())
    else {
        let mut found = problems.found;
        found.extend(classification.err().unwrap_or_default());
        return Err(found);
    };
    let classification = classification.clone();
    let default_effort =
        from.effort_defaults.into_iter().fold(usual_effort(), |mut effort, (kind, minutes)| {
            effort.insert(kind, i64::from(minutes.get()) * 60);
            effort
        });
    Ok(Config {
        path,
        zone,
        trust_name: from.reporting.trust_name,
        smallest_group: from.reporting.smallest_group,
        database,
        classification,
        default_effort,
        ingest_every: Duration::from_secs(from.ingest.every.get()),
        serve,
        sources: from.source,
    })
}

struct Problems<'a> {
    path: Option<&'a Path>,
    found: Vec<String>,
}

impl Problems<'_> {
    /// The value, or its problem under the name of the key.
    fn keep<T>(&mut self, key: &str, result: Result<T, impl ToString>) -> Option<T> {
        result
            .map_err(|problem| {
                let file = self.path.map(|path| format!("{}, ", path.display())).unwrap_or_default();
                self.found.push(format!("{file}{key}: {}", problem.to_string()));
            })
            .ok()
    }
}

/// Seconds that a piece of work takes where a source logs nothing at all and nobody configured better:
/// round figures from service desks, meant to be replaced.
pub(crate) fn usual_effort() -> BTreeMap<Kind, i64> {
    let minutes = |kind| match kind {
        Kind::Incident => 45,
        Kind::Request => 30,
        Kind::Problem => 240,
        Kind::Change => 120,
        Kind::Task => 60,
        Kind::Project => 2400,
        Kind::Patching => 60,
    };
    Kind::ALL.into_iter().map(|kind| (kind, minutes(kind) * 60)).collect()
}

fn database(from: file::Database, folder: &Path) -> Result<Database, String> {
    let url = match (from.url, from.url_file) {
        (Some(_), Some(_)) => return Err("give either url or url_file, not both".to_owned()),
        (Some(url), None) => url,
        (None, Some(path)) => read(&folder.join(&path))?.trim().to_owned(),
        (None, None) => "sqlite://waterline-data/waterline.db".to_owned(),
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database(SecretString::from(url)));
    }
    // The address itself is not repeated: somebody may have put a password into it.
    let Some(file) = url.strip_prefix("sqlite:") else {
        return Err("the url begins with neither sqlite: nor postgres:".to_owned());
    };
    let file = file.strip_prefix("//").unwrap_or(file);
    let url =
        if file.starts_with(":memory:") { url } else { format!("sqlite://{}", folder.join(file).display()) };
    Ok(Database(SecretString::from(url)))
}

fn serve(from: file::Serve, environment: &Environment) -> Result<Serve, String> {
    let listen: std::net::SocketAddr = from.listen.parse().map_err(|_| {
        format!(
            "listen = \"{}\" is not an address and a port; write it as 127.0.0.1:8080 or [::1]:8080",
            from.listen
        )
    })?;
    let public_url = from.public_url.as_deref().map(public_url).transpose()?;
    let secure = public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if !listen.ip().is_loopback() && !secure && !from.allow_insecure_http {
        return Err(format!(
            "listen = \"{listen}\" answers other machines, and passwords would cross the network in the \
             clear; set public_url to the https:// address in front of it, or allow_insecure_http = true"
        ));
    }
    let metrics_token = from
        .metrics_token
        .map(|place| place.look_up(&|name| environment.get(name)))
        .transpose()
        .map_err(|reason| format!("metrics_token: {reason}"))?;
    Ok(Serve { listen, public_url, allow_insecure_http: from.allow_insecure_http, metrics_token })
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("public_url = \"{text}\" is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
        return Err(format!(
            "public_url = \"{text}\" must be the address of a whole host, such as https://waterline.trust.example"
        ));
    }
    Ok(url)
}

fn distinct(sources: &[SourceConfig]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match sources.iter().find(|source| !seen.insert(&source.name)) {
        Some(twice) => Err(format!("there are two sources called \"{}\"", twice.name)),
        None => Ok(()),
    }
}

/// Reads taxonomy and rules. Rules can only be judged by a sound taxonomy, so its problem stands alone.
pub(super) fn classification(
    from: &file::Classification,
    folder: &Path,
) -> Result<Classification, Vec<String>> {
    let (taxonomy_path, taxonomy_text) = text(from.taxonomy.as_deref(), folder, "taxonomy", TAXONOMY)?;
    let (rules_path, rules_text) = text(from.rules.as_deref(), folder, "rules", RULES)?;
    let taxonomy = Taxonomy::parse(&taxonomy_text).map_err(|error| {
        vec![match &error {
            TaxonomyError::Toml(toml) => file::sentence(&taxonomy_path, &taxonomy_text, toml),
            other => format!("{}: {other}", taxonomy_path.display()),
        }]
    })?;
    let rules = RuleSet::parse(&rules_text, &taxonomy)
        .map_err(|error| vec![format!("{}, {error}", rules_path.display())])?;
    Ok(Classification {
        classifier: Arc::new(Classifier::new(rules, None, taxonomy)),
        texts: RuleTexts { taxonomy: taxonomy_text, rules: rules_text },
    })
}

/// The text of a configured file, or the one that comes with Waterline.
fn text(
    path: Option<&Path>,
    folder: &Path,
    key: &str,
    embedded: &str,
) -> Result<(PathBuf, String), Vec<String>> {
    match path {
        None => Ok((PathBuf::from(format!("the {key} that comes with Waterline")), embedded.to_owned())),
        Some(path) => {
            let path = folder.join(path);
            let text = read(&path).map_err(|problem| vec![format!("classification.{key}: {problem}")])?;
            Ok((path, text))
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
