//! What a rules file may say, what it may not, and the sentences on both.

use chrono::DateTime;

use super::{RuleSet, samples::ticket};
use crate::{EffortEntry, Kind, State, Taxonomy, WorkItem};

fn parse(text: &str) -> Result<RuleSet, String> {
    let taxonomy = Taxonomy::parse(
        "[[category]]\nid = \"access\"\nname = \"A\"\nside = \"ktlo\"\n\
         [[category]]\nid = \"rollout\"\nname = \"R\"\nside = \"visible\"\n",
    )
    .unwrap();
    RuleSet::parse(text, &taxonomy).map_err(|error| error.to_string())
}

/// The reason that a rule with this `when` gives for one rich item, or "no match".
fn reason(when: &str) -> String {
    let rules = parse(&format!("[[rule]]\nname = \"R\"\ncategory = \"access\"\n{when}\n")).unwrap();
    let at = DateTime::from_timestamp(1_785_974_400, 0).unwrap(); // 6 August 2026
    let item = WorkItem {
        reference: "INC0010023".to_owned(),
        state: State::Finished,
        department: Some("Pharmacy".to_owned()),
        team: Some("Service Desk".to_owned()),
        priority: Some(2),
        labels: vec!["vip".to_owned(), "Joined up".to_owned()],
        opened_at: at,
        finished_at: Some(at),
        updated_at: at,
        logged: vec![EffortEntry { at: None, seconds: 5400 }],
        ..ticket(Kind::Request, "Please  RESET my\tpassword – O’Neill Ward's PC")
    };
    rules.first_match(&item).map_or("no match".to_owned(), |found| found.reason(&item))
}

#[test]
fn every_field_can_be_asked_and_the_reason_says_what_answered() {
    for (when, wanted) in [
        ("when.text.contains = \"reset my password\"", "\"reset my password\" in the title"),
        ("when.title.contains = [\"ward\"]", "\"ward\" in the title"),
        ("when.label.contains = [\"up\"]", "\"up\" in the label"),
        ("when.label = \"VIP\"", "the label \"vip\""),
        ("when.team = [\"Web\", \"service desk\"]", "the team \"service desk\""),
        ("when.department.one_of = [\"pharmacy\"]", "the department \"pharmacy\""),
        ("when.reference.starts_with = \"inc\"", "\"inc\" at the start of the reference"),
        ("when.reference.matches = '^INC0+1'", "\"inc001\" in the reference"),
        ("when.label.matches = '^joined'", "\"joined\" in the label"),
        ("when.kind = [\"incident\", \"request\"]", "kind request"),
        ("when.state = \"finished\"", "state finished"),
        ("when.priority = 2", "priority 2"),
        ("when.priority.at_most = 2", "priority 2"),
        ("when.logged_hours = { at_least = 1.5, at_most = 2 }", "1.5 hours logged"),
        ("when.opened.from = 2026-08-06", "opened on 6 August 2026"),
        ("when.finished = { from = 2026-08-01, before = 2026-09-01 }", "finished on 6 August 2026"),
        ("when.parent.present = false", "no parent"),
        ("when.system.present = false", "no system"),
        ("when.finished.present = true", "a known finishing date"),
        ("when.not.kind = \"incident\"", "nothing that it excludes"),
        (
            "when = { kind = \"request\", any = [{ text.contains = [\"printer\"] }, { title.contains = [\"pc\"] }] }",
            "\"pc\" in the title and kind request",
        ),
    ] {
        assert_eq!(reason(when), format!("rule 1 \"R\" matched {wanted}"), "of {when}");
    }
}

#[test]
fn what_is_not_so_does_not_match() {
    for when in [
        "when.text.contains = [\"word\", \"passwords\", \"neill\"]",
        "when.description.contains = [\"password\"]",
        "when.label = \"up\"",
        "when.reference.matches = '^0010023'",
        "when.kind = \"incident\"",
        "when.priority.at_most = 1",
        "when.logged_hours.at_most = 1",
        "when.opened.before = 2026-08-06",
        "when.system.contains = [\"epr\"]",
        "when.all = [{ kind = \"request\" }, { state = \"open\" }]",
        "when.not.kind = \"request\"",
    ] {
        assert_eq!(reason(when), "no match", "of {when}");
    }
}

#[test]
fn a_lower_priority_goes_first_and_the_file_decides_between_equals() {
    let rule = |name: &str, priority: &str| {
        format!("[[rule]]\nname = \"{name}\"\ncategory = \"access\"\n{priority}\nwhen.kind = \"task\"\n")
    };
    let text = [rule("b", ""), rule("c", ""), rule("last", "priority = 101"), rule("a", "priority = 99")];
    let rules = parse(&text.concat()).unwrap();
    let order: Vec<_> = rules.rules().iter().map(|rule| (rule.number, rule.name.as_str())).collect();
    assert_eq!(order, [(1, "a"), (2, "b"), (3, "c"), (4, "last")]);
}

#[test]
fn a_faulty_file_is_refused_in_one_sentence_that_names_line_and_rule() {
    let refusal = |text: &str| parse(text).unwrap_err();
    let rule = |rest: &str| refusal(&format!("\n[[rule]]\nname = \"R\"\ncategory = \"access\"\n{rest}\n"));
    insta::assert_snapshot!(refusal("[[rule]\n"), @r#"line 1: this is not TOML: unclosed array table, expected `]`"#);
    insta::assert_snapshot!(refusal("rules = 1\n"), @r#"line 1: "rules" has no meaning here; a rule begins with [[rule]]"#);
    insta::assert_snapshot!(refusal("[[rule]]\ncategory = \"access\"\nwhen.kind = \"task\"\n"), @r#"line 1: the rule has no name"#);
    insta::assert_snapshot!(refusal("[[rule]]\nname = \"R\"\ncategory = \"acess\"\n"), @r#"line 3, rule "R": the taxonomy has no category "acess"; it has access, rollout"#);
    insta::assert_snapshot!(rule(""), @r#"line 2, rule "R": the rule has no "when": say what it applies to"#);
    insta::assert_snapshot!(rule("colour = 1"), @r#"line 5, rule "R": a rule has no "colour"; it has name, category, priority and when"#);
    insta::assert_snapshot!(rule("priority = \"high\""), @r#"line 5, rule "R": the priority of a rule is a whole number"#);
    insta::assert_snapshot!(rule("when = {}"), @r#"line 5, rule "R": an empty table of conditions would match every item"#);
    insta::assert_snapshot!(rule("when.titel.contains = [\"a\"]"), @r#"line 5, rule "R": there is no field "titel"; there are text, title, description, kind, state, department, team, system, priority, source_category, label, parent, reference, opened, finished, logged_hours, all, any, not"#);
    insta::assert_snapshot!(rule("when.title.holds = [\"a\"]"), @r#"line 5, rule "R": "title" cannot be asked "holds"; it can be asked contains, equals, one_of, starts_with, matches and present"#);
    insta::assert_snapshot!(rule("when.title.contains = []"), @r#"line 5, rule "R": the list of "contains" is empty; give at least one"#);
    insta::assert_snapshot!(rule("when.title.contains = [\" \"]"), @r#"line 5, rule "R": "contains" has a text with nothing in it"#);
    insta::assert_snapshot!(rule("when.title.contains = [1]"), @r#"line 5, rule "R": what stands under "contains" is a text in quotation marks"#);
    insta::assert_snapshot!(rule("when.title.matches = \"(a\""), @r#"line 5, rule "R": "(a" is not a regular expression: unclosed group"#);
    insta::assert_snapshot!(rule("when.kind = \"ticket\""), @r#"line 5, rule "R": "ticket" is not a kind of work; the kinds are incident, request, problem, change, task, project, patching"#);
    insta::assert_snapshot!(rule("when.state = \"closed\""), @r#"line 5, rule "R": "closed" is not a state; the states are open, finished, withdrawn"#);
    insta::assert_snapshot!(rule("when.any = []"), @r#"line 5, rule "R": "any" needs a list of at least one table of conditions"#);
    insta::assert_snapshot!(rule("when.priority = { at_least = 3, at_most = 1 }"), @r#"line 5, rule "R": "at_least" of "priority" is more than its "at_most"; swap them"#);
    insta::assert_snapshot!(rule("when.logged_hours.at_least = nan"), @r#"line 5, rule "R": "logged_hours" is a number of hours, such as 7.5"#);
    insta::assert_snapshot!(rule("when.opened = { from = 2026-04-01, before = 2026-04-01 }"), @r#"line 5, rule "R": "before" of "opened" has to be later than its "from""#);
    insta::assert_snapshot!(rule("when.opened.from = \"1 April\""), @r#"line 5, rule "R": "opened" needs a date, such as 2026-04-01 or 2026-04-01T00:00:00+01:00"#);
    insta::assert_snapshot!(rule("when.opened = 2026-04-01"), @r#"line 5, rule "R": "opened" cannot be asked "equals"; it can be asked from, before and present"#);
    insta::assert_snapshot!(rule("when.parent = \"x\""), @r#"line 5, rule "R": "parent" cannot be asked "equals"; it can be asked only present"#);
    insta::assert_snapshot!(
        rule("when.kind = \"task\"\n[[rule]]\nname = \"R\"\ncategory = \"access\"\nwhen.kind = \"task\""), @r#"line 6, rule "R": the rule on line 2 has the same name"#);
}
