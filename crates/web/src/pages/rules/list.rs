//! The rules of one rule set, in order: those in force with how they came to be, or those of a draft.

use actix_web::web::{Data, Path, Query};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;
use waterline_core::{CategoryId, ReportingZone, Side, rules::Rule};
use waterline_store::{AdoptionState, AdoptionView, InForce, Role, Store};

use super::{
    Choice, Numbered, WORDS_TOLD, address, category_name,
    history::{self, AdoptionRow},
    learned::{self, ModelRow},
    side_name, signed,
};
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// What is looked back on; the whole history is in the database.
const ADOPTIONS_SHOWN: u64 = 20;
/// Drafts that are offered to go on with.
const DRAFTS_SHOWN: usize = 8;

/// The query of a list of rules. An empty field does not narrow.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    text: Option<String>,
    category: Option<String>,
    side: Option<String>,
    /// The draft that was thrown away.
    thrown: Option<i32>,
}

/// Rules that fit a filter.
pub(super) struct RuleList {
    /// Number of their rule set.
    base: i32,
    /// Where this list is.
    path: String,
    rows: Vec<RuleRow>,
    found: String,
    text: String,
    categories: Vec<Choice>,
    sides: Vec<Choice>,
    narrowed: bool,
    /// The filter, to come back to.
    query: String,
}

struct RuleRow {
    number: usize,
    name: String,
    category: String,
    side: &'static str,
    visible: bool,
    words: String,
    edit: String,
    first: bool,
    last: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "pages/rules.html")]
pub(crate) struct RulesPage {
    layout: Layout,
    admin: bool,
    list: RuleList,
    /// How the rules came into force, in a sentence or two.
    since: String,
    reason: String,
    model: String,
    models: Vec<ModelRow>,
    under_way: Option<UnderWay>,
    history: Vec<AdoptionRow>,
    /// The adoption that the button takes back, and what would be in force then.
    undo: Option<Undo>,
    drafts: Vec<DraftRow>,
    thrown: Option<i32>,
}

struct UnderWay {
    sentence: String,
    address: String,
}

pub(super) struct Undo {
    pub(super) adoption: i64,
    pub(super) back_to: String,
}

struct DraftRow {
    number: i32,
    about: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "pages/rules_set.html")]
pub(crate) struct RuleSetPage {
    layout: Layout,
    list: RuleList,
    /// Whether it was in force once; else it is a draft.
    was_in_force: bool,
    about: String,
    compare: String,
}

/// `GET /rules`
pub(crate) async fn in_force(
    site: Data<Site>,
    visit: Visit,
    query: Query<ListQuery>,
) -> Result<RulesPage, PageError> {
    let store = &site.app.store;
    let zone = store.zone();
    let in_force = store.in_force().await?;
    let set = Numbered::read(&site, in_force.rule_set).await?;
    let adoptions = store.adoptions(ADOPTIONS_SHOWN).await?;
    let now_in_force = adoptions.iter().find(|one| one.id == in_force.adoption);
    let models = store.models().await?;
    Ok(RulesPage {
        layout: Layout::new(&site, &visit, Place::Rules).await?,
        admin: visit.session()?.user.role == Role::Admin,
        list: RuleList::new(&set, "/rules", &query),
        since: since(&in_force, now_in_force, zone),
        reason: now_in_force.map(|one| one.reason.clone()).unwrap_or_default(),
        model: learned::words(in_force.model, &models, store.tags_since_training().await?),
        models: models.iter().map(|model| ModelRow::new(model, in_force.model, zone)).collect(),
        under_way: adoptions.iter().find_map(UnderWay::of),
        undo: undo(&adoptions, in_force.adoption),
        history: history::rows(&adoptions, zone),
        drafts: drafts(store, &adoptions, zone).await?,
        thrown: query.thrown,
    })
}

/// `GET /rules/{number}`
pub(crate) async fn rule_set(
    site: Data<Site>,
    visit: Visit,
    number: Path<i32>,
    query: Query<ListQuery>,
) -> Result<RuleSetPage, PageError> {
    let store = &site.app.store;
    let set = Numbered::read(&site, *number).await?;
    let in_force = store.in_force().await?.rule_set;
    let adoptions = store.adoptions(u64::from(u32::MAX)).await?;
    let was = |one: &AdoptionView| one.rule_set == set.number && one.in_force_at.is_some();
    Ok(RuleSetPage {
        layout: Layout::new(&site, &visit, Place::Rules).await?,
        list: RuleList::new(&set, &format!("/rules/{number}"), &query),
        was_in_force: adoptions.iter().any(was),
        about: saved(&set, store.zone()),
        compare: address("/rules/compare", &[("from", &in_force.to_string()), ("to", &number.to_string())]),
    })
}

/// "Saved by ada on 6 November 2026 at 14:05."
pub(super) fn saved(set: &Numbered, zone: ReportingZone) -> String {
    format!("Saved by {} on {}.", set.saved_by, words::moment(set.saved_at, zone))
}

fn since(in_force: &InForce, adoption: Option<&AdoptionView>, zone: ReportingZone) -> String {
    let rules = in_force.classifier.rules().rules().len();
    let rules = words::plural(signed(rules as u64), "rule");
    let by = adoption.map(|one| format!(", adopted by {}", one.asked_by)).unwrap_or_default();
    let when = words::moment(in_force.since, zone);
    format!("Rule set {} with {rules} is in force since {when}{by}.", in_force.rule_set)
}

impl UnderWay {
    fn of(adoption: &AdoptionView) -> Option<Self> {
        let how_far = match adoption.state {
            AdoptionState::Waiting => "waits to be put in force",
            AdoptionState::Sorting => "is being put in force",
            AdoptionState::InForce | AdoptionState::Superseded | AdoptionState::Failed => return None,
        };
        Some(Self {
            sentence: format!("{} {how_far}.", history::what(adoption.rule_set, adoption.model)),
            address: format!("/rules/adoption/{}", adoption.id),
        })
    }
}

/// What was in force before the present, unless something is on its way already.
pub(super) fn undo(adoptions: &[AdoptionView], in_force: i64) -> Option<Undo> {
    if adoptions.iter().any(|one| UnderWay::of(one).is_some()) {
        return None;
    }
    let present = adoptions.iter().position(|one| one.id == in_force)?;
    let before = adoptions[present + 1..].iter().find(|one| one.in_force_at.is_some())?;
    Some(Undo { adoption: in_force, back_to: history::what(before.rule_set, before.model) })
}

/// The newest rule sets that were never in force.
async fn drafts(
    store: &Store,
    adoptions: &[AdoptionView],
    zone: ReportingZone,
) -> Result<Vec<DraftRow>, PageError> {
    let was = |number| adoptions.iter().any(|one| one.rule_set == number && one.in_force_at.is_some());
    let newest = store.newest_rule_sets(4 * DRAFTS_SHOWN as u64).await?;
    let drafts = newest.into_iter().filter(|set| !was(set.number)).take(DRAFTS_SHOWN);
    let about = |by: &str, at| format!("saved by {by} on {}", words::moment(at, zone));
    Ok(drafts
        .map(|set| DraftRow { number: set.number, about: about(&set.created_by, set.created_at) })
        .collect())
}

impl RuleList {
    fn new(set: &Numbered, path: &str, query: &ListQuery) -> Self {
        let field = |field: &Option<String>| field.as_deref().unwrap_or_default().trim().to_owned();
        let (text, category, side) = (field(&query.text), field(&query.category), field(&query.side));
        let wanted = text.to_lowercase();
        let all = set.rules.rules();
        let fits = |rule: &&Rule| {
            (category.is_empty() || rule.category.as_str() == category)
                && (side.is_empty() || side_of(set, &rule.category).is_some_and(|of| of.as_str() == side))
                && (wanted.is_empty()
                    || rule.name.to_lowercase().contains(&wanted)
                    || set.rules.in_words(rule, usize::MAX).contains(&wanted))
        };
        let rows: Vec<RuleRow> =
            all.iter().filter(fits).map(|rule| RuleRow::new(set, rule, all.len())).collect();
        let count = |number| words::plural(signed(number as u64), "rule");
        let narrowed = !(text.is_empty() && category.is_empty() && side.is_empty());
        Self {
            base: set.number,
            path: path.to_owned(),
            found: if narrowed {
                format!("{} of {}", words::count(signed(rows.len() as u64)), count(all.len()))
            } else {
                count(all.len())
            },
            rows,
            categories: category_choices(set, &category),
            sides: [Side::Visible, Side::Ktlo]
                .map(|one| Choice {
                    value: one.as_str().to_owned(),
                    name: side_name(Some(one)).to_owned(),
                    chosen: one.as_str() == side,
                })
                .into(),
            query: address("", &[("text", &text), ("category", &category), ("side", &side)]),
            narrowed,
            text,
        }
    }
}

fn side_of(set: &Numbered, category: &CategoryId) -> Option<Side> {
    set.taxonomy.side(category)
}

fn category_choices(set: &Numbered, chosen: &str) -> Vec<Choice> {
    let choice = |category: &waterline_core::Category| Choice {
        value: category.id.to_string(),
        name: category.name.clone(),
        chosen: category.id.as_str() == chosen,
    };
    set.taxonomy.categories().iter().map(choice).collect()
}

impl RuleRow {
    fn new(set: &Numbered, rule: &Rule, all: usize) -> Self {
        let side = side_of(set, &rule.category);
        Self {
            number: rule.number,
            name: rule.name.clone(),
            category: category_name(&set.taxonomy, Some(&rule.category)),
            side: side_name(side),
            visible: side == Some(Side::Visible),
            words: words::capital(&set.rules.in_words(rule, WORDS_TOLD)),
            edit: address("/rules/edit", &[("from", &set.number.to_string()), ("rule", &rule.name)]),
            first: rule.number == 1,
            last: rule.number == all,
        }
    }
}
