//! Who sorts at present: one process at a time, and another one once that has not been heard of for a
//! while.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{StoreError, bulk, entity::setting, error::Doing, token};

/// How long others wait for a process that died. Whoever sorts renews it every few seconds.
const LEASE: TimeDelta = TimeDelta::minutes(1);

/// Key of the setting that holds who sorts and until when.
const KEY: &str = "classification.lease";

const DOING: &str = "keep others from sorting at the same time";

/// Says that it is us who sort.
#[derive(Debug)]
pub(crate) struct Lease(String);

impl Lease {
    /// `None` where somebody else holds it. What is in force must be locked.
    pub(crate) async fn take(
        tx: &DatabaseTransaction,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, StoreError> {
        let held = setting::Entity::find_by_id(KEY).one(tx).await.doing(DOING)?;
        let until = held.and_then(|row| DateTime::parse_from_rfc3339(row.value.split_once(' ')?.1).ok());
        if until.is_some_and(|until| until > now) {
            return Ok(None);
        }
        let lease = Self(format!("{owner}/{}", token::random()?));
        let row = setting::Model { key: KEY.to_owned(), value: lease.until(now) };
        let ours = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
        let insert = bulk::insert([setting::ActiveModel::from(row)], Some(ours));
        tx.execute(&insert).await.doing(DOING)?;
        Ok(Some(lease))
    }

    /// Fails where another process holds it by now.
    pub(crate) async fn renew(&self, tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), StoreError> {
        let renewed = setting::Entity::update_many()
            .col_expr(setting::Column::Value, Expr::value(self.until(now)))
            .filter(setting::Column::Key.eq(KEY))
            .filter(setting::Column::Value.starts_with(&self.0))
            .exec(tx)
            .await
            .doing(DOING)?;
        if renewed.rows_affected == 0 {
            let lost =
                "another process took over putting the rules in force; this one stops, nothing is lost";
            return Err(StoreError::Refused(lost.to_owned()));
        }
        Ok(())
    }

    pub(crate) async fn give_back(&self, tx: &DatabaseTransaction) -> Result<(), StoreError> {
        give_back(tx, &self.0).await
    }

    fn until(&self, now: DateTime<Utc>) -> String {
        format!("{} {}", self.0, (now + LEASE).to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// Gives back what this process holds.
pub(crate) async fn give_back(tx: &DatabaseTransaction, owner: &str) -> Result<(), StoreError> {
    setting::Entity::delete_many()
        .filter(setting::Column::Key.eq(KEY))
        .filter(setting::Column::Value.starts_with(owner))
        .exec(tx)
        .await
        .doing(DOING)?;
    Ok(())
}
