use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use waterline_core::{Coverage, TextPolicy};

use crate::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// From the saved cursor on.
    Incremental,
    /// From the beginning; when it ends well, what it did not see is marked as gone upstream.
    Full,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The feed was drained to its end.
    Drained,
    /// Stopped with this sentence; the next run goes on from the last batch.
    Failed(String),
}

/// HTTP traffic since the last batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Requests by status; 0 stands for no answer.
    pub requests: BTreeMap<u16, u64>,
    pub retries: u64,
    pub throttled_seconds: f64,
}

/// The right to drain one feed, held by one process at a time and renewed with every batch.
#[derive(Clone, Debug)]
pub struct RunTicket {
    pub run_id: i64,
    pub source_id: i32,
    pub source_name: String,
    pub feed: String,
    pub mode: RunMode,
    /// Where the run begins: the saved cursor for an incremental run, or that of an interrupted run of the same
    /// mode. `None` is the beginning.
    pub cursor: Option<String>,
}

/// What is known of one feed of one source, also across processes and restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedStatus {
    pub source: String,
    pub connector: String,
    pub feed: String,
    pub text: TextPolicy,
    pub example_data: bool,
    /// Whether the last run that ended did so well; `None` before the first end.
    pub up: Option<bool>,
    pub running: bool,
    pub last_run_at: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    /// The newest `updated_at` held.
    pub newest_at: Option<DateTime<Utc>>,
    /// Items held that were not removed upstream.
    pub held: i64,
    /// Items held that the source no longer has.
    pub gone: i64,
    /// What the source says it has; `None` where it does not say.
    pub upstream_total: Option<i64>,
    /// Records waiting in quarantine because they could not be read.
    pub rejected: i64,
    /// Counters since the source was first registered.
    pub batches: i64,
    pub records: i64,
    pub requests: BTreeMap<u16, i64>,
    pub retries: i64,
    pub throttled_seconds: f64,
}

impl Store {
    /// Makes a source known (idempotent). Gives its id. Refuses a name that is already used with another
    /// connector. `example_data` makes every page say "Example data from a simulated trust".
    pub async fn register_source(
        &self,
        name: &str,
        connector: &str,
        text: TextPolicy,
        example_data: bool,
        feeds: &[&str],
        now: DateTime<Utc>,
    ) -> Result<i32, StoreError> {
        unimplemented!()
    }

    /// Takes the lease on a feed and opens a run; `None` while another process holds it.
    pub async fn begin_run(
        &self,
        source_id: i32,
        feed: &str,
        mode: RunMode,
        now: DateTime<Utc>,
    ) -> Result<Option<RunTicket>, StoreError> {
        unimplemented!()
    }

    /// Closes a run and gives the lease back. A drained full run marks what it did not see as gone:
    /// finished work stays counted (it was done), open work becomes withdrawn. `traffic` is what was
    /// not written with a batch yet.
    pub async fn finish_run(
        &self,
        ticket: &RunTicket,
        outcome: RunOutcome,
        traffic: Traffic,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// All feeds of all sources, by name.
    pub async fn feed_statuses(&self, now: DateTime<Utc>) -> Result<Vec<FeedStatus>, StoreError> {
        unimplemented!()
    }

    /// How much of what the sources have is held.
    pub async fn coverage(&self, now: DateTime<Utc>) -> Result<Coverage, StoreError> {
        unimplemented!()
    }

    /// Whether any source holds simulated data.
    pub async fn shows_example_data(&self) -> Result<bool, StoreError> {
        unimplemented!()
    }
}
