//! Whatever is held and whatever changes in the rules: a dry-run says exactly what adoption then does, what
//! people tagged stays, and adopting the same rules again moves nothing.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sea_orm::ConnectionTrait;
use waterline_core::{
    Basis, CategoryId, Clock, Dimension, Kind, Method, Month, Taxonomy, WorkItem, WorkRow, share,
};
use waterline_store::{AdoptionState, ItemFilter, ItemView, RuleTexts, Store};

use crate::common::*;

const CATEGORIES: [&str; 4] = ["new_product", "advice", "incident", "legacy"];
const KINDS: [Kind; 4] = [Kind::Incident, Kind::Task, Kind::Request, Kind::Change];
const ITEMS: usize = 10;

/// One of the items; all that is random about it.
#[derive(Clone, Debug)]
struct Piece {
    kind: usize,
    word: usize,
    parent: Option<usize>,
    month: u32,
    logged: Option<i64>,
    finished: bool,
    tag: Option<usize>,
}

/// A rule that says what items with a word are; some rules hold for one kind only.
#[derive(Clone, Debug)]
struct Sentence {
    word: usize,
    kind: Option<usize>,
    category: usize,
}

#[derive(Clone, Debug)]
struct Case {
    pieces: Vec<Piece>,
    before: Vec<Sentence>,
    after: Vec<Sentence>,
    /// The category that lies on the other side afterwards.
    turned: Option<usize>,
}

fn piece() -> impl Strategy<Value = Piece> {
    (
        0..KINDS.len(),
        0..4usize,
        option::of(0..ITEMS),
        8..11u32,
        option::of(60..7200i64),
        prop::bool::weighted(0.8),
        option::weighted(0.2, 0..CATEGORIES.len()),
    )
        .prop_map(|(kind, word, parent, month, logged, finished, tag)| Piece {
            kind,
            word,
            parent,
            month,
            logged,
            finished,
            tag,
        })
}

fn sentence() -> impl Strategy<Value = Sentence> {
    (0..4usize, option::of(0..KINDS.len()), 0..CATEGORIES.len()).prop_map(|(word, kind, category)| Sentence {
        word,
        kind,
        category,
    })
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(piece(), ITEMS),
        vec(sentence(), 1..4),
        vec(sentence(), 1..4),
        option::weighted(0.2, 0..CATEGORIES.len()),
    )
        .prop_map(|(pieces, before, after, turned)| Case { pieces, before, after, turned })
}

impl Piece {
    fn item(&self, place: usize) -> WorkItem {
        let on = format!("2026-{:02}-05", self.month);
        let item = if self.finished { finished(&place.to_string(), &on) } else { item(&place.to_string()) };
        WorkItem {
            kind: KINDS[self.kind],
            title: Some(format!("word{} and more", self.word)),
            labels: Vec::new(),
            parent: self.parent.map(|parent| parent.to_string()),
            logged: self.logged.map(|seconds| logged(Some("2026-09-09"), seconds)).into_iter().collect(),
            ..item
        }
    }
}

fn rules(sentences: &[Sentence]) -> String {
    let rule = |(place, Sentence { word, kind, category }): (usize, &Sentence)| {
        let kind = kind.map(|kind| format!(", kind = \"{}\"", KINDS[kind].as_str())).unwrap_or_default();
        format!(
            "{{ name = \"{word} {place}\", category = \"{}\", when = {{ title = {{ contains = \"word{word}\" }}{kind} }} }},",
            CATEGORIES[*category]
        )
    };
    format!("rule = [{}]", sentences.iter().enumerate().map(rule).collect::<String>())
}

/// The taxonomy of the tests, with a category on the other side.
fn taxonomy(text: &str, turned: Option<usize>) -> String {
    let turn = |line: &str| {
        if turned.is_some_and(|place| line.contains(&format!("\"{}\"", CATEGORIES[place]))) {
            let visible = line.contains("visible");
            let (from, to) = if visible { ("visible", "ktlo") } else { ("ktlo", "visible") };
            return line.replace(from, to);
        }
        line.to_owned()
    };
    text.lines().map(turn).collect::<Vec<_>>().join("\n")
}

async fn items(store: &Store) -> BTreeMap<i64, ItemView> {
    let page = store.items(&ItemFilter::default(), None, 100).await.unwrap();
    page.items.into_iter().map(|item| (item.id, item)).collect()
}

fn share_of(rows: &[WorkRow], month: Month, basis: Basis, taxonomy: &Taxonomy) -> Option<f64> {
    share(rows.iter().filter(|row| row.month == month), basis, taxonomy).map(|share| share.value)
}

async fn adopt(store: &Store, rule_set: i32) -> u64 {
    let clock: Clock = Arc::new(|| at("2026-11-05"));
    store.ask_adoption(rule_set, None, "a test says so", "ada", clock()).await.unwrap();
    let adopted = store.run_adoption(&clock, |_, _| {}).await.unwrap().unwrap();
    assert_eq!(adopted.state, AdoptionState::InForce);
    adopted.moved
}

async fn rows_of_rule_set(database: &TestDatabase, number: i32) -> i64 {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM work_item WHERE rule_set = {number}");
    let db = database.by_hand().await;
    let backend = db.get_database_backend();
    let row = db.query_one_raw(sea_orm::Statement::from_string(backend, sql)).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

async fn dry_run_equals_adoption(database: &TestDatabase, case: &Case) {
    let first = database.settings.first_rules.clone();
    let texts = RuleTexts { rules: rules(&case.before), ..first.clone() };
    let settings = waterline_store::Settings { first_rules: texts, ..database.settings.clone() };
    let store = Store::open(settings, at("2026-10-01")).await.unwrap();
    pull(&store, case.pieces.iter().enumerate().map(|(place, piece)| piece.item(place))).await;
    for (place, piece) in case.pieces.iter().enumerate() {
        if let Some(tag) = piece.tag {
            let reference = format!("INC{place}");
            let id = *items(&store).await.iter().find(|(_, item)| item.reference == reference).unwrap().0;
            store.tag(&[id], &CategoryId::new(CATEGORIES[tag]), "ada", at("2026-11-02")).await.unwrap();
        }
    }
    let before = (items(&store).await, work(&store, Dimension::All).await);
    let after_text = taxonomy(&first.taxonomy, case.turned);
    let texts = RuleTexts { rules: rules(&case.after), taxonomy: after_text.clone() };
    let number = store.rule_set_number(&texts, "ada", at("2026-11-03")).await.unwrap();
    if number == 1 {
        return;
    }
    let run = store.dry_run(number, None, at("2026-11-05"), |_, _| {}).await.unwrap();
    assert_eq!(adopt(&store, number).await, run.moved);
    let after = (items(&store).await, work(&store, Dimension::All).await);

    let mut flows: BTreeMap<_, u64> = BTreeMap::new();
    for (id, item) in &before.0 {
        if item.method == Method::Tag {
            assert_eq!((after.0[id].method, &after.0[id].category), (Method::Tag, &item.category));
        }
        if item.category != after.0[id].category {
            *flows.entry((item.category.clone(), after.0[id].category.clone())).or_default() += 1;
        }
    }
    let told: BTreeMap<_, u64> =
        run.flows.iter().map(|flow| ((flow.from.clone(), flow.to.clone()), flow.items)).collect();
    assert_eq!(told, flows);
    let taxonomies = [Taxonomy::parse(&first.taxonomy).unwrap(), Taxonomy::parse(&after_text).unwrap()];
    for month in &run.months {
        for (basis, told) in [(Basis::Items, month.shift.items), (Basis::Effort, month.shift.effort)] {
            assert_eq!(told.before, share_of(&before.1, month.month, basis, &taxonomies[0]), "{month:?}");
            assert_eq!(told.after, share_of(&after.1, month.month, basis, &taxonomies[1]), "{month:?}");
        }
    }
    assert_eq!(store.verify().await.unwrap().discrepancies, []);

    // The same rules under another number: nothing moves, and no row is written.
    let texts = RuleTexts { rules: format!("# Again\n{}", rules(&case.after)), taxonomy: after_text };
    let again = store.rule_set_number(&texts, "ada", at("2026-11-03")).await.unwrap();
    assert_eq!(store.dry_run(again, None, at("2026-11-05"), |_, _| {}).await.unwrap().moved, 0);
    assert_eq!(adopt(&store, again).await, 0);
    assert_eq!(rows_of_rule_set(database, again).await, 0);
}

fn check(cases: u32, test: impl Fn(Case)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&case(), |case| {
        test(case);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future);
}

#[test]
fn a_dry_run_says_what_adoption_does() {
    check(48, |case| block_on(async { dry_run_equals_adoption(&sqlite(), &case).await }));
    check(8, |case| block_on(on_postgres(async |database| dry_run_equals_adoption(database, &case).await)));
}
