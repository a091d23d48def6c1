use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, sea_query::Expr,
};
use waterline_core::{EffortRates, Kind, LoggedSample, State};

use crate::{
    Store, StoreError,
    bulk::portions,
    entity::{
        setting,
        work_item::{self, Column},
    },
    error::{Doing, unreadable},
    feeds::source_names,
    held,
    rollup::Deltas,
    store::EFFORT_RATES,
};

/// Items in one transaction.
const STEP: u64 = 2048;

const DOING: &str = "learn the estimates";

impl Store {
    /// Learns the estimates afresh from all logged effort and, where one changed, puts it on the items
    /// that nobody logged on, and on the rollups. Cheap when nothing changed. Call it at the end of a pull.
    pub async fn refresh_estimates(&self) -> Result<(), StoreError> {
        let finished = finished_by_effort(self.reader()).await.doing(DOING)?;
        let learnt = EffortRates::learn(self.default_effort().clone(), &samples(&finished));
        let known = rates_in_use(self.reader(), self.default_effort()).await.doing(DOING)?;
        if learnt == known && stale_groups(&finished, &known).is_empty() {
            return Ok(());
        }
        let tx = self.begin(DOING).await?;
        let groups = change_rates(&tx, self.default_effort()).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        // From here on every batch estimates with the new rates. What was written before is brought up
        // to them step by step; stopped in between, the next refresh finds the rest.
        for (kind, team) in groups {
            loop {
                let tx = self.begin(DOING).await?;
                let items = self.step(&tx, kind, team.as_deref()).await.doing(DOING)?;
                tx.commit().await.doing(DOING)?;
                if items == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Puts the rate in use on some items of a group; gives how many.
    async fn step(&self, tx: &DatabaseTransaction, kind: Kind, team: Option<&str>) -> Result<usize, DbErr> {
        let rate = rates_in_use(tx, self.default_effort()).await?.estimate(kind, team);
        let of_team = match team {
            Some(team) => Column::Team.eq(team),
            None => Column::Team.is_null(),
        };
        let next = work_item::Entity::find()
            .filter(Column::State.eq(State::Finished.as_str()))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(of_team)
            .filter(Column::LoggedSeconds.is_null())
            .filter(Column::EstimatedSeconds.ne(rate))
            .limit(STEP);
        let items = held::locked(tx, next).await?;
        let sources = source_names(tx).await?;
        let mut deltas = Deltas::default();
        let ids: Vec<i64> = items.iter().map(|held| held.row.id).collect();
        for mut item in items {
            let source = sources.get(&item.row.source_id).map_or("", String::as_str);
            deltas.subtract(&item, source);
            item.row.estimated_seconds = Some(rate);
            deltas.add(&item, source);
        }
        for ids in portions(&ids) {
            work_item::Entity::update_many()
                .col_expr(Column::EstimatedSeconds, Expr::value(rate))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .exec(tx)
                .await?;
        }
        deltas.apply(tx).await?;
        Ok(ids.len())
    }
}

/// The rates that every process estimates with, and keeps estimating with until the transaction ends:
/// whoever changes them waits for it.
pub(crate) async fn rates_in_use(
    db: &impl ConnectionTrait,
    defaults: &BTreeMap<Kind, i64>,
) -> Result<EffortRates, DbErr> {
    let kept = setting::Entity::find_by_id(EFFORT_RATES).lock_shared().one(db).await?;
    match kept {
        Some(row) => serde_json::from_str(&row.value)
            .map_err(|error| unreadable(format!("the kept effort rates: {error}"))),
        None => Ok(EffortRates::from_defaults(defaults.clone())),
    }
}

/// Learns again while no batch is being written, and keeps the result. Gives the groups whose items
/// have other estimates.
async fn change_rates(
    tx: &DatabaseTransaction,
    defaults: &BTreeMap<Kind, i64>,
) -> Result<BTreeSet<(Kind, Option<String>)>, DbErr> {
    setting::Entity::find_by_id(EFFORT_RATES).lock_exclusive().one(tx).await?;
    let finished = finished_by_effort(tx).await?;
    let rates = EffortRates::learn(defaults.clone(), &samples(&finished));
    let text = serde_json::to_string(&rates).map_err(|error| unreadable(error.to_string()))?;
    setting::Entity::update_many()
        .col_expr(setting::Column::Value, Expr::value(text))
        .filter(setting::Column::Key.eq(EFFORT_RATES))
        .exec(tx)
        .await?;
    Ok(stale_groups(&finished, &rates))
}

/// How many finished items of a kind and team have the same effort, logged or estimated.
#[derive(FromQueryResult)]
struct FinishedGroup {
    kind: String,
    team: Option<String>,
    logged_seconds: Option<i64>,
    estimated_seconds: Option<i64>,
    items: i64,
}

impl FinishedGroup {
    fn kind(&self) -> Option<Kind> {
        self.kind.parse().ok()
    }
}

async fn finished_by_effort(db: &impl ConnectionTrait) -> Result<Vec<FinishedGroup>, DbErr> {
    let by = [Column::Kind, Column::Team, Column::LoggedSeconds, Column::EstimatedSeconds];
    let mut groups = work_item::Entity::find()
        .select_only()
        .columns(by)
        .column_as(Column::Kind.count(), "items")
        .filter(Column::State.eq(State::Finished.as_str()));
    for column in by {
        groups = groups.group_by(column);
    }
    groups.into_model().all(db).await
}

fn samples(finished: &[FinishedGroup]) -> Vec<LoggedSample> {
    finished
        .iter()
        .filter_map(|group| {
            Some(LoggedSample {
                kind: group.kind()?,
                team: group.team.clone(),
                seconds: group.logged_seconds?,
                items: u64::try_from(group.items).unwrap_or(0),
            })
        })
        .collect()
}

fn stale_groups(finished: &[FinishedGroup], rates: &EffortRates) -> BTreeSet<(Kind, Option<String>)> {
    finished
        .iter()
        .filter_map(|group| {
            let (kind, applied) = (group.kind()?, group.estimated_seconds?);
            let stale = applied != rates.estimate(kind, group.team.as_deref());
            stale.then(|| (kind, group.team.clone()))
        })
        .collect()
}
