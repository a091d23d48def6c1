//! The mapping file: what the columns of an export mean.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use waterline_core::{Kind, State};

use super::{dates::DateReader, effort::EffortUnit};

/// Why a mapping file cannot be used; the message names the line or the key.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not the TOML we expect; the message names the line.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Without a key, importing the same file twice would count everything twice.
    #[error(
        "fields.external_id is missing: name the column that identifies a piece of work and never changes, such as sys_id or the ticket number"
    )]
    NoKey,
    /// A key whose value makes no sense.
    #[error("{key}: {problem}")]
    Key {
        /// For example `fields.state.values`.
        key: &'static str,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// A key of `[dates]`, which the problem names.
    #[error("dates.{0}")]
    Dates(String),
}

/// What the columns of an export mean. `config/mappings/` holds commented examples.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) rows: RowsPer,
    pub(super) snapshot: bool,
    pub(super) missing: Vec<String>,
    pub(super) file: FileOptions,
    pub(super) dates: DateReader,
    pub(super) external_id: OneOrMany,
    pub(super) fields: Fields,
}

/// How many rows one piece of work has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowsPer {
    #[default]
    OnePerItem,
    /// A row for every change; the last one by `updated_at` counts, and of equals the later line.
    Log,
}

/// How the file is written, where it cannot be told from the file itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileOptions {
    pub(super) delimiter: Option<Delimiter>,
    pub(super) encoding: EncodingChoice,
    pub(super) sheet: Option<SheetChoice>,
}

/// The character between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Delimiter(pub(super) u8);

impl TryFrom<String> for Delimiter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match *text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(Self(byte)),
            _ => Err("the delimiter is one character, such as \",\" \";\" or \"\\t\"".to_owned()),
        }
    }
}

/// How text is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum EncodingChoice {
    /// By its byte order mark; else UTF-8 where the whole file is, else windows-1252.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// Which sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "the name of a sheet, or its number counted from 1")]
pub(super) enum SheetChoice {
    Number(usize),
    Name(String),
}

/// Every field of a work item but its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    /// Taken out by [`Mapping::parse`], which gives its absence a sentence of its own.
    external_id: Option<OneOrMany>,
    pub(super) reference: Option<OneOrMany>,
    pub(super) kind: Short<Choice<Kind>>,
    pub(super) title: Option<OneOrMany>,
    pub(super) description: Option<OneOrMany>,
    pub(super) state: Short<Choice<State>>,
    pub(super) department: Option<Short<Text>>,
    pub(super) team: Option<Short<Text>>,
    pub(super) system: Option<Short<Text>>,
    pub(super) priority: Option<Short<Choice<u8>>>,
    pub(super) source_category: Option<Short<Text>>,
    pub(super) labels: Option<Short<Labels>>,
    pub(super) parent: Option<OneOrMany>,
    pub(super) opened_at: OneOrMany,
    pub(super) finished_at: Option<OneOrMany>,
    pub(super) updated_at: OneOrMany,
    pub(super) effort: Option<Effort>,
}

/// Text from a column, or the same for every row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    #[serde(default)]
    pub(super) column: OneOrMany,
    pub(super) value: Option<String>,
}

/// One of a closed set, from a column through a table of values, or the same for every row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Choice<T> {
    #[serde(default)]
    pub(super) column: OneOrMany,
    pub(super) value: Option<T>,
    /// Keys are lower case once parsed: exports change capitals between versions.
    #[serde(default = "BTreeMap::new")]
    pub(super) values: BTreeMap<String, T>,
    /// For a value that is not in the table, or no value. Without it such a row is rejected.
    pub(super) other: Option<T>,
}

/// Labels from one or more columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Labels {
    pub(super) column: OneOrMany,
    /// What stands between the labels of one cell.
    #[serde(default = "comma")]
    pub(super) separator: String,
}

/// Logged effort, with the unit in which the column states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { column = \"…\", unit = \"minutes\" }")]
pub(super) struct Effort {
    pub(super) column: OneOrMany,
    pub(super) unit: EffortUnit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    rows: RowsPer,
    #[serde(default)]
    snapshot: bool,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default)]
    file: FileOptions,
    dates: Dates,
    fields: Fields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    format: OneOrMany,
    zone: String,
}

impl Mapping {
    /// Reads the text of a mapping file.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let MappingFile { rows, snapshot, missing, file, dates, mut fields } = toml::from_str(text)?;
        let external_id = fields.external_id.take().ok_or(MappingError::NoKey)?;
        fields.kind.0.settle("fields.kind")?;
        fields.state.0.settle("fields.state")?;
        if let Some(Short(priority)) = &mut fields.priority {
            priority.settle("fields.priority")?;
        }
        for (key, text) in [
            ("fields.department", &fields.department),
            ("fields.team", &fields.team),
            ("fields.system", &fields.system),
            ("fields.source_category", &fields.source_category),
        ] {
            if let Some(Short(text)) = text {
                column_or_value(key, &text.column, text.value.is_some())?;
            }
        }
        let dates = DateReader::new(&dates.format.0, &dates.zone).map_err(MappingError::Dates)?;
        Ok(Self { rows, snapshot, missing, file, dates, external_id, fields })
    }

    /// Every column that the mapping names, with the field that it is for.
    pub(super) fn columns(&self) -> Vec<(&'static str, &str)> {
        let fields = &self.fields;
        let named: [(&'static str, Option<&OneOrMany>); 17] = [
            ("external_id", Some(&self.external_id)),
            ("reference", fields.reference.as_ref()),
            ("kind", Some(&fields.kind.0.column)),
            ("title", fields.title.as_ref()),
            ("description", fields.description.as_ref()),
            ("state", Some(&fields.state.0.column)),
            ("department", fields.department.as_ref().map(|Short(text)| &text.column)),
            ("team", fields.team.as_ref().map(|Short(text)| &text.column)),
            ("system", fields.system.as_ref().map(|Short(text)| &text.column)),
            ("priority", fields.priority.as_ref().map(|Short(choice)| &choice.column)),
            ("source_category", fields.source_category.as_ref().map(|Short(text)| &text.column)),
            ("labels", fields.labels.as_ref().map(|Short(labels)| &labels.column)),
            ("parent", fields.parent.as_ref()),
            ("opened_at", Some(&fields.opened_at)),
            ("finished_at", fields.finished_at.as_ref()),
            ("updated_at", Some(&fields.updated_at)),
            ("effort", fields.effort.as_ref().map(|effort| &effort.column)),
        ];
        named
            .into_iter()
            .filter_map(|(field, columns)| Some((field, columns?)))
            .flat_map(|(field, columns)| columns.0.iter().map(move |column| (field, column.as_str())))
            .collect()
    }
}

impl<T> Choice<T> {
    /// Checks what the types cannot say, and makes the table blind to capitals.
    fn settle(&mut self, key: &'static str) -> Result<(), MappingError> {
        column_or_value(key, &self.column, self.value.is_some())?;
        if self.value.is_some() && !(self.values.is_empty() && self.other.is_none()) {
            let problem =
                "\"value\" is the same for every row, so \"values\" and \"other\" have no use beside it";
            return Err(MappingError::Key { key, problem: problem.to_owned() });
        }
        let written = self.values.len();
        self.values = std::mem::take(&mut self.values)
            .into_iter()
            .map(|(name, to)| (name.to_lowercase(), to))
            .collect();
        if self.values.len() < written {
            let problem = "two entries of \"values\" differ in capitals only; keep one of them";
            return Err(MappingError::Key { key, problem: problem.to_owned() });
        }
        Ok(())
    }
}

fn column_or_value(key: &'static str, column: &OneOrMany, value: bool) -> Result<(), MappingError> {
    if column.0.is_empty() != value {
        let problem = "give either the column, or the value that every row has, and not both";
        return Err(MappingError::Key { key, problem: problem.to_owned() });
    }
    Ok(())
}

fn comma() -> String {
    ",".to_owned()
}

/// One name, or several of which the first with something in it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(OneOrMany(names))
            }
        }

        deserializer.deserialize_any(Names)
    }
}

/// A field's table, which `field = "column"` and `field = ["column", "column"]` stand for too.
#[derive(Clone, Debug)]
pub(super) struct Short<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + From<OneOrMany>> Deserialize<'de> for Short<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Field<T>(PhantomData<T>);

        // By hand, because serde's untagged enums lose the name of an unknown key.
        impl<'de, T: Deserialize<'de> + From<OneOrMany>> Visitor<'de> for Field<T> {
            type Value = Short<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column, a list of columns, or a table such as { column = \"…\" }")
            }

            fn visit_str<E: de::Error>(self, column: &str) -> Result<Short<T>, E> {
                Ok(Short(OneOrMany(vec![column.to_owned()]).into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Short<T>, A::Error> {
                let columns = OneOrMany::deserialize(de::value::SeqAccessDeserializer::new(list))?;
                Ok(Short(columns.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Short<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(table)).map(Short)
            }
        }

        deserializer.deserialize_any(Field(PhantomData))
    }
}

impl From<OneOrMany> for Text {
    fn from(column: OneOrMany) -> Self {
        Self { column, value: None }
    }
}

impl<T> From<OneOrMany> for Choice<T> {
    fn from(column: OneOrMany) -> Self {
        Self { column, value: None, values: BTreeMap::new(), other: None }
    }
}

impl From<OneOrMany> for Labels {
    fn from(column: OneOrMany) -> Self {
        Self { column, separator: comma() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATES: &str = "[dates]\nformat = \"%d/%m/%Y\"\nzone = \"Europe/London\"\n";
    const FIELDS: &str = "external_id = \"id\"\nkind = { value = \"request\" }\nstate = \"state\"\n\
                          opened_at = \"opened\"\nupdated_at = [\"changed\", \"opened\"]\n";

    fn error(text: &str) -> String {
        Mapping::parse(text).unwrap_err().to_string()
    }

    fn with_field(line: &str) -> String {
        format!("{DATES}[fields]\n{FIELDS}{line}\n")
    }

    #[test]
    fn the_examples_are_sound() {
        for text in [
            include_str!("../../../../config/mappings/servicenow-incidents.toml"),
            include_str!("../../../../config/mappings/helpdesk-spreadsheet.toml"),
            include_str!("../../tests/fixtures/uci-incident-log.toml"),
        ] {
            Mapping::parse(text).unwrap();
        }
    }

    #[test]
    fn a_column_stands_for_its_table_and_a_list_for_the_first_that_is_not_empty() {
        let mapping = Mapping::parse(&with_field("team = [\"group\", \"desk\"]\nlabels = \"tags\"")).unwrap();
        assert_eq!(mapping.rows, RowsPer::OnePerItem);
        let columns: Vec<_> =
            mapping.columns().into_iter().map(|(field, column)| format!("{field}={column}")).collect();
        assert_eq!(
            columns.join(" "),
            "external_id=id state=state team=group team=desk labels=tags opened_at=opened updated_at=changed updated_at=opened"
        );
    }

    #[test]
    fn mappings_that_make_no_sense_are_refused_in_a_sentence() {
        insta::assert_snapshot!(error(&format!("{DATES}[fields]\nkind = {{ value = \"request\" }}\nstate = \"state\"\nopened_at = \"o\"\nupdated_at = \"o\"\n")), @"fields.external_id is missing: name the column that identifies a piece of work and never changes, such as sys_id or the ticket number");
        insta::assert_snapshot!(error(&with_field("colour = \"x\"")), @r#"
        TOML parse error at line 10, column 1
           |
        10 | colour = "x"
           | ^^^^^^
        unknown field `colour`, expected one of `external_id`, `reference`, `kind`, `title`, `description`, `state`, `department`, `team`, `system`, `priority`, `source_category`, `labels`, `parent`, `opened_at`, `finished_at`, `updated_at`, `effort`
        "#);
        insta::assert_snapshot!(error(&with_field("team = { colum = \"x\" }")), @r#"
        TOML parse error at line 10, column 10
           |
        10 | team = { colum = "x" }
           |          ^^^^^
        unknown field `colum`, expected `column` or `value`
        "#);
        insta::assert_snapshot!(error(&with_field("team = 7")), @r#"
        TOML parse error at line 10, column 8
           |
        10 | team = 7
           |        ^
        invalid type: integer `7`, expected a column, a list of columns, or a table such as { column = "…" }
        "#);
        insta::assert_snapshot!(error(&with_field("team = { column = \"x\", value = \"Desk\" }")), @"fields.team: give either the column, or the value that every row has, and not both");
        insta::assert_snapshot!(error(&with_field("effort = \"worked\"")), @r#"
        TOML parse error at line 10, column 10
           |
        10 | effort = "worked"
           |          ^^^^^^^^
        invalid type: string "worked", expected a table such as { column = "…", unit = "minutes" }
        "#);
        insta::assert_snapshot!(error(&with_field("effort = { column = \"worked\", unit = \"days\" }")), @r#"
        TOML parse error at line 10, column 38
           |
        10 | effort = { column = "worked", unit = "days" }
           |                                      ^^^^^^
        unknown variant `days`, expected one of `seconds`, `minutes`, `hours`, `hh:mm`
        "#);
        insta::assert_snapshot!(error(&with_field("priority = { column = \"p\", values = { High = 1, HIGH = 2 } }")), @r#"fields.priority: two entries of "values" differ in capitals only; keep one of them"#);
        insta::assert_snapshot!(error(&with_field("priority = { value = 1, other = 2 }")), @r#"fields.priority: "value" is the same for every row, so "values" and "other" have no use beside it"#);
        insta::assert_snapshot!(error(&format!("[fields]\n{FIELDS}")), @r#"
        TOML parse error at line 1, column 1
          |
        1 | [fields]
          | ^
        missing field `dates`
        "#);
        insta::assert_snapshot!(error(&format!("[dates]\nformat = \"%d/%m\"\nzone = \"UTC\"\n[fields]\n{FIELDS}")), @r#"dates.format: "%d/%m" does not make a whole date; it needs day, month and year, as "%d/%m/%Y %H:%M" has"#);
        insta::assert_snapshot!(error(&format!("{}[file]\ndelimiter = \"::\"\n", with_field(""))), @r#"
        TOML parse error at line 12, column 13
           |
        12 | delimiter = "::"
           |             ^^^^
        the delimiter is one character, such as "," ";" or "\t"
        "#);
        insta::assert_snapshot!(error(&format!("{}[file]\nencoding = \"latin\"\n", with_field(""))), @r#"
        TOML parse error at line 12, column 12
           |
        12 | encoding = "latin"
           |            ^^^^^^^
        unknown variant `latin`, expected one of `auto`, `utf-8`, `utf-16le`, `utf-16be`, `windows-1252`
        "#);
    }
}
