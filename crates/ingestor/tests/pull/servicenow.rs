use serde_json::Value;
use waterline_ingestor::{Batch, Cursor, FetchError, Next, Source};

use crate::{
    support::service_now,
    table_api::{Record, TableApi, record},
};

const FEED: &str = "incident";
const BY_TWO: &str = "servicenow = { batch = 2 }";

/// Fetches to the end and gives the batches, calling `between` after each.
async fn drain(source: &Source, from: Option<Cursor>, mut between: impl FnMut(usize)) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut after = from;
    loop {
        let batch = source.connector.fetch(FEED, after.as_ref()).await.unwrap();
        let next = batch.next.clone();
        batches.push(batch);
        assert!(batches.len() < 50, "it goes round in circles");
        match next {
            Next::CaughtUp(_) => return batches,
            Next::More(cursor) => after = Some(cursor),
        }
        between(batches.len());
    }
}

fn ids(batches: &[Batch]) -> Vec<String> {
    let id = |json: &Value| json["sys_id"].as_str().unwrap().to_owned();
    batches.iter().flat_map(|batch| &batch.records).map(|record| id(&record.json)).collect()
}

fn last_cursor(batches: &[Batch]) -> Cursor {
    match &batches.last().unwrap().next {
        Next::CaughtUp(cursor) | Next::More(cursor) => cursor.clone(),
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, FetchError>) -> String {
    match result.unwrap_err() {
        error @ FetchError::Refused { .. } => error.to_string(),
        other => panic!("not refused: {other}"),
    }
}

#[tokio::test]
async fn records_of_one_second_are_met_once_each_across_page_edges() {
    let api = TableApi::with(["d", "a", "e", "b", "c"].map(|id| record(id, 0)).to_vec());
    let server = api.serve().await;
    let batches = drain(&service_now(&server.uri(), BY_TWO), None, |_| ()).await;
    assert_eq!(ids(&batches), ["a", "b", "c", "d", "e"]);
    assert_eq!(batches[0].upstream_total, Some(5));
    assert_eq!(batches[2].upstream_total, Some(5));
}

#[tokio::test]
async fn pages_that_access_rules_made_short_or_empty_are_not_the_end() {
    for hidden in ["b", "bc", "abcd", "abcdef", "ab", "cdefg", "aceg"] {
        let mut records: Vec<Record> =
            ["a", "b", "c", "d", "e", "f", "g"].iter().zip(0..).map(|(id, at)| record(id, at / 2)).collect();
        records.iter_mut().for_each(|record| record.hidden = hidden.contains(&record.id));
        let shown: Vec<String> =
            records.iter().filter(|record| !record.hidden).map(|record| record.id.clone()).collect();
        let server = TableApi::with(records).serve().await;
        let batches = drain(&service_now(&server.uri(), BY_TWO), None, |_| ()).await;
        assert_eq!(ids(&batches), shown, "hidden: {hidden}");
        assert_eq!(batches.last().unwrap().upstream_total, Some(7));
    }
}

#[tokio::test]
async fn a_record_updated_while_we_page_is_met_again_and_hides_no_other() {
    let api = TableApi::with(["a", "b", "c", "d"].iter().zip(0..).map(|(id, at)| record(id, at)).collect());
    let server = api.serve().await;
    let batches = drain(&service_now(&server.uri(), BY_TWO), None, |done| {
        if done == 1 {
            api.change("a", |record| record.updated = "2026-11-01 09:30:00".to_owned());
        }
    })
    .await;
    assert_eq!(ids(&batches), ["a", "b", "c", "d", "a"]);
}

#[tokio::test]
async fn the_next_run_begins_with_an_overlap_and_takes_up_late_arrivals() {
    let api = TableApi::with(vec![record("old", 0), record("a", 1200), record("b", 1230)]);
    let server = api.serve().await;
    let source = service_now(&server.uri(), "");
    let first = drain(&source, None, |_| ()).await;
    api.records.lock().unwrap().push(record("late", 1200));
    let second = drain(&source, Some(last_cursor(&first)), |_| ()).await;
    assert_eq!(ids(&second), ["a", "late", "b"]);
    assert_eq!(second[0].upstream_total, Some(4), "the whole feed, not what was new");
}

#[tokio::test]
async fn without_count_and_link_only_an_empty_page_is_the_end() {
    let api = TableApi { mute: true, ..TableApi::with(vec![record("a", 0), record("b", 1), record("c", 2)]) };
    let server = api.serve().await;
    let batches = drain(&service_now(&server.uri(), BY_TWO), None, |_| ()).await;
    assert_eq!(ids(&batches), ["a", "b", "c"]);
    assert_eq!(batches[0].upstream_total, None);
}

#[tokio::test]
async fn a_link_only_tells_that_there_is_more_and_is_never_followed() {
    let elsewhere = TableApi::default().serve().await;
    let records = vec![record("a", 0), record("b", 1), record("c", 2)];
    let api = TableApi { links_to: Some(elsewhere.uri()), ..TableApi::with(records) };
    let server = api.serve().await;
    let batches = drain(&service_now(&server.uri(), BY_TWO), None, |_| ()).await;
    assert_eq!(ids(&batches), ["a", "b", "c"]);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_instance_that_ignores_the_query_is_caught() {
    let records: Vec<Record> = (0..9).map(|n| record(&format!("{n}"), n)).collect();
    let mut api = TableApi::with(records);
    let server = api.serve().await;
    let first = service_now(&server.uri(), BY_TWO).connector.fetch(FEED, None).await.unwrap();
    api.deaf = true;
    let server = api.serve().await;
    let source = service_now(&server.uri(), BY_TWO);
    let told = reason(source.connector.fetch(FEED, Some(&last_cursor(&[first]))).await);
    assert!(told.contains("ignored a part of the query"), "{told}");
    assert!(told.contains("glide.invalid_query.returns_no_rows"), "{told}");

    let since = service_now(&server.uri(), "since = 2026-11-01");
    assert!(reason(since.connector.fetch(FEED, None).await).contains("opened before the day in since"));
}

#[tokio::test]
async fn since_narrows_every_query_and_the_count() {
    let mut records: Vec<Record> =
        ["a", "b", "c", "d", "e"].iter().zip(0..).map(|(id, at)| record(id, at)).collect();
    records[1].opened = "2024-10-31 23:59:59".to_owned();
    let server = TableApi::with(records).serve().await;
    let source = service_now(&server.uri(), "since = 2024-11-01\nservicenow = { batch = 2 }");
    let batches = drain(&source, None, |_| ()).await;
    assert_eq!(ids(&batches), ["a", "c", "d", "e"]);
    assert_eq!(batches[0].upstream_total, Some(4));
}

#[tokio::test]
async fn probing_fetches_once_and_tells_the_count() {
    let server = TableApi::with(vec![record("a", 0), record("b", 1)]).serve().await;
    assert_eq!(service_now(&server.uri(), "").probe(FEED).await.unwrap(), Some(2));
    let bad = TableApi::with(vec![Record { opened: "yesterday".to_owned(), ..record("a", 0) }]);
    let server = bad.serve().await;
    let told = reason(service_now(&server.uri(), "").probe(FEED).await);
    assert!(told.contains("none of them could be read") && told.contains("opened_at"), "{told}");
}
