//! How fast work comes in: a simulated trust pulled over HTTP, redacted, classified, stored and rolled
//! up, beside the floor: the same rows upserted by the database's own client and nothing else.
//!
//! `scripts/bench ingest` runs it, and starts the PostgreSQL that it needs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run says so by its panic")]

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, NaiveDate, Utc};
use tempfile::TempDir;
use waterline_core::{Clock, ReportingZone};
use waterline_ingestor::{Runner, RunnerLimits, config::SourceConfig};
use waterline_simulator::{ServiceNow, ServiceNowSettings, Trust, TrustSettings};
use waterline_store::{RuleTexts, RunMode, Settings, Store};

const TAXONOMY: &str = include_str!("../../config/taxonomy.toml");
const RULES: &str = include_str!("../../config/rules.toml");

/// About 100,000 tickets.
const SCALE: f64 = 0.5;
/// Rows of one transaction of the floor, as many as the ingestor stores at once.
const BATCH: usize = 1000;
const RUNS: usize = 3;

/// Turns a plain insert into an upsert of what the store itself would change.
const UPSERT: &str = " ON CONFLICT (source_id, external_id) DO UPDATE SET title = excluded.title, \
     state = excluded.state, team = excluded.team, department = excluded.department, \
     system = excluded.system, finished_at = excluded.finished_at, finished_on = excluded.finished_on, \
     updated_at = excluded.updated_at, logged_seconds = excluded.logged_seconds, \
     category = excluded.category, method = excluded.method;";

#[tokio::main]
async fn main() {
    // Cargo also runs benches as tests, to see that they build.
    if std::env::args().any(|argument| argument == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "scripts/bench says where its server is")]
    let server = std::env::var("WATERLINE_TEST_POSTGRES").expect("run scripts/bench ingest");
    let mut out = std::io::stdout();
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    let trust = Arc::new(Trust::generate(TrustSettings { seed: 11, last_day, months: 24, scale: SCALE }));
    writeln!(
        out,
        "{:<12}{:>10}{:>12}{:>12}{:>16}",
        "database", "tickets", "pull, s", "floor, s", "pull of floor"
    )
    .unwrap();
    for run in 0..RUNS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("waterline.db");
        let (tickets, pull) = ingest(&trust, format!("sqlite://{}", file.display())).await;
        let floor = sqlite_floor(&folder, &file);
        row(&mut out, "SQLite", tickets, pull, floor);

        let database = format!("bench_{run}");
        psql(&server, &["-qc", &format!("CREATE DATABASE {database}")]);
        let url = format!("{}/{database}", server.rsplit_once('/').unwrap().0);
        let (tickets, pull) = ingest(&trust, url.clone()).await;
        let floor = postgres_floor(&folder, &url);
        row(&mut out, "PostgreSQL", tickets, pull, floor);
    }
}

fn row(out: &mut impl Write, database: &str, tickets: u64, pull: f64, floor: f64) {
    writeln!(out, "{database:<12}{tickets:>10}{pull:>12.2}{floor:>12.2}{:>15.0}%", 100.0 * floor / pull)
        .unwrap();
}

/// Pulls everything into an empty ledger; gives the number of tickets and the seconds it took.
async fn ingest(trust: &Trust, url: String) -> (u64, f64) {
    let clock: Clock = Arc::new(|| "2026-11-01T09:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let settings = ServiceNowSettings::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let desk = ServiceNow::start(trust, settings.clone(), listener, clock.clone()).unwrap();
    let config: SourceConfig = toml::from_str(&format!(
        "name = \"desk\"\nconnector = \"servicenow\"\nurl = \"{}\"\nauth = {{ user = \"{}\", password = {{ env = \"P\" }} }}",
        desk.url(),
        settings.user
    ))
    .unwrap();
    let source = config.build(&|_| Some(settings.password.clone()), &clock).unwrap();
    let settings = Settings {
        url,
        zone: ReportingZone::default(),
        default_effort: BTreeMap::new(),
        first_rules: RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: RULES.to_owned() },
    };
    let store = Store::open(settings, clock()).await.unwrap();
    let runner = Runner { store, clock, limits: RunnerLimits::default() };
    let start = Instant::now();
    let report = runner.pull(&source, RunMode::Incremental, &|_| {}).await;
    let seconds = start.elapsed().as_secs_f64();
    assert!(report.is_good(), "{report:?}");
    desk.stop().await;
    (report.feeds.iter().map(|feed| feed.added).sum(), seconds)
}

/// The rows of `file` into a table with the same columns and key in another file.
fn sqlite_floor(folder: &TempDir, file: &Path) -> f64 {
    let dumped = folder.path().join("rows.sql");
    let dump = Command::new("sqlite3")
        // The store closes its connections in the background.
        .args([
            "-cmd",
            ".timeout 10000",
            file.to_str().unwrap(),
            ".mode insert bare",
            "SELECT * FROM work_item",
        ])
        .stdout(File::create(&dumped).unwrap())
        .status()
        .unwrap();
    assert!(dump.success());
    let columns = Command::new("sqlite3")
        .args([
            "-cmd",
            ".timeout 10000",
            file.to_str().unwrap(),
            "SELECT group_concat(name) FROM pragma_table_info('work_item')",
        ])
        .output()
        .unwrap();
    let columns = String::from_utf8(columns.stdout).unwrap();
    let before = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;\nCREATE TABLE bare ({}, UNIQUE (source_id, external_id));\n",
        columns.trim().replacen("id", "id INTEGER PRIMARY KEY", 1)
    );
    let script = transactions(&folder.path().join("floor.sql"), &before, &dumped);
    let start = Instant::now();
    let run = Command::new("sqlite3")
        .arg(folder.path().join("floor.db"))
        .stdin(File::open(script).unwrap())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(run.success());
    start.elapsed().as_secs_f64()
}

/// The rows of `work_item` into a table with the same columns and key in the same database.
fn postgres_floor(folder: &TempDir, url: &str) -> f64 {
    let dump = Command::new("pg_dump")
        .args([url, "--data-only", "--table=work_item", "--inserts"])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dumped = folder.path().join("pg.sql");
    let text =
        String::from_utf8(dump.stdout).unwrap().replace("INSERT INTO public.work_item ", "INSERT INTO bare ");
    std::fs::write(&dumped, text).unwrap();
    let before = "CREATE TABLE bare (LIKE work_item, PRIMARY KEY (id), UNIQUE (source_id, external_id));\n";
    let script = transactions(&folder.path().join("pg-floor.sql"), before, &dumped);
    let start = Instant::now();
    psql(url, &["-qf", script.to_str().unwrap()]);
    start.elapsed().as_secs_f64()
}

/// Upserts of so many rows a transaction, in one statement each as the store does it.
fn transactions(to: &Path, before: &str, dumped: &Path) -> std::path::PathBuf {
    let mut script = BufWriter::new(File::create(to).unwrap());
    script.write_all(before.as_bytes()).unwrap();
    let rows: Vec<String> = BufReader::new(File::open(dumped).unwrap())
        .lines()
        .map(Result::unwrap)
        .filter_map(|line| {
            let values = line.strip_prefix("INSERT INTO bare ")?.strip_prefix("VALUES").map(str::to_owned);
            values.map(|values| values.trim().trim_end_matches(';').to_owned())
        })
        .collect();
    for batch in rows.chunks(BATCH) {
        writeln!(script, "BEGIN;").unwrap();
        for portion in batch.chunks(500) {
            writeln!(script, "INSERT INTO bare VALUES {}{UPSERT}", portion.join(",\n")).unwrap();
        }
        writeln!(script, "COMMIT;").unwrap();
    }
    script.flush().unwrap();
    to.to_owned()
}

fn psql(url: &str, arguments: &[&str]) {
    let run = Command::new("psql").arg(url).args(["-v", "ON_ERROR_STOP=1"]).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
