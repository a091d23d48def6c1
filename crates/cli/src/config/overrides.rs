//! `WATERLINE__SECTION__KEY` in the environment, which overrides the file.

use serde::Deserialize;
use toml::{Table, Value};

use super::file::{FileConfig, in_plain_words};
use crate::environment::Environment;

const PREFIX: &str = "WATERLINE__";

/// Puts every variable into the file's text, one after the other, so that each problem has the name of
/// the variable that causes it.
pub(super) fn apply(
    mut config: FileConfig,
    mut table: Table,
    environment: &Environment,
) -> Result<FileConfig, Vec<String>> {
    let mut problems = Vec::new();
    for (name, text) in environment.under(PREFIX) {
        match overridden(&table, name, text) {
            Ok((with, read)) => (table, config) = (with, read),
            Err(reason) => problems.push(format!("the environment variable {PREFIX}{name}: {reason}")),
        }
    }
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

fn overridden(table: &Table, name: &str, text: &str) -> Result<(Table, FileConfig), String> {
    let typed = typed(text).map(|value| with_value(table, name, value)).transpose()?;
    match typed {
        Some(Ok(done)) => Ok(done),
        // A trust may be called "42", and a day looks like a date: what has the wrong type as a number
        // may well be right as text.
        Some(Err(reason)) => with_value(table, name, Value::String(text.to_owned()))?.map_err(|_| reason),
        None => with_value(table, name, Value::String(text.to_owned()))?,
    }
}

type Read = Result<(Table, FileConfig), String>;

/// The outer error is about the variable's name, the inner one about its value.
fn with_value(table: &Table, name: &str, value: Value) -> Result<Read, String> {
    let mut table = table.clone();
    match name.strip_prefix("SOURCE__") {
        Some(rest) => {
            let (source, key) = source_of(&mut table, rest)?;
            set(source, key, value)?;
        }
        None => set(&mut table, name, value)?,
    }
    let read = FileConfig::deserialize(table.clone()).map_err(|error| in_plain_words(error.message()));
    Ok(read.map(|config| (table, config)))
}

fn typed(text: &str) -> Option<Value> {
    // A line end would let a value smuggle in further keys.
    if text.contains(['\n', '\r']) {
        return None;
    }
    toml::from_str::<Table>(&format!("value = {text}")).ok()?.remove("value")
}

fn set(table: &mut Table, path: &str, value: Value) -> Result<(), String> {
    match path.split_once("__") {
        None => {
            table.insert(path.to_lowercase(), value);
            Ok(())
        }
        Some((section, rest)) => {
            let section = section.to_lowercase();
            match table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new())) {
                Value::Table(inner) => set(inner, rest, value),
                _ => Err(format!("`{section}` is not a section")),
            }
        }
    }
}

/// The source that `SERVICE_DESK__URL` speaks of, and the key.
fn source_of<'t, 'n>(table: &'t mut Table, rest: &'n str) -> Result<(&'t mut Table, &'n str), String> {
    let sources = table.get_mut("source").and_then(Value::as_array_mut);
    let mut found: Vec<(&mut Table, &str)> = sources
        .into_iter()
        .flatten()
        .filter_map(Value::as_table_mut)
        .filter_map(|source| {
            let name = source.get("name")?.as_str()?.to_uppercase().replace('-', "_");
            let key = rest.strip_prefix(&name)?.strip_prefix("__")?;
            Some((source, key))
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err("more than one source has this name in capitals".to_owned()),
        (None, _) => Err("no [[source]] in the file has this name".to_owned()),
    }
}
