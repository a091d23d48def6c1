use actix_web::http::StatusCode;
use waterline_core::Kind;
use waterline_store::Role;

use crate::testing::{Fixture, item, now};

#[actix_web::test]
async fn the_board_sees_the_figure_its_picture_and_what_it_rests_on() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let page = fixture.get("/", Some(&board)).await.body;
    for part in [
        "of IT work was visible from November 2025 to October 2026.",
        "A year earlier, from November 2024 to October 2025, it was",
        "Example data from a simulated trust",
        "6 November 2026 at 13:45 (20 minutes ago)",
        "What this figure rests on",
        "not yet measured: 0 of at least 50 audited",
        r#"href="/figures.csv?basis=effort&#38;to=2026-10&#38;months=12""#,
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(page.matches("<svg").count(), 5, "the logo, and two pictures in two widths");
    assert!(!page.contains("/tag/list?category="), "the board gets no way to a ticket");
    assert!(!page.contains("style="), "the content security policy would drop it");
    assert!(
        !page.contains("http://")
            || page.matches("http://").count() == page.matches("http://www.w3.org/").count()
    );
}

#[actix_web::test]
async fn basis_and_period_are_chosen_in_the_address() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = fixture.get("/?basis=items&months=1&to=2026-11", Some(&tagger)).await.body;
    assert!(page.contains("of the pieces of IT work finished in November 2026 were visible."));
    assert!(page.contains("November 2026 is not over, so its figure will change."));
    assert!(page.contains(r#"<option value="items" selected>"#));
    assert!(page.contains("/tag/list?category=incident&#38;from=2026-11&#38;to=2026-11"), "{page}");
    let wrong = fixture.get("/?months=7", Some(&tagger)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("choose 1, 3, 6, 12 or 24"));
}

#[actix_web::test]
async fn the_file_holds_the_figures_of_the_page() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let file = fixture.get("/figures.csv?basis=items&to=2026-09&months=3", Some(&board)).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"waterline-items-2026-07-to-2026-09.csv\""
    );
    assert_eq!(file.body.lines().count(), 1 + 16 + 1, "a head, 15 categories and unclassified, and all work");
}

#[actix_web::test]
async fn hostile_titles_are_only_text() {
    let fixture = Fixture::empty().await;
    let title = r#"<script>alert("1")</script>' onmouseover=x"#;
    fixture.pull(vec![item(1, Kind::Incident, title, now() - chrono::TimeDelta::days(9))]).await;
    let tagger = fixture.person(Role::Tagger).await;
    for path in ["/tag", "/tag?text=%3Cscript%3Ealert(%221%22)&team=%22%3E%3Cscript%3E"] {
        let page = fixture.get(path, Some(&tagger)).await.body;
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(!page.contains(r#""><script>"#));
    }
    let page = fixture.get("/tag", Some(&tagger)).await.body;
    assert!(page.contains("&#60;script&#62;alert("), "{page}");
    let missing = fixture.get("/%3Cscript%3E", Some(&tagger)).await;
    assert!(!missing.body.contains("<script>"));
}

#[actix_web::test]
async fn problems_are_pages_in_plain_words() {
    let fixture = Fixture::empty().await;
    let person = fixture.person(Role::Board).await;
    let missing = fixture.get("/nothing", Some(&person)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains("Page not found") && missing.body.contains("Sign out"));
    let refused = fixture.get("/tag", Some(&person)).await;
    assert!(refused.body.contains("This page is for people with the role “tagger”"), "{}", refused.body);
}

#[actix_web::test]
async fn sources_tell_how_fresh_they_are() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let page = fixture.get("/sources", Some(&board)).await.body;
    for part in
        ["Service desk", "Up</strong>", "Not known", "6 November 2026 at 13:45 (20 minutes ago)", "96%"]
    {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[actix_web::test]
async fn the_method_shows_the_taxonomy_in_use() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let page = fixture.get("/method", Some(&board)).await.body;
    for part in ["Keeping legacy systems going", "in rule set 1", "Europe/London", "Service desk: titles"] {
        assert!(page.contains(part), "{part}");
    }
}

#[actix_web::test]
async fn health_says_whether_process_and_database_answer() {
    let fixture = Fixture::empty().await;
    assert_eq!(fixture.get("/healthz", None).await.body, "alive\n");
    assert_eq!(fixture.get("/readyz", None).await.body, "ready\n");
}
