use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What sort of record a piece of work came in as. A closed set: it is a metric label and a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something broke.
    Incident,
    /// Somebody asked for something.
    Request,
    /// The cause behind incidents.
    Problem,
    /// An alteration to a live service.
    Change,
    /// A step of something larger.
    Task,
    /// A planned piece of work with an end.
    Project,
    /// Patches put on devices.
    Patching,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Incident,
        Self::Request,
        Self::Problem,
        Self::Change,
        Self::Task,
        Self::Project,
        Self::Patching,
    ];

    /// The word used in the database, in metrics and in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Request => "request",
            Self::Problem => "problem",
            Self::Change => "change",
            Self::Task => "task",
            Self::Project => "project",
            Self::Patching => "patching",
        }
    }

    /// Whether work of this kind is what the work that it belongs to is. A task is a step of anything.
    /// What was asked for or planned passes its category on to what was asked for or planned because of
    /// it, and what broke to what broke with it; but an incident after a change is no part of that change,
    /// or faults of a new product would count as new products, and a request that came out of an incident
    /// was never a fault. Patching says by itself what it is.
    pub fn inherits_from(self, parent: Self) -> bool {
        match self {
            Self::Task => true,
            Self::Request | Self::Change | Self::Project => {
                matches!(parent, Self::Request | Self::Change | Self::Project)
            }
            Self::Incident | Self::Problem => matches!(parent, Self::Incident | Self::Problem),
            Self::Patching => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("\"{word}\" is not a kind of work; the kinds are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_never_part_of_what_was_planned_and_the_other_way_round() {
        for planned in [Kind::Request, Kind::Change, Kind::Project] {
            for broken in [Kind::Incident, Kind::Problem] {
                assert!(!broken.inherits_from(planned), "{broken} under {planned}");
                assert!(!planned.inherits_from(broken), "{planned} under {broken}");
                assert!(broken.inherits_from(Kind::Problem) && planned.inherits_from(Kind::Project));
            }
        }
    }

    #[test]
    fn a_task_is_a_step_of_anything_and_patching_of_nothing() {
        for parent in Kind::ALL {
            assert!(Kind::Task.inherits_from(parent) && !Kind::Patching.inherits_from(parent));
        }
    }
}
