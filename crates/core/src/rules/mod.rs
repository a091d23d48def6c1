//! Rules: ordered conditions on a work item's fields, the first match of which gives its category.

use crate::{CategoryId, Taxonomy, WorkItem};

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// A name that a person would understand.
    pub name: String,
    /// What it makes of a piece of work.
    pub category: CategoryId,
}

/// A rule that matched, and on what.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// A sentence: `rule 12 "Password reset" matched "reset my password" in the title`.
    pub reason: String,
}

/// Rules in order, compiled.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

/// Why a rule file cannot be used; names the file's line or the rule.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RuleError(String);

impl RuleSet {
    /// Reads the text of a rules file (`config/rules.toml` shows the shape).
    pub fn parse(_text: &str, _taxonomy: &Taxonomy) -> Result<Self, RuleError> {
        Ok(Self { rules: Vec::new() })
    }

    /// The first rule that matches, in order of priority.
    pub fn first_match(&self, _item: &WorkItem) -> Option<Match<'_>> {
        None
    }

    /// All rules, in the order in which they are tried.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
