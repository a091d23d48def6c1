//! Rule sets: immutable and numbered. A number stands for the texts of the rules and of the taxonomy,
//! because both decide verdicts.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use crate::{Store, StoreError, bulk, entity::rule_set, error::Doing, token};

/// The texts that a rule set is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTexts {
    /// As in `config/taxonomy.toml`.
    pub taxonomy: String,
    /// As in `config/rules.toml`.
    pub rules: String,
}

/// A rule set as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRuleSet {
    /// Its number, from 1.
    pub number: i32,
    /// What it is made of.
    pub texts: RuleTexts,
    /// Who brought it in.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// The number of these texts; texts not seen before get the next one. Whether they can be read is for
    /// the caller to check first.
    pub async fn rule_set_number(
        &self,
        texts: &RuleTexts,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<i32, StoreError> {
        const DOING: &str = "number the rule set";
        let tx = self.begin(DOING).await?;
        let number = number(&tx, texts, by, now).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(number)
    }

    /// One rule set; `None` where no such number was given.
    pub async fn rule_set(&self, number: i32) -> Result<Option<StoredRuleSet>, StoreError> {
        let row = rule_set::Entity::find_by_id(number).one(self.reader()).await;
        Ok(row.doing("read the rule set")?.map(StoredRuleSet::from))
    }

    /// All rule sets, newest first.
    pub async fn rule_sets(&self) -> Result<Vec<StoredRuleSet>, StoreError> {
        let rows = rule_set::Entity::find()
            .order_by_desc(rule_set::Column::Number)
            .all(self.reader())
            .await
            .doing("list the rule sets")?;
        Ok(rows.into_iter().map(StoredRuleSet::from).collect())
    }
}

impl From<rule_set::Model> for StoredRuleSet {
    fn from(row: rule_set::Model) -> Self {
        Self {
            number: row.number,
            texts: RuleTexts { taxonomy: row.taxonomy, rules: row.text },
            created_by: row.created_by,
            created_at: row.created_at,
        }
    }
}

pub(crate) async fn number(
    tx: &DatabaseTransaction,
    texts: &RuleTexts,
    by: &str,
    now: DateTime<Utc>,
) -> Result<i32, DbErr> {
    let sha256 = token::sha256(&format!("{}\0{}", texts.taxonomy, texts.rules));
    let known = || rule_set::Entity::find().filter(rule_set::Column::Sha256.eq(&sha256));
    if known().one(tx).await?.is_none() {
        let fresh = rule_set::ActiveModel {
            number: NotSet,
            sha256: Set(sha256.clone()),
            text: Set(texts.rules.clone()),
            taxonomy: Set(texts.taxonomy.clone()),
            created_by: Set(by.to_owned()),
            created_at: Set(now),
        };
        let once = OnConflict::column(rule_set::Column::Sha256).do_nothing().to_owned();
        tx.execute(&bulk::insert([fresh], Some(once))).await?;
    }
    let row = known().one(tx).await?;
    Ok(row.ok_or_else(|| DbErr::RecordNotFound("the rule set".to_owned()))?.number)
}
