//! Which rules, taxonomy and model give verdicts now. Every process asks the database, so that a rule set
//! adopted in one holds in all; and every write checks in its own transaction that it still holds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
};
use waterline_core::{Classifier, Taxonomy, model::Model, rules::RuleSet};

use crate::{
    Store, StoreError,
    entity::{adoption, model, rule_set, setting},
    error::{Doing, unreadable},
};

/// What gives verdicts now.
#[derive(Debug)]
pub struct InForce {
    /// The adoption that put it in force.
    pub adoption: i64,
    /// Number of its rule set.
    pub rule_set: i32,
    /// Number of its model, where there is one.
    pub model: Option<i32>,
    /// All of it, ready for use.
    pub classifier: Classifier,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Key of the setting that holds the number of the adoption in force.
pub(crate) const IN_FORCE: &str = "classification.in_force";

const DOING: &str = "tell which rules are in force";

impl Store {
    /// The rules, taxonomy and model in force: one small question to the database, and a compilation only
    /// after something else was adopted.
    pub async fn in_force(&self) -> Result<Arc<InForce>, StoreError> {
        let id = adoption_in_force(self.reader()).await.doing(DOING)?;
        if let Some(known) = self.remembered(id) {
            return Ok(known);
        }
        let fresh = Arc::new(read(self.reader(), id).await.doing(DOING)?);
        self.remember(fresh.clone());
        Ok(fresh)
    }
}

pub(crate) async fn adoption_in_force(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = setting::Entity::find_by_id(IN_FORCE).one(db).await?;
    number_in(row)
}

/// The same inside a transaction that writes verdicts: nothing else comes into force until it ends.
pub(crate) async fn held_in_force(tx: &DatabaseTransaction) -> Result<i64, DbErr> {
    let row = setting::Entity::find().filter(setting::Column::Key.eq(IN_FORCE)).lock_shared().one(tx).await?;
    number_in(row)
}

fn number_in(row: Option<setting::Model>) -> Result<i64, DbErr> {
    let row = row.ok_or_else(|| unreadable("no rule set is in force".to_owned()))?;
    row.value.parse().map_err(|_| unreadable(format!("\"{}\" is not an adoption", row.value)))
}

async fn read(db: &impl ConnectionTrait, id: i64) -> Result<InForce, DbErr> {
    let row = adoption::Entity::find_by_id(id).one(db).await?;
    let row = row.ok_or_else(|| unreadable(format!("adoption {id} is not kept")))?;
    Ok(InForce {
        adoption: id,
        rule_set: row.rule_set,
        model: row.model,
        classifier: classifier(db, row.rule_set, row.model).await?,
        since: row.in_force_at.unwrap_or(row.asked_at),
    })
}

/// A rule set, its taxonomy and perhaps a model, ready for use.
pub(crate) async fn classifier(
    db: &impl ConnectionTrait,
    rule_set: i32,
    model: Option<i32>,
) -> Result<Classifier, DbErr> {
    let texts = rule_set::Entity::find_by_id(rule_set).one(db).await?;
    let texts = texts.ok_or_else(|| unreadable(format!("rule set {rule_set} is not kept")))?;
    let taxonomy = Taxonomy::parse(&texts.taxonomy)
        .map_err(|error| unreadable(format!("the taxonomy of rule set {rule_set}: {error}")))?;
    let rules = RuleSet::parse(&texts.text, &taxonomy)
        .map_err(|error| unreadable(format!("rule set {rule_set}, {error}")))?;
    let model = match model {
        None => None,
        Some(number) => {
            let kept = model::Entity::find_by_id(number).one(db).await?;
            let kept = kept.ok_or_else(|| unreadable(format!("model {number} is not kept")))?;
            let model = Model::from_bytes(&kept.bytes)
                .map_err(|error| unreadable(format!("model {number}: {error}")))?;
            Some(model)
        }
    };
    Ok(Classifier::new(rules, model, taxonomy))
}
