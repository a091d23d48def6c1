use waterline_store::RunMode;

use crate::common::*;

#[tokio::test]
async fn a_process_that_stops_in_the_middle_leaves_its_feeds_to_the_next_one() {
    on_both(async |database| {
        let (stopping, other) = (database.open().await, database.open().await);
        let ticket = begin(&stopping, RunMode::Incremental).await;
        let source = ticket.source_id;
        let try_from = async |store: &waterline_store::Store| {
            store.begin_run(source, "incident", RunMode::Incremental, at("2026-11-01")).await.unwrap()
        };
        assert!(try_from(&other).await.is_none());
        // Somebody else's leases are not ours to give.
        other.give_leases_back().await.unwrap();
        assert!(try_from(&other).await.is_none());

        stopping.give_leases_back().await.unwrap();
        assert!(try_from(&other).await.is_some());
        assert!(stopping.write_batch(&ticket, batch([item("1")]), at("2026-11-01")).await.is_err());
    })
    .await;
}
