//! A rule in the simple form that a page can ask for, and the first draft of one.

use super::RuleSet;
use crate::{CategoryId, Kind, WorkItem};

/// A rule in the simple form. All that is not empty must hold; of each list, one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// A name that no other rule has.
    pub name: String,
    /// What it makes of a piece of work.
    pub category: CategoryId,
    /// Words and phrases to look for.
    pub words: Vec<String>,
    /// Words and phrases of which one must be there as well.
    pub also: Vec<String>,
    /// Words and phrases that must not be there.
    pub without: Vec<String>,
    /// Whether words are looked for in the description too, not only in the title.
    pub in_description: bool,
    /// Kinds of work.
    pub kinds: Vec<Kind>,
    /// Teams, by their whole name.
    pub teams: Vec<String>,
    /// Departments, by their whole name.
    pub departments: Vec<String>,
    /// Systems, by their whole name.
    pub systems: Vec<String>,
    /// The source's priorities.
    pub priorities: Vec<u8>,
    /// The rule's place: a lower number is tried first; `None` is the usual 100.
    pub order: Option<i64>,
}

impl NewRule {
    /// As it stands in a rules file.
    pub fn to_toml(&self) -> String {
        String::new()
    }
}

/// A first draft of a rule that gives this item, and what is like it, that category; and the name of the
/// rule before which it must stand to be heard (`None`: the end will do). `None` where the item says too
/// little about itself: a rule on its kind alone would claim everything.
pub fn suggest_rule(
    _item: &WorkItem,
    _category: &CategoryId,
    _rules: &RuleSet,
) -> Option<(NewRule, Option<String>)> {
    None
}
