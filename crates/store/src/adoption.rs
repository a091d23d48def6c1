//! Putting rules or a model in force: what is asked for, how far it is, and the moment at which it holds.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait,
};

use crate::{
    RuleTexts, StoreError,
    entity::{adoption, setting},
    error::Doing,
    in_force::IN_FORCE,
    rule_sets,
    store::keep_first,
};

/// Puts the first rules in force in a database that has none.
pub(crate) async fn begin_with(
    tx: &DatabaseTransaction,
    first: &RuleTexts,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const DOING: &str = "keep the first rules";
    if setting::Entity::find_by_id(IN_FORCE).one(tx).await.doing(DOING)?.is_some() {
        return Ok(());
    }
    let by = "waterline";
    let rule_set = rule_sets::number(tx, first, by, now).await.doing(DOING)?;
    let fresh = adoption::ActiveModel {
        id: NotSet,
        rule_set: Set(rule_set),
        model: Set(None),
        state: Set("in_force".to_owned()),
        reason: Set("the first rules".to_owned()),
        asked_by: Set(by.to_owned()),
        asked_at: Set(now),
        in_force_at: Set(Some(now)),
        done: Set(0),
        total: Set(0),
        moved: Set(0),
        shift: Set(None),
        trouble: Set(None),
    };
    let id = fresh.insert(tx).await.doing(DOING)?.id;
    keep_first(tx, IN_FORCE, id.to_string()).await?;
    Ok(())
}
