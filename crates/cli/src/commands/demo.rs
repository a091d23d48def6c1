//! The whole of Waterline on a trust that does not exist: simulated service desk, real ingestor over
//! HTTP, real database, real pages. Needs no configuration and leaves this machine alone.

mod data;
mod people;
mod staff;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use chrono::NaiveDate;
use waterline_core::{Basis, Breakdown, Evidence, Figures, MonthRange, ReportingZone, TextPolicy};
use waterline_ingestor::{
    FeedOutcome, Runner, RunnerLimits, Source,
    config::{AuthConfig, SecretRef, SourceConfig},
};
use waterline_simulator::{ServiceNow, ServiceNowSettings, TRUST_NAME, Trust, TrustSettings};
use waterline_store::{RunMode, Settings, Store};
use waterline_web::{App, WebSettings};

use self::data::Ledger;
use crate::{
    args::Demo,
    background, clock,
    config::{Classification, usual_effort},
    output, progress, words,
};

/// The same trust on every machine.
const SEED: u64 = 700;
const MONTHS: u32 = 24;
/// Before asking again for a feed that another process is pulling.
const BUSY_WAIT: Duration = Duration::from_secs(15);
const SOURCE: &str = "servicenow";

pub(crate) async fn run(demo: &Demo) -> anyhow::Result<()> {
    let listener = listen(demo.port)?;
    let address = listener.local_addr()?;
    let zone = ReportingZone::default();
    let yesterday = zone.day(clock::now()).pred_opt().context("the system's clock shows no sensible day")?;
    let ledger = data::ledger(demo, yesterday)?;
    let settings = Settings {
        url: ledger.url(),
        zone,
        default_effort: usual_effort(),
        first_rules: Classification::embedded()?.texts,
    };
    let store = Store::open(settings, clock::now()).await?;
    let people = people::welcome(&store).await?;
    let app = App {
        store: store.clone(),
        clock: clock::system(),
        settings: WebSettings {
            listen: address,
            public_url: None,
            allow_insecure_http: false,
            trust_name: TRUST_NAME.to_owned(),
            metrics_token: None,
        },
    };
    let behind = background::start(store.clone());
    // Ends by itself when asked to stop, after the requests under way.
    let mut pages = pin!(waterline_web::serve(app, listener)?);
    output::print(welcome(address, &people, &ledger, yesterday))?;
    let runner = Runner { store: store.clone(), clock: clock::system(), limits: RunnerLimits::default() };
    let filled = tokio::select! {
        ended = &mut pages => {
            behind.abort();
            store.give_leases_back().await?;
            return Ok(ended?);
        }
        filled = fill(&runner, &ledger, demo.scale) => filled,
    };
    filled.context("the simulated trust's tickets could not be pulled and sorted")?;
    output::print(headline(&store).await?)?;
    let ended = pages.await;
    behind.abort();
    store.give_leases_back().await?;
    Ok(ended?)
}

/// The port that was asked for, or a free one where that is taken.
fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            output::note(format!("Port {port} is taken, so the pages are on another one."));
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on this machine")
        }
        other => other.with_context(|| format!("cannot listen on port {port} of this machine")),
    }
}

fn welcome(address: SocketAddr, people: &[people::Person], ledger: &Ledger, yesterday: NaiveDate) -> String {
    let mut lines = vec![
        format!("Example data from a simulated trust: {TRUST_NAME}"),
        String::new(),
        format!("  Pages    http://{address}/"),
    ];
    for (at, person) in people.iter().enumerate() {
        let label = if at == 0 { "Sign in" } else { "" };
        let role = person.role.as_str();
        lines.push(format!("  {label:<7}  {role:<7}  {}   {}", person.password, person.may));
    }
    lines.push(format!("  Data     {} (--fresh begins again)", ledger.file.display()));
    lines.push(String::new());
    if ledger.last_day < yesterday {
        let last = ledger.last_day.format("%-d %B %Y");
        lines.push(format!("This demo was begun earlier, so its tickets end on {last}."));
    }
    lines.push("The tickets are being pulled now, and the pages fill as they come. Ctrl-C stops.".to_owned());
    lines.join("\n")
}

/// Starts the simulated service desk and pulls all that it has, over HTTP as from a real one; then lets
/// the trust's people do their part.
async fn fill(runner: &Runner, ledger: &Ledger, scale: f64) -> anyhow::Result<()> {
    let trust = TrustSettings { seed: SEED, last_day: ledger.last_day, months: MONTHS, scale };
    let settings = ServiceNowSettings { password: people::password()?, ..ServiceNowSettings::default() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // Making a trust takes a processor for a moment, and the pages should not wait for it.
    let trust = tokio::task::spawn_blocking(move || Arc::new(Trust::generate(trust))).await?;
    let desk = ServiceNow::start(&trust, settings.clone(), listener, clock::system())?;
    let source = source(desk.url(), &settings)?;
    let progress = progress::Pull::default();
    loop {
        let report = runner.pull(&source, RunMode::Incremental, &|event| progress.hear(event)).await;
        if let Some(trouble) = report.trouble {
            bail!(trouble);
        }
        if report.feeds.iter().any(|feed| matches!(feed.outcome, FeedOutcome::Failed(_))) {
            bail!("not every feed came through");
        }
        // A demo that was killed holds its feed for a few minutes.
        if report.feeds.iter().all(|feed| feed.outcome == FeedOutcome::Drained) {
            break;
        }
        tokio::time::sleep(BUSY_WAIT).await;
    }
    desk.stop().await;
    staff::do_their_part(&runner.store, &trust, SEED, &runner.clock).await
}

fn source(url: &str, desk: &ServiceNowSettings) -> anyhow::Result<Source> {
    let config = SourceConfig {
        name: SOURCE.to_owned(),
        connector: "servicenow".to_owned(),
        url: url.parse()?,
        text: TextPolicy::Title,
        since: None,
        redact: Vec::new(),
        example_data: true,
        auth: AuthConfig {
            user: Some(desk.user.clone()),
            password: Some(SecretRef { env: Some("password".to_owned()), file: None }),
            ..AuthConfig::default()
        },
        feeds: None,
        servicenow: None,
        request_tracker: None,
    };
    Ok(config.build(&|_| Some(desk.password.clone()), &clock::system())?)
}

/// The figure that the first page opens with.
async fn headline(store: &Store) -> anyhow::Result<String> {
    let period = MonthRange::ending(store.zone().month(clock::now()).plus(-1), 12);
    let by = Breakdown::Category;
    let rows = store.work_done(period, by.dimension()).await?;
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let coverage = store.coverage(clock::now()).await?;
    let audits = store.audits(period).await?;
    let evidence = Evidence { coverage, audits: &audits };
    let figures = Figures::new(period, Basis::Effort, by, &rows, taxonomy, evidence, 0);
    Ok(match figures.all.share {
        None => format!("All tickets are in. No work was finished in {}.", period.in_words()),
        Some(share) => format!(
            "All tickets are in. From {}, {} of all effort was visible work; at most {}, if all \
             unclassified work proved to be visible. Error: {}. Coverage: {}.",
            period.in_words(),
            words::percent(share.value),
            words::percent(share.upper),
            figures.error,
            coverage.ratio().map_or_else(|| "not known".to_owned(), words::percent),
        ),
    })
}
