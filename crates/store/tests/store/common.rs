//! One test body, both databases: SQLite in a temporary folder, and PostgreSQL where the environment
//! names a server.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};
use tempfile::TempDir;
use waterline_core::{
    CategoryId, Dimension, EffortEntry, Kind, Month, MonthRange, ReportingZone, State, TextPolicy, WorkItem,
    WorkRow,
};
use waterline_store::{
    Batch, BatchOutcome, RuleTexts, RunMode, RunOutcome, RunTicket, Settings, Store, Traffic,
};

/// The categories of the tests. No kind has a default, so that what no rule matches is unclassified.
const TAXONOMY: &str = r#"
category = [
    { id = "new_product", name = "New products", side = "visible" },
    { id = "advice", name = "Advice", side = "visible" },
    { id = "incident", name = "Fixing", side = "ktlo" },
    { id = "legacy", name = "Legacy", side = "ktlo" },
]
"#;

/// An item is what its label says: "as incident" makes it an incident.
const RULES: &str = r#"
rule = [
    { name = "As an incident", category = "incident", when.label = "as incident" },
    { name = "As something new", category = "new_product", when.label = "as new_product" },
    { name = "As advice", category = "advice", when.label = "as advice" },
    { name = "As legacy", category = "legacy", when.label = "as legacy" },
]
"#;

/// The address of a PostgreSQL server on which the tests may create databases.
const SERVER: &str = "WATERLINE_TEST_POSTGRES";

/// A database of its own for one test; removed with it.
pub(crate) struct TestDatabase {
    pub(crate) settings: Settings,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    pub(crate) async fn open(&self) -> Store {
        Store::open(self.settings.clone(), at("2026-10-01")).await.unwrap()
    }

    /// For doing by hand what the store never does.
    pub(crate) async fn by_hand(&self) -> DatabaseConnection {
        Database::connect(&self.settings.url).await.unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "only scripts/test knows where its server listens")]
fn server() -> Option<String> {
    std::env::var(SERVER).ok()
}

fn settings(url: String) -> Settings {
    Settings {
        url,
        zone: ReportingZone::default(),
        default_effort: BTreeMap::from([(Kind::Incident, 1800), (Kind::Project, 36_000)]),
        first_rules: RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: RULES.to_owned() },
    }
}

pub(crate) fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/w.db", folder.path().display());
    TestDatabase { settings: settings(url), _folder: Some(folder) }
}

/// Runs a test body on SQLite, and on PostgreSQL where there is a server.
pub(crate) async fn on_both(body: impl AsyncFn(&TestDatabase)) {
    body(&sqlite()).await;
    on_postgres(body).await;
}

pub(crate) async fn on_postgres(body: impl AsyncFn(&TestDatabase)) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = server() else {
        println!("PostgreSQL tests not run: {SERVER} names no server; scripts/test starts one");
        return;
    };
    let name = format!("waterline_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut url: String = server.clone();
    let path = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash));
    let path = path.unwrap_or(url.len());
    let options = url.find('?').map(|at| url[at..].to_owned()).unwrap_or_default();
    url.truncate(path.min(url.find('?').unwrap_or(url.len())));
    body(&TestDatabase { settings: settings(format!("{url}/{name}{options}")), _folder: None }).await;
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
}

/// An instant of October 2026, when most tests play.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Every month that a test could mean.
pub(crate) fn ever() -> MonthRange {
    MonthRange::new(month("2000-01"), month("2099-12")).unwrap()
}

/// An incident of the service desk, and classified as one, open since 1 October 2026.
pub(crate) fn item(external_id: &str) -> WorkItem {
    WorkItem {
        external_id: external_id.to_owned(),
        reference: format!("INC{external_id}"),
        kind: Kind::Incident,
        title: Some(format!("Printer {external_id} is on fire")),
        description: None,
        state: State::Open,
        department: Some("Pathology".to_owned()),
        team: Some("Service Desk".to_owned()),
        system: None,
        priority: Some(3),
        source_category: None,
        source_status: None,
        labels: vec!["ward".to_owned(), "as incident".to_owned()],
        parent: None,
        opened_at: at("2026-10-01"),
        finished_at: None,
        updated_at: at("2026-10-01"),
        logged: Vec::new(),
    }
}

pub(crate) fn finished(external_id: &str, on: &str) -> WorkItem {
    WorkItem { state: State::Finished, finished_at: Some(at(on)), updated_at: at(on), ..item(external_id) }
}

pub(crate) fn logged(on: Option<&str>, seconds: i64) -> EffortEntry {
    EffortEntry { at: on.map(at), seconds }
}

/// The same, and the rules make this of it; `None` is unclassified.
pub(crate) fn classified(item: WorkItem, category: Option<&str>) -> WorkItem {
    WorkItem { labels: category.map(|category| format!("as {category}")).into_iter().collect(), ..item }
}

pub(crate) fn batch(items: impl IntoIterator<Item = WorkItem>) -> Batch {
    Batch { items: items.into_iter().collect(), ..Batch::default() }
}

pub(crate) async fn desk(store: &Store) -> i32 {
    store
        .register_source("desk", "servicenow", TextPolicy::Title, false, &["incident"], at("2026-10-01"))
        .await
        .unwrap()
}

pub(crate) async fn begin(store: &Store, mode: RunMode) -> RunTicket {
    let source = desk(store).await;
    store.begin_run(source, "incident", mode, at("2026-11-01")).await.unwrap().unwrap()
}

pub(crate) async fn end(store: &Store, ticket: &RunTicket) {
    store.finish_run(ticket, RunOutcome::Drained, Traffic::default(), at("2026-11-01")).await.unwrap();
}

/// One whole incremental run of one batch.
pub(crate) async fn pull(store: &Store, items: impl IntoIterator<Item = WorkItem>) -> BatchOutcome {
    let ticket = begin(store, RunMode::Incremental).await;
    let outcome = store.write_batch(&ticket, batch(items), at("2026-11-01")).await.unwrap();
    end(store, &ticket).await;
    outcome
}

pub(crate) async fn work(store: &Store, by: Dimension) -> Vec<WorkRow> {
    store.work_done(ever(), by).await.unwrap()
}

/// Rows as lines, for comparing at a glance: month, group, category, items, logged, estimated.
pub(crate) fn lines(rows: &[WorkRow]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let group = row.group.as_deref().map_or_else(|| "?".to_owned(), |name| format!("\"{name}\""));
            let category = row.category.as_ref().map_or("-", CategoryId::as_str);
            let tally = row.tally;
            format!(
                "{} {group} {category} {} {} {}",
                row.month, tally.items, tally.logged_seconds, tally.estimated_seconds
            )
        })
        .collect()
}

/// What a tag on each item is worth, by its id at the source.
pub(crate) async fn worth(db: &DatabaseConnection) -> BTreeMap<String, i64> {
    let asked = "SELECT external_id, worth FROM work_item";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), asked)).await.unwrap();
    let of = |row: &QueryResult| (row.try_get("", "external_id").unwrap(), row.try_get("", "worth").unwrap());
    rows.iter().map(of).collect()
}
