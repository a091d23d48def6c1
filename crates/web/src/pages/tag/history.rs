//! Who tagged what, and when. For those who tag: no figure and no page of the board is about a person.

use actix_web::web::{Data, Query};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;
use url::form_urlencoded;
use waterline_core::{ReportingZone, Taxonomy};
use waterline_store::{ActionsOf, Role, TagAction, User};

use super::{View, filter::TagQuery, item::category_name, items_of};
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

pub(super) const HISTORY: &str = "/tag/history";
const ACTIONS_PER_PAGE: usize = 50;

/// The query of `/tag/history`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct HistoryQuery {
    /// "me", or empty for everybody.
    who: Option<String>,
    item: Option<i64>,
    before: Option<i64>,
    undone: Option<u64>,
}

#[derive(Template, WebTemplate)]
#[template(path = "pages/tag_history.html")]
pub(crate) struct HistoryPage {
    layout: Layout,
    views: [View; 3],
    only_mine: bool,
    /// What one item is called, where only its tags are shown.
    item: Option<String>,
    done: Option<String>,
    rows: Vec<Row>,
    here: String,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    when: String,
    who: String,
    category: String,
    what: String,
    /// Tags of one item lead to all that was ever said of it.
    item: Option<i64>,
    more: Option<String>,
    undone: Option<String>,
    /// The action, where this person may take it back.
    undo: Option<i64>,
}

/// `GET /tag/history`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<HistoryQuery>,
) -> Result<HistoryPage, PageError> {
    let store = &site.app.store;
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let user = &visit.session()?.user;
    let of = match (query.item, query.who.as_deref()) {
        (Some(item), _) => ActionsOf::Item(item),
        (None, Some("me")) => ActionsOf::Person(&user.name),
        _ => ActionsOf::Everybody,
    };
    let mut actions = store.tag_actions(of, query.before, ACTIONS_PER_PAGE as u64 + 1).await?;
    let more = actions.len() > ACTIONS_PER_PAGE;
    actions.truncate(ACTIONS_PER_PAGE);
    let last = actions.last().map(|action| action.note.action).filter(|_| more);
    let item = query.item.map(|item| {
        let told = actions.iter().find_map(|action| action.example.as_ref());
        told.map_or_else(|| format!("item {item}"), |(_, reference, _)| reference.clone())
    });
    Ok(HistoryPage {
        layout: Layout::new(&site, &visit, Place::Tag).await?,
        views: View::all(HISTORY, &TagQuery::default()),
        only_mine: matches!(of, ActionsOf::Person(_)),
        item,
        done: query.undone.map(|items| format!("Undone: {} went back to what they were", items_of(items))),
        rows: actions.into_iter().map(|action| Row::new(action, taxonomy, store.zone(), user)).collect(),
        here: query.address(query.before),
        newest: query.before.is_some().then(|| query.address(None)),
        older: last.map(|last| query.address(Some(last))),
    })
}

impl HistoryQuery {
    fn address(&self, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.who.as_deref().filter(|who| !who.is_empty()).map(|who| ("who", who)));
        query.extend_pairs(self.item.map(|item| ("item", item.to_string())));
        query.extend_pairs(before.map(|before| ("before", before.to_string())));
        let query = query.finish();
        if query.is_empty() { HISTORY.to_owned() } else { format!("{HISTORY}?{query}") }
    }
}

impl Row {
    fn new(action: TagAction, taxonomy: &Taxonomy, zone: ReportingZone, reader: &User) -> Self {
        let TagAction { note, items, example } = action;
        let others = items.saturating_sub(1);
        let (item, what) = match example {
            Some((id, reference, Some(title))) => (Some(id), format!("{reference} {title}")),
            Some((id, reference, None)) => (Some(id), reference),
            None => (None, "An item that is no longer held".to_owned()),
        };
        let may_undo = note.undone.is_none() && (note.by == reader.name || reader.role == Role::Admin);
        Self {
            when: words::moment(note.at, zone),
            category: category_name(taxonomy, &note.category),
            what,
            item,
            more: (others > 0).then(|| format!("and {} more", items_of(others))),
            undone: note
                .undone
                .as_ref()
                .map(|(by, at)| format!("Taken back by {by} on {}", words::moment(*at, zone))),
            undo: may_undo.then_some(note.action),
            who: note.by,
        }
    }
}
