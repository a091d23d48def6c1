use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{EffortEntry, Kind};

/// How much of a ticket's text is kept. Classification sees exactly what is kept, so that the same
/// verdict comes out again tomorrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPolicy {
    /// Neither title nor description.
    None,
    /// The title, redacted.
    #[default]
    Title,
    /// Title and description, redacted.
    Full,
}

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not finished yet: new, in progress or waiting.
    Open,
    /// The work was done. Only this counts as work done.
    Finished,
    /// Ended without the work being done: cancelled, rejected, or merged into another.
    Withdrawn,
}

impl State {
    /// The word used in the database and in mapping files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Finished => "finished",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One piece of work as we understood it. Holds no person's name: requesters are departments and
/// assignees are teams by the time a connector builds one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkItem {
    /// The record's identity at its source; never changes, never shown.
    pub external_id: String,
    /// What people call it, for example `INC0010023`.
    pub reference: String,
    /// Incident, request, project…
    pub kind: Kind,
    /// One line; `None` where the text policy keeps none.
    pub title: Option<String>,
    /// The long text; kept only under [`TextPolicy::Full`].
    pub description: Option<String>,
    /// Open, finished or withdrawn.
    pub state: State,
    /// Who asked.
    pub department: Option<String>,
    /// Who did it.
    pub team: Option<String>,
    /// The application or service that it is about.
    pub system: Option<String>,
    /// The source's own priority, 1 being the most urgent.
    pub priority: Option<u8>,
    /// The source's own category label, as rules may want to look at it.
    pub source_category: Option<String>,
    /// The source's own word for where it stands, so that a new one is noticed; `state` is what counts.
    pub source_status: Option<String>,
    /// The source's own labels.
    pub labels: Vec<String>,
    /// `external_id` of the piece of work that this one belongs to, within the same source.
    pub parent: Option<String>,
    /// When it was asked for.
    pub opened_at: DateTime<Utc>,
    /// When the work was done; set exactly when `state` is finished.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the source last touched it. An older version never overwrites a newer one.
    pub updated_at: DateTime<Utc>,
    /// Work that somebody wrote down. Empty means nobody logged any, which is not the same as none.
    pub logged: Vec<EffortEntry>,
}

impl WorkItem {
    /// All logged effort in seconds; `None` when nothing is logged.
    pub fn logged_seconds(&self) -> Option<i64> {
        if self.logged.is_empty() {
            return None;
        }
        Some(self.logged.iter().map(|entry| entry.seconds).sum())
    }
}
