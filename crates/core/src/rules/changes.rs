//! What differs between two rule sets, rule by rule.

use std::collections::HashMap;

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
    /// Rules that are the same but stand before or after others than they did, in the new order: the
    /// fewest whose moves explain it.
    pub moved: Vec<String>,
}

impl RuleChanges {
    /// Whether both decide alike.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl RuleSet {
    /// What differs in `new`.
    pub fn difference(&self, new: &Self) -> RuleChanges {
        let kept = self.kept_in(new);
        let old: HashMap<&str, usize> = self.places_by_name();
        let in_new = new.places_by_name();
        let mut changes = RuleChanges::default();
        for rule in new.rules() {
            let name = rule.name.clone();
            if kept.iter().any(|(_, place)| *place == rule.number - 1) {
                continue;
            }
            let list =
                if old.contains_key(name.as_str()) { &mut changes.changed } else { &mut changes.added };
            list.push(name);
        }
        let gone = self.rules().iter().filter(|rule| !in_new.contains_key(rule.name.as_str()));
        changes.removed = gone.map(|rule| rule.name.clone()).collect();
        let mut by_new_place = kept;
        by_new_place.sort_by_key(|(_, new)| *new);
        let old_places: Vec<usize> = by_new_place.iter().map(|(old, _)| *old).collect();
        let stay = longest_rising(&old_places);
        let moved = by_new_place.iter().filter(|(old, _)| !stay.contains(old));
        changes.moved = moved.map(|(_, place)| new.rules()[*place].name.clone()).collect();
        changes
    }

    /// The places, here and in `new`, of the rules that both have alike.
    pub(super) fn kept_in(&self, new: &Self) -> Vec<(usize, usize)> {
        let places = new.places_by_name();
        let same = |old: usize, place: usize| {
            self.rules[old].category == new.rules[place].category
                && self.conditions[old] == new.conditions[place]
        };
        self.rules
            .iter()
            .enumerate()
            .filter_map(|(old, rule)| Some((old, *places.get(rule.name.as_str())?)))
            .filter(|&(old, place)| same(old, place))
            .collect()
    }

    fn places_by_name(&self) -> HashMap<&str, usize> {
        self.rules.iter().enumerate().map(|(place, rule)| (rule.name.as_str(), place)).collect()
    }
}

/// The longest part of a list that rises, taken in its order.
fn longest_rising(list: &[usize]) -> Vec<usize> {
    // For each element, the longest rising part that ends there: its length and the element before.
    let mut ends: Vec<(usize, Option<usize>)> = Vec::with_capacity(list.len());
    for (at, element) in list.iter().enumerate() {
        let before = (0..at).filter(|before| list[*before] < *element).max_by_key(|before| ends[*before].0);
        ends.push((1 + before.map_or(0, |before| ends[before].0), before));
    }
    let last = (0..list.len()).max_by_key(|at| ends[*at].0);
    let mut rising: Vec<usize> = std::iter::successors(last, |at| ends[*at].1).map(|at| list[at]).collect();
    rising.reverse();
    rising
}

#[cfg(test)]
mod tests {
    use crate::{
        Taxonomy,
        rules::{RuleChanges, RuleSet},
    };

    fn rules(list: &[(&str, &str, &str)]) -> RuleSet {
        let taxonomy = Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
        let text: String = list
            .iter()
            .map(|(name, category, word)| {
                format!("[[rule]]\nname = \"{name}\"\ncategory = \"{category}\"\nwhen.title.contains = [\"{word}\"]\n")
            })
            .collect();
        RuleSet::parse(&text, &taxonomy).unwrap()
    }

    #[test]
    fn a_difference_tells_what_was_added_removed_changed_and_moved() {
        let old = rules(&[
            ("a", "access", "x"),
            ("b", "device", "x"),
            ("c", "access", "x"),
            ("d", "access", "x"),
            ("e", "access", "x"),
        ]);
        let new = rules(&[
            ("e", "access", "x"),
            ("b", "security", "x"),
            ("f", "access", "x"),
            ("a", "access", "  X "),
            ("d", "access", "y"),
        ]);
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let wanted = RuleChanges {
            added: names(&["f"]),
            removed: names(&["c"]),
            changed: names(&["b", "d"]),
            moved: names(&["e"]),
        };
        let found = old.difference(&new);
        // Either of two rules that swapped may be called the one that moved.
        assert_eq!(RuleChanges { moved: found.moved.clone(), ..wanted }, found);
        assert!([names(&["e"]), names(&["a"])].contains(&found.moved));
    }

    #[test]
    fn the_fewest_rules_are_called_moved_and_layout_is_no_difference() {
        let list = [("a", "access", "x"), ("b", "access", "x"), ("c", "access", "x"), ("d", "access", "x")];
        let old = rules(&list);
        let new = rules(&[list[3], list[0], list[1], list[2]]);
        assert_eq!(old.difference(&new).moved, ["d"]);
        assert!(old.difference(&rules(&list)).is_empty());
    }
}
