//! Everything that is held, as the classifier sees it: a scan that streams, of a million items in about a
//! second. Takes no lock and keeps nothing.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDate};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, PaginatorTrait,
    QuerySelect,
    sea_query::{Alias, Order, Query},
};
use waterline_core::{EffortEntry, Kind, Method, State, Tally, WorkItem};

use crate::{
    Store,
    bulk::is_among,
    contributions::{Entry, contributions},
    dialect::{Cells, CopyCells, JsonCells, Packed, packed_rows, rows_as_json},
    entity::{
        effort_entry,
        work_item::{self, Column},
    },
    error::unreadable,
};

/// Rows of one portion: a megabyte or so.
const PORTION: u32 = 4096;

/// Portions that are read and looked at side by side: more than processors that wait for one another, and
/// fewer than SQLite has readers, so that a page finds one free.
const LANES: usize = 3;

/// One item. The same one is filled again and again, so that a scan hardly asks for memory.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) id: i64,
    pub(crate) source_id: i32,
    /// Exactly what the classifier may look at: the id at its source, the last update and the dates of its
    /// effort are left out.
    pub(crate) item: WorkItem,
    /// The machine's own verdict.
    pub(crate) machine: MachineVerdict,
    /// The category that counts; `None` is unclassified.
    pub(crate) category: Option<String>,
    pub(crate) method: Method,
    pub(crate) finished_on: Option<NaiveDate>,
    pub(crate) estimated_seconds: Option<i64>,
}

/// A verdict without its sentence.
#[derive(Debug)]
pub(crate) struct MachineVerdict {
    pub(crate) category: Option<String>,
    pub(crate) method: Method,
    pub(crate) rule: Option<String>,
    pub(crate) model: Option<i32>,
    pub(crate) confidence: Option<f64>,
}

/// In the order in which [`Seen::fill`] reads them.
const COLUMNS: [&str; 26] = [
    "id",
    "source_id",
    "reference",
    "kind",
    "title",
    "description",
    "state",
    "department",
    "team",
    "system",
    "priority",
    "source_category",
    "labels",
    "parent",
    "opened_at",
    "finished_at",
    "finished_on",
    "logged_seconds",
    "estimated_seconds",
    "machine_category",
    "machine_method",
    "machine_rule",
    "model",
    "machine_confidence",
    "category",
    "method",
];

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            id: 0,
            source_id: 0,
            item: WorkItem {
                external_id: String::new(),
                reference: String::new(),
                kind: Kind::Incident,
                title: None,
                description: None,
                state: State::Open,
                department: None,
                team: None,
                system: None,
                priority: None,
                source_category: None,
                source_status: None,
                labels: Vec::new(),
                parent: None,
                opened_at: DateTime::UNIX_EPOCH,
                finished_at: None,
                updated_at: DateTime::UNIX_EPOCH,
                logged: Vec::new(),
            },
            machine: MachineVerdict {
                category: None,
                method: Method::Unclassified,
                rule: None,
                model: None,
                confidence: None,
            },
            category: None,
            method: Method::Unclassified,
            finished_on: None,
            estimated_seconds: None,
        }
    }

    fn fill<'a>(&mut self, cells: &mut impl Cells<'a>) -> Result<(), DbErr> {
        self.id = known("id", cells.number()?)?;
        self.source_id = small("source_id", cells.number()?)?;
        let item = &mut self.item;
        keep(&mut item.reference, &known("reference", cells.text()?)?);
        item.kind = word("kind", cells.text()?)?;
        keep_some(&mut item.title, cells.text()?);
        keep_some(&mut item.description, cells.text()?);
        item.state = state(&known("state", cells.text()?)?)?;
        keep_some(&mut item.department, cells.text()?);
        keep_some(&mut item.team, cells.text()?);
        keep_some(&mut item.system, cells.text()?);
        item.priority = cells.number()?.and_then(|priority| u8::try_from(priority).ok());
        keep_some(&mut item.source_category, cells.text()?);
        keep_labels(&mut item.labels, &known("labels", cells.text()?)?)?;
        keep_some(&mut item.parent, cells.text()?);
        item.opened_at = known("opened_at", cells.instant()?)?;
        item.finished_at = cells.instant()?;
        self.finished_on = cells.day()?;
        item.logged.clear();
        item.logged.extend(cells.number()?.map(|seconds| EffortEntry { at: None, seconds }));
        self.estimated_seconds = cells.number()?;
        keep_some(&mut self.machine.category, cells.text()?);
        self.machine.method = word("machine_method", cells.text()?)?;
        keep_some(&mut self.machine.rule, cells.text()?);
        self.machine.model = cells.number()?.and_then(|number| i32::try_from(number).ok());
        self.machine.confidence = cells.ratio()?;
        keep_some(&mut self.category, cells.text()?);
        self.method = word("method", cells.text()?)?;
        Ok(())
    }
}

pub(crate) fn known<T>(column: &str, cell: Option<T>) -> Result<T, DbErr> {
    cell.ok_or_else(|| unreadable(format!("an item without {column}")))
}

fn small(column: &str, cell: Option<i64>) -> Result<i32, DbErr> {
    known(column, cell)?.try_into().map_err(|_| unreadable(format!("an item with too large a {column}")))
}

pub(crate) fn word<T: std::str::FromStr<Err = String>>(
    column: &str,
    cell: Option<Cow<'_, str>>,
) -> Result<T, DbErr> {
    known(column, cell)?.parse().map_err(unreadable)
}

fn state(word: &str) -> Result<State, DbErr> {
    [State::Open, State::Finished, State::Withdrawn]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| unreadable(format!("\"{word}\" is not a state")))
}

fn keep(slot: &mut String, text: &str) {
    slot.clear();
    slot.push_str(text);
}

fn keep_some(slot: &mut Option<String>, cell: Option<Cow<'_, str>>) {
    match cell {
        Some(text) => keep(slot.get_or_insert_default(), &text),
        None => *slot = None,
    }
}

fn keep_labels(slot: &mut Vec<String>, labels: &str) -> Result<(), DbErr> {
    slot.clear();
    if labels != "[]" {
        let read: Vec<String> =
            serde_json::from_str(labels).map_err(|error| unreadable(error.to_string()))?;
        slot.extend(read);
    }
    Ok(())
}

/// These items, in the order of their ids; also inside a transaction.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<Seen>, DbErr> {
    let rows = Query::select()
        .columns(COLUMNS.map(Alias::new))
        .from(work_item::Entity)
        .and_where(is_among(db, Column::Id, ids)?)
        .order_by(Column::Id, Order::Asc)
        .take();
    let rows = rows_as_json(db, rows, &COLUMNS).await?;
    let mut cells = JsonCells::new(&rows);
    let mut items = Vec::new();
    while cells.next_row()? {
        let mut seen = Seen::new();
        seen.fill(&mut cells)?;
        items.push(seen);
    }
    Ok(items)
}

/// What these items add to the figures, by their ids.
pub(crate) async fn work<'a>(
    db: &impl ConnectionTrait,
    items: impl Iterator<Item = &'a Seen> + Clone,
) -> Result<HashMap<i64, Vec<(NaiveDate, Tally)>>, DbErr> {
    const NAMES: [&str; 3] = ["item_id", "day", "seconds"];
    let logged = items.clone().filter(|seen| !seen.item.logged.is_empty()).map(|seen| seen.id);
    let rows = Query::select()
        .columns(NAMES.map(Alias::new))
        .from(effort_entry::Entity)
        .and_where(is_among(db, effort_entry::Column::ItemId, logged)?)
        .take();
    let rows = rows_as_json(db, rows, &NAMES).await?;
    let mut cells = JsonCells::new(&rows);
    let mut entries: HashMap<i64, Vec<Entry>> = HashMap::new();
    while cells.next_row()? {
        let item = known("item_id", cells.number()?)?;
        let entry = Entry { at: None, day: cells.day()?, seconds: known("seconds", cells.number()?)? };
        entries.entry(item).or_default().push(entry);
    }
    let of = |seen: &Seen| {
        let entries = entries.get(&seen.id).map_or(&[][..], Vec::as_slice);
        (seen.id, contributions(seen.finished_on, entries, seen.estimated_seconds))
    };
    Ok(items.map(of).collect())
}

/// How many items there are, and the ids between which they lie.
#[derive(FromQueryResult)]
struct Extent {
    first: Option<i64>,
    last: Option<i64>,
}

/// Shows every item to `visit`, in several lanes at once, each with a tally of its own that begins as
/// `begin` says; gives the tallies in the order of the ids that they saw. `progress` hears of items done
/// and of all there are.
pub(crate) async fn scan<T: Send + 'static>(
    store: &Store,
    begin: impl Fn() -> T,
    visit: impl Fn(&mut T, &Seen) + Send + Sync + 'static,
    progress: impl FnMut(u64, u64) + Send,
) -> Result<Vec<T>, DbErr> {
    let db = store.reader();
    let total = work_item::Entity::find().count(db).await?;
    let extent = work_item::Entity::find()
        .select_only()
        .column_as(Column::Id.min(), "first")
        .column_as(Column::Id.max(), "last")
        .into_model::<Extent>()
        .one(db)
        .await?;
    let Some((first, last)) = extent.and_then(|extent| extent.first.zip(extent.last)) else {
        return Ok(vec![begin()]);
    };
    let told = Mutex::new((0, progress));
    let advance = |rows: u64| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.0 += rows;
        let done = told.0;
        (told.1)(done, total.max(done));
    };
    let visit = Arc::new(visit);
    let bound = |lane: usize| first - 1 + (last - first + 1) * lane as i64 / LANES as i64;
    let lane = |number: usize| lane(db, bound(number), bound(number + 1), begin(), visit.clone(), &advance);
    let (one, two, three) = tokio::try_join!(lane(0), lane(1), lane(2))?;
    Ok(vec![one, two, three])
}

async fn lane<T: Send + 'static>(
    db: &DatabaseConnection,
    mut after: i64,
    up_to: i64,
    mut tally: T,
    visit: Arc<impl Fn(&mut T, &Seen) + Send + Sync + 'static>,
    advance: &(impl Fn(u64) + Sync),
) -> Result<T, DbErr> {
    let mut seen = Seen::new();
    while after < up_to {
        let packed = packed_rows(db, "work_item", &COLUMNS, (after, up_to), PORTION).await?;
        let visit = visit.clone();
        // Pages are answered by the thread that we run on.
        let looked_at = tokio::task::spawn_blocking(move || {
            let rows = match &packed {
                Packed::Json(rows) => look(JsonCells::new(rows), &mut seen, &mut tally, &*visit),
                Packed::Copy(rows) => look(CopyCells::new(rows), &mut seen, &mut tally, &*visit),
            };
            rows.map(|rows| (rows, seen, tally))
        });
        let rows;
        (rows, seen, tally) = looked_at.await.map_err(|error| unreadable(error.to_string()))??;
        advance(rows);
        if rows < u64::from(PORTION) {
            break;
        }
        after = seen.id;
    }
    Ok(tally)
}

fn look<'a, T>(
    mut cells: impl Cells<'a>,
    seen: &mut Seen,
    tally: &mut T,
    visit: &impl Fn(&mut T, &Seen),
) -> Result<u64, DbErr> {
    let mut rows = 0;
    while cells.next_row()? {
        seen.fill(&mut cells)?;
        visit(tally, seen);
        rows += 1;
    }
    Ok(rows)
}
