//! A work item as it is held: the row, its effort entries, and the way between it and a `WorkItem`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use waterline_core::{
    EffortEntry, EffortRates, Kind, Method, ReportingZone, State, Verdict, WorkItem, likeness,
};

use crate::{
    InForce,
    bulk::is_among,
    contributions::Entry,
    entity::{effort_entry, work_item},
    error::unreadable,
};

/// Longest id of a record at its source, in bytes. Longer ones do not fit into an index of PostgreSQL.
const LONGEST_ID: usize = 500;

/// Longest team, department, system or source category, in characters, for the same reason. What is
/// longer was never a name.
const LONGEST_NAME: usize = 200;

/// Thirty years. More on one entry is a mistake of units, and could overflow a sum.
const MOST_SECONDS: i64 = 1_000_000_000;

#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) row: work_item::Model,
    pub(crate) entries: Vec<Entry>,
}

/// What rows of one batch have in common.
pub(crate) struct Arrival<'a> {
    pub(crate) source_id: i32,
    pub(crate) feed: &'a str,
    pub(crate) in_force: &'a InForce,
    /// The full pull under way, if there is one.
    pub(crate) full_run: Option<i64>,
    pub(crate) zone: ReportingZone,
    pub(crate) rates: &'a EffortRates,
}

/// Why an item cannot be held, if it cannot.
pub(crate) fn unholdable(item: &WorkItem) -> Option<String> {
    if item.external_id.is_empty() {
        return Some("its id is empty".to_owned());
    }
    if item.external_id.contains('\0') {
        return Some("its id has a null byte in it".to_owned());
    }
    if item.external_id.len() > LONGEST_ID {
        return Some(format!("its id is longer than {LONGEST_ID} bytes"));
    }
    if item.state == State::Finished && item.finished_at.is_none() {
        return Some("it is finished, but does not say when".to_owned());
    }
    let logged = item.logged.iter().filter_map(|entry| entry.at);
    let mut dates = [item.opened_at, item.updated_at].into_iter().chain(item.finished_at).chain(logged);
    if let Some(odd) = dates.find(|date| !(1..=9999).contains(&date.year())) {
        return Some(format!("one of its dates is in the year {}", odd.year()));
    }
    let beyond = |entry: &&EffortEntry| entry.seconds.unsigned_abs() > MOST_SECONDS.unsigned_abs();
    let entry = item.logged.iter().find(beyond)?;
    Some(format!("{} seconds of effort in one entry are too many to be true", entry.seconds))
}

/// The item in the shape in which it is held, which is also the one that is classified.
pub(crate) fn tidy(item: WorkItem) -> WorkItem {
    WorkItem {
        reference: text(item.reference),
        title: item.title.map(text),
        description: item.description.map(text),
        department: name(item.department),
        team: name(item.team),
        system: name(item.system),
        source_category: name(item.source_category),
        source_status: name(item.source_status),
        labels: item.labels.into_iter().map(text).collect(),
        // Longer than any id that can be held: it belongs to nothing.
        parent: item.parent.map(text).filter(|parent| (1..=LONGEST_ID).contains(&parent.len())),
        opened_at: item.opened_at.trunc_subsecs(6),
        finished_at: item.finished_at.filter(|_| item.state == State::Finished).map(|at| at.trunc_subsecs(6)),
        ..item
    }
}

impl Held {
    /// The item as it will be held, in place of `old`, but for what it may inherit. A person's tag stays,
    /// and so does the number of the rule set that gave the same verdict before.
    pub(crate) fn arriving(item: WorkItem, verdict: Verdict, on: &Arrival<'_>, old: Option<&Self>) -> Self {
        let entries = entries(&item, on.zone);
        let (opened_on, finished_on) =
            (on.zone.day(item.opened_at), item.finished_at.map(|at| on.zone.day(at)));
        let estimated_seconds = estimate(on.rates, &item);
        let machine_category = verdict.category.map(|id| id.as_str().to_owned());
        let machine_method = verdict.method.as_str().to_owned();
        let held = old.map(|old| &old.row);
        let model = on.in_force.model.filter(|_| verdict.method == Method::Model);
        let machine_reason = text(verdict.reason);
        let rule_set = held
            .filter(|row| {
                row.machine_category == machine_category
                    && row.machine_method == machine_method
                    && row.machine_reason == machine_reason
                    && row.machine_rule == verdict.rule
                    && row.machine_confidence == verdict.confidence
                    && row.model == model
            })
            .map_or(on.in_force.rule_set, |row| row.rule_set);
        let likeness = likeness(&item);
        let row = work_item::Model {
            id: old.map_or(0, |old| old.row.id),
            source_id: on.source_id,
            feed: on.feed.to_owned(),
            external_id: item.external_id,
            search_text: format!("{} {}", item.reference, item.title.as_deref().unwrap_or_default())
                .to_lowercase(),
            reference: item.reference,
            kind: item.kind.as_str().to_owned(),
            title: item.title,
            description: item.description,
            state: item.state.as_str().to_owned(),
            department: item.department,
            system: item.system,
            priority: item.priority.map(i16::from),
            source_category: item.source_category,
            source_status: item.source_status,
            labels: serde_json::Value::from(item.labels).to_string(),
            parent: item.parent,
            opened_at: item.opened_at,
            opened_on,
            finished_at: item.finished_at,
            finished_on,
            listed_on: finished_on.unwrap_or(opened_on),
            updated_at: item.updated_at.trunc_subsecs(6),
            logged_seconds: logged_seconds(&entries),
            estimated_seconds,
            team: item.team,
            category: held.map_or_else(|| machine_category.clone(), |row| row.category.clone()),
            method: held.map_or_else(|| machine_method.clone(), |row| row.method.clone()),
            tagged_by: held.and_then(|row| row.tagged_by.clone()),
            tagged_at: held.and_then(|row| row.tagged_at),
            machine_category,
            machine_method,
            machine_reason,
            machine_rule: verdict.rule,
            machine_confidence: verdict.confidence,
            rule_set,
            model,
            likeness,
            worth: held.map_or(0, |row| row.worth),
            gone_at: None,
            seen_in_run: on.full_run.or_else(|| old.and_then(|old| old.row.seen_in_run)),
        };
        Self { row, entries }
    }

    /// Whether both say the same of the work, whichever run saw it last.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let seen_in_run = other.row.seen_in_run;
        self.entries == other.entries && work_item::Model { seen_in_run, ..self.row.clone() } == other.row
    }

    /// What the classifier sees: exactly what is stored.
    pub(crate) fn to_work_item(&self) -> Result<WorkItem, DbErr> {
        let row = &self.row;
        Ok(WorkItem {
            external_id: row.external_id.clone(),
            reference: row.reference.clone(),
            kind: row.kind()?,
            title: row.title.clone(),
            description: row.description.clone(),
            state: row.state()?,
            department: row.department.clone(),
            team: row.team.clone(),
            system: row.system.clone(),
            priority: row.priority.and_then(|priority| u8::try_from(priority).ok()),
            source_category: row.source_category.clone(),
            source_status: row.source_status.clone(),
            labels: serde_json::from_str(&row.labels)
                .map_err(|error| unreadable(format!("the labels of item {}: {error}", row.id)))?,
            parent: row.parent.clone(),
            opened_at: row.opened_at,
            finished_at: row.finished_at,
            updated_at: row.updated_at,
            logged: self
                .entries
                .iter()
                .map(|entry| EffortEntry { at: entry.at, seconds: entry.seconds })
                .collect(),
        })
    }
}

impl work_item::Model {
    pub(crate) fn kind(&self) -> Result<Kind, DbErr> {
        self.kind.parse().map_err(|reason| unreadable(format!("item {}: {reason}", self.id)))
    }

    pub(crate) fn state(&self) -> Result<State, DbErr> {
        [State::Open, State::Finished, State::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == self.state)
            .ok_or_else(|| unreadable(format!("item {}: \"{}\" is not a state", self.id, self.state)))
    }

    pub(crate) fn method(&self) -> Result<Method, DbErr> {
        self.method.parse().map_err(|reason| unreadable(format!("item {}: {reason}", self.id)))
    }

    pub(crate) fn machine_method(&self) -> Result<Method, DbErr> {
        self.machine_method.parse().map_err(|reason| unreadable(format!("item {}: {reason}", self.id)))
    }
}

fn entries(item: &WorkItem, zone: ReportingZone) -> Vec<Entry> {
    item.logged
        .iter()
        .map(|entry| {
            let at: Option<DateTime<Utc>> = entry.at.map(|at| at.trunc_subsecs(6));
            Entry { at, day: at.map(|at| zone.day(at)), seconds: entry.seconds }
        })
        .collect()
}

/// `None` where nothing is logged, which is not the same as nothing done.
fn logged_seconds(entries: &[Entry]) -> Option<i64> {
    (!entries.is_empty()).then(|| entries.iter().map(|entry| entry.seconds).sum())
}

fn estimate(rates: &EffortRates, item: &WorkItem) -> Option<i64> {
    (item.finished_at.is_some() && item.logged.is_empty())
        .then(|| rates.estimate(item.kind, item.team.as_deref()))
}

/// PostgreSQL refuses a null byte in a text, and one bad title must not cost a batch.
pub(crate) fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', " ") } else { text }
}

/// A name without a letter in it says nothing.
fn name(value: Option<String>) -> Option<String> {
    let value = text(value?);
    if value.trim().is_empty() {
        return None;
    }
    Some(match value.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => value[..end].to_owned(),
        None => value,
    })
}

/// These rows, locked until the transaction ends and in the order of their ids, so that two
/// transactions never wait for each other; with their effort entries.
pub(crate) async fn locked(
    tx: &DatabaseTransaction,
    rows: Select<work_item::Entity>,
) -> Result<Vec<Held>, DbErr> {
    let rows = rows.order_by_asc(work_item::Column::Id).lock_exclusive().all(tx).await?;
    let logged: Vec<i64> = rows.iter().filter(|row| row.logged_seconds.is_some()).map(|row| row.id).collect();
    let mut entries: HashMap<i64, Vec<Entry>> = HashMap::with_capacity(logged.len());
    if !logged.is_empty() {
        let found = effort_entry::Entity::find()
            .filter(is_among(tx, effort_entry::Column::ItemId, logged)?)
            .order_by_asc(effort_entry::Column::ItemId)
            .order_by_asc(effort_entry::Column::Seq)
            .all(tx)
            .await?;
        for effort_entry::Model { item_id, at, day, seconds, .. } in found {
            entries.entry(item_id).or_default().push(Entry { at, day, seconds });
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| Held { entries: entries.remove(&row.id).unwrap_or_default(), row })
        .collect())
}

/// Items of these ids, locked, by id.
pub(crate) async fn locked_by_id(
    tx: &DatabaseTransaction,
    ids: &[i64],
) -> Result<BTreeMap<i64, Held>, DbErr> {
    let among = is_among(tx, work_item::Column::Id, ids.iter().copied())?;
    let rows = work_item::Entity::find().filter(among);
    Ok(locked(tx, rows).await?.into_iter().map(|held| (held.row.id, held)).collect())
}

/// Under which name a record waits in quarantine: its id, or what of it fits into an index.
pub(crate) fn record_key(record: String) -> String {
    let mut record = text(record);
    record.truncate(record.floor_char_boundary(LONGEST_ID));
    record
}
