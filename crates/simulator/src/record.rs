//! One record of the service desk, as small as it can be: names are indices into the static tables.

use std::sync::LazyLock;

use crate::{
    departments::{DEPARTMENTS, Department},
    phrases,
    projects::{PROJECTS, Project},
    systems::{SYSTEMS, System},
    teams::Team,
    work::{Work, all_work},
};

static WORK: LazyLock<Vec<&'static Work>> = LazyLock::new(|| all_work().collect());

/// The tables that hold work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Something broke.
    Incident,
    /// Somebody asked for something out of the catalogue.
    RequestItem,
    /// A step of a request or of a project, or work that a team gives itself.
    Task,
    /// The cause behind incidents.
    Problem,
    /// An alteration to a live service.
    Change,
    /// A project.
    Project,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Incident, Self::RequestItem, Self::Task, Self::Problem, Self::Change, Self::Project];

    /// The table's name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::RequestItem => "sc_req_item",
            Self::Task => "sc_task",
            Self::Problem => "problem",
            Self::Change => "change_request",
            Self::Project => "pm_project",
        }
    }

    /// What the numbers of its records begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Incident => "INC",
            Self::RequestItem => "RITM",
            Self::Task => "SCTASK",
            Self::Problem => "PRB",
            Self::Change => "CHG",
            Self::Project => "PRJ",
        }
    }

    /// The table of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// Where a record stands. Each table has its own numbers for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has looked at it yet.
    New,
    /// Somebody is at it.
    InProgress,
    /// Waiting for the caller, a supplier or a change window.
    OnHold,
    /// Done, and the caller may still object.
    Resolved,
    /// Done for good.
    Closed,
    /// Ended without being done.
    Cancelled,
}

/// What a record was made from; only this is stored of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Work { work: u8, title: u8 },
    Project(u8),
}

/// One record. Instants are seconds since 1970 in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record's identity, 32 hexadecimal digits when written.
    pub sys_id: u128,
    /// The digits of its number.
    pub number: u32,
    /// Its table.
    pub table: Table,
    /// Where it stands.
    pub stage: Stage,
    /// 1 is the most urgent, 5 the least.
    pub priority: u8,
    /// When it was asked for.
    pub opened: i64,
    /// When the work was done; only incidents and problems know this apart from the closing.
    pub resolved: Option<i64>,
    /// When it was closed or cancelled.
    pub closed: Option<i64>,
    /// When it was last touched.
    pub updated: i64,
    /// Seconds of work that it really took so far, whether or not anybody wrote them down.
    pub effort: u32,
    /// Whether they did.
    pub logged: bool,
    /// How often its caller sent it back.
    pub reopened: u8,
    /// The request, project or problem that it belongs to.
    pub parent: Option<u128>,
    pub(crate) origin: Origin,
    pub(crate) team: Team,
    pub(crate) department: Option<u8>,
    pub(crate) system: Option<u8>,
    pub(crate) caller: u8,
    /// Decides how the gaps of the title are filled.
    pub(crate) variant: u32,
    /// A title given later, instead of the generated one.
    pub(crate) own_title: Option<Box<str>>,
}

impl Record {
    /// The number as people write it, for example `INC0012345`.
    pub fn reference(&self) -> String {
        format!("{}{:07}", self.table.prefix(), self.number)
    }

    /// The identity as the service desk writes it.
    pub fn sys_id_text(&self) -> String {
        format!("{:032x}", self.sys_id)
    }

    /// The one line that people read.
    pub fn title(&self) -> String {
        match (&self.own_title, self.origin) {
            (Some(title), _) => title.to_string(),
            (None, Origin::Project(_)) => self.template().to_owned(),
            (None, Origin::Work { .. }) => phrases::title(self),
        }
    }

    /// The team that does it.
    pub fn team_name(&self) -> &'static str {
        self.team.name()
    }

    /// The department that asked, where one did.
    pub fn department_name(&self) -> Option<&'static str> {
        self.department().map(|department| department.name)
    }

    /// The system that it is about, where it is about one.
    pub fn system_name(&self) -> Option<&'static str> {
        self.system().map(|system| system.name)
    }

    pub(crate) fn department(&self) -> Option<&'static Department> {
        DEPARTMENTS.get(usize::from(self.department?))
    }

    pub(crate) fn system(&self) -> Option<&'static System> {
        SYSTEMS.get(usize::from(self.system?))
    }

    pub(crate) fn work(&self) -> Option<&'static Work> {
        match self.origin {
            Origin::Work { work, .. } => WORK.get(usize::from(work)).copied(),
            Origin::Project(_) => None,
        }
    }

    pub(crate) fn project(&self) -> Option<&'static Project> {
        match self.origin {
            Origin::Work { .. } => None,
            Origin::Project(project) => PROJECTS.get(usize::from(project)),
        }
    }

    /// The category of the taxonomy to which it truly belongs.
    pub(crate) fn truth(&self) -> Option<&'static str> {
        self.work().map(|work| work.truth).or_else(|| self.project().map(|project| project.truth))
    }

    /// What the service desk's own `category` field says.
    pub(crate) fn label(&self) -> &'static str {
        self.work().map_or("Project", |work| work.label)
    }

    /// The title with its gaps still open.
    pub(crate) fn template(&self) -> &'static str {
        match self.origin {
            Origin::Work { title, .. } => {
                self.work().and_then(|work| work.titles.get(usize::from(title))).copied().unwrap_or_default()
            }
            Origin::Project(_) => self.project().map_or("", |project| project.title),
        }
    }

    /// The order in which the service desk keeps its records for those who pull them.
    pub(crate) fn key(&self) -> (i64, u128) {
        (self.updated, self.sys_id)
    }
}
