//! The page on which people answer: one piece of work at a time, as its source has it. Nothing on it may
//! tell what the machine, a tag or anybody else made of that work.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;
use waterline_core::{CategoryId, Side, State, Taxonomy, audit::Answer};
use waterline_store::BlindItem;

use super::{address, go_to, third};
use crate::{
    access::Visit,
    app::Site,
    category_keys::category_keys,
    form::Form,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/audit_next.html")]
pub(crate) struct BlindPage {
    layout: Layout,
    audit: String,
    period: String,
    work: Option<Work>,
    sides: Vec<SideOfAnswers>,
    answered: u32,
    /// Answered and still to answer, by this person.
    mine: u32,
    left: String,
    third: Option<String>,
    /// The last answer came too late to be needed.
    late: bool,
}

/// The piece of work to look at.
struct Work {
    id: i64,
    reference: String,
    title: String,
    description: Option<String>,
    facts: Vec<(&'static str, String)>,
}

struct SideOfAnswers {
    name: &'static str,
    answers: Vec<PossibleAnswer>,
}

struct PossibleAnswer {
    id: String,
    name: String,
    description: String,
    key: Option<char>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Outcome {
    late: Option<String>,
}

/// `GET /audit/{audit}/next`
pub(crate) async fn next(
    site: Data<Site>,
    visit: Visit,
    audit: Path<i64>,
    query: Query<Outcome>,
) -> Result<BlindPage, PageError> {
    let store = &site.app.store;
    let about = store.sample_audit(*audit).await?.ok_or(PageError::NotFound)?;
    let work = store.next_to_audit(*audit, &visit.session()?.user.name).await?;
    let in_force = store.in_force().await?;
    Ok(BlindPage {
        layout: Layout::new(&site, &visit, Place::Audit).await?,
        audit: address(*audit),
        period: about.period.in_words(),
        work: work.next.map(Work::new),
        sides: sides(in_force.classifier.taxonomy()),
        answered: work.answered,
        mine: work.answered + work.left,
        left: words::plural(i64::from(work.left), "piece"),
        third: third(&about),
        late: query.late.is_some(),
    })
}

/// `POST /audit/{audit}/next`
pub(crate) async fn answer(
    site: Data<Site>,
    visit: Visit,
    audit: Path<i64>,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let item = form
        .get("item")
        .and_then(|item| item.parse().ok())
        .ok_or_else(|| PageError::BadInput("The form does not say what was looked at.".to_owned()))?;
    let answer = match form.get("answer").map(CategoryId::new) {
        Some(category) => {
            if site.app.store.in_force().await?.classifier.taxonomy().category(&category).is_none() {
                return Err(PageError::BadInput(format!(
                    "The taxonomy has no category \"{category}\", so nothing was answered."
                )));
            }
            Answer::Category(category)
        }
        None if form.get("cannot_tell").is_some() => Answer::CannotTell,
        None => return Err(PageError::BadInput("The form holds no answer.".to_owned())),
    };
    let user = &visit.session()?.user.name;
    let kept = site.app.store.answer_audit(*audit, item, &answer, user, (site.app.clock)()).await?;
    let late = if kept { "" } else { "?late=yes" };
    Ok(go_to(&format!("{}/next{late}", address(*audit))))
}

/// `POST /audit/{audit}/take-back`
pub(crate) async fn take_back(
    site: Data<Site>,
    visit: Visit,
    audit: Path<i64>,
    _form: Form,
) -> Result<HttpResponse, PageError> {
    let user = &visit.session()?.user.name;
    site.app.store.take_back_last_answer(*audit, user, (site.app.clock)()).await?;
    Ok(go_to(&format!("{}/next", address(*audit))))
}

impl Work {
    fn new(item: BlindItem) -> Self {
        let when = match (item.state, item.finished_on) {
            (State::Finished, Some(day)) => ("Finished", words::date(day)),
            (State::Withdrawn, _) => ("Withdrawn, opened", words::date(item.opened_on)),
            _ => ("Open since", words::date(item.opened_on)),
        };
        let facts = [
            ("Came in as", Some(words::capital(item.kind.as_str()))),
            ("Asked for by", item.department),
            ("Done by", item.team),
            ("About", item.system),
            ("The source’s category", item.source_category),
            ("Belongs to", item.parent),
            (when.0, Some(when.1)),
        ];
        Self {
            id: item.id,
            reference: item.reference,
            title: item.title.unwrap_or_else(|| "No title kept".to_owned()),
            description: item.description,
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        }
    }
}

fn sides(taxonomy: &Taxonomy) -> Vec<SideOfAnswers> {
    let keys = category_keys(taxonomy);
    [(Side::Visible, "Visible"), (Side::Ktlo, "Keeps the lights on")]
        .map(|(side, name)| SideOfAnswers {
            name,
            answers: taxonomy
                .categories()
                .iter()
                .filter(|category| category.side == side)
                .map(|category| PossibleAnswer {
                    id: category.id.to_string(),
                    name: category.name.clone(),
                    description: category.description.clone(),
                    key: keys.get(&category.id).copied(),
                })
                .collect(),
        })
        .into()
}
