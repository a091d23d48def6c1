//! The workbench: find work, see why the machine said what it said, and put it right.

mod filter;
pub(crate) mod history;
mod item;
pub(crate) mod list;
pub(crate) mod queue;

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use chrono::{DateTime, Utc};
use serde::Serialize;
use url::form_urlencoded;
use waterline_core::{Category, CategoryId, Side, Taxonomy};
use waterline_store::{ItemFilter, Role, TagOutcome};

use crate::{
    access::Visit,
    app::Site,
    form::{Form, own_address},
    problem::{PageError, asks_for_json},
    words,
};
use filter::{LIST, QUEUE, TagQuery};
use history::HISTORY;

/// One of the ways to look at work.
struct View {
    name: &'static str,
    address: String,
    current: bool,
}

impl View {
    /// All of them; the filter goes along.
    fn all(current: &str, query: &TagQuery) -> [Self; 3] {
        [
            ("Queue", QUEUE, query.address(QUEUE, None)),
            ("List", LIST, query.address(LIST, None)),
            ("Who tagged what", HISTORY, HISTORY.to_owned()),
        ]
        .map(|(name, view, address)| Self { name, address, current: view == current })
    }
}

/// What this person did last and can take back.
struct Undo {
    action: i64,
    items: String,
}

impl Undo {
    async fn last(site: &Site, visit: &Visit) -> Result<Option<Self>, PageError> {
        let last = site.app.store.last_tag_action(&visit.session()?.user.name).await?;
        Ok(last.map(|TagOutcome { action, items }| Self { action, items: items_of(items) }))
    }
}

/// What a script is told, in the words of the page that it does not load.
#[derive(Serialize)]
struct Told {
    said: String,
    /// What to undo.
    action: Option<i64>,
    items: u64,
    /// How many others of the same sort nobody tagged, where one item was tagged.
    alike: u64,
}

/// `POST /tag`
pub(crate) async fn tag(
    request: HttpRequest,
    site: Data<Site>,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let back = own_address(form.get("back"));
    let items = chosen_items(&form)?;
    let Some(first) = items.first().copied() else {
        return missing(&request, &back, "items");
    };
    let Some(category) = chosen_category(&form) else {
        return missing(&request, &back, "category");
    };
    let name = known_category(&site, &category).await?;
    let user = &visit.session()?.user.name;
    let (store, now) = (&site.app.store, (site.app.clock)());
    let seen_at = seen_at(&form)?.unwrap_or(now);
    let outcome = store.tag_as_seen(&items, &category, user, seen_at, now).await?;
    let alike = match outcome.items {
        1 => {
            store.count_items(&ItemFilter { alike_to: Some(first), ..ItemFilter::default() }).await?.untagged
        }
        _ => 0,
    };
    if asks_for_json(request.headers()) {
        let said = format!("Tagged {} as “{name}”", items_of(outcome.items));
        return Ok(told(Told { said, action: Some(outcome.action), items: outcome.items, alike }));
    }
    let (tagged, first) = (outcome.items.to_string(), first.to_string());
    let mut address = vec![("tagged", tagged.as_str()), ("as", category.as_str())];
    if alike > 0 {
        address.push(("of", &first));
    }
    Ok(return_to(&back, &address))
}

/// `POST /tag/matching`: all that fit a filter and that nobody tagged.
pub(crate) async fn matching(
    request: HttpRequest,
    site: Data<Site>,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let back = own_address(form.get("back"));
    let Some(category) = chosen_category(&form) else {
        return missing(&request, &back, "category");
    };
    let name = known_category(&site, &category).await?;
    let store = &site.app.store;
    let filter = {
        let in_force = store.in_force().await?;
        TagQuery::parse(form.get("filter").unwrap_or_default())?.filter(in_force.classifier.taxonomy())?
    };
    if filter == ItemFilter::default() {
        return Err(PageError::BadInput(
            "Nobody means to tag everything there is; choose a filter.".to_owned(),
        ));
    }
    let expected = form
        .get("expected")
        .and_then(|expected| expected.parse().ok())
        .ok_or_else(|| PageError::BadInput("The form does not say how many items to tag.".to_owned()))?;
    let user = &visit.session()?.user.name;
    let outcome = store.tag_matching(&filter, &category, expected, user, (site.app.clock)()).await?;
    if asks_for_json(request.headers()) {
        let said = format!("Tagged {} as “{name}”", items_of(outcome.items));
        return Ok(told(Told { said, action: Some(outcome.action), items: outcome.items, alike: 0 }));
    }
    Ok(return_to(&back, &[("tagged", &outcome.items.to_string()), ("as", category.as_str())]))
}

/// `POST /tag/undo`
pub(crate) async fn undo(
    request: HttpRequest,
    site: Data<Site>,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let back = own_address(form.get("back"));
    let action = form
        .get("action")
        .and_then(|action| action.parse().ok())
        .ok_or_else(|| PageError::BadInput("The form does not say what to undo.".to_owned()))?;
    let user = &visit.session()?.user;
    let any = user.role == Role::Admin;
    let undone = site.app.store.undo_tags(action, &user.name, any, (site.app.clock)()).await?;
    if asks_for_json(request.headers()) {
        let said = format!("Undone: {} went back to what they were", items_of(undone));
        return Ok(told(Told { said, action: None, items: undone, alike: 0 }));
    }
    Ok(return_to(&back, &[("undone", &undone.to_string())]))
}

fn told(told: Told) -> HttpResponse {
    HttpResponse::Ok().json(told)
}

fn missing(request: &HttpRequest, back: &str, what: &str) -> Result<HttpResponse, PageError> {
    if asks_for_json(request.headers()) {
        return Err(PageError::BadInput(format!("The form says no {what}.")));
    }
    Ok(return_to(back, &[("missing", what)]))
}

/// The one item whose own button was pressed, else all that are ticked.
fn chosen_items(form: &Form) -> Result<Vec<i64>, PageError> {
    let ids: Vec<&str> = match (form.get("accept"), form.get("only")) {
        (Some(accept), _) => accept.split(':').take(1).collect(),
        (None, Some(only)) => vec![only],
        (None, None) => form.all("item").collect(),
    };
    ids.into_iter()
        .map(|id| id.parse().map_err(|_| PageError::BadInput(format!("\"{id}\" is not an item."))))
        .collect()
}

/// The suggestion that was accepted ("item:category"), else the category that was chosen.
fn chosen_category(form: &Form) -> Option<CategoryId> {
    let accepted = form.get("accept").and_then(|accept| Some(accept.split_once(':')?.1));
    accepted.or_else(|| form.get("as")).filter(|id| !id.is_empty()).map(CategoryId::new)
}

/// Its name, for saying what was done.
async fn known_category(site: &Site, id: &CategoryId) -> Result<String, PageError> {
    let in_force = site.app.store.in_force().await?;
    let known = in_force.classifier.taxonomy().category(id).map(|category| category.name.clone());
    known.ok_or_else(|| {
        PageError::BadInput(format!("The taxonomy has no category \"{id}\", so nothing was tagged."))
    })
}

/// When the page was made, for its form: what others tag from then on is news to who reads it.
fn seen_now(site: &Site) -> i64 {
    (site.app.clock)().timestamp_micros()
}

fn seen_at(form: &Form) -> Result<Option<DateTime<Utc>>, PageError> {
    let Some(seen) = form.get("seen") else { return Ok(None) };
    let at = seen.parse().ok().and_then(DateTime::from_timestamp_micros);
    at.map(Some).ok_or_else(|| PageError::BadInput(format!("\"{seen}\" is not a moment.")))
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

/// The categories above and below the waterline.
fn by_side(taxonomy: &Taxonomy) -> [(&'static str, Vec<&Category>); 2] {
    [(Side::Visible, "Visible"), (Side::Ktlo, "Keeps the lights on")].map(|(side, name)| {
        (name, taxonomy.categories().iter().filter(|category| category.side == side).collect())
    })
}

fn items_of(count: u64) -> String {
    words::items(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_the_filter_and_tells_the_newest_outcome_only() {
        let response = return_to("/tag?kind=incident&tagged=3&as=advice&of=7", &[("undone", "3")]);
        let address = response.headers().get(header::LOCATION).unwrap().to_str().unwrap();
        assert_eq!(address, "/tag?kind=incident&undone=3");
    }
}
