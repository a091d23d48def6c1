use actix_web::http::StatusCode;
use waterline_core::Kind;
use waterline_store::{ItemFilter, Role};

use crate::testing::{Answer, Fixture, Person, item, now};

async fn ids(fixture: &Fixture, text: &str) -> Vec<String> {
    let filter = ItemFilter { text: Some(text.to_owned()), ..ItemFilter::default() };
    let page = fixture.site.app.store.items(&filter, None, 50).await.unwrap();
    page.items.iter().map(|item| item.id.to_string()).collect()
}

async fn follow(fixture: &Fixture, answer: &Answer, person: &Person) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    fixture.get(answer.header("location"), Some(person)).await.body
}

#[actix_web::test]
async fn tagging_many_moves_the_figure_at_once_and_undo_moves_it_back() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let figure = "/?basis=items&months=24&to=2026-10";
    let headline = async |fixture: &Fixture| {
        let page = fixture.get(figure, Some(&tagger)).await.body;
        page.split("wl-headline\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let before = headline(&fixture).await;
    let printers = ids(&fixture, "printer").await;
    assert!(printers.len() > 40);
    let mut fields: Vec<(&str, &str)> = printers.iter().map(|id| ("item", id.as_str())).collect();
    fields.extend([("as", "improvement"), ("back", "/tag?text=printer")]);
    let answer = fixture.post("/tag", &fields, Some(&tagger)).await;
    let page = follow(&fixture, &answer, &tagger).await;
    assert!(page.contains(&format!("Tagged {} items as “Improvements asked for”", printers.len())), "{page}");
    assert!(page.contains("Tagged by tagger-0"), "{page}");
    assert!(page.contains("The machine said:"));
    assert_ne!(headline(&fixture).await, before);

    let action = page.split(r#"name="action" value=""#).nth(1).unwrap().split('"').next().unwrap();
    let undone = fixture.post("/tag/undo", &[("action", action), ("back", "/tag")], Some(&tagger)).await;
    let page = follow(&fixture, &undone, &tagger).await;
    assert!(page.contains(&format!("Undone: {} items went back", printers.len())), "{page}");
    assert!(!page.contains("Undo my last tagging"));
    assert_eq!(headline(&fixture).await, before);
}

#[actix_web::test]
async fn one_item_is_tagged_by_its_own_button_whatever_is_ticked() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let all = ids(&fixture, "phishing").await;
    let fields =
        [("item", all[0].as_str()), ("item", &all[1]), ("only", &all[2]), ("as", "advice"), ("back", "/tag")];
    let page = follow(&fixture, &fixture.post("/tag", &fields, Some(&tagger)).await, &tagger).await;
    assert!(page.contains("Tagged 1 item as “Design and advice”"));
    assert!(page.contains(r#"<option value="advice" selected>"#), "the next one takes one choice less");
}

#[actix_web::test]
async fn what_is_missing_or_wrong_is_said_and_nothing_is_tagged() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let id = ids(&fixture, "phishing").await.remove(0);
    for (fields, sentence) in [
        (vec![("as", "advice")], "Select the items that you want to tag"),
        (vec![("item", id.as_str()), ("as", "")], "Choose the category to tag them with"),
    ] {
        let answer = fixture.post("/tag", &fields, Some(&tagger)).await;
        // Without "back" the first page is all that is known.
        assert!(answer.header("location").starts_with("/?missing="));
        let fields: Vec<_> = fields.into_iter().chain([("back", "/tag")]).collect();
        let page = follow(&fixture, &fixture.post("/tag", &fields, Some(&tagger)).await, &tagger).await;
        assert!(page.contains(sentence), "{page}");
    }
    for (fields, sentence) in [
        ([("item", id.as_str()), ("as", "nonsense")], "no category &#34;nonsense&#34;"),
        ([("item", "x"), ("as", "advice")], "&#34;x&#34; is not an item"),
    ] {
        let answer = fixture.post("/tag", &fields, Some(&tagger)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains(sentence), "{}", answer.body);
    }
    let unknown = fixture.post("/tag", &[("item", "999999999"), ("as", "advice")], Some(&tagger)).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.body);
    assert_eq!(fixture.site.app.store.last_tag_action("tagger-0").await.unwrap(), None);
}

#[actix_web::test]
async fn only_who_tagged_or_an_admin_may_undo() {
    let fixture = Fixture::filled().await;
    let (first, second) = (fixture.person(Role::Tagger).await, fixture.person(Role::Tagger).await);
    let admin = fixture.person(Role::Admin).await;
    let id = ids(&fixture, "phishing").await.remove(0);
    fixture.post("/tag", &[("item", &id), ("as", "advice")], Some(&first)).await;
    let action =
        fixture.site.app.store.last_tag_action("tagger-0").await.unwrap().unwrap().action.to_string();
    let refused = fixture.post("/tag/undo", &[("action", &action)], Some(&second)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
    let undone = fixture.post("/tag/undo", &[("action", &action)], Some(&admin)).await;
    assert_eq!(undone.header("location"), "/?undone=1");
    let log = fixture.get("/admin", Some(&admin)).await.body;
    assert!(log.contains("tag.undo") && log.contains("tagger-0"), "{log}");
}

#[actix_web::test]
async fn a_long_list_goes_on_at_the_item_where_it_stopped() {
    let fixture = Fixture::empty().await;
    let day = now() - chrono::TimeDelta::days(30);
    fixture.pull((0..120).map(|n| item(n, Kind::Incident, "Phishing e-mail", day)).collect()).await;
    let tagger = fixture.person(Role::Tagger).await;
    let mut address = "/tag?kind=incident".to_owned();
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let page = fixture.get(&address, Some(&tagger)).await.body;
        seen.extend(
            page.split(r#"id="item-"#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()),
        );
        let Some(older) = page.split(r#"rel="next" href=""#).nth(1) else { break };
        address = older.split('"').next().unwrap().replace("&#38;", "&");
        assert!(address.starts_with("/tag?kind=incident&after="), "{address}");
    }
    assert_eq!(seen.len(), 120);
}

#[actix_web::test]
async fn what_no_list_can_show_is_refused_and_never_a_fault() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    for address in ["/tag?after=nonsense", "/tag?after=9-9", "/tag?text=%00", "/tag?team=a%00b"] {
        let answer = fixture.get(address, Some(&tagger)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}: {}", answer.body);
    }
    let answer = fixture.post("/sign-in", &[("name", "a\0b"), ("password", "x")], None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for wild in ["%25", "_", "%5C", "%27%3B--"] {
        let answer = fixture.get(&format!("/tag?text={wild}"), Some(&tagger)).await;
        assert!(answer.body.contains("0 items"), "{wild}: {}", answer.body);
    }
}
