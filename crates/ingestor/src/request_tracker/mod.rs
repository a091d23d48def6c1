//! Request Tracker 5 and later, over its REST 2.0 interface. This part talks; `extract` understands.
//!
//! Nothing here asks for the people on a ticket, and nothing reads a ticket's messages: RT keeps the
//! description as the first message, one request per ticket, so items from here have a title only.
//!
//! One feed, `tickets`, swept in the order of the ticket numbers, which never change. Two habits of RT
//! make the usual ways lose tickets (both seen on RT 5.0.3):
//!
//! - Paging by page number in the order of the last update skips as many tickets as were updated since
//!   the page before, and needs a total that RT withholds from some accounts. Each batch therefore asks
//!   for the tickets numbered above the last one seen.
//! - A date in a query is read in the time zone of the account that asks, which REST does not tell, and
//!   `=` means its whole day. An incremental run therefore asks for what changed in so many minutes back
//!   from now, which RT reads alike in every zone. The form is `-90 minutes`; RT reads the 3000 of
//!   `3000 minutes ago` as a time of day.

mod extract;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use waterline_core::{Clock, Kind, State, WorkItem};

use crate::{
    Auth, Batch, Connector, Credentials, Cursor, ExtractError, FeedId, FetchError, HttpClient, Next,
    RawRecord, config::ConfigError,
};

/// The most that RT gives at once, whatever is asked for.
const PER_PAGE: usize = 100;

/// How far an incremental run reaches back beyond the newest change it knows of: ten minutes for
/// transactions that were committed late and clocks that disagree, and an hour because RT works out "so
/// many minutes ago" on the wall clock, which jumps in spring and autumn.
const OVERLAP_MINUTES: i64 = 70;

/// The key under which a ticket's dated time entries travel with it.
const WORKED: &str = "Worked";

/// `[source.request_tracker]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestTrackerOptions {
    /// Queue name to kind of work; RT has no kinds of its own. Tickets of a queue that is not listed are
    /// quarantined.
    pub kinds: BTreeMap<String, Kind>,
    /// Status to state, where a lifecycle has statuses of its own. Unlisted ones: `resolved` is finished,
    /// `rejected` and `deleted` are withdrawn, everything else is open.
    #[serde(default)]
    pub states: BTreeMap<String, State>,
    /// Name of the custom field that holds the department that asked.
    pub department_field: Option<String>,
    /// Name of the custom field that holds the application or service.
    pub system_field: Option<String>,
    /// Name of the custom field that holds the team; without it, the queue is the team.
    pub team_field: Option<String>,
    /// Name of the custom field that holds the ticket's category, for rules to look at.
    pub category_field: Option<String>,
}

impl RequestTrackerOptions {
    fn wants_custom_fields(&self) -> bool {
        [&self.department_field, &self.system_field, &self.team_field, &self.category_field]
            .into_iter()
            .any(Option::is_some)
    }
}

/// One Request Tracker.
pub struct RequestTracker {
    http: HttpClient,
    rest: Url,
    credentials: Credentials,
    options: RequestTrackerOptions,
    opened_since: Option<NaiveDate>,
    clock: Clock,
}

/// Where the next batch begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The newest change that earlier sweeps are sure to have seen; `None` sweeps everything.
    changed_since: Option<DateTime<Utc>>,
    /// The sweep that is under way.
    sweep: Option<Sweep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {
    /// The newest change at its start. What changes later may lie behind it already, so this is where
    /// the next sweep takes over.
    newest: DateTime<Utc>,
    /// The highest ticket number seen.
    after: u64,
}

impl RequestTracker {
    /// For the RT whose start page is at `base`.
    pub fn new(
        http: HttpClient,
        base: Url,
        auth: Auth,
        options: RequestTrackerOptions,
        opened_since: Option<NaiveDate>,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let wrong = |key, reason: &str| ConfigError::new(http.source_name(), key, reason);
        let credentials = match auth {
            Auth::Password { user, password } => Credentials::basic(user, password),
            Auth::Token(token) => Credentials::token("token", token),
            Auth::Client { .. } => {
                return Err(wrong("auth", "Request Tracker takes user and password, or a token"));
            }
        };
        let mut rest = base;
        rest.path_segments_mut()
            .map_err(|()| wrong("url", "this is not the address of a Request Tracker"))?
            .pop_if_empty()
            .extend(["REST", "2.0", ""]);
        Ok(Self { http, rest, credentials, options, opened_since, clock })
    }

    /// One page of a search, and how many it finds in all where RT tells.
    async fn search(&self, list: &str, parameters: &[(&str, &str)]) -> Result<Found, FetchError> {
        let mut url = self.rest.clone();
        url.set_path(&format!("{}{list}", self.rest.path()));
        url.query_pairs_mut().extend_pairs(parameters);
        let answer = self.http.get_json(&url, &self.credentials).await?;
        Found::deserialize(answer.json)
            .map_err(|_| self.refused(list, "its answer is not that of RT's REST 2.0; check url"))
    }

    fn refused(&self, list: &str, reason: &str) -> FetchError {
        FetchError::Refused { endpoint: self.endpoint(list), reason: reason.to_owned() }
    }

    fn transient(&self, list: &str, reason: &str) -> FetchError {
        FetchError::Transient { endpoint: self.endpoint(list), reason: reason.to_owned() }
    }

    fn endpoint(&self, list: &str) -> String {
        format!("{}{list}", self.rest)
    }

    /// The tickets numbered above `id`, as far as the configuration wants them.
    fn tickets_above(&self, id: u64) -> String {
        match self.opened_since {
            Some(day) => format!("id > {id} AND Created >= '{day}'"),
            None => format!("id > {id}"),
        }
    }

    /// The newest change there is, and the number of tickets; `None` where there is no ticket at all.
    async fn begin_sweep(&self) -> Result<Option<(Sweep, u64)>, FetchError> {
        let query = self.tickets_above(0);
        let found = self
            .search(
                "tickets",
                &[
                    ("query", &query),
                    ("orderby", "LastUpdated"),
                    ("order", "DESC"),
                    ("per_page", "1"),
                    ("fields", "LastUpdated"),
                ],
            )
            .await?;
        let total = self.total(&found)?;
        let Some(newest) = found.items.first() else {
            return if total == 0 { Ok(None) } else { Err(self.hidden()) };
        };
        let newest = extract::instant(newest, "LastUpdated")
            .ok()
            .flatten()
            .ok_or_else(|| self.transient("tickets", "its newest ticket has no readable LastUpdated"))?;
        Ok(Some((Sweep { newest, after: 0 }, total)))
    }

    /// Without a total nobody can tell a last page from one whose tickets are all hidden.
    fn total(&self, found: &Found) -> Result<u64, FetchError> {
        found.total.ok_or_else(|| {
            self.refused(
                "tickets",
                "it does not say how many tickets there are, because this account may see only some and \
                 UseSQLForACLChecks is off; switch that on, or give the account the right ShowTicket globally",
            )
        })
    }

    fn hidden(&self) -> FetchError {
        self.refused(
            "tickets",
            "it counts tickets that it does not show to this account; give it the rights ShowTicket and \
             SeeQueue on the same queues",
        )
    }

    /// The tickets of one batch, and how many wait from its first on.
    async fn batch(&self, place: &Place, after: u64) -> Result<(Vec<Value>, u64), FetchError> {
        let mut query = self.tickets_above(after);
        if let Some(since) = place.changed_since {
            let minutes = ((self.clock)() - since).num_minutes().max(0) + 1 + OVERLAP_MINUTES;
            query.push_str(&format!(" AND LastUpdated > '-{minutes} minutes'"));
        }
        let mut fields = "Subject,Status,Queue,Created,Resolved,LastUpdated,TimeWorked,Priority".to_owned();
        if self.options.wants_custom_fields() {
            fields.push_str(",CustomFields");
        }
        let per_page = PER_PAGE.to_string();
        let found = self
            .search(
                "tickets",
                &[
                    ("query", &query),
                    ("orderby", "id"),
                    ("order", "ASC"),
                    ("per_page", &per_page),
                    ("fields", &fields),
                    ("fields[Queue]", "Name"),
                ],
            )
            .await?;
        let waiting = self.total(&found)?;
        Ok((found.items, waiting))
    }

    /// The dated time entries on these tickets, by ticket number. Those that the account may not see
    /// (on comments, for example) are missing here; `extract` makes them up from the ticket's total.
    async fn worked(&self, tickets: &[Value]) -> Result<HashMap<u64, Vec<Value>>, FetchError> {
        let mut worked: HashMap<u64, Vec<Value>> = HashMap::new();
        let logged =
            tickets.iter().filter(|ticket| matches!(extract::minutes(ticket, "TimeWorked"), Ok(1..)));
        let which: Vec<String> = logged
            .filter_map(|ticket| Some(format!("ObjectId = {}", extract::number(ticket, "id")?)))
            .collect();
        if which.is_empty() {
            return Ok(worked);
        }
        let which = which.join(" OR ");
        let per_page = PER_PAGE.to_string();
        let mut after = 0;
        loop {
            let query =
                format!("ObjectType = 'RT::Ticket' AND TimeTaken != 0 AND id > {after} AND ({which})");
            let found = self
                .search(
                    "transactions",
                    &[
                        ("query", &query),
                        ("orderby", "id"),
                        ("order", "ASC"),
                        ("per_page", &per_page),
                        ("fields", "ObjectId,TimeTaken,Created"),
                    ],
                )
                .await?;
            // Without a total, a short page can be one of which some is hidden, so only an empty one ends it.
            let is_last = match found.total {
                Some(waiting) => waiting <= found.items.len() as u64,
                None => found.items.is_empty(),
            };
            after = self.last_number("transactions", &found.items, after)?;
            for entry in found.items {
                if let Some(ticket) = extract::number(&entry, "ObjectId") {
                    worked.entry(ticket).or_default().push(entry);
                }
            }
            if is_last {
                return Ok(worked);
            }
        }
    }

    /// The number of the last row, having made sure that every row lies behind the one before. RT leaves
    /// out what it does not understand of a search, and then it would go round for ever.
    fn last_number(&self, list: &str, rows: &[Value], after: u64) -> Result<u64, FetchError> {
        rows.iter().try_fold(after, |before, row| match extract::number(row, "id") {
            Some(id) if id > before => Ok(id),
            Some(_) => Err(self.transient(list, "its answer is not in the order that was asked for")),
            None => Err(self.transient(list, "its answer holds a row without a number")),
        })
    }
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    total: Option<u64>,
    items: Vec<Value>,
}

#[async_trait]
impl Connector for RequestTracker {
    fn id(&self) -> &'static str {
        "request_tracker"
    }

    fn feeds(&self) -> &[FeedId] {
        &["tickets"]
    }

    async fn fetch(&self, feed: FeedId, after: Option<&Cursor>) -> Result<Batch, FetchError> {
        let place = match after {
            Some(cursor) => serde_json::from_str(&cursor.0).map_err(|error| {
                self.refused(
                    "tickets",
                    &format!("the saved place cannot be read ({error}); pull with --full"),
                )
            })?,
            None => Place::default(),
        };
        let (sweep, upstream_total) = match place.sweep.clone() {
            Some(sweep) => (sweep, None),
            None => match self.begin_sweep().await? {
                Some((sweep, total)) => (sweep, Some(total)),
                None => {
                    let next = Next::CaughtUp(cursor(&place));
                    return Ok(Batch { records: Vec::new(), next, upstream_total: Some(0) });
                }
            },
        };
        let (tickets, waiting) = self.batch(&place, sweep.after).await?;
        if tickets.is_empty() && waiting > 0 {
            return Err(self.hidden());
        }
        let last = self.last_number("tickets", &tickets, sweep.after)?;
        let mut worked = self.worked(&tickets).await?;
        let next = if waiting > tickets.len() as u64 {
            Next::More(cursor(&Place { sweep: Some(Sweep { after: last, ..sweep }), ..place }))
        } else {
            Next::CaughtUp(cursor(&Place { changed_since: Some(sweep.newest), sweep: None }))
        };
        let records = tickets
            .into_iter()
            .map(|mut json| {
                let entries = extract::number(&json, "id").and_then(|id| worked.remove(&id));
                if let (Some(ticket), Some(entries)) = (json.as_object_mut(), entries) {
                    ticket.insert(WORKED.to_owned(), Value::Array(entries));
                }
                RawRecord { feed, json }
            })
            .collect();
        Ok(Batch { records, next, upstream_total })
    }

    fn extract(&self, record: &RawRecord) -> Result<Vec<WorkItem>, ExtractError> {
        extract::work_item(&record.json, &self.options).map(|item| vec![item])
    }
}

fn cursor(place: &Place) -> Cursor {
    // Dates and numbers always become JSON.
    Cursor(serde_json::to_string(place).unwrap_or_default())
}

#[cfg(test)]
mod tests;
