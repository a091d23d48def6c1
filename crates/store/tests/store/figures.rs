//! After whatever happened, the figures are those of a naive fold over what the sources last said.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use waterline_core::{
    CategoryId, Dimension, EffortRates, Kind, LoggedSample, Month, ReportingZone, State, Tally, WorkItem,
    WorkRow,
};
use waterline_store::{Batch, ItemFilter, RunMode, RunOutcome, Store, Traffic};

use crate::common::*;

/// One of the few items, in some version of it. Times are small numbers, so that clashes are common.
#[derive(Clone, Debug)]
struct Version {
    id: u8,
    age: u8,
    kind: Kind,
    team: Option<&'static str>,
    state: State,
    finished_day: u8,
    logged: Vec<(Option<u8>, i64)>,
    category: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Step {
    Batch { mode: RunMode, drained: bool, versions: Vec<Version> },
    Tag { items: Vec<u8>, category: &'static str },
    Undo { nth: u8 },
    RefreshEstimates,
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let logged = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec((prop::option::of(0u8..90), -1000i64..5000), 1..4),
    ];
    let version = (
        0u8..40,
        0u8..4,
        prop::sample::select(vec![Kind::Incident, Kind::Request, Kind::Project]),
        prop::sample::select(vec![None, Some(""), Some("Desk"), Some("Networks")]),
        prop::sample::select(vec![State::Open, State::Finished, State::Finished, State::Withdrawn]),
        0u8..90,
        logged,
        prop::sample::select(vec![None, Some("incident"), Some("new_product")]),
    )
        .prop_map(|(id, age, kind, team, state, finished_day, logged, category)| Version {
            id,
            age,
            kind,
            team,
            state,
            finished_day,
            logged,
            category,
        });
    prop::collection::vec(version, 0..60)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let mode = prop_oneof![3 => Just(RunMode::Incremental), 1 => Just(RunMode::Full)];
    let step = prop_oneof![
        5 => (mode, prop::bool::weighted(0.8), versions())
            .prop_map(|(mode, drained, versions)| Step::Batch { mode, drained, versions }),
        2 => (prop::collection::vec(0u8..40, 1..6), prop::sample::select(vec!["advice", "legacy"]))
            .prop_map(|(items, category)| Step::Tag { items, category }),
        1 => (0u8..8).prop_map(|nth| Step::Undo { nth }),
        1 => Just(Step::RefreshEstimates),
    ];
    prop::collection::vec(step, 1..12)
}

impl Version {
    fn item(&self) -> WorkItem {
        let day = |days: u8| at("2026-08-01T22:30:00Z") + chrono::TimeDelta::days(i64::from(days));
        let item = classified(item(&self.id.to_string()), self.category);
        WorkItem {
            kind: self.kind,
            team: self.team.map(str::to_owned),
            state: self.state,
            finished_at: (self.state == State::Finished).then(|| day(self.finished_day)),
            updated_at: day(self.age),
            logged: self
                .logged
                .iter()
                .map(|(on, seconds)| waterline_core::EffortEntry { at: on.map(day), seconds: *seconds })
                .collect(),
            ..item
        }
    }
}

/// What is known of one item.
#[derive(Clone)]
struct Known {
    item: WorkItem,
    machine: Option<String>,
    tags: Vec<usize>,
    estimate: Option<i64>,
    gone: bool,
    seen: bool,
}

/// The ledger as a child would keep it.
struct Model {
    items: BTreeMap<String, Known>,
    /// Category of each tagging, and whether it was undone.
    tags: Vec<(i64, &'static str, bool)>,
    rates: EffortRates,
    full_under_way: bool,
}

impl Model {
    fn new(store_defaults: BTreeMap<Kind, i64>) -> Self {
        Self {
            items: BTreeMap::new(),
            tags: Vec::new(),
            rates: EffortRates::from_defaults(store_defaults),
            full_under_way: false,
        }
    }

    fn take(&mut self, version: &Version) {
        let mut item = version.item();
        if item.team.as_deref() == Some("") {
            item.team = None;
        }
        let known = self.items.get(&item.external_id);
        let stale = known.is_some_and(|known| !known.gone && item.updated_at < known.item.updated_at);
        let id = item.external_id.clone();
        if !stale {
            let unlogged = item.state == State::Finished && item.logged.is_empty();
            let estimate = unlogged.then(|| self.rates.estimate(item.kind, item.team.as_deref()));
            let tags = known.map(|known| known.tags.clone()).unwrap_or_default();
            let machine = version.category.map(str::to_owned);
            let seen = known.is_some_and(|known| known.seen);
            self.items.insert(id.clone(), Known { item, machine, tags, estimate, gone: false, seen });
        }
        if let Some(known) = self.items.get_mut(&id) {
            known.seen |= self.full_under_way;
        }
    }

    fn take_batch(&mut self, versions: &[Version]) {
        let mut newest: BTreeMap<u8, &Version> = BTreeMap::new();
        for version in versions {
            if newest.get(&version.id).is_none_or(|known| known.age <= version.age) {
                newest.insert(version.id, version);
            }
        }
        for version in newest.into_values() {
            self.take(version);
        }
    }

    fn category(&self, known: &Known) -> Option<String> {
        let standing = known.tags.iter().rev().find(|tag| !self.tags[**tag].2);
        standing.map(|tag| self.tags[*tag].1.to_owned()).or_else(|| known.machine.clone())
    }

    fn refresh(&mut self, defaults: BTreeMap<Kind, i64>) {
        let samples: Vec<LoggedSample> = self
            .items
            .values()
            .filter(|known| known.item.state == State::Finished)
            .filter_map(|known| {
                let (kind, team) = (known.item.kind, known.item.team.clone());
                Some(LoggedSample { kind, team, seconds: known.item.logged_seconds()?, items: 1 })
            })
            .collect();
        self.rates = EffortRates::learn(defaults, &samples);
        for known in self.items.values_mut() {
            if known.estimate.is_some() {
                known.estimate = Some(self.rates.estimate(known.item.kind, known.item.team.as_deref()));
            }
        }
    }

    /// Work done, worked out from the words of DESIGN section 4 and nothing else.
    fn work_done(&self, by: Dimension) -> Vec<WorkRow> {
        let zone = ReportingZone::default();
        let mut sums: BTreeMap<(Month, Option<String>, Option<CategoryId>), Tally> = BTreeMap::new();
        for known in self.items.values() {
            let item = &known.item;
            let group = match by {
                Dimension::All => Some(String::new()),
                Dimension::Kind => Some(item.kind.to_string()),
                Dimension::Team => item.team.clone(),
                Dimension::Department => item.department.clone(),
                Dimension::System => item.system.clone(),
                Dimension::Source => Some("desk".to_owned()),
            };
            let category = self.category(known).map(CategoryId::new);
            let mut add = |instant, tally| {
                *sums.entry((zone.month(instant), group.clone(), category.clone())).or_default() += tally;
            };
            for entry in &item.logged {
                if let Some(instant) = entry.at.or(item.finished_at) {
                    add(instant, Tally { logged_seconds: entry.seconds, ..Tally::default() });
                }
            }
            if let Some(instant) = item.finished_at {
                let estimated_seconds = known.estimate.unwrap_or(0);
                add(instant, Tally { items: 1, estimated_seconds, ..Tally::default() });
            }
        }
        sums.into_iter()
            .filter(|(_, tally)| !tally.is_zero())
            .map(|((month, group, category), tally)| WorkRow { month, group, category, tally })
            .collect()
    }
}

async fn take_step(store: &Store, model: &mut Model, step: &Step, defaults: &BTreeMap<Kind, i64>) {
    let now = at("2026-11-01");
    match step {
        Step::Batch { mode, drained, versions } => {
            let ticket = begin(store, *mode).await;
            model.full_under_way |= *mode == RunMode::Full;
            // Half in one batch and half in another, as feeds come.
            for half in versions.chunks(versions.len().div_ceil(2).max(1)) {
                let items = half.iter().map(Version::item).collect();
                store.write_batch(&ticket, Batch { items, ..Batch::default() }, now).await.unwrap();
                model.take_batch(half);
            }
            let outcome =
                if *drained { RunOutcome::Drained } else { RunOutcome::Failed("no answer".to_owned()) };
            store.finish_run(&ticket, outcome, Traffic::default(), now).await.unwrap();
            if *drained && *mode == RunMode::Full {
                for known in model.items.values_mut() {
                    if !known.seen && !known.gone {
                        known.gone = true;
                        if known.item.state == State::Open {
                            known.item.state = State::Withdrawn;
                        }
                    }
                    known.seen = false;
                }
                model.full_under_way = false;
            }
        }
        Step::Tag { items, category } => {
            let wanted: BTreeSet<String> =
                items.iter().map(u8::to_string).filter(|id| model.items.contains_key(id)).collect();
            if wanted.is_empty() {
                return;
            }
            let ids = ids(store, &wanted).await;
            let action = store.tag(&ids, &CategoryId::new(*category), "ada", now).await.unwrap().action;
            model.tags.push((action, category, false));
            for id in wanted {
                model.items.get_mut(&id).unwrap().tags.push(model.tags.len() - 1);
            }
        }
        Step::Undo { nth } => {
            if let Some((action, _, undone)) = model.tags.get_mut(usize::from(*nth)) {
                let answer = store.undo_tags(*action, "ada", false, now).await;
                assert_eq!(answer.is_err(), *undone);
                *undone = true;
            }
        }
        Step::RefreshEstimates => {
            store.refresh_estimates().await.unwrap();
            model.refresh(defaults.clone());
        }
    }
}

async fn ids(store: &Store, external: &BTreeSet<String>) -> Vec<i64> {
    let page = store.items(&ItemFilter::default(), None, 1000).await.unwrap();
    page.items
        .iter()
        .filter(|item| external.contains(item.reference.trim_start_matches("INC")))
        .map(|item| item.id)
        .collect()
}

async fn holds(database: &TestDatabase, steps: &[Step]) {
    let store = database.open().await;
    let defaults = &database.settings.default_effort;
    let mut model = Model::new(defaults.clone());
    for step in steps {
        take_step(&store, &mut model, step, defaults).await;
        let verification = store.verify().await.unwrap();
        assert_eq!(verification.discrepancies, [], "after {step:?}");
        for by in Dimension::ALL {
            assert_eq!(
                lines(&work(&store, by).await),
                lines(&model.work_done(by)),
                "by {by}, after {step:?}"
            );
        }
        let status = store.feed_statuses(at("2026-11-01")).await.unwrap();
        let gone = model.items.values().filter(|known| known.gone).count() as i64;
        let held = model.items.len() as i64 - gone;
        assert!(status.iter().all(|feed| (feed.held, feed.gone) == (held, gone)), "{status:?}");
    }
}

fn check(cases: u32, test: impl Fn(Vec<Step>)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&steps(), |steps| {
        test(steps);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future);
}

#[test]
fn figures_equal_a_naive_fold_on_sqlite() {
    check(64, |steps| block_on(async { holds(&sqlite(), &steps).await }));
}

#[test]
fn figures_equal_a_naive_fold_on_postgres() {
    check(8, |steps| block_on(on_postgres(async |database| holds(database, &steps).await)));
}
