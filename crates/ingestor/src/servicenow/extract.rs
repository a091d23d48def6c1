//! One record of the Table API → one work item. Pure.
//!
//! All values are strings as stored: times are UTC without a zone, an empty reference is `""`, and a set
//! one may be an id, `{link, value}` or `{display_value, value}`, depending on the instance.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;
use waterline_core::{EffortEntry, State, WorkItem};

use super::tables::{SYSTEM, States, TEAM, Table};
use crate::ExtractError;

/// A work item, and the state number that nobody explained, if it had one.
#[derive(Debug, PartialEq)]
pub(super) struct Extracted {
    pub(super) item: WorkItem,
    pub(super) unexplained: Option<String>,
}

/// Reads one record. A ticket is not lost over a state that nobody explained: it counts as finished where
/// it has a date of that, else as open.
pub(super) fn extract(table: &Table, states: &States, json: &Value) -> Result<Extracted, ExtractError> {
    let row = Row { json };
    read(table, states, row).map_err(|reason| ExtractError { record: row.identity(), reason })
}

fn read(table: &Table, states: &States, row: Row<'_>) -> Result<Extracted, String> {
    if !row.json.is_object() {
        return Err("the record is not a JSON object".to_owned());
    }
    let external_id = row.required("sys_id")?;
    let updated_at = row.time("sys_updated_on")?.ok_or("sys_updated_on is empty")?;
    let opened_at = row
        .first_time(&["opened_at", "sys_created_on"])?
        .ok_or("opened_at and sys_created_on are both empty")?;
    let ended_at = row.first_time(table.finished)?;
    let number = row.text("state")?.unwrap_or_default();
    let meaning = states.meaning(table, &number);
    let state = meaning.unwrap_or(if ended_at.is_some() { State::Finished } else { State::Open });
    let item = WorkItem {
        reference: row.text("number")?.unwrap_or_else(|| external_id.clone()),
        kind: table.kind,
        title: row.text("short_description")?,
        description: row.text("description")?,
        state,
        department: row.first_text(table.department)?,
        team: row.text(TEAM)?,
        system: row.first_text(&SYSTEM)?,
        priority: row.text("priority")?.and_then(|priority| priority.parse().ok()),
        source_category: row.first_text(table.category)?,
        source_status: Some(number.clone()).filter(|number| !number.is_empty()),
        labels: Vec::new(),
        parent: row.first_text(table.parent)?.filter(|parent| *parent != external_id),
        opened_at,
        finished_at: (state == State::Finished).then(|| ended_at.unwrap_or(updated_at)),
        updated_at,
        logged: row.effort("time_worked")?.into_iter().collect(),
        external_id,
    };
    Ok(Extracted { item, unexplained: meaning.is_none().then_some(number) })
}

/// A time as the Table API gives it with `sysparm_display_value=false`: `2026-07-01 09:00:00`, in UTC.
pub(super) fn utc(text: &str) -> Option<DateTime<Utc>> {
    // chrono would also read a sign and a year of five digits, which no database takes.
    let four_digit_year = text.len() == 19 && text.starts_with(|c: char| c.is_ascii_digit());
    if !four_digit_year || text.as_bytes()[4] != b'-' {
        return None;
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|at| at.and_utc())
}

#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) json: &'a Value,
}

impl Row<'_> {
    /// Under which the record waits in quarantine: as long as it can be, the id of the later item.
    fn identity(self) -> Option<String> {
        ["sys_id", "number"].into_iter().find_map(|field| self.text(field).ok().flatten())
    }

    /// A field's value; `None` where it is absent or empty.
    pub(super) fn text(self, field: &str) -> Result<Option<String>, String> {
        let Some(value) = self.json.get(field) else { return Ok(None) };
        let value = match value {
            Value::Object(reference) => reference
                .get("value")
                .or_else(|| reference.get("display_value"))
                .ok_or_else(|| format!("{field} is an object without a value"))?,
            plain => plain,
        };
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::Bool(flag) => Ok(Some(flag.to_string())),
            Value::Array(_) | Value::Object(_) => Err(format!("{field} is a list or object, not a text")),
        }
    }

    fn required(self, field: &str) -> Result<String, String> {
        self.text(field)?.ok_or_else(|| format!("{field} is empty"))
    }

    fn first_text(self, fields: &[&str]) -> Result<Option<String>, String> {
        fields.iter().find_map(|field| self.text(field).transpose()).transpose()
    }

    pub(super) fn time(self, field: &str) -> Result<Option<DateTime<Utc>>, String> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        utc(&text).map(Some).ok_or_else(|| format!("{field} is not a time such as 2026-11-01 09:00:00"))
    }

    fn first_time(self, fields: &[&str]) -> Result<Option<DateTime<Utc>>, String> {
        fields.iter().find_map(|field| self.time(field).transpose()).transpose()
    }

    /// ServiceNow keeps a duration as the moment that lies as long after 1970-01-01 00:00:00. Nothing but
    /// the total is known, and a total of nothing means that nobody logged.
    fn effort(self, field: &str) -> Result<Option<EffortEntry>, String> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        match utc(&text).map(|end| end.timestamp()) {
            Some(0) => Ok(None),
            Some(seconds) if seconds > 0 => Ok(Some(EffortEntry { at: None, seconds })),
            _ => Err(format!("{field} is not a duration such as 1970-01-01 00:15:00")),
        }
    }
}

#[cfg(test)]
mod tests;
