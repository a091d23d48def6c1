use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use secrecy::SecretString;
use waterline_store::Role;

use crate::testing::Fixture;

async fn scrape(fixture: &Fixture, peer: &str, headers: &[(&'static str, &str)]) -> (StatusCode, String) {
    let mut request = TestRequest::get().uri("/metrics").peer_addr(peer.parse().unwrap());
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    let answer = fixture.send(request, None).await;
    (answer.status, answer.body)
}

#[actix_web::test]
async fn the_metrics_are_those_of_the_page() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    fixture.get("/?basis=items", Some(&board)).await;
    let (status, text) = scrape(&fixture, "127.0.0.1:1", &[]).await;
    assert_eq!(status, StatusCode::OK);
    // How long an answer took differs from run to run.
    let steady: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("waterline_http_request_duration")).collect();
    insta::assert_snapshot!(steady.join("\n"));
}

#[actix_web::test]
async fn where_nothing_is_held_no_share_is_made_up_and_silence_is_not_up() {
    let fixture = Fixture::empty().await;
    let store = &fixture.site.app.store;
    store
        .register_source(
            "Service desk",
            "servicenow",
            waterline_core::TextPolicy::Title,
            false,
            &["incident"],
            crate::testing::now(),
        )
        .await
        .unwrap();
    let (_, text) = scrape(&fixture, "127.0.0.1:1", &[]).await;
    assert!(!text.contains("\nwaterline_share_ratio{"), "{text}");
    assert!(text.contains("\nwaterline_source_up{feed=\"incident\",source=\"Service desk\"} 0\n"), "{text}");
    assert!(!text.contains("\nwaterline_source_lag_seconds{"));
    assert!(!text.contains("\nwaterline_coverage_ratio "));
}

#[actix_web::test]
async fn without_a_token_only_this_machine_may_scrape() {
    let fixture = Fixture::empty().await;
    assert_eq!(scrape(&fixture, "[::1]:1", &[]).await.0, StatusCode::OK);
    assert_eq!(scrape(&fixture, "192.0.2.7:1", &[]).await.0, StatusCode::UNAUTHORIZED);
    let passed_on = [("x-forwarded-for", "192.0.2.7")];
    assert_eq!(scrape(&fixture, "127.0.0.1:1", &passed_on).await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn with_a_token_everyone_needs_it() {
    let fixture = Fixture::with(|settings| settings.metrics_token = Some(SecretString::from("sesame"))).await;
    for (value, expected) in [
        ("Bearer sesame", StatusCode::OK),
        ("Bearer sesam", StatusCode::UNAUTHORIZED),
        ("Basic sesame", StatusCode::UNAUTHORIZED),
    ] {
        let headers = [(header::AUTHORIZATION.as_str(), value)];
        assert_eq!(scrape(&fixture, "192.0.2.7:1", &headers).await.0, expected, "{value}");
    }
    assert_eq!(scrape(&fixture, "127.0.0.1:1", &[]).await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let fixture = Fixture::empty().await;
    for path in ["/a", "/b", "/c"] {
        fixture.get(path, None).await;
    }
    fixture.send(TestRequest::default().method("BREW".parse().unwrap()).uri("/"), None).await;
    let (_, text) = scrape(&fixture, "127.0.0.1:1", &[]).await;
    let counted: Vec<&str> =
        text.lines().filter(|line| line.starts_with("waterline_http_requests_total{")).collect();
    insta::assert_snapshot!(counted.join("\n"), @r#"
    waterline_http_requests_total{method="GET",route="none",status="404"} 3
    waterline_http_requests_total{method="other",route="/",status="403"} 1
    "#);
}
