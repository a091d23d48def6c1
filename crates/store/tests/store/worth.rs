//! What a tag is worth, on every way on which that changes. The tests' desk estimates half an hour for an
//! incident on which nobody logged.

use std::collections::BTreeMap;

use waterline_core::{CategoryId, State, WorkItem};
use waterline_store::{ItemFilter, RunMode, Store};

use crate::common::*;

async fn ids(store: &Store) -> BTreeMap<String, i64> {
    let page = store.items(&ItemFilter::default(), None, 100).await.unwrap();
    page.items
        .into_iter()
        .map(|item| (item.reference.trim_start_matches("INC").to_owned(), item.id))
        .collect()
}

fn unclassified(external_id: &str) -> WorkItem {
    classified(finished(external_id, "2026-10-05"), None)
}

#[tokio::test]
async fn what_is_least_known_and_took_longest_is_worth_most_and_tagged_work_nothing() {
    on_both(async |database| {
        let store = database.open().await;
        let long = WorkItem { logged: vec![logged(None, 7200)], ..unclassified("2") };
        let withdrawn = WorkItem { state: State::Withdrawn, ..item("4") };
        pull(&store, [unclassified("1"), long, finished("3", "2026-10-05"), withdrawn, item("5")]).await;
        let named =
            |worth: [i64; 5]| ["1", "2", "3", "4", "5"].map(str::to_owned).into_iter().zip(worth).collect();
        assert_eq!(worth(&database.by_hand().await).await, named([900, 3600, 90, 0, 90]));
        let id = ids(&store).await["2"];
        let action = store.tag(&[id], &CategoryId::new("advice"), "ada", at("2026-10-07")).await.unwrap();
        assert_eq!(worth(&database.by_hand().await).await, named([900, 0, 90, 0, 90]));
        store.undo_tags(action.action, "ada", false, at("2026-10-07")).await.unwrap();
        assert_eq!(worth(&database.by_hand().await).await, named([900, 3600, 90, 0, 90]));
        let full = begin(&store, RunMode::Full).await;
        store.write_batch(&full, batch([unclassified("1")]), at("2026-11-01")).await.unwrap();
        end(&store, &full).await;
        assert_eq!(worth(&database.by_hand().await).await, named([900, 3600, 90, 0, 0]));
    })
    .await;
}

#[tokio::test]
async fn new_rates_change_what_open_and_finished_work_is_worth() {
    on_both(async |database| {
        let store = database.open().await;
        let mut items = vec![unclassified("open"), unclassified("finished")];
        items[0] = classified(item("open"), None);
        for n in 0..20 {
            let worked =
                WorkItem { logged: vec![logged(None, 600)], ..finished(&n.to_string(), "2026-10-05") };
            items.push(worked);
        }
        pull(&store, items).await;
        let before = worth(&database.by_hand().await).await;
        assert_eq!((before["open"], before["finished"], before["0"]), (900, 900, 30));
        store.refresh_estimates().await.unwrap();
        let after = worth(&database.by_hand().await).await;
        assert_eq!((after["open"], after["finished"], after["0"]), (300, 300, 30));
    })
    .await;
}
