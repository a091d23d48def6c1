use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DbErr, EntityTrait, QueryOrder, QuerySelect,
};

use crate::{
    Store, StoreError,
    bulk::{self, portions},
    entity::audit_log,
    error::Doing,
};

/// One line of the append-only log: who did what to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a user's name, or the command line.
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
        append(self.writer(), std::slice::from_ref(entry)).await.doing("write the audit log")
    }

    /// The newest entries.
    pub async fn audit_entries(&self, limit: u64) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = audit_log::Entity::find()
            .order_by_desc(audit_log::Column::Id)
            .limit(limit)
            .all(self.reader())
            .await
            .doing("read the audit log")?;
        Ok(rows
            .into_iter()
            .map(|audit_log::Model { at, actor, action, subject, detail, .. }| AuditEntry {
                at,
                actor,
                action,
                subject,
                detail,
            })
            .collect())
    }
}

/// Appends entries within the transaction of what they record.
pub(crate) async fn append(db: &impl ConnectionTrait, entries: &[AuditEntry]) -> Result<(), DbErr> {
    for portion in portions(entries) {
        let rows = portion.iter().cloned().map(|entry| audit_log::ActiveModel {
            id: NotSet,
            at: Set(entry.at),
            actor: Set(entry.actor),
            action: Set(entry.action),
            subject: Set(entry.subject),
            detail: Set(entry.detail),
        });
        db.execute(&bulk::insert(rows, None)).await?;
    }
    Ok(())
}
