//! What a change of rules does to decisions, against full decisions under both rule sets.

use proptest::prelude::*;

use super::{
    Probe, RuleSet,
    property_tests::{Ask, ask, item},
    samples::ticket,
};
use crate::{Classifier, Decision, Kind, Method, Taxonomy, WorkItem, settle};

fn taxonomy() -> Taxonomy {
    Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap()
}

/// A rule: its name, the category, its `priority`, and what it asks.
type Draft = (usize, &'static str, i64, Ask);

fn rule_set(drafts: &[Draft]) -> RuleSet {
    let rule = |(name, category, order, ask): &Draft| {
        let when = ask.toml();
        format!("[[rule]]\nname = \"{name}\"\ncategory = \"{category}\"\npriority = {order}\nwhen = {when}\n")
    };
    let text: String = drafts.iter().map(rule).collect();
    RuleSet::parse(&text, &taxonomy()).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn draft(name: usize) -> impl Strategy<Value = Draft> {
    let category = prop::sample::select(vec!["access", "device", "improvement"]);
    (Just(name), category, 99_i64..102, ask())
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    (draft(0), draft(1), draft(2), draft(3), draft(4)).prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e])
}

/// Two rule sets that have most rules in common, the second in an order of its own.
fn before_and_after() -> impl Strategy<Value = (Vec<Draft>, Vec<Draft>)> {
    let altered = (drafts(), prop::collection::vec(any::<bool>(), 5), prop::collection::vec(0_u8..8, 5));
    (drafts(), altered)
        .prop_map(|(old, (others, in_old, fates))| {
            let new: Vec<Draft> = old
                .iter()
                .zip(others)
                .zip(fates)
                .filter_map(|((rule, other), fate)| match fate {
                    0 => None,
                    1 => Some(other),
                    2 => Some((rule.0, other.1, other.2, rule.3.clone())),
                    _ => Some(rule.clone()),
                })
                .collect();
            let old = old.into_iter().zip(in_old.into_iter().chain([true])).filter(|(_, keep)| *keep);
            (old.map(|(rule, _)| rule).collect::<Vec<_>>(), new)
        })
        .prop_flat_map(|(old, new)| (Just(old), Just(new).prop_shuffle()))
}

fn decision<'a>(rules: &'a RuleSet, item: &WorkItem) -> Option<(&'a str, &'a str)> {
    rules.first_match(item).map(|found| (found.rule.name.as_str(), found.rule.category.as_str()))
}

proptest! {
    #[test]
    fn a_probe_never_misses_an_item_that_moves(
        (old, new) in before_and_after(),
        items in prop::collection::vec(item(), 1..12),
    ) {
        let (old, new) = (rule_set(&old), rule_set(&new));
        let probe = Probe::new(&old, &new);
        let changes = old.difference(&new);
        for item in &items {
            let (before, after) = (decision(&old, item), decision(&new, item));
            let current = before.map(|(name, _)| name);
            let may_move = probe.may_move(item, current);
            prop_assert!(may_move || before == after, "{:?} becomes {:?}: {:?}", before, after, item);
            // And it troubles nobody for nothing, save where the rule that decided was altered itself.
            let altered = current.is_some_and(|name| {
                changes.changed.iter().chain(&changes.removed).any(|altered| altered == name)
            });
            prop_assert!(altered || may_move == (before != after), "{:?} is moved for nothing", item);
        }
        if changes.is_empty() {
            prop_assert!(items.iter().all(|item| decision(&old, item) == decision(&new, item)));
        }
    }

    #[test]
    fn a_rule_at_the_end_takes_nothing_from_the_rules_before_it(
        rules in drafts(),
        last in draft(5),
        item in item(),
    ) {
        let old = rule_set(&rules);
        let last = (5, last.1, 200, last.3);
        let new = rule_set(&rules.into_iter().chain([last]).collect::<Vec<_>>());
        let before = decision(&old, &item);
        prop_assert!(before.is_none() || before == decision(&new, &item));
        prop_assert_eq!(old.difference(&new).added, ["5"]);
    }

    #[test]
    fn a_rule_goes_before_the_default_of_the_kind(rules in drafts(), item in item()) {
        let taxonomy = taxonomy();
        let by_rule = decision(&rule_set(&rules), &item).map(|(name, _)| name.to_owned());
        let classifier = Classifier::new(rule_set(&rules), None, taxonomy.clone());
        match (classifier.decide(&item), by_rule) {
            (Decision::Rule(found), Some(name)) => prop_assert_eq!(&found.rule.name, &name),
            (Decision::KindDefault(kind, category), None) => {
                prop_assert_eq!(taxonomy.kind_default(kind), Some(category));
            }
            (Decision::Unclassified(kind), None) => prop_assert_eq!(taxonomy.kind_default(kind), None),
            (other, by_rule) => prop_assert!(false, "{:?} where the rule is {:?}", other, by_rule),
        }
    }

    #[test]
    fn a_tag_wins_over_the_parent_and_the_parent_over_the_machine(
        tag in prop::option::of("[a-z]{1,3}"),
        parent in prop::option::of("[a-z]{1,3}"),
        machine in prop::option::of("[a-z]{1,3}"),
        method in prop::sample::select(vec![Method::Rule, Method::Model, Method::KindDefault]),
    ) {
        let method = if machine.is_some() { method } else { Method::Unclassified };
        let (category, how) = settle(tag.as_deref(), parent.as_deref(), (machine.as_deref(), method));
        prop_assert_eq!(category, tag.as_deref().or(parent.as_deref()).or(machine.as_deref()));
        prop_assert_eq!(how == Method::Tag, tag.is_some());
        prop_assert_eq!(how == Method::Inherited, tag.is_none() && parent.is_some());
        prop_assert!(how <= method);
    }
}

#[test]
fn an_item_that_was_decided_under_other_rules_may_move() {
    let rules = rule_set(&[]);
    let probe = Probe::new(&rules, &rules);
    assert!(!probe.may_move(&ticket(Kind::Task, "anything"), None));
    assert!(probe.may_move(&ticket(Kind::Task, "anything"), Some("a rule of last year")));
}
