//! A mapping to begin with, for somebody who has a file and no mapping yet.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use super::{
    error::ImportError,
    file::{Row, RowFile},
    mapping::FileOptions,
};

/// Rows whose states and dates are looked at.
const LOOKED_AT: usize = 1_000;
/// A column with more different values than this does not hold states.
const MOST_STATES: usize = 20;

/// Names under which service desks export each field, most telling first; lower case, words joined by `_`.
const KNOWN: [(&str, &[&str]); 14] = [
    ("external_id", &["sys_id", "id", "number", "ticket_id", "ticket_number", "ticket", "reference", "key"]),
    ("reference", &["number", "ticket_number", "reference", "key", "ticket_id", "id"]),
    ("kind", &["sys_class_name", "type", "ticket_type", "request_type", "issue_type", "tracker"]),
    ("title", &["short_description", "subject", "title", "summary", "brief_description"]),
    ("state", &["state", "incident_state", "status", "request_status"]),
    ("department", &["department", "requester_department", "caller_department", "directorate", "division"]),
    (
        "team",
        &["assignment_group", "group", "team", "operator_group", "queue", "assigned_group", "resolver_group"],
    ),
    (
        "system",
        &["cmdb_ci", "business_service", "configuration_item", "service", "application", "system", "asset"],
    ),
    ("priority", &["priority", "urgency"]),
    ("source_category", &["category", "subcategory", "classification"]),
    (
        "opened_at",
        &[
            "opened_at",
            "opened",
            "created_at",
            "created",
            "sys_created_on",
            "created_time",
            "creation_date",
            "date_opened",
        ],
    ),
    (
        "finished_at",
        &[
            "resolved_at",
            "resolved",
            "resolved_time",
            "closed_at",
            "closed",
            "closed_time",
            "completed",
            "date_closed",
        ],
    ),
    (
        "updated_at",
        &[
            "sys_updated_on",
            "sys_updated_at",
            "updated_at",
            "updated",
            "last_updated",
            "modified",
            "last_modified",
        ],
    ),
    ("effort", &["time_worked", "time_spent", "effort", "minutes_worked", "worked"]),
];

/// The error that says that a mapping is missing: with the file's columns and a mapping to begin with.
/// Another error where the file itself cannot be read.
pub fn mapping_wanted(path: &Path) -> ImportError {
    match suggest(path) {
        Ok(wanted) => wanted,
        Err(error) => error,
    }
}

fn suggest(path: &Path) -> Result<ImportError, ImportError> {
    let file = RowFile::open(path, &FileOptions::default())?;
    let mut rows = file.rows()?;
    let header = rows.header.clone();
    let mut sample = Vec::new();
    while sample.len() < LOOKED_AT
        && let Some(row) = rows.next()?
    {
        sample.push(row);
    }
    let columns = header.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    Ok(ImportError::NoMapping { file: file.name.clone(), columns, skeleton: skeleton(&header, &sample) })
}

fn skeleton(header: &[String], sample: &[Row]) -> String {
    let mut text = String::from(
        "rows = \"one_per_item\"   # or \"log\": several rows per item, the last one counts\n\
         snapshot = false        # true: the file lists everything, so what it lacks is gone\n\
         missing = [\"NULL\"]      # what stands for no value, besides an empty cell\n\
         \n\
         [dates]\n\
         format = \"%d/%m/%Y %H:%M\"   # day first; as strftime writes it\n\
         zone = \"Europe/London\"      # of the person who exported the file\n\
         \n\
         [fields]\n",
    );
    for (field, names) in KNOWN {
        let found = columns_of(header, names);
        let line = match (field, found.as_slice()) {
            ("kind", []) => {
                "kind = { value = \"incident\" }   # incident, request, problem, change, task or project"
                    .to_owned()
            }
            ("kind", [column, ..]) => format!(
                "kind = {{ column = {}, values = {{ \"Incident\" = \"incident\" }}, other = \"request\" }}",
                toml_text(column)
            ),
            ("state", [column, ..]) => state_line(column, header, sample),
            ("effort", [column, ..]) => {
                format!(
                    "effort = {{ column = {}, unit = \"minutes\" }}   # seconds, minutes, hours or hh:mm",
                    toml_text(column)
                )
            }
            ("external_id" | "state" | "opened_at" | "updated_at", []) => {
                format!("# {field} = \"\"   # needed, and no column has a name that tells")
            }
            (_, []) => continue,
            ("finished_at" | "updated_at", [_, _, ..]) => {
                let list = found.iter().map(|column| toml_text(column)).collect::<Vec<_>>().join(", ");
                format!("{field} = [{list}]   # the first that is not empty")
            }
            (_, [column, ..]) => format!("{field} = {}", toml_text(column)),
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The file's own spelling of the columns that go by these names, in the order of the names.
fn columns_of<'a>(header: &'a [String], names: &[&str]) -> Vec<&'a str> {
    names
        .iter()
        .filter_map(|name| header.iter().find(|column| plain(column) == *name).map(String::as_str))
        .collect()
}

fn plain(column: &str) -> String {
    column.trim().to_lowercase().replace([' ', '-', '.'], "_")
}

/// Lists the states that the file really has, each with a guess.
fn state_line(column: &str, header: &[String], sample: &[Row]) -> String {
    let place = header.iter().position(|name| name == column).unwrap_or_default();
    let states: BTreeSet<&str> = sample
        .iter()
        .filter_map(|row| row.cells.get(place))
        .map(str::trim)
        .filter(|state| !state.is_empty())
        .collect();
    if states.is_empty() || states.len() > MOST_STATES {
        return format!(
            "state = {{ column = {}, values = {{ \"Closed\" = \"finished\" }}, other = \"open\" }}",
            toml_text(column)
        );
    }
    let table = states
        .iter()
        .map(|state| format!("{} = \"{}\"", toml_text(state), guess(state)))
        .collect::<Vec<_>>()
        .join(", ");
    format!("state = {{ column = {}, values = {{ {table} }} }}", toml_text(column))
}

fn guess(state: &str) -> &'static str {
    let state = state.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if has(&["cancel", "reject", "withdraw", "duplicate", "skipped", "merged"]) {
        "withdrawn"
    } else if has(&["incomplete", "unresolved", "not "]) {
        "open"
    } else if has(&["clos", "resol", "complet", "done", "finish", "fulfil", "solved"]) {
        "finished"
    } else {
        "open"
    }
}

/// A TOML string with everything in it that needs escaping escaped.
fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Mapping;

    fn wanted(csv: &str) -> ImportError {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tickets.csv");
        std::fs::write(&path, csv).unwrap();
        mapping_wanted(&path)
    }

    #[test]
    fn a_file_without_a_mapping_gets_one_to_begin_with() {
        let error = wanted(
            "Number,State,Short description,Assignment group,Opened,Resolved,Closed,Updated,Time worked\n\
             INC1,New,Kettle,Desk,,,,,\nINC2,Closed Complete,Toaster,Desk,,,,,\nINC3,Cancelled,Lamp,Desk,,,,,\n",
        );
        insta::assert_snapshot!(error, @r#"
        tickets.csv needs a mapping file that says what its columns mean; give it with --mapping FILE

        Its columns are "Number", "State", "Short description", "Assignment group", "Opened", "Resolved", "Closed", "Updated", "Time worked".

        A mapping to begin with, guessed from those names; check every line before using it:

        rows = "one_per_item"   # or "log": several rows per item, the last one counts
        snapshot = false        # true: the file lists everything, so what it lacks is gone
        missing = ["NULL"]      # what stands for no value, besides an empty cell

        [dates]
        format = "%d/%m/%Y %H:%M"   # day first; as strftime writes it
        zone = "Europe/London"      # of the person who exported the file

        [fields]
        external_id = "Number"
        reference = "Number"
        kind = { value = "incident" }   # incident, request, problem, change, task or project
        title = "Short description"
        state = { column = "State", values = { "Cancelled" = "withdrawn", "Closed Complete" = "finished", "New" = "open" } }
        team = "Assignment group"
        opened_at = "Opened"
        finished_at = ["Resolved", "Closed"]   # the first that is not empty
        updated_at = "Updated"
        effort = { column = "Time worked", unit = "minutes" }   # seconds, minutes, hours or hh:mm
        "#);
    }

    #[test]
    fn the_mapping_to_begin_with_can_be_read_back() {
        let ImportError::NoMapping { skeleton, .. } = wanted(
            "Ticket \"no\",ID,Type,Status,Created,Updated,Priority\n1,1,Incident,\"On \"\"hold\"\"\",,,\n",
        ) else {
            panic!("another error");
        };
        assert!(skeleton.contains("hold"));
        Mapping::parse(&skeleton).unwrap();
    }

    #[test]
    fn a_file_that_tells_nothing_still_shows_what_is_needed() {
        let error = wanted("a,b\n1,2\n").to_string();
        assert!(error.contains("# external_id = \"\"") && error.contains("\"a\", \"b\""), "{error}");
    }
}
