use chrono::{DateTime, Utc};
use waterline_core::{Classifier, Verdict, WorkItem};

use crate::{RunTicket, Store, StoreError, Traffic};

/// A work item with the machine's verdict on it.
#[derive(Clone, Debug)]
pub struct Classified {
    pub item: WorkItem,
    pub verdict: Verdict,
}

/// A record that could not be read: kept with its reason until a later version of it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The record's id at its source, or its place ("line 12") where even that could not be read.
    pub record: String,
    pub reason: String,
}

/// One batch of one feed, with the cursor behind it.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub items: Vec<Classified>,
    pub rejects: Vec<Reject>,
    pub cursor: Option<String>,
    pub upstream_total: Option<u64>,
    pub traffic: Traffic,
    /// Number of the rule set behind the verdicts.
    pub rule_set: i32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    pub added: u64,
    pub changed: u64,
    /// The same version was held already.
    pub unchanged: u64,
    /// Older than what is held, so left alone.
    pub stale: u64,
}

impl Store {
    /// Items, effort entries, rollups, quarantine, counters and cursor in one transaction. The same id
    /// twice in a batch: the newest wins (the last of equals). Tagged items keep their tag.
    pub async fn write_batch(
        &self,
        ticket: &RunTicket,
        batch: Batch,
        now: DateTime<Utc>,
    ) -> Result<BatchOutcome, StoreError> {
        unimplemented!()
    }

    /// The number of this rule set text; a text not seen before gets the next number.
    pub async fn rule_set_number(&self, rules: &str, now: DateTime<Utc>) -> Result<i32, StoreError> {
        unimplemented!()
    }

    /// Gives every item whose machine verdict is older than rule set `number` a new one, in steps; tells
    /// `progress(done, all)` after each. Gives the number of items whose category moved.
    pub async fn reclassify(
        &self,
        classifier: &Classifier,
        number: i32,
        progress: impl FnMut(u64, u64),
    ) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// Learns the estimates afresh from all logged effort and, where one changed, puts it on the items
    /// that nobody logged on, and on the rollups. Cheap when nothing changed. Call it at the end of a pull.
    pub async fn refresh_estimates(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}
