//! Work as a list, newest first: for finding, and for tagging many at once.

use actix_web::web::{Data, Query};
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::Taxonomy;
use waterline_store::Count;

use super::{
    Undo, View,
    filter::{FilterForm, LIST, TagQuery},
    item::ItemWords,
    items_of, seen_now,
};
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
};

/// What fits on a page that a person works through.
const ITEMS_PER_PAGE: u64 = 50;

#[derive(Template, WebTemplate)]
#[template(path = "pages/tag_list.html")]
pub(crate) struct ListPage {
    layout: Layout,
    views: [View; 3],
    filter: FilterForm,
    /// What was found, in words.
    found: String,
    rows: Vec<ItemWords>,
    categories: Vec<CategoryGroup>,
    /// The category chosen last time, so that tagging the next item takes one choice less.
    chosen: String,
    /// What the last action did.
    done: Option<String>,
    /// Then undoing it stands beside what was done.
    just_tagged: bool,
    problem: Option<&'static str>,
    undo: Option<Undo>,
    /// How many would be tagged by tagging all that fit.
    all: Option<AllThatFit>,
    /// The filter, for tagging all that fit.
    query: String,
    /// This list, to come back to.
    here: String,
    seen: i64,
    newest: Option<String>,
    older: Option<String>,
}

struct CategoryGroup {
    name: &'static str,
    categories: Vec<(String, String)>,
}

struct AllThatFit {
    expected: u64,
    items: String,
}

/// `GET /tag/list`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<TagQuery>,
) -> Result<ListPage, PageError> {
    let seen = seen_now(&site);
    let store = &site.app.store;
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let filter = query.filter(taxonomy)?;
    let page = store.items(&filter, query.after(), ITEMS_PER_PAGE).await?;
    let count = store.count_items(&filter).await?;
    let zone = store.zone();
    // Nobody means to tag all there is.
    let narrowed = !query.query().is_empty();
    Ok(ListPage {
        layout: Layout::new(&site, &visit, Place::Tag).await?,
        views: View::all(LIST, &query),
        filter: FilterForm::new(&site, &query).await?,
        found: found(count),
        rows: page.items.iter().map(|item| ItemWords::new(item, taxonomy, zone)).collect(),
        categories: category_groups(taxonomy),
        chosen: query.category_chosen().unwrap_or_default().to_owned(),
        done: query.done(taxonomy),
        just_tagged: query.just_tagged(taxonomy),
        problem: query.problem(),
        undo: Undo::last(&site, &visit).await?,
        all: (narrowed && count.all && count.untagged > 0)
            .then(|| AllThatFit { expected: count.untagged, items: items_of(count.untagged) }),
        query: query.query(),
        here: query.address(LIST, query.after()),
        seen,
        newest: query.after().is_some().then(|| query.address(LIST, None)),
        older: page.next.as_deref().map(|next| query.address(LIST, Some(next))),
    })
}

fn category_groups(taxonomy: &Taxonomy) -> Vec<CategoryGroup> {
    super::by_side(taxonomy)
        .map(|(name, categories)| CategoryGroup {
            name,
            categories: categories
                .into_iter()
                .map(|category| (category.id.to_string(), category.name.clone()))
                .collect(),
        })
        .into()
}

fn found(count: Count) -> String {
    match count {
        Count { all: true, items, .. } => items_of(items),
        Count { items: waterline_store::MOST_AT_ONCE.., .. } => {
            format!("More than {}", items_of(waterline_store::MOST_AT_ONCE))
        }
        Count { items, .. } => format!("At least {}", items_of(items)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stop_where_nobody_would_read_on() {
        let count = |items, all| found(Count { items, untagged: 0, all });
        assert_eq!(count(0, true), "0 items");
        assert_eq!(count(1, true), "1 item");
        assert_eq!(count(5_000, true), "5,000 items");
        assert_eq!(count(5_000, false), "More than 5,000 items");
        assert_eq!(count(12, false), "At least 12 items");
    }
}
