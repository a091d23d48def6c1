//! The queue of taggers: what a tag is worth most on, each item before one person at a time.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query},
};

use crate::{
    ItemFilter, ItemView, Store, StoreError, TagNote, alike,
    bulk::insert,
    entity::{claim, work_item},
    error::Doing,
    feeds::source_names,
    finding::{Finding, Found, Place, Sorting},
    items::rows_of,
    tag_history,
};

/// What one person has before them.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Worth most first.
    pub items: Vec<QueueItem>,
    /// Pass as `after` for what comes behind them; `None` at the end.
    pub next: Option<String>,
    /// Whether items that fit may be missing, because there was too much to look through.
    pub partly: bool,
    /// How many items that wait for a tag are before somebody else now, and so left out.
    pub held_by_others: u64,
}

/// An item that waits for a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueItem {
    /// The item.
    pub item: ItemView,
    /// By how many seconds the figures may be wrong for want of a tag on it.
    pub worth_seconds: i64,
    /// The same number for all that are of its sort, as text, since it may be beyond what a browser counts
    /// with; `None` where its title says nothing.
    pub likeness: Option<String>,
    /// How many others of its sort wait for a tag, counted to 1,000.
    pub alike: u64,
    /// Who tagged it before, newest first. All of these were taken back.
    pub history: Vec<TagNote>,
}

/// How long items stay before one person. Longer than it takes to work through a page; and who comes back
/// to it later finds out with the first tag.
const HELD_FOR: TimeDelta = TimeDelta::minutes(10);

/// Items before one person at the most.
const LONGEST: u64 = 100;

/// Each attempt takes what others did not; more attempts than people at work at the same instant.
const ATTEMPTS: usize = 20;

const DOING: &str = "fill the queue";

impl Store {
    /// What is worth a tag most and fits the filter, and keeps it for this person for ten minutes: two
    /// people are never given the same item. What they had before and is not among it is free again.
    pub async fn queue(
        &self,
        user: &str,
        filter: &ItemFilter,
        after: Option<&str>,
        limit: u64,
        now: DateTime<Utc>,
    ) -> Result<Queue, StoreError> {
        let after = after.map(|after| Sorting::Worth.parse(after)).transpose()?;
        let sources = source_names(self.reader()).await.doing(DOING)?;
        let finding = Finding::new(self.reader(), filter, &sources, Sorting::Worth).await.doing(DOING)?;
        let found = match finding {
            Some(finding) => self.take(&finding, user, after, limit.clamp(1, LONGEST), now).await,
            None => Ok(Found::nothing()),
        }
        .doing(DOING)?;
        self.let_go(user, &found.ids, now).await.doing(DOING)?;
        let rows = rows_of(self.reader(), &found.ids).await.doing(DOING)?;
        let mut alike = alike::untagged_alike(self.reader(), &rows).await.doing(DOING)?;
        let mut history = tag_history::notes(self.reader(), &found.ids).await.doing(DOING)?;
        let told: Vec<(i64, i64)> = rows.iter().map(|row| (row.worth, row.likeness)).collect();
        let views = self.views(rows, &sources).await.doing(DOING)?;
        let items = views
            .into_iter()
            .zip(told)
            .map(|(item, (worth_seconds, likeness))| QueueItem {
                worth_seconds,
                likeness: (likeness != 0).then(|| likeness.to_string()),
                alike: alike.remove(&item.id).unwrap_or(0),
                history: history.remove(&item.id).unwrap_or_default(),
                item,
            })
            .collect();
        let waiting = work_item::Entity::find()
            .filter(work_item::Column::Worth.gt(0))
            .filter(
                Expr::col((work_item::Entity, work_item::Column::Id))
                    .equals((claim::Entity, claim::Column::ItemId)),
            )
            .select_only()
            .column(work_item::Column::Id);
        let others = self.claims_of_others(user, now).filter(Expr::exists(waiting.into_query()));
        let others = others.count(self.reader()).await.doing(DOING)?;
        Ok(Queue {
            items,
            next: found.next.map(|place| place.to_string()),
            partly: found.partly,
            held_by_others: others,
        })
    }

    /// Finds items that nobody else has, and takes them. Who was beaten to one looks again.
    async fn take(
        &self,
        finding: &Finding,
        user: &str,
        after: Option<Place>,
        limit: u64,
        now: DateTime<Utc>,
    ) -> Result<Found, DbErr> {
        let mut found = Found::nothing();
        for _ in 0..ATTEMPTS {
            let taken = self.claims_of_others(user, now).select_only().column(claim::Column::ItemId);
            let free = Condition::all().add(
                Expr::col((work_item::Entity, work_item::Column::Id)).not_in_subquery(taken.into_query()),
            );
            found = finding.page(self.reader(), after, free, limit).await?;
            let ours = self.claim(user, &found.ids, now).await?;
            if ours.len() == found.ids.len() {
                return Ok(found);
            }
            found.ids.retain(|id| ours.contains(id));
        }
        Ok(found)
    }

    /// Puts a claim on these items; gives those that somebody else did not claim before. One statement, and
    /// in the order of the ids, so that of two people at the same instant one waits for the other.
    async fn claim(&self, user: &str, ids: &[i64], now: DateTime<Utc>) -> Result<BTreeSet<i64>, DbErr> {
        use claim::Column;
        let sorted: BTreeSet<i64> = ids.iter().copied().collect();
        if sorted.is_empty() {
            return Ok(sorted);
        }
        let rows = sorted.into_iter().map(|item_id| {
            claim::Model { item_id, claimed_by: user.to_owned(), until: now + HELD_FOR }.into_active_model()
        });
        let ours = Expr::col((claim::Entity, Column::ClaimedBy)).eq(user);
        let over = Expr::col((claim::Entity, Column::Until)).lte(now);
        let unless_claimed = OnConflict::column(Column::ItemId)
            .update_columns([Column::ClaimedBy, Column::Until])
            .action_and_where(ours.or(over))
            .to_owned();
        let mut statement = insert(rows, Some(unless_claimed));
        statement.returning(Query::returning().column(Column::ItemId));
        let claimed = self.writer().query_all(&statement).await?;
        claimed.iter().map(|row| row.try_get("", "item_id")).collect()
    }

    /// Frees what this person has no longer before them, and what nobody had for long. Waits for nobody:
    /// what another process is at is freed next time.
    async fn let_go(&self, user: &str, shown: &[i64], now: DateTime<Utc>) -> Result<(), DbErr> {
        use claim::Column;
        let put_away = Column::ClaimedBy.eq(user).and(Column::ItemId.is_not_in(shown.iter().copied()));
        let free = claim::Entity::find()
            .filter(Column::Until.lte(now).or(put_away))
            .select_only()
            .column(Column::ItemId)
            .order_by_asc(Column::ItemId)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        claim::Entity::delete_many()
            .filter(Column::ItemId.in_subquery(free.into_query()))
            .exec(self.writer())
            .await?;
        Ok(())
    }

    fn claims_of_others(&self, user: &str, now: DateTime<Utc>) -> sea_orm::Select<claim::Entity> {
        claim::Entity::find().filter(claim::Column::Until.gt(now)).filter(claim::Column::ClaimedBy.ne(user))
    }
}
