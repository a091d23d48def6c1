//! How long it takes to try a changed rule on a million items, and to put rules in force: beside the floor,
//! which is the database's own client reading the same columns, or writing the same columns of the same
//! rows, and nothing else.
//!
//! `scripts/bench reclassify` runs it, and starts the PostgreSQL that it needs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run says so by its panic")]

use std::{
    collections::BTreeMap,
    io::Write,
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, NaiveDate, Utc};
use waterline_core::{Clock, ReportingZone};
use waterline_ingestor::{Runner, RunnerLimits, config::SourceConfig};
use waterline_simulator::{ServiceNow, ServiceNowSettings, Trust, TrustSettings};
use waterline_store::{AdoptionState, RuleTexts, RunMode, Settings, Store};

const TAXONOMY: &str = include_str!("../../config/taxonomy.toml");
const RULES: &str = include_str!("../../config/rules.toml");

/// About 100,000 tickets, each of which then stands here ten times.
const SCALE: f64 = 0.5;
const COPIES: usize = 10;

/// What the scan reads, and what an adoption writes.
const READ: &str = "id, reference, kind, title, description, state, department, team, system, priority, \
     source_category, labels, parent, opened_at, finished_at, finished_on, logged_seconds, \
     estimated_seconds, machine_category, machine_method, machine_rule, model, category, method";
const WRITTEN: &str = "machine_category = 'advice', machine_method = 'rule', machine_reason = \
     'rule 1 \"Benchmark\" matched \"printer\" in the title', machine_rule = 'Benchmark', \
     machine_confidence = NULL, rule_set = 99, model = NULL, category = 'advice', method = 'rule', worth = 90";

/// A rule that goes before all others.
fn with_rule(when: &str) -> String {
    let rule = format!("[[rule]]\nname = \"Benchmark\"\ncategory = \"advice\"\npriority = 1\n{when}\n\n");
    let place = RULES.find("\n[[rule]]").unwrap() + 1;
    format!("{}{rule}{}", &RULES[..place], &RULES[place..])
}

/// What is measured: a rule, and about how much of all work it moves.
const CHANGES: [(&str, &str); 3] = [
    ("one rule", "when.title.contains = [\"scanner\", \"scanners\"]"),
    ("one twentieth", "when.title.contains = [\"printer\", \"printers\", \"printing\", \"laptop\"]"),
    (
        "everything",
        "when.kind = [\"incident\", \"request\", \"problem\", \"change\", \"task\", \"project\", \"patching\"]",
    ),
];

#[tokio::main]
async fn main() {
    // Cargo also runs benches as tests, to see that they build.
    if std::env::args().any(|argument| argument == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "scripts/bench says where its server is")]
    let server = std::env::var("WATERLINE_TEST_POSTGRES").expect("run scripts/bench reclassify");
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    let trust = Arc::new(Trust::generate(TrustSettings { seed: 11, last_day, months: 24, scale: SCALE }));
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<12}{:<16}{:>10}{:>10}{:>12}{:>12}{:>14}{:>14}",
        "database", "change", "items", "moved", "dry-run, s", "read, s", "adoption, s", "bare update, s"
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("waterline.db");
    measure(&mut out, &trust, &Client::SQLite(file)).await;
    psql(&server, "CREATE DATABASE bench_reclassify");
    let url = format!("{}/bench_reclassify", server.rsplit_once('/').unwrap().0);
    measure(&mut out, &trust, &Client::Postgres(url)).await;
}

async fn measure(out: &mut impl Write, trust: &Trust, client: &Client) {
    let clock: Clock = Arc::new(|| "2026-11-01T09:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let store = client.open(&clock).await;
    fill(trust, &store, &clock).await;
    client.multiply();
    for (change, when) in CHANGES {
        let texts = RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: with_rule(when) };
        let number = store.rule_set_number(&texts, "bench", clock()).await.unwrap();
        let start = Instant::now();
        let run = store.dry_run(number, None, clock(), |_, _| {}).await.unwrap();
        let dry_run = start.elapsed().as_secs_f64();
        let read = client.time(&format!("SELECT {READ} FROM work_item"));
        store.ask_adoption(number, None, "bench", "bench", clock()).await.unwrap();
        let start = Instant::now();
        let adopted = store.run_adoption(&clock, |_, _| {}).await.unwrap().unwrap();
        let adoption = start.elapsed().as_secs_f64();
        assert_eq!((adopted.state, adopted.moved), (AdoptionState::InForce, run.moved));
        let update = client
            .time(&format!("BEGIN; UPDATE work_item SET {WRITTEN} WHERE rule_set = {number}; ROLLBACK"));
        writeln!(
            out,
            "{:<12}{change:<16}{:>10}{:>10}{dry_run:>12.2}{read:>12.2}{adoption:>14.2}{update:>14.2}",
            client.name(),
            run.items,
            run.moved
        )
        .unwrap();
        store.undo_adoption("bench", clock()).await.unwrap();
        store.run_adoption(&clock, |_, _| {}).await.unwrap();
    }
}

async fn fill(trust: &Trust, store: &Store, clock: &Clock) {
    let settings = ServiceNowSettings::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let desk = ServiceNow::start(trust, settings.clone(), listener, clock.clone()).unwrap();
    let config: SourceConfig = toml::from_str(&format!(
        "name = \"desk\"\nconnector = \"servicenow\"\nurl = \"{}\"\nauth = {{ user = \"{}\", password = {{ env = \"P\" }} }}",
        desk.url(),
        settings.user
    ))
    .unwrap();
    let source = config.build(&|_| Some(settings.password.clone()), clock).unwrap();
    let runner = Runner { store: store.clone(), clock: clock.clone(), limits: RunnerLimits::default() };
    let report = runner.pull(&source, RunMode::Incremental, &|_| {}).await;
    assert!(report.is_good(), "{report:?}");
    desk.stop().await;
}

/// The database's own client.
enum Client {
    SQLite(PathBuf),
    Postgres(String),
}

impl Client {
    fn name(&self) -> &'static str {
        match self {
            Self::SQLite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    async fn open(&self, clock: &Clock) -> Store {
        let url = match self {
            Self::SQLite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(url) => url.clone(),
        };
        let settings = Settings {
            url,
            zone: ReportingZone::default(),
            default_effort: BTreeMap::new(),
            first_rules: RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: RULES.to_owned() },
        };
        Store::open(settings, clock()).await.unwrap()
    }

    fn command(&self, sql: &str) -> Command {
        match self {
            Self::SQLite(file) => {
                let mut command = Command::new("sqlite3");
                command.args(["-bail", "-cmd", ".timeout 10000"]).arg(file).arg(sql);
                command
            }
            Self::Postgres(url) => {
                let mut command = Command::new("psql");
                command.arg(url).args(["-v", "ON_ERROR_STOP=1", "-qAtc", sql]);
                command
            }
        }
    }

    fn run(&self, sql: &str) -> String {
        let run = self.command(sql).output().unwrap();
        assert!(run.status.success(), "{sql}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap().trim().to_owned()
    }

    /// Seconds that a statement takes, with what it answers thrown away.
    fn time(&self, sql: &str) -> f64 {
        let start = Instant::now();
        let run = self.command(sql).stdout(Stdio::null()).status().unwrap();
        assert!(run.success(), "{sql}");
        start.elapsed().as_secs_f64()
    }

    /// Every ticket again and again under other ids, with its effort, and the figures that follow.
    fn multiply(&self) {
        let columns = match self {
            Self::SQLite(_) => "SELECT group_concat(name, ',') FROM pragma_table_info('work_item')",
            Self::Postgres(_) => {
                "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) \
                 FROM information_schema.columns WHERE table_name = 'work_item'"
            }
        };
        let columns = self.run(columns);
        let last = self.run("SELECT max(id) FROM work_item");
        for copy in 1..COPIES {
            let values: Vec<String> = columns
                .split(',')
                .map(|column| match column {
                    "id" => format!("id + {copy} * {last}"),
                    "external_id" | "reference" | "parent" => format!("{column} || '-{copy}'"),
                    other => other.to_owned(),
                })
                .collect();
            let values = values.join(",");
            self.run(&format!(
                "INSERT INTO work_item ({columns}) SELECT {values} FROM work_item WHERE id <= {last}"
            ));
            self.run(&format!(
                "INSERT INTO effort_entry (item_id, seq, at, day, seconds) \
                 SELECT item_id + {copy} * {last}, seq, at, day, seconds FROM effort_entry WHERE item_id <= {last}"
            ));
        }
        self.run(&format!(
            "UPDATE rollup SET items = items * {COPIES}, logged_seconds = logged_seconds * {COPIES}, \
             estimated_seconds = estimated_seconds * {COPIES}"
        ));
        self.run(&format!("UPDATE feed SET held = held * {COPIES}, gone = gone * {COPIES}"));
        self.run(match self {
            Self::SQLite(_) => "ANALYZE",
            Self::Postgres(_) => "VACUUM ANALYZE",
        });
    }
}

fn psql(url: &str, sql: &str) {
    let run = Command::new("psql").arg(url).args(["-v", "ON_ERROR_STOP=1", "-qc", sql]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
