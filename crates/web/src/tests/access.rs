use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use waterline_store::Role;

use crate::{
    access::ACCESS,
    assets,
    testing::{Fixture, form},
};

/// What a GET answers: signed out, and to each role.
const GETS: &[(&str, [u16; 4])] = &[
    ("/", [303, 200, 200, 200]),
    ("/figures.csv", [303, 200, 200, 200]),
    ("/sources", [303, 200, 200, 200]),
    ("/method", [303, 200, 200, 200]),
    ("/tag", [303, 403, 200, 200]),
    ("/tag/list", [303, 403, 200, 200]),
    ("/tag/history", [303, 403, 200, 200]),
    ("/tag/matching", [303, 403, 405, 405]),
    ("/rules", [303, 403, 200, 200]),
    ("/rules/1", [303, 403, 200, 200]),
    ("/rules/1.toml", [303, 403, 200, 200]),
    ("/rules/new", [303, 403, 200, 200]),
    ("/rules/adoption/1", [303, 403, 200, 200]),
    // What is in force is no draft.
    ("/rules/draft/1", [303, 403, 303, 303]),
    // Without saying which rules.
    ("/rules/edit", [303, 403, 404, 404]),
    ("/rules/text", [303, 403, 400, 400]),
    ("/rules/compare", [303, 403, 400, 400]),
    ("/audit", [303, 200, 200, 200]),
    // None is drawn.
    ("/audit/1", [303, 404, 404, 404]),
    ("/audit/1/next", [303, 403, 404, 404]),
    ("/watch", [303, 200, 200, 200]),
    ("/admin", [303, 403, 403, 200]),
    ("/sign-in", [200, 303, 303, 303]),
    ("/accessibility", [200; 4]),
    ("/privacy", [200; 4]),
    (assets::STYLE, [200; 4]),
    ("/healthz", [200; 4]),
    ("/readyz", [200; 4]),
    ("/metrics", [200; 4]),
    // Only forms go there.
    ("/tag/undo", [303, 403, 405, 405]),
    ("/rules/save", [303, 403, 405, 405]),
    ("/rules/move", [303, 403, 405, 405]),
    ("/rules/remove", [303, 403, 405, 405]),
    ("/rules/adopt", [303, 403, 403, 405]),
    ("/rules/undo", [303, 403, 403, 405]),
    ("/audit/draw", [303, 403, 405, 405]),
    ("/audit/1/take-back", [303, 403, 405, 405]),
    ("/audit/1/more", [303, 403, 405, 405]),
    ("/watch/target", [303, 403, 403, 405]),
    ("/watch/withdraw", [303, 403, 403, 405]),
    ("/sign-out", [303, 405, 405, 405]),
    ("/nothing/here", [404; 4]),
    ("/assets/0/waterline.css", [404; 4]),
];

#[actix_web::test]
async fn every_route_answers_each_role_as_the_table_says() {
    let fixture = Fixture::filled().await;
    let mut people = vec![None];
    for role in Role::ALL {
        people.push(Some(fixture.person(role).await));
    }
    for (path, expected) in GETS {
        for (person, expected) in people.iter().zip(expected) {
            let request = TestRequest::get().uri(path).peer_addr("127.0.0.1:40000".parse().unwrap());
            let answer = fixture.send(request, person.as_ref()).await;
            assert_eq!(answer.status.as_u16(), *expected, "GET {path}: {}", answer.body);
        }
    }
}

#[test]
fn every_route_is_in_the_test_above() {
    for (pattern, _) in ACCESS {
        assert!(GETS.iter().any(|(path, _)| fits(pattern, path)), "{pattern}");
    }
}

/// Whether a path is one of those that a pattern stands for.
fn fits(pattern: &str, path: &str) -> bool {
    let part = |(pattern, path): (&str, &str)| match pattern.split_once('}') {
        Some((_, end)) => path.ends_with(end),
        None => pattern == path,
    };
    pattern.split('/').count() == path.split('/').count() && pattern.split('/').zip(path.split('/')).all(part)
}

#[actix_web::test]
async fn every_page_works_on_an_empty_database() {
    let fixture = Fixture::empty().await;
    let admin = fixture.person(Role::Admin).await;
    for path in [
        "/",
        "/figures.csv",
        "/sources",
        "/method",
        "/tag",
        "/audit",
        "/rules",
        "/watch",
        "/admin",
        "/accessibility",
        "/privacy",
    ] {
        assert_eq!(fixture.get(path, Some(&admin)).await.status, StatusCode::OK, "{path}");
    }
    let page = fixture.get("/", Some(&admin)).await.body;
    assert!(page.contains("No finished IT work is held for November 2025 to October 2026"));
    assert!(!page.contains("Example data from a simulated trust"));
}

#[actix_web::test]
async fn signing_in_leads_back_to_the_page_that_was_wanted() {
    let fixture = Fixture::empty().await;
    fixture.person(Role::Tagger).await;
    let away = fixture.get("/tag?kind=incident", None).await;
    assert_eq!(away.header("location"), "/sign-in?next=%2Ftag%3Fkind%3Dincident");
    let page = fixture.get(away.header("location"), None).await;
    assert!(page.body.contains(r#"name="next" value="/tag?kind=incident""#), "{}", page.body);
    let fields =
        [("name", "tagger-0"), ("password", "a long enough password"), ("next", "/tag?kind=incident")];
    let back = fixture.post("/sign-in", &fields, None).await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/tag?kind=incident"));
    let cookie = back.header("set-cookie");
    assert!(cookie.starts_with("waterline="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let elsewhere = [fields[0], fields[1], ("next", "//evil.example/")];
    assert_eq!(fixture.post("/sign-in", &elsewhere, None).await.header("location"), "/");
}

#[actix_web::test]
async fn over_https_the_cookie_and_the_browser_insist_on_it() {
    let fixture =
        Fixture::with(|settings| settings.public_url = Some("https://waterline.example".parse().unwrap()))
            .await;
    fixture.person(Role::Board).await;
    let fields = [("name", "board-0"), ("password", "a long enough password")];
    let answer = fixture.post("/sign-in", &fields, None).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-waterline=") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}

#[actix_web::test]
async fn a_wrong_password_says_no_more_than_it_must_and_many_are_slowed_down() {
    let fixture = Fixture::empty().await;
    fixture.person(Role::Board).await;
    let unknown = fixture.post("/sign-in", &[("name", "nobody"), ("password", "x")], None).await;
    let known = fixture.post("/sign-in", &[("name", "board-0"), ("password", "x")], None).await;
    assert_eq!((unknown.status, known.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(unknown.body.replace("nobody", "board-0"), known.body);
    let empty = fixture.post("/sign-in", &[("name", "board-0")], None).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    let mut last = known;
    for _ in 0..50 {
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        last = fixture.post("/sign-in", &[("name", "board-0"), ("password", "x")], None).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.body.contains("too many failed attempts. Try again in"), "{}", last.body);
}

#[actix_web::test]
async fn signing_out_ends_the_session_on_the_server() {
    let fixture = Fixture::empty().await;
    let person = fixture.person(Role::Board).await;
    let answer = fixture.post("/sign-out", &[], Some(&person)).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(fixture.get("/", Some(&person)).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_form_without_the_right_token_changes_nothing() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    for token in [None, Some(("token", "")), Some(("token", "0000"))] {
        for path in ["/tag", "/tag/undo", "/sign-out"] {
            let fields = [("only", "1"), ("as", "advice"), ("action", "1")];
            let answer = fixture.send(form(path, fields.into_iter().chain(token)), Some(&tagger)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert!(answer.body.contains("from an earlier sign-in, so nothing was changed"));
        }
    }
    assert_eq!(fixture.get("/", Some(&tagger)).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_form_from_another_site_is_refused_even_with_the_token() {
    let fixture = Fixture::empty().await;
    let person = fixture.person(Role::Board).await;
    let post = || form("/sign-out", [("token", person.token.as_str())]);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = post().insert_header((header::HOST, "localhost:8080")).insert_header((name, value));
        let answer = fixture.send(request, Some(&person)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let own = post()
        .insert_header((header::HOST, "localhost:8080"))
        .insert_header((header::ORIGIN, "http://localhost:8080"));
    assert_eq!(fixture.send(own, Some(&person)).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn roles_hold_for_forms_too() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let answer = fixture.post("/tag", &[("only", "1"), ("as", "advice")], Some(&board)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("This page is for people with the role"), "{}", answer.body);
    // Whoever may not open a page still has their own navigation there.
    assert!(answer.body.contains("How we measure") && !answer.body.contains("Tag work"));
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let fixture = Fixture::empty().await;
    for path in ["/sign-in", "/", "/nothing", "/healthz", assets::SCRIPT] {
        let answer = fixture.get(path, None).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        let kept = answer.header("cache-control");
        assert_eq!(kept.contains("immutable"), path.starts_with("/assets/"), "{path}: {kept}");
        assert_eq!(kept.contains("no-store"), !path.starts_with("/assets/"), "{path}: {kept}");
    }
}

#[actix_web::test]
async fn a_huge_form_is_refused_in_a_sentence() {
    let fixture = Fixture::empty().await;
    let person = fixture.person(Role::Tagger).await;
    let huge = "x".repeat(100_000);
    let answer = fixture.post("/tag", &[("item", &huge)], Some(&person)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("more than Waterline takes"));
}
