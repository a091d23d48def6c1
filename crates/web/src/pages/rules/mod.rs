//! The rules: which they are, why the machine said what it said, and drafts of better ones. A draft is a
//! numbered rule set that was never adopted; every edit of one makes another, and nothing counts until an
//! admin adopts it.

mod adopt;
mod compare;
mod draft;
mod edit;
mod effect;
mod form;
mod history;
mod learned;
mod list;
mod text;

pub(crate) use adopt::{adopt, progress, undo};
pub(crate) use compare::page as compare;
pub(crate) use draft::page as draft;
pub(crate) use edit::{edit, move_rule, new, remove, save};
pub(crate) use list::{in_force, rule_set};
pub(crate) use text::{file, page as text, save as save_text};

use actix_web::{HttpResponse, http::header};
use chrono::{DateTime, Utc};
use url::form_urlencoded;
use waterline_core::{CategoryId, Side, Taxonomy, rules::RuleSet};
use waterline_store::RuleTexts;

use crate::{app::Site, problem::PageError};

/// More than a form usually holds: the text of many rules, as browsers write it.
pub(crate) const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// What is told of a list of words where there are many rules to read.
const WORDS_TOLD: usize = 5;

/// A rule set, read.
struct Numbered {
    number: i32,
    texts: RuleTexts,
    saved_by: String,
    saved_at: DateTime<Utc>,
    taxonomy: Taxonomy,
    rules: RuleSet,
}

impl Numbered {
    async fn read(site: &Site, number: i32) -> Result<Self, PageError> {
        let kept = site.app.store.rule_set(number).await?.ok_or(PageError::NotFound)?;
        let unreadable =
            |why: String| PageError::BadInput(format!("Rule set {number} can no longer be read: {why}."));
        let taxonomy = Taxonomy::parse(&kept.texts.taxonomy).map_err(|e| unreadable(e.to_string()))?;
        let rules = RuleSet::parse(&kept.texts.rules, &taxonomy).map_err(|e| unreadable(e.to_string()))?;
        let (saved_by, saved_at) = (kept.created_by, kept.created_at);
        Ok(Self { number, texts: kept.texts, saved_by, saved_at, taxonomy, rules })
    }

    /// Keeps another text of the rules beside the same taxonomy. Gives the number of the draft.
    async fn keep(&self, site: &Site, rules: String, by: &str) -> Result<i32, PageError> {
        let texts = RuleTexts { taxonomy: self.texts.taxonomy.clone(), rules };
        Ok(site.app.store.rule_set_number(&texts, by, (site.app.clock)()).await?)
    }
}

/// What people call a category.
fn category_name(taxonomy: &Taxonomy, category: Option<&CategoryId>) -> String {
    match category {
        None => "Not yet classified".to_owned(),
        Some(id) => taxonomy.category(id).map_or_else(|| id.to_string(), |known| known.name.clone()),
    }
}

fn side_name(side: Option<Side>) -> &'static str {
    match side {
        Some(Side::Visible) => "Visible",
        Some(Side::Ktlo) => "Keeps the lights on",
        None => "Neither side",
    }
}

/// One entry of a list to choose from.
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

/// Categories of one side, to choose from.
struct CategoryGroup {
    name: &'static str,
    categories: Vec<Choice>,
}

fn category_groups(taxonomy: &Taxonomy, chosen: &str) -> Vec<CategoryGroup> {
    let of = |side| {
        let of_side = taxonomy.categories().iter().filter(move |category| category.side == side);
        of_side.map(|category| Choice {
            value: category.id.to_string(),
            name: category.name.clone(),
            chosen: category.id.as_str() == chosen,
        })
    };
    [Side::Visible, Side::Ktlo]
        .map(|side| CategoryGroup { name: side_name(Some(side)), categories: of(side).collect() })
        .into()
}

/// An address of ours with its query; empty values are left out.
fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    let query = pairs.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn go_to(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

/// For the words that count, which take numbers below nought too.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number in a field of a form or an address.
fn number_in(field: Option<&str>, what: &str) -> Result<i32, PageError> {
    field
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| PageError::BadInput(format!("The address or the form does not say {what}.")))
}
