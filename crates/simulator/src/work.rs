//! The sorts of work that an IT department does: how often, by whom, about what, how long, and in
//! which words it arrives. The words themselves are in the `titles_…` modules.

use crate::{
    record::Table,
    story::{Rhythm, Tide},
    systems::Sort,
    teams::Team,
    titles_changes, titles_incidents, titles_projects, titles_requests, titles_tasks,
};

/// A sort of work.
pub(crate) struct Work {
    pub(crate) table: Table,
    /// What it really is: a category of the taxonomy. Never shown by the simulated service desk.
    pub(crate) truth: &'static str,
    pub(crate) teams: &'static [Team],
    pub(crate) about: &'static [Sort],
    /// How many arise on an ordinary working day at scale 1.
    pub(crate) per_day: f64,
    pub(crate) rhythm: Rhythm,
    pub(crate) tide: Tide,
    /// Median minutes of effort, and the spread of their logarithm.
    pub(crate) minutes: f64,
    pub(crate) spread: f64,
    /// Median working hours from being opened to being done.
    pub(crate) turnaround: f64,
    /// What the service desk itself calls it in its `category` field.
    pub(crate) label: &'static str,
    /// Whether people report it, or the IT department sees it by itself.
    pub(crate) asked: bool,
    pub(crate) place: Place,
    pub(crate) titles: &'static [&'static str],
}

/// Where the work hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// By itself.
    Alone,
    /// A request from which tasks for the teams follow.
    WithTasks,
    /// One of those tasks: it never arises by itself.
    UnderRequest,
    /// Under a project of this programme.
    Under(Programme),
    /// An incident that made the news in the hospital: priority 1.
    Major,
}

/// What a project belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Programme {
    Epr,
    N365,
    Windows11,
    /// New digital products.
    Product,
    /// Rolling something out.
    Rollout,
    /// Finding out what is needed.
    Discovery,
    /// Replacing what lies below the waterline.
    Foundations,
}

impl Work {
    /// What most work is like; the `titles_…` modules spell out the rest.
    pub(crate) const ORDINARY: Self = Self {
        table: Table::Incident,
        truth: "incident",
        teams: &[Team::ServiceDesk],
        about: &[],
        per_day: 0.0,
        rhythm: Rhythm::Office,
        tide: Tide::Even,
        minutes: 30.0,
        spread: 0.6,
        turnaround: 10.0,
        label: "Request",
        asked: true,
        place: Place::Alone,
        titles: &[],
    };
}

/// Every sort of work, in one list. A record points into it.
pub(crate) fn all_work() -> impl Iterator<Item = &'static Work> {
    titles_incidents::WORK
        .iter()
        .chain(titles_requests::WORK)
        .chain(titles_tasks::WORK)
        .chain(titles_changes::WORK)
        .chain(titles_projects::WORK)
}
