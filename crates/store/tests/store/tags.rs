use sea_orm::ConnectionTrait;
use waterline_core::{CategoryId, Dimension, Method};
use waterline_store::{ItemFilter, ItemView, Store};

use crate::common::*;

async fn items(store: &Store) -> Vec<ItemView> {
    let mut items = store.items(&ItemFilter::default(), None, 100).await.unwrap().items;
    items.sort_by(|a, b| a.reference.cmp(&b.reference));
    items
}

fn category(name: &str) -> CategoryId {
    CategoryId::new(name)
}

#[tokio::test]
async fn a_tag_counts_at_once_and_survives_the_next_version() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-10-06")]).await;
        let id = items(&store).await[0].id;
        store.tag(&[id], &category("advice"), "ada", at("2026-10-07T23:30:00Z")).await.unwrap();
        let counted = ["2026-10 \"\" advice 1 0 1800", "2026-10 \"\" incident 1 0 1800"];
        assert_eq!(lines(&work(&store, Dimension::All).await), counted);
        let mut newer = finished("1", "2026-10-08");
        newer.title = Some("Printer is still on fire".to_owned());
        pull(&store, [newer]).await;
        assert_eq!(lines(&work(&store, Dimension::All).await), counted);
        let tagged = &items(&store).await[0];
        assert_eq!(tagged.method, Method::Tag);
        assert_eq!(tagged.reason, "tagged by ada on 8 October 2026");
        assert_eq!(tagged.machine_category, Some(category("incident")));
    })
    .await;
}

#[tokio::test]
async fn taking_tags_back_restores_the_one_before_or_the_machine_and_happens_once() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-10-07");
        pull(&store, [finished("1", "2026-10-05"), finished("2", "2026-10-06")]).await;
        let ids: Vec<i64> = items(&store).await.iter().map(|item| item.id).collect();
        let first = store.tag(&ids, &category("advice"), "ada", now).await.unwrap();
        let second = store.tag(&ids[..1], &category("legacy"), "ben", now).await.unwrap();
        assert_eq!((first.items, second.items), (2, 1));
        assert_eq!(store.last_tag_action("ben").await.unwrap(), Some(second));

        let refused = store.undo_tags(first.action, "ben", false, now).await.unwrap_err().to_string();
        assert!(refused.contains("only ada"), "{refused}");
        assert_eq!(store.undo_tags(first.action, "ben", true, now).await.unwrap(), 2);
        let refused = store.undo_tags(first.action, "ada", false, now).await.unwrap_err().to_string();
        assert_eq!(refused, "ben took these tags back already");
        let now_are: Vec<_> = items(&store).await.into_iter().map(|item| item.category.unwrap()).collect();
        assert_eq!(now_are, [category("legacy"), category("incident")]);

        store.undo_tags(second.action, "ben", false, now).await.unwrap();
        assert_eq!(items(&store).await[0].method, Method::Rule);
        assert_eq!(store.last_tag_action("ben").await.unwrap(), None);
        assert!(store.verify().await.unwrap().discrepancies.is_empty());

        let third = store.tag(&ids[..1], &category("advice"), "ada", now).await.unwrap();
        store.tag(&ids[..1], &category("legacy"), "ben", now).await.unwrap();
        let last = store.last_tag_action("ben").await.unwrap().unwrap();
        store.undo_tags(last.action, "ben", false, now).await.unwrap();
        assert_eq!(items(&store).await[0].category, Some(category("advice")));
        assert_eq!(store.last_tag_action("ada").await.unwrap(), Some(third));
    })
    .await;
}

#[tokio::test]
async fn an_unknown_item_or_no_item_tags_nothing() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-10-07");
        pull(&store, [finished("1", "2026-10-05")]).await;
        let id = items(&store).await[0].id;
        let refused = store.tag(&[id, 4711], &category("advice"), "ada", now).await.unwrap_err();
        assert!(refused.to_string().contains("no item number 4711"));
        assert!(store.tag(&[], &category("advice"), "ada", now).await.is_err());
        assert!(store.tag(&[id], &category(""), "ada", now).await.is_err());
        assert_eq!(items(&store).await[0].method, Method::Rule);
        assert!(store.audit_entries(10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_tag_is_in_the_audit_log_and_nobody_can_change_that() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05")]).await;
        let id = items(&store).await[0].id;
        let action = store.tag(&[id], &category("advice"), "ada", at("2026-10-07")).await.unwrap().action;
        store.undo_tags(action, "ada", false, at("2026-10-08")).await.unwrap();
        let told: Vec<String> = store
            .audit_entries(10)
            .await
            .unwrap()
            .iter()
            .map(|entry| format!("{} {} {}: {}", entry.actor, entry.action, entry.subject, entry.detail))
            .collect();
        assert_eq!(told, ["ada tag.undo INC1: advice -> incident", "ada tag INC1: incident -> advice"]);
        let db = database.by_hand().await;
        for change in ["UPDATE audit_log SET actor = 'ben'", "DELETE FROM audit_log"] {
            let refused = db.execute_unprepared(change).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
        assert_eq!(store.audit_entries(1).await.unwrap().len(), 1);
    })
    .await;
}
