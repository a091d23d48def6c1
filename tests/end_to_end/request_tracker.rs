//! A real Request Tracker 5, born with what `tests/request_tracker/initialdata` says: 300 tickets over
//! three queues with time worked, half of them updated in one second, and five in a queue that is not
//! configured. What Waterline holds is compared with what RT itself says.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use reqwest::Method;
use serde_json::{Value, json};
use waterline_core::{Kind, ReportingZone, State};
use waterline_ingestor::Source;
use waterline_store::{ItemView, RunMode};

use crate::support::{self, Ledger, assert_sound, held, ledgers, pull, runner, started, system_clock};

/// The parts of an item that RT can be asked for.
#[derive(Clone, Debug, PartialEq)]
struct Ticket {
    kind: Kind,
    state: State,
    team: String,
    department: Option<String>,
    finished_on: Option<NaiveDate>,
    /// Logged minutes; `None` where nobody logged any.
    minutes: Option<i64>,
}

/// The server, as its administrator sees it.
struct Rt {
    address: String,
    client: reqwest::Client,
}

impl Rt {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self
            .client
            .request(method, format!("{}/REST/2.0/{path}", self.address))
            .basic_auth("root", Some("password"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn update(&self, id: u32, change: Value) {
        self.ask(Method::PUT, &format!("ticket/{id}"), Some(change)).await;
    }

    async fn log(&self, id: u32, minutes: u32) {
        let comment = json!({ "Content": "Example work", "ContentType": "text/plain", "TimeTaken": minutes });
        self.ask(Method::POST, &format!("ticket/{id}/comment"), Some(comment)).await;
    }

    async fn create(&self, queue: &str, minutes: u32) {
        let ticket = json!({ "Queue": queue, "Subject": "A later ticket", "TimeWorked": minutes });
        self.ask(Method::POST, "ticket", Some(ticket)).await;
    }

    /// Every ticket of the configured queues, by what people call it. Nothing changes meanwhile, so
    /// paging by page number misses none.
    async fn tickets(&self) -> BTreeMap<String, Ticket> {
        let mut tickets = BTreeMap::new();
        for page in 1.. {
            let found = self
                .ask(
                    Method::GET,
                    &format!(
                        "tickets?query=id%3E0&orderby=id&per_page=100&page={page}&fields=Status,Queue,Resolved,\
                         TimeWorked,CustomFields&fields[Queue]=Name"
                    ),
                    None,
                )
                .await;
            for ticket in found["items"].as_array().unwrap() {
                if let Some(known) = read(ticket) {
                    tickets.insert(format!("#{}", ticket["id"].as_str().unwrap()), known);
                }
            }
            if found["next_page"].is_null() {
                break;
            }
        }
        tickets
    }
}

fn read(ticket: &Value) -> Option<Ticket> {
    let team = ticket["Queue"]["Name"].as_str().unwrap();
    let kind = match team {
        "Service Desk" => Kind::Incident,
        "Digital Projects" => Kind::Project,
        "Infrastructure" => Kind::Change,
        _ => return None,
    };
    let state = match ticket["Status"].as_str().unwrap() {
        "resolved" => State::Finished,
        "rejected" => State::Withdrawn,
        _ => State::Open,
    };
    let resolved = DateTime::parse_from_rfc3339(ticket["Resolved"].as_str().unwrap()).unwrap().to_utc();
    let minutes = ticket["TimeWorked"].as_str().unwrap().parse().unwrap();
    let department =
        ticket["CustomFields"].as_array().unwrap().iter().find(|field| field["name"] == "Department");
    Some(Ticket {
        kind,
        state,
        team: team.to_owned(),
        department: department.and_then(|field| Some(field["values"][0].as_str()?.to_owned())),
        finished_on: (state == State::Finished).then(|| ReportingZone::default().day(resolved)),
        minutes: (minutes != 0).then_some(minutes),
    })
}

fn ours(item: &ItemView) -> Ticket {
    Ticket {
        kind: item.kind,
        state: item.state,
        team: item.team.clone().unwrap(),
        department: item.department.clone(),
        finished_on: item.finished_on,
        minutes: item.seconds.filter(|_| !item.estimated).map(|seconds| seconds / 60),
    }
}

/// As an administrator would configure it.
fn source(address: &str) -> Source {
    let toml = format!(
        r#"
        name = "helpdesk"
        connector = "request_tracker"
        url = "{address}"
        auth = {{ user = "waterline", password = {{ env = "RT_PASSWORD" }} }}
        [request_tracker]
        kinds = {{ "Service Desk" = "incident", "Digital Projects" = "project", "Infrastructure" = "change" }}
        department_field = "Department"
        system_field = "System"
        "#
    );
    support::source(&toml, "read-only", &system_clock())
}

async fn held_tickets(ledger: &Ledger) -> BTreeMap<String, Ticket> {
    held(&ledger.store).await.iter().map(|(reference, item)| (reference.clone(), ours(item))).collect()
}

#[tokio::test]
async fn what_is_held_is_what_a_real_request_tracker_says() {
    let Some(address) = started("WATERLINE_TEST_RT", "Request Tracker") else { return };
    let rt = Rt { address, client: support::client() };
    let source = source(&rt.address);
    let ledgers = ledgers("request_tracker").await;

    let before = rt.tickets().await;
    assert!(before.len() >= 300, "{}", before.len());
    for ledger in &ledgers {
        let runner = runner(&ledger.store, system_clock());
        let feeds = pull(&runner, &source, RunMode::Incremental).await;
        assert_eq!((feeds[0].added, feeds[0].rejected), (before.len() as u64, 5), "{}", ledger.database);
        assert_eq!(held_tickets(ledger).await, before, "{}", ledger.database);
        assert_sound(ledger).await;
    }

    let gone = change(&rt).await;
    let after = rt.tickets().await;
    assert_ne!(before, after);
    for ledger in &ledgers {
        let runner = runner(&ledger.store, system_clock());
        let feeds = pull(&runner, &source, RunMode::Incremental).await;
        assert!(feeds[0].records < 60, "only what changed is read again: {feeds:?}");
        let mut expected = after.clone();
        // RT hides deleted and merged tickets without a word, so until a full run they stay as they were.
        expected.extend(gone.iter().map(|reference| (reference.clone(), before[reference].clone())));
        assert_eq!(held_tickets(ledger).await, expected, "{}", ledger.database);
        assert_sound(ledger).await;

        pull(&runner, &source, RunMode::Full).await;
        let held = held(&ledger.store).await;
        let (lost, living): (Vec<_>, Vec<_>) = held.iter().partition(|(_, item)| item.gone);
        assert_eq!(lost.iter().map(|(reference, _)| reference.as_str()).collect::<Vec<_>>(), gone);
        assert!(lost.iter().all(|(_, item)| item.state != State::Open), "{}", ledger.database);
        let living: BTreeMap<_, _> =
            living.into_iter().map(|(name, item)| (name.clone(), ours(item))).collect();
        assert_eq!(living, after, "{}", ledger.database);
        let status = ledger.store.feed_statuses(system_clock()()).await.unwrap().remove(0);
        assert_eq!(
            (status.held, status.upstream_total, status.rejected, status.gone),
            (after.len() as i64, Some(after.len() as i64 + 5), 5, gone.len() as i64),
            "{}",
            ledger.database
        );
        assert_sound(ledger).await;
    }
}

/// A day's work on the service desk. Gives the tickets that are no longer to be found, in order.
async fn change(rt: &Rt) -> Vec<String> {
    for id in [10, 20, 40, 50, 70, 80] {
        rt.log(id, 25).await;
        rt.update(id, json!({ "Status": "resolved" })).await;
    }
    for id in [3, 6, 9] {
        rt.update(id, json!({ "Status": "open" })).await;
    }
    for id in [101, 103, 106] {
        rt.log(id, 40).await;
    }
    rt.update(104, json!({ "Queue": "Service Desk", "CustomFields": { "Department": "Pharmacy" } })).await;
    for minutes in 0..12 {
        rt.create("Service Desk", minutes * 10).await;
    }
    for id in [200, 201] {
        rt.ask(Method::DELETE, &format!("ticket/{id}"), None).await;
    }
    rt.update(210, json!({ "MergeInto": 211 })).await;
    ["#200", "#201", "#210"].map(str::to_owned).to_vec()
}
