use std::time::Duration;

use chrono::TimeDelta;
use url::Url;
use waterline_ingestor::{Answer, Credentials, FetchError, HttpClient, HttpLimits};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_string_contains, header, method, path},
};

use crate::{
    support::{PASSWORD, clock, now, service_now},
    table_api::TableApi,
};

const LIMITS: HttpLimits =
    HttpLimits { connect: Duration::from_secs(5), request: Duration::from_millis(500), body: 4096 };

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// What asking this server gives, with a query that must never show.
async fn ask(server: &MockServer) -> Result<Answer, FetchError> {
    let url = Url::parse(&format!("{}/things?token={PASSWORD}", server.uri())).unwrap();
    let http = HttpClient::new("desk", &Url::parse(&server.uri()).unwrap(), LIMITS, clock()).unwrap();
    let credentials = Credentials::basic("waterline".to_owned(), PASSWORD.into());
    let answer = http.get_json(&url, &credentials).await;
    for shown in [format!("{answer:?}"), format!("{http:?} {credentials:?}")] {
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    answer
}

async fn failure(answer: ResponseTemplate) -> FetchError {
    ask(&answering(answer).await).await.unwrap_err()
}

async fn refused(answer: ResponseTemplate) -> String {
    match failure(answer).await {
        FetchError::Refused { reason, .. } => reason,
        other => panic!("not refused: {other}"),
    }
}

async fn transient(answer: ResponseTemplate) -> String {
    match failure(answer).await {
        FetchError::Transient { reason, .. } => reason,
        other => panic!("not transient: {other}"),
    }
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

#[tokio::test]
async fn refusals_say_what_to_check() {
    assert_eq!(
        refused(status(401)).await,
        "it answered 401 and does not know us; check auth.user and auth.password of source \"desk\""
    );
    assert!(refused(status(403)).await.contains("check auth.user and auth.password of source \"desk\""));
    assert!(refused(status(404)).await.contains("check url"));
    assert_eq!(refused(status(400)).await, "it answered 400 (bad request)");
}

#[tokio::test]
async fn too_many_requests_are_waited_for_as_asked() {
    for (value, seconds) in [("17", 17), ("Mon, 02 Nov 2026 09:00:20 GMT", 20), ("999999999", 3600), ("", 60)]
    {
        // Their clock is ours here; the difference between clocks has its own test beside the code.
        let answer = status(429)
            .insert_header("date", "Mon, 02 Nov 2026 09:00:00 GMT")
            .insert_header("retry-after", value)
            .set_body_string(r#"{"error":{"message":"Rate limit exceeded"},"status":"failure"}"#);
        let FetchError::RateLimited { retry_at, .. } = failure(answer).await else { panic!("not limited") };
        assert_eq!(retry_at, now() + TimeDelta::seconds(seconds), "{value}");
    }
}

#[tokio::test]
async fn what_may_be_better_next_time_is_transient() {
    assert_eq!(transient(status(500)).await, "it answered 500 (internal server error)");
    assert!(transient(status(204)).await.contains("nothing in it"));
    assert!(transient(status(200).set_body_string(" \n")).await.contains("nothing in it"));
    let truncated = status(200).set_body_raw(r#"{"result":[{"sys_id":"a"#, "application/json");
    assert_eq!(transient(truncated).await, "its JSON breaks off after 23 bytes");
    let garbled = status(200).set_body_raw("{\"result\": oops}", "application/json");
    assert_eq!(transient(garbled).await, "its answer is not JSON (line 1, column 12)");
    let slow = status(200).set_body_string("{}").set_delay(Duration::from_secs(5));
    assert_eq!(transient(slow).await, "no answer came (time ran out)");
    let busy = failure(status(503).insert_header("retry-after", "5")).await;
    assert!(matches!(busy, FetchError::RateLimited { .. }), "{busy}");
}

#[tokio::test]
async fn a_web_page_is_not_taken_for_an_answer() {
    for page in [
        status(200).set_body_raw("<!DOCTYPE html><html>Sign in</html>", "text/html; charset=utf-8"),
        status(200).set_body_raw("\n <html>hibernating</html>", "application/json"),
    ] {
        assert!(refused(page).await.contains("a web page instead of JSON"));
    }
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_dropped() {
    let large = status(200).set_body_string(format!("\"{}\"", "x".repeat(5000)));
    assert!(refused(large).await.contains("larger than"));
}

#[tokio::test]
async fn nothing_leads_to_another_host() {
    let elsewhere = answering(status(200).set_body_string("{}")).await;
    let moved = status(302).insert_header("location", elsewhere.uri());
    assert!(refused(moved).await.contains("points to another address"));

    let server = answering(status(200).set_body_string("{}")).await;
    let base = Url::parse(&server.uri()).unwrap();
    let http = HttpClient::new("desk", &base, LIMITS, clock()).unwrap();
    let link = format!("{}/next?token={PASSWORD}", elsewhere.uri());
    let told = http.follow(&base, &link).unwrap_err().to_string();
    assert!(told.contains("leads away") && !told.contains(PASSWORD), "{told}");
    let credentials = Credentials::token("token", PASSWORD.into());
    assert!(http.get_json(&Url::parse(&link).unwrap(), &credentials).await.is_err());
    assert!(http.follow(&base, "file:///etc/passwd").is_err());
    assert_eq!(http.follow(&base, "/next?page=2").unwrap().as_str(), format!("{base}next?page=2"));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_are_counted_by_status_and_zero_is_no_answer() {
    let server = answering(status(500)).await;
    let base = Url::parse(&server.uri()).unwrap();
    let http = HttpClient::new("desk", &base, LIMITS, clock()).unwrap();
    let credentials = Credentials::token("token", PASSWORD.into());
    for _ in 0..2 {
        http.get_json(&base, &credentials).await.unwrap_err();
    }
    drop(server);
    let gone = Url::parse("http://127.0.0.1:1/").unwrap();
    let nobody = HttpClient::new("desk", &gone, LIMITS, clock()).unwrap();
    let told = nobody.get_json(&gone, &credentials).await.unwrap_err().to_string();
    assert!(told.contains("http://127.0.0.1:1/ did not answer properly: no answer came ("), "{told}");
    assert!(told.to_lowercase().contains("refused"), "{told}");
    assert_eq!(http.take_traffic().requests, [(500, 2)].into());
    assert_eq!(http.take_traffic().requests, [].into());
    assert_eq!(nobody.take_traffic().requests, [(0, 1)].into());
}

const OAUTH: &str =
    "auth = { client_id = \"id\", client_secret = { env = \"PASSWORD\" } }\nservicenow = { batch = 5 }";

/// A token server that gives `one` and then `two`, and a table that takes only tokens in `taken`.
async fn oauth(first_lasts: u64, taken: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    let grant = |token: &str, lasts: u64| {
        status(200).set_body_string(format!(r#"{{"access_token":"{token}","expires_in":{lasts}}}"#))
    };
    let ask = || {
        Mock::given(method("POST"))
            .and(path("/oauth_token.do"))
            .and(body_string_contains("grant_type=client_credentials"))
            .and(body_string_contains(format!("client_secret={PASSWORD}")))
    };
    ask().respond_with(grant("one", first_lasts)).up_to_n_times(1).mount(&server).await;
    ask().respond_with(grant("two", 1800)).mount(&server).await;
    for token in taken {
        Mock::given(method("GET"))
            .and(header("authorization", format!("Bearer {token}").as_str()))
            .respond_with(TableApi::default())
            .mount(&server)
            .await;
    }
    Mock::given(method("GET")).respond_with(status(401)).mount(&server).await;
    server
}

async fn token_requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_token_is_kept_while_it_lasts() {
    let server = oauth(1800, &["one"]).await;
    let source = service_now(&server.uri(), OAUTH);
    for _ in 0..3 {
        source.connector.fetch("incident", None).await.unwrap();
    }
    assert_eq!(token_requests(&server).await, 1);
}

#[tokio::test]
async fn a_token_about_to_end_is_renewed_before_it_is_used() {
    let server = oauth(5, &["one", "two"]).await;
    let source = service_now(&server.uri(), OAUTH);
    source.connector.fetch("incident", None).await.unwrap();
    assert_eq!(token_requests(&server).await, 1);
    source.connector.fetch("incident", None).await.unwrap();
    assert_eq!(token_requests(&server).await, 2);
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_renewed_once_and_no_more() {
    let server = oauth(1800, &["two"]).await;
    service_now(&server.uri(), OAUTH).connector.fetch("incident", None).await.unwrap();
    assert_eq!(token_requests(&server).await, 2);

    let server = oauth(1800, &[]).await;
    let told = service_now(&server.uri(), OAUTH).connector.fetch("incident", None).await.unwrap_err();
    assert!(told.to_string().contains("check auth.client_id and auth.client_secret"), "{told}");
    assert_eq!(token_requests(&server).await, 2);
}

#[tokio::test]
async fn a_token_server_that_gives_none_is_told_of() {
    let server = answering(status(200).set_body_string(format!(r#"{{"error":"{PASSWORD}"}}"#))).await;
    let told =
        service_now(&server.uri(), OAUTH).connector.fetch("incident", None).await.unwrap_err().to_string();
    assert!(told.contains("without an access token") && !told.contains(PASSWORD), "{told}");
}
