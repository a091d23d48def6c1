use chrono::{DateTime, Utc};

use crate::{Store, StoreError};

/// One line of the append-only log: who did what to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    pub actor: String,
    /// For example `tag`, `tag.undo`, `sign_in`, `sign_in.refused`, `user.add`.
    pub action: String,
    /// What it was done to, for example `INC0010023`.
    pub subject: String,
    /// For example "incident -> improvement".
    pub detail: String,
}

impl Store {
    /// Appends an entry on its own; tagging and account changes write theirs in their own transaction.
    pub async fn log(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The newest entries.
    pub async fn audit_entries(&self, limit: u64) -> Result<Vec<AuditEntry>, StoreError> {
        unimplemented!()
    }
}
