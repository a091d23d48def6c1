//! How long the workbench takes at a million items: through the store, and as a page over HTTP. Beside the
//! floor: the database's own client reading as many rows by their ids.
//!
//! `scripts/bench tag` runs it, and starts the PostgreSQL that it needs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run says so by its panic")]

use std::{
    collections::BTreeMap,
    io::Write,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header;
use waterline_core::{
    CategoryId, Clock, EffortEntry, Kind, MonthRange, ReportingZone, State, TextPolicy, WorkItem,
};
use waterline_store::{
    Batch, ItemFilter, NewUser, Role, RuleTexts, RunMode, RunOutcome, Settings, Store, Traffic,
};
use waterline_web::{App, WebSettings, bind, serve};

const TAXONOMY: &str = include_str!("../../config/taxonomy.toml");
const RULES: &str = include_str!("../../config/rules.toml");
const PASSWORD: &str = "a long example password";

const ITEMS: usize = 1_000_000;
const BATCH: usize = 10_000;
/// Of each question. The slowest of them is shown as the worst.
const RUNS: usize = 30;
const CARDS: u64 = 20;

/// Kind, title with a place for a system and one for a ward, and in how many of a hundred.
const WORK: [(Kind, &str, usize); 16] = [
    (Kind::Incident, "Forgotten password for {s}", 12),
    (Kind::Incident, "{s} is slow on {w}", 12),
    (Kind::Incident, "Printer on {w} does not print", 10),
    (Kind::Incident, "Cannot open {s}: error {n}", 14),
    (Kind::Request, "New starter on {w} needs {s}", 12),
    (Kind::Request, "Please help", 2),
    (Kind::Request, "Query from {w} about {s}", 8),
    (Kind::Request, "Software licence for {s}", 6),
    (Kind::Request, "Add a field to the discharge form of {s}", 3),
    (Kind::Change, "Monthly release of {s}", 6),
    (Kind::Change, "Firewall change {n}", 4),
    (Kind::Task, "Set up laptop PC-{n} for {w}", 6),
    (Kind::Task, "Review access to {s}", 2),
    (Kind::Problem, "Repeated outages of {s}", 1),
    (Kind::Project, "Roll-out of {s} on {w}", 1),
    (Kind::Patching, "Security patches for {s}", 1),
];

fn clock() -> Clock {
    Arc::new(|| "2026-11-01T09:00:00Z".parse::<DateTime<Utc>>().unwrap())
}

fn item(number: usize) -> WorkItem {
    // Spreads what follows each other without any two being alike in everything.
    let dice = number.wrapping_mul(2_654_435_761) >> 7;
    let mut place = dice % 100;
    let (kind, title, _) = WORK
        .into_iter()
        .find(|(.., share)| {
            let here = place < *share;
            place = place.wrapping_sub(*share);
            here
        })
        .unwrap();
    let system = format!("system {}", ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"][dice % 6]);
    let ward = format!("ward {}", dice / 100 % 60);
    let title = title.replace("{s}", &system).replace("{w}", &ward).replace("{n}", &number.to_string());
    let opened_at = clock()() - TimeDelta::minutes(((ITEMS - number) * 730 * 24 * 60 / ITEMS) as i64 + 60);
    let finished_at = (!dice.is_multiple_of(50)).then(|| opened_at + TimeDelta::minutes(50));
    let logged = dice % 5 < 2 && finished_at.is_some();
    WorkItem {
        external_id: format!("id{number}"),
        reference: format!("INC{number:07}"),
        kind,
        title: Some(title),
        description: None,
        state: if finished_at.is_some() { State::Finished } else { State::Open },
        department: Some(ward),
        team: Some(format!("team {}", dice / 7 % 40)),
        system: Some(system),
        priority: Some(3),
        source_category: None,
        source_status: None,
        labels: Vec::new(),
        parent: None,
        opened_at,
        finished_at,
        updated_at: finished_at.unwrap_or(opened_at),
        logged: if logged {
            vec![EffortEntry { at: finished_at, seconds: 300 * (1 + (dice / 11 % 24) as i64) }]
        } else {
            Vec::new()
        },
    }
}

#[tokio::main]
async fn main() {
    // Cargo also runs benches as tests, to see that they build.
    if std::env::args().any(|argument| argument == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "scripts/bench says where its server is")]
    let server = std::env::var("WATERLINE_TEST_POSTGRES").expect("run scripts/bench tag");
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("waterline.db");
    let client = || {
        let mut client = Command::new("sqlite3");
        client.args(["-cmd", ".timeout 10000"]).arg(&file);
        client
    };
    measure("SQLite", format!("sqlite://{}", file.display()), &client).await;
    psql(&server, &["-qc", "CREATE DATABASE bench_tag"]);
    let url = format!("{}/bench_tag", server.rsplit_once('/').unwrap().0);
    let client = || {
        let mut client = Command::new("psql");
        client.arg(&url).arg("-qAt");
        client
    };
    measure("PostgreSQL", url.clone(), &client).await;
}

async fn measure(database: &str, url: String, client: &dyn Fn() -> Command) {
    let settings = Settings {
        url: url.clone(),
        zone: ReportingZone::default(),
        default_effort: BTreeMap::new(),
        first_rules: RuleTexts { taxonomy: TAXONOMY.to_owned(), rules: RULES.to_owned() },
    };
    let store = Store::open(settings, clock()()).await.unwrap();
    let start = Instant::now();
    fill(&store).await;
    let mut out = std::io::stdout();
    let seconds = start.elapsed().as_secs_f64();
    writeln!(out, "{database}: {ITEMS} items written in {seconds:.0} s").unwrap();
    if database == "PostgreSQL" {
        // What its own housekeeping does within minutes of such a pull.
        psql(&url, &["-qc", "VACUUM ANALYZE"]);
    }
    let visitor = Visitor::arrive(&store).await;
    writeln!(out, "{:<44}{:>12}{:>12}{:>12}{:>12}", "milliseconds", "store", "worst", "page", "worst")
        .unwrap();
    for (name, filter, query) in filters() {
        let (store_took, store_worst) = timed(async || {
            store.queue("bench", &filter, None, CARDS, clock()()).await.unwrap();
        })
        .await;
        let (page_took, page_worst) = timed(async || visitor.get(&format!("/tag?{query}")).await).await;
        row(&mut out, &format!("queue: {name}"), [store_took, store_worst, page_took, page_worst]);
    }
    for (name, filter, query) in filters() {
        let (store_took, store_worst) = timed(async || {
            store.items(&filter, None, 50).await.unwrap();
            store.count_items(&filter).await.unwrap();
        })
        .await;
        let (page_took, page_worst) = timed(async || visitor.get(&format!("/tag/list?{query}")).await).await;
        row(&mut out, &format!("list and count: {name}"), [store_took, store_worst, page_took, page_worst]);
    }
    tags(&mut out, &store, &visitor).await;
    let queue = store.queue("bench", &ItemFilter::default(), None, CARDS, clock()()).await.unwrap();
    let ids: Vec<String> = queue.items.iter().map(|queued| queued.item.id.to_string()).collect();
    writeln!(out, "{:<44}{:>12.2}", "floor: 20 rows by their ids", floor(client, &ids.join(","))).unwrap();
}

/// Tagging and taking back: one item, and all of a filter.
async fn tags(out: &mut impl Write, store: &Store, visitor: &Visitor) {
    let advice = CategoryId::new("advice");
    let now = clock()();
    let page = store.items(&ItemFilter::default(), None, RUNS as u64).await.unwrap();
    let ids: Vec<i64> = page.items.iter().map(|item| item.id).collect();
    let (mut tag, mut undo, mut post) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let start = Instant::now();
        let done = store.tag(&[id], &advice, "bench", now).await.unwrap();
        tag.push(start.elapsed());
        let start = Instant::now();
        store.undo_tags(done.action, "bench", false, now).await.unwrap();
        undo.push(start.elapsed());
        let start = Instant::now();
        visitor.post("/tag", &[("item", &id.to_string()), ("as", "advice")]).await;
        post.push(start.elapsed());
    }
    let ((tag, tag_worst), (post, post_worst), (undo, undo_worst)) = (sum(tag), sum(post), sum(undo));
    row(out, "tag one item", [tag, tag_worst, post, post_worst]);
    row(out, "undo it", [undo, undo_worst, f64::NAN, f64::NAN]);
    let filter = ItemFilter {
        text: Some("outages".to_owned()),
        finished: Some(MonthRange::ending("2026-10".parse().unwrap(), 4)),
        ..ItemFilter::default()
    };
    let count = store.count_items(&filter).await.unwrap();
    let start = Instant::now();
    let done = store.tag_matching(&filter, &advice, count.untagged, "bench", now).await.unwrap();
    let took = start.elapsed().as_secs_f64() * 1000.0;
    row(out, &format!("tag {} items by a filter", done.items), [took, took, f64::NAN, f64::NAN]);
    let start = Instant::now();
    store.undo_tags(done.action, "bench", false, now).await.unwrap();
    let took = start.elapsed().as_secs_f64() * 1000.0;
    row(out, "undo them", [took, took, f64::NAN, f64::NAN]);
}

fn filters() -> Vec<(&'static str, ItemFilter, &'static str)> {
    let all = ItemFilter::default;
    let text = |text: &str| ItemFilter { text: Some(text.to_owned()), ..ItemFilter::default() };
    let category = |id: &str| ItemFilter { category: Some(Some(CategoryId::new(id))), ..all() };
    vec![
        ("everything", all(), ""),
        ("not yet classified", ItemFilter { category: Some(None), ..all() }, "category=unclassified"),
        ("a large category", category("access"), "category=access"),
        ("a small category", category("legacy"), "category=legacy"),
        ("a common kind", ItemFilter { kind: Some(Kind::Incident), ..all() }, "kind=incident"),
        ("a rare kind", ItemFilter { kind: Some(Kind::Patching), ..all() }, "kind=patching"),
        ("a team", ItemFilter { team: Some("team 7".to_owned()), ..all() }, "team=team+7"),
        ("a team that is not there", ItemFilter { team: Some("none".to_owned()), ..all() }, "team=none"),
        (
            "a kind of a team in a month",
            ItemFilter {
                kind: Some(Kind::Task),
                team: Some("team 7".to_owned()),
                finished: Some(MonthRange::ending("2026-03".parse().unwrap(), 1)),
                ..all()
            },
            "kind=task&team=team+7&from=2026-03",
        ),
        ("a common word", text("password"), "text=password"),
        ("words", text("print ward 7"), "text=print+ward+7"),
        ("a rare word", text("outages"), "text=outages"),
        ("a number", text("pc-424242"), "text=pc-424242"),
        ("a reference", text("INC0424242"), "text=INC0424242"),
        ("no such word", text("zebra"), "text=zebra"),
    ]
}

async fn fill(store: &Store) {
    let now = clock()();
    let source = store
        .register_source("desk", "servicenow", TextPolicy::Title, true, &["incident"], now)
        .await
        .unwrap();
    let ticket = store.begin_run(source, "incident", RunMode::Incremental, now).await.unwrap().unwrap();
    for first in (0..ITEMS).step_by(BATCH) {
        let items = (first..first + BATCH).map(item).collect();
        store.write_batch(&ticket, Batch { items, ..Batch::default() }, now).await.unwrap();
    }
    store.finish_run(&ticket, RunOutcome::Drained, Traffic::default(), now).await.unwrap();
    store.refresh_estimates().await.unwrap();
}

/// Median and worst of many runs, in milliseconds.
async fn timed(question: impl AsyncFn()) -> (f64, f64) {
    let mut took = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        question().await;
        took.push(start.elapsed());
    }
    sum(took)
}

fn sum(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort_unstable();
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    (ms(took[took.len() / 2]), ms(took[took.len() - 1]))
}

fn row(out: &mut impl Write, name: &str, figures: [f64; 4]) {
    let shown = figures.map(|figure| if figure.is_nan() { String::new() } else { format!("{figure:.1}") });
    writeln!(out, "{name:<44}{:>12}{:>12}{:>12}{:>12}", shown[0], shown[1], shown[2], shown[3]).unwrap();
}

/// A tagger who is signed in.
struct Visitor {
    address: SocketAddr,
    client: reqwest::Client,
    cookie: String,
    token: String,
}

impl Visitor {
    async fn arrive(store: &Store) -> Self {
        let user = NewUser { name: "tagger", role: Role::Tagger, password: PASSWORD };
        store.add_user(user, "bench", clock()()).await.unwrap();
        let settings = WebSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            allow_insecure_http: false,
            trust_name: waterline_simulator::TRUST_NAME.to_owned(),
            metrics_token: None,
        };
        let listener = bind(&settings).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(App { store: store.clone(), clock: clock(), settings }, listener).unwrap());
        let _installed = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "a browser's part, which the one client never plays")]
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = [("name", "tagger"), ("password", PASSWORD)];
        let answer = client.post(format!("http://{address}/sign-in")).form(&form).send().await.unwrap();
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut visitor = Self { address, client, cookie, token: String::new() };
        let page = visitor.page("/sources").await;
        let token = page.split(r#"name="token" value=""#).nth(1).unwrap();
        visitor.token = token.split('"').next().unwrap().to_owned();
        visitor
    }

    async fn page(&self, path: &str) -> String {
        let request = self.client.get(format!("http://{}{path}", self.address));
        let answer = request.header(header::COOKIE, &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    async fn get(&self, path: &str) {
        self.page(path).await;
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let form: Vec<(&str, &str)> = form.iter().copied().chain([("token", self.token.as_str())]).collect();
        let request = self.client.post(format!("http://{}{path}", self.address)).form(&form);
        let request = request.header(header::COOKIE, &self.cookie).header(header::ACCEPT, "application/json");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap();
    }
}

/// Milliseconds that a client takes to read these rows, without the time that it takes to begin.
fn floor(client: &dyn Fn() -> Command, ids: &str) -> f64 {
    const TIMES: usize = 500;
    let select = format!("SELECT * FROM work_item WHERE id IN ({ids});\n");
    let run = |script: String| {
        let start = Instant::now();
        let mut running = client().stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        running.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(running.wait().unwrap().success());
        start.elapsed().as_secs_f64() * 1000.0
    };
    let begin = run(select.clone());
    (run(select.repeat(TIMES + 1)) - begin) / TIMES as f64
}

fn psql(url: &str, arguments: &[&str]) {
    let run = Command::new("psql").arg(url).args(["-v", "ON_ERROR_STOP=1"]).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
