//! How the figure is made, in words that a board member can check against the page.

use actix_web::web::Data;
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::{Kind, Side, audit::LEAST_AUDITED};

use super::sources::text_words;
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/method.html")]
pub(crate) struct MethodPage {
    layout: Layout,
    zone: &'static str,
    least_audited: u32,
    rules: String,
    rule_set: i32,
    categories: Vec<CategoryRow>,
    defaults: Vec<(Kind, String)>,
    /// (name, what of its text is kept)
    sources: Vec<(String, &'static str)>,
}

struct CategoryRow {
    name: String,
    description: String,
    side: &'static str,
}

/// `GET /method`
pub(crate) async fn page(site: Data<Site>, visit: Visit) -> Result<MethodPage, PageError> {
    let app = &site.app;
    let in_force = app.store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let category = |category: &waterline_core::Category| CategoryRow {
        name: category.name.clone(),
        description: category.description.clone(),
        side: match category.side {
            Side::Visible => "Visible",
            Side::Ktlo => "Keeps the lights on",
        },
    };
    let default = |kind| {
        let known = taxonomy.kind_default(kind).and_then(|id| taxonomy.category(id));
        (kind, known.map_or_else(|| "stays unclassified".to_owned(), |known| known.name.clone()))
    };
    let mut sources: Vec<(String, &'static str)> = app
        .store
        .feed_statuses((app.clock)())
        .await?
        .into_iter()
        .map(|feed| (feed.source, text_words(feed.text)))
        .collect();
    sources.dedup();
    Ok(MethodPage {
        layout: Layout::new(&site, &visit, Place::Method).await?,
        zone: app.store.zone().name(),
        least_audited: LEAST_AUDITED,
        rules: words::plural(in_force.classifier.rules().rules().len() as i64, "rule"),
        rule_set: in_force.rule_set,
        categories: taxonomy.categories().iter().map(category).collect(),
        defaults: Kind::ALL.map(default).into(),
        sources,
    })
}
