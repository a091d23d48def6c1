//! After whatever happened, the figures are those of a naive fold over what the sources last said.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use waterline_core::{
    CategoryId, Clock, Dimension, EffortRates, Kind, LoggedSample, Method, Month, ReportingZone, State,
    Tally, WorkItem, WorkRow, worth_seconds,
};
use waterline_store::{Batch, ItemFilter, RunMode, RunOutcome, Settings, Store, Traffic};

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
    parent: Option<u8>,
}

#[derive(Clone, Debug)]
enum Step {
    Batch { mode: RunMode, drained: bool, versions: Vec<Version> },
    Tag { items: Vec<u8>, category: &'static str },
    Undo { nth: u8 },
    Reclassify,
    RefreshEstimates,
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let logged = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec((prop::option::of(0u8..90), -1000i64..5000), 1..4),
    ];
    let version =
        (
            0u8..40,
            0u8..4,
            prop::sample::select(vec![Kind::Incident, Kind::Request, Kind::Project, Kind::Task, Kind::Task]),
            prop::sample::select(vec![None, Some(""), Some("Desk"), Some("Networks")]),
            prop::sample::select(vec![State::Open, State::Finished, State::Finished, State::Withdrawn]),
            0u8..90,
            logged,
            prop::sample::select(vec![None, Some("incident"), Some("new_product")]),
            prop::option::of(0u8..40),
        )
            .prop_map(|(id, age, kind, team, state, finished_day, logged, category, parent)| {
                Version { id, age, kind, team, state, finished_day, logged, category, parent }
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
        1 => Just(Step::Reclassify),
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
            parent: self.parent.map(|parent| parent.to_string()),
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
    label: Option<&'static str>,
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
    /// Whether the other rules are in force.
    other_rules: bool,
}

impl Model {
    fn new(store_defaults: BTreeMap<Kind, i64>) -> Self {
        Self {
            items: BTreeMap::new(),
            tags: Vec::new(),
            rates: EffortRates::from_defaults(store_defaults),
            full_under_way: false,
            other_rules: false,
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
            let label = version.category;
            let seen = known.is_some_and(|known| known.seen);
            self.items.insert(id.clone(), Known { item, label, tags, estimate, gone: false, seen });
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

    fn tag(&self, known: &Known) -> Option<&'static str> {
        known.tags.iter().rev().map(|tag| &self.tags[*tag]).find(|tag| !tag.2).map(|tag| tag.1)
    }

    /// What an item without a tag belongs to, where that is held and passes its category on.
    fn parent(&self, known: &Known) -> Option<&Known> {
        let parent = self.items.get(known.item.parent.as_ref()?)?;
        (self.tag(known).is_none() && known.item.kind.inherits_from(parent.item.kind)).then_some(parent)
    }

    fn goes_round(&self, known: &Known) -> bool {
        let mut above = self.parent(known);
        for _ in 0..self.items.len() {
            let Some(parent) = above else { return false };
            if parent.item.external_id == known.item.external_id {
                return true;
            }
            above = self.parent(parent);
        }
        false
    }

    fn category(&self, known: &Known) -> Option<String> {
        if let Some(tag) = self.tag(known) {
            return Some(tag.to_owned());
        }
        let parent = self.parent(known).filter(|_| !self.goes_round(known));
        parent.and_then(|parent| self.category(parent)).or_else(|| self.machine(known).map(str::to_owned))
    }

    fn machine(&self, known: &Known) -> Option<&'static str> {
        if self.other_rules && known.label == Some("incident") { Some("legacy") } else { known.label }
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

    /// What a tag on it is worth.
    fn worth(&self, known: &Known) -> i64 {
        let item = &known.item;
        let method = match (self.tag(known), self.machine(known)) {
            (Some(_), _) => Method::Tag,
            (None, None) if self.category(known).is_none() => Method::Unclassified,
            // What inherits is as sure as what a rule says.
            _ => Method::Rule,
        };
        let seconds =
            item.logged_seconds().unwrap_or_else(|| self.rates.estimate(item.kind, item.team.as_deref()));
        worth_seconds(method, None, item.state, seconds)
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

async fn take_step(store: &Store, model: &mut Model, step: &Step, settings: &Settings) {
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
        Step::Reclassify => {
            model.other_rules = !model.other_rules;
            let mut texts = settings.first_rules.clone();
            if model.other_rules {
                texts.rules = texts.rules.replace("category = \"incident\"", "category = \"legacy\"");
            }
            let number = store.rule_set_number(&texts, "ada", now).await.unwrap();
            store.ask_adoption(number, None, "to see", "ada", now).await.unwrap();
            let clock: Clock = Arc::new(move || now);
            store.run_adoption(&clock, |_, _| {}).await.unwrap().unwrap();
        }
        Step::RefreshEstimates => {
            store.refresh_estimates().await.unwrap();
            model.refresh(settings.default_effort.clone());
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
    let by_hand = database.by_hand().await;
    let mut model = Model::new(database.settings.default_effort.clone());
    for step in steps {
        take_step(&store, &mut model, step, &database.settings).await;
        let verification = store.verify().await.unwrap();
        assert_eq!(verification.discrepancies, [], "after {step:?}");
        for by in Dimension::ALL {
            assert_eq!(
                lines(&work(&store, by).await),
                lines(&model.work_done(by)),
                "by {by}, after {step:?}"
            );
        }
        let page = store.items(&ItemFilter::default(), None, 1000).await.unwrap();
        for item in page.items {
            let known = &model.items[item.reference.trim_start_matches("INC")];
            let category = item.category.map(|category| category.to_string());
            assert_eq!(category, model.category(known), "{}, after {step:?}", item.reference);
        }
        for (id, worth) in worth(&by_hand).await {
            assert_eq!(worth, model.worth(&model.items[&id]), "what {id} is worth, after {step:?}");
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
