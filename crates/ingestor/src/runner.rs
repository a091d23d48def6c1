//! Drains feeds: fetch, extract, redact, store (which classifies), and again until the source has no more.
//!
//! The next batch is fetched while the one before it is being stored. A batch and the cursor behind it go
//! into one transaction, so whatever ends a run (an error, Ctrl-C, a power cut) leaves whole batches, and
//! the next run goes on behind the last of them.

use std::error::Error;

use chrono::{DateTime, Utc};
use waterline_core::{Clock, WorkItem};
use waterline_store::{Batch as StoredBatch, Reject, RunMode, RunOutcome, RunTicket, Store, StoreError};

use crate::{
    Batch, Cursor, FeedId, FetchError, Next, RawRecord, RunnerLimits, Source,
    retry::{Patience, Then},
};

/// Pulls sources into a store.
pub struct Runner {
    /// Where the work goes.
    pub store: Store,
    /// The present.
    pub clock: Clock,
    /// How patient to be.
    pub limits: RunnerLimits,
}

/// What happens during a pull, as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum PullEvent<'a> {
    /// A batch is in the store.
    Stored {
        source: &'a str,
        feed: FeedId,
        /// Records of this run so far.
        records: u64,
        /// How many the feed holds, where the source told.
        upstream_total: Option<u64>,
    },
    /// Nothing goes on until then.
    Waiting { source: &'a str, feed: FeedId, until: DateTime<Utc>, why: String },
    /// One feed is through, well or not.
    Done { source: &'a str, report: &'a FeedReport },
}

/// How the drain of one feed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedOutcome {
    /// Everything the source has is in the store.
    Drained,
    /// It stopped with this sentence; what was stored stays.
    Failed(String),
    /// Another process is draining it.
    Busy,
}

/// What came out of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedReport {
    pub feed: FeedId,
    pub outcome: FeedOutcome,
    pub added: u64,
    pub changed: u64,
    /// Held already in the same version.
    pub unchanged: u64,
    /// Older than the version held.
    pub stale: u64,
    /// Could not be read, and wait in quarantine.
    pub rejected: u64,
    /// Records that came in all.
    pub records: u64,
    /// How many the feed holds, where the source told.
    pub upstream_total: Option<u64>,
}

/// What came out of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullReport {
    pub source: String,
    pub feeds: Vec<FeedReport>,
    /// What went wrong beside the feeds: the source could not be registered, or the estimates not renewed.
    pub trouble: Option<String>,
}

impl PullReport {
    /// Whether nothing failed. A feed that another process drains is no failure.
    pub fn is_good(&self) -> bool {
        self.trouble.is_none()
            && !self.feeds.iter().any(|feed| matches!(feed.outcome, FeedOutcome::Failed(_)))
    }
}

/// Hears of events. Called between awaits, so it must return at once.
pub type Progress<'a> = dyn Fn(PullEvent<'_>) + Send + Sync + 'a;

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the connector offers more behind the place where it was just asked; this run stops, because it \
         would go round in circles"
    )]
    Circle,
    #[error("more than {0} batches in one run; this run stops, because no feed is that long")]
    Endless(u64),
}

impl Runner {
    /// Drains every feed of a source. A feed that fails does not stop the others. Dropping the future is a
    /// clean way to cancel.
    pub async fn pull(&self, source: &Source, mode: RunMode, progress: &Progress<'_>) -> PullReport {
        let mut report = PullReport { source: source.name.clone(), feeds: Vec::new(), trouble: None };
        let registered = self
            .store
            .register_source(
                &source.name,
                source.connector.id(),
                source.text,
                source.example_data,
                source.feeds(),
                (self.clock)(),
            )
            .await;
        let source_id = match registered {
            Ok(id) => id,
            Err(error) => {
                report.trouble = Some(sentence(&error));
                return report;
            }
        };
        for &feed in source.feeds() {
            let drain = Drain { runner: self, source, feed, progress };
            let done = drain.run(source_id, mode).await;
            progress(PullEvent::Done { source: &source.name, report: &done });
            report.feeds.push(done);
        }
        report.trouble = self.store.refresh_estimates().await.err().map(|error| sentence(&error));
        report
    }
}

/// One feed on its way through.
struct Drain<'a> {
    runner: &'a Runner,
    source: &'a Source,
    feed: FeedId,
    progress: &'a Progress<'a>,
}

impl Drain<'_> {
    async fn run(&self, source_id: i32, mode: RunMode) -> FeedReport {
        let mut report = FeedReport {
            feed: self.feed,
            outcome: FeedOutcome::Drained,
            added: 0,
            changed: 0,
            unchanged: 0,
            stale: 0,
            rejected: 0,
            records: 0,
            upstream_total: None,
        };
        let store = &self.runner.store;
        let ticket = match store.begin_run(source_id, self.feed, mode, self.now()).await {
            Ok(Some(ticket)) => ticket,
            Ok(None) => return FeedReport { outcome: FeedOutcome::Busy, ..report },
            Err(error) => return FeedReport { outcome: FeedOutcome::Failed(sentence(&error)), ..report },
        };
        let outcome = match self.drain(&ticket, &mut report).await {
            Ok(()) => RunOutcome::Drained,
            Err(fault) => RunOutcome::Failed(sentence(&fault)),
        };
        if let RunOutcome::Failed(why) = &outcome {
            report.outcome = FeedOutcome::Failed(why.clone());
        }
        let traffic = self.source.http.take_traffic();
        if let Err(error) = store.finish_run(&ticket, outcome, traffic, self.now()).await {
            // The first failure is the one to tell; without one, this is it.
            if report.outcome == FeedOutcome::Drained {
                report.outcome = FeedOutcome::Failed(sentence(&error));
            }
        }
        report
    }

    async fn drain(&self, ticket: &RunTicket, report: &mut FeedReport) -> Result<(), Fault> {
        let mut asked = ticket.cursor.clone().map(Cursor);
        let mut batch = self.fetch(ticket, asked.as_ref()).await?;
        for number in 1..=self.runner.limits.batches {
            let (cursor, more) = match &batch.next {
                Next::More(cursor) => (cursor.clone(), true),
                Next::CaughtUp(cursor) => (cursor.clone(), false),
            };
            if more && asked.as_ref() == Some(&cursor) {
                return Err(Fault::Circle);
            }
            if !more {
                return self.store(ticket, number, &batch, cursor, report).await;
            }
            let (stored, fetched) = tokio::join!(
                self.store(ticket, number, &batch, cursor.clone(), report),
                self.fetch(ticket, Some(&cursor))
            );
            stored?;
            batch = fetched?;
            asked = Some(cursor);
        }
        Err(Fault::Endless(self.runner.limits.batches))
    }

    /// One batch, asked for until it comes or patience ends.
    async fn fetch(&self, ticket: &RunTicket, after: Option<&Cursor>) -> Result<Batch, FetchError> {
        // Runs have different numbers, so processes that fail together do not come back together.
        let mut patience = Patience::new(self.runner.limits, ticket.run_id.unsigned_abs());
        loop {
            let error = match self.source.connector.fetch(self.feed, after).await {
                Ok(batch) => return Ok(batch),
                Err(error) => error,
            };
            let now = self.now();
            let then = patience.after(&error, now);
            let wait = match then {
                Then::Throttled(wait) | Then::Retry(wait) => wait,
                Then::GiveUp => return Err(error),
            };
            (self.progress)(PullEvent::Waiting {
                source: &self.source.name,
                feed: self.feed,
                until: now + wait,
                why: error.to_string(),
            });
            tokio::time::sleep(wait).await;
            match then {
                Then::Throttled(_) => self.source.http.count_throttled(wait),
                Then::Retry(_) | Then::GiveUp => {}
            }
            self.source.http.count_retry();
        }
    }

    async fn store(
        &self,
        ticket: &RunTicket,
        number: u64,
        batch: &Batch,
        cursor: Cursor,
        report: &mut FeedReport,
    ) -> Result<(), Fault> {
        let (items, rejects) = self.understand(ticket, number, &batch.records);
        let rejected = rejects.len() as u64;
        let stored = StoredBatch {
            items,
            rejects,
            cursor: Some(cursor.0),
            upstream_total: batch.upstream_total,
            traffic: self.source.http.take_traffic(),
        };
        let outcome = self.runner.store.write_batch(ticket, stored, self.now()).await?;
        report.added += outcome.added;
        report.changed += outcome.changed;
        report.unchanged += outcome.unchanged;
        report.stale += outcome.stale;
        report.rejected += rejected;
        report.records += batch.records.len() as u64;
        report.upstream_total = batch.upstream_total.or(report.upstream_total);
        (self.progress)(PullEvent::Stored {
            source: &self.source.name,
            feed: self.feed,
            records: report.records,
            upstream_total: report.upstream_total,
        });
        Ok(())
    }

    /// Reads and redacts; what cannot be read goes to quarantine with its reason.
    fn understand(
        &self,
        ticket: &RunTicket,
        number: u64,
        records: &[RawRecord],
    ) -> (Vec<WorkItem>, Vec<Reject>) {
        let mut items = Vec::with_capacity(records.len());
        let mut rejects = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match self.source.connector.extract(record) {
                Ok(found) => items.extend(found.into_iter().map(|mut item| {
                    self.source.redactor.apply(&mut item, self.source.text);
                    item
                })),
                Err(fault) => rejects.push(Reject {
                    record: fault.record.unwrap_or_else(|| {
                        format!("record {} of batch {number} of run {}", index + 1, ticket.run_id)
                    }),
                    reason: fault.reason,
                }),
            }
        }
        (items, rejects)
    }

    fn now(&self) -> DateTime<Utc> {
        (self.runner.clock)()
    }
}

/// An error and what caused it, in one line. Database errors repeat their cause in their own text, so what
/// was said already is not said again.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let said = deeper.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = deeper.source();
    }
    text
}
