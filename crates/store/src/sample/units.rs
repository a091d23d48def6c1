//! All work of some months, one piece and month at a time and always in the same order.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use waterline_core::{
    CategoryId, Month, MonthRange, Tally, Taxonomy,
    audit::{Stratum, Unit},
};

use crate::{
    contributions::{Entry, contributions},
    dialect::rows_as_json,
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

/// In the order of [`Row`]. Neither ids of categories nor words for methods have characters that JSON would
/// escape, so that they need not be copied.
const OF_AN_ITEM: [&str; 7] =
    ["id", "finished_on", "logged_seconds", "estimated_seconds", "category", "method", "machine_confidence"];

type Row<'a> = (i64, Option<NaiveDate>, Option<i64>, Option<i64>, Option<&'a str>, &'a str, Option<f64>);

/// In the order of [`Logged`].
const OF_AN_ENTRY: [&str; 3] = ["item_id", "day", "seconds"];

type Logged = (i64, Option<NaiveDate>, i64);

impl<'a> Units<'a> {
    pub(super) fn new(period: MonthRange, taxonomy: &'a Taxonomy) -> Self {
        Self { period, taxonomy, after: Some(i64::MIN) }
    }

    /// The next units, each with the number of its item; `None` at the end. By item, then by month.
    pub(super) async fn next(&mut self, tx: &DatabaseTransaction) -> Result<Option<Vec<(i64, Unit)>>, DbErr> {
        let Some(after) = self.after else { return Ok(None) };
        let packed = self.items(tx, after).await?;
        let rows: Vec<Row<'_>> = serde_json::from_str(&packed).map_err(|error| unread(&error))?;
        self.after = rows.last().filter(|_| rows.len() as u64 == AT_ONCE).map(|(id, ..)| *id);
        let mut logged = self.logged(tx, &rows).await?.into_iter().peekable();
        let mut units = Vec::with_capacity(rows.len());
        for (id, finished_on, _, estimated_seconds, category, method, confidence) in rows {
            let mut entries = Vec::new();
            while let Some((item, day, seconds)) = logged.next_if(|(item, ..)| *item <= id) {
                if item == id {
                    entries.push(Entry { at: None, day, seconds });
                }
            }
            let method = method.parse().map_err(|reason| unreadable(format!("item {id}: {reason}")))?;
            let category = category.map(CategoryId::new);
            let stratum = Stratum::of(category.as_ref(), method, confidence, self.taxonomy);
            let work = contributions(finished_on, &entries, estimated_seconds);
            self.split(id, stratum, work, &mut units);
        }
        Ok(Some(units))
    }

    /// One unit for each month of the period in which the item did something.
    fn split(&self, id: i64, stratum: Stratum, work: Vec<(NaiveDate, Tally)>, units: &mut Vec<(i64, Unit)>) {
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
                    units.push((id, Unit { month, stratum, items: tally.items, seconds: tally.seconds() }));
                }
            }
        }
        units[first..].sort_unstable_by_key(|(_, unit)| unit.month);
    }

    /// Items that may have done something in these months.
    async fn items(&self, tx: &DatabaseTransaction, after: i64) -> Result<String, DbErr> {
        let (first, last) = (self.period.first().first_day(), self.period.last().last_day());
        let any = Condition::any()
            .add(Column::FinishedOn.between(first, last))
            .add(Column::LoggedSeconds.is_not_null());
        let rows = work_item::Entity::find()
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
            .limit(AT_ONCE);
        rows_as_json(tx, rows.into_query(), &OF_AN_ITEM).await
    }

    /// Effort on these items that may count in these months.
    async fn logged(&self, tx: &DatabaseTransaction, rows: &[Row<'_>]) -> Result<Vec<Logged>, DbErr> {
        let mut logged = rows.iter().filter(|(_, _, logged, ..)| logged.is_some()).map(|(id, ..)| *id);
        let Some(first) = logged.next() else { return Ok(Vec::new()) };
        let last = logged.next_back().unwrap_or(first);
        let (from, to) = (self.period.first().first_day(), self.period.last().last_day());
        let any = Condition::any()
            .add(effort_entry::Column::Day.between(from, to))
            .add(effort_entry::Column::Day.is_null());
        let rows = effort_entry::Entity::find()
            .select_only()
            .columns([effort_entry::Column::ItemId, effort_entry::Column::Day, effort_entry::Column::Seconds])
            .filter(effort_entry::Column::ItemId.between(first, last))
            .filter(any)
            .order_by_asc(effort_entry::Column::ItemId)
            .order_by_asc(effort_entry::Column::Seq);
        let packed = rows_as_json(tx, rows.into_query(), &OF_AN_ENTRY).await?;
        serde_json::from_str(&packed).map_err(|error| unread(&error))
    }
}

fn unread(error: &serde_json::Error) -> DbErr {
    unreadable(format!("the work to draw from: {error}"))
}
