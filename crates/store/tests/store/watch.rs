//! What is odd is looked for over all that is held, and targets are kept with their day.

use waterline_core::{WorkItem, watch::Alarm};

use crate::common::*;

/// Forty records a month since January, of which the source calls all "parked" until June and "open" after.
fn work() -> Vec<WorkItem> {
    (0..400)
        .map(|number| {
            let month = 1 + number / 40;
            let opened_at = at(&format!("2026-{month:02}-10"));
            let status = if month < 7 { "parked" } else { "open" };
            WorkItem {
                opened_at,
                updated_at: opened_at,
                source_status: Some(status.to_owned()),
                ..item(&number.to_string())
            }
        })
        .collect()
}

#[tokio::test]
async fn a_status_that_vanished_raises_an_alarm_that_stays_until_the_next_look() {
    on_both(async |database| {
        let store = database.open().await;
        assert_eq!(store.alarms().await.unwrap().at, None);
        pull(&store, work()).await;
        let found = store.watch(at("2026-08-02")).await.unwrap();
        let of_status =
            |alarm: &&Alarm| matches!(alarm, Alarm::SourceChanged { field, .. } if field == "status");
        assert!(found.alarms.iter().any(|alarm| of_status(&alarm)), "{found:?}");
        assert_eq!(store.alarms().await.unwrap(), found);
    })
    .await;
}

#[tokio::test]
async fn a_target_is_kept_with_its_day_and_withdrawn_once() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-01");
        assert!(store.set_target(1.5, month("2027-10"), "the board", "ada", now).await.is_err());
        let id = store.set_target(0.3, month("2027-10"), "the board", "ada", now).await.unwrap();
        assert_eq!(store.targets().await.unwrap()[0].withdrawn_at, None);
        store.withdraw_target(id, "ada", now).await.unwrap();
        assert_eq!(store.targets().await.unwrap()[0].withdrawn_at, Some(now));
        let again = store.withdraw_target(id, "ada", now).await.unwrap_err();
        assert_eq!(again.to_string(), "there is no target number 1 that still holds");
        store.watch(now).await.unwrap();
    })
    .await;
}
