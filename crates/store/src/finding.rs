//! How a filter is looked up, so that no page reads the table of items from one end to the other: among
//! few candidates where an index names them, else along the index that the page is sorted by, and no
//! further than a page may take.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Value,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Order, Query, SelectStatement},
};
use waterline_core::{Kind, Method, State};

use crate::{
    ItemFilter, StoreError,
    dialect::{is_among, newest_with, unindexed, words},
    entity::work_item::{Column, Entity},
};

/// Candidates that an index names. Of more, the newest are looked at.
pub(crate) const MOST_CANDIDATES: u64 = 5_000;
/// Rows that one page looks at.
const MOST_ROWS: u64 = 20_000;
/// Entries that one page looks at in an index that by itself tells what fits.
const MOST_ENTRIES: u64 = 300_000;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    /// Finished last or, while open, opened last.
    Newest,
    /// Worth most to the figures. What a tag is worth nothing on is left out.
    Worth,
}

/// Where a page ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    key: Key,
    id: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Day(NaiveDate),
    Worth(i64),
}

/// One page of what was found.
pub(crate) struct Found {
    /// In order.
    pub(crate) ids: Vec<i64>,
    /// Where the next page begins.
    pub(crate) next: Option<Place>,
    /// Whether items that fit may be missing up to there, because there was too much to look through.
    pub(crate) partly: bool,
}

impl Found {
    pub(crate) fn nothing() -> Self {
        Self { ids: Vec::new(), next: None, partly: false }
    }
}

/// How many were found, as far as they were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Items that fit.
    pub items: u64,
    /// Those of them that nobody tagged.
    pub untagged: u64,
    /// Whether these are all. Counting stops at 5,000, and where there is too much to look through.
    pub all: bool,
}

/// A filter, ready to be asked with.
pub(crate) struct Finding {
    backend: DbBackend,
    sorting: Sorting,
    wanted: Condition,
    candidates: Option<Candidates>,
    /// What the index that is gone along is narrowed by.
    along: Condition,
    /// How far; `None` where most of what lies along it fits.
    at_most: Option<u64>,
}

/// What an index names.
struct Candidates {
    ids: Vec<Value>,
    all: bool,
}

impl Finding {
    /// `None` where nothing can be found: nothing is known of such a source, or no word is searched for.
    pub(crate) async fn new(
        db: &impl ConnectionTrait,
        filter: &ItemFilter,
        sources: &BTreeMap<i32, String>,
        sorting: Sorting,
    ) -> Result<Option<Self>, DbErr> {
        let backend = db.get_database_backend();
        let source = match &filter.source {
            None => None,
            Some(source) => match sources.iter().find(|(_, name)| *name == source) {
                None => return Ok(None),
                Some((id, _)) => Some(*id),
            },
        };
        let text = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let candidates = match (filter.alike_to, text, &filter.category, sorting) {
            (Some(item), ..) => Some(alike(db, item).await?),
            (None, Some(text), ..) => match with_words(db, text).await? {
                None => return Ok(None),
                candidates => candidates,
            },
            // Rules leave little to gain on what they classified, so it would lie deep in the order.
            (None, None, Some(Some(category)), Sorting::Worth) => {
                Some(newest_of(db, category.as_str()).await?)
            }
            _ => None,
        };
        let mut finding = Self {
            backend,
            sorting,
            wanted: Condition::all(),
            candidates,
            along: Condition::all(),
            at_most: None,
        };
        if let Some(candidates) = &finding.candidates {
            let among = is_among(backend, Column::Id, &candidates.ids)?;
            finding.along = finding.along.add(among);
        }
        if sorting == Sorting::Worth {
            let worth_it = finding.column(Column::Worth).gt(0);
            finding.along = finding.along.add(worth_it);
        }
        finding.narrow(filter, source);
        Ok(Some(finding))
    }

    fn narrow(&mut self, filter: &ItemFilter, source: Option<i32>) {
        if let Some(category) = &filter.category {
            let column = self.column(Column::Category);
            let category = match category {
                Some(category) => is(column, category.as_str()),
                None => column.is_null(),
            };
            // The index by category is sorted by day.
            match self.sorting {
                Sorting::Newest => self.along = self.along.clone().add(category),
                Sorting::Worth => self.want(category, MOST_ROWS),
            }
        }
        if let Some(months) = filter.finished {
            let (first, last) = (months.first().first_day(), months.last().last_day());
            // A finished item is listed on the day it was finished, and that column has the index.
            let listed = self.column(Column::ListedOn).between(first, last);
            let finished = is(self.column(Column::State), State::Finished.as_str());
            match self.sorting {
                Sorting::Newest => {
                    self.along = self.along.clone().add(listed);
                    self.wanted = self.wanted.clone().add(finished);
                }
                Sorting::Worth => self.want(listed.and(finished), MOST_ROWS),
            }
        }
        if let Some(source) = source {
            self.want(self.column(Column::SourceId).eq(source), MOST_ROWS);
        }
        let in_the_index = match self.sorting {
            Sorting::Newest => MOST_ROWS,
            Sorting::Worth => MOST_ENTRIES,
        };
        let words = [
            (Column::Kind, filter.kind.map(Kind::as_str), in_the_index),
            (Column::Team, filter.team.as_deref(), in_the_index),
            (Column::State, filter.state.map(State::as_str), MOST_ROWS),
            (Column::Method, filter.method.map(Method::as_str), MOST_ROWS),
            (Column::Department, filter.department.as_deref(), MOST_ROWS),
            (Column::System, filter.system.as_deref(), MOST_ROWS),
        ];
        for (column, word, at_most) in words {
            if let Some(word) = word {
                self.want(is(self.column(column), word), at_most);
            }
        }
    }

    fn want(&mut self, condition: Expr, at_most: u64) {
        self.wanted = self.wanted.clone().add(condition);
        self.at_most = Some(self.at_most.map_or(at_most, |known| Ord::min(known, at_most)));
    }

    /// A column to ask about, which an index is used for only where this way of looking goes along it.
    fn column(&self, column: Column) -> Expr {
        let along = match self.sorting {
            Sorting::Newest => matches!(column, Column::ListedOn | Column::Category),
            Sorting::Worth => matches!(column, Column::Worth),
        };
        if along && self.candidates.is_none() {
            Expr::col((Entity, column))
        } else {
            unindexed(self.backend, column)
        }
    }

    /// One page of ids, and of those only what `also` holds for.
    pub(crate) async fn page(
        &self,
        db: &impl ConnectionTrait,
        after: Option<Place>,
        also: Condition,
        limit: u64,
    ) -> Result<Found, DbErr> {
        let last = self.last_to_look_at(db, after).await?;
        let mut select = self.select(after);
        select
            .cond_where(self.wanted.clone())
            .cond_where(also)
            .conditions(last.is_some(), |select| self.stop_at(select, last), |_| {})
            .limit(limit + 1);
        let mut places = self.places(db, &select).await?;
        let more = places.len() as u64 > limit;
        if more {
            places.pop();
        }
        let next = if more { places.last().copied() } else { last };
        let few = self.candidates.as_ref().is_some_and(|candidates| !candidates.all);
        Ok(Found {
            ids: places.iter().map(|place| place.id).collect(),
            next,
            partly: few || (last.is_some() && !more),
        })
    }

    /// Counts what fits.
    pub(crate) async fn count(&self, db: &impl ConnectionTrait) -> Result<Count, DbErr> {
        let last = self.last_to_look_at(db, None).await?;
        let mut found = Query::select();
        found
            .column((Entity, Column::TaggedBy))
            .from(Entity)
            .cond_where(self.along.clone())
            .cond_where(self.wanted.clone())
            .conditions(last.is_some(), |select| self.stop_at(select, last), |_| {})
            .limit(MOST_CANDIDATES + 1);
        let count = Query::select()
            .expr_as(Expr::col(Asterisk).count(), "items")
            .expr_as(Func::count(Expr::col(Column::TaggedBy)), "tagged")
            .from_subquery(found, "found")
            .take();
        let Some(row) = db.query_one(&count).await? else { return Ok(Count::default()) };
        let (items, tagged): (i64, i64) = (row.try_get("", "items")?, row.try_get("", "tagged")?);
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        let few = self.candidates.as_ref().is_some_and(|candidates| !candidates.all);
        let all = !few && last.is_none() && unsigned(items) <= MOST_CANDIDATES;
        Ok(Count {
            items: Ord::min(unsigned(items), MOST_CANDIDATES),
            untagged: unsigned(items - tagged),
            all,
        })
    }

    /// The last place that a page from `after` on looks at; `None` where it may look to the end.
    async fn last_to_look_at(
        &self,
        db: &impl ConnectionTrait,
        after: Option<Place>,
    ) -> Result<Option<Place>, DbErr> {
        let Some(at_most) = self.at_most.filter(|_| self.candidates.is_none()) else { return Ok(None) };
        let mut select = self.select(after);
        select.offset(at_most - 1).limit(1);
        Ok(self.places(db, &select).await?.pop())
    }

    /// Places in order, from one on.
    fn select(&self, after: Option<Place>) -> SelectStatement {
        let (key, id) = (self.column(self.sorting.column()), self.id());
        let mut select = Query::select();
        select
            .expr_as(Expr::col((Entity, Column::Id)), "id")
            .expr_as(Expr::col((Entity, self.sorting.column())), "place")
            .from(Entity)
            .cond_where(self.along.clone())
            .order_by_expr(key.clone(), Order::Desc)
            .order_by_expr(id.clone(), Order::Desc);
        if let Some(after) = after {
            let beyond = Condition::any().add(key.clone().lt(after.key)).add(id.lt(after.id));
            select.cond_where(Condition::all().add(key.lte(after.key)).add(beyond));
        }
        select
    }

    fn stop_at(&self, select: &mut SelectStatement, last: Option<Place>) {
        let (key, id) = (self.column(self.sorting.column()), self.id());
        if let Some(last) = last {
            let before = Condition::any().add(key.clone().gt(last.key)).add(id.gte(last.id));
            select.cond_where(Condition::all().add(key.gte(last.key)).add(before));
        }
    }

    fn id(&self) -> Expr {
        Expr::col((Entity, Column::Id))
    }

    async fn places(&self, db: &impl ConnectionTrait, select: &SelectStatement) -> Result<Vec<Place>, DbErr> {
        let rows = db.query_all(select).await?;
        rows.iter().map(|row| Ok(Place { key: self.sorting.key(row)?, id: row.try_get("", "id")? })).collect()
    }
}

impl Sorting {
    fn column(self) -> Column {
        match self {
            Self::Newest => Column::ListedOn,
            Self::Worth => Column::Worth,
        }
    }

    fn key(self, row: &QueryResult) -> Result<Key, DbErr> {
        Ok(match self {
            Self::Newest => Key::Day(row.try_get("", "place")?),
            Self::Worth => Key::Worth(row.try_get("", "place")?),
        })
    }

    /// Reads back what an address says.
    pub(crate) fn parse(self, place: &str) -> Result<Place, StoreError> {
        let read = || {
            let (key, id) = place.split_once('.')?;
            let key = match self {
                Self::Newest => Key::Day(key.parse().ok()?),
                Self::Worth => Key::Worth(key.parse().ok()?),
            };
            Some(Place { key, id: id.parse().ok()? })
        };
        read().ok_or_else(|| StoreError::Refused("this is not a place in a list of items".to_owned()))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key {
            Key::Day(day) => write!(f, "{day}.{}", self.id),
            Key::Worth(worth) => write!(f, "{worth}.{}", self.id),
        }
    }
}

impl From<Key> for Expr {
    fn from(key: Key) -> Self {
        match key {
            Key::Day(day) => Expr::val(day),
            Key::Worth(worth) => Expr::val(worth),
        }
    }
}

/// PostgreSQL refuses a null byte even in a question, and no text that is held has one.
fn is(column: Expr, word: &str) -> Expr {
    column.eq(word.replace('\0', " "))
}

/// Items that are alike, with the one that they are like.
async fn alike(db: &impl ConnectionTrait, item: i64) -> Result<Candidates, DbErr> {
    let likeness: Option<i64> =
        Entity::find_by_id(item).select_only().column(Column::Likeness).into_tuple().one(db).await?;
    match likeness {
        None | Some(0) => Ok(Candidates { ids: vec![item.into()], all: true }),
        Some(likeness) => {
            let alike = Entity::find().filter(Column::Likeness.eq(likeness)).limit(MOST_CANDIDATES + 1);
            named(ids(db, alike.select_only().column(Column::Id).into_query()).await?)
        }
    }
}

/// Items with these words in the title, or with this reference.
async fn with_words(db: &impl ConnectionTrait, text: &str) -> Result<Option<Candidates>, DbErr> {
    let backend = db.get_database_backend();
    let words = words(text);
    if words.is_empty() {
        return Ok(None);
    }
    let text = text.replace('\0', " ");
    let referred = Entity::find()
        .filter(Column::Reference.is_in([text.to_uppercase(), text]))
        .select_only()
        .column(Column::Id)
        .limit(MOST_CANDIDATES);
    let mut found = ids(db, referred.into_query()).await?;
    for row in db.query_all_raw(newest_with(backend, &words, MOST_CANDIDATES + 1)).await? {
        let id = row.try_get("", "id")?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    named(found).map(Some)
}

/// The newest items of a category.
async fn newest_of(db: &impl ConnectionTrait, category: &str) -> Result<Candidates, DbErr> {
    let newest = Entity::find()
        .filter(Column::Category.eq(category.replace('\0', " ")))
        .order_by_desc(Column::ListedOn)
        .order_by_desc(Column::Id)
        .limit(MOST_CANDIDATES + 1);
    named(ids(db, newest.select_only().column(Column::Id).into_query()).await?)
}

fn named(mut ids: Vec<i64>) -> Result<Candidates, DbErr> {
    let all = ids.len() as u64 <= MOST_CANDIDATES;
    ids.truncate(MOST_CANDIDATES as usize);
    Ok(Candidates { ids: ids.into_iter().map(Value::from).collect(), all })
}

async fn ids(db: &impl ConnectionTrait, select: SelectStatement) -> Result<Vec<i64>, DbErr> {
    db.query_all(&select).await?.iter().map(|row| row.try_get("", "id")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_went_out_and_nonsense_is_refused() {
        for (sorting, place) in [(Sorting::Newest, "2026-10-05.42"), (Sorting::Worth, "3600.7")] {
            assert_eq!(sorting.parse(place).unwrap().to_string(), place);
            for nonsense in ["", "2026-10-05", "2026-10-05.x", "1.2.3", "x.1"] {
                assert!(sorting.parse(nonsense).is_err(), "{nonsense}");
            }
        }
        assert!(Sorting::Worth.parse("2026-10-05.42").is_err());
    }
}
