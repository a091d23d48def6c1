use actix_web::http::StatusCode;
use waterline_core::{CategoryId, MonthRange, audit::Answer};
use waterline_store::{ItemFilter, ItemView, NewSampleAudit, Role};

use crate::testing::{Fixture, Person, now};

/// The last twelve complete months.
fn year() -> MonthRange {
    MonthRange::ending("2026-10".parse().unwrap(), 12)
}

async fn drawn(fixture: &Fixture, draws: u32, people: u8) -> i64 {
    let new = NewSampleAudit { period: year(), draws, people, seed: Some(11) };
    fixture.site.app.store.draw_audit(&new, "somebody", now()).await.unwrap()
}

/// Answers everything that waits for this person, each as it is held.
async fn answer_all(fixture: &Fixture, audit: i64, user: &str) {
    let store = &fixture.site.app.store;
    while let Some(next) = store.next_to_audit(audit, user).await.unwrap().next {
        let answer = match held(fixture, &next.reference).await.category {
            Some(id) => Answer::Category(id),
            None => Answer::Category(CategoryId::new("routine_request")),
        };
        store.answer_audit(audit, next.id, &answer, user, now()).await.unwrap();
    }
}

async fn held(fixture: &Fixture, reference: &str) -> ItemView {
    let filter = ItemFilter { text: Some(reference.to_owned()), ..ItemFilter::default() };
    fixture.site.app.store.items(&filter, None, 1).await.unwrap().items.remove(0)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

async fn post(fixture: &Fixture, path: &str, fields: &[(&str, &str)], person: &Person) -> String {
    let answer = fixture.post(path, fields, Some(person)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
    answer.header("location").to_owned()
}

#[actix_web::test]
async fn an_audit_is_drawn_answered_and_taken_back_by_forms_alone() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = fixture.get("/audit", Some(&tagger)).await.body;
    assert!(
        page.contains("No audit has been drawn yet")
            && page.contains("150 pieces give an interval of 2 to 5 points"),
        "{page}"
    );
    let asked = [("months", "12"), ("to", "2026-10"), ("draws", "20"), ("people", "1")];
    let result = post(&fixture, "/audit/draw", &asked, &tagger).await;
    assert_eq!(result, "/audit/1");

    let blind = "/audit/1/next";
    let page = fixture.get(blind, Some(&tagger)).await.body;
    assert!(page.contains("You have answered 0."), "{page}");
    assert!(!page.contains("/take-back"));
    let item = between(&page, r#"name="item" value=""#, "\"").to_owned();
    assert_eq!(post(&fixture, blind, &[("item", &item), ("answer", "advice")], &tagger).await, blind);
    let page = fixture.get(blind, Some(&tagger)).await.body;
    assert!(page.contains("You have answered 1.") && page.contains("/take-back"));
    assert_ne!(between(&page, r#"name="item" value=""#, "\""), item);
    // The same form once more, as by the browser's own button for going back.
    let again = post(&fixture, blind, &[("item", &item), ("cannot_tell", "yes")], &tagger).await;
    assert_eq!(again, "/audit/1/next?late=yes");
    assert!(fixture.get(&again, Some(&tagger)).await.body.contains("your answer was not needed"));

    assert_eq!(post(&fixture, "/audit/1/take-back", &[], &tagger).await, blind);
    let page = fixture.get(blind, Some(&tagger)).await.body;
    assert_eq!(between(&page, r#"name="item" value=""#, "\""), item);
    assert_eq!(post(&fixture, "/audit/1/more", &[], &tagger).await, "/audit/1");
    let page = fixture.get("/audit/1", Some(&tagger)).await.body;
    assert!(page.contains("How far that may be from the truth is not yet measured"), "{page}");
}

#[actix_web::test]
async fn nothing_on_the_page_tells_what_was_made_of_the_work() {
    let fixture = Fixture::filled().await;
    let store = &fixture.site.app.store;
    let tagger = fixture.person(Role::Tagger).await;
    let audit = drawn(&fixture, 40, 2).await;
    let blind = format!("/audit/{audit}/next");
    for _ in 0..10 {
        let page = fixture.get(&blind, Some(&tagger)).await.body;
        let next = store.next_to_audit(audit, "tagger-0").await.unwrap().next.unwrap();
        assert!(page.contains(&next.reference));
        let item = held(&fixture, &next.reference).await;
        for told in [&item.reason, &item.machine_reason] {
            assert!(!page.contains(told.as_str()), "{told}");
        }
        // Whatever a person or the machine makes of it, and whatever the other one answers: the same page.
        store.tag(&[item.id], &CategoryId::new("legacy"), "admin", now()).await.unwrap();
        let other = Answer::Category(CategoryId::new("supplier"));
        store.answer_audit(audit, item.id, &other, "other", now()).await.unwrap();
        assert_eq!(fixture.get(&blind, Some(&tagger)).await.body, page);
        let id = item.id.to_string();
        post(&fixture, &blind, &[("item", &id), ("answer", "incident")], &tagger).await;
    }
}

#[actix_web::test]
async fn a_form_that_makes_no_sense_is_refused_in_a_sentence() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    drawn(&fixture, 20, 1).await;
    let blind = "/audit/1/next";
    for (path, fields, sentence) in [
        (blind, &[("item", "1"), ("answer", "colour")][..], "no category &#34;colour&#34;"),
        (blind, &[("item", "1")], "holds no answer"),
        (blind, &[("answer", "advice")], "does not say what was looked at"),
        (blind, &[("item", "99999"), ("answer", "advice")], "is not part of audit 1"),
        ("/audit/draw", &[("draws", "many"), ("people", "2")], "not a number of pieces"),
        ("/audit/draw", &[("draws", "20"), ("people", "7")], "One or two people"),
        ("/audit/draw", &[("draws", "20"), ("people", "1"), ("months", "7")], "choose 1, 3, 6, 12 or 24"),
    ] {
        let answer = fixture.post(path, fields, Some(&tagger)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains(sentence), "{sentence}: {}", answer.body);
    }
}

#[actix_web::test]
async fn the_board_sees_what_an_audit_found_and_no_ticket() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let audit = drawn(&fixture, 100, 2).await;
    let list = fixture.get("/audit", Some(&board)).await.body;
    assert!(list.contains("0 of") && list.contains("Not yet measured") && !list.contains("Draw an audit"));
    answer_all(&fixture, audit, "ada").await;
    answer_all(&fixture, audit, "bob").await;
    let page = fixture.get(&format!("/audit/{audit}"), Some(&board)).await.body;
    for part in [
        "By what people found, between",
        "Two people, neither of whom saw the other’s answer, chose the same category for",
        "kappa is 1.00: very good",
        "Fixing what broke",
        " looked at",
        "What this does not tell",
        "<svg",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for ticket in ["INC00", "printer", "ada", "bob", "somebody", "Answer:"] {
        assert!(!page.contains(ticket), "{ticket}");
    }
    assert!(!page.contains("style="), "the content security policy would drop it");
}

#[actix_web::test]
async fn the_interval_is_the_same_wherever_the_figure_stands() {
    let fixture = Fixture::filled().await;
    let board = fixture.person(Role::Board).await;
    let scrape = async || {
        let request = actix_web::test::TestRequest::get().uri("/metrics");
        fixture.send(request.peer_addr("127.0.0.1:1".parse().unwrap()), None).await.body
    };
    let before = scrape().await;
    assert!(before.contains("\nwaterline_audited_items 0\n"), "{before}");
    assert!(!before.contains("\nwaterline_share_measured"), "what is not measured is absent, not zero");

    let audit = drawn(&fixture, 150, 1).await;
    answer_all(&fixture, audit, "ada").await;
    let file = fixture.get("/figures.csv", Some(&board)).await.body;
    let all: Vec<&str> = file.lines().last().unwrap().split(',').collect();
    let [.., error, value, low, high, audited] = all[..] else { panic!("{file}") };
    let _ = error;
    let whole = |ratio: &str| format!("{:.0}%", ratio.parse::<f64>().unwrap() * 100.0);
    let words = format!("between {} and {} (95% interval)", whole(low), whole(high));
    let page = fixture.get("/", Some(&board)).await.body;
    let headline = between(&page, r#"<p class="wl-headline">"#, "</p>");
    assert!(headline.contains(&words), "{headline}: {words}");
    assert!(between(&page, "<desc", "</desc>").contains(&words));
    assert!(!page.contains("Error: not yet measured"));
    let metrics = scrape().await;
    for (name, expected) in [("measured", value), ("measured_low", low), ("measured_high", high)] {
        let line = format!("\nwaterline_share_{name}_ratio{{basis=\"effort\"}} ");
        let told: f64 = between(&metrics, &line, "\n").parse().unwrap();
        assert_eq!(format!("{told:.4}"), expected, "{name}");
    }
    assert!(metrics.contains(&format!("\nwaterline_audited_items {audited}\n")), "{metrics}");
}
