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
