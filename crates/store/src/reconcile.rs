//! A batch against what is held: what is new, what has changed, and what follows from it for others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, Iterable,
    QueryFilter, Value,
    sea_query::{Expr, OnConflict, Query},
};
use waterline_core::{Verdict, WorkItem};

use crate::{
    BatchOutcome,
    bulk::{insert_all, inserts, is_among, update_all, values},
    contributions::Entry,
    entity::{
        effort_entry, reject,
        work_item::{self, Column},
    },
    feeds::source_names,
    held::{self, Arrival, Held},
    inheritance::{Family, Member, Standing, follow},
    lease, recheck,
    rollup::Deltas,
};

/// A work item with the machine's verdict on it.
pub(crate) struct Classified {
    pub(crate) item: WorkItem,
    pub(crate) verdict: Verdict,
}

/// What one batch does to the ledger.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) outcome: BatchOutcome,
    pub(crate) newest_at: Option<DateTime<Utc>>,
    ids: Vec<String>,
    added: Vec<Held>,
    changed: Vec<Held>,
    /// Of those changed, the ones whose effort entries are to be written anew.
    logged_anew: BTreeSet<i64>,
    /// Not rewritten, but seen by the full pull under way.
    seen: Vec<i64>,
    /// Items that inherit something else now, and are not rewritten otherwise.
    followers: HashMap<i64, Standing>,
    deltas: Deltas,
    /// Items held and gone, by feed: an item may move from one feed of its source to another.
    counts: BTreeMap<String, (i64, i64)>,
}

impl Plan {
    pub(crate) async fn make(
        tx: &DatabaseTransaction,
        on: &Arrival<'_>,
        source: &str,
        items: BTreeMap<String, Classified>,
    ) -> Result<Self, DbErr> {
        let mut plan = Self { ids: items.keys().cloned().collect(), ..Self::default() };
        let mut held = held_versions(tx, on.source_id, &plan.ids).await?;
        let mut changes = Vec::new();
        let mut members = Vec::with_capacity(items.len());
        for (id, Classified { item, verdict }) in items {
            plan.newest_at = plan.newest_at.max(Some(item.updated_at.trunc_subsecs(6)));
            let old = held.remove(&id);
            let new = plan.compare(item, verdict, on, old.as_ref());
            let counts = new.as_ref().or(old.as_ref());
            members.extend(counts.map(|counts| member(&counts.row, old.as_ref())).transpose()?);
            changes.extend(new.map(|new| (old, new)));
        }
        let family = Family::gather(tx, on.source_id, members).await?;
        for (old, mut new) in changes {
            if let Some((category, method)) = family.standing(&new.row.external_id) {
                new.row.category.clone_from(category);
                new.row.method = method.as_str().to_owned();
            }
            new.row.worth = new.row.worth_now(on.rates)?;
            plan.take(old, new, source);
        }
        let written: HashSet<i64> = plan.changed.iter().map(|held| held.row.id).collect();
        plan.followers = family.followers(&written);
        Ok(plan)
    }

    /// The item as it is to be held, where that differs from how it is held.
    fn compare(
        &mut self,
        item: WorkItem,
        verdict: Verdict,
        on: &Arrival<'_>,
        old: Option<&Held>,
    ) -> Option<Held> {
        let updated_at = item.updated_at.trunc_subsecs(6);
        let new = Held::arriving(item, verdict, on, old);
        let Some(old) = old else {
            self.outcome.added += 1;
            return Some(new);
        };
        // What had gone and comes back is news, whatever its age.
        let stale = old.row.gone_at.is_none() && updated_at < old.row.updated_at;
        if !stale && !new.same_as(old) {
            self.outcome.changed += 1;
            return Some(new);
        }
        let count = if stale { &mut self.outcome.stale } else { &mut self.outcome.unchanged };
        *count += 1;
        if on.full_run.is_some() && old.row.seen_in_run != on.full_run {
            self.seen.push(old.row.id);
        }
        None
    }

    fn take(&mut self, old: Option<Held>, new: Held, source: &str) {
        self.deltas.add(&new, source);
        self.counts.entry(new.row.feed.clone()).or_default().0 += 1;
        let Some(old) = old else {
            self.added.push(new);
            return;
        };
        self.deltas.subtract(&old, source);
        let before = self.counts.entry(old.row.feed).or_default();
        if old.row.gone_at.is_some() {
            before.1 -= 1;
        } else {
            before.0 -= 1;
        }
        if new.entries != old.entries {
            self.logged_anew.insert(new.row.id);
        }
        self.changed.push(new);
    }

    /// What can be read now leaves the quarantine; what cannot enters it.
    pub(crate) async fn quarantine(
        &self,
        tx: &DatabaseTransaction,
        on: &Arrival<'_>,
        mut rejects: BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        for id in &self.ids {
            rejects.remove(id);
        }
        let of_feed = || {
            reject::Entity::find()
                .filter(reject::Column::SourceId.eq(on.source_id))
                .filter(reject::Column::Feed.eq(on.feed))
        };
        if of_feed().one(tx).await?.is_some() {
            reject::Entity::delete_many()
                .filter(reject::Column::SourceId.eq(on.source_id))
                .filter(reject::Column::Feed.eq(on.feed))
                .filter(is_among(tx, reject::Column::Record, self.ids.iter().map(String::as_str))?)
                .exec(tx)
                .await?;
        }
        // What is held in an older version is still there upstream, though this one cannot be read.
        if on.full_run.is_some() && !rejects.is_empty() {
            work_item::Entity::update_many()
                .col_expr(Column::SeenInRun, Expr::value(on.full_run))
                .filter(Column::SourceId.eq(on.source_id))
                .filter(is_among(tx, Column::ExternalId, rejects.keys().map(String::as_str))?)
                .exec(tx)
                .await?;
        }
        let rows: Vec<reject::ActiveModel> = rejects
            .into_iter()
            .map(|(record, reason)| reject::Model {
                source_id: on.source_id,
                feed: on.feed.to_owned(),
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

    pub(crate) async fn write(mut self, tx: &DatabaseTransaction, on: &Arrival<'_>) -> Result<(), DbErr> {
        add_items(tx, &self.added).await?;
        change_items(tx, &self.changed).await?;
        rewrite_entries(tx, &self.changed, &self.logged_anew).await?;
        if !self.seen.is_empty() {
            work_item::Entity::update_many()
                .col_expr(Column::SeenInRun, Expr::value(on.full_run))
                .filter(is_among(tx, Column::Id, self.seen)?)
                .exec(tx)
                .await?;
        }
        if !self.followers.is_empty() {
            let sources = source_names(tx).await?;
            follow(tx, &self.followers, &sources, on.rates, &mut self.deltas).await?;
        }
        let written = self.added.iter().chain(&self.changed).map(|held| held.row.external_id.as_str());
        recheck::note(tx, on.source_id, written).await?;
        self.deltas.apply(tx).await?;
        lease::count_items(tx, on.source_id, &self.counts).await
    }
}

async fn held_versions(
    tx: &DatabaseTransaction,
    source_id: i32,
    external_ids: &[String],
) -> Result<HashMap<String, Held>, DbErr> {
    let rows = work_item::Entity::find().filter(Column::SourceId.eq(source_id)).filter(is_among(
        tx,
        Column::ExternalId,
        external_ids.iter().map(String::as_str),
    )?);
    let held = held::locked(tx, rows).await?;
    Ok(held.into_iter().map(|held| (held.row.external_id.clone(), held)).collect())
}

/// What decides what counts for an item, as it is to be held in place of `old`.
fn member(row: &work_item::Model, old: Option<&Held>) -> Result<Member, DbErr> {
    let held = old.map(|old| Ok::<_, DbErr>((old.row.category.clone(), old.row.method()?))).transpose()?;
    Ok(Member { id: old.map(|old| old.row.id), held, ..Member::of(row)? })
}

async fn add_items(tx: &DatabaseTransaction, items: &[Held]) -> Result<(), DbErr> {
    let columns: Vec<Column> = Column::iter().filter(|column| !matches!(column, Column::Id)).collect();
    let rows: Vec<Vec<Value>> = items.iter().map(|held| values(&held.row, &columns)).collect();
    let entries = items.iter().any(|held| !held.entries.is_empty());
    let mut ids: HashMap<String, i64> = HashMap::new();
    for mut statement in inserts::<work_item::Entity>(tx, &columns, &rows)? {
        if !entries {
            tx.execute(&statement).await?;
            continue;
        }
        statement.returning(Query::returning().columns([Column::Id, Column::ExternalId]));
        for row in tx.query_all(&statement).await? {
            ids.insert(row.try_get("", "external_id")?, row.try_get("", "id")?);
        }
    }
    let entries: Vec<effort_entry::ActiveModel> = items
        .iter()
        .filter_map(|held| Some((ids.get(&held.row.external_id)?, held)))
        .flat_map(|(id, held)| entry_rows(*id, &held.entries))
        .collect();
    insert_all::<effort_entry::Entity>(tx, &entries, None).await
}

async fn change_items(tx: &DatabaseTransaction, items: &[Held]) -> Result<(), DbErr> {
    let lasting = |column: &Column| !matches!(column, Column::Id | Column::SourceId | Column::ExternalId);
    let columns: Vec<Column> = [Column::Id].into_iter().chain(Column::iter().filter(lasting)).collect();
    let rows: Vec<Vec<Value>> = items.iter().map(|held| values(&held.row, &columns)).collect();
    update_all::<work_item::Entity>(tx, &columns, &rows).await
}

async fn rewrite_entries(
    tx: &DatabaseTransaction,
    changed: &[Held],
    anew: &BTreeSet<i64>,
) -> Result<(), DbErr> {
    if anew.is_empty() {
        return Ok(());
    }
    effort_entry::Entity::delete_many()
        .filter(is_among(tx, effort_entry::Column::ItemId, anew.iter().copied())?)
        .exec(tx)
        .await?;
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
