//! ServiceNow's Table API: addresses, signing in and paging. Only reads, and asks for no person's name.

mod extract;
mod place;
mod tables;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use waterline_core::{Clock, State, TextPolicy, WorkItem};

use self::{
    place::Place,
    tables::{States, TABLES, table},
};
use crate::{
    Answer, Auth, Batch, Connector, Credentials, Cursor, ExtractError, FeedId, FetchError, HttpClient, Next,
    RawRecord, config::ConfigError,
};

/// The table `[source.servicenow]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceNowOptions {
    /// Records per request.
    pub batch: u64,
    /// What state numbers mean on this instance, by table: `states.incident = { "9" = "finished" }`.
    /// Numbers left out mean what they mean on an instance fresh from ServiceNow.
    pub states: BTreeMap<String, BTreeMap<String, State>>,
}

impl Default for ServiceNowOptions {
    fn default() -> Self {
        Self { batch: 1000, states: BTreeMap::new() }
    }
}

/// One ServiceNow instance.
pub struct ServiceNow {
    http: HttpClient,
    base: Url,
    credentials: Credentials,
    feeds: Vec<FeedId>,
    batch: u64,
    states: States,
    text: TextPolicy,
    since: Option<NaiveDate>,
    clock: Clock,
    /// State numbers that were warned about, so that each is said once.
    warned: Mutex<BTreeSet<(FeedId, String)>>,
}

impl ServiceNow {
    /// `since` narrows every feed to what was opened on or after that day.
    pub fn new(
        http: HttpClient,
        base: Url,
        auth: Auth,
        options: ServiceNowOptions,
        text: TextPolicy,
        since: Option<NaiveDate>,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let error = |key: &str, reason: String| ConfigError::new(http.source_name(), key, reason);
        let credentials = match auth {
            Auth::Password { user, password } => Credentials::basic(user, password),
            Auth::Client { client_id, client_secret } => {
                Credentials::oauth(below(&base, &["oauth_token.do"]), client_id, client_secret)
            }
            Auth::Token(_) => {
                let reason = "ServiceNow takes user with password, or client_id with client_secret";
                return Err(error("auth.token", reason.to_owned()));
            }
        };
        let feeds: Vec<FeedId> = TABLES.iter().map(|table| table.feed).collect();
        if !(1..=10_000).contains(&options.batch) {
            let reason = format!("{} is not from 1 to 10000", options.batch);
            return Err(error("servicenow.batch", reason));
        }
        if let Some(unknown) = options.states.keys().find(|name| table(name).is_none()) {
            let reason = format!("\"{unknown}\" is not a table we drain; those are {}", feeds.join(", "));
            return Err(error("servicenow.states", reason));
        }
        Ok(Self {
            http,
            base,
            credentials,
            feeds,
            batch: options.batch,
            states: States::new(options.states),
            text,
            since,
            clock,
            warned: Mutex::default(),
        })
    }

    async fn rows(
        &self,
        feed: FeedId,
        place: &Place,
        limit: u64,
        fields: &str,
    ) -> Result<Answer, FetchError> {
        let mut url = below(&self.base, &["api", "now", "table", feed]);
        url.query_pairs_mut()
            .append_pair("sysparm_query", &place.query(self.since))
            .append_pair("sysparm_fields", fields)
            .append_pair("sysparm_limit", &limit.to_string())
            .append_pair("sysparm_offset", &place.offset.to_string())
            .append_pair("sysparm_display_value", "false")
            .append_pair("sysparm_exclude_reference_link", "true");
        self.http.get_json(&url, &self.credentials).await
    }

    /// How many records the feed holds in all, as far as `since` reaches.
    async fn count(&self, feed: FeedId) -> Result<Option<u64>, FetchError> {
        Ok(total(&self.rows(feed, &Place::default(), 1, "sys_id").await?))
    }

    fn refused(&self, feed: FeedId, reason: String) -> FetchError {
        FetchError::Refused { endpoint: format!("{}/{feed}", self.http.source_name()), reason }
    }

    fn warn_once(&self, feed: FeedId, number: String) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if !warned.contains(&(feed, number.clone())) {
            tracing::warn!(
                source = self.http.source_name(),
                table = feed,
                state = number,
                "a state that is not explained; its records count as finished where they have a date of \
                 that, else as open; explain it under [source.servicenow.states]"
            );
            warned.insert((feed, number));
        }
    }
}

#[async_trait]
impl Connector for ServiceNow {
    fn id(&self) -> &'static str {
        "servicenow"
    }

    fn feeds(&self) -> &[FeedId] {
        &self.feeds
    }

    async fn fetch(&self, feed: FeedId, after: Option<&Cursor>) -> Result<Batch, FetchError> {
        let Some(table) = table(feed) else {
            return Err(self.refused(feed, "ServiceNow has no such feed".to_owned()));
        };
        let Some(place) = Place::read(after) else {
            let reason = "the saved cursor is not one of ours; pull with --full to begin afresh";
            return Err(self.refused(feed, reason.to_owned()));
        };
        let answer = self.rows(feed, &place, self.batch, &table.fields(self.text)).await?;
        let behind = total(&answer);
        let more_linked = answer.next_link().is_some();
        let Answer { mut json, .. } = answer;
        let Some(Value::Array(rows)) = json.get_mut("result").map(Value::take) else {
            return Err(self.refused(
                feed,
                "its answer has no list called \"result\"; is url the address of a ServiceNow instance?"
                    .to_owned(),
            ));
        };
        let next =
            place.advance(&rows, self.batch, self.since).map_err(|reason| self.refused(feed, reason))?;
        // The limit is applied before access rules hide rows, so a short or even an empty page is not the
        // end. Only where the instance tells neither a count nor a next page does an empty one have to do.
        let more = match behind {
            Some(behind) => place.offset + self.batch < behind,
            None => more_linked || !rows.is_empty(),
        };
        let upstream_total = match behind {
            Some(_) if place.is_everything() => behind,
            _ if place.is_start() || !more => self.count(feed).await?,
            _ => None,
        };
        let next = match more {
            true => Next::More(next.cursor()),
            false => Next::CaughtUp(next.caught_up((self.clock)()).cursor()),
        };
        let records = rows.into_iter().map(|json| RawRecord { feed, json }).collect();
        Ok(Batch { records, next, upstream_total })
    }

    fn extract(&self, record: &RawRecord) -> Result<Vec<WorkItem>, ExtractError> {
        let Some(table) = table(record.feed) else {
            return Err(ExtractError { record: None, reason: format!("no table is called {}", record.feed) });
        };
        let found = extract::extract(table, &self.states, &record.json)?;
        if let Some(number) = found.unexplained {
            self.warn_once(table.feed, number);
        }
        Ok(vec![found.item])
    }
}

fn total(answer: &Answer) -> Option<u64> {
    answer.header("x-total-count")?.trim().parse().ok()
}

/// An address below the configured one, which may have a path of its own behind a proxy.
fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // Fails only for addresses such as `mailto:`, which the client has refused by now.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
