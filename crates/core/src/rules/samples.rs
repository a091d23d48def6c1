//! Work items for tests.

use chrono::DateTime;

use crate::{Kind, State, WorkItem};

/// A piece of work of which nothing is known but its kind and title.
pub(super) fn ticket(kind: Kind, title: &str) -> WorkItem {
    WorkItem {
        external_id: "1".to_owned(),
        reference: "INC0000001".to_owned(),
        kind,
        title: Some(title.to_owned()),
        description: None,
        state: State::Open,
        department: None,
        team: None,
        system: None,
        priority: None,
        source_category: None,
        source_status: None,
        labels: Vec::new(),
        parent: None,
        opened_at: DateTime::UNIX_EPOCH,
        finished_at: None,
        updated_at: DateTime::UNIX_EPOCH,
        logged: Vec::new(),
    }
}
