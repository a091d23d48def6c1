use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use waterline_core::{Clock, ReportingZone, TextPolicy};
use waterline_ingestor::{FeedOutcome, FeedReport, PullEvent, PullReport, Runner, RunnerLimits, Source};
use waterline_store::{FeedStatus, ItemFilter, RuleTexts, RunMode, Settings, Store};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    script::{FEED, Fault, OTHER, Script, ticket},
    support::{PASSWORD, clock, now, service_now},
    table_api::{Record, TableApi, record},
};

const LIMITS: RunnerLimits = RunnerLimits {
    retries: 3,
    first_retry: Duration::from_millis(1),
    rate_limit_waits: 3,
    longest_wait: Duration::from_millis(20),
    batches: 50,
};

/// A runner on a fresh database, which goes with the folder.
struct Bench {
    runner: Runner,
    folder: tempfile::TempDir,
}

async fn open(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}", folder.path().join("waterline.db").display());
    let zone = ReportingZone::default();
    let taxonomy = include_str!("../../../../config/taxonomy.toml").to_owned();
    let first_rules = RuleTexts { taxonomy, rules: String::new() };
    Store::open(Settings { url, zone, default_effort: BTreeMap::new(), first_rules }, now()).await.unwrap()
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    Bench { runner: Runner { store, clock: clock(), limits: LIMITS }, folder }
}

impl Bench {
    async fn pull(&self, source: &Source) -> PullReport {
        self.runner.pull(source, RunMode::Incremental, &|_| ()).await
    }

    /// What one pull made of the feed that the test is about.
    async fn pull_first(&self, source: &Source) -> FeedReport {
        let report = self.pull(source).await;
        assert_eq!(report.trouble, None);
        report.feeds[0].clone()
    }

    async fn status(&self, feed: &str) -> FeedStatus {
        let found = self.runner.store.feed_statuses(now()).await.unwrap();
        found.into_iter().find(|status| status.feed == feed).unwrap()
    }

    async fn held(&self) -> i64 {
        self.status(FEED).await.held
    }
}

fn failure(report: &FeedReport) -> &str {
    match &report.outcome {
        FeedOutcome::Failed(why) => why,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn everything_is_pulled_once_and_the_second_pull_changes_nothing() {
    let api = TableApi::with((0..25).map(|n| record(&format!("{n:02}"), n * 7)).collect());
    let server = api.serve().await;
    let source = service_now(&server.uri(), "servicenow = { batch = 10 }");
    let bench = bench().await;
    let first = bench.pull(&source).await;
    assert!(first.is_good(), "{first:?}");
    assert_eq!(first.feeds.len(), 6);
    assert_eq!((first.feeds[0].added, first.feeds[0].records), (25, 25));
    let status = bench.status("incident").await;
    assert_eq!((status.held, status.upstream_total, status.up), (25, Some(25), Some(true)));
    assert_eq!(status.requests[&200], 4, "three batches, and the count at the end");

    let second = bench.pull_first(&source).await;
    assert_eq!((second.added, second.changed, second.stale), (0, 0, 0));
    assert_eq!(second.unchanged, 25, "all of them lie within the overlap");

    api.change("07", |record| record.updated = "2026-11-01 10:00:00".to_owned());
    let third = bench.pull_first(&source).await;
    assert_eq!((third.added, third.changed), (0, 1));
    assert_eq!(bench.status("incident").await.held, 25);
}

#[tokio::test]
async fn a_run_that_failed_goes_on_behind_its_last_whole_batch() {
    let script = Script::of(5).failing(3, &[Fault::Refused]);
    let bench = bench().await;
    let source = script.source(TextPolicy::Title);
    let broken = bench.pull_first(&source).await;
    assert_eq!(failure(&broken), "memory: as told");
    assert_eq!((broken.added, bench.held().await), (9, 9));
    let status = bench.status(FEED).await;
    assert_eq!((status.up, status.last_error.as_deref()), (Some(false), Some("memory: as told")));

    let rest = bench.pull_first(&source).await;
    assert_eq!((rest.added, rest.unchanged, bench.held().await), (6, 0, 15));
    assert_eq!(*script.given.lock().unwrap(), [0, 1, 2, 3, 4], "each batch was asked for once");
}

#[tokio::test]
async fn a_run_that_was_cut_off_leaves_whole_batches_and_another_process_goes_on() {
    let script = Script::of(5).failing(3, &[Fault::Silent]);
    let mut bench = bench().await;
    let source = script.source(TextPolicy::Title);
    let cut = tokio::time::timeout(Duration::from_millis(500), bench.pull(&source)).await;
    assert!(cut.is_err());
    assert_eq!(bench.held().await, 9);

    bench.runner.store = open(&bench.folder).await;
    assert_eq!(bench.pull_first(&source).await.outcome, FeedOutcome::Busy, "the lease still runs");
    let later: Clock = Arc::new(|| now() + chrono::TimeDelta::hours(1));
    bench.runner.clock = later;
    let rest = bench.pull_first(&source).await;
    assert_eq!((rest.outcome, rest.added, bench.held().await), (FeedOutcome::Drained, 6, 15));
}

#[tokio::test]
async fn a_failing_feed_does_not_stop_the_others() {
    let bench = bench().await;
    let report = bench.pull(&Script::of(1).failing(0, &[Fault::Refused]).source(TextPolicy::Title)).await;
    assert!(!report.is_good());
    assert_eq!(failure(&report.feeds[0]), "memory: as told");
    assert_eq!((report.feeds[1].feed, &report.feeds[1].outcome), (OTHER, &FeedOutcome::Drained));
}

#[tokio::test]
async fn trouble_passes_and_is_counted() {
    let faults = [Fault::Transient, Fault::Limited, Fault::Transient];
    let script = Script::of(2).failing(1, &faults);
    let bench = bench().await;
    let waits = Mutex::new(Vec::new());
    let report = bench
        .runner
        .pull(&script.source(TextPolicy::Title), RunMode::Incremental, &|event| {
            if let PullEvent::Waiting { why, .. } = event {
                waits.lock().unwrap().push(why);
            }
        })
        .await;
    assert!(report.is_good(), "{report:?}");
    assert_eq!(report.feeds[0].added, 6);
    let waits = waits.into_inner().unwrap();
    assert_eq!(waits.len(), 3);
    assert!(waits[1].contains("asks us to wait"), "{waits:?}");
    let status = bench.status(FEED).await;
    assert_eq!(status.retries, 3);
    assert!((status.throttled_seconds - 0.005).abs() < 1e-9, "{}", status.throttled_seconds);
}

#[tokio::test]
async fn patience_ends_with_the_reason() {
    for fault in [Fault::Transient, Fault::Limited] {
        let bench = bench().await;
        let report = bench.pull_first(&Script::of(1).failing(0, &[fault; 9]).source(TextPolicy::Title)).await;
        assert!(failure(&report).starts_with("memory "), "{report:?}");
    }
}

#[tokio::test]
async fn a_connector_that_goes_round_in_circles_is_stopped() {
    let bench = bench().await;
    let report =
        bench.pull_first(&Script::of(3).failing(1, &[Fault::Circle]).source(TextPolicy::Title)).await;
    assert!(failure(&report).contains("round in circles"), "{report:?}");
    let endless = bench.pull_first(&Script::of(60).source(TextPolicy::Title)).await;
    assert!(failure(&endless).contains("more than 50 batches"), "{endless:?}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_waits_in_quarantine_until_it_can() {
    let script = Script::of(1);
    let mut broken = ticket(1, 5);
    broken["second"] = "five".into();
    script.batches.lock().unwrap()[0][1] = broken;
    script.batches.lock().unwrap()[0][2] = serde_json::json!({ "second": 1 });
    let bench = bench().await;
    let source = script.source(TextPolicy::Title);
    let report = bench.pull_first(&source).await;
    assert_eq!((report.outcome, report.added, report.rejected), (FeedOutcome::Drained, 1, 2));
    assert_eq!(bench.status(FEED).await.rejected, 2);

    script.batches.lock().unwrap()[0][1] = ticket(1, 6);
    let report = bench.pull_first(&source).await;
    assert_eq!((report.added, report.unchanged, report.rejected), (1, 1, 1));
    assert_eq!(bench.held().await, 2);
}

#[tokio::test]
async fn text_is_kept_as_the_source_says_and_never_with_an_address() {
    for (text, title) in [(TextPolicy::None, None), (TextPolicy::Title, Some("call [email]"))] {
        let bench = bench().await;
        assert!(bench.pull(&Script::of(1).source(text)).await.is_good());
        let page = bench.runner.store.items(&ItemFilter::default(), None, 10).await.unwrap();
        assert_eq!(page.items.len(), 3);
        assert!(page.items.iter().all(|item| item.title.as_deref() == title), "{:?}", page.items[0].title);
    }
}

#[tokio::test]
async fn a_server_that_stumbles_once_is_asked_again() {
    let api = TableApi::with(vec![record("a", 0)]);
    let server = wiremock::MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    Mock::given(method("GET")).and(path("/api/now/table/incident")).respond_with(api).mount(&server).await;
    let source = service_now(&server.uri(), "feeds = [\"incident\"]");
    let bench = bench().await;
    let report = bench.pull_first(&source).await;
    assert_eq!((&report.outcome, report.added), (&FeedOutcome::Drained, 1));
    let status = bench.status("incident").await;
    assert_eq!((status.requests[&500], status.requests[&200], status.retries), (1, 1, 1));
}

#[tokio::test]
async fn a_refused_password_shows_in_no_sentence() {
    let server = wiremock::MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let bench = bench().await;
    let report = bench.pull(&service_now(&server.uri(), "")).await;
    assert!(report.feeds.iter().all(|feed| failure(feed).contains("check auth.user and auth.password")));
    assert!(!format!("{report:?}").contains(PASSWORD));
}

#[tokio::test]
async fn an_unexplained_state_keeps_the_ticket() {
    let odd = Record { state: "99".to_owned(), ..record("a", 0) };
    let server = TableApi::with(vec![odd]).serve().await;
    let bench = bench().await;
    let report = bench.pull_first(&service_now(&server.uri(), "feeds = [\"incident\"]")).await;
    assert_eq!((report.added, report.rejected), (1, 0));
}
