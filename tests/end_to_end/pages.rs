//! Every page, over TCP, as each role gets it.

use waterline_core::{Basis, Dimension, share};
use waterline_store::{ItemFilter, Role};

use crate::{
    site::{self, Site, Visitor, field},
    support::{assert_sound, taxonomy},
};

/// Path, and the least role that may open it.
const PAGES: [(&str, Option<Role>); 13] = [
    ("/sign-in", None),
    ("/accessibility", None),
    ("/privacy", None),
    ("/healthz", None),
    ("/readyz", None),
    ("/metrics", None),
    ("/", Some(Role::Board)),
    ("/figures.csv", Some(Role::Board)),
    ("/audit", Some(Role::Board)),
    ("/sources", Some(Role::Board)),
    ("/method", Some(Role::Board)),
    ("/tag", Some(Role::Tagger)),
    ("/admin", Some(Role::Admin)),
];

#[tokio::test]
async fn every_page_opens_for_whom_it_is_meant_and_for_nobody_else() {
    let site = site::open().await;
    let nobody = Visitor::new(&site);
    for (path, least) in PAGES {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status(), if least.is_none() { 200 } else { 303 }, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
    }
    for role in Role::ALL {
        let visitor = Visitor::signed_in(&site, role).await;
        for (path, least) in PAGES.iter().filter(|(path, _)| *path != "/sign-in") {
            let expected = if least.is_none_or(|least| role >= least) { 200 } else { 403 };
            assert_eq!(visitor.get(path).await.status(), expected, "{path} for {}", role.as_str());
        }
    }
}

#[tokio::test]
async fn the_board_sees_that_its_figures_are_an_example() {
    let site = site::open().await;
    let board = Visitor::signed_in(&site, Role::Board).await;
    for path in ["/", "/?basis=items", "/sources"] {
        let page = board.page(path).await;
        assert!(page.contains(waterline_simulator::EXAMPLE_DATA), "{path}");
    }
    assert!(board.page("/").await.contains("<svg"));
}

#[tokio::test]
async fn a_tag_moves_the_figure_and_undoing_it_moves_it_back() {
    let site = site::open().await;
    let tagger = Visitor::signed_in(&site, Role::Tagger).await;
    let before = visible_items(&site).await;

    let item = finished_below_the_waterline(&site).await;
    let page = tagger.page("/tag").await;
    let form = [("token", field(&page, "token")), ("as", "new_product"), ("only", &item), ("back", "/tag")];
    assert_eq!(tagger.post("/tag", &form).await.status(), 303);
    assert_eq!(visible_items(&site).await, before + 1);

    let page = tagger.page("/tag").await;
    let form = [("token", field(&page, "token")), ("action", field(&page, "action")), ("back", "/tag")];
    assert_eq!(tagger.post("/tag/undo", &form).await.status(), 303);
    assert_eq!(visible_items(&site).await, before);
    assert_sound(&site.ledger).await;
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let site = site::open().await;
    let tagger = Visitor::signed_in(&site, Role::Tagger).await;
    let before = visible_items(&site).await;
    let item = finished_below_the_waterline(&site).await;
    for form in [
        vec![("as", "new_product"), ("only", &item)],
        vec![("token", "wrong"), ("as", "new_product"), ("only", &item)],
    ] {
        assert_eq!(tagger.post("/tag", &form).await.status(), 403);
    }
    assert_eq!(visible_items(&site).await, before);
}

async fn visible_items(site: &Site) -> i64 {
    let months = site.store().months_held().await.unwrap().unwrap();
    let rows = site.store().work_done(months, Dimension::All).await.unwrap();
    let share = share(rows.iter(), Basis::Items, &taxonomy()).unwrap();
    (share.value * share.total as f64).round() as i64
}

async fn finished_below_the_waterline(site: &Site) -> String {
    let filter = ItemFilter {
        category: Some(Some(waterline_core::CategoryId::new("incident"))),
        finished: site.store().months_held().await.unwrap(),
        ..ItemFilter::default()
    };
    let page = site.store().items(&filter, None, 1).await.unwrap();
    page.items[0].id.to_string()
}
