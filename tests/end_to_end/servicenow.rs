//! A simulated trust, pulled over HTTP into both databases while things go wrong.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use tokio::sync::Notify;
use waterline_core::{Basis, Dimension, Share, Side, State, share};
use waterline_ingestor::{FeedOutcome, PullEvent};
use waterline_simulator::{Change, Fault, Record, Stage, Table, Trust};
use waterline_store::{RunMode, Store};

use crate::{
    hospital::{self, Hospital},
    support::{assert_sound, held, ledgers, pull, runner, taxonomy},
};

const SCALE: f64 = 0.02;

/// What a pull lives through without a person.
const FAULTS: [Fault; 5] = [
    Fault::ServerError,
    Fault::TooManyRequests { seconds: 1 },
    Fault::TruncatedJson,
    Fault::EmptyBody,
    Fault::TooManyRequestsUntil { seconds: 1 },
];

fn references<'a>(records: impl Iterator<Item = &'a Record>) -> BTreeSet<String> {
    records.map(Record::reference).collect()
}

async fn assert_whole(hospital: &Hospital, store: &Store) {
    let held: BTreeSet<String> = held(store).await.into_keys().collect();
    assert_eq!(held, references(hospital.trust.all()));
    let coverage = store.coverage(hospital.clock()()).await.unwrap();
    assert_eq!(coverage.ratio(), Some(1.0), "{coverage:?}");
    assert_eq!((coverage.rejected, coverage.feeds_unknown), (0, 0));
}

#[tokio::test]
async fn nothing_is_lost_when_answers_go_wrong_on_the_way() {
    for ledger in ledgers("faults").await {
        let hospital = hospital::open(SCALE);
        let (runner, source) = (runner(&ledger.store, hospital.clock()), hospital.source());
        let batches = AtomicUsize::new(0);
        let spoil_the_next = |event: PullEvent<'_>| {
            if matches!(event, PullEvent::Stored { .. }) {
                let fault = FAULTS[batches.fetch_add(1, Ordering::Relaxed) % FAULTS.len()];
                hospital.desk.faults().next(1, fault);
            }
        };
        let report = runner.pull(&source, RunMode::Incremental, &spoil_the_next).await;
        assert!(report.is_good(), "{report:?}");
        assert!(batches.into_inner() > FAULTS.len(), "each fault had its turn");
        assert_whole(&hospital, &ledger.store).await;
        assert_sound(&ledger).await;
        hospital.desk.stop().await;
    }
}

#[tokio::test]
async fn a_web_page_instead_of_json_fails_one_feed_with_a_sentence_and_the_next_pull_makes_it_good() {
    for ledger in ledgers("html").await {
        let hospital = hospital::open(SCALE);
        hospital.desk.faults().next(1, Fault::Html);
        let (runner, source) = (runner(&ledger.store, hospital.clock()), hospital.source());
        let report = runner.pull(&source, RunMode::Incremental, &|_| {}).await;
        let failed: Vec<_> =
            report.feeds.iter().filter(|feed| feed.outcome != FeedOutcome::Drained).collect();
        let [FeedOutcome::Failed(sentence)] = failed.iter().map(|feed| &feed.outcome).collect::<Vec<_>>()[..]
        else {
            panic!("{report:?}");
        };
        assert!(sentence.contains("web page instead of JSON"), "{sentence}");
        pull(&runner, &source, RunMode::Incremental).await;
        assert_whole(&hospital, &ledger.store).await;
        hospital.desk.stop().await;
    }
}

#[tokio::test]
async fn a_pull_that_is_killed_goes_on_behind_its_last_whole_batch() {
    for ledger in ledgers("killed").await {
        let hospital = hospital::open(SCALE);
        let (runner, source) = (runner(&ledger.store, hospital.clock()), hospital.source());
        let second_batch = Notify::new();
        let watch = |event: PullEvent<'_>| {
            if matches!(event, PullEvent::Stored { records: 500.., .. }) {
                second_batch.notify_one();
            }
        };
        tokio::select! {
            report = runner.pull(&source, RunMode::Incremental, &watch) => panic!("nobody killed it: {report:?}"),
            () = second_batch.notified() => {}
        }
        let before = held(&ledger.store).await.len();
        assert!((500..hospital.trust.len()).contains(&before), "{before}");
        assert_sound(&ledger).await;

        // Who was killed cannot give its lease back, so it runs out.
        hospital.wait(TimeDelta::minutes(5));
        let feeds = pull(&runner, &source, RunMode::Incremental).await;
        assert_eq!(feeds.iter().map(|feed| feed.added).sum::<u64>(), (hospital.trust.len() - before) as u64);
        assert_whole(&hospital, &ledger.store).await;
        assert_sound(&ledger).await;
        hospital.desk.stop().await;
    }
}

#[tokio::test]
async fn what_is_touched_is_pulled_again_and_what_is_deleted_is_found_by_a_full_pull() {
    for ledger in ledgers("touched").await {
        let hospital = hospital::open(SCALE);
        let (runner, source) = (runner(&ledger.store, hospital.clock()), hospital.source());
        pull(&runner, &source, RunMode::Incremental).await;

        hospital.wait(TimeDelta::hours(3));
        let open = |record: &&Record| matches!(record.stage, Stage::New | Stage::InProgress | Stage::OnHold);
        let names: Vec<String> = hospital.trust.all().filter(open).map(Record::reference).take(6).collect();
        let [deleted, touched @ ..] = names.as_slice() else { panic!("some work is always open") };
        assert!(!touched.is_empty());
        for name in touched {
            let change = Change { stage: Some(Stage::Closed), time_worked: Some(5400), ..Change::default() };
            assert!(hospital.desk.touch(name, change));
        }
        let added = hospital.desk.add(Table::Incident, "Label printer offline").unwrap();
        assert!(hospital.desk.delete(deleted));

        pull(&runner, &source, RunMode::Incremental).await;
        let items = held(&ledger.store).await;
        for name in touched {
            let item = &items[name];
            assert_eq!(
                (item.state, item.seconds, item.estimated),
                (State::Finished, Some(5400), false),
                "{name}"
            );
        }
        assert_eq!(items[&added].title.as_deref(), Some("Label printer offline"));
        assert!(!items[deleted].gone, "nothing tells of a deletion");

        pull(&runner, &source, RunMode::Full).await;
        let gone: Vec<String> = held(&ledger.store)
            .await
            .into_iter()
            .filter(|(_, item)| item.gone)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(gone.iter().collect::<Vec<_>>(), [deleted]);
        assert_sound(&ledger).await;
        hospital.desk.stop().await;
    }
}

#[tokio::test]
async fn the_share_comes_out_near_the_truth_that_only_the_simulator_knows() {
    for ledger in ledgers("truth").await {
        let hospital = hospital::open(SCALE);
        let (runner, source) = (runner(&ledger.store, hospital.clock()), hospital.source());
        pull(&runner, &source, RunMode::Incremental).await;
        for basis in [Basis::Items, Basis::Effort] {
            let (truth, found) = (truth(&hospital.trust, basis), measured(&ledger.store, basis).await);
            let off = found.value - truth;
            assert!(off.abs() < 0.05, "{basis:?}: {truth:.3} in truth, {found:?}");
            assert!(
                found.lower - 0.02 < truth && truth < found.upper + 0.02,
                "{basis:?}: {truth:.3}, {found:?}"
            );
        }
        hospital.desk.stop().await;
    }
}

async fn measured(store: &Store, basis: Basis) -> Share {
    let months = store.months_held().await.unwrap().unwrap();
    let rows = store.work_done(months, Dimension::All).await.unwrap();
    share(rows.iter(), basis, &taxonomy()).unwrap()
}

/// The visible part of all finished work, going by what each record really was and really took.
fn truth(trust: &Trust, basis: Basis) -> f64 {
    let taxonomy = taxonomy();
    let (mut visible, mut all) = (0.0, 0.0);
    for record in trust.all().filter(|record| matches!(record.stage, Stage::Resolved | Stage::Closed)) {
        let amount = match basis {
            Basis::Items => 1.0,
            Basis::Effort => f64::from(record.effort),
        };
        let category = trust.truth(&record.sys_id_text()).unwrap();
        all += amount;
        if taxonomy.side(&category) == Some(Side::Visible) {
            visible += amount;
        }
    }
    visible / all
}
