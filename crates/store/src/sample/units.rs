//! All work of some months, one piece and month at a time and always in the same order.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use waterline_core::{CategoryId, Method, Month, MonthRange, Taxonomy, audit::Stratum, audit::Unit};

use crate::{
    contributions::{Entry, contributions},
    entity::{
        effort_entry,
        work_item::{self, Column},
    },
    error::unreadable,
};

/// Items looked at in one go: enough that statements cost nothing, and few to hold.
const AT_ONCE: u64 = 8_192;

/// Reads on from item to item.
pub(super) struct Units<'a> {
    period: MonthRange,
    taxonomy: &'a Taxonomy,
    after: Option<i64>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    finished_on: Option<NaiveDate>,
    logged_seconds: Option<i64>,
    estimated_seconds: Option<i64>,
    category: Option<String>,
    method: String,
    machine_confidence: Option<f64>,
}

#[derive(FromQueryResult)]
struct Logged {
    item_id: i64,
    day: Option<NaiveDate>,
    seconds: i64,
}

impl<'a> Units<'a> {
    pub(super) fn new(period: MonthRange, taxonomy: &'a Taxonomy) -> Self {
        Self { period, taxonomy, after: Some(i64::MIN) }
    }

    /// The next units, each with the number of its item; `None` at the end. By item, then by month.
    pub(super) async fn next(&mut self, tx: &DatabaseTransaction) -> Result<Option<Vec<(i64, Unit)>>, DbErr> {
        let Some(after) = self.after else { return Ok(None) };
        let rows = self.rows(tx, after).await?;
        self.after = rows.last().filter(|_| rows.len() as u64 == AT_ONCE).map(|row| row.id);
        let logged = self.logged(tx, &rows).await?;
        let mut logged = logged.into_iter().peekable();
        let mut units = Vec::with_capacity(rows.len());
        for row in rows {
            let mut entries = Vec::new();
            while let Some(entry) = logged.next_if(|entry| entry.item_id <= row.id) {
                if entry.item_id == row.id {
                    entries.push(Entry { at: None, day: entry.day, seconds: entry.seconds });
                }
            }
            self.split(&row, &entries, &mut units)?;
        }
        Ok(Some(units))
    }

    /// Items that may have done something in these months.
    async fn rows(&self, tx: &DatabaseTransaction, after: i64) -> Result<Vec<Row>, DbErr> {
        let (first, last) = (self.period.first().first_day(), self.period.last().last_day());
        let any = Condition::any()
            .add(Column::FinishedOn.between(first, last))
            .add(Column::LoggedSeconds.is_not_null());
        work_item::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::FinishedOn,
                Column::LoggedSeconds,
                Column::EstimatedSeconds,
                Column::Category,
                Column::Method,
                Column::MachineConfidence,
            ])
            .filter(Column::Id.gt(after))
            .filter(any)
            .order_by_asc(Column::Id)
            .limit(AT_ONCE)
            .into_model()
            .all(tx)
            .await
    }

    /// Effort on these items that may count in these months.
    async fn logged(&self, tx: &DatabaseTransaction, rows: &[Row]) -> Result<Vec<Logged>, DbErr> {
        let mut logged = rows.iter().filter(|row| row.logged_seconds.is_some()).map(|row| row.id);
        let Some(first) = logged.next() else { return Ok(Vec::new()) };
        let last = logged.next_back().unwrap_or(first);
        let (from, to) = (self.period.first().first_day(), self.period.last().last_day());
        let any = Condition::any()
            .add(effort_entry::Column::Day.between(from, to))
            .add(effort_entry::Column::Day.is_null());
        effort_entry::Entity::find()
            .select_only()
            .columns([effort_entry::Column::ItemId, effort_entry::Column::Day, effort_entry::Column::Seconds])
            .filter(effort_entry::Column::ItemId.between(first, last))
            .filter(any)
            .order_by_asc(effort_entry::Column::ItemId)
            .order_by_asc(effort_entry::Column::Seq)
            .into_model()
            .all(tx)
            .await
    }

    /// One unit for each month of the period in which the item did something.
    fn split(&self, row: &Row, entries: &[Entry], units: &mut Vec<(i64, Unit)>) -> Result<(), DbErr> {
        let work = contributions(row.finished_on, entries, row.estimated_seconds);
        let first = units.len();
        for (day, tally) in work {
            let month = Month::of(day);
            if !self.period.contains(month) {
                continue;
            }
            match units[first..].iter_mut().find(|(_, unit)| unit.month == month) {
                Some((_, unit)) => {
                    unit.items += tally.items;
                    unit.seconds += tally.seconds();
                }
                None => {
                    let stratum = self.stratum(row)?;
                    let unit = Unit { month, stratum, items: tally.items, seconds: tally.seconds() };
                    units.push((row.id, unit));
                }
            }
        }
        units[first..].sort_unstable_by_key(|(_, unit)| unit.month);
        Ok(())
    }

    fn stratum(&self, row: &Row) -> Result<Stratum, DbErr> {
        let method: Method =
            row.method.parse().map_err(|reason| unreadable(format!("item {}: {reason}", row.id)))?;
        let category = row.category.as_deref().map(CategoryId::new);
        Ok(Stratum::of(category.as_ref(), method, row.machine_confidence, self.taxonomy))
    }
}
