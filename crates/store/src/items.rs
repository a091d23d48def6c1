use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, LikeExpr, Query},
};
use waterline_core::{CategoryId, Kind, Method, MonthRange, ReportingZone, State};

use crate::{
    Store, StoreError, dialect,
    entity::work_item::{self, Column, Model},
    error::Doing,
    feeds::source_names,
};

/// Which items a list shows. An absent field does not narrow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemFilter {
    /// Finished in these months.
    pub finished: Option<MonthRange>,
    /// Name of the source.
    pub source: Option<String>,
    /// Incident, request, project…
    pub kind: Option<Kind>,
    /// Open, finished or withdrawn.
    pub state: Option<State>,
    /// `Some(None)` is unclassified.
    pub category: Option<Option<CategoryId>>,
    /// How the category that counts was arrived at.
    pub method: Option<Method>,
    /// Who did it.
    pub team: Option<String>,
    /// Who asked.
    pub department: Option<String>,
    /// What it is about.
    pub system: Option<String>,
    /// A word or phrase in title or reference, whatever its case.
    pub text: Option<String>,
}

/// One item as taggers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemView {
    /// Number in this database; what `tag` takes.
    pub id: i64,
    /// Name of the source.
    pub source: String,
    /// What people call it, for example `INC0010023`.
    pub reference: String,
    /// Incident, request, project…
    pub kind: Kind,
    /// One line, redacted; `None` where none is kept.
    pub title: Option<String>,
    /// Open, finished or withdrawn.
    pub state: State,
    /// Who asked.
    pub department: Option<String>,
    /// Who did it.
    pub team: Option<String>,
    /// What it is about.
    pub system: Option<String>,
    /// When it was asked for.
    pub opened_at: DateTime<Utc>,
    /// The day in the reporting zone on which it was finished.
    pub finished_on: Option<NaiveDate>,
    /// Effort, logged or else estimated.
    pub seconds: Option<i64>,
    /// Whether the effort is estimated.
    pub estimated: bool,
    /// What counts.
    pub category: Option<CategoryId>,
    /// How that was arrived at.
    pub method: Method,
    /// Why: the machine's sentence, or "tagged by NAME on …".
    pub reason: String,
    /// The machine's own verdict, also where a tag overrides it.
    pub machine_category: Option<CategoryId>,
    /// The machine's own sentence.
    pub machine_reason: String,
    /// Whether the source no longer has it.
    pub gone: bool,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPage {
    /// The items, newest first.
    pub items: Vec<ItemView>,
    /// Pass as `after` to get the next page; `None` at the end.
    pub next: Option<String>,
}

/// Items on one page at the most, whatever was asked for.
const LONGEST_PAGE: u64 = 1000;

const LISTING: &str = "list the items";

impl Store {
    /// Items, newest finished or opened first, by keyset: `after` is the `next` of the page before.
    pub async fn items(
        &self,
        filter: &ItemFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<ItemPage, StoreError> {
        let place = after.map(Place::parse).transpose()?;
        let limit = limit.clamp(1, LONGEST_PAGE);
        let sources = source_names(self.reader()).await.doing(LISTING)?;
        let Some(mut found) = narrowed(filter, &sources) else {
            return Ok(ItemPage { items: Vec::new(), next: None });
        };
        if let Some(place) = place {
            found = found.filter(place.before());
        }
        let mut rows = found
            .order_by_desc(Column::ListedOn)
            .order_by_desc(Column::Id)
            .limit(limit + 1)
            .all(self.reader())
            .await
            .doing(LISTING)?;
        let more = rows.len() as u64 > limit;
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(|row| Place::of(row).to_string());
        let items = rows
            .into_iter()
            .map(|row| view(row, &sources, self.zone()))
            .collect::<Result<_, _>>()
            .doing(LISTING)?;
        Ok(ItemPage { items, next })
    }

    /// How many items a filter finds, counted up to `most` and no further.
    pub async fn count_items(&self, filter: &ItemFilter, most: u64) -> Result<u64, StoreError> {
        const COUNTING: &str = "count the items";
        let sources = source_names(self.reader()).await.doing(COUNTING)?;
        let Some(found) = narrowed(filter, &sources) else { return Ok(0) };
        let found = found.select_only().column(Column::Id).limit(most).into_query();
        let count = Query::select()
            .expr_as(Expr::col(Asterisk).count(), "items")
            .from_subquery(found, "found")
            .to_owned();
        let row = self.reader().query_one(&count).await.doing(COUNTING)?;
        let items: i64 = row.map(|row| row.try_get("", "items")).transpose().doing(COUNTING)?.unwrap_or(0);
        Ok(u64::try_from(items).unwrap_or(0))
    }
}

/// `None` where nothing can be found, because nothing is known of such a source.
fn narrowed(filter: &ItemFilter, sources: &BTreeMap<i32, String>) -> Option<Select<work_item::Entity>> {
    let mut all = Condition::all();
    if let Some(months) = filter.finished {
        let (first, last) = (months.first().first_day(), months.last().last_day());
        // A finished item is listed on the day it was finished, and that column has the index.
        all = all.add(Column::ListedOn.between(first, last)).add(is(Column::State, State::Finished.as_str()));
    }
    if let Some(source) = &filter.source {
        let (id, _) = sources.iter().find(|(_, name)| *name == source)?;
        all = all.add(Column::SourceId.eq(*id));
    }
    if let Some(category) = &filter.category {
        all = all.add(match category {
            Some(category) => is(Column::Category, category.as_str()),
            None => Column::Category.is_null(),
        });
    }
    let words = [
        (Column::Kind, filter.kind.map(Kind::as_str)),
        (Column::State, filter.state.map(State::as_str)),
        (Column::Method, filter.method.map(Method::as_str)),
        (Column::Team, filter.team.as_deref()),
        (Column::Department, filter.department.as_deref()),
        (Column::System, filter.system.as_deref()),
    ];
    for (column, word) in words {
        all = all.add_option(word.map(|word| is(column, word)));
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let pattern = LikeExpr::new(dialect::anywhere(&text.to_lowercase().replace('\0', " "))).escape('\\');
        all = all.add(Expr::col(Column::SearchText).like(pattern));
    }
    Some(work_item::Entity::find().filter(all))
}

/// PostgreSQL refuses a null byte even in a question, and no text that is held has one.
fn is(column: Column, word: &str) -> Expr {
    column.eq(word.replace('\0', " "))
}

/// Where a page ends.
#[derive(Debug, PartialEq)]
struct Place {
    listed_on: NaiveDate,
    id: i64,
}

impl Place {
    fn of(row: &Model) -> Self {
        Self { listed_on: row.listed_on, id: row.id }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        text.split_once('.')
            .and_then(|(day, id)| Some(Self { listed_on: day.parse().ok()?, id: id.parse().ok()? }))
            .ok_or_else(|| StoreError::Refused("this is not a place in a list of items".to_owned()))
    }

    /// What comes after this place in the list.
    fn before(&self) -> Condition {
        let earlier = Condition::any().add(Column::ListedOn.lt(self.listed_on)).add(Column::Id.lt(self.id));
        Condition::all().add(Column::ListedOn.lte(self.listed_on)).add(earlier)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.listed_on, self.id)
    }
}

fn view(row: Model, sources: &BTreeMap<i32, String>, zone: ReportingZone) -> Result<ItemView, DbErr> {
    let tagged = row.tagged_by.as_deref().zip(row.tagged_at);
    let reason = match tagged {
        Some((by, at)) => format!("tagged by {by} on {}", zone.day(at).format("%-d %B %Y")),
        None => row.machine_reason.clone(),
    };
    Ok(ItemView {
        id: row.id,
        source: sources.get(&row.source_id).cloned().unwrap_or_default(),
        kind: row.kind()?,
        state: row.state()?,
        method: row.method()?,
        reference: row.reference,
        title: row.title,
        department: row.department,
        team: row.team,
        system: row.system,
        opened_at: row.opened_at,
        finished_on: row.finished_on,
        seconds: row.logged_seconds.or(row.estimated_seconds),
        estimated: row.logged_seconds.is_none() && row.estimated_seconds.is_some(),
        category: row.category.map(CategoryId::new),
        reason,
        machine_category: row.machine_category.map(CategoryId::new),
        machine_reason: row.machine_reason,
        gone: row.gone_at.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_comes_back_as_it_went_out_and_nonsense_is_refused() {
        let place = Place { listed_on: "2026-10-05".parse().unwrap(), id: 42 };
        assert_eq!(Place::parse(&place.to_string()).unwrap(), place);
        for nonsense in ["", "2026-10-05", "2026-10-05.x", "1.2.3"] {
            assert!(Place::parse(nonsense).is_err(), "{nonsense}");
        }
    }
}
