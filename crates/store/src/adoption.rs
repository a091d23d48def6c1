//! Putting rules or a model in force: what is asked for, how far it is, and the moment at which it holds.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait,
};
use waterline_core::Clock;

use crate::{
    RuleTexts, Shift, Store, StoreError,
    entity::{adoption, setting},
    error::Doing,
    in_force::IN_FORCE,
    rule_sets,
    store::keep_first,
};

/// Where an adoption stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptionState {
    /// Asked for; nobody sorts yet.
    Waiting,
    /// Everything is being looked at; what was in force still is.
    Sorting,
    /// This is what gives verdicts.
    InForce,
    /// It was in force until something else was.
    Superseded,
    /// It could not be done; what was in force stayed so.
    Failed,
}

impl AdoptionState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sorting => "sorting",
            Self::InForce => "in_force",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }
}

/// A rule set or a model on its way into force, there, or there once.
#[derive(Clone, Debug, PartialEq)]
pub struct AdoptionView {
    /// Its number.
    pub id: i64,
    /// The rule set.
    pub rule_set: i32,
    /// The model, where there is one.
    pub model: Option<i32>,
    /// Where it stands.
    pub state: AdoptionState,
    /// Why it was asked for, in the words of whoever did.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Since when it is in force, or was.
    pub in_force_at: Option<DateTime<Utc>>,
    /// Items looked at.
    pub done: u64,
    /// Items there are.
    pub total: u64,
    /// Items whose category changed.
    pub moved: u64,
    /// How the board's figure moved: the last twelve complete months at the time. `None` until in force.
    pub shift: Option<Shift>,
    /// Why it failed, if it did.
    pub trouble: Option<String>,
}

impl Store {
    /// Asks for a rule set, and perhaps a model, to be put in force; `run_adoption` does it. Gives the
    /// adoption's number. Refused while another one waits or is under way, for what is in force already,
    /// and for numbers that were never given.
    pub async fn ask_adoption(
        &self,
        rule_set: i32,
        _model: Option<i32>,
        _reason: &str,
        _by: &str,
        _now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        Err(StoreError::Refused(format!("rule set {rule_set} cannot be adopted yet")))
    }

    /// Asks for what was in force before the present. Gives the adoption's number.
    pub async fn undo_adoption(&self, _by: &str, _now: DateTime<Utc>) -> Result<i64, StoreError> {
        Err(StoreError::Refused("nothing was in force before".to_owned()))
    }

    /// Does the adoption that waits, if there is one and no other process is at it; gives what came of it.
    /// `progress` hears of items looked at and of all there are. Stopped at any moment, what was in force
    /// stays so, and the next call begins afresh.
    pub async fn run_adoption(
        &self,
        _clock: &Clock,
        _progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Option<AdoptionView>, StoreError> {
        Ok(None)
    }

    /// The newest adoptions, newest first, whatever became of them.
    pub async fn adoptions(&self, _most: u64) -> Result<Vec<AdoptionView>, StoreError> {
        Ok(Vec::new())
    }
}

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
