use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use waterline_core::WorkItem;

use crate::{
    InForce, RunTicket, Store, StoreError, Traffic, dialect,
    error::Doing,
    estimates,
    held::{self, Arrival},
    in_force::held_in_force,
    inheritance::hold_sources,
    lease,
    reconcile::{Classified, Plan},
};

/// A record that could not be read: kept with its reason until a later version of it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The record's id at its source, or its place ("line 12") where even that could not be read.
    pub record: String,
    /// Names what is wrong, never its content where that could be text.
    pub reason: String,
}

/// One batch of one feed, with the cursor behind it.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What could be read, redacted.
    pub items: Vec<WorkItem>,
    /// What could not.
    pub rejects: Vec<Reject>,
    /// Where the next batch begins; `None` leaves the saved one.
    pub cursor: Option<String>,
    /// How many records the source says it has; `None` where this answer did not tell.
    pub upstream_total: Option<u64>,
    /// HTTP traffic since the batch before.
    pub traffic: Traffic,
}

/// What became of the items of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Not held before.
    pub added: u64,
    /// Held in another version before.
    pub changed: u64,
    /// The same version was held already.
    pub unchanged: u64,
    /// Older than what is held, so left alone.
    pub stale: u64,
}

const DOING: &str = "write the batch";

impl Store {
    /// Classifies the items by what is in force, and writes them, effort entries, rollups, quarantine,
    /// counters and cursor in one transaction. The same id twice in a batch: the newest wins (the last of
    /// equals). Tagged items keep their tag.
    pub async fn write_batch(
        &self,
        ticket: &RunTicket,
        batch: Batch,
        now: DateTime<Utc>,
    ) -> Result<BatchOutcome, StoreError> {
        let records = batch.items.len() + batch.rejects.len();
        let (items, rejects) = sort_out(batch.items, batch.rejects);
        let (tx, in_force, items) = self.classify_and_begin(items).await?;
        dialect::prefer_indices(&tx).await.doing(DOING)?;
        let rates = estimates::rates_in_use(&tx, self.default_effort()).await.doing(DOING)?;
        hold_sources(&tx, [ticket.source_id]).await.doing(DOING)?;
        let feed = lease::renew(&tx, ticket, now).await?;
        let arrival = Arrival {
            source_id: ticket.source_id,
            feed: &ticket.feed,
            in_force: &in_force,
            full_run: feed.full_run,
            zone: self.zone(),
            rates: &rates,
        };
        let plan = Plan::make(&tx, &arrival, &ticket.source_name, items).await.doing(DOING)?;
        let outcome = plan.outcome;
        let progress = lease::Progress {
            cursor: batch.cursor,
            upstream_total: batch.upstream_total,
            newest_at: plan.newest_at,
            records,
            rejected: rejects.len(),
            outcome,
        };
        plan.quarantine(&tx, &arrival, rejects, now).await.doing(DOING)?;
        plan.write(&tx, &arrival).await.doing(DOING)?;
        lease::advance(&tx, &feed, ticket, progress).await.doing(DOING)?;
        lease::count_traffic(&tx, ticket, &batch.traffic).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(outcome)
    }

    /// Classifies before the transaction, so that others need not wait for it, and makes sure inside it
    /// that nothing else came into force in between.
    async fn classify_and_begin(
        &self,
        mut items: BTreeMap<String, WorkItem>,
    ) -> Result<(DatabaseTransaction, Arc<InForce>, BTreeMap<String, Classified>), StoreError> {
        loop {
            let in_force = self.in_force().await?;
            let classified = items
                .into_iter()
                .map(|(id, item)| {
                    let verdict = in_force.classifier.classify(&item);
                    (id, Classified { item, verdict })
                })
                .collect::<BTreeMap<_, _>>();
            let tx = self.begin(DOING).await?;
            if held_in_force(&tx).await.doing(DOING)? == in_force.adoption {
                return Ok((tx, in_force, classified));
            }
            tx.rollback().await.doing(DOING)?;
            items = classified.into_iter().map(|(id, classified)| (id, classified.item)).collect();
        }
    }
}

/// One version per id, in the shape in which it will be held, and what can be held apart from what cannot.
fn sort_out(
    items: Vec<WorkItem>,
    rejects: Vec<Reject>,
) -> (BTreeMap<String, WorkItem>, BTreeMap<String, String>) {
    let mut quarantined: BTreeMap<String, String> =
        rejects.into_iter().map(|reject| (held::record_key(reject.record), reject.reason)).collect();
    let mut newest: BTreeMap<String, WorkItem> = BTreeMap::new();
    for item in items {
        if let Some(reason) = held::unholdable(&item) {
            quarantined.insert(held::record_key(item.external_id), reason);
            continue;
        }
        let known = newest.get(&item.external_id);
        if known.is_none_or(|known| known.updated_at <= item.updated_at) {
            newest.insert(item.external_id.clone(), held::tidy(item));
        }
    }
    (newest, quarantined)
}
