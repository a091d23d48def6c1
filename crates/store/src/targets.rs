//! Targets for the share. Setting one is what makes people call their work something else, so each is
//! kept with its day, and the months after it are watched.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, IntoActiveModel, QueryOrder, QuerySelect,
};
use waterline_core::Month;

use crate::{AuditEntry, Store, StoreError, audit_log::append, entity::target, error::Doing};

/// A target that somebody set for the share by effort.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its number.
    pub id: i64,
    /// From 0 to 1.
    pub share: f64,
    /// By the end of which month it is to be reached.
    pub month: Month,
    /// Why, and who decided it.
    pub note: String,
    /// Who wrote it down.
    pub set_by: String,
    /// When.
    pub set_at: DateTime<Utc>,
    /// Since when it no longer holds.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

const SETTING: &str = "keep the target";

impl Store {
    /// Writes a target down; gives its number.
    pub async fn set_target(
        &self,
        share: f64,
        month: Month,
        note: &str,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(StoreError::Refused("a target is a share from 0% to 100%".to_owned()));
        }
        let tx = self.begin(SETTING).await?;
        let row = target::ActiveModel {
            id: NotSet,
            share: Set(share),
            month: Set(month.first_day()),
            note: Set(note.replace('\0', " ")),
            set_by: Set(user.to_owned()),
            set_at: Set(now),
            withdrawn_by: Set(None),
            withdrawn_at: Set(None),
        };
        let row = row.insert(&tx).await.doing(SETTING)?;
        append(&tx, &[entry("target.set", user, now, &row)]).await.doing(SETTING)?;
        tx.commit().await.doing(SETTING)?;
        Ok(row.id)
    }

    /// Takes a target back; it stays in the list with the day on which it ceased to hold.
    pub async fn withdraw_target(&self, id: i64, user: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        const DOING: &str = "withdraw the target";
        let tx = self.begin(DOING).await?;
        let row = target::Entity::find_by_id(id).lock_exclusive().one(&tx).await.doing(DOING)?;
        let Some(row) = row.filter(|row| row.withdrawn_at.is_none()) else {
            return Err(StoreError::Refused(format!("there is no target number {id} that still holds")));
        };
        append(&tx, &[entry("target.withdraw", user, now, &row)]).await.doing(DOING)?;
        let mut row = row.into_active_model();
        row.withdrawn_by = Set(Some(user.to_owned()));
        row.withdrawn_at = Set(Some(now));
        row.update(&tx).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// All targets, newest first, also those that no longer hold.
    pub async fn targets(&self) -> Result<Vec<Target>, StoreError> {
        let rows = target::Entity::find().order_by_desc(target::Column::Id).all(self.reader()).await;
        Ok(rows.doing("list the targets")?.into_iter().map(Target::from).collect())
    }
}

impl From<target::Model> for Target {
    fn from(row: target::Model) -> Self {
        Self {
            id: row.id,
            share: row.share,
            month: Month::of(row.month),
            note: row.note,
            set_by: row.set_by,
            set_at: row.set_at,
            withdrawn_at: row.withdrawn_at,
        }
    }
}

fn entry(action: &str, user: &str, at: DateTime<Utc>, row: &target::Model) -> AuditEntry {
    AuditEntry {
        at,
        actor: user.to_owned(),
        action: action.to_owned(),
        subject: format!("target {}", row.id),
        detail: format!("{:.0}% by {}", row.share * 100.0, Month::of(row.month)),
    }
}
