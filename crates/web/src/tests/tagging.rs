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
    fields.extend([("as", "improvement"), ("back", "/tag/list?text=printer")]);
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
    let fields = [
        ("item", all[0].as_str()),
        ("item", &all[1]),
        ("only", &all[2]),
        ("as", "advice"),
        ("back", "/tag/list"),
    ];
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
    let mut address = "/tag/list?kind=incident".to_owned();
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let page = fixture.get(&address, Some(&tagger)).await.body;
        seen.extend(
            page.split(r#"id="item-"#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()),
        );
        let Some(older) = page.split(r#"rel="next" href=""#).nth(1) else { break };
        address = older.split('"').next().unwrap().replace("&#38;", "&");
        assert!(address.starts_with("/tag/list?kind=incident&after="), "{address}");
    }
    assert_eq!(seen.len(), 120);
}

#[actix_web::test]
async fn what_no_list_can_show_is_refused_and_never_a_fault() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    for address in [
        "/tag?after=nonsense",
        "/tag/list?after=9-9",
        "/tag?text=%00",
        "/tag?team=a%00b",
        "/tag/list?like=x",
        "/tag/history?item=x",
    ] {
        let answer = fixture.get(address, Some(&tagger)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{address}: {}", answer.body);
    }
    let answer = fixture.post("/sign-in", &[("name", "a\0b"), ("password", "x")], None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for wild in ["%25", "_", "%5C", "%27%3B--"] {
        let answer = fixture.get(&format!("/tag/list?text={wild}"), Some(&tagger)).await;
        assert!(answer.body.contains("0 items"), "{wild}: {}", answer.body);
    }
}

/// What a card of the queue says of its item, by a part of it.
async fn queue(fixture: &Fixture, query: &str, person: &Person) -> String {
    let answer = fixture.get(&format!("/tag{query}"), Some(person)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

fn cards(page: &str) -> Vec<String> {
    page.split(r#"data-card=""#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_card_tells_what_the_machine_says_and_why_and_offers_a_way_on() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = queue(&fixture, "?text=please+help", &tagger).await;
    assert_eq!(cards(&page).len(), 20);
    let card = page.split("data-card=").nth(1).unwrap();
    for part in [
        "Please help",
        "request · Service desk · Ward 7",
        "Not yet classified",
        "a tag settles ",
        "more like this",
        "/rules/new?item=",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    assert!(page.contains(r#"name="as" value="advice""#) && page.contains("data-key="), "{page}");
    let next = page.split(r#"rel="next" href=""#).nth(1).unwrap().split('"').next().unwrap();
    let next = fixture.get(&next.replace("&#38;", "&"), Some(&tagger)).await.body;
    assert!(cards(&next).iter().all(|card| !cards(&page).contains(card)));
}

#[actix_web::test]
async fn what_the_machine_says_is_accepted_with_one_button_and_its_like_follow_with_another() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = queue(&fixture, "?text=phishing", &tagger).await;
    let accept = page.split(r#"name="accept" value=""#).nth(1).unwrap().split('"').next().unwrap();
    assert!(accept.ends_with(":security"), "{accept}");
    let fields = [("accept", accept), ("item", "999"), ("as", "advice"), ("back", "/tag?text=phishing")];
    let page = follow(&fixture, &fixture.post("/tag", &fields, Some(&tagger)).await, &tagger).await;
    assert!(page.contains("Tagged 1 item as “Cyber security”"), "{page}");
    let too = page.split("data-too").nth(1).unwrap();
    let field = |name: &str| {
        let value = too.split(&format!(r#"name="{name}" value=""#)).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let (filter, expected) = (field("filter"), field("expected"));
    assert_eq!(field("as"), "security");
    let mut fields =
        vec![("filter", filter.as_str()), ("as", "security"), ("expected", "1"), ("back", "/tag")];
    let refused = fixture.post("/tag/matching", &fields, Some(&tagger)).await;
    assert!(
        refused.body.contains("the page said 1 items") || refused.body.contains("The page said 1 items"),
        "{}",
        refused.body
    );
    fields[2].1 = &expected;
    let page = follow(&fixture, &fixture.post("/tag/matching", &fields, Some(&tagger)).await, &tagger).await;
    assert!(page.contains(&format!("Tagged {expected} items as “Cyber security”")), "{page}");
    let none = queue(&fixture, "?text=phishing", &tagger).await;
    assert!(none.contains("Nothing here waits for a tag"), "{none}");
}

#[actix_web::test]
async fn two_people_get_different_cards_and_are_told_why_some_are_missing() {
    let fixture = Fixture::filled().await;
    let (first, second) = (fixture.person(Role::Tagger).await, fixture.person(Role::Tagger).await);
    let (hers, his) = (queue(&fixture, "", &first).await, queue(&fixture, "", &second).await);
    assert!(cards(&hers).iter().all(|card| !cards(&his).contains(card)));
    assert!(his.contains("Colleagues have 20 items before them now"), "{his}");
}

#[actix_web::test]
async fn a_script_is_told_the_same_in_short_and_nobody_overwrites_what_they_have_not_seen() {
    let fixture = Fixture::filled().await;
    let (first, second) = (fixture.person(Role::Tagger).await, fixture.person(Role::Tagger).await);
    let id = ids(&fixture, "phishing").await.remove(0);
    let send = async |person: &Person, path: &str, fields: &[(&str, &str)]| {
        let fields = fields.iter().copied().chain([("token", person.token.as_str())]);
        let request = crate::testing::form(path, fields).insert_header(("accept", "application/json"));
        fixture.send(request, Some(person)).await
    };
    let told = send(&first, "/tag", &[("item", &id), ("as", "advice")]).await;
    assert_eq!(told.header("content-type"), "application/json");
    assert!(told.body.contains(r#""said":"Tagged 1 item as “Design and advice”""#), "{}", told.body);
    let earlier = (now() - chrono::TimeDelta::minutes(3)).timestamp_micros().to_string();
    let refused = send(&second, "/tag", &[("item", &id), ("as", "legacy"), ("seen", &earlier)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains(r#"{"problem":"Tagger-0 tagged INC"#), "{}", refused.body);
    let seen = refused.body.split(r#""seen":"#).nth(1).unwrap().trim_end_matches('}').to_owned();
    let told = send(&second, "/tag", &[("item", &id), ("as", "legacy"), ("seen", &seen)]).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let mut stale = first.clone();
    stale.token = "of an earlier sign-in".to_owned();
    let nobody = send(&stale, "/tag", &[("item", &id)]).await;
    assert_eq!(nobody.status, StatusCode::FORBIDDEN);
    assert!(nobody.body.contains("earlier sign-in"), "{}", nobody.body);
}

#[actix_web::test]
async fn who_tagged_what_is_there_for_taggers_with_a_way_to_take_back_ones_own() {
    let fixture = Fixture::filled().await;
    let (first, second) = (fixture.person(Role::Tagger).await, fixture.person(Role::Tagger).await);
    let id = ids(&fixture, "phishing").await.remove(0);
    fixture.post("/tag", &[("item", &id), ("as", "advice")], Some(&first)).await;
    let hers = fixture.get("/tag/history?who=me", Some(&first)).await.body;
    assert!(hers.contains("Phishing e-mail reported") && hers.contains("Undo<"), "{hers}");
    let his = fixture.get("/tag/history", Some(&second)).await.body;
    assert!(his.contains("tagger-0") && !his.contains("Undo<"), "{his}");
    assert!(!fixture.get("/tag/history?who=me", Some(&second)).await.body.contains("Phishing"));
    let action = hers.split(r#"name="action" value=""#).nth(1).unwrap().split('"').next().unwrap();
    let fields = [("action", action), ("back", "/tag/history?who=me")];
    let page = follow(&fixture, &fixture.post("/tag/undo", &fields, Some(&first)).await, &first).await;
    assert!(page.contains("Undone: 1 item") && page.contains("Taken back by tagger-0"), "{page}");
    let of_item = fixture.get(&format!("/tag/history?item={id}"), Some(&second)).await.body;
    assert!(of_item.contains("Who tagged what: INC"), "{of_item}");
}
