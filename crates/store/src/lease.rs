//! What a run writes on the row of its feed: the lease, the cursor and the counters.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect, UpdateMany,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, SimpleExpr},
};

use crate::{
    BatchOutcome, RunMode, RunTicket, StoreError, Traffic,
    bulk::insert_all,
    entity::{
        feed::{self, Column},
        feed_request, run,
    },
    error::Doing,
};

/// How long a feed waits for a process that died. Every batch renews it; a batch that takes longer to
/// fetch is still written unless another process began a run meanwhile.
pub(crate) const LEASE: TimeDelta = TimeDelta::minutes(3);

/// What one batch moved.
pub(crate) struct Progress {
    pub(crate) cursor: Option<String>,
    pub(crate) upstream_total: Option<u64>,
    pub(crate) newest_at: Option<DateTime<Utc>>,
    pub(crate) records: usize,
    pub(crate) rejected: usize,
    pub(crate) outcome: BatchOutcome,
}

/// The row of a feed, locked until the transaction ends.
pub(crate) async fn locked_feed(
    tx: &DatabaseTransaction,
    source_id: i32,
    feed: &str,
) -> Result<Option<feed::Model>, DbErr> {
    feed::Entity::find_by_id((source_id, feed.to_owned())).lock_exclusive().one(tx).await
}

/// Makes sure that the run still holds its feed, and that it keeps it.
pub(crate) async fn renew(
    tx: &DatabaseTransaction,
    ticket: &RunTicket,
    now: DateTime<Utc>,
) -> Result<feed::Model, StoreError> {
    const DOING: &str = "renew the lease on the feed";
    let held = locked_feed(tx, ticket.source_id, &ticket.feed).await.doing(DOING)?;
    let Some(row) = held.filter(|row| row.lease_run == Some(ticket.run_id)) else {
        return Err(StoreError::LeaseLost {
            source_name: ticket.source_name.clone(),
            feed: ticket.feed.clone(),
        });
    };
    updating(ticket.source_id, &ticket.feed)
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .exec(tx)
        .await
        .doing(DOING)?;
    Ok(row)
}

/// An update of one feed's row, still without columns.
pub(crate) fn updating(source_id: i32, feed: &str) -> UpdateMany<feed::Entity> {
    feed::Entity::update_many().filter(Column::SourceId.eq(source_id)).filter(Column::Feed.eq(feed))
}

/// Moves the cursor and the counters of the feed, and those of the run.
pub(crate) async fn advance(
    tx: &DatabaseTransaction,
    feed: &feed::Model,
    ticket: &RunTicket,
    progress: Progress,
) -> Result<(), DbErr> {
    let mut update = updating(ticket.source_id, &ticket.feed)
        .col_expr(Column::NewestAt, Expr::value(Ord::max(feed.newest_at, progress.newest_at)))
        .col_expr(Column::Batches, plus(Column::Batches, 1))
        .col_expr(Column::Records, plus(Column::Records, signed(progress.records)));
    if let Some(cursor) = progress.cursor {
        let column = match ticket.mode {
            RunMode::Incremental => Column::Cursor,
            RunMode::Full => Column::FullCursor,
        };
        update = update.col_expr(column, Expr::value(cursor));
    }
    if let Some(total) = progress.upstream_total {
        update = update.col_expr(Column::UpstreamTotal, Expr::value(signed(total)));
    }
    update.exec(tx).await?;
    let BatchOutcome { added, changed, unchanged, stale } = progress.outcome;
    run::Entity::update_many()
        .col_expr(run::Column::Added, plus(run::Column::Added, signed(added)))
        .col_expr(run::Column::Changed, plus(run::Column::Changed, signed(changed)))
        .col_expr(run::Column::Unchanged, plus(run::Column::Unchanged, signed(unchanged)))
        .col_expr(run::Column::Stale, plus(run::Column::Stale, signed(stale)))
        .col_expr(run::Column::Rejected, plus(run::Column::Rejected, signed(progress.rejected)))
        .filter(run::Column::Id.eq(ticket.run_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Adds HTTP traffic to the counters of the feed.
pub(crate) async fn count_traffic(
    tx: &DatabaseTransaction,
    ticket: &RunTicket,
    traffic: &Traffic,
) -> Result<(), DbErr> {
    if traffic.retries > 0 || traffic.throttled_seconds > 0.0 {
        let throttled = Expr::col(Column::ThrottledSeconds).add(traffic.throttled_seconds);
        updating(ticket.source_id, &ticket.feed)
            .col_expr(Column::Retries, plus(Column::Retries, signed(traffic.retries)))
            .col_expr(Column::ThrottledSeconds, throttled)
            .exec(tx)
            .await?;
    }
    let rows: Vec<feed_request::ActiveModel> = traffic
        .requests
        .iter()
        .map(|(status, count)| feed_request::Model {
            source_id: ticket.source_id,
            feed: ticket.feed.clone(),
            status: i32::from(*status),
            count: signed(*count),
        })
        .map(Into::into)
        .collect();
    let key = [feed_request::Column::SourceId, feed_request::Column::Feed, feed_request::Column::Status];
    let arriving = Expr::col((Alias::new("excluded"), feed_request::Column::Count));
    let count = Expr::col((feed_request::Entity, feed_request::Column::Count)).add(arriving);
    let adding = OnConflict::columns(key).value(feed_request::Column::Count, count).to_owned();
    insert_all::<feed_request::Entity>(tx, &rows, Some(&adding)).await
}

/// Adds to the numbers of items held and gone, by feed.
pub(crate) async fn count_items(
    tx: &DatabaseTransaction,
    source_id: i32,
    counts: &BTreeMap<String, (i64, i64)>,
) -> Result<(), DbErr> {
    for (feed, (held, gone)) in counts {
        if (*held, *gone) != (0, 0) {
            updating(source_id, feed)
                .col_expr(Column::Held, plus(Column::Held, *held))
                .col_expr(Column::Gone, plus(Column::Gone, *gone))
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}

fn plus<C: ColumnTrait>(column: C, number: i64) -> SimpleExpr {
    Expr::col(column).add(number)
}

/// The databases know signed numbers only; no count comes near the end of them.
fn signed(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
