//! The rollup of work done, kept by differences: what a change takes away and what it adds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use waterline_core::{Dimension, Month, Tally};

use crate::{
    bulk::insert_all,
    contributions::contributions,
    entity::rollup::{ActiveModel, Column, Entity, Model},
    held::Held,
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) dimension: Dimension,
    pub(crate) month: Month,
    /// `None` where the source did not say.
    pub(crate) value: Option<String>,
    /// `None` is unclassified.
    pub(crate) category: Option<String>,
}

/// Differences to the rollup. Sorted, because two transactions that lock the same rows in different
/// orders would wait for each other for ever.
#[derive(Debug, Default)]
pub(crate) struct Deltas(BTreeMap<Key, Tally>);

impl Deltas {
    pub(crate) fn add(&mut self, item: &Held, source: &str) {
        self.count(item, source, |tally| tally);
    }

    pub(crate) fn subtract(&mut self, item: &Held, source: &str) {
        self.count(item, source, |tally| -tally);
    }

    fn count(&mut self, Held { row, entries }: &Held, source: &str, sign: impl Fn(Tally) -> Tally) {
        let place = Place {
            kind: &row.kind,
            team: row.team.as_deref(),
            department: row.department.as_deref(),
            system: row.system.as_deref(),
            source,
        };
        for (day, tally) in contributions(row.finished_on, entries, row.estimated_seconds) {
            self.put(place, day, row.category.as_deref(), sign(tally));
        }
    }

    /// Moves work from one category to another, all else staying the same.
    pub(crate) fn move_work(
        &mut self,
        place: Place<'_>,
        work: &[(NaiveDate, Tally)],
        (from, to): (Option<&str>, Option<&str>),
    ) {
        for &(day, tally) in work {
            self.put(place, day, from, -tally);
            self.put(place, day, to, tally);
        }
    }

    fn put(&mut self, place: Place<'_>, day: NaiveDate, category: Option<&str>, tally: Tally) {
        for dimension in Dimension::ALL {
            let key = Key {
                dimension,
                month: Month::of(day),
                value: place.value(dimension).map(str::to_owned),
                category: category.map(str::to_owned),
            };
            *self.0.entry(key).or_default() += tally;
        }
    }

    /// Puts the differences on the rollup. Rows in which nothing is left are removed.
    pub(crate) async fn apply(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        let rows: Vec<(Key, Tally)> = self.0.into_iter().filter(|(_, tally)| !tally.is_zero()).collect();
        // Items and estimates are never below nothing, so a row that gains one keeps something. Logged
        // effort can be, where a source corrects itself.
        let emptied: BTreeSet<Month> = rows
            .iter()
            .filter(|(_, tally)| tally.items <= 0 && tally.estimated_seconds <= 0)
            .map(|(key, _)| key.month)
            .collect();
        let rows: Vec<ActiveModel> = rows.into_iter().map(|(key, tally)| row(key, tally).into()).collect();
        insert_all::<Entity>(tx, &rows, Some(&adding())).await?;
        for month in emptied {
            Entity::delete_many()
                .filter(Column::Month.eq(month.first_day()))
                .filter(Column::Dimension.is_in(Dimension::ALL.map(Dimension::as_str)))
                .filter(Column::Items.eq(0))
                .filter(Column::LoggedSeconds.eq(0))
                .filter(Column::EstimatedSeconds.eq(0))
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}

/// Where an item counts, whatever its category; `None` where its source did not say.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) kind: &'a str,
    pub(crate) team: Option<&'a str>,
    pub(crate) department: Option<&'a str>,
    pub(crate) system: Option<&'a str>,
    pub(crate) source: &'a str,
}

impl<'a> Place<'a> {
    fn value(self, dimension: Dimension) -> Option<&'a str> {
        match dimension {
            Dimension::All => Some(""),
            Dimension::Kind => Some(self.kind),
            Dimension::Team => self.team,
            Dimension::Department => self.department,
            Dimension::System => self.system,
            Dimension::Source => Some(self.source),
        }
    }
}

fn row(key: Key, tally: Tally) -> Model {
    Model {
        dimension: key.dimension.as_str().to_owned(),
        month: key.month.first_day(),
        known: key.value.is_some(),
        value: key.value.unwrap_or_default(),
        category: key.category.unwrap_or_default(),
        items: tally.items,
        logged_seconds: tally.logged_seconds,
        estimated_seconds: tally.estimated_seconds,
    }
}

fn adding() -> OnConflict {
    let key = [Column::Dimension, Column::Month, Column::Known, Column::Value, Column::Category];
    let mut adding = OnConflict::columns(key);
    for column in [Column::Items, Column::LoggedSeconds, Column::EstimatedSeconds] {
        let arriving = Expr::col((Alias::new("excluded"), column));
        adding.value(column, Expr::col((Entity, column)).add(arriving));
    }
    adding
}
