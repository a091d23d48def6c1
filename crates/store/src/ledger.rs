use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ActiveValue::NotSet,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, Iterable,
    QueryFilter,
    sea_query::{Expr, OnConflict, Query},
};
use waterline_core::{EffortRates, Verdict, WorkItem};

use crate::{
    InForce, RunTicket, Store, StoreError, Traffic,
    bulk::{self, insert_all, portions},
    contributions::Entry,
    entity::{
        effort_entry, feed, reject,
        work_item::{self, Column},
    },
    error::Doing,
    estimates,
    held::{self, Arrival, Held},
    in_force::held_in_force,
    lease,
    rollup::Deltas,
};

/// A work item with the machine's verdict on it.
struct Classified {
    item: WorkItem,
    verdict: Verdict,
}

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
        let rates = estimates::rates_in_use(&tx, self.default_effort()).await.doing(DOING)?;
        let feed = lease::renew(&tx, ticket, now).await?;
        let plan = self.plan(&tx, ticket, &feed, items, &in_force, &rates).await.doing(DOING)?;
        let outcome = plan.outcome;
        let progress = lease::Progress {
            cursor: batch.cursor,
            upstream_total: batch.upstream_total,
            newest_at: plan.newest_at,
            records,
            rejected: rejects.len(),
            outcome,
        };
        plan.quarantine(&tx, ticket, rejects, now).await.doing(DOING)?;
        plan.write(&tx, ticket).await.doing(DOING)?;
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

    async fn plan(
        &self,
        tx: &DatabaseTransaction,
        ticket: &RunTicket,
        feed: &feed::Model,
        items: BTreeMap<String, Classified>,
        in_force: &InForce,
        rates: &EffortRates,
    ) -> Result<Plan, DbErr> {
        let arrival = Arrival {
            source_id: ticket.source_id,
            feed: &ticket.feed,
            in_force,
            full_run: feed.full_run,
            zone: self.zone(),
            rates,
        };
        let ids: Vec<String> = items.keys().cloned().collect();
        let mut held = held_versions(tx, ticket.source_id, &ids).await?;
        let mut plan = Plan { ids, full_run: feed.full_run, ..Plan::default() };
        for (id, Classified { item, verdict }) in items {
            let old = held.remove(&id);
            plan.newest_at = plan.newest_at.max(Some(item.updated_at.trunc_subsecs(6)));
            plan.take(item, verdict, &arrival, old, &ticket.source_name);
        }
        Ok(plan)
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

async fn held_versions(
    tx: &DatabaseTransaction,
    source_id: i32,
    external_ids: &[String],
) -> Result<HashMap<String, Held>, DbErr> {
    let mut all = HashMap::with_capacity(external_ids.len());
    for ids in portions(external_ids) {
        let rows = work_item::Entity::find()
            .filter(Column::SourceId.eq(source_id))
            .filter(Column::ExternalId.is_in(ids));
        all.extend(
            held::locked(tx, rows).await?.into_iter().map(|held| (held.row.external_id.clone(), held)),
        );
    }
    Ok(all)
}

/// What one batch does to the ledger.
#[derive(Default)]
struct Plan {
    ids: Vec<String>,
    added: Vec<Held>,
    changed: Vec<Held>,
    /// Of those changed, the ones whose effort entries are to be written anew.
    logged_anew: BTreeSet<i64>,
    /// Not rewritten, but seen by the full pull under way.
    seen: Vec<i64>,
    deltas: Deltas,
    /// Items held and gone, by feed: an item may move from one feed of its source to another.
    counts: BTreeMap<String, (i64, i64)>,
    outcome: BatchOutcome,
    newest_at: Option<DateTime<Utc>>,
    full_run: Option<i64>,
}

impl Plan {
    fn take(&mut self, item: WorkItem, verdict: Verdict, on: &Arrival<'_>, old: Option<Held>, source: &str) {
        let Some(old) = old else {
            let new = Held::arriving(item, verdict, on, None);
            self.deltas.add(&new, source);
            self.counts.entry(new.row.feed.clone()).or_default().0 += 1;
            self.outcome.added += 1;
            self.added.push(new);
            return;
        };
        // What had gone and comes back is news, whatever its age.
        let stale = old.row.gone_at.is_none() && item.updated_at.trunc_subsecs(6) < old.row.updated_at;
        let new = Held::arriving(item, verdict, on, Some(&old));
        if stale || new.same_as(&old) {
            let count = if stale { &mut self.outcome.stale } else { &mut self.outcome.unchanged };
            *count += 1;
            if on.full_run.is_some() && old.row.seen_in_run != on.full_run {
                self.seen.push(old.row.id);
            }
            return;
        }
        self.deltas.subtract(&old, source);
        self.deltas.add(&new, source);
        let before = self.counts.entry(old.row.feed.clone()).or_default();
        if old.row.gone_at.is_some() {
            before.1 -= 1;
        } else {
            before.0 -= 1;
        }
        self.counts.entry(new.row.feed.clone()).or_default().0 += 1;
        if new.entries != old.entries {
            self.logged_anew.insert(new.row.id);
        }
        self.outcome.changed += 1;
        self.changed.push(new);
    }

    /// What can be read now leaves the quarantine; what cannot enters it.
    async fn quarantine(
        &self,
        tx: &DatabaseTransaction,
        ticket: &RunTicket,
        mut rejects: BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        for id in &self.ids {
            rejects.remove(id);
        }
        let of_feed = || {
            reject::Entity::find()
                .filter(reject::Column::SourceId.eq(ticket.source_id))
                .filter(reject::Column::Feed.eq(&ticket.feed))
        };
        if of_feed().one(tx).await?.is_some() {
            for ids in portions(&self.ids) {
                reject::Entity::delete_many()
                    .filter(reject::Column::SourceId.eq(ticket.source_id))
                    .filter(reject::Column::Feed.eq(&ticket.feed))
                    .filter(reject::Column::Record.is_in(ids))
                    .exec(tx)
                    .await?;
            }
        }
        // What is held in an older version is still there upstream, though this one cannot be read.
        let unread: Vec<&str> = rejects.keys().map(String::as_str).collect();
        for ids in portions(&unread).filter(|_| self.full_run.is_some()) {
            work_item::Entity::update_many()
                .col_expr(Column::SeenInRun, Expr::value(self.full_run))
                .filter(Column::SourceId.eq(ticket.source_id))
                .filter(Column::ExternalId.is_in(ids.iter().copied()))
                .exec(tx)
                .await?;
        }
        let rows: Vec<reject::ActiveModel> = rejects
            .into_iter()
            .map(|(record, reason)| reject::Model {
                source_id: ticket.source_id,
                feed: ticket.feed.clone(),
                record,
                reason: held::text(reason),
                rejected_at: now,
            })
            .map(IntoActiveModel::into_active_model)
            .collect();
        let newer =
            OnConflict::columns([reject::Column::SourceId, reject::Column::Feed, reject::Column::Record])
                .update_columns([reject::Column::Reason, reject::Column::RejectedAt])
                .to_owned();
        insert_all::<reject::Entity>(tx, &rows, Some(&newer)).await
    }

    /// Items before rollups, as every transaction does it, so that none waits for another in a circle.
    async fn write(self, tx: &DatabaseTransaction, ticket: &RunTicket) -> Result<(), DbErr> {
        for items in portions(&self.added) {
            add_items(tx, items).await?;
        }
        for items in portions(&self.changed) {
            change_items(tx, items).await?;
        }
        rewrite_entries(tx, &self.changed, &self.logged_anew).await?;
        for ids in portions(&self.seen) {
            work_item::Entity::update_many()
                .col_expr(Column::SeenInRun, Expr::value(self.full_run))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .exec(tx)
                .await?;
        }
        self.deltas.apply(tx).await?;
        lease::count_items(tx, ticket.source_id, &self.counts).await
    }
}

async fn add_items(tx: &DatabaseTransaction, items: &[Held]) -> Result<(), DbErr> {
    let rows = items
        .iter()
        .map(|held| work_item::ActiveModel { id: NotSet, ..held.row.clone().into_active_model() });
    let mut statement = bulk::insert(rows, None);
    if items.iter().all(|held| held.entries.is_empty()) {
        tx.execute(&statement).await?;
        return Ok(());
    }
    statement.returning(Query::returning().columns([Column::Id, Column::ExternalId]));
    let mut ids: HashMap<String, i64> = HashMap::with_capacity(items.len());
    for row in tx.query_all(&statement).await? {
        ids.insert(row.try_get("", "external_id")?, row.try_get("", "id")?);
    }
    let mut entries = Vec::new();
    for held in items {
        if let Some(id) = ids.get(&held.row.external_id) {
            entries.extend(entry_rows(*id, &held.entries));
        }
    }
    insert_all::<effort_entry::Entity>(tx, &entries, None).await
}

/// Every one of these rows exists and is locked, so each insert turns into an update: one statement for
/// many different rows, which plain updates cannot be.
pub(crate) async fn change_items(tx: &DatabaseTransaction, items: &[Held]) -> Result<(), DbErr> {
    let rows = items
        .iter()
        .map(|held| work_item::ActiveModel { id: NotSet, ..held.row.clone().into_active_model() });
    let changing = OnConflict::columns([Column::SourceId, Column::ExternalId])
        .update_columns(
            Column::iter()
                .filter(|column| !matches!(column, Column::Id | Column::SourceId | Column::ExternalId)),
        )
        .to_owned();
    tx.execute(&bulk::insert(rows, Some(changing))).await?;
    Ok(())
}

async fn rewrite_entries(
    tx: &DatabaseTransaction,
    changed: &[Held],
    anew: &BTreeSet<i64>,
) -> Result<(), DbErr> {
    let ids: Vec<i64> = anew.iter().copied().collect();
    for ids in portions(&ids) {
        effort_entry::Entity::delete_many()
            .filter(effort_entry::Column::ItemId.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    let entries: Vec<effort_entry::ActiveModel> = changed
        .iter()
        .filter(|held| anew.contains(&held.row.id))
        .flat_map(|held| entry_rows(held.row.id, &held.entries))
        .collect();
    insert_all::<effort_entry::Entity>(tx, &entries, None).await
}

fn entry_rows(item_id: i64, entries: &[Entry]) -> impl Iterator<Item = effort_entry::ActiveModel> {
    (0..).zip(entries).map(move |(seq, entry)| {
        effort_entry::Model { item_id, seq, at: entry.at, day: entry.day, seconds: entry.seconds }
            .into_active_model()
    })
}
