//! Rules: ordered conditions on a work item's fields, the first match of which gives its category.
//!
//! A rules file is a list of `[[rule]]`, each with a `name`, a `category`, and the conditions that must
//! all hold under `when`; `config/rules.toml` opens with a description of everything that may stand
//! there. Rules are tried in the order of the file, save that a lower `priority` goes first (a rule
//! without one has 100).
//!
//! All words and phrases of all rules are found in one pass over each text, and only the rules that
//! then can match are evaluated, so the cost of a ticket hardly grows with the number of rules. What
//! an item is given depends on nothing but the item and the rules: no clock, no order of arrival.

mod changes;
mod condition;
pub mod edit;
mod fold;
mod lint;
mod logic;
mod matcher;
mod new_rule;
mod parse;
mod parse_fields;
mod phrases;
mod probe;
mod question;
mod read_rule;
mod words;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod default_rules_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod lint_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use changes::RuleChanges;
pub use edit::EditError;
pub use lint::{Finding, FindingSort, LintTally, lint};
pub use new_rule::{NewRule, suggest_rule};
pub use probe::Probe;

use crate::{CategoryId, Taxonomy, WorkItem};
use condition::Condition;
use matcher::Matcher;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its place in the order in which rules are tried, from 1.
    pub number: usize,
    /// A name that a person would understand; no two rules share one.
    pub name: String,
    /// What it makes of a piece of work.
    pub category: CategoryId,
    /// The `priority` that the file gives it, 100 if none: lower ones are tried first.
    pub order: i64,
}

/// A rule that matched.
#[derive(Clone, Copy, Debug)]
pub struct Match<'a> {
    /// The rule.
    pub rule: &'a Rule,
    rules: &'a RuleSet,
}

impl Match<'_> {
    /// A sentence: `rule 12 "Password reset" matched "reset my password" in the title`. `item` is what
    /// the rule matched.
    pub fn reason(&self, item: &WorkItem) -> String {
        let evidence = self.rules.matcher.read(item, |reading| reading.evidence_for(self.rule.number - 1));
        format!("rule {} \"{}\" matched {evidence}", self.rule.number, self.rule.name)
    }
}

/// Rules in order, compiled.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// The conditions of each rule as they were written.
    conditions: Vec<Condition>,
    matcher: Matcher,
}

/// Why a rules file cannot be used. Whoever read the file adds its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {problem}", .rule.as_ref().map(|name| format!(", rule \"{name}\"")).unwrap_or_default())]
pub struct RuleError {
    /// Where in the file, from 1.
    pub line: usize,
    /// The rule's name, where the fault lies in one that has a name.
    pub rule: Option<String>,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl RuleSet {
    /// Reads the text of a rules file (`config/rules.toml` shows the shape).
    pub fn parse(text: &str, taxonomy: &Taxonomy) -> Result<Self, RuleError> {
        let (rules, conditions) = parse::parse(text, taxonomy)?;
        let matcher = Matcher::new(&conditions).map_err(|problem| RuleError {
            line: 1,
            rule: None,
            problem: format!("the rules are too large to compile together: {problem}"),
        })?;
        Ok(Self { rules, conditions, matcher })
    }

    /// The first rule that matches, in order of priority.
    pub fn first_match(&self, item: &WorkItem) -> Option<Match<'_>> {
        let place = self.matcher.read(item, |reading| reading.holding().next())?;
        Some(Match { rule: &self.rules[place], rules: self })
    }

    /// All rules that match, in the order in which they are tried.
    pub fn matches(&self, item: &WorkItem) -> Vec<&Rule> {
        self.matcher.read(item, |reading| reading.holding().map(|place| &self.rules[place]).collect())
    }

    /// All rules, in the order in which they are tried.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
