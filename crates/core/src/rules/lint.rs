//! What is wrong with rules: by themselves, and against the work there was.

use super::RuleSet;
use crate::{Taxonomy, WorkItem};

/// What sort of thing is wrong with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingSort {
    /// Its conditions contradict one another.
    NeverMatches,
    /// Whatever it matches, an earlier rule matches first.
    Shadowed,
    /// It matched nothing in history.
    MatchedNothing,
    /// It matched in history, but an earlier rule always went first.
    NeverFirst,
    /// It takes work that a rule of the other side of the waterline matches as well.
    OtherSide,
}

/// Something that is wrong with one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's number.
    pub rule: usize,
    /// The rule's name.
    pub name: String,
    /// What is wrong.
    pub sort: FindingSort,
    /// The same in words.
    pub sentence: String,
    /// How many items of history it concerns; `None` where history was not asked.
    pub items: Option<u64>,
}

/// What is wrong with rules by themselves: what can never match, and what can never be first. Never
/// wrong about what it finds, but it does not find everything.
pub fn lint(_rules: &RuleSet) -> Vec<Finding> {
    Vec::new()
}

/// How often each rule of one rule set matched, gathered item by item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintTally {}

impl LintTally {
    /// Counts one item. The rules must be the same every time.
    pub fn observe(&mut self, _rules: &RuleSet, _item: &WorkItem) {}

    /// Adds what another tally counted with the same rules.
    pub fn merge(&mut self, _other: &Self) {}

    /// What is wrong with the rules, seen against the items counted.
    pub fn findings(&self, _rules: &RuleSet, _taxonomy: &Taxonomy) -> Vec<Finding> {
        Vec::new()
    }
}
