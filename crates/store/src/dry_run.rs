//! What an adoption would move, without moving it. It is planned by the very code that adoption runs, so
//! the two cannot disagree.

use chrono::{DateTime, Utc};
use waterline_core::{CategoryId, Kind, Month, Side, rules::Finding};

use crate::{Store, StoreError};

/// What an adoption would move.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// The rule set that was tried.
    pub rule_set: i32,
    /// The model that was tried with it.
    pub model: Option<i32>,
    /// Items looked at: all that are held.
    pub items: u64,
    /// Items whose category would change.
    pub moved: u64,
    /// Those among them that would change sides, or become or cease to be unclassified.
    pub moved_side: u64,
    /// From where to where, largest first.
    pub flows: Vec<Flow>,
    /// Categories whose side differs between the two taxonomies; their items change sides without moving.
    pub sides: Vec<SideChange>,
    /// Each month in which any figure moves, oldest first.
    pub months: Vec<MonthShift>,
    /// The board's figure: the last twelve complete months.
    pub year: Shift,
    /// Ten at the most, always the same ones, spread over the flows.
    pub examples: Vec<MovedExample>,
}

/// Items that go the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The category that counts now; `None` is unclassified.
    pub from: Option<CategoryId>,
    /// The one that would count.
    pub to: Option<CategoryId>,
    /// How many items.
    pub items: u64,
    /// Their effort as it counts in the figures, logged or estimated.
    pub seconds: i64,
}

/// A category that lies on another side in the other taxonomy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideChange {
    /// The category.
    pub category: CategoryId,
    /// Its side now; `None` where the taxonomy in force does not have it.
    pub from: Option<Side>,
    /// Its side then; `None` where the new taxonomy does not have it.
    pub to: Option<Side>,
}

/// A share before and after, from 0 to 1; `None` where no work was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// By what is in force.
    pub before: Option<f64>,
    /// By what was tried.
    pub after: Option<f64>,
}

impl Change {
    /// After minus before, as a ratio: 0.01 is one point.
    pub fn difference(self) -> Option<f64> {
        Some(self.after? - self.before?)
    }
}

/// How a share moves on both bases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// By number of items.
    pub items: Change,
    /// By effort.
    pub effort: Change,
}

/// How the share of one month moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthShift {
    /// The month.
    pub month: Month,
    /// Its share.
    pub shift: Shift,
}

/// One of the items that would move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedExample {
    /// The item's number.
    pub id: i64,
    /// What people call it, for example `INC0010023`.
    pub reference: String,
    /// Incident, request…
    pub kind: Kind,
    /// `None` where the text policy keeps none.
    pub title: Option<String>,
    /// The category that counts now; `None` is unclassified.
    pub from: Option<CategoryId>,
    /// The one that would count.
    pub to: Option<CategoryId>,
    /// Why it has the one.
    pub reason_before: String,
    /// Why it would have the other.
    pub reason_after: String,
}

/// What is wrong with a rule set, seen against all that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintReport {
    /// The rule set.
    pub rule_set: i32,
    /// Items that its rules were tried on.
    pub items: u64,
    /// What was found, in the order of the rules.
    pub findings: Vec<Finding>,
}

impl Store {
    /// What adopting this rule set and model would move, over all that is held. `progress` hears of items
    /// looked at and of all there are. Unknown numbers are refused.
    pub async fn dry_run(
        &self,
        rule_set: i32,
        _model: Option<i32>,
        _now: DateTime<Utc>,
        _progress: impl FnMut(u64, u64) + Send,
    ) -> Result<DryRun, StoreError> {
        Err(StoreError::Refused(format!("rule set {rule_set} cannot be tried yet")))
    }

    /// What is wrong with the rules of a rule set, by themselves and against all that is held.
    pub async fn lint(
        &self,
        rule_set: i32,
        _progress: impl FnMut(u64, u64) + Send,
    ) -> Result<LintReport, StoreError> {
        Err(StoreError::Refused(format!("rule set {rule_set} cannot be looked over yet")))
    }
}
