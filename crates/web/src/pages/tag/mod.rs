//! The workbench: find work, see why the machine said what it said, and put it right.

mod filter;
mod list;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use askama::Template;
use askama_web::WebTemplate;
use url::form_urlencoded;
use waterline_core::CategoryId;
use waterline_store::{Role, TagOutcome};

use crate::{
    access::Visit,
    app::Site,
    form::{Form, own_address},
    layout::{Layout, Place},
    problem::PageError,
    words,
};
use filter::{FilterForm, TagQuery};
use list::Row;

/// What fits on a page that a person works through.
const ITEMS_PER_PAGE: u64 = 50;
/// Beyond this, "more than" is all that anyone needs to know.
const COUNTED_MAX: u64 = 1_000;

#[derive(Template, WebTemplate)]
#[template(path = "pages/tag.html")]
pub(crate) struct TagPage {
    layout: Layout,
    filter: FilterForm,
    /// What was found, in words.
    found: String,
    rows: Vec<Row>,
    categories: Vec<CategoryGroup>,
    /// The category chosen last time, so that tagging the next item takes one choice less.
    chosen: String,
    /// What the last action did.
    done: Option<String>,
    /// Then undoing it stands beside what was done.
    just_tagged: bool,
    problem: Option<&'static str>,
    undo: Option<Undo>,
    /// This list, to come back to.
    here: String,
    newest: Option<String>,
    older: Option<String>,
}

struct CategoryGroup {
    name: &'static str,
    categories: Vec<(String, String)>,
}

struct Undo {
    action: i64,
    items: String,
}

/// `GET /tag`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<TagQuery>,
) -> Result<TagPage, PageError> {
    let store = &site.app.store;
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let filter = query.filter(taxonomy)?;
    let page = store.items(&filter, query.after(), ITEMS_PER_PAGE).await?;
    let count = store.count_items(&filter, COUNTED_MAX + 1).await?;
    let last = store.last_tag_action(&visit.session()?.user.name).await?;
    let zone = store.zone();
    Ok(TagPage {
        layout: Layout::new(&site, &visit, Place::Tag).await?,
        filter: FilterForm::new(&site, &query).await?,
        found: found(count),
        rows: page.items.iter().map(|item| Row::new(item, taxonomy, zone)).collect(),
        categories: category_groups(taxonomy),
        chosen: query.category_chosen().unwrap_or_default().to_owned(),
        done: query.done(taxonomy),
        just_tagged: query.just_tagged(taxonomy),
        problem: query.problem(),
        undo: last.map(|TagOutcome { action, items }| Undo { action, items: items_of(items) }),
        here: query.address(query.after()),
        newest: query.after().is_some().then(|| query.address(None)),
        older: page.next.as_deref().map(|next| query.address(Some(next))),
    })
}

/// `POST /tag`
pub(crate) async fn tag(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let back = own_address(form.get("back"));
    let items = chosen_items(&form)?;
    if items.is_empty() {
        return Ok(return_to(&back, &[("missing", "items")]));
    }
    let Some(category) = form.get("as").map(CategoryId::new) else {
        return Ok(return_to(&back, &[("missing", "category")]));
    };
    if site.app.store.in_force().await?.classifier.taxonomy().category(&category).is_none() {
        return Err(PageError::BadInput(format!(
            "The taxonomy has no category \"{category}\", so nothing was tagged."
        )));
    }
    let user = &visit.session()?.user.name;
    let outcome = site.app.store.tag(&items, &category, user, (site.app.clock)()).await?;
    let tagged = outcome.items.to_string();
    Ok(return_to(&back, &[("tagged", &tagged), ("as", category.as_str())]))
}

/// `POST /tag/undo`
pub(crate) async fn undo(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let back = own_address(form.get("back"));
    let action = form
        .get("action")
        .and_then(|action| action.parse().ok())
        .ok_or_else(|| PageError::BadInput("The form does not say what to undo.".to_owned()))?;
    let user = &visit.session()?.user;
    let any = user.role == Role::Admin;
    let undone = site.app.store.undo_tags(action, &user.name, any, (site.app.clock)()).await?;
    Ok(return_to(&back, &[("undone", &undone.to_string())]))
}

/// The one item whose own button was pressed, else all that are ticked.
fn chosen_items(form: &Form) -> Result<Vec<i64>, PageError> {
    let ids: Vec<&str> = match form.get("only") {
        Some(only) => vec![only],
        None => form.all("item").collect(),
    };
    ids.into_iter()
        .map(|id| id.parse().map_err(|_| PageError::BadInput(format!("\"{id}\" is not an item."))))
        .collect()
}

/// Back to the list, with what happened in the address; so a reload never tags twice.
fn return_to(list: &str, outcome: &[(&str, &str)]) -> HttpResponse {
    let (path, query) = list.split_once('?').unwrap_or((list, ""));
    let mut address = form_urlencoded::Serializer::new(String::new());
    let kept = form_urlencoded::parse(query.as_bytes());
    address.extend_pairs(kept.filter(|(name, _)| !filter::OUTCOME_FIELDS.contains(&name.as_ref())));
    address.extend_pairs(outcome);
    let address = format!("{path}?{}", address.finish());
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

fn category_groups(taxonomy: &waterline_core::Taxonomy) -> Vec<CategoryGroup> {
    use waterline_core::Side;
    [(Side::Visible, "Visible"), (Side::Ktlo, "Keeps the lights on")]
        .map(|(side, name)| CategoryGroup {
            name,
            categories: taxonomy
                .categories()
                .iter()
                .filter(|category| category.side == side)
                .map(|category| (category.id.to_string(), category.name.clone()))
                .collect(),
        })
        .into()
}

fn found(count: u64) -> String {
    if count > COUNTED_MAX { format!("More than {}", items_of(COUNTED_MAX)) } else { items_of(count) }
}

fn items_of(count: u64) -> String {
    words::items(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_the_filter_and_tells_the_newest_outcome_only() {
        let response = return_to("/tag?kind=incident&tagged=3&as=advice", &[("undone", "3")]);
        let address = response.headers().get(header::LOCATION).unwrap().to_str().unwrap();
        assert_eq!(address, "/tag?kind=incident&undone=3");
    }

    #[test]
    fn counts_stop_where_nobody_would_read_on() {
        assert_eq!(found(0), "0 items");
        assert_eq!(found(1), "1 item");
        assert_eq!(found(1_000), "1,000 items");
        assert_eq!(found(1_001), "More than 1,000 items");
    }
}
