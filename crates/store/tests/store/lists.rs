use waterline_core::{CategoryId, Kind, Method, MonthRange, State};
use waterline_store::{ItemFilter, Store};

use crate::common::*;

async fn found(store: &Store, filter: ItemFilter) -> Vec<String> {
    let page = store.items(&filter, None, 100).await.unwrap();
    assert_eq!(store.count_items(&filter).await.unwrap().items, page.items.len() as u64);
    page.items.into_iter().map(|item| item.reference).collect()
}

#[tokio::test]
async fn paging_visits_every_item_once_newest_first() {
    on_both(async |database| {
        let store = database.open().await;
        let many =
            (0..53).map(|n| finished(&n.to_string(), ["2026-10-05", "2026-10-06", "2026-10-07"][n % 3]));
        pull(&store, many).await;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.items(&ItemFilter::default(), after.as_deref(), 10).await.unwrap();
            seen.extend(page.items.iter().map(|item| (item.finished_on, item.id)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        sorted.reverse();
        assert_eq!((seen.len(), seen), (53, sorted));
        let count = store.count_items(&ItemFilter::default()).await.unwrap();
        assert_eq!((count.items, count.untagged, count.all), (53, 53, true));
        let refused = store.items(&ItemFilter::default(), Some("page 2"), 10).await.unwrap_err();
        assert_eq!(refused.to_string(), "this is not a place in a list of items");
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_and_text_is_found_whatever_its_case() {
    on_both(async |database| {
        let store = database.open().await;
        let mut odd = finished("1", "2026-09-30T23:30:00Z");
        odd.title = Some("ÉCRAN at 100% of_capacity".to_owned());
        odd.kind = Kind::Change;
        odd.team = None;
        pull(&store, [odd, classified(item("2"), None)]).await;
        let all = ItemFilter::default;
        let october = MonthRange::ending(month("2026-10"), 1);
        for (text, references) in [("ÉCRAN", vec!["INC1"]), ("inc1", vec!["INC1"]), ("fire INC", vec![])] {
            let filter = ItemFilter { text: Some(text.to_owned()), ..all() };
            assert_eq!(found(&store, filter).await, references, "{text}");
        }
        assert_eq!(found(&store, ItemFilter { finished: Some(october), ..all() }).await, ["INC1"]);
        assert_eq!(found(&store, ItemFilter { category: Some(None), ..all() }).await, ["INC2"]);
        let incident = Some(Some(CategoryId::new("incident")));
        assert_eq!(found(&store, ItemFilter { category: incident, ..all() }).await, ["INC1"]);
        assert_eq!(found(&store, ItemFilter { kind: Some(Kind::Change), ..all() }).await, ["INC1"]);
        assert_eq!(found(&store, ItemFilter { state: Some(State::Open), ..all() }).await, ["INC2"]);
        let method = Some(Method::Unclassified);
        assert_eq!(found(&store, ItemFilter { method, ..all() }).await, ["INC2"]);
        let team = Some("Service Desk".to_owned());
        assert_eq!(found(&store, ItemFilter { team, ..all() }).await, ["INC2"]);
        assert_eq!(found(&store, ItemFilter { source: Some("desk".to_owned()), ..all() }).await.len(), 2);
        assert!(found(&store, ItemFilter { source: Some("other".to_owned()), ..all() }).await.is_empty());
    })
    .await;
}
