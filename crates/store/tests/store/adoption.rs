//! Dry-runs and adoptions, on both databases.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use waterline_core::{CategoryId, Clock, Dimension, Kind, Method, WorkItem};
use waterline_store::{AdoptionState, AdoptionView, DryRun, Flow, ItemFilter, ItemView, RuleTexts, Store};

use crate::common::*;

fn noon() -> DateTime<Utc> {
    at("2026-11-05")
}

fn clock() -> Clock {
    Arc::new(noon)
}

fn category(name: &str) -> CategoryId {
    CategoryId::new(name)
}

/// The rules of the tests with these before them.
async fn draft(store: &Store, rules: &str) -> i32 {
    let first = store.rule_set(1).await.unwrap().unwrap().texts;
    let all = first.rules.replace("rule = [", &format!("rule = [{rules}"));
    store.rule_set_number(&RuleTexts { rules: all, ..first }, "ada", noon()).await.unwrap()
}

async fn try_out(store: &Store, rule_set: i32) -> DryRun {
    store.dry_run(rule_set, None, noon(), |_, _| {}).await.unwrap()
}

async fn adopt(store: &Store, rule_set: i32) -> AdoptionView {
    store.ask_adoption(rule_set, None, "a test says so", "ada", noon()).await.unwrap();
    store.run_adoption(&clock(), |_, _| {}).await.unwrap().unwrap()
}

async fn items(store: &Store) -> Vec<ItemView> {
    let mut items = store.items(&ItemFilter::default(), None, 100).await.unwrap().items;
    items.sort_by(|a, b| a.reference.cmp(&b.reference));
    items
}

async fn counts(store: &Store) -> Vec<(Option<String>, Method)> {
    items(store).await.into_iter().map(|item| (item.category.map(|id| id.to_string()), item.method)).collect()
}

fn sound(item: &str) -> (Option<String>, Method) {
    (Some(item.to_owned()), Method::Rule)
}

const FIRE: &str = r#"{ name = "Fire", category = "legacy", when.title.contains = "fire" },"#;
const FIRST: &str = r#"{ name = "First", category = "advice", when.reference = { equals = "INC1" } },"#;

#[tokio::test]
async fn what_is_tried_moves_nothing_and_what_is_adopted_moves_as_was_told() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-09-06"), item("3")]).await;
        let number = draft(&store, FIRST).await;
        let before = (counts(&store).await, work(&store, Dimension::All).await);
        let run = try_out(&store, number).await;
        assert_eq!((counts(&store).await, work(&store, Dimension::All).await), before);

        assert_eq!((run.items, run.moved, run.moved_side), (3, 1, 1));
        let flow =
            Flow { from: Some(category("incident")), to: Some(category("advice")), items: 1, seconds: 1800 };
        assert_eq!(run.flows, [flow]);
        let shares: Vec<_> = run.months.iter().map(|month| month.shift.effort).collect();
        assert_eq!(shares.iter().map(|share| share.before).collect::<Vec<_>>(), [Some(0.0), Some(0.0)]);
        assert_eq!(shares.iter().map(|share| share.after).collect::<Vec<_>>(), [Some(0.0), Some(1.0)]);
        assert_eq!(run.year.items.difference(), Some(0.5));
        let [example] = &run.examples[..] else { panic!("{:?}", run.examples) };
        assert_eq!(example.reference, "INC1");
        assert!(example.reason_before.contains("\"As an incident\""), "{}", example.reason_before);
        assert!(example.reason_after.contains("rule 1 \"First\""), "{}", example.reason_after);

        let adopted = adopt(&store, number).await;
        assert_eq!((adopted.state, adopted.moved, adopted.total), (AdoptionState::InForce, 1, 3));
        assert_eq!(adopted.shift, Some(run.year));
        assert_eq!(counts(&store).await, [sound("advice"), sound("incident"), sound("incident")]);
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
        assert_eq!(store.in_force().await.unwrap().rule_set, number);
        let log = &store.audit_entries(1).await.unwrap()[0];
        assert_eq!((log.action.as_str(), log.subject.as_str()), ("rules.adopt", "rule set 2"));
    })
    .await;
}

#[tokio::test]
async fn adopting_can_be_undone_and_undoing_too() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-10-06")]).await;
        let refused = store.undo_adoption("ada", noon()).await.unwrap_err().to_string();
        assert_eq!(refused, "nothing else was in force before");
        let number = draft(&store, FIRE).await;
        adopt(&store, number).await;
        assert_eq!(counts(&store).await, [sound("legacy"), sound("legacy")]);
        for (rule_set, category) in [(1, "incident"), (number, "legacy"), (1, "incident")] {
            store.undo_adoption("ben", noon()).await.unwrap();
            let adopted = store.run_adoption(&clock(), |_, _| {}).await.unwrap().unwrap();
            assert_eq!((adopted.rule_set, adopted.moved), (rule_set, 2));
            assert_eq!(counts(&store).await, [sound(category), sound(category)]);
        }
        let states: Vec<_> = store.adoptions(10).await.unwrap().into_iter().map(|one| one.state).collect();
        assert_eq!(states[0], AdoptionState::InForce);
        assert!(states[1..].iter().all(|state| *state == AdoptionState::Superseded), "{states:?}");
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_adopted_is_refused_in_a_sentence() {
    on_both(async |database| {
        let store = database.open().await;
        let ask = async |rule_set, model| {
            store.ask_adoption(rule_set, model, "why not", "ada", noon()).await.unwrap_err().to_string()
        };
        assert_eq!(ask(9, None).await, "there is no rule set number 9");
        assert_eq!(ask(1, Some(4)).await, "there is no model number 4");
        assert_eq!(ask(1, None).await, "rule set 1 is in force already");
        let refused = store.dry_run(9, None, noon(), |_, _| {}).await.unwrap_err().to_string();
        assert_eq!(refused, "there is no rule set number 9");
        let number = draft(&store, FIRE).await;
        store.ask_adoption(number, None, "why not", "ben", noon()).await.unwrap();
        let refused = ask(number, None).await;
        assert_eq!(refused, "rule set 2, which ben asked for, is being put in force; try again once it is");
    })
    .await;
}

#[tokio::test]
async fn rules_that_cannot_be_read_fail_and_leave_what_is_in_force() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05")]).await;
        let broken = RuleTexts { rules: "rule = 1".to_owned(), ..database.settings.first_rules.clone() };
        let number = store.rule_set_number(&broken, "ada", noon()).await.unwrap();
        let failed = adopt(&store, number).await;
        assert_eq!(failed.state, AdoptionState::Failed);
        assert!(failed.trouble.unwrap().contains("rule set 2, line 1"));
        assert_eq!(store.in_force().await.unwrap().rule_set, 1);
        // Nothing stands in the way of the next.
        let number = draft(&store, FIRE).await;
        assert_eq!(adopt(&store, number).await.state, AdoptionState::InForce);
    })
    .await;
}

#[tokio::test]
async fn a_tag_stands_and_children_go_with_what_they_belong_to() {
    on_both(async |database| {
        let store = database.open().await;
        let task = |id: &str, parent: &str| WorkItem {
            kind: Kind::Task,
            parent: Some(parent.to_owned()),
            title: None,
            labels: Vec::new(),
            ..finished(id, "2026-10-05")
        };
        let work =
            [finished("1", "2026-10-05"), task("2", "1"), task("3", "2"), task("4", "1"), task("5", "4")];
        pull(&store, work).await;
        let tagged = items(&store).await[3].id;
        store.tag(&[tagged], &category("new_product"), "ada", noon()).await.unwrap();
        let number = draft(&store, FIRST).await;
        let run = try_out(&store, number).await;
        assert_eq!(run.moved, 3);
        assert_eq!(adopt(&store, number).await.moved, 3);
        let advice = |method| (Some("advice".to_owned()), method);
        let product = |method| (Some("new_product".to_owned()), method);
        assert_eq!(
            counts(&store).await,
            [
                advice(Method::Rule),
                advice(Method::Inherited),
                advice(Method::Inherited),
                product(Method::Tag),
                product(Method::Inherited)
            ]
        );
        let inherited = run.examples.iter().find(|example| example.reference == "INC3").unwrap();
        assert!(inherited.reason_after.starts_with("inherited from INC1: rule 1"), "{inherited:?}");
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_process_that_dies_leaves_what_was_in_force_and_another_begins_afresh() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05")]).await;
        let number = draft(&store, FIRE).await;
        store.ask_adoption(number, None, "why not", "ada", noon()).await.unwrap();
        // Items cannot be written, so it dies in the middle of its one transaction.
        let db = database.by_hand().await;
        db.execute_unprepared("ALTER TABLE rollup RENAME TO elsewhere").await.unwrap();
        store.run_adoption(&clock(), |_, _| {}).await.unwrap_err();
        db.execute_unprepared("ALTER TABLE elsewhere RENAME TO rollup").await.unwrap();
        assert_eq!(store.in_force().await.unwrap().rule_set, 1);
        assert_eq!(counts(&store).await, [sound("incident")]);
        assert_eq!(store.adoptions(1).await.unwrap()[0].state, AdoptionState::Sorting);
        let adopted = database.open().await.run_adoption(&clock(), |_, _| {}).await.unwrap().unwrap();
        assert_eq!((adopted.state, adopted.moved), (AdoptionState::InForce, 1));
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_of_two_processes_sorts_until_it_is_not_heard_of() {
    on_both(async |database| {
        let (one, two) = (database.open().await, database.open().await);
        pull(&one, [finished("1", "2026-10-05")]).await;
        let number = draft(&one, FIRE).await;
        one.ask_adoption(number, None, "why not", "ada", noon()).await.unwrap();
        let (a, b) = tokio::join!(async { one.run_adoption(&clock(), |_, _| {}).await.unwrap() }, async {
            two.run_adoption(&clock(), |_, _| {}).await.unwrap()
        });
        assert_eq!(a.iter().chain(b.iter()).filter(|done| done.moved == 1).count(), 1);
        assert!(two.run_adoption(&clock(), |_, _| {}).await.unwrap().is_none());

        one.undo_adoption("ada", noon()).await.unwrap();
        // Killed while it looks at the items: its lease stays.
        let killed = async move { one.run_adoption(&clock(), |_, _| panic!("killed")).await };
        assert!(tokio::spawn(killed).await.is_err());
        assert!(two.run_adoption(&clock(), |_, _| {}).await.unwrap().is_none());
        let later: Clock = Arc::new(|| at("2026-11-05T12:02:00Z"));
        let adopted = two.run_adoption(&later, |_, _| {}).await.unwrap().unwrap();
        assert_eq!((adopted.rule_set, adopted.state), (1, AdoptionState::InForce));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_while_everything_is_sorted_is_sorted_too() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-10-06")]).await;
        let number = draft(&store, FIRE).await;
        store.ask_adoption(number, None, "why not", "ada", noon()).await.unwrap();
        let other = database.open().await;
        let mut once = true;
        let meanwhile = |_, _| {
            if std::mem::take(&mut once) {
                let newer = WorkItem { title: Some("Quenched".to_owned()), ..finished("2", "2026-10-07") };
                let writing = pull(&other, [newer, finished("3", "2026-10-08")]);
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(writing));
            }
        };
        let adopted = store.run_adoption(&clock(), meanwhile).await.unwrap().unwrap();
        assert_eq!(adopted.moved, 2);
        assert_eq!(counts(&store).await, [sound("legacy"), sound("incident"), sound("legacy")]);
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_an_older_version_sorted_is_sorted_afresh_by_the_first_rules() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-10-06")]).await;
        let db = database.by_hand().await;
        // As the older version left it: another verdict, and nothing known to be in force.
        for sql in [
            "DELETE FROM setting WHERE key = 'classification.in_force'",
            "DELETE FROM adoption",
            "UPDATE work_item SET category = NULL, method = 'unclassified', machine_category = NULL, \
             machine_method = 'unclassified', machine_rule = NULL WHERE reference = 'INC1'",
            "DELETE FROM rollup",
        ] {
            db.execute_unprepared(sql).await.unwrap();
        }
        for dimension in ["all", "kind", "team", "department", "system", "source"] {
            let value = ["", "incident", "Service Desk", "Pathology", "", "desk"];
            let place = ["all", "kind", "team", "department", "system", "source"];
            let value = value[place.iter().position(|one| *one == dimension).unwrap()];
            let known = dimension != "system";
            for category in ["", "incident"] {
                let sql = format!(
                    "INSERT INTO rollup (dimension, month, known, value, category, items, logged_seconds, \
                     estimated_seconds) VALUES ('{dimension}', '2026-10-01', {known}, '{value}', '{category}', \
                     1, 0, 1800)"
                );
                db.execute_unprepared(&sql).await.unwrap();
            }
        }
        let store = database.open().await;
        let waiting = store.adoptions(1).await.unwrap().remove(0);
        assert_eq!((waiting.rule_set, waiting.state), (1, AdoptionState::Waiting));
        let adopted = store.run_adoption(&clock(), |_, _| {}).await.unwrap().unwrap();
        assert_eq!((adopted.moved, adopted.state), (1, AdoptionState::InForce));
        assert_eq!(counts(&store).await, [sound("incident"), sound("incident")]);
        assert_eq!(store.verify().await.unwrap().discrepancies, []);
    })
    .await;
}
