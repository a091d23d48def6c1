use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App,
    dev::ServiceResponse,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::*;
use crate::trust::TrustSettings;

/// An instance with a clock that stands where the test puts it.
struct Desk {
    instance: web::Data<Instance>,
    now: Arc<Mutex<DateTime<Utc>>>,
}

struct Reply {
    status: StatusCode,
    headers: Vec<(String, String)>,
    text: String,
}

impl Desk {
    fn new(settings: ServiceNowSettings) -> Self {
        let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
        let trust = Trust::generate(TrustSettings { seed: 7, last_day, months: 3, scale: 0.1 });
        let now = Arc::new(Mutex::new("2026-11-02T09:00:00Z".parse().unwrap()));
        let shared = now.clone();
        let clock: Clock = Arc::new(move || *shared.lock().unwrap());
        Self { instance: web::Data::new(Instance::new(&trust, settings, clock)), now }
    }

    fn wait(&self, seconds: i64) {
        *self.now.lock().unwrap() += chrono::Duration::seconds(seconds);
    }

    async fn send(&self, request: TestRequest) -> Reply {
        let app = App::new().app_data(self.instance.clone()).configure(handlers::routes);
        let response: ServiceResponse = call_service(&init_service(app).await, request.to_request()).await;
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = response.status();
        Reply { status, headers, text: String::from_utf8(read_body(response).await.to_vec()).unwrap() }
    }

    /// `path` is what follows `/api/now/table/`.
    async fn get(&self, path: &str) -> Reply {
        let credentials = format!("Basic {}", base64("waterline.reader:example-password"));
        self.send(
            TestRequest::get()
                .uri(&format!("/api/now/table/{path}"))
                .insert_header(("Authorization", credentials)),
        )
        .await
    }

    async fn rows(&self, path: &str) -> Vec<Value> {
        self.get(path).await.rows()
    }

    fn count(&self, table: Table) -> usize {
        self.instance.live.read().unwrap().records(table).len()
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()["result"].as_array().unwrap().clone()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The address behind `rel="..."`, without the host.
    fn link(&self, relation: &str) -> Option<String> {
        let links = self.header("Link")?;
        let link = links.split(',').find(|link| link.ends_with(&format!("rel=\"{relation}\"")))?;
        Some(link.split_once("/api/now/table/")?.1.split_once('>')?.0.to_owned())
    }
}

fn base64(text: &str) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["sys_id"].as_str().unwrap().to_owned()).collect()
}

const IN_ORDER: &str = "%5EORDERBYsys_updated_on%5EORDERBYsys_id";

#[actix_web::test]
async fn a_keyset_visits_every_row_once_though_many_share_a_second() {
    let desk = Desk::new(ServiceNowSettings::default());
    let mut seen = Vec::new();
    let mut after = "sys_updated_on%3E1970-01-01%2000:00:00".to_owned();
    loop {
        let path = format!(
            "incident?sysparm_query={after}{IN_ORDER}&sysparm_limit=7&sysparm_fields=sys_id,sys_updated_on"
        );
        let rows = desk.rows(&path).await;
        let Some(last) = rows.last() else { break };
        let (at, id) = (last["sys_updated_on"].as_str().unwrap(), last["sys_id"].as_str().unwrap());
        let at = at.replace(' ', "%20");
        after = format!("sys_updated_on={at}%5Esys_id%3E{id}%5ENQsys_updated_on%3E{at}");
        seen.extend(ids(&rows));
    }
    assert_eq!(seen.len(), desk.count(Table::Incident));
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
}

#[actix_web::test]
async fn following_next_visits_every_row_and_totals_agree() {
    let desk = Desk::new(ServiceNowSettings::default());
    let mut path = "sc_task?sysparm_query=ORDERBYnumber&sysparm_limit=50&sysparm_fields=sys_id".to_owned();
    let mut seen = HashSet::new();
    loop {
        let reply = desk.get(&path).await;
        assert_eq!(reply.header("X-Total-Count"), Some(desk.count(Table::Task).to_string().as_str()));
        seen.extend(ids(&reply.rows()));
        assert!(reply.link("first").unwrap().ends_with("sysparm_offset=0"));
        match reply.link("next") {
            Some(next) => path = next,
            None => {
                assert_eq!(reply.link("last"), Some(path.clone()));
                assert!(reply.link("prev").is_some());
                break;
            }
        }
    }
    assert_eq!(seen.len(), desk.count(Table::Task));
}

/// The quick way to a page must answer what looking at every row would.
#[actix_web::test]
async fn the_quick_way_and_the_long_way_agree() {
    let desk = Desk::new(ServiceNowSettings::default());
    let rows = desk.rows("incident?sysparm_fields=sys_id,sys_updated_on").await;
    let middle = &rows[rows.len() / 2];
    let at = middle["sys_updated_on"].as_str().unwrap();
    let id = middle["sys_id"].as_str().unwrap();
    let live = desk.instance.live.read().unwrap();
    let window = live::Window { offset: 3, limit: 11, counted: true };
    for text in [
        format!("sys_updated_on>={at}"),
        format!("sys_updated_on<{at}"),
        format!("sys_updated_on={at}^sys_id>={id}"),
        format!("sys_updated_on={at}^sys_id>{id}^NQsys_updated_on>{at}"),
        format!("sys_updated_on<={at}^NQsys_updated_on>={at}"),
        format!("sys_updated_on>{at}^ORsys_updated_on={at}^state=7"),
        format!("sys_id!={id}^sys_updated_on={at}"),
    ] {
        let quick =
            query::Query::parse(&format!("{text}^ORDERBYsys_updated_on^ORDERBYsys_id"), Table::Incident);
        let long = query::Query::parse(
            &format!("{text}^ORDERBYsys_updated_on^ORDERBYsys_id^ORDERBYnumber"),
            Table::Incident,
        );
        let mut long = long;
        // An order that is not the stored one takes the general path; this one sorts the same.
        long.order.insert(0, query::Order { path: "sys_class_name".to_owned(), descending: false });
        let (quick, long) =
            (live.page(Table::Incident, &quick, window), live.page(Table::Incident, &long, window));
        let ids = |page: &live::Page<'_>| page.rows.iter().map(|record| record.sys_id).collect::<Vec<_>>();
        assert_eq!((ids(&quick), quick.total, quick.more), (ids(&long), long.total, long.more), "{text}");
    }
}

#[actix_web::test]
async fn hidden_rows_make_short_pages_that_are_not_the_end() {
    let desk = Desk::new(ServiceNowSettings { hidden_every: Some(4), ..Default::default() });
    let reply =
        desk.get(&format!("incident?sysparm_query={IN_ORDER}&sysparm_limit=40&sysparm_fields=sys_id")).await;
    assert!(reply.rows().len() < 40);
    assert!(reply.link("next").is_some());
    assert_eq!(reply.header("X-Total-Count"), Some(desk.count(Table::Incident).to_string().as_str()));
}

#[actix_web::test]
async fn unknown_fields_and_broken_clauses_are_ignored_unless_the_instance_is_strict() {
    let lenient = Desk::new(ServiceNowSettings::default());
    let total = lenient.count(Table::Change).to_string();
    for query in ["no_such_field=1", "sys_updated_on%3E=lately", "state%20IS%203"] {
        let reply = lenient.get(&format!("change_request?sysparm_query={query}&sysparm_limit=1")).await;
        assert_eq!(reply.header("X-Total-Count"), Some(total.as_str()), "{query}");
    }
    let strict = Desk::new(ServiceNowSettings { strict_queries: true, ..Default::default() });
    assert!(strict.rows("change_request?sysparm_query=no_such_field=1").await.is_empty());
    let rows = lenient.rows("change_request?sysparm_limit=1&sysparm_fields=number,no_such_field").await;
    assert_eq!(rows[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["number"]);
}

#[actix_web::test]
async fn the_operators_do_what_they_say() {
    let desk = Desk::new(ServiceNowSettings::default());
    let all = desk.count(Table::Incident);
    let mut counted = Vec::new();
    for query in [
        "state=7",
        "state!=7",
        "stateIN6,7",
        "closed_atISEMPTY",
        "closed_atISNOTEMPTY",
        "priority%3C=2",
        "priority%3E2",
        "state=6%5EORstate=7",
        "state=7%5Epriority=1%5ENQstate=6",
        "assignment_group.name=Service%20Desk",
    ] {
        let reply = desk.get(&format!("incident?sysparm_query={query}&sysparm_limit=1")).await;
        counted.push(reply.header("X-Total-Count").unwrap().parse::<usize>().unwrap());
    }
    let [closed, others, done, open, ended, urgent, rest, either, _, desk_work] = counted[..] else {
        panic!()
    };
    assert_eq!([closed + others, open + ended, urgent + rest], [all; 3]);
    assert_eq!(done, either);
    assert!(closed > 0 && others > 0 && urgent > 0 && (1..all).contains(&desk_work));
}

#[actix_web::test]
async fn values_come_in_three_manners_and_references_with_or_without_links() {
    let desk = Desk::new(ServiceNowSettings::default());
    let fields = "sysparm_limit=1&sysparm_query=assigned_toISNOTEMPTY&sysparm_fields=state,assignment_group,assignment_group.name,closed_at,problem_id";
    let raw = &desk.rows(&format!("incident?{fields}")).await[0];
    assert!(
        raw["state"].is_string() && raw["assignment_group"]["link"].as_str().unwrap().starts_with("http://")
    );
    assert_eq!(raw["problem_id"], "");
    assert!(raw["assignment_group.name"].is_string());
    let bare = &desk.rows(&format!("incident?{fields}&sysparm_exclude_reference_link=true")).await[0];
    assert_eq!(bare["assignment_group"], raw["assignment_group"]["value"]);
    let shown = &desk.rows(&format!("incident?{fields}&sysparm_display_value=true")).await[0];
    assert_eq!(shown["assignment_group"]["display_value"], raw["assignment_group.name"]);
    let both = &desk.rows(&format!("incident?{fields}&sysparm_display_value=all")).await[0];
    assert_eq!(both["state"]["value"], raw["state"]);
    assert_eq!(both["problem_id"], json!({"display_value": "", "value": ""}));
}

#[actix_web::test]
async fn a_task_knows_the_department_behind_its_request() {
    let desk = Desk::new(ServiceNowSettings::default());
    let rows = desk
        .rows("sc_task?sysparm_query=request_itemISNOTEMPTY&sysparm_limit=1&sysparm_fields=request.requested_for.department.name,request_item.number")
        .await;
    assert_ne!(rows[0]["request.requested_for.department.name"], "");
    assert!(rows[0]["request_item.number"].as_str().unwrap().starts_with("RITM"));
}

#[actix_web::test]
async fn who_is_not_known_is_refused_in_the_words_of_the_real_one() {
    let desk = Desk::new(ServiceNowSettings::default());
    for header in ["Basic bm9ib2R5OndoYXRldmVy", "Bearer made-up", "nonsense"] {
        let request =
            TestRequest::get().uri("/api/now/table/incident").insert_header(("Authorization", header));
        let reply = desk.send(request).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.json()["error"]["message"], "User Not Authenticated");
    }
    let reply = desk.get("cmdb_unknown").await;
    assert_eq!(
        (reply.status, reply.json()["error"]["message"].as_str()),
        (StatusCode::BAD_REQUEST, Some("Invalid table cmdb_unknown"))
    );
    let write = desk.send(TestRequest::post().uri("/api/now/table/incident")).await;
    assert!(write.status.is_client_error());
}

#[actix_web::test]
async fn tokens_open_the_door_until_they_expire() {
    let desk = Desk::new(ServiceNowSettings { token_lifetime_seconds: 60, ..Default::default() });
    let ask = |secret: &str| {
        TestRequest::post().uri("/oauth_token.do").set_form([
            ("grant_type", "client_credentials"),
            ("client_id", "waterline"),
            ("client_secret", secret),
        ])
    };
    assert_eq!(desk.send(ask("wrong")).await.status, StatusCode::UNAUTHORIZED);
    let granted = desk.send(ask("example-secret")).await.json();
    assert_eq!(granted["expires_in"], 60);
    let header = ("Authorization", format!("Bearer {}", granted["access_token"].as_str().unwrap()));
    let knock =
        || TestRequest::get().uri("/api/now/table/problem?sysparm_limit=1").insert_header(header.clone());
    assert_eq!(desk.send(knock()).await.status, StatusCode::OK);
    desk.wait(60);
    assert_eq!(desk.send(knock()).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let limit = RateLimit { requests: 2, window_seconds: 3600 };
    let desk = Desk::new(ServiceNowSettings { rate_limit: Some(limit), ..Default::default() });
    desk.wait(600);
    assert_eq!(desk.get("problem").await.header("X-RateLimit-Remaining"), Some("1"));
    desk.get("problem").await;
    let refused = desk.get("problem").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("Retry-After"), Some("3000"));
    assert_eq!(refused.json()["error"]["message"], "Rate limit exceeded");
    desk.wait(3000);
    assert_eq!(desk.get("problem").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn faults_come_as_ordered_and_then_are_over() {
    let desk = Desk::new(ServiceNowSettings::default());
    let faults = &desk.instance.settings.faults;
    faults.next(1, Fault::TooManyRequests { seconds: 5 });
    faults.next(1, Fault::TooManyRequestsUntil { seconds: 5 });
    faults.next(1, Fault::ServerError);
    faults.next(1, Fault::Html);
    faults.next(1, Fault::TruncatedJson);
    faults.next(1, Fault::EmptyBody);
    faults.next(1, Fault::IgnoredFilter);
    faults.next(1, Fault::Unauthorised);
    let path = "problem?sysparm_query=state=0";
    assert_eq!(desk.get(path).await.header("Retry-After"), Some("5"));
    assert_eq!(desk.get(path).await.header("Retry-After"), Some("Mon, 02 Nov 2026 09:00:05 GMT"));
    assert_eq!(desk.get(path).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(desk.get(path).await.text.starts_with("<!DOCTYPE html>"));
    assert!(serde_json::from_str::<Value>(&desk.get(path).await.text).is_err());
    assert_eq!(desk.get(path).await.text, "");
    assert!(!desk.rows(path).await.is_empty());
    assert_eq!(desk.get(path).await.status, StatusCode::UNAUTHORIZED);
    assert!(desk.rows(path).await.is_empty());
    faults.from_now_on(Some(Fault::ServerError));
    assert_eq!(desk.get(path).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    faults.from_now_on(None);
    assert_eq!(desk.get(path).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_row_edited_while_somebody_pages_moves_to_the_end() {
    let desk = Desk::new(ServiceNowSettings::default());
    let path = format!(
        "incident?sysparm_query={IN_ORDER}&sysparm_limit=5&sysparm_fields=number,sys_updated_on,state,short_description,time_worked"
    );
    let number = desk.rows(&path).await[0]["number"].as_str().unwrap().to_owned();
    let change =
        Change { stage: Some(Stage::Closed), time_worked: Some(5400), title: Some("Edited".to_owned()) };
    assert!(desk.instance.touch(&number, change));
    assert_ne!(desk.rows(&path).await[0]["number"], number.as_str());
    let since = format!(
        "incident?sysparm_query=sys_updated_on%3E=2026-11-02%2009:00:00{IN_ORDER}&sysparm_fields=number,sys_updated_on,state,short_description,time_worked"
    );
    assert_eq!(
        desk.rows(&since).await,
        [json!({
            "number": number, "sys_updated_on": "2026-11-02 09:00:00", "state": "7",
            "short_description": "Edited", "time_worked": "1970-01-01 01:30:00",
        })]
    );
    let before = desk.count(Table::Incident);
    let added = desk.instance.add(Table::Incident, "A new one").unwrap();
    assert_eq!(desk.rows(&since).await.len(), 2);
    assert!(desk.instance.delete(&added) && desk.instance.delete(&number) && !desk.instance.delete(&number));
    assert_eq!(desk.count(Table::Incident), before - 1);
}

#[actix_web::test]
async fn one_record_of_each_table() {
    let desk = Desk::new(ServiceNowSettings::default());
    let mut shown = serde_json::Map::new();
    for table in Table::ALL {
        let rows = desk.rows(&format!("{}?sysparm_limit=1&sysparm_query=ORDERBYnumber", table.name())).await;
        shown.insert(table.name().to_owned(), rows[0].clone());
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

/// Over a real socket, so that starting, the address and stopping are tested too.
#[tokio::test(flavor = "multi_thread")]
async fn it_serves_on_a_socket_and_stops_though_a_request_hangs() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    let trust = Trust::generate(TrustSettings { seed: 7, last_day, months: 1, scale: 0.02 });
    let now = "2026-11-02T09:00:00Z".parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server =
        ServiceNow::start(&trust, ServiceNowSettings::default(), listener, Arc::new(move || now)).unwrap();
    let host = server.url().strip_prefix("http://").unwrap().to_owned();
    let credentials = base64("waterline.reader:example-password");
    let request = format!(
        "GET /api/now/table/incident?sysparm_limit=1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\nConnection: close\r\n\r\n"
    );
    let mut socket = tokio::net::TcpStream::connect(&host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"INC"), "{answer}");

    server.faults().next(1, Fault::Hang);
    let mut hanging = tokio::net::TcpStream::connect(&host).await.unwrap();
    hanging.write_all(request.as_bytes()).await.unwrap();
    while server.requests() < 2 {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(Duration::from_secs(10), server.stop()).await.unwrap();
    let rest = hanging.read_to_string(&mut String::new()).await;
    assert!(rest.is_err() || rest.is_ok_and(|bytes| bytes == 0));
}
