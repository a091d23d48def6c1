//! What the tests stand on: ledgers in both databases, sources from configuration text, and the servers
//! that `scripts/test` starts.

use std::{collections::BTreeMap, io::Write, process::Command, sync::Arc, time::Duration};

use chrono::Utc;
use tempfile::TempDir;
use waterline_core::{Clock, ReportingZone, Taxonomy};
use waterline_ingestor::{FeedOutcome, FeedReport, Runner, RunnerLimits, Source, config::SourceConfig};
use waterline_store::{ItemFilter, ItemView, RuleTexts, RunMode, Settings, Store};

const TAXONOMY: &str = include_str!("../../config/taxonomy.toml");
const RULES: &str = include_str!("../../config/rules.toml");

/// What `scripts/test` says about a server that it started, or `None` after a line that tells what is
/// not tested for want of it.
pub(crate) fn started(variable: &str, test: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is how scripts/test tells where its servers are")]
    let value = std::env::var(variable).ok();
    if value.is_none() {
        tell(&format!("{test} not run: {variable} is not set; scripts/test starts the server and sets it"));
    }
    value
}

/// Says a line that is seen: what `println!` says is shown for tests that fail only.
pub(crate) fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

/// Servers with clocks of their own are asked with the real time.
pub(crate) fn system_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "the servers that are tested against live in the present")]
    Arc::new(Utc::now)
}

/// Asks as any other client would.
pub(crate) fn client() -> reqwest::Client {
    // Refused only where an earlier test has installed one already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    #[expect(
        clippy::disallowed_methods,
        reason = "it is the tests' own, and knows nothing of the ingestor's"
    )]
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// A ledger of its own for one test, in one of the databases.
pub(crate) struct Ledger {
    pub(crate) database: &'static str,
    pub(crate) store: Store,
    _folder: TempDir,
}

/// One in SQLite, and one in PostgreSQL where there is one. `name` is that of the test.
pub(crate) async fn ledgers(name: &str) -> Vec<Ledger> {
    let mut ledgers = vec![
        open("SQLite", |folder| format!("sqlite://{}", folder.path().join("waterline.db").display())).await,
    ];
    if let Some(server) = started("WATERLINE_TEST_POSTGRES", &format!("{name} on PostgreSQL")) {
        let database = format!("end_to_end_{name}");
        for statement in
            [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")]
        {
            let psql = Command::new("psql").args([&server, "-qc", &statement]).output().unwrap();
            assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
        }
        let (host, _) = server.rsplit_once('/').unwrap();
        ledgers.push(open("PostgreSQL", |_| format!("{host}/{database}")).await);
    }
    ledgers
}

/// One in SQLite, for what does not depend on the database.
pub(crate) async fn ledger() -> Ledger {
    open("SQLite", |folder| format!("sqlite://{}", folder.path().join("waterline.db").display())).await
}

async fn open(database: &'static str, url: impl Fn(&TempDir) -> String) -> Ledger {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        url: url(&folder),
        zone: ReportingZone::default(),
        default_effort: BTreeMap::new(),
        first_rules: RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: RULES.to_owned() },
    };
    let now = "2026-11-01T09:00:00Z".parse().unwrap();
    Ledger { database, store: Store::open(settings, now).await.unwrap(), _folder: folder }
}

/// What every ledger begins with.
pub(crate) fn taxonomy() -> Taxonomy {
    Taxonomy::parse(TAXONOMY).unwrap()
}

/// A runner that does not wait long.
pub(crate) fn runner(store: &Store, clock: Clock) -> Runner {
    let limits = RunnerLimits {
        first_retry: Duration::from_millis(5),
        longest_wait: Duration::from_millis(50),
        ..RunnerLimits::default()
    };
    Runner { store: store.clone(), clock, limits }
}

/// A source as somebody would write it down. Every secret that it asks the environment for is `secret`.
pub(crate) fn source(toml: &str, secret: &str, clock: &Clock) -> Source {
    let config: SourceConfig = toml::from_str(toml).unwrap();
    config.build(&|_| Some(secret.to_owned()), clock).unwrap()
}

/// Pulls, and gives what came of each feed. Every feed must have been drained.
pub(crate) async fn pull(runner: &Runner, source: &Source, mode: RunMode) -> Vec<FeedReport> {
    let report = runner.pull(source, mode, &|_| {}).await;
    assert!(report.is_good(), "{report:?}");
    assert!(report.feeds.iter().all(|feed| feed.outcome == FeedOutcome::Drained), "{report:?}");
    report.feeds
}

/// Everything that is held, by reference.
pub(crate) async fn held(store: &Store) -> BTreeMap<String, ItemView> {
    let mut held = BTreeMap::new();
    let mut after = None;
    loop {
        let page = store.items(&ItemFilter::default(), after.as_deref(), 500).await.unwrap();
        held.extend(page.items.into_iter().map(|item| (item.reference.clone(), item)));
        match page.next {
            Some(next) => after = Some(next),
            None => return held,
        }
    }
}

/// Nothing in the ledger contradicts anything else in it.
pub(crate) async fn assert_sound(ledger: &Ledger) {
    let verification = ledger.store.verify().await.unwrap();
    assert_eq!(verification.discrepancies, [], "{}", ledger.database);
}
