use waterline_core::{CategoryId, Dimension, Kind, Method, TextPolicy, WorkItem};
use waterline_store::{ItemFilter, ItemView, RunMode, Store};

use crate::common::*;

/// A finished task that belongs to another item, and that the rules make an incident of.
fn task(external_id: &str, parent: &str) -> WorkItem {
    WorkItem { kind: Kind::Task, parent: Some(parent.to_owned()), ..finished(external_id, "2026-10-05") }
}

/// A finished project that the rules make something new of.
fn project(external_id: &str) -> WorkItem {
    let project = WorkItem { kind: Kind::Project, ..finished(external_id, "2026-10-06") };
    classified(project, Some("new_product"))
}

async fn held(store: &Store, external_id: &str) -> ItemView {
    let page = store.items(&ItemFilter::default(), None, 100).await.unwrap();
    let reference = format!("INC{external_id}");
    page.items.into_iter().find(|item| item.reference == reference).unwrap()
}

/// What counts for an item, and how it was arrived at.
async fn counts(store: &Store, external_id: &str) -> String {
    assert_eq!(store.verify().await.unwrap().discrepancies, []);
    let item = held(store, external_id).await;
    let category = item.category.as_ref().map_or("-", CategoryId::as_str);
    format!("{category} by {}", item.method.as_str())
}

async fn tag(store: &Store, external_id: &str, category: &str) -> i64 {
    let id = held(store, external_id).await.id;
    let action = store.tag(&[id], &CategoryId::new(category), "ada", at("2026-10-07")).await.unwrap();
    action.action
}

#[tokio::test]
async fn a_child_that_came_before_its_parent_follows_it_once_it_comes_and_wherever_it_goes() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [task("2", "1"), task("3", "2")]).await;
        assert_eq!(counts(&store, "3").await, "incident by inherited");
        pull(&store, [project("1")]).await;
        assert_eq!(counts(&store, "2").await, "new_product by inherited");
        assert_eq!(counts(&store, "3").await, "new_product by inherited");
        assert_eq!(
            lines(&work(&store, Dimension::Kind).await),
            ["2026-10 \"project\" new_product 1 0 36000", "2026-10 \"task\" new_product 2 0 7200"]
        );
        let moved = WorkItem { updated_at: at("2026-10-08"), ..task("2", "elsewhere") };
        pull(&store, [moved]).await;
        assert_eq!(counts(&store, "2").await, "incident by rule");
        assert_eq!(counts(&store, "3").await, "incident by inherited");
    })
    .await;
}

#[tokio::test]
async fn a_tag_goes_down_to_all_but_what_is_tagged_and_comes_back_with_it() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [project("1"), task("2", "1"), task("3", "2"), task("4", "3")]).await;
        tag(&store, "3", "legacy").await;
        let action = tag(&store, "1", "advice").await;
        assert_eq!(counts(&store, "2").await, "advice by inherited");
        assert_eq!(counts(&store, "3").await, "legacy by tag");
        assert_eq!(counts(&store, "4").await, "legacy by inherited");
        assert_eq!(
            held(&store, "2").await.reason,
            "inherited from INC1, which was tagged by ada on 7 October 2026"
        );
        store.undo_tags(action, "ada", false, at("2026-10-08")).await.unwrap();
        assert_eq!(counts(&store, "2").await, "new_product by inherited");
        let action = tag(&store, "2", "advice").await;
        store.undo_tags(action, "ada", false, at("2026-10-08")).await.unwrap();
        assert_eq!(counts(&store, "2").await, "new_product by inherited");
    })
    .await;
}

#[tokio::test]
async fn a_parent_and_its_child_tagged_and_taken_back_together_settle_together() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [project("1"), task("2", "1"), task("3", "2")]).await;
        let ids = [held(&store, "1").await.id, held(&store, "2").await.id];
        let action = store.tag(&ids, &CategoryId::new("legacy"), "ada", at("2026-10-07")).await.unwrap();
        assert_eq!(counts(&store, "3").await, "legacy by inherited");
        store.undo_tags(action.action, "ada", false, at("2026-10-08")).await.unwrap();
        assert_eq!(counts(&store, "2").await, "new_product by inherited");
        assert_eq!(counts(&store, "3").await, "new_product by inherited");
    })
    .await;
}

#[tokio::test]
async fn a_fault_of_what_is_new_stays_a_fault() {
    on_both(async |database| {
        let store = database.open().await;
        let fault = WorkItem { parent: Some("1".to_owned()), ..finished("2", "2026-10-07") };
        pull(&store, [project("1"), fault]).await;
        assert_eq!(counts(&store, "2").await, "incident by rule");
    })
    .await;
}

#[tokio::test]
async fn nobody_inherits_from_another_source() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [project("1")]).await;
        let now = at("2026-11-01");
        let other = store.register_source("other", "import", TextPolicy::Title, false, &["file"], now);
        let other = other.await.unwrap();
        let ticket = store.begin_run(other, "file", RunMode::Incremental, now).await.unwrap().unwrap();
        store.write_batch(&ticket, batch([task("2", "1")]), now).await.unwrap();
        assert_eq!(counts(&store, "2").await, "incident by rule");
    })
    .await;
}

#[tokio::test]
async fn a_batch_again_changes_nothing_though_its_items_inherit() {
    on_both(async |database| {
        let store = database.open().await;
        let items = || [project("1"), task("2", "1"), task("3", "3"), task("4", "5"), task("5", "4")];
        pull(&store, items()).await;
        let outcome = pull(&store, items()).await;
        assert_eq!((outcome.unchanged, outcome.changed), (5, 0));
        assert_eq!(counts(&store, "2").await, "new_product by inherited");
        for alone in ["3", "4", "5"] {
            assert_eq!(counts(&store, alone).await, "incident by rule");
        }
    })
    .await;
}

#[tokio::test]
async fn parents_children_and_tags_may_be_written_at_once() {
    on_both(async |database| {
        let store = database.open().await;
        let (now, feeds) = (at("2026-11-01"), ["parents", "children"]);
        let source = store.register_source("desk", "servicenow", TextPolicy::Title, false, &feeds, now).await;
        let source = source.unwrap();
        let draining = async |store: &Store, feed: &str, items: &dyn Fn(u32) -> Vec<WorkItem>| {
            let ticket = store.begin_run(source, feed, RunMode::Incremental, now).await.unwrap().unwrap();
            for round in 0..8 {
                store.write_batch(&ticket, batch(items(round)), now).await.unwrap();
            }
        };
        let parents = |round: u32| -> Vec<WorkItem> {
            let kind = |n: u32| if (n + round).is_multiple_of(3) { Kind::Project } else { Kind::Task };
            let on = format!("2026-10-{:02}", round + 6);
            let item = |n: u32| WorkItem { kind: kind(n), ..finished(&format!("p{n}"), &on) };
            (0..40).map(|n| classified(item(n), [Some("new_product"), None][(n % 2) as usize])).collect()
        };
        let children = |round: u32| -> Vec<WorkItem> {
            let updated_at = at("2026-10-06") + chrono::TimeDelta::days(i64::from(round));
            let child = |n: u32| task(&format!("c{n}"), &format!("p{}", (n + round) % 40));
            (0..80).map(|n| WorkItem { updated_at, ..child(n) }).collect()
        };
        let other = database.open().await;
        let tagging = async {
            for round in 0..12 {
                let page = other.items(&ItemFilter::default(), None, 100).await.unwrap();
                let some = page.items.iter().filter(|item| item.id % 7 == round % 7);
                let ids: Vec<i64> = some.map(|item| item.id).collect();
                if ids.is_empty() {
                    continue;
                }
                let tagged = other.tag(&ids, &CategoryId::new("advice"), "ada", now).await.unwrap();
                if round % 2 == 0 {
                    other.undo_tags(tagged.action, "ada", false, now).await.unwrap();
                }
            }
        };
        let estimating = async {
            for _ in 0..5 {
                other.refresh_estimates().await.unwrap();
                assert_eq!(other.verify().await.unwrap().discrepancies, []);
            }
        };
        tokio::join!(
            draining(&store, "parents", &parents),
            draining(&other, "children", &children),
            tagging,
            estimating
        );
        assert_eq!(store.verify().await.unwrap().discrepancies, []);
        let inherited = ItemFilter { method: Some(Method::Inherited), ..ItemFilter::default() };
        assert!(!store.items(&inherited, None, 10).await.unwrap().items.is_empty());
    })
    .await;
}
