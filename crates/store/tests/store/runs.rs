use waterline_core::{Dimension, State, TextPolicy};
use waterline_store::{Batch, ItemFilter, Reject, RunMode, RunOutcome, Store, StoreError, Traffic};

use crate::common::*;

async fn references(store: &Store, gone: bool) -> Vec<String> {
    let page = store.items(&ItemFilter::default(), None, 100).await.unwrap();
    let mut found: Vec<String> =
        page.items.into_iter().filter(|item| item.gone == gone).map(|item| item.reference).collect();
    found.sort();
    found
}

#[tokio::test]
async fn one_process_at_a_time_drains_a_feed_and_a_dead_one_is_taken_over() {
    on_both(async |database| {
        let (store, other) = (database.open().await, database.open().await);
        let source = desk(&store).await;
        let start = at("2026-11-01");
        let soon = start + chrono::TimeDelta::minutes(2);
        let later = start + chrono::TimeDelta::minutes(10);
        let ticket = store.begin_run(source, "incident", RunMode::Incremental, start).await.unwrap().unwrap();
        assert!(other.begin_run(source, "incident", RunMode::Full, soon).await.unwrap().is_none());
        store.write_batch(&ticket, batch([item("1")]), soon).await.unwrap();
        let begun = other.begin_run(source, "incident", RunMode::Incremental, later).await.unwrap();
        let taken_over = begun.unwrap();
        let lost = store.write_batch(&ticket, batch([item("2")]), later).await.unwrap_err();
        assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost}");
        let lost = store.finish_run(&ticket, RunOutcome::Drained, Traffic::default(), later).await;
        assert!(matches!(lost, Err(StoreError::LeaseLost { .. })));
        other.write_batch(&taken_over, batch([item("3")]), later).await.unwrap();
        assert_eq!(references(&store, false).await, ["INC1", "INC3"]);
        let unknown = store.begin_run(source, "nonsense", RunMode::Full, later).await.unwrap_err();
        assert!(unknown.to_string().contains("\"nonsense\""));
    })
    .await;
}

#[tokio::test]
async fn a_run_goes_on_where_the_last_of_its_mode_stopped() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-01");
        let with = |cursor: &str, id: &str| Batch { cursor: Some(cursor.to_owned()), ..batch([item(id)]) };
        let failed = RunOutcome::Failed("no answer".to_owned());
        pull(&store, [item("0")]).await;
        let first = begin(&store, RunMode::Incremental).await;
        store.write_batch(&first, with("inc 1", "1"), now).await.unwrap();
        store.finish_run(&first, failed.clone(), Traffic::default(), now).await.unwrap();
        let status = store.feed_statuses(now).await.unwrap().remove(0);
        assert_eq!((status.up, status.last_error.as_deref()), (Some(false), Some("no answer")));

        let full = begin(&store, RunMode::Full).await;
        assert_eq!(full.cursor, None);
        store.write_batch(&full, with("full 1", "1"), now).await.unwrap();
        store.finish_run(&full, failed, Traffic::default(), now).await.unwrap();
        let between = begin(&store, RunMode::Incremental).await;
        assert_eq!(between.cursor.as_deref(), Some("inc 1"));
        end(&store, &between).await;
        assert_eq!(references(&store, true).await, Vec::<String>::new());

        let resumed = begin(&store, RunMode::Full).await;
        assert_eq!(resumed.cursor.as_deref(), Some("full 1"));
        store.write_batch(&resumed, with("full 2", "2"), now).await.unwrap();
        end(&store, &resumed).await;
        assert_eq!(references(&store, true).await, ["INC0"]);
        assert_eq!(begin(&store, RunMode::Incremental).await.cursor.as_deref(), Some("full 2"));
    })
    .await;
}

#[tokio::test]
async fn what_the_source_no_longer_has_stays_counted_if_finished_and_ends_if_open() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05"), item("2"), item("3")]).await;
        let before = work(&store, Dimension::All).await;
        let full = begin(&store, RunMode::Full).await;
        store.write_batch(&full, batch([item("3")]), at("2026-11-01")).await.unwrap();
        end(&store, &full).await;
        assert_eq!(work(&store, Dimension::All).await, before);
        assert_eq!(references(&store, true).await, ["INC1", "INC2"]);
        let withdrawn = ItemFilter { state: Some(State::Withdrawn), ..ItemFilter::default() };
        assert_eq!(store.count_items(&withdrawn).await.unwrap().items, 1);
        let status = store.feed_statuses(at("2026-11-01")).await.unwrap().remove(0);
        assert_eq!((status.held, status.gone), (1, 2));
        pull(&store, [item("2")]).await;
        assert_eq!(references(&store, true).await, ["INC1"]);
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_a_full_run_saw_but_could_not_read_is_not_gone() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [item("1"), item("2")]).await;
        let full = begin(&store, RunMode::Full).await;
        let unreadable = Reject { record: "1".to_owned(), reason: "opened_at is not a time".to_owned() };
        let only_rejects = Batch { rejects: vec![unreadable], ..Batch::default() };
        store.write_batch(&full, only_rejects, at("2026-11-01")).await.unwrap();
        end(&store, &full).await;
        assert_eq!(references(&store, true).await, ["INC2"]);
        let status = store.feed_statuses(at("2026-11-01")).await.unwrap().remove(0);
        assert_eq!((status.held, status.gone, status.rejected), (1, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_older_version_changes_nothing_and_the_newest_of_a_batch_wins() {
    on_both(async |database| {
        let store = database.open().await;
        let titled = |title: &str, on: &str| {
            let mut item = finished("1", on);
            item.title = Some(title.to_owned());
            item
        };
        let batch =
            [titled("newest", "2026-10-07"), titled("old", "2026-10-05"), titled("last", "2026-10-07")];
        assert_eq!(pull(&store, batch).await.added, 1);
        assert_eq!(pull(&store, [titled("older", "2026-10-06")]).await.stale, 1);
        let held = store.items(&ItemFilter::default(), None, 10).await.unwrap().items.remove(0);
        assert_eq!(held.title.as_deref(), Some("last"));
    })
    .await;
}

#[tokio::test]
async fn unreadable_records_wait_until_a_later_version_can_be_read() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-01");
        let ticket = begin(&store, RunMode::Incremental).await;
        let reject = |record: &str| Reject { record: record.to_owned(), reason: "no date\0".to_owned() };
        let mut endless = item("3");
        endless.state = State::Finished;
        let mut hostile = item("4");
        hostile.title = Some("null\0byte".to_owned());
        hostile.team = Some("x".repeat(100_000));
        let mut nameless = item("5");
        nameless.external_id = "y".repeat(10_000);
        let first = Batch {
            rejects: vec![reject("1"), reject("line 12"), reject("1")],
            upstream_total: Some(5),
            ..batch([item("2"), endless, hostile, nameless])
        };
        assert_eq!(store.write_batch(&ticket, first, now).await.unwrap().added, 2);
        let rejected = async || store.coverage(now).await.unwrap().rejected;
        assert_eq!(rejected().await, 4);
        let commonest = store.quarantine(1).await.unwrap().remove(0);
        assert_eq!((commonest.source.as_str(), commonest.feed.as_str()), ("desk", "incident"));
        assert_eq!((commonest.reason.as_str(), commonest.records), ("no date ", 2));
        assert_eq!(store.quarantine(9).await.unwrap().iter().map(|waiting| waiting.records).sum::<i64>(), 4);
        store.write_batch(&ticket, batch([item("1"), finished("3", "2026-10-05")]), now).await.unwrap();
        assert_eq!(rejected().await, 2);
        end(&store, &ticket).await;
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn coverage_rests_on_what_sources_say_and_traffic_adds_up() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-01");
        let feeds = ["incident", "change"];
        store.register_source("desk", "servicenow", TextPolicy::Title, false, &feeds, now).await.unwrap();
        let ticket = begin(&store, RunMode::Incremental).await;
        let traffic = Traffic { requests: [(200, 2), (429, 1)].into(), retries: 1, throttled_seconds: 1.5 };
        let told = Batch { upstream_total: Some(4), traffic: traffic.clone(), ..batch([item("1")]) };
        store.write_batch(&ticket, told, now).await.unwrap();
        store.finish_run(&ticket, RunOutcome::Drained, traffic, now).await.unwrap();
        let coverage = store.coverage(now).await.unwrap();
        assert_eq!((coverage.held, coverage.upstream, coverage.feeds_unknown), (1, 4, 1));
        assert_eq!((coverage.ratio(), coverage.last_success), (Some(0.25), None));
        let statuses = store.feed_statuses(now).await.unwrap();
        assert_eq!((statuses[0].feed.as_str(), statuses[0].last_success_at), ("change", None));
        assert_eq!(statuses[1].requests, [(200, 4), (429, 2)].into());
        assert_eq!((statuses[1].retries, statuses[1].throttled_seconds), (2, 3.0));
        assert_eq!(statuses[1].newest_at, Some(at("2026-10-01")));
    })
    .await;
}

#[tokio::test]
async fn a_name_belongs_to_one_connector_and_simulated_data_says_so() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-11-01");
        let first = desk(&store).await;
        assert_eq!(desk(&store).await, first);
        assert!(!store.shows_example_data().await.unwrap());
        let refused = store.register_source("desk", "import", TextPolicy::Title, false, &[], now).await;
        assert!(refused.unwrap_err().to_string().contains("with the connector servicenow"));
        store.register_source("desk", "servicenow", TextPolicy::Full, true, &["change"], now).await.unwrap();
        assert!(store.shows_example_data().await.unwrap());
        let statuses = store.feed_statuses(now).await.unwrap();
        assert!(statuses.iter().all(|feed| feed.text == TextPolicy::Full && feed.example_data));
    })
    .await;
}
