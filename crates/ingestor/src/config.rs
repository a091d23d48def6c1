//! One `[[source]]` of the configuration: read strictly, then built into a [`Source`] that can be pulled.

use std::path::PathBuf;

use chrono::NaiveDate;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::value::Datetime;
use url::Url;
use waterline_core::{Clock, TextPolicy, redaction::Redactor};

use crate::{
    Auth, Connector, FeedId, HttpClient, HttpLimits, Source,
    request_tracker::{RequestTracker, RequestTrackerOptions},
    servicenow::{ServiceNow, ServiceNowOptions},
};

/// What `connector` may say.
const CONNECTORS: [&str; 2] = ["servicenow", "request_tracker"];

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

/// One `[[source]]` table, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// a-z, 0-9, `-` and `_`: a key in the database and a metric label. To rename one makes a new source.
    pub name: String,
    /// `servicenow` or `request_tracker`.
    pub connector: String,
    /// Where the service answers.
    pub url: Url,
    /// How much of a ticket's text is kept.
    #[serde(default)]
    pub text: TextPolicy,
    /// Only records opened on or after this day. An earlier day takes effect with a full pull.
    #[serde(default, deserialize_with = "day")]
    pub since: Option<NaiveDate>,
    /// Regular expressions to redact on top of the built-in ones.
    #[serde(default)]
    pub redact: Vec<String>,
    /// Whether this is simulated data; every page then says so.
    #[serde(default)]
    pub example_data: bool,
    /// How to sign in.
    pub auth: AuthConfig,
    /// A part of the connector's feeds; all of them where left out.
    pub feeds: Option<Vec<String>>,
    /// Only for the connector of that name.
    pub servicenow: Option<ServiceNowOptions>,
    /// Only for the connector of that name.
    pub request_tracker: Option<RequestTrackerOptions>,
}

/// The table `auth`: one of `user` with `password`, `client_id` with `client_secret`, or `token`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    pub user: Option<String>,
    pub password: Option<SecretRef>,
    pub client_id: Option<String>,
    pub client_secret: Option<SecretRef>,
    pub token: Option<SecretRef>,
}

/// Where a secret is kept: `{ env = "NAME" }` or `{ file = "/run/secrets/name" }`. Never in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    pub env: Option<String>,
    pub file: Option<PathBuf>,
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let written = Datetime::deserialize(deserializer)?;
    let Datetime { date: Some(date), time: None, offset: None } = written else {
        return Err(D::Error::custom(format!("{written} is not a day; write one like 2024-11-01")));
    };
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("{written} is not in the calendar")))
}

impl SourceConfig {
    /// Checks everything that can be checked without asking the source, and looks the secrets up with
    /// `env` (the process environment, in the binary) or in their files.
    pub fn build(&self, env: &dyn Fn(&str) -> Option<String>, clock: &Clock) -> Result<Source, ConfigError> {
        self.check_name()?;
        self.check_options()?;
        let redactor =
            Redactor::new(&self.redact).map_err(|error| self.error("redact", error.to_string()))?;
        let auth = self.auth.resolve(env).map_err(|(key, reason)| self.error(key, reason))?;
        let http = HttpClient::new(&self.name, &self.url, HttpLimits::default(), clock.clone())?;
        let connector = self.connector(http.clone(), auth, clock)?;
        let only = self.chosen_feeds(connector.as_ref())?;
        Ok(Source {
            name: self.name.clone(),
            text: self.text,
            redactor,
            example_data: self.example_data,
            connector,
            http,
            only,
        })
    }

    fn error(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.name, key, reason)
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(allowed) {
            return Err(self.error("name", "a name has 1 to 64 of the characters a-z, 0-9, - and _"));
        }
        Ok(())
    }

    /// Options of a connector that is not used would be ignored without a word.
    fn check_options(&self) -> Result<(), ConfigError> {
        if !CONNECTORS.contains(&self.connector.as_str()) {
            let reason =
                format!("\"{}\" is not a connector; there are {}", self.connector, CONNECTORS.join(", "));
            return Err(self.error("connector", reason));
        }
        let given =
            [("servicenow", self.servicenow.is_some()), ("request_tracker", self.request_tracker.is_some())];
        match given.into_iter().find(|(table, given)| *given && *table != self.connector) {
            Some((table, _)) => Err(self.error(
                table,
                format!("this table has no effect, because the connector is {}", self.connector),
            )),
            None => Ok(()),
        }
    }

    fn connector(
        &self,
        http: HttpClient,
        auth: Auth,
        clock: &Clock,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        let base = self.url.clone();
        if self.connector == "servicenow" {
            let options = self.servicenow.clone().unwrap_or_default();
            let connector = ServiceNow::new(http, base, auth, options, self.text, self.since, clock.clone())?;
            return Ok(Box::new(connector));
        }
        let Some(options) = self.request_tracker.clone() else {
            return Err(self.error(
                "request_tracker",
                "Request Tracker does not say what kind of work a queue holds; give [source.request_tracker] \
                 with kinds = { \"Queue\" = \"incident\" }",
            ));
        };
        Ok(Box::new(RequestTracker::new(http, base, auth, options, self.since, clock.clone())?))
    }

    fn chosen_feeds(&self, connector: &dyn Connector) -> Result<Option<Vec<FeedId>>, ConfigError> {
        let offered = connector.feeds();
        let Some(wanted) = &self.feeds else { return Ok(None) };
        if wanted.is_empty() {
            return Err(self.error("feeds", "the list is empty; leave it out to pull all feeds"));
        }
        if let Some(unknown) = wanted.iter().find(|feed| !offered.contains(&feed.as_str())) {
            let offered = offered.join(", ");
            let reason = format!("{} has no feed \"{unknown}\"; it has {offered}", self.connector);
            return Err(self.error("feeds", reason));
        }
        Ok(Some(offered.iter().copied().filter(|feed| wanted.iter().any(|wanted| wanted == feed)).collect()))
    }
}

type KeyAndReason = (&'static str, String);

impl AuthConfig {
    fn resolve(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Auth, KeyAndReason> {
        let secret =
            |key: &'static str, place: &SecretRef| place.look_up(env).map_err(|reason| (key, reason));
        match self {
            Self { user: Some(user), password: Some(password), client_id: None, client_secret: None, token: None } => {
                Ok(Auth::Password { user: user.clone(), password: secret("auth.password", password)? })
            }
            Self { user: None, password: None, client_id: Some(id), client_secret: Some(place), token: None } => {
                Ok(Auth::Client { client_id: id.clone(), client_secret: secret("auth.client_secret", place)? })
            }
            Self { user: None, password: None, client_id: None, client_secret: None, token: Some(token) } => {
                Ok(Auth::Token(secret("auth.token", token)?))
            }
            _ => Err((
                "auth",
                "give user with password, or client_id with client_secret, or token, and only one of the three"
                    .to_owned(),
            )),
        }
    }
}

impl SecretRef {
    /// The secret itself, without the line end that editors put behind it. Sentences never hold it.
    pub fn look_up(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<SecretString, String> {
        let (text, place) = match (&self.env, &self.file) {
            (Some(name), None) => {
                let text = env(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
                (text, format!("the environment variable {name}"))
            }
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                (text, format!("the file {}", path.display()))
            }
            _ => return Err("say where it is kept: { env = \"NAME\" } or { file = \"/path\" }".to_owned()),
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(format!("{place} is empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("{place} holds more than one line, or characters that cannot be sent"));
        }
        Ok(SecretString::from(text))
    }
}

#[cfg(test)]
mod tests;
