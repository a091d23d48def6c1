use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use waterline_core::{CategoryId, Kind, Method};
use waterline_store::{ActionsOf, ItemFilter, Queue, Store};

use crate::common::*;

/// Finished printers 1 to `count`; the higher the number, the more a tag is worth. All are alike.
async fn printers(database: &TestDatabase, count: usize) -> Store {
    let store = database.open().await;
    pull(&store, (1..=count).map(|n| finished(&n.to_string(), "2026-10-05"))).await;
    let db = database.by_hand().await;
    let told = "UPDATE work_item SET likeness = 7, worth = 60 * CAST(external_id AS integer)";
    db.execute_unprepared(told).await.unwrap();
    store
}

async fn queue(store: &Store, user: &str, limit: u64) -> Queue {
    store.queue(user, &ItemFilter::default(), None, limit, at("2026-11-02")).await.unwrap()
}

fn references(queue: &Queue) -> Vec<&str> {
    queue.items.iter().map(|queued| queued.item.reference.as_str()).collect()
}

fn advice() -> CategoryId {
    CategoryId::new("advice")
}

#[tokio::test]
async fn the_queue_begins_with_what_is_worth_most_and_leaves_out_what_is_tagged() {
    on_both(async |database| {
        let store = printers(database, 6).await;
        let first = queue(&store, "ada", 3).await;
        assert_eq!(references(&first), ["INC6", "INC5", "INC4"]);
        assert_eq!((first.items[0].worth_seconds, first.items[0].alike), (360, 5));
        let next = store
            .queue("ada", &ItemFilter::default(), first.next.as_deref(), 9, at("2026-11-02"))
            .await
            .unwrap();
        assert_eq!((references(&next), &next.next), (vec!["INC3", "INC2", "INC1"], &None));
        database
            .by_hand()
            .await
            .execute_unprepared("UPDATE work_item SET worth = 0, method = 'tag' WHERE reference = 'INC6'")
            .await
            .unwrap();
        let after = queue(&store, "ada", 1).await;
        assert_eq!((references(&after), after.items[0].alike), (vec!["INC5"], 4));
        assert!(!after.partly);
    })
    .await;
}

#[tokio::test]
async fn two_people_never_have_the_same_item_before_them_until_one_lets_go_or_is_gone_for_long() {
    on_both(async |database| {
        let store = printers(database, 4).await;
        assert_eq!(references(&queue(&store, "ada", 2).await), ["INC4", "INC3"]);
        let ben = queue(&store, "ben", 9).await;
        assert_eq!((references(&ben), ben.held_by_others), (vec!["INC2", "INC1"], 2));
        assert_eq!(references(&queue(&store, "ada", 2).await), ["INC4", "INC3"], "a reload changes nothing");
        let done = "UPDATE work_item SET worth = 0 WHERE reference = 'INC4'";
        database.by_hand().await.execute_unprepared(done).await.unwrap();
        assert_eq!(queue(&store, "ben", 9).await.held_by_others, 1, "what is tagged waits for nobody");
        let again = done.replace("= 0", "= 240");
        database.by_hand().await.execute_unprepared(&again).await.unwrap();
        let nothing = ItemFilter { kind: Some(Kind::Change), ..ItemFilter::default() };
        store.queue("ada", &nothing, None, 9, at("2026-11-02")).await.unwrap();
        assert_eq!(references(&queue(&store, "ben", 9).await), ["INC4", "INC3", "INC2", "INC1"]);
        let later = at("2026-11-02T12:10:00Z");
        let cay = store.queue("cay", &ItemFilter::default(), None, 9, later).await.unwrap();
        assert_eq!(cay.items.len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_who_come_at_the_same_instant_get_different_items() {
    on_both(async |database| {
        let store = printers(database, 60).await;
        let other = database.open().await;
        for round in 0..5 {
            let tasks: Vec<_> = (0..6)
                .map(|person| {
                    // As if each were served by another process.
                    let store = if person % 2 == 0 { store.clone() } else { other.clone() };
                    let user = format!("{round}-{person}");
                    tokio::spawn(async move {
                        let now = at("2026-11-02") + chrono::TimeDelta::hours(round);
                        store.queue(&user, &ItemFilter::default(), None, 10, now).await.unwrap()
                    })
                })
                .collect();
            let mut seen = BTreeSet::new();
            for task in tasks {
                let queue = task.await.unwrap();
                assert_eq!(queue.items.len(), 10);
                seen.extend(queue.items.into_iter().map(|queued| queued.item.id));
            }
            assert_eq!(seen.len(), 60, "every item is before somebody, and before one person only");
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_else_tagged_meanwhile_is_told_and_not_overwritten() {
    on_both(async |database| {
        let store = printers(database, 3).await;
        let ids: Vec<i64> = queue(&store, "ada", 3).await.items.iter().map(|queued| queued.item.id).collect();
        let (seen, later) = (at("2026-11-02"), at("2026-11-02T12:05:00Z"));
        store.tag(&ids[..1], &advice(), "anna", at("2026-11-02T12:04:00Z")).await.unwrap();
        let legacy = CategoryId::new("legacy");
        let refused = store.tag_as_seen(&ids, &legacy, "ada", seen, later).await.unwrap_err().to_string();
        assert!(
            refused.starts_with("anna tagged INC3 as “Advice” a minute ago; nothing was changed"),
            "{refused}"
        );
        let items = store.items(&ItemFilter::default(), None, 9).await.unwrap().items;
        assert_eq!(items.iter().filter(|item| item.method == Method::Tag).count(), 1);
        store.tag_as_seen(&ids, &legacy, "ada", later, later).await.unwrap();
        store.tag_as_seen(&ids, &advice(), "ada", seen, later).await.unwrap();
        let tagged = store.items(&ItemFilter::default(), None, 9).await.unwrap().items;
        assert!(tagged.iter().all(|item| item.category == Some(advice())), "one's own tags are no news");
    })
    .await;
}

#[tokio::test]
async fn all_that_fit_are_tagged_at_once_and_undone_at_once_unless_their_number_changed() {
    on_both(async |database| {
        let store = printers(database, 12).await;
        let now = at("2026-11-02");
        let first = store.items(&ItemFilter::default(), None, 1).await.unwrap().items.remove(0);
        store.tag(&[first.id], &CategoryId::new("legacy"), "ben", now).await.unwrap();
        for filter in [
            ItemFilter { text: Some("fire".to_owned()), ..ItemFilter::default() },
            ItemFilter { alike_to: Some(first.id), ..ItemFilter::default() },
            ItemFilter { kind: Some(Kind::Incident), ..ItemFilter::default() },
        ] {
            let count = store.count_items(&filter).await.unwrap();
            assert_eq!((count.items, count.untagged, count.all), (12, 11, true));
            let refused =
                store.tag_matching(&filter, &advice(), 12, "ada", now).await.unwrap_err().to_string();
            assert!(refused.contains("said 12 items, but now 11 fit"), "{refused}");
            let done = store.tag_matching(&filter, &advice(), 11, "ada", now).await.unwrap();
            assert_eq!((done.items, store.count_items(&filter).await.unwrap().untagged), (11, 0));
            assert_eq!(store.undo_tags(done.action, "ada", false, now).await.unwrap(), 11);
        }
        let untouched = store.items(&ItemFilter::default(), None, 1).await.unwrap().items.remove(0);
        assert_eq!(untouched.category, Some(CategoryId::new("legacy")));
        let nothing = ItemFilter { team: Some("nobody".to_owned()), ..ItemFilter::default() };
        assert!(store.tag_matching(&nothing, &advice(), 0, "ada", now).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn who_tagged_what_is_told_with_what_became_of_it() {
    on_both(async |database| {
        let store = printers(database, 3).await;
        let (monday, tuesday) = (at("2026-11-02"), at("2026-11-03"));
        let ids: Vec<i64> = queue(&store, "ada", 3).await.items.iter().map(|queued| queued.item.id).collect();
        let first = store.tag(&ids, &advice(), "ada", monday).await.unwrap();
        let second = store.tag(&ids[..1], &CategoryId::new("legacy"), "ben", tuesday).await.unwrap();
        store.undo_tags(first.action, "ada", false, tuesday).await.unwrap();
        let told = async |of: ActionsOf<'_>, before| {
            let actions = store.tag_actions(of, before, 9).await.unwrap();
            let line = |action: &waterline_store::TagAction| {
                let undone = if action.note.undone.is_some() { ", undone" } else { "" };
                let (_, reference, _) = action.example.as_ref().unwrap();
                format!("{} {} {} {reference}{undone}", action.note.by, action.note.category, action.items)
            };
            actions.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            told(ActionsOf::Everybody, None).await,
            ["ben legacy 1 INC3", "ada advice 3 INC1, undone"]
        );
        assert_eq!(told(ActionsOf::Everybody, Some(second.action)).await, ["ada advice 3 INC1, undone"]);
        assert_eq!(told(ActionsOf::Person("ben"), None).await, ["ben legacy 1 INC3"]);
        assert_eq!(told(ActionsOf::Item(ids[1]), None).await, ["ada advice 3 INC2, undone"]);
        let queued = queue(&store, "ada", 3).await.items;
        let again = queued.iter().find(|queued| queued.item.id == ids[1]).unwrap();
        assert_eq!((again.history[0].by.as_str(), again.history.len()), ("ada", 1));
        assert!(again.history[0].undone.is_some());
    })
    .await;
}

#[tokio::test]
async fn words_are_found_by_their_beginnings_and_follow_the_title() {
    on_both(async |database| {
        let store = database.open().await;
        let titled = |id: &str, title: &str| {
            let mut item = finished(id, "2026-10-05");
            item.title = Some(title.to_owned());
            item
        };
        pull(
            &store,
            [
                titled("1", "Écran (PC-01234) at 100% of_capacity"),
                titled("2", "Printer 12 jams; user@host.example"),
            ],
        )
        .await;
        let mut untitled = finished("3", "2026-10-05");
        untitled.title = None;
        pull(&store, [untitled]).await;
        let found = async |text: &str| {
            let filter = ItemFilter { text: Some(text.to_owned()), ..ItemFilter::default() };
            let page = store.items(&filter, None, 9).await.unwrap();
            assert_eq!(store.count_items(&filter).await.unwrap().items, page.items.len() as u64);
            page.items.into_iter().map(|item| item.reference).collect::<Vec<_>>()
        };
        for text in ["écr", "ÉCRAN capa", "pc-01234", "100%", "inc1", " INC1 "] {
            assert_eq!(found(text).await, ["INC1"], "{text}");
        }
        assert_eq!(found("print JAM").await, ["INC2"]);
        assert_eq!(found("host").await, ["INC2"]);
        for text in ["1", "cran", "pr", "écran printer", "%", "a\0b", "'\"*:&|!", "INC"] {
            assert!(found(text).await.is_empty(), "{text}");
        }
        let mut renamed = titled("2", "Telephone is silent");
        renamed.updated_at = at("2026-10-09");
        pull(&store, [renamed]).await;
        assert!(found("printer").await.is_empty());
        assert_eq!(found("telephone").await, ["INC2"]);
    })
    .await;
}
