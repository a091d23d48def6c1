//! What is wrong with rules: by themselves, and against the work there was.

use std::collections::BTreeMap;

use super::{Rule, RuleSet, logic::Cases};
use crate::{Side, Taxonomy, WorkItem};

/// How many other rules a sentence names.
const MOST_NAMED: usize = 3;

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

impl Finding {
    fn new(rule: &Rule, sort: FindingSort, items: Option<u64>, sentence: String) -> Self {
        Self { rule: rule.number, name: rule.name.clone(), sort, sentence, items }
    }
}

/// What is wrong with rules by themselves: what can never match, and what can never be first. Never
/// wrong about what it finds, but it does not find everything.
pub fn lint(rules: &RuleSet) -> Vec<Finding> {
    let cases: Vec<Option<Cases<'_>>> = rules.conditions.iter().map(Cases::of).collect();
    let possible = |cases: &Cases<'_>| !cases.never_hold();
    let mut findings = Vec::new();
    for (rule, later) in rules.rules().iter().zip(&cases) {
        let Some(later) = later else { continue };
        if later.never_hold() {
            let sentence = format!("{} can never match: its conditions contradict one another", told(rule));
            findings.push(Finding::new(rule, FindingSort::NeverMatches, None, sentence));
            continue;
        }
        let mut earlier = rules.rules().iter().zip(&cases).take(rule.number - 1);
        let before = earlier.find(|(_, earlier)| {
            earlier.as_ref().is_some_and(|earlier| possible(earlier) && later.imply(earlier))
        });
        if let Some((before, _)) = before {
            let sentence = format!(
                "{} is never heard: {} matches all that it matches, and goes first",
                told(rule),
                told(before)
            );
            findings.push(Finding::new(rule, FindingSort::Shadowed, None, sentence));
        }
    }
    findings
}

/// How often each rule of one rule set matched, gathered item by item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintTally {
    items: u64,
    /// Items by the place of the first rule that matched and of another that did; the first with itself
    /// counts all that it took.
    together: BTreeMap<(usize, usize), u64>,
}

impl LintTally {
    /// Counts one item. The rules must be the same every time.
    pub fn observe(&mut self, rules: &RuleSet, item: &WorkItem) {
        self.items += 1;
        rules.matcher.read(item, |reading| {
            let mut first = None;
            for place in reading.holding() {
                let first = *first.get_or_insert(place);
                *self.together.entry((first, place)).or_default() += 1;
            }
        });
    }

    /// Adds what another tally counted with the same rules.
    pub fn merge(&mut self, other: &Self) {
        self.items += other.items;
        for (places, items) in &other.together {
            *self.together.entry(*places).or_default() += items;
        }
    }

    /// How many items were counted.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// What is wrong with the rules, seen against the items counted: rule by rule, the most items first.
    pub fn findings(&self, rules: &RuleSet, taxonomy: &Taxonomy) -> Vec<Finding> {
        if self.items == 0 {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for rule in rules.rules() {
            let place = rule.number - 1;
            let took = self.together.contains_key(&(place, place));
            let mut others = self.others(rules, place);
            others.sort_by_key(|(other, items)| (std::cmp::Reverse(*items), other.number));
            if took {
                findings.extend(other_side(rule, &others, taxonomy));
            } else if others.is_empty() {
                let sentence = format!("{} matched nothing, of {} items", told(rule), self.items);
                findings.push(Finding::new(rule, FindingSort::MatchedNothing, Some(0), sentence));
            } else {
                let matched = others.iter().map(|(_, items)| items).sum();
                let sentence = format!(
                    "{} matched {}, but another rule went first every time: {}",
                    told(rule),
                    counted(matched),
                    named(&others)
                );
                findings.push(Finding::new(rule, FindingSort::NeverFirst, Some(matched), sentence));
            }
        }
        findings
    }

    /// For a rule that took work, the rules that matched it as well; for one that took none, those that
    /// went before it.
    fn others<'r>(&self, rules: &'r RuleSet, place: usize) -> Vec<(&'r Rule, u64)> {
        let took = self.together.contains_key(&(place, place));
        let counted = self.together.iter().filter_map(|(&(first, other), &items)| {
            let (this, that) = if took { (first, other) } else { (other, first) };
            (this == place && that != place).then_some((that, items))
        });
        counted.filter_map(|(place, items)| Some((rules.rules().get(place)?, items))).collect()
    }
}

fn other_side<'r>(
    rule: &'r Rule,
    others: &'r [(&Rule, u64)],
    taxonomy: &'r Taxonomy,
) -> impl Iterator<Item = Finding> + 'r {
    let side = |rule: &Rule| taxonomy.category(&rule.category).map(|category| category.side);
    let own = side(rule);
    others
        .iter()
        .filter(move |(other, _)| own.is_some() && side(other).is_some_and(|side| Some(side) != own))
        .map(move |(other, items)| {
            let line = match own {
                Some(Side::Visible) => "above",
                _ => "below",
            };
            let sentence = format!(
                "{} puts {} {line} the waterline that {} would put on the other side",
                told(rule),
                counted(*items),
                told(other)
            );
            Finding::new(rule, FindingSort::OtherSide, Some(*items), sentence)
        })
}

fn told(rule: &Rule) -> String {
    format!("rule {} \"{}\"", rule.number, rule.name)
}

fn counted(items: u64) -> String {
    format!("{items} {}", if items == 1 { "item" } else { "items" })
}

fn named(others: &[(&Rule, u64)]) -> String {
    let mut parts: Vec<String> =
        others.iter().take(MOST_NAMED).map(|(rule, items)| format!("{} ({items})", told(rule))).collect();
    if others.len() > MOST_NAMED {
        parts.push(format!("and {} more", others.len() - MOST_NAMED));
    }
    parts.join(", ")
}
