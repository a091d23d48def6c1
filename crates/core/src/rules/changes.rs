//! What differs between two rule sets, rule by rule.

use super::RuleSet;

/// What differs between two rule sets; rules are told apart by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleChanges {
    /// Rules that only the new one has, in its order.
    pub added: Vec<String>,
    /// Rules that only the old one has, in its order.
    pub removed: Vec<String>,
    /// Rules whose conditions or category differ, in the new order.
    pub changed: Vec<String>,
    /// Rules that are the same but stand before or after others than they did, in the new order.
    pub moved: Vec<String>,
}

impl RuleSet {
    /// What differs in `new`.
    pub fn difference(&self, _new: &Self) -> RuleChanges {
        RuleChanges::default()
    }
}
