//! Changes of many verdicts at once. This writes the items only: what they do to the rollup is for the
//! caller to work out, who knows what counted before.

use sea_orm::{DatabaseTransaction, DbErr};
use waterline_core::{EffortRates, Kind, Method, State, worth_seconds};

use crate::{
    bulk,
    entity::work_item::{Column, Entity, Model},
};

/// The verdict that an item is to have: every column that an adoption or a parent can change.
#[derive(Clone, Debug)]
pub(crate) struct VerdictChange {
    pub(crate) id: i64,
    /// What counts, and how it was arrived at.
    pub(crate) category: Option<String>,
    pub(crate) method: Method,
    /// The machine's own verdict.
    pub(crate) machine_category: Option<String>,
    pub(crate) machine_method: Method,
    pub(crate) machine_reason: String,
    pub(crate) machine_rule: Option<String>,
    pub(crate) machine_confidence: Option<f64>,
    pub(crate) rule_set: i32,
    pub(crate) model: Option<i32>,
    pub(crate) worth: i64,
}

impl VerdictChange {
    /// What a row says.
    pub(crate) fn of(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            method: row.method()?,
            machine_method: row.machine_method()?,
            category: row.category,
            machine_category: row.machine_category,
            machine_reason: row.machine_reason,
            machine_rule: row.machine_rule,
            machine_confidence: row.machine_confidence,
            rule_set: row.rule_set,
            model: row.model,
            worth: row.worth,
        })
    }
}

/// Puts these verdicts on their items, whose rows must be locked or their sources held.
pub(crate) async fn update_verdicts(
    tx: &DatabaseTransaction,
    changes: Vec<VerdictChange>,
) -> Result<(), DbErr> {
    const COLUMNS: [Column; 11] = [
        Column::Id,
        Column::Category,
        Column::Method,
        Column::MachineCategory,
        Column::MachineMethod,
        Column::MachineReason,
        Column::MachineRule,
        Column::MachineConfidence,
        Column::RuleSet,
        Column::Model,
        Column::Worth,
    ];
    let rows: Vec<_> = changes
        .into_iter()
        .map(|change| {
            vec![
                change.id.into(),
                change.category.into(),
                change.method.as_str().into(),
                change.machine_category.into(),
                change.machine_method.as_str().into(),
                change.machine_reason.into(),
                change.machine_rule.into(),
                change.machine_confidence.into(),
                change.rule_set.into(),
                change.model.into(),
                change.worth.into(),
            ]
        })
        .collect();
    bulk::update_all::<Entity>(tx, &COLUMNS, &rows).await
}

/// What an item's worth to the queue of taggers depends on, apart from the rates in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth<'a> {
    pub(crate) method: Method,
    /// How sure the model was, where the method is the model's.
    pub(crate) confidence: Option<f64>,
    pub(crate) state: State,
    pub(crate) kind: Kind,
    pub(crate) team: Option<&'a str>,
    pub(crate) logged_seconds: Option<i64>,
}

impl Worth<'_> {
    /// Seconds; see [`worth_seconds`]. Open work counts as if it were finished now.
    pub(crate) fn seconds(self, rates: &EffortRates) -> i64 {
        let effort = self.logged_seconds.unwrap_or_else(|| rates.estimate(self.kind, self.team));
        worth_seconds(self.method, self.confidence, self.state, effort)
    }
}

impl Model {
    /// What `worth` should be, going by the rest of the row.
    pub(crate) fn worth_now(&self, rates: &EffortRates) -> Result<i64, DbErr> {
        let worth = Worth {
            method: self.method()?,
            confidence: self.machine_confidence,
            state: self.state()?,
            kind: self.kind()?,
            team: self.team.as_deref(),
            logged_seconds: self.logged_seconds,
        };
        Ok(worth.seconds(rates))
    }
}
