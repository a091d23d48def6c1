//! The tables that are drained: which fields are asked for, and what their state numbers mean.

use std::collections::{BTreeMap, BTreeSet};

use waterline_core::{Kind, State, TextPolicy};

use crate::FeedId;

/// One table of the Table API. Where several fields may hold the same thing, the first that is set counts.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) feed: FeedId,
    pub(super) kind: Kind,
    pub(super) department: &'static [&'static str],
    pub(super) category: &'static [&'static str],
    pub(super) parent: &'static [&'static str],
    pub(super) finished: &'static [&'static str],
    states: &'static [(&'static str, State)],
}

/// Department, team and system are names reached through references, so that no person is ever asked for.
const COMMON: [&str; 9] = [
    "sys_id",
    "number",
    "sys_updated_on",
    "sys_created_on",
    "opened_at",
    "state",
    "priority",
    "time_worked",
    TEAM,
];

pub(super) const TEAM: &str = "assignment_group.name";
pub(super) const SYSTEM: [&str; 2] = ["business_service.name", "cmdb_ci.name"];

use State::{Finished, Open, Withdrawn};

/// "Closed incomplete" (4) and "closed skipped" (7) are work that was not done.
const TASK_STATES: &[(&str, State)] =
    &[("-5", Open), ("1", Open), ("2", Open), ("3", Finished), ("4", Withdrawn), ("7", Withdrawn)];

/// All tables, in the order in which they are drained. States are ServiceNow's own numbers; an instance
/// that changed them says so in `[source.servicenow.states]`.
pub(super) static TABLES: [Table; 6] = [
    Table {
        feed: "incident",
        kind: Kind::Incident,
        department: &["caller_id.department.name"],
        category: &["category"],
        parent: &["parent_incident", "parent", "problem_id"],
        finished: &["resolved_at", "closed_at"],
        states: &[("1", Open), ("2", Open), ("3", Open), ("6", Finished), ("7", Finished), ("8", Withdrawn)],
    },
    Table {
        feed: "sc_req_item",
        kind: Kind::Request,
        department: &["request.requested_for.department.name"],
        category: &["cat_item.name"],
        parent: &["parent"],
        finished: &["closed_at"],
        states: TASK_STATES,
    },
    Table {
        feed: "sc_task",
        kind: Kind::Task,
        department: &["request_item.request.requested_for.department.name"],
        category: &["request_item.cat_item.name"],
        parent: &["request_item", "parent"],
        finished: &["closed_at"],
        states: TASK_STATES,
    },
    Table {
        feed: "problem",
        kind: Kind::Problem,
        // IT opens problems on its own account: no department asked.
        department: &[],
        category: &["category"],
        parent: &["parent"],
        finished: &["resolved_at", "closed_at"],
        // 101 to 107 since the Madrid release, 1 to 4 before it.
        states: &[
            ("1", Open),
            ("2", Open),
            ("3", Open),
            ("4", Finished),
            ("101", Open),
            ("102", Open),
            ("103", Open),
            ("104", Open),
            ("106", Finished),
            ("107", Finished),
        ],
    },
    Table {
        feed: "change_request",
        kind: Kind::Change,
        department: &["requested_by.department.name"],
        category: &["category"],
        parent: &["parent"],
        finished: &["closed_at"],
        states: &[
            ("-5", Open),
            ("-4", Open),
            ("-3", Open),
            ("-2", Open),
            ("-1", Open),
            ("0", Open),
            ("3", Finished),
            ("4", Withdrawn),
        ],
    },
    Table {
        feed: "pm_project",
        kind: Kind::Project,
        department: &["department.name"],
        category: &["category"],
        parent: &["parent"],
        finished: &["work_end", "closed_at"],
        states: TASK_STATES,
    },
];

pub(super) fn table(feed: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.feed == feed)
}

impl Table {
    /// For `sysparm_fields`: what is read and nothing else. Text that would not be kept is not asked for.
    pub(super) fn fields(&self, text: TextPolicy) -> String {
        let texts: &[&str] = match text {
            TextPolicy::None => &[],
            TextPolicy::Title => &["short_description"],
            TextPolicy::Full => &["short_description", "description"],
        };
        let lists = [&COMMON, &SYSTEM[..], self.department, self.category, self.parent, self.finished, texts];
        let fields: BTreeSet<&str> = lists.into_iter().flatten().copied().collect();
        fields.into_iter().collect::<Vec<_>>().join(",")
    }
}

/// What state numbers mean on one instance: ServiceNow's own, and over them what the configuration says.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    configured: BTreeMap<String, BTreeMap<String, State>>,
}

impl States {
    pub(super) fn new(configured: BTreeMap<String, BTreeMap<String, State>>) -> Self {
        Self { configured }
    }

    /// `None` for a number that nobody explained.
    pub(super) fn meaning(&self, table: &Table, number: &str) -> Option<State> {
        let configured = self.configured.get(table.feed).and_then(|states| states.get(number));
        let usual = || table.states.iter().find(|(known, _)| *known == number).map(|(_, state)| *state);
        configured.copied().or_else(usual)
    }
}
