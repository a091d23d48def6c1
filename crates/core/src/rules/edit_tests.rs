//! Edits against the shipped rules and against a list that is edited beside them.

use proptest::prelude::*;

use super::{
    EditError, NewRule, RuleSet,
    edit::{add_rule, move_rule, remove_rule, replace_rule, rule_text},
    samples::ticket,
    suggest_rule,
};
use crate::{CategoryId, Kind, Taxonomy, redaction::markers};

const FILE: &str = "\
# What these rules are for.

# --- Accounts

# Asked for by the desk.
[[rule]]
name = \"a\"
category = \"access\"
when.title.contains = [ # whatever
  \"x\",
]
# a note

[[rule]]
name = 'b'
category = \"access\"
[rule.when]
title.matches = '''
[[rule]]
# no comment'''

# --- Devices


[[rule]] # the last
name = \"c\"
category = \"device\"
priority = 101
when.kind = \"task\"
";

const NEW: &str = "\n[[rule]]\nname = \"n\"\ncategory = \"access\"\nwhen.kind = \"task\"\n\n";

fn taxonomy() -> Taxonomy {
    Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap()
}

fn shipped() -> RuleSet {
    RuleSet::parse(include_str!("../../../../config/rules.toml"), &taxonomy()).unwrap()
}

/// What an edit took out and put in, line by line, where it changed one place only.
fn change(before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let lines =
        |sign: &str, list: &[&str]| list.iter().map(|line| format!("{sign}{line}\n")).collect::<String>();
    format!(
        "at {}\n{}{}",
        start + 1,
        lines("-", &old[start..old.len() - end]),
        lines("+", &new[start..new.len() - end])
    )
}

#[test]
fn a_rule_is_its_lines_from_the_header_to_the_last() {
    insta::assert_snapshot!(rule_text(FILE, "b").unwrap(), @r#"
    [[rule]]
    name = 'b'
    category = "access"
    [rule.when]
    title.matches = '''
    [[rule]]
    # no comment'''
    "#);
    assert_eq!(rule_text(FILE, "x"), None);
    assert_eq!(rule_text("no TOML", "x"), None);
}

#[test]
fn a_rule_is_added_at_the_end_or_before_another() {
    let add = |before| change(FILE, &add_rule(FILE, NEW, before, &taxonomy()).unwrap());
    insta::assert_snapshot!(add(None), @r#"
    at 30
    +
    +[[rule]]
    +name = "n"
    +category = "access"
    +when.kind = "task"
    "#);
    insta::assert_snapshot!(add(Some("a")), @r#"
    at 5
    +[[rule]]
    +name = "n"
    +category = "access"
    +when.kind = "task"
    +
    "#);
    assert_eq!(add_rule("", NEW, None, &taxonomy()).unwrap(), NEW.trim_start().replace("\n\n", "\n"));
}

#[test]
fn a_rule_is_replaced_removed_and_moved_with_its_comment() {
    let taxonomy = taxonomy();
    let replaced = replace_rule(FILE, "b", NEW, &taxonomy).unwrap();
    insta::assert_snapshot!(change(FILE, &replaced), @r#"
    at 15
    -name = 'b'
    -category = "access"
    -[rule.when]
    -title.matches = '''
    -[[rule]]
    -# no comment'''
    +name = "n"
    +category = "access"
    +when.kind = "task"
    "#);
    insta::assert_snapshot!(change(FILE, &remove_rule(FILE, "a", &taxonomy).unwrap()), @r#"
    at 5
    -# Asked for by the desk.
    -[[rule]]
    -name = "a"
    -category = "access"
    -when.title.contains = [ # whatever
    -  "x",
    -]
    "#);
    insta::assert_snapshot!(move_rule(FILE, "a", None, &taxonomy).unwrap(), @r#"
    # What these rules are for.

    # --- Accounts

    # a note

    [[rule]]
    name = 'b'
    category = "access"
    [rule.when]
    title.matches = '''
    [[rule]]
    # no comment'''

    # --- Devices


    [[rule]] # the last
    name = "c"
    category = "device"
    priority = 101
    when.kind = "task"

    # Asked for by the desk.
    [[rule]]
    name = "a"
    category = "access"
    when.title.contains = [ # whatever
      "x",
    ]
    "#);
    let back = move_rule(&move_rule(FILE, "b", Some("a"), &taxonomy).unwrap(), "b", Some("c"), &taxonomy);
    assert_eq!(names(&back.unwrap()), ["a", "b", "c"]);
    assert_eq!(move_rule(FILE, "a", Some("a"), &taxonomy).unwrap(), FILE);
}

#[test]
fn an_edit_that_cannot_be_is_refused_in_a_sentence() {
    let taxonomy = taxonomy();
    let add = |rule: &str, before| add_rule(FILE, rule, before, &taxonomy).unwrap_err().to_string();
    insta::assert_snapshot!(add(NEW, Some("x")), @r#"there is no rule "x"; it may have been renamed or removed meanwhile"#);
    insta::assert_snapshot!(add("", None), @"give one rule, beginning with [[rule]]; this has 0");
    insta::assert_snapshot!(add(&NEW.replace("task", "tusk"), None), @r#"line 5, rule "n": "tusk" is not a kind of work; the kinds are incident, request, problem, change, task, project, patching"#);
    insta::assert_snapshot!(add(&NEW.replace("\"n\"", "\"a\""), None), @r#"line 31, rule "a": the rule on line 6 has the same name"#);
    let late = NEW.replace("when", "priority = 102\nwhen");
    insta::assert_snapshot!(add(&late, Some("c")), @r#""n" cannot go before "c", which has priority 101; give it that priority too"#);
    assert_eq!(
        remove_rule("rule = [{ name = \"a\", category = \"access\", when.kind = \"task\" }]", "a", &taxonomy),
        Err(EditError::OneList)
    );
}

fn names(text: &str) -> Vec<String> {
    let rules = RuleSet::parse(text, &taxonomy()).unwrap();
    rules.rules().iter().map(|rule| rule.name.clone()).collect()
}

#[test]
fn every_rule_that_is_shipped_can_be_taken_out_and_put_back_where_it_was() {
    let text = include_str!("../../../../config/rules.toml");
    let taxonomy = taxonomy();
    let names = names(text);
    for (place, name) in names.iter().enumerate().step_by(70) {
        let rule = rule_text(text, name).unwrap();
        let without = remove_rule(text, name, &taxonomy).unwrap();
        let again = add_rule(&without, rule, names.get(place + 1).map(String::as_str), &taxonomy).unwrap();
        assert_eq!(self::names(&again), names, "{name}");
        let comments = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(comments(&again), comments(text), "{name}");
    }
}

proptest! {
    #[test]
    fn edits_do_to_the_file_what_they_do_to_a_list(
        steps in prop::collection::vec((0_u8..4, 0_usize..8, prop::option::of(0_usize..8)), 0..12),
    ) {
        let taxonomy = taxonomy();
        let mut text = FILE.replace("priority = 101\n", "");
        let mut list = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        for (step, (sort, which, before)) in steps.into_iter().enumerate() {
            let name = list.get(which).cloned().unwrap_or("nobody".to_owned());
            let before = before.map(|place| list.get(place).cloned().unwrap_or("nobody".to_owned()));
            let new = format!("new {step}");
            let rule = NEW.replace("\"n\"", &format!("{new:?}"));
            let edited = match sort {
                0 => add_rule(&text, &rule, before.as_deref(), &taxonomy),
                1 => replace_rule(&text, &name, &rule, &taxonomy),
                2 => remove_rule(&text, &name, &taxonomy),
                _ => move_rule(&text, &name, before.as_deref(), &taxonomy),
            };
            let needs_name = sort > 0 && name == "nobody";
            let needs_before = [0, 3].contains(&sort) && before.as_deref() == Some("nobody");
            prop_assert_eq!(edited.is_err(), needs_name || needs_before);
            let Ok(edited) = edited else { continue };
            let at = |list: &[String]| match &before {
                Some(before) => list.iter().position(|name| name == before).unwrap_or(list.len()),
                None => list.len(),
            };
            match sort {
                0 => list.insert(at(&list), new),
                1 => list[which] = new,
                2 => drop(list.remove(which)),
                _ if before.as_ref() == Some(&name) => {}
                _ => {
                    list.remove(which);
                    list.insert(at(&list), name);
                }
            }
            prop_assert_eq!(&names(&edited), &list, "{}", edited);
            prop_assert!(edited.contains("# What these rules are for.") && edited.contains("# --- Devices"));
            text = edited;
        }
    }

    #[test]
    fn a_draft_takes_its_item_to_the_category(title in "(Reset|the|password|don't|\\[email\\]|12|INC0012345| |EPR|-|new|é|,|\\[|x){0,12}") {
        let item = ticket(Kind::Request, &title);
        let category = CategoryId::new("improvement");
        let text = FILE.replace("\"x\"", "\"reset\", \"epr\"");
        let rules = RuleSet::parse(&text, &taxonomy()).unwrap();
        if let Some((rule, before)) = suggest_rule(&item, &category, &rules) {
            let text = add_rule(&text, &rule.to_toml(), before.as_deref(), &taxonomy());
            let rules = RuleSet::parse(&text.unwrap(), &taxonomy()).unwrap();
            prop_assert_eq!(&rules.first_match(&item).unwrap().rule.name, &rule.name);
            prop_assert!(markers().all(|marker| rule.words.iter().chain(&rule.also).all(|word| !word.contains(marker))));
        }
    }
}

#[test]
fn a_draft_looks_for_what_is_distinctive_in_the_title() {
    let rules = shipped();
    let draft = |title: &str| {
        let draft = suggest_rule(&ticket(Kind::Request, title), &CategoryId::new("device"), &rules);
        draft.map(|(rule, before)| {
            format!("{}: {:?} {:?}; before {before:?}", rule.name, rule.words, rule.also)
        })
    };
    let drafts = [
        "Holter monitor download station frozen on ward 12",
        "Please can you reset the password for [email] by 3rd August",
        "Toner for Ward 7",
        "EPR - drug chart will not load",
        "INC0012345 12/08/2026",
        "Don't know",
    ]
    .map(|title| draft(title).unwrap_or("no draft".to_owned()));
    insta::assert_snapshot!(drafts.join("\n"), @r#"
    Holter monitor download station: ["holter monitor download station"] []; before Some("Screen, keyboard, docking station and other parts")
    Reset, password: ["reset"] ["password"]; before Some("Password reset")
    Toner: ["toner"] []; before Some("Printer supplied, moved or added")
    Drug chart: ["drug chart"] []; before None
    no draft
    no draft
    "#);
}

#[test]
fn a_draft_falls_back_on_the_system_and_takes_a_name_that_is_free() {
    let mut item = ticket(Kind::Incident, "Urgent!");
    let category = CategoryId::new("device");
    assert_eq!(suggest_rule(&item, &category, &shipped()), None);
    item.system = Some("Winpath ".to_owned());
    let (rule, before) = suggest_rule(&item, &category, &shipped()).unwrap();
    assert_eq!((rule.name.as_str(), before), ("Winpath: incident", None));
    let taken = NewRule { name: "Winpath: incident".to_owned(), ..rule.clone() }.to_toml();
    let rules = RuleSet::parse(&taken, &taxonomy()).unwrap();
    let (again, before) = suggest_rule(&item, &category, &rules).unwrap();
    assert_eq!((again.name.as_str(), before.as_deref()), ("Winpath: incident 2", Some("Winpath: incident")));
}
