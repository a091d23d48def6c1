use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use waterline_core::{Coverage, TextPolicy};

use crate::{
    Store, StoreError, bulk,
    entity::{feed, feed_request, reject, source},
    error::{Doing, unreadable},
};

/// HTTP traffic since the last batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Requests by status; 0 stands for no answer.
    pub requests: BTreeMap<u16, u64>,
    /// Requests that were made again.
    pub retries: u64,
    /// Time spent waiting because the source asked for it.
    pub throttled_seconds: f64,
}

/// What is known of one feed of one source, also across processes and restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedStatus {
    /// Name of the source.
    pub source: String,
    /// Its connector.
    pub connector: String,
    /// The feed.
    pub feed: String,
    /// How much text is kept of the source's items.
    pub text: TextPolicy,
    /// Whether the source is a simulated trust.
    pub example_data: bool,
    /// Whether the last run that ended did so well; `None` before the first end.
    pub up: Option<bool>,
    /// Whether a run is under way.
    pub running: bool,
    /// When the last run began.
    pub last_run_at: Option<DateTime<Utc>>,
    /// When a run last drained the feed.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Why the last run that ended failed, if it did.
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
    /// Batches since the source was first registered.
    pub batches: i64,
    /// Records since then, also those that changed nothing.
    pub records: i64,
    /// Requests since then, by status.
    pub requests: BTreeMap<u16, i64>,
    /// Requests made again since then.
    pub retries: i64,
    /// Time spent waiting since then because the source asked for it.
    pub throttled_seconds: f64,
}

/// Why records of one feed could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The source's configured name.
    pub source: String,
    /// One of its feeds.
    pub feed: String,
    /// Names what is wrong, never a ticket's text.
    pub reason: String,
    /// How many records wait for this reason.
    pub records: i64,
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
        const DOING: &str = "register the source";
        let tx = self.begin(DOING).await?;
        let fresh = source::ActiveModel {
            id: NotSet,
            name: Set(name.to_owned()),
            connector: Set(connector.to_owned()),
            text_policy: Set(text_policy_word(text).to_owned()),
            example_data: Set(example_data),
            registered_at: Set(now),
        };
        let once = OnConflict::column(source::Column::Name).do_nothing().to_owned();
        tx.execute(&bulk::insert([fresh], Some(once))).await.doing(DOING)?;
        let by_name = source::Entity::find().filter(source::Column::Name.eq(name)).lock_exclusive();
        let known = by_name.one(&tx).await.doing(DOING)?;
        let known = known
            .ok_or_else(|| DbErr::RecordNotFound(format!("the source {name}, just registered")))
            .doing(DOING)?;
        if known.connector != connector {
            return Err(StoreError::Refused(format!(
                "the source \"{name}\" is already there with the connector {}; give the one with {connector} another name",
                known.connector
            )));
        }
        let id = known.id;
        if known.text_policy != text_policy_word(text) || known.example_data != example_data {
            let mut row = known.into_active_model();
            row.text_policy = Set(text_policy_word(text).to_owned());
            row.example_data = Set(example_data);
            row.update(&tx).await.doing(DOING)?;
        }
        register_feeds(&tx, id, feeds).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(id)
    }

    /// All feeds of all sources, by name.
    pub async fn feed_statuses(&self, now: DateTime<Utc>) -> Result<Vec<FeedStatus>, StoreError> {
        self.statuses(now).await.doing("say how the feeds are")
    }

    async fn statuses(&self, now: DateTime<Utc>) -> Result<Vec<FeedStatus>, DbErr> {
        let db = self.reader();
        let sources: BTreeMap<i32, source::Model> =
            source::Entity::find().all(db).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut requests: BTreeMap<(i32, String), BTreeMap<u16, i64>> = BTreeMap::new();
        for row in feed_request::Entity::find().all(db).await? {
            let status = u16::try_from(row.status).unwrap_or(0);
            requests.entry((row.source_id, row.feed)).or_default().insert(status, row.count);
        }
        let rejected = rejected_by_feed(db).await?;
        let mut statuses = Vec::new();
        for row in feed::Entity::find().all(db).await? {
            let Some(source) = sources.get(&row.source_id) else { continue };
            let key = (row.source_id, row.feed.clone());
            statuses.push(FeedStatus {
                source: source.name.clone(),
                connector: source.connector.clone(),
                feed: row.feed,
                text: text_policy(&source.text_policy)?,
                example_data: source.example_data,
                up: row.up,
                running: row.lease_run.is_some() && row.lease_until.is_some_and(|until| now < until),
                last_run_at: row.last_run_at,
                last_success_at: row.last_success_at,
                last_error: row.last_error,
                newest_at: row.newest_at,
                held: row.held,
                gone: row.gone,
                upstream_total: row.upstream_total,
                rejected: rejected.get(&key).copied().unwrap_or(0),
                batches: row.batches,
                records: row.records,
                requests: requests.remove(&key).unwrap_or_default(),
                retries: row.retries,
                throttled_seconds: row.throttled_seconds,
            });
        }
        statuses.sort_by(|a, b| (&a.source, &a.feed).cmp(&(&b.source, &b.feed)));
        Ok(statuses)
    }

    /// How much of what the sources have is held.
    pub async fn coverage(&self, now: DateTime<Utc>) -> Result<Coverage, StoreError> {
        let feeds = self.statuses(now).await.doing("say how much it holds")?;
        let mut coverage = Coverage::default();
        for feed in &feeds {
            match feed.upstream_total {
                Some(total) => {
                    coverage.held += feed.held;
                    coverage.upstream += total;
                }
                None => coverage.feeds_unknown += 1,
            }
            coverage.rejected += feed.rejected;
        }
        // Nothing comes before something, so that one feed that never succeeded shows.
        coverage.last_success = feeds.iter().map(|feed| feed.last_success_at).min().flatten();
        Ok(coverage)
    }

    /// Why records wait in quarantine: by source and feed, the commonest reason first, at most so many.
    pub async fn quarantine(&self, most: u64) -> Result<Vec<Quarantined>, StoreError> {
        self.reasons(most).await.doing("say what could not be read")
    }

    async fn reasons(&self, most: u64) -> Result<Vec<Quarantined>, DbErr> {
        let db = self.reader();
        let names = source_names(db).await?;
        let rows = reject::Entity::find()
            .select_only()
            .columns([reject::Column::SourceId, reject::Column::Feed, reject::Column::Reason])
            .column_as(reject::Column::Record.count(), "records")
            .group_by(reject::Column::SourceId)
            .group_by(reject::Column::Feed)
            .group_by(reject::Column::Reason)
            .order_by_desc(reject::Column::Record.count())
            .order_by_asc(reject::Column::Reason)
            .limit(most)
            .into_model::<ReasonRow>()
            .all(db)
            .await?;
        let mut reasons: Vec<Quarantined> = rows
            .into_iter()
            .map(|ReasonRow { source_id, feed, reason, records }| {
                let source = names.get(&source_id).cloned().unwrap_or_default();
                Quarantined { source, feed, reason, records }
            })
            .collect();
        // Stable, so the commonest stays first within its feed.
        reasons.sort_by(|a, b| (&a.source, &a.feed).cmp(&(&b.source, &b.feed)));
        Ok(reasons)
    }

    /// Whether any source holds simulated data.
    pub async fn shows_example_data(&self) -> Result<bool, StoreError> {
        let simulated = source::Entity::find().filter(source::Column::ExampleData.eq(true));
        Ok(simulated.count(self.reader()).await.doing("say whether its data is simulated")? > 0)
    }
}

/// The names under which sources count in the figures, by id.
pub(crate) async fn source_names(db: &impl ConnectionTrait) -> Result<BTreeMap<i32, String>, DbErr> {
    Ok(source::Entity::find().all(db).await?.into_iter().map(|row| (row.id, row.name)).collect())
}

async fn register_feeds(tx: &DatabaseTransaction, source_id: i32, feeds: &[&str]) -> Result<(), DbErr> {
    let rows: Vec<feed::ActiveModel> = feeds
        .iter()
        .map(|feed| feed::ActiveModel {
            source_id: Set(source_id),
            feed: Set((*feed).to_owned()),
            ..Default::default()
        })
        .collect();
    let once = OnConflict::columns([feed::Column::SourceId, feed::Column::Feed]).do_nothing().to_owned();
    bulk::insert_all::<feed::Entity>(tx, &rows, Some(&once)).await
}

#[derive(FromQueryResult)]
struct ReasonRow {
    source_id: i32,
    feed: String,
    reason: String,
    records: i64,
}

#[derive(FromQueryResult)]
struct Waiting {
    source_id: i32,
    feed: String,
    records: i64,
}

async fn rejected_by_feed(db: &impl ConnectionTrait) -> Result<BTreeMap<(i32, String), i64>, DbErr> {
    let rows = reject::Entity::find()
        .select_only()
        .columns([reject::Column::SourceId, reject::Column::Feed])
        .column_as(reject::Column::Record.count(), "records")
        .group_by(reject::Column::SourceId)
        .group_by(reject::Column::Feed)
        .into_model::<Waiting>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.source_id, row.feed), row.records)).collect())
}

fn text_policy_word(policy: TextPolicy) -> &'static str {
    match policy {
        TextPolicy::None => "none",
        TextPolicy::Title => "title",
        TextPolicy::Full => "full",
    }
}

fn text_policy(word: &str) -> Result<TextPolicy, DbErr> {
    [TextPolicy::None, TextPolicy::Title, TextPolicy::Full]
        .into_iter()
        .find(|policy| text_policy_word(*policy) == word)
        .ok_or_else(|| unreadable(format!("\"{word}\" is not a text policy")))
}
