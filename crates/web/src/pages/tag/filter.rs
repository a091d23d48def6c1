use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use waterline_core::{CategoryId, Dimension, Kind, Method, Month, MonthRange, State, Taxonomy};
use waterline_store::ItemFilter;

use super::{item::method_words, items_of};
use crate::{app::Site, problem::PageError};

/// What the address says about the last action; not part of the filter.
pub(super) const OUTCOME_FIELDS: [&str; 5] = ["tagged", "undone", "as", "of", "missing"];
/// The two views of the same work.
pub(super) const QUEUE: &str = "/tag";
pub(super) const LIST: &str = "/tag/list";
/// The word for work that nothing classified, where a category could stand.
const UNCLASSIFIED: &str = "unclassified";
/// Teams are offered from the newest months only; a team that finished nothing for so long has no work
/// to tag.
const MONTHS_OF_TEAMS: u16 = 3;

/// The query of `/tag` and `/tag/list`, as it came. An empty field does not narrow.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct TagQuery {
    text: Option<String>,
    from: Option<String>,
    to: Option<String>,
    source: Option<String>,
    kind: Option<String>,
    state: Option<String>,
    category: Option<String>,
    method: Option<String>,
    team: Option<String>,
    like: Option<String>,
    after: Option<String>,
    tagged: Option<String>,
    undone: Option<String>,
    #[serde(rename = "as")]
    tagged_as: Option<String>,
    of: Option<String>,
    missing: Option<String>,
}

fn filled(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A word out of a closed set, refused with the sentence of that set.
fn word<T: FromStr<Err = String>>(field: &Option<String>) -> Result<Option<T>, PageError> {
    filled(field).map(|word| word.parse().map_err(|e| PageError::BadInput(format!("{e}.")))).transpose()
}

impl TagQuery {
    pub(super) fn filter(&self, taxonomy: &Taxonomy) -> Result<ItemFilter, PageError> {
        Ok(ItemFilter {
            finished: self.finished()?,
            source: filled(&self.source).map(ToOwned::to_owned),
            kind: word::<Kind>(&self.kind)?,
            state: filled(&self.state).map(state).transpose()?,
            category: filled(&self.category).map(|id| category(id, taxonomy)).transpose()?,
            method: word::<Method>(&self.method)?,
            team: filled(&self.team).map(ToOwned::to_owned),
            text: filled(&self.text).map(ToOwned::to_owned),
            alike_to: filled(&self.like).map(item).transpose()?,
            ..ItemFilter::default()
        })
    }

    /// One end alone is that one month.
    fn finished(&self) -> Result<Option<MonthRange>, PageError> {
        let month = |field| {
            filled(field)
                .map(|text| text.parse::<Month>().map_err(|e| PageError::BadInput(format!("{e}."))))
                .transpose()
        };
        let range = match (month(&self.from)?, month(&self.to)?) {
            (Some(from), Some(to)) => {
                Some(MonthRange::new(from, to).map_err(|e| PageError::BadInput(format!("Sorry, {e}.")))?)
            }
            (Some(only), None) | (None, Some(only)) => Some(MonthRange::ending(only, 1)),
            (None, None) => None,
        };
        Ok(range)
    }

    pub(super) fn after(&self) -> Option<&str> {
        filled(&self.after)
    }

    pub(super) fn category_chosen(&self) -> Option<&str> {
        filled(&self.tagged_as)
    }

    /// The item whose like are shown.
    pub(super) fn like(&self) -> Option<&str> {
        filled(&self.like)
    }

    /// Reads back what [`Self::query`] gave.
    pub(super) fn parse(query: &str) -> Result<Self, PageError> {
        let unreadable = |_| PageError::BadInput("The form does not say which items are meant.".to_owned());
        actix_web::web::Query::<Self>::from_query(query)
            .map(actix_web::web::Query::into_inner)
            .map_err(unreadable)
    }

    /// The filter as the query of an address; empty where nothing narrows.
    pub(super) fn query(&self) -> String {
        self.query_from(None)
    }

    fn query_from(&self, after: Option<&str>) -> String {
        let fields = [
            ("text", &self.text),
            ("from", &self.from),
            ("to", &self.to),
            ("source", &self.source),
            ("kind", &self.kind),
            ("state", &self.state),
            ("category", &self.category),
            ("method", &self.method),
            ("team", &self.team),
            ("like", &self.like),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.iter().filter_map(|(name, field)| Some((name, filled(field)?))));
        query.extend_pairs(after.map(|after| ("after", after)));
        query.finish()
    }

    /// The address of a view of this work, from an item on.
    pub(super) fn address(&self, view: &str, after: Option<&str>) -> String {
        let query = self.query_from(after);
        if query.is_empty() { view.to_owned() } else { format!("{view}?{query}") }
    }

    /// The one item that was tagged last, and as what, while the page tells of it.
    pub(super) fn just_tagged_one(&self, taxonomy: &Taxonomy) -> Option<(i64, CategoryId)> {
        let category = CategoryId::new(filled(&self.tagged_as)?);
        let item = filled(&self.of)?.parse().ok()?;
        (self.just_tagged(taxonomy)).then_some((item, category))
    }

    /// What the last action did. Only numbers and names of the taxonomy get from the address to the page.
    pub(super) fn done(&self, taxonomy: &Taxonomy) -> Option<String> {
        let number = |field| filled(field).and_then(|number| number.parse::<u64>().ok());
        if let Some(undone) = number(&self.undone) {
            return Some(format!("Undone: {} went back to what they were", items_of(undone)));
        }
        let id = CategoryId::new(filled(&self.tagged_as)?);
        let category = taxonomy.category(&id)?;
        Some(format!("Tagged {} as “{}”", items_of(number(&self.tagged)?), category.name))
    }

    /// Whether the last action tagged something, and the page says so.
    pub(super) fn just_tagged(&self, taxonomy: &Taxonomy) -> bool {
        filled(&self.undone).is_none() && self.done(taxonomy).is_some()
    }

    pub(super) fn problem(&self) -> Option<&'static str> {
        match filled(&self.missing)? {
            "items" => Some("Select the items that you want to tag"),
            "category" => Some("Choose the category to tag them with"),
            _ => None,
        }
    }
}

fn state(word: &str) -> Result<State, PageError> {
    STATES.into_iter().find(|(state, _)| state.as_str() == word).map(|(state, _)| state).ok_or_else(|| {
        PageError::BadInput(format!("\"{word}\" is not a state; work is open, finished or withdrawn."))
    })
}

fn item(number: &str) -> Result<i64, PageError> {
    number.parse().map_err(|_| PageError::BadInput(format!("\"{number}\" is not an item.")))
}

fn category(id: &str, taxonomy: &Taxonomy) -> Result<Option<CategoryId>, PageError> {
    if id == UNCLASSIFIED {
        return Ok(None);
    }
    let id = CategoryId::new(id);
    match taxonomy.category(&id) {
        Some(_) => Ok(Some(id)),
        None => Err(PageError::BadInput(format!("The taxonomy has no category \"{id}\"."))),
    }
}

const STATES: [(State, &str); 3] =
    [(State::Open, "Open"), (State::Finished, "Finished"), (State::Withdrawn, "Withdrawn")];

/// A list to choose from.
pub(super) struct Select {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) options: Vec<SelectOption>,
}

pub(super) struct SelectOption {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

impl Select {
    /// `options` are (value, name); the one that narrows nothing stands first. A chosen value that is no
    /// longer offered stays, so that the form never drops what the address says.
    fn new(
        id: &'static str,
        label: &'static str,
        field: &Option<String>,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let chosen = filled(field).unwrap_or_default();
        let mut all = vec![(String::new(), "Any".to_owned())];
        all.extend(options);
        if !all.iter().any(|(value, _)| value == chosen) {
            all.push((chosen.to_owned(), chosen.to_owned()));
        }
        let options = all
            .into_iter()
            .map(|(value, name)| SelectOption { chosen: value == chosen, value, name })
            .collect();
        Self { id, label, options }
    }
}

/// The form above the work.
pub(super) struct FilterForm {
    pub(super) text: String,
    /// The item whose like are shown.
    pub(super) like: Option<String>,
    /// Always shown.
    pub(super) main: Vec<Select>,
    /// Folded away until one of them is in use.
    pub(super) more: Vec<Select>,
    pub(super) more_in_use: bool,
    /// Whether any list to choose from narrows.
    pub(super) in_use: bool,
}

impl FilterForm {
    pub(super) async fn new(site: &Site, query: &TagQuery) -> Result<Self, PageError> {
        let app = &site.app;
        let in_force = app.store.in_force().await?;
        let held = app.store.months_held().await?;
        let mut months: Vec<Month> = held.iter().flat_map(|held| held.months()).collect();
        months.reverse();
        let months = || months.iter().map(|month| (month.to_string(), month.in_words()));
        let mut sources: Vec<String> =
            app.store.feed_statuses((app.clock)()).await?.into_iter().map(|feed| feed.source).collect();
        sources.dedup();
        let categories = std::iter::once((UNCLASSIFIED.to_owned(), "Not yet classified".to_owned())).chain(
            in_force
                .classifier
                .taxonomy()
                .categories()
                .iter()
                .map(|category| (category.id.to_string(), category.name.clone())),
        );
        let main = [&query.category, &query.from, &query.to];
        let more = [&query.source, &query.kind, &query.state, &query.method, &query.team];
        let in_use = |fields: &[&Option<String>]| fields.iter().any(|field| filled(field).is_some());
        Ok(Self {
            text: filled(&query.text).unwrap_or_default().to_owned(),
            like: query.like().map(ToOwned::to_owned),
            in_use: in_use(&main) || in_use(&more),
            more_in_use: in_use(&more),
            main: vec![
                Select::new("category", "Category", &query.category, categories),
                Select::new("from", "Finished from", &query.from, months()),
                Select::new("to", "Finished to", &query.to, months()),
            ],
            more: vec![
                Select::new("source", "Source", &query.source, pairs(sources)),
                Select::new(
                    "kind",
                    "Kind",
                    &query.kind,
                    Kind::ALL.map(|kind| (kind.to_string(), kind.to_string())),
                ),
                Select::new(
                    "state",
                    "State",
                    &query.state,
                    STATES.map(|(state, name)| (state.as_str().to_owned(), name.to_owned())),
                ),
                Select::new(
                    "method",
                    "Classified by",
                    &query.method,
                    Method::ALL.map(|method| (method.as_str().to_owned(), method_words(method).to_owned())),
                ),
                Select::new("team", "Team", &query.team, pairs(teams(site, held).await?)),
            ],
        })
    }
}

async fn teams(site: &Site, held: Option<MonthRange>) -> Result<Vec<String>, PageError> {
    let Some(held) = held else { return Ok(Vec::new()) };
    let newest = MonthRange::ending(held.last(), MONTHS_OF_TEAMS);
    let rows = site.app.store.work_done(newest, Dimension::Team).await?;
    let mut teams: Vec<String> = rows.into_iter().filter_map(|row| row.group).collect();
    teams.sort_unstable();
    teams.dedup();
    Ok(teams)
}

fn pairs(names: Vec<String>) -> impl Iterator<Item = (String, String)> {
    names.into_iter().filter(|name| !name.is_empty()).map(|name| (name.clone(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taxonomy() -> Taxonomy {
        Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap()
    }

    fn query(text: &str) -> TagQuery {
        actix_web::web::Query::<TagQuery>::from_query(text).unwrap().into_inner()
    }

    #[test]
    fn empty_fields_do_not_narrow() {
        let filter = query("text=&kind=&from=&to=&category=&state=&team=+").filter(&taxonomy()).unwrap();
        assert_eq!(filter, ItemFilter::default());
    }

    #[test]
    fn every_field_narrows() {
        let query = query(
            "text=printer&kind=incident&from=2026-01&to=2026-03&category=unclassified&state=finished&method=rule&team=Desk&source=RT",
        );
        let filter = query.filter(&taxonomy()).unwrap();
        assert_eq!(filter.finished.unwrap().in_words(), "January 2026 to March 2026");
        assert_eq!(
            (filter.kind, filter.state, filter.category, filter.method),
            (Some(Kind::Incident), Some(State::Finished), Some(None), Some(Method::Rule))
        );
        assert_eq!((filter.team.unwrap(), filter.source.unwrap()), ("Desk".to_owned(), "RT".to_owned()));
        assert_eq!(filter.text.unwrap(), "printer");
    }

    #[test]
    fn nonsense_is_refused_in_a_sentence() {
        for (text, part) in [
            ("kind=x", "is not a kind of work"),
            ("state=x", "open, finished or withdrawn"),
            ("category=x", "no category \"x\""),
            ("method=x", "is not a way of classifying"),
            ("from=x", "is not a month"),
            ("from=2026-03&to=2026-01", "ends (2026-01) before it begins"),
        ] {
            let sentence = query(text).filter(&taxonomy()).unwrap_err().to_string();
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn the_address_carries_the_filter_and_not_the_outcome() {
        let query = query("text=a%26b&kind=&after=x&tagged=3&as=advice&missing=items");
        assert_eq!(query.address(LIST, Some("7/1")), "/tag/list?text=a%26b&after=7%2F1");
        assert_eq!(TagQuery::default().address(QUEUE, None), "/tag");
        assert_eq!(TagQuery::parse(&query.query()).unwrap().query(), "text=a%26b");
    }

    #[test]
    fn what_was_done_is_said_in_words_of_the_taxonomy_only() {
        let taxonomy = taxonomy();
        assert_eq!(
            query("tagged=1&as=advice").done(&taxonomy).unwrap(),
            "Tagged 1 item as “Design and advice”"
        );
        assert_eq!(
            query("undone=12").done(&taxonomy).unwrap(),
            "Undone: 12 items went back to what they were"
        );
        assert_eq!(query("tagged=1&as=%3Cscript%3E").done(&taxonomy), None);
        assert_eq!(query("").done(&taxonomy), None);
    }
}
