//! Where the next batch begins, the query that asks for it, and the proof that the answer obeys it.
//!
//! Paging is by keyset on `(sys_updated_on, sys_id)`: a record that changes while we page moves to the end
//! and is met there, where paging by offset would skip another in its stead. A new run begins ten minutes
//! before the newest record seen, because a transaction may commit behind our back with an earlier stamp.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::extract::Row;
use crate::Cursor;

/// How far a new run reaches back behind the newest record seen.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// Nothing younger is taken for the newest: other nodes may still be writing within it.
const LAG: TimeDelta = TimeDelta::minutes(1);

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// What a cursor says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The newest `sys_updated_on` seen, over all runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<DateTime<Utc>>,
    /// The last record of the batch before, within a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Key>,
    /// Rows to pass over behind it: pages that came back empty because access rules hid every row.
    #[serde(default)]
    pub(super) offset: u64,
}

/// What records are ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    updated: DateTime<Utc>,
    id: String,
}

impl Key {
    fn of(row: Row<'_>) -> Option<Self> {
        let id = row.text("sys_id").ok()??;
        // It goes into the next query, where `^` would begin another condition.
        let harmless = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        harmless.then_some(())?;
        Some(Self { updated: row.time("sys_updated_on").ok()??, id })
    }

    /// Databases behind ServiceNow compare ids without regard to case.
    fn order(&self, other: &Self) -> Ordering {
        let fold = |id: &str| id.to_ascii_lowercase();
        self.updated.cmp(&other.updated).then_with(|| fold(&self.id).cmp(&fold(&other.id)))
    }
}

impl Place {
    /// Reads a cursor that we wrote; `None` if it is none.
    pub(super) fn read(cursor: Option<&Cursor>) -> Option<Self> {
        cursor.map_or_else(|| Some(Self::default()), |cursor| serde_json::from_str(&cursor.0).ok())
    }

    /// A `Place` always has a JSON form; the fallback merely begins afresh.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned()))
    }

    /// Whether a run begins here.
    pub(super) fn is_start(&self) -> bool {
        self.after.is_none() && self.offset == 0
    }

    /// Whether the query asks for the whole feed, so that its count is that of the feed.
    pub(super) fn is_everything(&self) -> bool {
        self.newest.is_none() && self.after.is_none()
    }

    fn since(&self) -> Option<DateTime<Utc>> {
        self.newest.map(|newest| newest - OVERLAP)
    }

    /// For `sysparm_query`. `^NQ` begins a new query, so the base filter stands in both halves.
    pub(super) fn query(&self, opened_since: Option<NaiveDate>) -> String {
        let base = base(opened_since);
        let from = match (&self.after, self.since()) {
            (Some(Key { updated, id }), _) => {
                let at = updated.format(FORMAT);
                format!("{base}sys_updated_on={at}^sys_id>{id}^NQ{base}sys_updated_on>{at}^")
            }
            (None, Some(since)) => format!("{base}sys_updated_on>={}^", since.format(FORMAT)),
            (None, None) => base,
        };
        format!("{from}ORDERBYsys_updated_on^ORDERBYsys_id")
    }

    /// Where it goes on within this run, after a page of `limit` rows of which `rows` were shown.
    /// Refused with a reason where the rows are not those that were asked for: an instance passes over a
    /// query it does not understand, and then gives everything in any order.
    pub(super) fn advance(
        &self,
        rows: &[Value],
        limit: u64,
        opened_since: Option<NaiveDate>,
    ) -> Result<Self, String> {
        let opened_since = opened_since.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        let mut last = self.after.clone();
        let mut any_key = false;
        for row in rows.iter().map(|json| Row { json }) {
            // One record without a key is for the quarantine; the others tell where we are.
            let Some(key) = Key::of(row) else { continue };
            any_key = true;
            if last.as_ref().is_some_and(|last| key.order(last) != Ordering::Greater) {
                return Err(ignored("records came that lie before those already given, or out of order"));
            }
            if self.after.is_none() && self.since().is_some_and(|since| key.updated < since) {
                return Err(ignored("records came that were last updated before the time asked for"));
            }
            let opened = row.time("opened_at").ok().flatten();
            if opened.zip(opened_since).is_some_and(|(opened, since)| opened < since) {
                return Err(ignored("records came that were opened before the day in since"));
            }
            last = Some(key);
        }
        if !any_key && self.is_everything() && !rows.is_empty() {
            return Err("no record has both sys_id and sys_updated_on, without which nothing can be \
                        followed; let the account read those fields"
                .to_owned());
        }
        if !any_key {
            return Ok(Self { offset: self.offset + limit, ..self.clone() });
        }
        let newest = last.as_ref().map(|key| key.updated).max(self.newest);
        Ok(Self { newest, after: last, offset: 0 })
    }

    /// Where the next run begins, now that this one is through.
    pub(super) fn caught_up(&self, now: DateTime<Utc>) -> Self {
        Self { newest: self.newest.map(|newest| newest.min(now - LAG)), after: None, offset: 0 }
    }
}

/// The filter that every query of the feed shares, ready to be joined to.
fn base(opened_since: Option<NaiveDate>) -> String {
    opened_since.map_or_else(String::new, |day| format!("opened_at>={day} 00:00:00^"))
}

fn ignored(what: &str) -> String {
    format!(
        "the instance ignored a part of the query: {what}. Nothing of this batch was kept. Check that the \
         account may read sys_updated_on, sys_id and opened_at, and have the system property \
         glide.invalid_query.returns_no_rows set to true so that such queries show at once"
    )
}

#[cfg(test)]
mod tests;
