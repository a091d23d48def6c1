//! One row of text to one work item. Pure.

use std::{collections::HashMap, str::FromStr};

use chrono::{DateTime, Utc};
use csv::StringRecord;
use waterline_core::{EffortEntry, Kind, State, WorkItem};

use super::{
    dates::{DateReader, quoted},
    error::ImportError,
    file::{Row, RowFile},
    mapping::{Choice, Mapping, OneOrMany, Short, Text},
};

/// A longer "key" is a column of text, mapped by mistake.
const LONGEST_KEY: usize = 200;

/// Understands the rows of one file.
pub(super) struct Extractor<'m> {
    mapping: &'m Mapping,
    dates: DateReader,
    columns: HashMap<&'m str, usize>,
    width: usize,
}

impl<'m> Extractor<'m> {
    /// Finds the mapping's columns in the file's header.
    pub(super) fn new(mapping: &'m Mapping, file: &RowFile, header: &[String]) -> Result<Self, ImportError> {
        let mut columns = HashMap::new();
        for (field, column) in mapping.columns() {
            let mut places = header.iter().enumerate().filter(|(_, name)| *name == column);
            let Some((place, _)) = places.next() else {
                return Err(ImportError::file(&file.name, absent(field, column, header)));
            };
            if places.next().is_some() {
                let problem = format!(
                    "has more than one column \"{column}\", so which one fields.{field} means is open; rename one of them"
                );
                return Err(ImportError::file(&file.name, problem));
            }
            columns.insert(column, place);
        }
        let dates =
            if file.is_workbook() { mapping.dates.with_workbook_cells() } else { mapping.dates.clone() };
        Ok(Self { mapping, dates, columns, width: header.len() })
    }

    /// The row's key, where it can be trusted to be one.
    pub(super) fn key(&self, row: &Row) -> Result<String, String> {
        if row.cells.len() != self.width {
            let (cells, columns) = (row.cells.len(), self.width);
            let mut reason = format!("the row has {cells} cells, and the header has {columns}");
            if row.last_line > row.line {
                reason +=
                    &format!("; it runs on to line {}, so a quotation mark may be left open", row.last_line);
            }
            return Err(reason);
        }
        if row.cells.iter().any(|cell| cell.contains('\0')) {
            return Err("the row holds a NUL character, so it is damaged".to_owned());
        }
        let key =
            self.cell(row, &self.mapping.external_id).ok_or_else(|| "external_id is missing".to_owned())?;
        if key.len() > LONGEST_KEY {
            return Err(format!("external_id is longer than {LONGEST_KEY} bytes, so it is no key"));
        }
        Ok(key.to_owned())
    }

    /// Which version of the item this row is.
    pub(super) fn updated_at(&self, row: &Row) -> Result<DateTime<Utc>, String> {
        self.required_date(row, "updated_at", &self.mapping.fields.updated_at)
    }

    /// The work item; else a reason that names the field.
    pub(super) fn item(
        &self,
        row: &Row,
        external_id: String,
        updated_at: DateTime<Utc>,
    ) -> Result<WorkItem, String> {
        let fields = &self.mapping.fields;
        let state = self.choice(row, "state", &fields.state.0, state_of)?;
        let reference = fields.reference.as_ref().and_then(|column| self.cell(row, column));
        Ok(WorkItem {
            reference: reference.unwrap_or(&external_id).to_owned(),
            external_id,
            kind: self.choice(row, "kind", &fields.kind.0, |word| Kind::from_str(word).ok())?,
            title: self.optional(row, fields.title.as_ref()),
            description: self.optional(row, fields.description.as_ref()),
            state,
            department: self.text(row, fields.department.as_ref()),
            team: self.text(row, fields.team.as_ref()),
            system: self.text(row, fields.system.as_ref()),
            priority: self.priority(row)?,
            source_category: self.text(row, fields.source_category.as_ref()),
            source_status: self.cell(row, &fields.state.0.column).map(str::to_owned),
            labels: self.labels(row),
            parent: self.optional(row, fields.parent.as_ref()),
            opened_at: self.required_date(row, "opened_at", &fields.opened_at)?,
            finished_at: if state == State::Finished { Some(self.finished_at(row)?) } else { None },
            updated_at,
            logged: self.effort(row)?,
        })
    }

    /// The first of the columns that has something in it.
    fn cell<'r>(&self, row: &'r Row, columns: &OneOrMany) -> Option<&'r str> {
        columns.0.iter().find_map(|column| self.one_cell(&row.cells, column))
    }

    fn one_cell<'r>(&self, cells: &'r StringRecord, column: &str) -> Option<&'r str> {
        let text = cells.get(*self.columns.get(column)?)?.trim();
        let missing = text.is_empty() || self.mapping.missing.iter().any(|marker| marker == text);
        (!missing).then_some(text)
    }

    fn optional(&self, row: &Row, columns: Option<&OneOrMany>) -> Option<String> {
        self.cell(row, columns?).map(str::to_owned)
    }

    fn text(&self, row: &Row, field: Option<&Short<Text>>) -> Option<String> {
        let Short(text) = field?;
        text.value.clone().or_else(|| self.optional(row, Some(&text.column)))
    }

    /// A value through its table; without a table, it has to be the word itself.
    fn choice<T: Copy>(
        &self,
        row: &Row,
        name: &str,
        choice: &Choice<T>,
        word: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        if let Some(value) = choice.value {
            return Ok(value);
        }
        let text = self.cell(row, &choice.column);
        let known = text.map(str::to_lowercase).and_then(|text| match choice.values.get(&text) {
            Some(value) => Some(*value),
            None if choice.values.is_empty() => word(&text),
            None => None,
        });
        known.or(choice.other).ok_or_else(|| match text {
            Some(text) => format!("{name}: {} is not in fields.{name}.values", quoted(text)),
            None => format!("{name} is missing"),
        })
    }

    /// Through the table, else the number at the start, as in "3 - Moderate".
    fn priority(&self, row: &Row) -> Result<Option<u8>, String> {
        let Some(Short(choice)) = &self.mapping.fields.priority else { return Ok(None) };
        if choice.value.is_some() {
            return Ok(choice.value);
        }
        let Some(text) = self.cell(row, &choice.column) else { return Ok(choice.other) };
        let number = || {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse().ok()
        };
        match choice.values.get(&text.to_lowercase()).copied().or_else(number).or(choice.other) {
            Some(priority) => Ok(Some(priority)),
            None => Err(format!(
                "priority: {} neither begins with a number nor is in fields.priority.values",
                quoted(text)
            )),
        }
    }

    fn labels(&self, row: &Row) -> Vec<String> {
        let Some(Short(labels)) = &self.mapping.fields.labels else { return Vec::new() };
        let cells = labels.column.0.iter().filter_map(|column| self.one_cell(&row.cells, column));
        cells
            .flat_map(|cell| cell.split(labels.separator.as_str()))
            .map(|label| label.trim().to_owned())
            .filter(|label| !label.is_empty())
            .collect()
    }

    fn required_date(&self, row: &Row, name: &str, columns: &OneOrMany) -> Result<DateTime<Utc>, String> {
        let text = self.cell(row, columns).ok_or_else(|| format!("{name} is missing"))?;
        self.dates.read(text).map_err(|problem| format!("{name}: {problem}"))
    }

    fn finished_at(&self, row: &Row) -> Result<DateTime<Utc>, String> {
        match &self.mapping.fields.finished_at {
            Some(columns) => self
                .required_date(row, "finished_at", columns)
                .map_err(|reason| format!("{reason}, though the item is finished")),
            None => Err("the item is finished, but no column is mapped to fields.finished_at".to_owned()),
        }
    }

    fn effort(&self, row: &Row) -> Result<Vec<EffortEntry>, String> {
        let Some(effort) = &self.mapping.fields.effort else { return Ok(Vec::new()) };
        let Some(text) = self.cell(row, &effort.column) else { return Ok(Vec::new()) };
        let seconds = effort.unit.read(text).map_err(|problem| format!("effort: {problem}"))?;
        Ok(seconds.map(|seconds| EffortEntry { at: None, seconds }).into_iter().collect())
    }
}

fn state_of(word: &str) -> Option<State> {
    [State::Open, State::Finished, State::Withdrawn].into_iter().find(|state| state.as_str() == word)
}

fn absent(field: &str, column: &str, header: &[String]) -> String {
    let columns = header.join(", ");
    let mut problem = format!(
        "has no column \"{column}\", which the mapping names for fields.{field}; its columns are {columns}"
    );
    if header.len() == 1 {
        problem += " (one only: perhaps file.delimiter is not what it should be)";
    }
    problem
}
