use actix_web::http::StatusCode;
use waterline_store::{ItemFilter, Role};

use crate::testing::{Answer, Fixture, Person};

/// Posts a form and opens the page that it leads to.
async fn submit(fixture: &Fixture, path: &str, fields: &[(&str, &str)], person: &Person) -> (String, String) {
    let answer = fixture.post(path, fields, Some(person)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let address = answer.header("location").to_owned();
    let page = fixture.get(address.split('#').next().unwrap(), Some(person)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (address, page.body)
}

/// Drafts a rule that calls what nobody understands an improvement.
async fn draft(fixture: &Fixture, person: &Person) -> (String, String) {
    let fields = [
        ("from", "1"),
        ("old", ""),
        ("name", "Vague wishes"),
        ("category", "improvement"),
        ("words", "something about the thing"),
        ("in_description", "yes"),
        ("place", "end"),
    ];
    submit(fixture, "/rules/save", &fields, person).await
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    page.split(start).nth(1).unwrap_or_else(|| panic!("{start}\n{page}")).split(end).next().unwrap()
}

#[actix_web::test]
async fn the_rules_in_force_are_listed_in_order_and_in_words() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = fixture.get("/rules", Some(&tagger)).await.body;
    for part in [
        "Rule set 1 with ",
        "Major incident declared",
        "the kind is incident",
        "No learned model is in force.",
        "Only an admin puts a draft in force",
        "the first rules",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("/rules/undo"), "there is nothing to go back to, and nobody here who may");
    let all = page.matches("id=\"rule-").count();
    let page = fixture.get("/rules?category=compliance&text=FOI", Some(&tagger)).await.body;
    let some = page.matches("id=\"rule-").count();
    assert!(some > 0 && some < 10 && all > 170, "{some} of {all}");
    assert!(page.contains(&format!("{some} of {all} rules")), "{page}");
    assert!(page.contains("name=\"query\" value=\"?text=FOI&#38;category=compliance\""), "{page}");
}

#[actix_web::test]
async fn an_edit_makes_a_draft_that_tells_what_it_would_move_and_changes_nothing() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let figure = fixture.get("/", Some(&tagger)).await.body;
    let (address, page) = draft(&fixture, &tagger).await;
    assert_eq!(address, "/rules/draft/2?was=1");
    for part in [
        "Draft 2",
        "Vague wishes",
        "The title or description has ‘something about the thing’",
        "would move, all of them across the waterline.",
        "The board’s figure would go from",
        "From where to where",
        "Not yet classified",
        "Improvements asked for",
        "No rule matched",
        "The months as a table",
        "Only an admin can adopt rules.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("action=\"/rules/adopt\""));
    let now = fixture.get("/", Some(&tagger)).await.body;
    assert_eq!(between(&now, "wl-headline\">", "<"), between(&figure, "wl-headline\">", "<"));
    assert!(fixture.get("/rules", Some(&tagger)).await.body.contains("Draft 2</a>, saved by tagger-0"));
}

#[actix_web::test]
async fn a_rule_is_edited_field_by_field_or_as_text_and_mistakes_are_kept_and_said() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let page = fixture.get("/rules/edit?from=1&rule=Audit+of+IT", Some(&tagger)).await.body;
    assert!(page.contains("internal audit\nexternal audit"), "{page}");
    let fields = [("from", "1"), ("old", "Audit of IT"), ("name", "Audit of IT"), ("category", "compliance")];
    let wrong = fixture
        .post(
            "/rules/save",
            &[&fields[..], &[("words", " "), ("priorities", "soon")]].concat(),
            Some(&tagger),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for part in ["Enter the words or phrases", "Enter priorities as numbers", "value=\"soon\"", "Error: Edit"]
    {
        assert!(wrong.body.contains(part), "{part}\n{}", wrong.body);
    }
    let twin =
        [("from", "1"), ("old", ""), ("name", "Audit of IT"), ("category", "compliance"), ("words", "a")];
    let twin = fixture.post("/rules/save", &twin, Some(&tagger)).await;
    assert!(
        twin.status == StatusCode::BAD_REQUEST && twin.body.contains("has the same name"),
        "{}",
        twin.body
    );

    // What the fields cannot show is edited as it is written.
    let page = fixture.get("/rules/edit?from=1&rule=Major+incident+declared", Some(&tagger)).await.body;
    assert!(page.contains("It says more than the fields could show"), "{page}");
    let text = "[[rule]]\nname = \"Major incident declared\"\ncategory = \"incident\"\nwhen.titel = \"x\"\n";
    let fields = [("from", "1"), ("old", "Major incident declared"), ("text", text)];
    let wrong = fixture.post("/rules/save", &fields, Some(&tagger)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(
        wrong.body.contains("Line 4, rule") && wrong.body.contains("when.titel = &#34;x&#34;"),
        "{}",
        wrong.body
    );
    let text = text.replace("titel", "title");
    let fields = [("from", "1"), ("old", "Major incident declared"), ("text", text.as_str())];
    let (_, page) = submit(&fixture, "/rules/save", &fields, &tagger).await;
    assert!(page.contains("<ins>‘x’</ins>") && page.contains("<del>‘major incident’</del>"), "{page}");
}

#[actix_web::test]
async fn a_rule_is_moved_and_removed_and_the_list_stays_as_it_was_narrowed() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let name = "Step of a project or programme";
    let up = [("from", "1"), ("up", name), ("query", "?category=new_product")];
    let (address, page) = submit(&fixture, "/rules/move", &up, &tagger).await;
    assert_eq!(address, "/rules/2?category=new_product#rule-1");
    assert!(between(&page, "id=\"rule-1\"", "</tr>").contains(name), "{page}");
    let (address, _) = submit(&fixture, "/rules/move", &[("from", "2"), ("down", name)], &tagger).await;
    assert_eq!(address, "/rules/1#rule-2", "the text is that of the rules in force again");
    let (_, page) = submit(&fixture, "/rules/remove", &[("from", "1"), ("rule", name)], &tagger).await;
    assert!(page.contains("Removed</strong> Step of a project or programme"), "{page}");
    let hostile = [("from", "1"), ("up", name), ("query", "?\r\nSet-Cookie: x=y")];
    let answer = fixture.post("/rules/move", &hostile, Some(&tagger)).await;
    assert!(!answer.headers.contains_key("set-cookie") && answer.status == StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn all_rules_are_edited_as_text_and_a_mistake_is_shown_where_it_is() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let file = fixture.get("/rules/1.toml", Some(&tagger)).await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"waterline-rules-1.toml\"");
    let broken = file.body.replacen("category = \"compliance\"", "category = \"complience\"", 1);
    let wrong = fixture.post("/rules/text", &[("from", "1"), ("rules", &broken)], Some(&tagger)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("the taxonomy has no category &#34;complience&#34;"), "{}", wrong.body);
    assert!(wrong.body.contains("wl-lines__fault"));
    let kept = between(&wrong.body, "<textarea", "</textarea>");
    assert!(kept.contains("complience") && kept.contains("Freedom of information"), "the text is kept");
    let text =
        "# Only one.\r\n[[rule]]\r\nname = \"One\"\r\ncategory = \"access\"\r\nwhen.kind = \"task\"\r\n";
    let (address, _) = submit(&fixture, "/rules/text", &[("from", "1"), ("rules", text)], &tagger).await;
    assert_eq!(address, "/rules/draft/2?was=1");
    let file = fixture.get("/rules/2.toml", Some(&tagger)).await.body;
    assert_eq!(file, text.replace("\r\n", "\n"));
}

#[actix_web::test]
async fn only_an_admin_adopts_and_undoes_and_everybody_who_tags_may_watch() {
    let fixture = Fixture::filled().await;
    let (tagger, admin) = (fixture.person(Role::Tagger).await, fixture.person(Role::Admin).await);
    draft(&fixture, &tagger).await;
    let fields = [("rule_set", "2"), ("reason", "People ask for the thing")];
    let refused = fixture.post("/rules/adopt", &fields, Some(&tagger)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let silent = fixture.post("/rules/adopt", &[("rule_set", "2"), ("reason", " ")], Some(&admin)).await;
    assert!(
        silent.status == StatusCode::BAD_REQUEST && silent.body.contains("Say why these rules are better")
    );

    let (address, page) = submit(&fixture, "/rules/adopt", &fields, &admin).await;
    assert!(page.contains("data-poll") && page.contains("Look again"), "{page}");
    assert!(fixture.get("/rules", Some(&tagger)).await.body.contains("Rule set 2 waits to be put in force."));
    let store = &fixture.site.app.store;
    store.run_adoption(&fixture.site.app.clock, |_, _| {}).await.unwrap().unwrap();
    let page = fixture.get(&address, Some(&tagger)).await.body;
    assert!(
        page.contains("It is in force since") && page.contains("The board’s figure went up by"),
        "{page}"
    );
    assert!(!page.contains("data-poll") && !page.contains("/rules/undo"), "{page}");
    let page = fixture.get("/rules", Some(&admin)).await.body;
    assert!(page.contains("Rule set 2 with") && page.contains("“People ask for the thing”"), "{page}");
    assert!(page.contains("/rules/compare?from=1&#38;to=2"), "{page}");

    let adoption = between(&page, "name=\"adoption\" value=\"", "\"").to_owned();
    let stale = fixture.post("/rules/undo", &[("adoption", "1")], Some(&admin)).await;
    assert_eq!(stale.status, StatusCode::BAD_REQUEST, "{}", stale.body);
    let refused = fixture.post("/rules/undo", &[("adoption", &adoption)], Some(&tagger)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    submit(&fixture, "/rules/undo", &[("adoption", &adoption)], &admin).await;
    store.run_adoption(&fixture.site.app.clock, |_, _| {}).await.unwrap().unwrap();
    assert!(fixture.get("/rules", Some(&tagger)).await.body.contains("Rule set 1 with"));
}

#[actix_web::test]
async fn a_rule_is_begun_from_an_item() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    let filter = ItemFilter { text: Some("something about".to_owned()), ..ItemFilter::default() };
    let found = fixture.site.app.store.items(&filter, None, 1).await.unwrap().items.remove(0);
    let address = format!("/rules/new?item={}&category=improvement", found.id);
    let page = fixture.get(&address, Some(&tagger)).await.body;
    assert!(page.contains(&found.reference) && page.contains("a first draft of a rule"), "{page}");
    assert!(page.contains("<option value=\"improvement\" selected>"), "{page}");
    assert!(page.contains("all of which count as “Not yet classified” now."), "{page}");
    let page = fixture.get(&format!("/rules/new?item={}", found.id), Some(&tagger)).await.body;
    assert!(page.contains("a first draft of a rule") && !page.contains("\" selected>Improvements"), "{page}");
    let preview =
        [("from", "1"), ("name", "R"), ("category", "access"), ("words", "printer"), ("preview", "yes")];
    let page = fixture.post("/rules/save", &preview, Some(&tagger)).await;
    assert!(page.status == StatusCode::OK && page.body.contains("It matches "), "{}", page.body);
    assert!(page.body.contains("value=\"R\""), "{}", page.body);
    assert_eq!(fixture.get("/rules/2", Some(&tagger)).await.status, StatusCode::NOT_FOUND, "nothing is kept");
    let missing = fixture.get("/rules/new?item=999999999", Some(&tagger)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(fixture.get("/rules/new?item=x", Some(&tagger)).await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn two_rule_sets_are_compared() {
    let fixture = Fixture::filled().await;
    let tagger = fixture.person(Role::Tagger).await;
    draft(&fixture, &tagger).await;
    let page = fixture.get("/rules/compare?from=1&to=2", Some(&tagger)).await.body;
    assert!(page.contains("New</strong> Vague wishes"), "{page}");
    let page = fixture.get("/rules/compare?from=2&to=1", Some(&tagger)).await.body;
    assert!(page.contains("Removed</strong> Vague wishes"), "{page}");
    assert!(fixture.get("/rules/compare?from=1&to=1", Some(&tagger)).await.body.contains("No rule differs."));
    for (address, status) in [
        ("/rules/compare?from=1", StatusCode::BAD_REQUEST),
        ("/rules/compare?from=1&to=99", StatusCode::NOT_FOUND),
        ("/rules/99", StatusCode::NOT_FOUND),
        ("/rules/draft/99", StatusCode::NOT_FOUND),
        ("/rules/99999999999999999999", StatusCode::NOT_FOUND),
        ("/rules/adoption/99", StatusCode::NOT_FOUND),
        ("/rules/edit?from=1&rule=None", StatusCode::NOT_FOUND),
    ] {
        let answer: Answer = fixture.get(address, Some(&tagger)).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.body);
    }
}
