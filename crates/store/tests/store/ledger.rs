use waterline_core::Dimension;
use waterline_store::{BatchOutcome, RunMode};

use crate::common::*;

#[tokio::test]
async fn what_is_written_is_what_is_reported() {
    on_both(async |database| {
        let store = database.open().await;
        let ticket = begin(&store, RunMode::Incremental).await;
        let mut worked = finished("1", "2026-10-05");
        worked.logged = vec![logged(Some("2026-09-30"), 600), logged(None, 60)];
        let silent = finished("2", "2026-10-31T23:30:00Z");
        let mut open = item("3");
        open.logged = vec![logged(Some("2026-10-02"), 300), logged(None, 5)];
        open.team = None;
        let outcome =
            store.write_batch(&ticket, batch([worked, silent, open]), at("2026-11-01")).await.unwrap();
        assert_eq!(outcome, BatchOutcome { added: 3, ..BatchOutcome::default() });
        end(&store, &ticket).await;
        assert_eq!(
            lines(&work(&store, Dimension::Team).await),
            [
                "2026-09 \"Service Desk\" incident 0 600 0",
                "2026-10 ? incident 0 300 0",
                "2026-10 \"Service Desk\" incident 2 60 1800",
            ]
        );
        let again = finished("2", "2026-10-31T23:30:00Z");
        assert_eq!(pull(&store, [again]).await, BatchOutcome { unchanged: 1, ..BatchOutcome::default() });
        let status = store.feed_statuses(at("2026-11-01")).await.unwrap().remove(0);
        assert_eq!((status.held, status.up, status.running, status.records), (3, Some(true), false, 4));
    })
    .await;
}
