//! Audits: drawn by chance, answered blind, and never mixed up with tags.

use std::collections::{BTreeMap, BTreeSet};

use waterline_core::{
    Basis, CategoryId, Dimension, MonthRange, Taxonomy, WorkItem,
    audit::{Answer, Audit, Frame, ShareError, Stratum, Truth, share_error},
    share,
};
use waterline_store::{BlindItem, NewSampleAudit, SampleAudit, Store, StoreError};

use crate::common::{TestDatabase, at, classified, ever, finished, item, logged, month, on_both, pull, work};

const CATEGORIES: [Option<&str>; 4] = [Some("incident"), Some("new_product"), Some("incident"), None];

/// Two hundred pieces of work over September and October, some with effort in both months.
fn pieces() -> Vec<WorkItem> {
    (0..200)
        .map(|number: usize| {
            let day = format!("2026-{:02}-{:02}", 9 + number % 2, 1 + number % 28);
            let mut item = classified(finished(&number.to_string(), &day), CATEGORIES[number % 4]);
            if number.is_multiple_of(5) {
                item.logged =
                    vec![logged(Some("2026-09-15"), 600), logged(Some("2026-10-15"), 60 * number as i64)];
            }
            item
        })
        .collect()
}

fn autumn() -> MonthRange {
    MonthRange::new(month("2026-09"), month("2026-10")).unwrap()
}

fn new(draws: u32, people: u8) -> NewSampleAudit {
    NewSampleAudit { period: autumn(), draws, people, seed: Some(7) }
}

async fn drawn(database: &TestDatabase, draws: u32, people: u8) -> (Store, i64) {
    let store = database.open().await;
    pull(&store, pieces()).await;
    let id = store.draw_audit(&new(draws, people), "ada", at("2026-11-02")).await.unwrap();
    (store, id)
}

async fn view(store: &Store, audit: i64) -> SampleAudit {
    store.sample_audit(audit).await.unwrap().unwrap()
}

async fn next(store: &Store, audit: i64, user: &str) -> Option<BlindItem> {
    store.next_to_audit(audit, user).await.unwrap().next
}

async fn says(store: &Store, audit: i64, item: i64, user: &str, category: &str) -> bool {
    let answer = match category {
        "" => Answer::CannotTell,
        id => Answer::Category(CategoryId::new(id)),
    };
    store.answer_audit(audit, item, &answer, user, at("2026-11-03")).await.unwrap()
}

/// Answers all that waits for this person, each as `of` says.
async fn answer_all(store: &Store, audit: i64, user: &str, of: impl Fn(i64) -> &'static str) -> Vec<i64> {
    let mut answered = Vec::new();
    while let Some(item) = next(store, audit, user).await {
        assert!(says(store, audit, item.id, user, of(item.id)).await);
        answered.push(item.id);
    }
    answered
}

async fn only_audit(store: &Store) -> Audit {
    let mut audits = store.audits(autumn()).await.unwrap();
    assert_eq!(audits.len(), 1);
    audits.remove(0)
}

fn refusal(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn what_is_drawn_from_is_all_work_of_the_months_and_nothing_else() {
    on_both(async |database| {
        let (store, _) = drawn(database, 30, 1).await;
        let audit = only_audit(&store).await;
        // No correction is below nothing here, so the frame is the rollup.
        let rows = store.work_done(autumn(), Dimension::All).await.unwrap();
        for month in autumn().months() {
            let of_month = || rows.iter().filter(|row| row.month == month);
            let cells = || audit.frame.cells.iter().filter(|cell| cell.month == month);
            assert_eq!(
                cells().map(|cell| cell.items).sum::<i64>(),
                of_month().map(|row| row.tally.items).sum::<i64>()
            );
            assert_eq!(
                cells().map(|cell| cell.seconds).sum::<i64>(),
                of_month().map(|row| row.tally.seconds()).sum::<i64>()
            );
        }
        let strata: BTreeSet<Stratum> = audit.frame.cells.iter().map(|cell| cell.stratum).collect();
        assert_eq!(strata, BTreeSet::from([Stratum::VisibleSure, Stratum::KtloSure, Stratum::Unclassified]));
        assert_eq!(audit.draws.iter().map(|draw| draw.times).sum::<u32>(), 30);
        assert!(audit.draws.iter().all(|draw| draw.truth == Truth::Pending));
    })
    .await;
}

#[tokio::test]
async fn the_same_seed_draws_the_same_work_in_both_databases() {
    let drawn_on = std::sync::Mutex::new(Vec::new());
    on_both(async |database| {
        let (store, _) = drawn(database, 40, 1).await;
        let again = store.draw_audit(&new(40, 1), "ada", at("2026-11-02")).await.unwrap();
        let audits = store.audits(autumn()).await.unwrap();
        assert_eq!(audits[0], audits[1]);
        let other = NewSampleAudit { seed: None, ..new(40, 1) };
        store.draw_audit(&other, "ada", at("2026-11-02")).await.unwrap();
        let audits = store.audits(autumn()).await.unwrap();
        assert_ne!(audits[0].draws, audits[2].draws);
        assert_eq!(view(&store, again).await.items, view(&store, again - 1).await.items);
        drawn_on.lock().unwrap().push(audits[0].clone());
    })
    .await;
    let audits = drawn_on.into_inner().unwrap();
    assert!(audits.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn more_draws_come_from_the_frozen_frame_after_the_work_has_moved() {
    on_both(async |database| {
        let (store, id) = drawn(database, 30, 1).await;
        let before = only_audit(&store).await;
        let moved: Vec<WorkItem> = pieces()
            .into_iter()
            .map(|item| WorkItem { updated_at: at("2026-11-02"), ..classified(item, Some("legacy")) })
            .collect();
        pull(&store, moved).await;
        assert_eq!(view(&store, id).await.in_reserve, 1_000);
        assert_eq!(store.draw_more(id, 150, "ada", at("2026-11-04")).await.unwrap(), 200);
        let after = only_audit(&store).await;
        assert_eq!(after.frame, before.frame);
        assert_eq!(after.draws.iter().map(|draw| draw.times).sum::<u32>(), 230);
        assert!(after.draws.iter().any(|draw| draw.stratum == Stratum::VisibleSure));
        let published: BTreeSet<_> = after.draws.iter().map(|draw| draw.published.clone()).collect();
        assert_eq!(published, BTreeSet::from([Some(CategoryId::new("legacy"))]));
        store.draw_more(id, 5_000, "ada", at("2026-11-04")).await.unwrap();
        let none = store.draw_more(id, 1, "ada", at("2026-11-04")).await.unwrap_err();
        assert!(refusal(&none).contains("draw a new one"));
    })
    .await;
}

#[tokio::test]
async fn an_audit_that_makes_no_sense_is_refused_in_a_sentence() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-02");
        let refused =
            async |asked: NewSampleAudit| refusal(&store.draw_audit(&asked, "ada", now).await.unwrap_err());
        assert!(refused(new(30, 1)).await.contains("September 2026 to October 2026, so there is nothing"));
        assert!(refused(new(0, 1)).await.contains("between 1 and 1000"));
        assert!(refused(new(1_001, 1)).await.contains("not 1001"));
        assert!(refused(new(30, 3)).await.contains("one or two people"));
        assert!(refusal(&store.next_to_audit(9, "ada").await.unwrap_err()).contains("no audit number 9"));
        assert_eq!(store.sample_audit(9).await.unwrap(), None);
        assert_eq!(store.audits(ever()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn each_person_gets_every_piece_once_and_in_an_order_of_their_own() {
    on_both(async |database| {
        let (store, id) = drawn(database, 30, 2).await;
        let items = view(&store, id).await.items as usize;
        let ada = answer_all(&store, id, "ada", |_| "incident").await;
        let bob = answer_all(&store, id, "bob", |_| "incident").await;
        assert_eq!((ada.len(), bob.len()), (items, items));
        assert_ne!(ada, bob);
        assert_eq!(ada.iter().collect::<BTreeSet<_>>(), bob.iter().collect::<BTreeSet<_>>());
        let about = view(&store, id).await;
        assert_eq!((about.settled, about.answers), (about.items, 2 * about.items));
        // Nothing is left for a third where two agree.
        assert_eq!(next(&store, id, "cat").await, None);
        assert!(!says(&store, id, ada[0], "cat", "legacy").await);
    })
    .await;
}

#[tokio::test]
async fn two_people_share_the_work_without_waiting_for_each_other() {
    on_both(async |database| {
        let (store, id) = drawn(database, 30, 1).await;
        let items = view(&store, id).await.items;
        let mut answered = 0;
        loop {
            let mut open = false;
            for user in ["ada", "bob"] {
                if let Some(item) = next(&store, id, user).await {
                    open = true;
                    answered += u32::from(says(&store, id, item.id, user, "incident").await);
                }
            }
            if !open {
                break;
            }
        }
        assert_eq!(answered, items);
        assert_eq!(view(&store, id).await.settled, items);
    })
    .await;
}

#[tokio::test]
async fn where_two_differ_a_third_decides() {
    on_both(async |database| {
        let (store, id) = drawn(database, 30, 2).await;
        let ada = answer_all(&store, id, "ada", |_| "incident").await;
        let disputed = ada[3];
        answer_all(&store, id, "bob", |item| if item == disputed { "advice" } else { "incident" }).await;
        let about = view(&store, id).await;
        assert_eq!((about.needs_third, about.settled), (1, about.items - 1));
        assert_eq!((next(&store, id, "ada").await, next(&store, id, "bob").await), (None, None));
        let pending =
            only_audit(&store).await.draws.iter().filter(|draw| draw.truth == Truth::Pending).count();
        assert!(pending > 0);

        assert_eq!(answer_all(&store, id, "cat", |_| "").await, [disputed]);
        let about = view(&store, id).await;
        assert_eq!((about.needs_third, about.settled, about.cannot_tell), (0, about.items, 1));
        let pairs = store.answer_pairs(id).await.unwrap();
        assert_eq!(pairs.len() as u32, about.items);
        assert_eq!(pairs.iter().filter(|(one, other)| one != other).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_given_once_and_only_by_its_giver_taken_back() {
    on_both(async |database| {
        let (store, id) = drawn(database, 30, 2).await;
        let item = next(&store, id, "ada").await.unwrap();
        assert!(says(&store, id, item.id, "ada", "incident").await);
        assert!(!says(&store, id, item.id, "ada", "advice").await, "a form that was sent twice");
        assert_ne!(next(&store, id, "ada").await.unwrap().id, item.id);
        assert!(!store.take_back_last_answer(id, "bob", at("2026-11-03")).await.unwrap());
        assert!(store.take_back_last_answer(id, "ada", at("2026-11-03")).await.unwrap());
        assert_eq!(next(&store, id, "ada").await.unwrap(), item);
        assert_eq!(view(&store, id).await.answers, 0);
        let stranger = Answer::CannotTell;
        let error = store.answer_audit(id, 999_999, &stranger, "ada", at("2026-11-03")).await.unwrap_err();
        assert!(refusal(&error).contains("not part of audit"));

        let log: Vec<String> = store
            .audit_entries(10)
            .await
            .unwrap()
            .into_iter()
            .map(|entry| format!("{} {} {} {}", entry.actor, entry.action, entry.subject, entry.detail))
            .collect();
        assert_eq!(
            log,
            [
                format!("ada audit.take_back audit {id} item {}, answered incident", item.id),
                format!("ada audit.answer audit {id} item {}", item.id),
                format!(
                    "ada audit.draw audit {id} 30 draws from September 2026 to October 2026, two people to look at each"
                ),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn answers_change_no_figure_and_no_category() {
    on_both(async |database| {
        let (store, id) = drawn(database, 60, 1).await;
        let before = work(&store, Dimension::All).await;
        answer_all(&store, id, "ada", |_| "advice").await;
        assert_eq!(work(&store, Dimension::All).await, before);
        assert_eq!(store.verify().await.unwrap().discrepancies, []);
    })
    .await;
}

#[tokio::test]
async fn right_answers_measure_the_share_and_wrong_ones_move_it() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, pieces()).await;
        // By reference, because ids are the database's own business.
        let all = store.items(&waterline_store::ItemFilter::default(), None, 500).await.unwrap().items;
        let held: BTreeMap<i64, Option<CategoryId>> =
            all.into_iter().map(|item| (item.id, item.category)).collect();
        let id = store.draw_audit(&new(120, 1), "ada", at("2026-11-02")).await.unwrap();
        let taxonomy = store.in_force().await.unwrap().classifier.taxonomy().clone();
        assert!(error(&store, &taxonomy).await.measured().is_none());
        answer_all(&store, id, "ada", |item| match held[&item].as_ref().map(CategoryId::as_str) {
            Some("new_product") => "new_product",
            Some(_) => "incident",
            // All that nothing classified is visible, in truth.
            None => "advice",
        })
        .await;
        let found = error(&store, &taxonomy).await.measured().unwrap();
        // 50 of 200 are new products, and 50 are unclassified.
        assert!(found.low < 0.5 && 0.5 < found.high && found.low > 0.35, "{found:?}");
        assert!(found.audited >= 50);
    })
    .await;
}

async fn error(store: &Store, taxonomy: &Taxonomy) -> ShareError {
    let rows = store.work_done(autumn(), Dimension::All).await.unwrap();
    let share = share(rows.iter(), Basis::Items, taxonomy);
    let audits = store.audits(autumn()).await.unwrap();
    share_error(autumn(), Basis::Items, share.as_ref(), &audits, taxonomy)
}

#[tokio::test]
async fn only_audits_of_the_period_speak_of_it() {
    on_both(async |database| {
        let (store, _) = drawn(database, 10, 1).await;
        let of = async |text: &str| {
            let month = MonthRange::ending(month(text), 1);
            store.audits(month).await.unwrap().len()
        };
        assert_eq!(
            (of("2026-08").await, of("2026-09").await, of("2026-10").await, of("2026-11").await),
            (0, 1, 1, 0)
        );
        assert_ne!(only_audit(&store).await.frame, Frame::default());
    })
    .await;
}

#[tokio::test]
async fn what_is_shown_blind_comes_from_the_source_alone() {
    on_both(async |database| {
        let store = database.open().await;
        pull(
            &store,
            [
                classified(
                    WorkItem { description: Some("Smoke".to_owned()), ..finished("1", "2026-10-05") },
                    Some("legacy"),
                ),
                item("2"),
            ],
        )
        .await;
        let all = NewSampleAudit { draws: 1, ..new(1, 1) };
        let id = store.draw_audit(&all, "ada", at("2026-11-02")).await.unwrap();
        let before = next(&store, id, "bob").await.unwrap();
        store.tag(&[before.id], &CategoryId::new("advice"), "ada", at("2026-11-02")).await.unwrap();
        assert_eq!(next(&store, id, "bob").await.unwrap(), before);
        assert!(!format!("{before:?}").contains("legacy") && !format!("{before:?}").contains("advice"));
    })
    .await;
}
