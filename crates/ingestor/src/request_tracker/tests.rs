use std::sync::Arc;

use chrono::TimeZone;
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use super::*;
use crate::HttpLimits;

/// An RT that answers searches of tickets out of a list of (number, minutes since 9:00 of the last
/// update), as the real one does: sorted, cut to the page, with a total where it tells one.
#[derive(Clone)]
struct FakeRt {
    tickets: Vec<(u64, i64)>,
    tells_total: bool,
    hides: bool,
}

fn nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap()
}

fn parameter(request: &Request, name: &str) -> String {
    request
        .url
        .query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// The number behind a phrase of the query.
fn number_behind(query: &str, phrase: &str) -> Option<i64> {
    let rest = query.split_once(phrase)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

impl FakeRt {
    fn of(tickets: impl IntoIterator<Item = (u64, i64)>) -> Self {
        Self { tickets: tickets.into_iter().collect(), tells_total: true, hides: false }
    }

    fn answer(&self, request: &Request) -> Value {
        let query = parameter(request, "query");
        let above = number_behind(&query, "id > ").unwrap() as u64;
        let window = number_behind(&query, "LastUpdated > '-").unwrap_or(i64::MAX);
        let age = |updated: i64| 60 - updated;
        let mut found: Vec<_> =
            self.tickets.iter().filter(|(id, updated)| *id > above && age(*updated) < window).collect();
        match parameter(request, "orderby").as_str() {
            "id" => found.sort_by_key(|(id, _)| *id),
            _ => found.sort_by_key(|(_, updated)| -updated),
        }
        let total = self.tells_total.then_some(found.len());
        found.truncate(if self.hides { 0 } else { parameter(request, "per_page").parse().unwrap() });
        let items: Vec<Value> = found.into_iter().map(|(id, updated)| ticket(*id, *updated)).collect();
        json!({ "total": total, "count": items.len(), "items": items })
    }
}

fn ticket(id: u64, updated: i64) -> Value {
    json!({
        "id": id.to_string(), "type": "ticket", "Subject": "A ticket", "Status": "new", "Priority": "0",
        "Queue": { "id": "3", "Name": "Service Desk" }, "Created": "2026-11-01T08:00:00Z",
        "Resolved": "1970-01-01T00:00:00Z", "TimeWorked": "0", "CustomFields": "",
        "LastUpdated": (nine() + chrono::TimeDelta::minutes(updated)).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

async fn serve(rt: FakeRt) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/rt/REST/2.0/tickets"))
        .respond_with(move |request: &Request| ResponseTemplate::new(200).set_body_json(rt.answer(request)))
        .mount(&server)
        .await;
    server
}

/// At ten o'clock.
fn connector(server: &MockServer) -> RequestTracker {
    let base: Url = format!("{}/rt", server.uri()).parse().unwrap();
    let clock: Clock = Arc::new(|| nine() + chrono::TimeDelta::hours(1));
    let http = HttpClient::new("helpdesk", &base, HttpLimits::default(), clock.clone()).unwrap();
    let auth = Auth::Token("1-14-0a1b2c".into());
    let options = RequestTrackerOptions {
        kinds: [("Service Desk".to_owned(), Kind::Incident)].into(),
        department_field: Some("Department".to_owned()),
        ..RequestTrackerOptions::default()
    };
    RequestTracker::new(http, base, auth, options, None, clock).unwrap()
}

/// Ticket numbers of one run, and the cursor behind it.
async fn drain(rt: &RequestTracker, from: Option<&Cursor>) -> (Vec<u64>, Cursor) {
    let mut seen = Vec::new();
    let mut after = from.cloned();
    loop {
        let batch = rt.fetch("tickets", after.as_ref()).await.unwrap();
        for record in &batch.records {
            let items = rt.extract(record).unwrap();
            seen.extend(items.iter().map(|item| item.external_id.parse::<u64>().unwrap()));
        }
        match batch.next {
            Next::More(cursor) => after = Some(cursor),
            Next::CaughtUp(cursor) => return (seen, cursor),
        }
    }
}

#[tokio::test]
async fn the_first_run_sees_every_ticket_once_also_when_all_were_updated_in_the_same_second() {
    let server = serve(FakeRt::of((1..=250).map(|id| (id, 0)))).await;
    let (seen, cursor) = drain(&connector(&server), None).await;
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
    assert_eq!(cursor.0, r#"{"changed_since":"2026-11-01T09:00:00Z","sweep":null}"#);
}

#[tokio::test]
async fn a_run_that_was_broken_off_goes_on_behind_its_last_batch() {
    let server = serve(FakeRt::of((1..=250).map(|id| (id, 0)))).await;
    let rt = connector(&server);
    let Next::More(cursor) = rt.fetch("tickets", None).await.unwrap().next else {
        panic!("there are more than a batch");
    };
    let (seen, _) = drain(&rt, Some(&cursor)).await;
    assert_eq!(seen, (101..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_next_run_asks_for_what_changed_since_and_a_little_before() {
    // At ten: ticket 1 changed 190 minutes ago, ticket 2 just before the newest known change, 3 after it.
    let server = serve(FakeRt::of([(1, -130), (2, -1), (3, 30)])).await;
    let known = Cursor(r#"{"changed_since":"2026-11-01T09:00:00Z","sweep":null}"#.to_owned());
    let (seen, next) = drain(&connector(&server), Some(&known)).await;
    assert_eq!(seen, [2, 3]);
    assert_eq!(next.0, r#"{"changed_since":"2026-11-01T09:30:00Z","sweep":null}"#);
    let asked = server.received_requests().await.unwrap();
    let queries: Vec<String> = asked.iter().map(|request| parameter(request, "query")).collect();
    assert_eq!(queries, ["id > 0", "id > 0 AND LastUpdated > '-131 minutes'"]);
}

#[tokio::test]
async fn an_empty_rt_is_no_fault() {
    let server = serve(FakeRt::of([])).await;
    let batch = connector(&server).fetch("tickets", None).await.unwrap();
    assert_eq!((batch.records.len(), batch.upstream_total), (0, Some(0)));
    assert!(matches!(batch.next, Next::CaughtUp(_)));
}

#[tokio::test]
async fn an_rt_that_hides_tickets_is_refused_and_not_taken_for_one_that_has_no_more() {
    let hides = FakeRt { hides: true, ..FakeRt::of([(1, 0)]) };
    let says = connector(&serve(hides).await).fetch("tickets", None).await.unwrap_err().to_string();
    assert!(says.contains("it counts tickets that it does not show to this account"), "{says}");
    let silent = FakeRt { tells_total: false, ..FakeRt::of([(1, 0)]) };
    let says = connector(&serve(silent).await).fetch("tickets", None).await.unwrap_err().to_string();
    assert!(says.contains("give the account the right ShowTicket globally"), "{says}");
}

#[tokio::test]
async fn the_people_on_a_ticket_are_never_asked_for() {
    let server = serve(FakeRt::of([(1, 0)])).await;
    drain(&connector(&server), None).await;
    let asked = server.received_requests().await.unwrap();
    assert_eq!(
        parameter(&asked[1], "fields"),
        "Subject,Status,Queue,Created,Resolved,LastUpdated,TimeWorked,Priority,CustomFields"
    );
    assert_eq!(asked[0].headers.get("authorization").unwrap(), "token 1-14-0a1b2c");
}

#[tokio::test]
async fn time_entries_come_with_one_search_for_all_tickets_of_a_batch() {
    let server = MockServer::start().await;
    let logged = |id: u64, minutes: &str| {
        let mut ticket = ticket(id, 0);
        ticket["TimeWorked"] = minutes.into();
        ticket
    };
    let tickets = json!({ "total": 3, "items": [ticket(1, 0), logged(2, "45"), logged(3, "5")] });
    let entries = json!({ "total": 3, "items": [
        { "id": "70", "ObjectId": "2", "TimeTaken": "30", "Created": "2026-10-31T16:00:00Z" },
        { "id": "71", "ObjectId": "3", "TimeTaken": "5", "Created": "2026-11-01T08:30:00Z" },
        { "id": "72", "ObjectId": "2", "TimeTaken": "10", "Created": "2026-11-01T08:45:00Z" },
    ] });
    for (list, body) in [("tickets", tickets), ("transactions", entries)] {
        Mock::given(path(format!("/rt/REST/2.0/{list}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let rt = connector(&server);
    let batch = rt.fetch("tickets", None).await.unwrap();
    let logged: Vec<Vec<(bool, i64)>> = batch
        .records
        .iter()
        .map(|record| {
            let item = rt.extract(record).unwrap().remove(0);
            item.logged.iter().map(|entry| (entry.at.is_some(), entry.seconds / 60)).collect()
        })
        .collect();
    assert_eq!(logged, [vec![], vec![(true, 30), (true, 10), (false, 5)], vec![(true, 5)]]);
    let asked = server.received_requests().await.unwrap();
    let queries: Vec<String> = asked
        .iter()
        .filter(|request| request.url.path().ends_with("transactions"))
        .map(|request| parameter(request, "query"))
        .collect();
    assert_eq!(
        queries,
        ["ObjectType = 'RT::Ticket' AND TimeTaken != 0 AND id > 0 AND (ObjectId = 2 OR ObjectId = 3)"]
    );
}

#[tokio::test]
async fn hidden_time_entries_do_not_end_the_list_of_those_that_are_shown() {
    let server = MockServer::start().await;
    let mut logged = ticket(1, 0);
    logged["TimeWorked"] = "45".into();
    Mock::given(path("/rt/REST/2.0/tickets"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "total": 1, "items": [logged] })))
        .mount(&server)
        .await;
    Mock::given(path("/rt/REST/2.0/transactions"))
        .respond_with(|request: &Request| {
            let above = number_behind(&parameter(request, "query"), "id > ").unwrap();
            let entry = |id: i64| {
                json!({ "id": id.to_string(), "ObjectId": "1", "TimeTaken": "15", "Created": "2026-11-01T08:30:00Z" })
            };
            let items: Vec<Value> = [70, 90].into_iter().filter(|id| *id > above).take(1).map(entry).collect();
            ResponseTemplate::new(200).set_body_json(json!({ "total": null, "items": items }))
        })
        .mount(&server)
        .await;
    let rt = connector(&server);
    let batch = rt.fetch("tickets", None).await.unwrap();
    let item = rt.extract(&batch.records[0]).unwrap().remove(0);
    assert_eq!(item.logged.iter().filter(|entry| entry.at.is_some()).count(), 2);
    assert_eq!(item.logged_seconds(), Some(45 * 60));
}

#[tokio::test]
async fn an_answer_out_of_order_is_not_walked_in_circles() {
    let server = MockServer::start().await;
    let body = json!({ "total": 300, "items": [ticket(2, 0), ticket(1, 0)] });
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let error = connector(&server).fetch("tickets", None).await.unwrap_err();
    assert!(matches!(error, FetchError::Transient { .. }), "{error}");
}

#[test]
fn oauth_clients_and_unknown_keys_are_refused() {
    let base: Url = "https://rt.example.nhs.uk".parse().unwrap();
    let clock: Clock = Arc::new(nine);
    let http = HttpClient::new("helpdesk", &base, HttpLimits::default(), clock.clone()).unwrap();
    let auth = Auth::Client { client_id: "waterline".to_owned(), client_secret: "secret".into() };
    let refused = RequestTracker::new(http, base, auth, RequestTrackerOptions::default(), None, clock);
    assert_eq!(
        refused.err().unwrap().to_string(),
        "source \"helpdesk\", auth: Request Tracker takes user and password, or a token"
    );
    let error = toml::from_str::<RequestTrackerOptions>("kinds = {}\nkind = 1\n").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("unknown field `kind`"), "{error}");
}
