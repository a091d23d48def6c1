//! The columns of the tables, and the walk over dots from a record to what it refers to.

use std::borrow::Cow;

use crate::{
    calendar::london,
    departments::DEPARTMENTS,
    record::{Record, Stage, Table},
    systems::{Sort, System},
};

use super::live::Live;

const COMMON: &[&str] = &[
    "sys_id",
    "number",
    "sys_class_name",
    "short_description",
    "description",
    "state",
    "priority",
    "active",
    "opened_by",
    "opened_at",
    "closed_at",
    "sys_created_on",
    "sys_updated_on",
    "time_worked",
    "sys_tags",
    "parent",
    "assignment_group",
    "assigned_to",
    "cmdb_ci",
    "business_service",
];

/// The columns that one table has besides the common ones.
fn own(table: Table) -> &'static [&'static str] {
    match table {
        Table::Incident => {
            &["category", "caller_id", "resolved_at", "problem_id", "parent_incident", "reopen_count"]
        }
        Table::RequestItem => &["request", "requested_for", "cat_item"],
        Table::Task => &["request", "request_item"],
        Table::Problem => &["category", "resolved_at"],
        Table::Change => &["category", "type", "requested_by"],
        Table::Project => &["category", "department", "work_start", "work_end"],
    }
}

/// All columns of a table.
pub(crate) fn columns(table: Table) -> impl Iterator<Item = &'static str> {
    COMMON.iter().chain(own(table)).copied()
}

/// Whether the first step of the path is a column and every later one leads somewhere.
pub(crate) fn is_known(table: Table, path: &str) -> bool {
    let mut steps = path.split('.');
    let Some(first) = steps.next().filter(|first| columns(table).any(|column| column == *first)) else {
        return false;
    };
    let mut at = target(first);
    for step in steps {
        match at.and_then(|target| target.column(step)) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

pub(crate) fn is_instant(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    matches!(
        last,
        "opened_at"
            | "closed_at"
            | "resolved_at"
            | "work_start"
            | "work_end"
            | "sys_created_on"
            | "sys_updated_on"
    )
}

/// What a reference column leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    User,
    Department,
    Named,
    Request,
    /// A record of that table, or of any, of which only the common columns are known.
    Record(Option<Table>),
}

fn target(column: &str) -> Option<Target> {
    match column {
        "opened_by" | "assigned_to" | "caller_id" | "requested_for" | "requested_by" => Some(Target::User),
        "department" => Some(Target::Department),
        "assignment_group" | "cmdb_ci" | "business_service" | "cat_item" => Some(Target::Named),
        "request" => Some(Target::Request),
        "parent" => Some(Target::Record(None)),
        "parent_incident" => Some(Target::Record(Some(Table::Incident))),
        "problem_id" => Some(Target::Record(Some(Table::Problem))),
        "request_item" => Some(Target::Record(Some(Table::RequestItem))),
        _ => None,
    }
}

impl Target {
    /// Where the column of this target leads in turn: nowhere (`Some(None)`), on, or it is unknown.
    fn column(self, name: &str) -> Option<Option<Target>> {
        let known = match self {
            Self::User => matches!(name, "sys_id" | "name" | "department"),
            Self::Department | Self::Named => matches!(name, "sys_id" | "name"),
            Self::Request => matches!(name, "sys_id" | "number" | "requested_for"),
            Self::Record(None) => COMMON.contains(&name),
            Self::Record(Some(table)) => columns(table).any(|column| column == name),
        };
        known.then(|| target(name))
    }
}

/// One value, before it is written in one of ServiceNow's three manners.
pub(crate) enum Value<'a> {
    Empty,
    Text(Cow<'a, str>),
    Choice { value: String, label: &'static str },
    Instant(i64),
    Duration(u32),
    Reference(Reference<'a>),
}

/// A value that leads to another record.
pub(crate) struct Reference<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: u128,
    pub(crate) name: Cow<'a, str>,
    to: Entity<'a>,
}

#[derive(Clone, Copy)]
enum Entity<'a> {
    Named,
    User { department: Option<u8> },
    Request(&'a Record),
    Record(&'a Record),
}

/// Follows a path from a record. What lies behind an empty reference is empty.
pub(crate) fn walk<'a>(live: &'a Live, record: &'a Record, path: &str) -> Value<'a> {
    let mut steps = path.split('.');
    let mut value = steps.next().map_or(Value::Empty, |step| column(live, record, step));
    for step in steps {
        value = match value {
            Value::Reference(reference) => reference.column(live, step),
            _ => Value::Empty,
        };
    }
    value
}

impl<'a> Reference<'a> {
    fn to(table: &'static str, name: impl Into<Cow<'a, str>>, to: Entity<'a>) -> Value<'a> {
        let name = name.into();
        Value::Reference(Self { table, id: id_of(table, &name), name, to })
    }

    fn record(record: &'a Record) -> Value<'a> {
        let (table, name) = (record.table.name(), record.reference().into());
        Value::Reference(Self { table, id: record.sys_id, name, to: Entity::Record(record) })
    }

    fn column(self, live: &'a Live, step: &str) -> Value<'a> {
        match (self.to, step) {
            (Entity::Record(record), _) => column(live, record, step),
            (_, "sys_id") => Value::Text(format!("{:032x}", self.id).into()),
            (_, "name" | "number") => Value::Text(self.name),
            (Entity::User { department }, "department") => {
                let department = department.and_then(|index| DEPARTMENTS.get(usize::from(index)));
                named("cmn_department", department.map(|department| department.name))
            }
            (Entity::Request(item), "requested_for") => caller(item),
            _ => Value::Empty,
        }
    }
}

fn column<'a>(live: &'a Live, record: &'a Record, name: &str) -> Value<'a> {
    match name {
        "sys_id" => Value::Text(record.sys_id_text().into()),
        "number" => Value::Text(record.reference().into()),
        "sys_class_name" => {
            Value::Choice { value: record.table.name().to_owned(), label: class_label(record.table) }
        }
        "short_description" => Value::Text(record.title().into()),
        "description" => Value::Text(description(record).into()),
        "state" => state(record),
        "priority" => {
            Value::Choice { value: record.priority.to_string(), label: priority_label(record.priority) }
        }
        "active" => Value::Text(if record.closed.is_some() { "false" } else { "true" }.into()),
        "category" | "type" => Value::Text(record.label().into()),
        "opened_at" | "sys_created_on" => Value::Instant(record.opened),
        "sys_updated_on" => Value::Instant(record.updated),
        "resolved_at" => record.resolved.map_or(Value::Empty, Value::Instant),
        "closed_at" => record.closed.map_or(Value::Empty, Value::Instant),
        "time_worked" if record.logged => Value::Duration(record.effort),
        "reopen_count" => Value::Text(record.reopened.to_string().into()),
        "caller_id" | "requested_for" | "requested_by" => caller(record),
        // Somebody always opens a record: where no department asked, it was whoever does the work.
        "opened_by" if record.department.is_none() => worker(record),
        "opened_by" => caller(record),
        "assigned_to" if record.stage == Stage::New => Value::Empty,
        "assigned_to" => worker(record),
        "assignment_group" => named("sys_user_group", Some(record.team_name())),
        "department" => named("cmn_department", record.department_name()),
        "work_start" => Value::Instant(record.opened),
        "work_end" => record.closed.map_or(Value::Empty, Value::Instant),
        "cmdb_ci" => system(record, "cmdb_ci"),
        "business_service" => system(record, "cmdb_ci_service"),
        "cat_item" => named("sc_cat_item", Some(record.label())),
        "problem_id" => parent(live, record),
        "parent" if record.table != Table::Incident => parent(live, record),
        "request_item" => match parent(live, record) {
            Value::Reference(reference) if reference.table == "sc_req_item" => Value::Reference(reference),
            _ => Value::Empty,
        },
        "request" => request(live, record),
        _ => Value::Empty,
    }
}

fn parent<'a>(live: &'a Live, record: &'a Record) -> Value<'a> {
    record.parent.and_then(|id| live.by_id(id)).map_or(Value::Empty, Reference::record)
}

/// A reference to what has nothing but a name.
fn named<'a>(table: &'static str, name: Option<&'static str>) -> Value<'a> {
    name.map_or(Value::Empty, |name| Reference::to(table, name, Entity::Named))
}

/// The request in whose basket the item lay; a task has its item's.
fn request<'a>(live: &'a Live, record: &'a Record) -> Value<'a> {
    let item = match record.table {
        Table::RequestItem => Some(record),
        _ => record.parent.and_then(|id| live.by_id(id)).filter(|item| item.table == Table::RequestItem),
    };
    item.map_or(Value::Empty, |item| {
        Reference::to("sc_request", format!("REQ{:07}", item.number), Entity::Request(item))
    })
}

/// Nobody has a name here: a caller is a number within a department.
fn caller(record: &Record) -> Value<'_> {
    let Some(department) = record.department_name() else { return Value::Empty };
    let name = format!("Staff member {}, {department}", record.caller + 1);
    Reference::to("sys_user", name, Entity::User { department: record.department })
}

fn worker(record: &Record) -> Value<'_> {
    let name = format!("Analyst {}, {}", record.caller % 7 + 1, record.team_name());
    Reference::to("sys_user", name, Entity::User { department: None })
}

fn system<'a>(record: &Record, table: &'static str) -> Value<'a> {
    // Trusts that keep services at all keep them for what staff use, not for what those stand on.
    let is_service = |system: &System| {
        !matches!(system.sort, Sort::Platform | Sort::Network | Sort::Print | Sort::Security | Sort::Identity)
    };
    let system = record.system().filter(|system| table == "cmdb_ci" || is_service(system));
    named(table, system.map(|system| system.name))
}

fn description(record: &Record) -> String {
    let title = record.title();
    match (record.department_name(), record.table) {
        (Some(department), Table::Incident) => {
            format!("{title}.\r\nReported by {department}. Restarted, no change. Affects the whole team.")
        }
        (Some(department), _) => format!("{title}.\r\nFor {department}. Approved by the line manager."),
        (None, _) => format!("{title}.\r\nRaised by {}.", record.team_name()),
    }
}

fn class_label(table: Table) -> &'static str {
    match table {
        Table::Incident => "Incident",
        Table::RequestItem => "Requested Item",
        Table::Task => "Catalog Task",
        Table::Problem => "Problem",
        Table::Change => "Change Request",
        Table::Project => "Project",
    }
}

fn priority_label(priority: u8) -> &'static str {
    match priority {
        1 => "1 - Critical",
        2 => "2 - High",
        3 => "3 - Moderate",
        4 => "4 - Low",
        _ => "5 - Planning",
    }
}

/// The numbers that an instance has before anybody customises them.
fn state(record: &Record) -> Value<'static> {
    let (value, label) = match (record.table, record.stage) {
        (Table::Incident, Stage::New) => ("1", "New"),
        (Table::Incident, Stage::InProgress) => ("2", "In Progress"),
        (Table::Incident, Stage::OnHold) => ("3", "On Hold"),
        (Table::Incident, Stage::Resolved) => ("6", "Resolved"),
        (Table::Incident, Stage::Closed) => ("7", "Closed"),
        (Table::Incident, Stage::Cancelled) => ("8", "Canceled"),
        (Table::Problem, Stage::New) => ("101", "New"),
        (Table::Problem, Stage::InProgress) => ("103", "Root Cause Analysis"),
        (Table::Problem, Stage::OnHold) => ("102", "Assess"),
        (Table::Problem, Stage::Resolved) => ("106", "Resolved"),
        // A cancelled problem is closed; only its resolution code tells.
        (Table::Problem, Stage::Closed | Stage::Cancelled) => ("107", "Closed"),
        (Table::Change, Stage::New) => ("-5", "New"),
        (Table::Change, Stage::InProgress) => ("-1", "Implement"),
        (Table::Change, Stage::OnHold) => ("-2", "Scheduled"),
        (Table::Change, Stage::Resolved) => ("0", "Review"),
        (Table::Change, Stage::Closed) => ("3", "Closed"),
        (Table::Change, Stage::Cancelled) => ("4", "Canceled"),
        (_, Stage::New) => ("1", "Open"),
        (_, Stage::InProgress | Stage::Resolved) => ("2", "Work in Progress"),
        (_, Stage::OnHold) => ("-5", "Pending"),
        (_, Stage::Closed) => ("3", "Closed Complete"),
        (_, Stage::Cancelled) => ("4", "Closed Incomplete"),
    };
    Value::Choice { value: value.to_owned(), label }
}

/// The same thing has the same identity on every instance: FNV-1a over its table and name.
fn id_of(table: &str, name: &str) -> u128 {
    let bytes = table.bytes().chain([b'/']).chain(name.bytes());
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

impl Value<'_> {
    /// As the database holds it: zoneless UTC times, durations as a moment after 1970 began.
    pub(crate) fn raw(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Choice { value, .. } => Cow::Borrowed(value),
            Self::Instant(at) => utc_text(*at).into(),
            Self::Duration(seconds) => utc_text(i64::from(*seconds)).into(),
            Self::Reference(reference) => format!("{:032x}", reference.id).into(),
        }
    }

    /// As the person who asks would see it: words, and times in their own zone and format.
    pub(crate) fn display(&self) -> Cow<'_, str> {
        match self {
            Self::Choice { label, .. } => Cow::Borrowed(label),
            Self::Instant(at) => {
                london(*at).map_or(String::new(), |time| time.format("%d/%m/%Y %H:%M:%S").to_string()).into()
            }
            Self::Duration(seconds) => duration_in_words(*seconds).into(),
            Self::Reference(reference) => Cow::Borrowed(&reference.name),
            Self::Empty | Self::Text(_) => self.raw(),
        }
    }
}

fn utc_text(at: i64) -> String {
    chrono::DateTime::from_timestamp(at, 0)
        .map_or(String::new(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

fn duration_in_words(seconds: u32) -> String {
    let minutes = seconds / 60;
    let parts = [(minutes / 1440, "Day"), (minutes / 60 % 24, "Hour"), (minutes % 60, "Minute")];
    let words = parts.into_iter().filter(|(count, _)| *count > 0);
    words
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(" ")
}
