//! Runs: one drain of one feed, by one process at a time.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::Expr,
};
use waterline_core::State;

use crate::{
    Store, StoreError, Traffic, adoption_lease,
    entity::{
        feed::{self, Column},
        run, source, work_item,
    },
    error::Doing,
    in_force::held_in_force,
    inheritance::hold_sources,
    lease::{self, LEASE, updating},
    recheck,
};

/// How a run drains a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// From the saved cursor on.
    Incremental,
    /// From the beginning; when it ends well, what it did not see is marked as gone upstream.
    Full,
}

impl RunMode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::Full => "full",
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The feed was drained to its end.
    Drained,
    /// Stopped with this sentence; the next run goes on from the last batch.
    Failed(String),
}

/// The right to drain one feed, held by one process at a time and renewed with every batch.
#[derive(Clone, Debug)]
pub struct RunTicket {
    /// Number of the run.
    pub run_id: i64,
    /// The source.
    pub source_id: i32,
    /// Its name.
    pub source_name: String,
    /// Its feed.
    pub feed: String,
    /// How it is drained.
    pub mode: RunMode,
    /// Where the run begins: the saved cursor for an incremental run, or that of an interrupted run of the same
    /// mode. `None` is the beginning.
    pub cursor: Option<String>,
}

impl Store {
    /// Takes the lease on a feed and opens a run; `None` while another process holds it.
    pub async fn begin_run(
        &self,
        source_id: i32,
        feed: &str,
        mode: RunMode,
        now: DateTime<Utc>,
    ) -> Result<Option<RunTicket>, StoreError> {
        const DOING: &str = "begin a run";
        let tx = self.begin(DOING).await?;
        let source = source::Entity::find_by_id(source_id).one(&tx).await.doing(DOING)?;
        let row = lease::locked_feed(&tx, source_id, feed).await.doing(DOING)?;
        let Some((source, row)) = source.zip(row) else {
            return Err(StoreError::Refused(format!(
                "the feed \"{feed}\" of source number {source_id} is not registered"
            )));
        };
        let elsewhere = row.lease_owner.as_deref().is_some_and(|owner| owner != self.owner());
        if elsewhere && row.lease_until.is_some_and(|until| now < until) {
            return Ok(None);
        }
        let run_id = open_run(&tx, source_id, feed, mode, now).await.doing(DOING)?;
        let mut update = updating(source_id, feed)
            .col_expr(Column::LeaseOwner, Expr::value(self.owner()))
            .col_expr(Column::LeaseRun, Expr::value(run_id))
            .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
            .col_expr(Column::LastRunAt, Expr::value(now));
        if mode == RunMode::Full && row.full_run.is_none() {
            update = update.col_expr(Column::FullRun, Expr::value(run_id));
        }
        update.exec(&tx).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        let cursor = match mode {
            RunMode::Incremental => row.cursor,
            RunMode::Full => row.full_cursor,
        };
        let (source_name, feed) = (source.name, row.feed);
        Ok(Some(RunTicket { run_id, source_id, source_name, feed, mode, cursor }))
    }

    /// Gives back all that this process still holds, for when it is told to stop in the middle of it: the
    /// next process then pulls on behind the last batch, or sorts afresh, at once and not when the lease is
    /// over.
    pub async fn give_leases_back(&self) -> Result<(), StoreError> {
        const DOING: &str = "give back the leases of this process";
        let tx = self.begin(DOING).await?;
        feed::Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseRun, Expr::value(None::<i64>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::LeaseOwner.eq(self.owner()))
            .exec(&tx)
            .await
            .doing(DOING)?;
        adoption_lease::give_back(&tx, self.owner()).await?;
        tx.commit().await.doing(DOING)
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
        const DOING: &str = "close the run";
        let tx = self.begin(DOING).await?;
        held_in_force(&tx).await.doing(DOING)?;
        hold_sources(&tx, [ticket.source_id]).await.doing(DOING)?;
        let row = lease::renew(&tx, ticket, now).await?;
        if let (RunOutcome::Drained, RunMode::Full, Some(full_run)) = (&outcome, ticket.mode, row.full_run) {
            mark_gone(&tx, &row, full_run, now).await.doing(DOING)?;
        }
        let (error, drained) = match outcome {
            RunOutcome::Drained => (None, true),
            RunOutcome::Failed(reason) => (Some(reason), false),
        };
        run::Entity::update_many()
            .col_expr(run::Column::EndedAt, Expr::value(now))
            .col_expr(run::Column::Drained, Expr::value(drained))
            .col_expr(run::Column::Error, Expr::value(error.clone()))
            .filter(run::Column::Id.eq(ticket.run_id))
            .exec(&tx)
            .await
            .doing(DOING)?;
        let mut update = updating(ticket.source_id, &ticket.feed)
            .col_expr(Column::Up, Expr::value(drained))
            .col_expr(Column::LastError, Expr::value(error))
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseRun, Expr::value(None::<i64>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
        if drained {
            update = update.col_expr(Column::LastSuccessAt, Expr::value(now));
        }
        if drained && ticket.mode == RunMode::Full {
            update = update
                .col_expr(Column::FullRun, Expr::value(None::<i64>))
                .col_expr(Column::FullCursor, Expr::value(None::<String>));
            if row.full_cursor.is_some() {
                update = update.col_expr(Column::Cursor, Expr::value(row.full_cursor));
            }
        }
        update.exec(&tx).await.doing(DOING)?;
        lease::count_traffic(&tx, ticket, &traffic).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }
}

async fn open_run(
    tx: &DatabaseTransaction,
    source_id: i32,
    feed: &str,
    mode: RunMode,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    let run = run::ActiveModel {
        id: NotSet,
        source_id: Set(source_id),
        feed: Set(feed.to_owned()),
        mode: Set(mode.as_str().to_owned()),
        started_at: Set(now),
        ..Default::default()
    };
    Ok(run.insert(tx).await?.id)
}

/// No figure moves by this: what was finished stays counted, and of what was open only dated effort
/// counts, now as before.
async fn mark_gone(
    tx: &DatabaseTransaction,
    feed: &feed::Model,
    full_run: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let seen = work_item::Column::SeenInRun;
    let unseen = || {
        Condition::all()
            .add(work_item::Column::SourceId.eq(feed.source_id))
            .add(work_item::Column::Feed.eq(&feed.feed))
            .add(work_item::Column::GoneAt.is_null())
            .add(Condition::any().add(seen.is_null()).add(seen.ne(full_run)))
    };
    let open = || unseen().add(work_item::Column::State.eq(State::Open.as_str()));
    recheck::note_all(tx, open().into()).await?;
    work_item::Entity::update_many()
        .col_expr(work_item::Column::State, Expr::value(State::Withdrawn.as_str()))
        .col_expr(work_item::Column::Worth, Expr::value(0))
        .filter(open())
        .exec(tx)
        .await?;
    let gone = work_item::Entity::update_many()
        .col_expr(work_item::Column::GoneAt, Expr::value(now))
        .filter(unseen())
        .exec(tx)
        .await?;
    let gone = i64::try_from(gone.rows_affected).unwrap_or(i64::MAX);
    lease::count_items(tx, feed.source_id, &[(feed.feed.clone(), (-gone, gone))].into()).await
}
