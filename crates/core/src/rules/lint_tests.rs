//! What lint finds, against trying every rule on many items.

use proptest::prelude::*;

use super::{
    FindingSort, LintTally, RuleSet, lint,
    property_tests::{Ask, ask, item},
    samples::ticket,
};
use crate::{Kind, Side, Taxonomy};

fn taxonomy() -> Taxonomy {
    Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap()
}

fn rule_set(rules: &[(&str, String)]) -> RuleSet {
    let rule = |(place, (category, when)): (usize, &(&str, String))| {
        format!("[[rule]]\nname = \"{place}\"\ncategory = \"{category}\"\n{when}\n")
    };
    let text: String = rules.iter().enumerate().map(rule).collect();
    RuleSet::parse(&text, &taxonomy()).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn rules() -> impl Strategy<Value = Vec<(&'static str, Ask)>> {
    let category = prop::sample::select(vec!["access", "improvement"]);
    prop::collection::vec((category, ask()), 1..6)
}

/// What lint says of two rules with these conditions, the second in short.
fn second(first: &str, then: &str) -> Option<FindingSort> {
    let rules = rule_set(&[("access", first.to_owned()), ("access", then.to_owned())]);
    lint(&rules).into_iter().find(|finding| finding.rule == 2).map(|finding| finding.sort)
}

#[test]
fn conditions_that_contradict_one_another_are_found() {
    for when in [
        "when.all = [{ kind = \"incident\" }, { kind = [\"change\", \"task\"] }]",
        "when = { kind = [\"incident\", \"change\"], not = { kind = [\"change\", \"incident\"] } }",
        "when = { title.contains = [\"reset password\"], not.text.contains = [\"passwords\", \"password\"] }",
        "when = { title.starts_with = \"how do i\", not.title.contains = [\"how do\"] }",
        "when = { team = [\"service desk\"], not.team.matches = \"desk$\" }",
        "when = { team = [\"a\", \"b\"], all = [{ team = [\"b\", \"c\"] }, { not.team = \"b\" }] }",
        "when = { system.present = false, all = [{ system = \"epr\" }] }",
        "when.all = [{ priority = 1 }, { priority.at_least = 3 }]",
        "when = { priority.at_least = 2, all = [{ priority.at_most = 4 }], not.priority = [2, 3, 4] }",
        "when = { logged_hours.present = false, not.logged_hours.present = false }",
        "when.all = [{ opened.before = 2026-04-01 }, { opened.from = 2026-04-01 }]",
        "when = { state = \"open\", finished.present = true }",
        "when.opened.present = false",
        "when = { parent.present = true, all = [{ parent.present = false }] }",
        "when.any = [{ kind = \"task\", not.kind = \"task\" }, { priority.at_least = 300 }]",
    ] {
        assert_eq!(second("when.title.matches = \"x\"", when), Some(FindingSort::NeverMatches), "{when}");
    }
}

#[test]
fn a_rule_that_asks_more_than_an_earlier_one_is_shadowed() {
    for (first, then) in [
        (
            "when.text.contains = [\"password\"]",
            "when = { title.contains = [\"reset password\", \"new password\"], kind = \"task\" }",
        ),
        (
            "when = { title.contains = [\"a\"], kind = [\"task\", \"change\"] }",
            "when = { title.contains = [\"a\"], not.kind = [\"incident\", \"request\", \"problem\", \"change\", \"project\", \"patching\"] }",
        ),
        (
            "when.any = [{ kind = \"task\" }, { title.starts_with = \"new\" }]",
            "when = { title.starts_with = [\"new pc\"] }",
        ),
        (
            "when = { title.contains = [\"a\"], not.title.contains = [\"b c\"] }",
            "when = { title.contains = [\"a\"], not.text.contains = [\"b\", \"c\"] }",
        ),
        ("when.priority.at_most = 3", "when.priority = [1, 2]"),
        ("when.team.present = true", "when.team.contains = [\"desk\"]"),
        ("when.state = \"finished\"", "when.finished.from = 2026-01-01"),
        ("when.title.matches = 'x+'", "when.title.matches = 'x+'"),
    ] {
        assert_eq!(second(first, then), Some(FindingSort::Shadowed), "{first} before {then}");
    }
}

#[test]
fn what_may_go_first_somewhere_is_left_alone() {
    for (first, then) in [
        ("when.title.contains = [\"password\"]", "when.title.contains = [\"passwords\"]"),
        ("when.title.contains = [\"password\"]", "when.text.contains = [\"reset password\"]"),
        ("when.title.contains = [\"print\"]", "when.title.starts_with = \"print\""),
        ("when = { title.contains = [\"a\"], kind = \"task\" }", "when.title.contains = [\"a\"]"),
        (
            "when = { title.contains = [\"a\"], not.title.contains = [\"b\"] }",
            "when.title.contains = [\"a\"]",
        ),
        ("when.title.contains = [\"users\"]", "when.title.contains = [\"users'\"]"),
        ("when.priority.at_most = 3", "when.priority.present = true"),
        ("when = { kind = \"task\", not.kind = \"task\" }", "when.kind = \"task\""),
    ] {
        assert_eq!(second(first, then), None, "{first} before {then}");
    }
}

#[test]
fn the_rules_that_are_shipped_have_no_fault_that_shows_without_history() {
    let rules = RuleSet::parse(include_str!("../../../../config/rules.toml"), &taxonomy()).unwrap();
    let found: Vec<_> = lint(&rules).into_iter().map(|finding| finding.sentence).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn history_tells_what_matched_nothing_what_was_never_first_and_what_crosses_the_waterline() {
    let contains = |word: &str| format!("when.title.contains = [\"{word}\"]");
    let rules = rule_set(&[
        ("access", contains("a")),
        ("improvement", contains("b")),
        ("access", contains("c")),
        ("device", contains("d")),
    ]);
    let mut tally = LintTally::default();
    assert!(tally.findings(&rules, &taxonomy()).is_empty());
    for title in ["a", "a b", "a b", "b c", "a c", "b"] {
        tally.observe(&rules, &ticket(Kind::Task, title));
    }
    let findings = tally.findings(&rules, &taxonomy());
    let lines: Vec<_> =
        findings.iter().map(|f| format!("{} {:?} {:?}: {}", f.rule, f.sort, f.items, f.sentence)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    1 OtherSide Some(2): rule 1 "0" puts 2 items below the waterline that rule 2 "1" would put on the other side
    2 OtherSide Some(1): rule 2 "1" puts 1 item above the waterline that rule 3 "2" would put on the other side
    3 NeverFirst Some(2): rule 3 "2" matched 2 items, but another rule went first every time: rule 1 "0" (1), rule 2 "1" (1)
    4 MatchedNothing Some(0): rule 4 "3" matched nothing, of 6 items
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_lint_finds_is_so_on_every_item(
        rules in rules(),
        items in prop::collection::vec(item(), 40),
    ) {
        let set = rule_set(&rules.iter().map(|(c, ask)| (*c, format!("when = {}", ask.toml()))).collect::<Vec<_>>());
        for finding in lint(&set) {
            for item in &items {
                let matched = rules[finding.rule - 1].1.holds(item);
                prop_assert!(!matched || finding.sort == FindingSort::Shadowed, "{}: {:?}", finding.sentence, item);
                let first = rules.iter().position(|(_, ask)| ask.holds(item));
                prop_assert!(first != Some(finding.rule - 1), "{}: {:?}", finding.sentence, item);
            }
        }
    }

    #[test]
    fn tallies_in_any_parts_tell_what_trying_every_rule_tells(
        rules in rules(),
        items in prop::collection::vec(item(), 1..20),
        cut in 0_usize..20,
    ) {
        let set = rule_set(&rules.iter().map(|(c, ask)| (*c, format!("when = {}", ask.toml()))).collect::<Vec<_>>());
        let (front, back) = items.split_at(cut.min(items.len()));
        let tally = |items: &[_]| {
            let mut tally = LintTally::default();
            items.iter().for_each(|item| tally.observe(&set, item));
            tally
        };
        let mut merged = tally(back);
        merged.merge(&tally(front));
        prop_assert_eq!(&merged, &tally(&items));

        let taxonomy = taxonomy();
        let visible = |place: usize| taxonomy.category(&set.rules()[place].category).unwrap().side == Side::Visible;
        let mut wanted = Vec::new();
        for (place, (_, ask)) in rules.iter().enumerate() {
            let matched = items.iter().filter(|item| ask.holds(item)).count() as u64;
            let first = |item: &&crate::WorkItem| rules.iter().position(|(_, ask)| ask.holds(item)) == Some(place);
            let took: Vec<_> = items.iter().filter(first).collect();
            if matched == 0 {
                wanted.push((place + 1, FindingSort::MatchedNothing, Some(0)));
            } else if took.is_empty() {
                wanted.push((place + 1, FindingSort::NeverFirst, Some(matched)));
            }
            for (other, (_, ask)) in rules.iter().enumerate().filter(|(other, _)| visible(*other) != visible(place)) {
                let both = took.iter().filter(|item| other != place && ask.holds(item)).count() as u64;
                if both > 0 {
                    wanted.push((place + 1, FindingSort::OtherSide, Some(both)));
                }
            }
        }
        let mut found: Vec<_> =
            merged.findings(&set, &taxonomy).into_iter().map(|f| (f.rule, f.sort, f.items)).collect();
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted);
    }
}
