use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Value};
use waterline_core::{CategoryId, Kind, Method, MonthRange, ReportingZone, State};

use crate::{
    Store, StoreError,
    dialect::is_among,
    entity::work_item::{self, Column, Model},
    error::Doing,
    feeds::source_names,
    finding::{Count, Finding, Sorting},
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
    /// Words of the title, or their beginnings, whatever their case; or the whole reference.
    pub text: Option<String>,
    /// Of the same sort as this item, as far as titles tell.
    pub alike_to: Option<i64>,
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
    /// How the machine arrived at it.
    pub machine_method: Method,
    /// The machine's own sentence.
    pub machine_reason: String,
    /// Who tagged it, and when.
    pub tagged: Option<(String, DateTime<Utc>)>,
    /// Whether the source no longer has it.
    pub gone: bool,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPage {
    /// The items, newest first.
    pub items: Vec<ItemView>,
    /// Pass as `after` to get the next page; `None` at the end. A page may hold few items or none and yet
    /// not be the last, because it stops where there is too much to look through.
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
        let place = after.map(|after| Sorting::Newest.parse(after)).transpose()?;
        let limit = limit.clamp(1, LONGEST_PAGE);
        let db = self.reader();
        let sources = source_names(db).await.doing(LISTING)?;
        let finding = Finding::new(db, filter, &sources, Sorting::Newest).await.doing(LISTING)?;
        let Some(finding) = finding else { return Ok(ItemPage { items: Vec::new(), next: None }) };
        let found = finding.page(db, place, Condition::all(), limit).await.doing(LISTING)?;
        let rows = rows_of(db, &found.ids).await.doing(LISTING)?;
        let items = self.views(rows, &sources).await.doing(LISTING)?;
        Ok(ItemPage { items, next: found.next.map(|place| place.to_string()) })
    }

    /// How many items a filter finds, counted to 5,000.
    pub async fn count_items(&self, filter: &ItemFilter) -> Result<Count, StoreError> {
        const COUNTING: &str = "count the items";
        let db = self.reader();
        let sources = source_names(db).await.doing(COUNTING)?;
        match Finding::new(db, filter, &sources, Sorting::Newest).await.doing(COUNTING)? {
            Some(finding) => finding.count(db).await.doing(COUNTING),
            None => Ok(Count { all: true, ..Count::default() }),
        }
    }

    /// What people are told about items, in the order of the rows.
    pub(crate) async fn views(
        &self,
        rows: Vec<Model>,
        sources: &BTreeMap<i32, String>,
    ) -> Result<Vec<ItemView>, DbErr> {
        let parents = parents(self.reader(), &rows).await?;
        rows.into_iter().map(|row| view(row, sources, &parents, self.zone())).collect()
    }
}

/// The rows of these ids, in their order.
pub(crate) async fn rows_of(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Model>, DbErr> {
    let values: Vec<Value> = ids.iter().copied().map(Value::from).collect();
    let among = is_among(db.get_database_backend(), Column::Id, &values)?;
    let rows = work_item::Entity::find().filter(among).all(db).await?;
    let mut by_id: HashMap<i64, Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// Those pieces of work from which some of these inherit, by source and id there.
async fn parents(db: &impl ConnectionTrait, rows: &[Model]) -> Result<HashMap<(i32, String), Model>, DbErr> {
    let mut named: BTreeMap<i32, Vec<Value>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.method == Method::Inherited.as_str()) {
        named.entry(row.source_id).or_default().extend(row.parent.clone().map(Value::from));
    }
    let mut parents = HashMap::new();
    for (source, ids) in named {
        let among = is_among(db.get_database_backend(), Column::ExternalId, &ids)?;
        let found = work_item::Entity::find().filter(Column::SourceId.eq(source)).filter(among).all(db);
        parents.extend(found.await?.into_iter().map(|row| ((source, row.external_id.clone()), row)));
    }
    Ok(parents)
}

fn view(
    row: Model,
    sources: &BTreeMap<i32, String>,
    parents: &HashMap<(i32, String), Model>,
    zone: ReportingZone,
) -> Result<ItemView, DbErr> {
    let (method, machine_method) = (row.method()?, row.machine_method()?);
    let parent = row.parent.clone().and_then(|parent| parents.get(&(row.source_id, parent)));
    let reason = match (method, parent) {
        (Method::Tag, _) => tagged(&row, zone),
        (Method::Inherited, Some(parent)) => {
            format!("inherited from {}, which {}", parent.reference, how(parent, zone)?)
        }
        (Method::Inherited, None) => "inherited from what it belongs to".to_owned(),
        _ => row.machine_reason.clone(),
    };
    Ok(ItemView {
        id: row.id,
        source: sources.get(&row.source_id).cloned().unwrap_or_default(),
        kind: row.kind()?,
        state: row.state()?,
        method,
        machine_method,
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
        tagged: row.tagged_by.zip(row.tagged_at),
        gone: row.gone_at.is_some(),
    })
}

fn tagged(row: &Model, zone: ReportingZone) -> String {
    let by = row.tagged_by.as_deref().unwrap_or("somebody");
    match row.tagged_at {
        Some(at) => format!("tagged by {by} on {}", zone.day(at).format("%-d %B %Y")),
        None => format!("tagged by {by}"),
    }
}

/// How that came by its category from which another inherits, to follow "which".
fn how(parent: &Model, zone: ReportingZone) -> Result<String, DbErr> {
    Ok(match parent.method()? {
        Method::Tag => format!("was {}", tagged(parent, zone)),
        Method::Inherited => "inherited it in turn".to_owned(),
        Method::Rule => match &parent.machine_rule {
            Some(rule) => format!("rule “{rule}” matched"),
            None => "a rule matched".to_owned(),
        },
        Method::Model => "the learned model judged".to_owned(),
        Method::KindDefault => format!("is what a {} is by default", parent.kind()?),
        Method::Unclassified => "is not classified".to_owned(),
    })
}
