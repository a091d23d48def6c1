//! The first reading of a file: everything is understood once before anything is stored, so that a
//! file which is damaged in the middle changes nothing, and so that of several rows of one item only
//! the last is ever stored.
//!
//! Remembers a key and a row number for each item, not the rows.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use chrono::{DateTime, Utc};
use waterline_core::redaction::Redactor;

use super::{
    error::ImportError,
    extract::Extractor,
    file::{Row, Rows},
    mapping::RowsPer,
};

/// A row that is not stored, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RejectedRow {
    pub(super) line: u64,
    /// Its key, where it has one.
    pub(super) record: Option<String>,
    /// Never holds ticket text: redacted, and a value in it is cut short.
    pub(super) reason: String,
    /// Whether another row of the same key is stored.
    pub(super) item_stored: bool,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) rows: u64,
    /// Different keys, readable or not.
    pub(super) items: u64,
    /// Numbers of the rows to store: one for each item.
    pub(super) keep: HashSet<u64>,
    /// By line.
    pub(super) rejects: Vec<RejectedRow>,
}

/// The row that counts for one item, so far.
struct Latest {
    updated_at: DateTime<Utc>,
    number: u64,
    line: u64,
    failure: Option<String>,
}

struct Surveyor<'a> {
    extractor: &'a Extractor<'a>,
    per: RowsPer,
    latest: HashMap<String, Latest>,
    rejects: Vec<RejectedRow>,
}

/// Reads all rows. `progress` hears how far it is.
pub(super) fn survey(
    rows: &mut Rows<'_>,
    extractor: &Extractor<'_>,
    per: RowsPer,
    redactor: &Redactor,
    mut progress: impl FnMut(&Rows<'_>, u64),
) -> Result<Survey, ImportError> {
    let mut surveyor = Surveyor { extractor, per, latest: HashMap::new(), rejects: Vec::new() };
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        surveyor.see(&row);
        progress(rows, count);
    }
    Ok(surveyor.conclude(count, redactor))
}

impl Surveyor<'_> {
    fn see(&mut self, row: &Row) {
        let key = match self.extractor.key(row) {
            Ok(key) => key,
            Err(reason) => return self.reject(row, None, reason),
        };
        let updated_at = match self.extractor.updated_at(row) {
            Ok(updated_at) => updated_at,
            Err(reason) => return self.reject(row, Some(key), reason),
        };
        let failure = self.extractor.item(row, key.clone(), updated_at).err();
        let seen = Latest { updated_at, number: row.number, line: row.line, failure };
        match (self.latest.entry(key), self.per) {
            (Entry::Vacant(place), _) => {
                place.insert(seen);
            }
            (Entry::Occupied(mut place), RowsPer::Log) => {
                // Of equals the later line wins.
                if seen.updated_at >= place.get().updated_at {
                    place.insert(seen);
                }
            }
            (Entry::Occupied(place), RowsPer::OnePerItem) => {
                let reason = format!(
                    "line {} has the same external_id; if the file has several rows for one item, set rows = \"log\"",
                    place.get().line
                );
                let key = place.key().clone();
                self.reject(row, Some(key), reason);
            }
        }
    }

    fn reject(&mut self, row: &Row, record: Option<String>, reason: String) {
        self.rejects.push(RejectedRow { line: row.line, record, reason, item_stored: false });
    }

    fn conclude(self, rows: u64, redactor: &Redactor) -> Survey {
        let Self { latest, mut rejects, .. } = self;
        let keyed_rejects: HashSet<&str> =
            rejects.iter().filter_map(|reject| reject.record.as_deref()).collect();
        let only_rejected = keyed_rejects.into_iter().filter(|key| !latest.contains_key(*key)).count();
        let items = (latest.len() + only_rejected) as u64;
        for reject in &mut rejects {
            reject.item_stored = reject
                .record
                .as_ref()
                .and_then(|key| latest.get(key))
                .is_some_and(|latest| latest.failure.is_none());
        }
        let mut keep = HashSet::new();
        for (key, Latest { number, line, failure, .. }) in latest {
            match failure {
                None => {
                    keep.insert(number);
                }
                Some(reason) => {
                    rejects.push(RejectedRow { line, record: Some(key), reason, item_stored: false });
                }
            }
        }
        rejects.sort_by_key(|reject| reject.line);
        for reject in &mut rejects {
            reject.reason = redactor.redact(&reject.reason).into_owned();
            reject.record = reject.record.take().map(|key| redactor.redact(&key).into_owned());
        }
        Survey { rows, items, keep, rejects }
    }
}
