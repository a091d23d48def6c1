//! Putting rules or a model in force: what is asked for, how far it is, and the moment at which it holds.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::{
    AuditEntry, RuleTexts, Shift, Store, StoreError,
    audit_log::append,
    entity::{
        adoption::{ActiveModel, Column, Entity, Model},
        model, rule_set, setting, work_item,
    },
    error::{Doing, unreadable},
    in_force::{IN_FORCE, adoption_in_force},
    rule_sets,
    shift::shift_from_text,
    store::keep_first,
};

const ASKING: &str = "ask for the rules to be put in force";

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
    const ALL: [Self; 5] = [Self::Waiting, Self::Sorting, Self::InForce, Self::Superseded, Self::Failed];

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
        model: Option<i32>,
        reason: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let tx = self.begin(ASKING).await?;
        let in_force = lock_in_force(&tx).await.doing(ASKING)?;
        known(&tx, rule_set, model).await?;
        let present = Entity::find_by_id(in_force).one(&tx).await.doing(ASKING)?;
        if present.is_some_and(|row| (row.rule_set, row.model) == (rule_set, model)) {
            let subject = subject(rule_set, model);
            return Err(StoreError::Refused(format!("{subject} is in force already")));
        }
        let id = ask(&tx, &Asked { rule_set, model, reason, by, now }).await?;
        tx.commit().await.doing(ASKING)?;
        Ok(id)
    }

    /// Asks for what was in force before the present. Gives the adoption's number.
    pub async fn undo_adoption(&self, by: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
        let tx = self.begin(ASKING).await?;
        let in_force = lock_in_force(&tx).await.doing(ASKING)?;
        let mut held = Entity::find()
            .filter(Column::InForceAt.is_not_null())
            .filter(Column::Id.lte(in_force))
            .order_by_desc(Column::Id)
            .all(&tx)
            .await
            .doing(ASKING)?
            .into_iter();
        let present = held.next().map(|row| (row.rule_set, row.model));
        let Some(before) = held.find(|row| Some((row.rule_set, row.model)) != present) else {
            return Err(StoreError::Refused("nothing else was in force before".to_owned()));
        };
        let Model { rule_set, model, .. } = before;
        let id = ask(&tx, &Asked { rule_set, model, reason: "taken back", by, now }).await?;
        tx.commit().await.doing(ASKING)?;
        Ok(id)
    }

    /// The newest adoptions, newest first, whatever became of them.
    pub async fn adoptions(&self, most: u64) -> Result<Vec<AdoptionView>, StoreError> {
        const DOING: &str = "list what was adopted";
        let rows = Entity::find().order_by_desc(Column::Id).limit(most).all(self.reader()).await;
        rows.doing(DOING)?.into_iter().map(|row| view(row).doing(DOING)).collect()
    }

    /// One adoption; `None` where there is none of that number.
    pub async fn adoption(&self, id: i64) -> Result<Option<AdoptionView>, StoreError> {
        const DOING: &str = "say how far the adoption is";
        let row = Entity::find_by_id(id).one(self.reader()).await.doing(DOING)?;
        row.map(|row| view(row).doing(DOING)).transpose()
    }
}

/// Keeps all others from writing verdicts, asking and sorting until the transaction ends; gives what is in
/// force. Waits for those that write.
pub(crate) async fn lock_in_force(tx: &DatabaseTransaction) -> Result<i64, DbErr> {
    setting::Entity::find_by_id(IN_FORCE).lock_exclusive().one(tx).await?;
    adoption_in_force(tx).await
}

/// What somebody asks for.
struct Asked<'a> {
    rule_set: i32,
    model: Option<i32>,
    reason: &'a str,
    by: &'a str,
    now: DateTime<Utc>,
}

async fn ask(tx: &DatabaseTransaction, asked: &Asked<'_>) -> Result<i64, StoreError> {
    let pending = [AdoptionState::Waiting, AdoptionState::Sorting].map(AdoptionState::as_str);
    let other = Entity::find().filter(Column::State.is_in(pending)).one(tx).await.doing(ASKING)?;
    if let Some(other) = other {
        let subject = subject(other.rule_set, other.model);
        return Err(StoreError::Refused(format!(
            "{subject}, which {} asked for, is being put in force; try again once it is",
            other.asked_by
        )));
    }
    let fresh = ActiveModel { state: Set(AdoptionState::Waiting.as_str().to_owned()), ..fresh(asked) };
    let id = fresh.insert(tx).await.doing(ASKING)?.id;
    let entry = AuditEntry {
        at: asked.now,
        actor: asked.by.to_owned(),
        action: "rules.ask".to_owned(),
        subject: subject(asked.rule_set, asked.model),
        detail: asked.reason.to_owned(),
    };
    append(tx, &[entry]).await.doing(ASKING)?;
    Ok(id)
}

fn fresh(asked: &Asked<'_>) -> ActiveModel {
    ActiveModel {
        id: NotSet,
        rule_set: Set(asked.rule_set),
        model: Set(asked.model),
        state: NotSet,
        reason: Set(asked.reason.to_owned()),
        asked_by: Set(asked.by.to_owned()),
        asked_at: Set(asked.now),
        in_force_at: Set(None),
        done: Set(0),
        total: Set(0),
        moved: Set(0),
        shift: Set(None),
        trouble: Set(None),
    }
}

/// What people call it.
pub(crate) fn subject(rule_set: i32, model: Option<i32>) -> String {
    match model {
        None => format!("rule set {rule_set}"),
        Some(model) => format!("rule set {rule_set} with model {model}"),
    }
}

fn view(row: Model) -> Result<AdoptionView, DbErr> {
    let state = AdoptionState::ALL
        .into_iter()
        .find(|state| state.as_str() == row.state)
        .ok_or_else(|| unreadable(format!("\"{}\" is not a state of an adoption", row.state)))?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(AdoptionView {
        id: row.id,
        rule_set: row.rule_set,
        model: row.model,
        state,
        reason: row.reason,
        asked_by: row.asked_by,
        asked_at: row.asked_at,
        in_force_at: row.in_force_at,
        done: count(row.done),
        total: count(row.total),
        moved: count(row.moved),
        shift: row.shift.as_deref().map(shift_from_text).transpose()?,
        trouble: row.trouble,
    })
}

/// Refuses numbers that were never given, in a sentence.
pub(crate) async fn known(
    db: &impl ConnectionTrait,
    rule_set: i32,
    model: Option<i32>,
) -> Result<(), StoreError> {
    const DOING: &str = "look the rule set up";
    if rule_set::Entity::find_by_id(rule_set).one(db).await.doing(DOING)?.is_none() {
        return Err(StoreError::Refused(format!("there is no rule set number {rule_set}")));
    }
    let Some(model) = model else { return Ok(()) };
    if model::Entity::find_by_id(model).one(db).await.doing(DOING)?.is_none() {
        return Err(StoreError::Refused(format!("there is no model number {model}")));
    }
    Ok(())
}

/// Puts the first rules in force in a database that has none. What an older version sorted by rules of
/// which nothing is known is to be sorted afresh.
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
    let asked = Asked { rule_set, model: None, reason: "the first rules", by, now };
    let fresh = ActiveModel {
        state: Set(AdoptionState::InForce.as_str().to_owned()),
        in_force_at: Set(Some(now)),
        ..fresh(&asked)
    };
    let id = fresh.insert(tx).await.doing(DOING)?.id;
    keep_first(tx, IN_FORCE, id.to_string()).await?;
    if work_item::Entity::find().one(tx).await.doing(DOING)?.is_some() {
        ask(tx, &Asked { reason: "what was held before is sorted by the first rules", ..asked }).await?;
    }
    Ok(())
}
