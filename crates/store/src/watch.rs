//! Looks at the classification for what a person ought to look at, and keeps what it found.
//!
//! Looking scans items, so it happens in the background; pages and metrics read what was found. Taggers
//! are handed on as numbers that mean nothing elsewhere: no alarm can name anybody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde::{Deserialize, Serialize};
use waterline_core::{
    CategoryId, Dimension, Method, Month, MonthRange, Taxonomy,
    watch::{Alarm, Event, EventKind, FieldRow, ModelTally, TaggerRow, WatchInput, alarms},
};

use crate::{
    AdoptionState, Store, StoreError, bulk,
    bulk::portions,
    dialect,
    entity::{setting, tag, tag_action, work_item},
    error::{Doing, unreadable},
    feeds::source_names,
};

/// What was found when somebody last looked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// When; `None` where nobody looked yet.
    pub at: Option<DateTime<Utc>>,
    /// What was found.
    pub alarms: Vec<Alarm>,
}

/// Key of the setting that holds what was found.
const WATCHED: &str = "watch.found";
/// What the mix of a month is compared with lies within this many months.
const MONTHS_OF_WORK: u16 = 25;
/// Tags older than this say little about how people tag now.
const MONTHS_OF_TAGS: u16 = 6;
/// The last complete month and the six before it.
const MONTHS_OF_FIELDS: u16 = 7;
/// Adoptions that can lie within those months.
const MOST_ADOPTIONS: u64 = 200;

const LOOKING: &str = "look for what is odd";

impl Store {
    /// What was found when somebody last looked: one small question.
    pub async fn alarms(&self) -> Result<Watched, StoreError> {
        const DOING: &str = "read the alarms";
        let row = setting::Entity::find_by_id(WATCHED).one(self.reader()).await.doing(DOING)?;
        match row {
            None => Ok(Watched::default()),
            // Kept by another version: look again rather than fail.
            Some(row) => Ok(serde_json::from_str(&row.value).unwrap_or_default()),
        }
    }

    /// Looks, and keeps what it finds.
    pub async fn watch(&self, now: DateTime<Utc>) -> Result<Watched, StoreError> {
        let zone = self.zone();
        let last = zone.month(now).plus(-1);
        let in_force = self.in_force().await?;
        let taxonomy = in_force.classifier.taxonomy();
        let since = MonthRange::ending(last, MONTHS_OF_TAGS).first().first_day();
        let rows = self.work_done(MonthRange::ending(last, MONTHS_OF_WORK), Dimension::All).await?;
        let events = self.events().await?;
        let taggers = self.tagger_rows(since.and_time(chrono::NaiveTime::MIN).and_utc(), taxonomy).await?;
        let model = match in_force.model {
            Some(number) => self.model_tally(number, in_force.since).await?,
            None => None,
        };
        let fields = self.field_rows(MonthRange::ending(last, MONTHS_OF_FIELDS)).await?;
        let input =
            WatchInput { last, rows: &rows, events: &events, taggers: &taggers, model, fields: &fields };
        let watched = Watched { at: Some(now), alarms: alarms(&input, taxonomy) };
        let kept = serde_json::to_string(&watched).map_err(|e| unreadable(e.to_string())).doing(LOOKING)?;
        let row = setting::Model { key: WATCHED.to_owned(), value: kept };
        let newest =
            OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
        self.writer()
            .execute(&bulk::insert([setting::ActiveModel::from(row)], Some(newest)))
            .await
            .doing(LOOKING)?;
        Ok(watched)
    }

    async fn events(&self) -> Result<Vec<Event>, StoreError> {
        let zone = self.zone();
        let targets = self
            .targets()
            .await?
            .into_iter()
            .map(|target| Event { day: zone.day(target.set_at), what: EventKind::TargetSet });
        let adopted = self.adoptions(MOST_ADOPTIONS).await?.into_iter().filter_map(|adoption| {
            let held = matches!(adoption.state, AdoptionState::InForce | AdoptionState::Superseded);
            Some(Event {
                day: zone.day(adoption.in_force_at.filter(|_| held)?),
                what: EventKind::RuleSetAdopted {
                    number: i64::from(adoption.rule_set),
                    moved: adoption.shift.and_then(|shift| shift.effort.difference()),
                },
            })
        });
        Ok(targets.chain(adopted).collect())
    }

    /// One action on many alike items is one decision, so it counts once for each sort of work in it.
    async fn tagger_rows(
        &self,
        since: DateTime<Utc>,
        taxonomy: &Taxonomy,
    ) -> Result<Vec<TaggerRow>, StoreError> {
        let db = self.reader();
        let actions = tag_action::Entity::find()
            .filter(tag_action::Column::TaggedAt.gte(since))
            .filter(tag_action::Column::UndoneAt.is_null())
            .all(db)
            .await
            .doing(LOOKING)?;
        let ids: Vec<i64> = actions.iter().map(|action| action.id).collect();
        let mut seen_as: BTreeMap<i64, BTreeSet<Option<String>>> = BTreeMap::new();
        for ids in portions(&ids) {
            let mut sorts = tag::Entity::find()
                .select_only()
                .column(tag::Column::ActionId)
                .expr_as(Expr::col((work_item::Entity, work_item::Column::MachineCategory)), "machine")
                .filter(tag::Column::ActionId.is_in(ids.iter().copied()))
                .distinct();
            QueryTrait::query(&mut sorts).inner_join(
                work_item::Entity,
                Expr::col((tag::Entity, tag::Column::ItemId))
                    .equals((work_item::Entity, work_item::Column::Id)),
            );
            let sorts: Vec<(i64, Option<String>)> = sorts.into_tuple().all(db).await.doing(LOOKING)?;
            for (action, machine) in sorts {
                seen_as.entry(action).or_default().insert(machine);
            }
        }
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut rows: BTreeMap<(u32, Option<&str>), TaggerRow> = BTreeMap::new();
        for action in &actions {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let tagger = *numbers.entry(&action.tagged_by).or_insert(next);
            let visible =
                taxonomy.side(&CategoryId::new(&action.category)) == Some(waterline_core::Side::Visible);
            for machine in seen_as.get(&action.id).into_iter().flatten() {
                let machine = machine.as_deref();
                let row = rows.entry((tagger, machine)).or_insert_with(|| TaggerRow {
                    tagger,
                    machine: machine.map(CategoryId::new),
                    tags: 0,
                    overruled: 0,
                    visible: 0,
                });
                row.tags += 1;
                row.overruled += i64::from(machine != Some(action.category.as_str()));
                row.visible += i64::from(visible);
            }
        }
        Ok(rows.into_values().collect())
    }

    /// How the model did on what people tagged since it came into force; `None` where nobody
    /// tagged any.
    async fn model_tally(&self, number: i32, since: DateTime<Utc>) -> Result<Option<ModelTally>, StoreError> {
        let models = self.models().await?;
        let Some(model) = models.into_iter().find(|model| model.number == number) else { return Ok(None) };
        let tagged: Vec<(Option<String>, Option<String>, Option<f64>)> = work_item::Entity::find()
            .select_only()
            .columns([
                work_item::Column::Category,
                work_item::Column::MachineCategory,
                work_item::Column::MachineConfidence,
            ])
            .filter(work_item::Column::Method.eq(Method::Tag.as_str()))
            .filter(work_item::Column::MachineMethod.eq(Method::Model.as_str()))
            .filter(work_item::Column::TaggedAt.gte(since))
            .into_tuple()
            .all(self.reader())
            .await
            .doing(LOOKING)?;
        let sure: f64 = tagged.iter().filter_map(|(_, _, confidence)| *confidence).sum();
        let agreed = tagged.iter().filter(|(tag, machine, _)| tag == machine).count();
        Ok((!tagged.is_empty()).then(|| ModelTally {
            number: i64::from(number),
            tags: tagged.len() as i64,
            agreed: agreed as i64,
            expected: sure / tagged.len() as f64,
            held_out_tags: i64::try_from(model.held_out.examples).unwrap_or(i64::MAX),
        }))
    }

    async fn field_rows(&self, months: MonthRange) -> Result<Vec<FieldRow>, StoreError> {
        let mut rows = Vec::new();
        for (field, column) in
            [("category", work_item::Column::SourceCategory), ("status", work_item::Column::SourceStatus)]
        {
            rows.extend(self.values_of(field, column, months).await.doing(LOOKING)?);
        }
        Ok(rows)
    }

    async fn values_of(
        &self,
        field: &str,
        column: work_item::Column,
        months: MonthRange,
    ) -> Result<Vec<FieldRow>, DbErr> {
        #[derive(FromQueryResult)]
        struct Counted {
            source_id: i32,
            value: Option<String>,
            month: chrono::NaiveDate,
            items: i64,
        }
        let db = self.reader();
        let sources = source_names(db).await?;
        let month = dialect::month_of(db.get_database_backend(), "opened_on");
        let mut query = work_item::Entity::find()
            .select_only()
            .column(work_item::Column::SourceId)
            .column_as(column, "value")
            .expr_as(Expr::cust("CAST(COUNT(*) AS BIGINT)"), "items")
            .filter(Condition::all().add(
                work_item::Column::OpenedOn.between(months.first().first_day(), months.last().last_day()),
            ))
            .group_by(work_item::Column::SourceId)
            .group_by(column);
        query = query.expr_as(month.clone(), "month");
        QueryTrait::query(&mut query).add_group_by([month]);
        let counted: Vec<Counted> = query.into_model().all(db).await?;
        Ok(counted
            .into_iter()
            .map(|row| FieldRow {
                source: sources.get(&row.source_id).cloned().unwrap_or_default(),
                field: field.to_owned(),
                value: row.value.unwrap_or_default(),
                month: Month::of(row.month),
                items: row.items,
            })
            .collect())
    }
}
