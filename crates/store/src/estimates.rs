use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, sea_query::Expr,
};
use waterline_core::{EffortRates, Kind, LoggedSample, State};

use crate::{
    Store, StoreError,
    bulk::{update_all, values},
    entity::{
        setting,
        work_item::{self, Column},
    },
    error::{Doing, unreadable},
    feeds::source_names,
    held,
    in_force::held_in_force,
    inheritance::hold_all_sources,
    rollup::Deltas,
    store::EFFORT_RATES,
};

/// Items in one transaction.
const STEP: u64 = 2048;

/// What a new rate changes.
const COLUMNS: [Column; 3] = [Column::Id, Column::EstimatedSeconds, Column::Worth];

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
        // to them step by step. Stopped in between, the next refresh finds the finished items that are
        // left, and with them all of their group; open ones come first, since nothing tells of them.
        for (kind, team) in groups {
            for state in [State::Open, State::Finished] {
                let mut behind = Some(0);
                while let Some(id) = behind {
                    let tx = self.begin(DOING).await?;
                    let group = Group { state, kind, team: team.as_deref() };
                    behind = self.step(&tx, &group, id).await.doing(DOING)?;
                    tx.commit().await.doing(DOING)?;
                }
            }
        }
        Ok(())
    }

    /// Puts the rate in use on some items of a group, behind one in the order of their ids; gives the last
    /// of them, or `None` at the end. Open items have no estimate, but a tag on them is worth what they
    /// would get.
    async fn step(
        &self,
        tx: &DatabaseTransaction,
        group: &Group<'_>,
        behind: i64,
    ) -> Result<Option<i64>, DbErr> {
        held_in_force(tx).await?;
        let rates = rates_in_use(tx, self.default_effort()).await?;
        hold_all_sources(tx).await?;
        let rate = rates.estimate(group.kind, group.team);
        let mut next = work_item::Entity::find()
            .filter(Column::State.eq(group.state.as_str()))
            .filter(Column::Kind.eq(group.kind.as_str()))
            .filter(match group.team {
                Some(team) => Column::Team.eq(team),
                None => Column::Team.is_null(),
            })
            .filter(Column::LoggedSeconds.is_null())
            .filter(Column::Id.gt(behind))
            .limit(STEP);
        if group.state == State::Finished {
            next = next.filter(Column::EstimatedSeconds.ne(rate));
        }
        let items = held::locked(tx, next).await?;
        let last = items.last().map(|item| item.row.id);
        let sources = source_names(tx).await?;
        let mut deltas = Deltas::default();
        let mut rows = Vec::with_capacity(items.len());
        for mut item in items {
            let source = sources.get(&item.row.source_id).map_or("", String::as_str);
            deltas.subtract(&item, source);
            item.row.estimated_seconds = item.row.finished_on.map(|_| rate);
            item.row.worth = item.row.worth_now(&rates)?;
            deltas.add(&item, source);
            rows.push(values(&item.row, &COLUMNS));
        }
        update_all::<work_item::Entity>(tx, &COLUMNS, &rows).await?;
        deltas.apply(tx).await?;
        Ok(last)
    }
}

/// Items of one kind and team that have the same rate.
struct Group<'a> {
    state: State,
    kind: Kind,
    team: Option<&'a str>,
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

/// Learns again while no batch is being written, and keeps the result. Gives the kinds and teams whose
/// items have other estimates or, while they are open, would get others.
async fn change_rates(
    tx: &DatabaseTransaction,
    defaults: &BTreeMap<Kind, i64>,
) -> Result<BTreeSet<(Kind, Option<String>)>, DbErr> {
    setting::Entity::find_by_id(EFFORT_RATES).lock_exclusive().one(tx).await?;
    let before = rates_in_use(tx, defaults).await?;
    let finished = finished_by_effort(tx).await?;
    let rates = EffortRates::learn(defaults.clone(), &samples(&finished));
    let text = serde_json::to_string(&rates).map_err(|error| unreadable(error.to_string()))?;
    setting::Entity::update_many()
        .col_expr(setting::Column::Value, Expr::value(text))
        .filter(setting::Column::Key.eq(EFFORT_RATES))
        .exec(tx)
        .await?;
    let mut groups = stale_groups(&finished, &rates);
    groups.extend(open_groups(tx).await?.into_iter().filter(|(kind, team)| {
        before.estimate(*kind, team.as_deref()) != rates.estimate(*kind, team.as_deref())
    }));
    Ok(groups)
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

/// Kinds and teams that have open work on which nobody logged.
async fn open_groups(tx: &DatabaseTransaction) -> Result<Vec<(Kind, Option<String>)>, DbErr> {
    let groups: Vec<(String, Option<String>)> = work_item::Entity::find()
        .select_only()
        .columns([Column::Kind, Column::Team])
        .distinct()
        .filter(Column::State.eq(State::Open.as_str()))
        .filter(Column::LoggedSeconds.is_null())
        .into_tuple()
        .all(tx)
        .await?;
    Ok(groups.into_iter().filter_map(|(kind, team)| Some((kind.parse().ok()?, team))).collect())
}
