use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QuerySelect};
use waterline_core::{EffortRates, Kind};

use crate::{entity::setting, error::unreadable, store::EFFORT_RATES};

/// The rates that every process estimates with, and keeps estimating with until the transaction ends:
/// whoever changes them waits for it.
pub(crate) async fn rates_in_use(
    tx: &impl ConnectionTrait,
    defaults: &BTreeMap<Kind, i64>,
) -> Result<EffortRates, DbErr> {
    let kept = setting::Entity::find_by_id(EFFORT_RATES).lock_shared().one(tx).await?;
    match kept {
        Some(row) => serde_json::from_str(&row.value)
            .map_err(|error| unreadable(format!("the kept effort rates: {error}"))),
        None => Ok(EffortRates::from_defaults(defaults.clone())),
    }
}
