//! Writes rows as the Table API does: every value a string, references as `{link, value}`.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{
    fields::{self, Value},
    live::Live,
};
use crate::record::Record;

/// How values are shown (`sysparm_display_value`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Raw,
    Display,
    Both,
}

/// What the request wants to see of each row.
pub(crate) struct Wanted {
    pub(crate) paths: Vec<String>,
    pub(crate) manner: Manner,
    pub(crate) links: bool,
    /// The instance's own address, as links name it.
    pub(crate) base: String,
}

/// `{"result": [...]}`
pub(crate) struct Answer<'a> {
    pub(crate) live: &'a Live,
    pub(crate) rows: &'a [&'a Record],
    pub(crate) wanted: &'a Wanted,
}

struct Rows<'a>(&'a Answer<'a>);

struct Row<'a> {
    answer: &'a Answer<'a>,
    record: &'a Record,
}

struct Cell<'a> {
    value: Value<'a>,
    wanted: &'a Wanted,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("result", &Rows(self))?;
        map.end()
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for record in self.0.rows {
            rows.serialize_element(&Row { answer: self.0, record })?;
        }
        rows.end()
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Answer { live, wanted, .. } = self.answer;
        let mut row = serializer.serialize_map(Some(wanted.paths.len()))?;
        for path in &wanted.paths {
            row.serialize_entry(path, &Cell { value: fields::walk(live, self.record, path), wanted })?;
        }
        row.end()
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { value, wanted } = self;
        let link = match value {
            Value::Reference(reference) if wanted.links => {
                Some(format!("{}/api/now/table/{}/{:032x}", wanted.base, reference.table, reference.id))
            }
            _ => None,
        };
        if link.is_none() && wanted.manner != Manner::Both {
            let text = if wanted.manner == Manner::Raw { value.raw() } else { value.display() };
            return serializer.serialize_str(&text);
        }
        let mut cell = serializer.serialize_map(None)?;
        if wanted.manner != Manner::Raw {
            cell.serialize_entry("display_value", &value.display())?;
        }
        if wanted.manner != Manner::Display {
            cell.serialize_entry("value", &value.raw())?;
        }
        if let Some(link) = link {
            cell.serialize_entry("link", &link)?;
        }
        cell.end()
    }
}
