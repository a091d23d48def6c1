//! Putting a draft in force, watching it happen, and taking it back. For admins; everybody who may see
//! the rules may watch.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::ReportingZone;
use waterline_store::{AdoptionState, AdoptionView, Role};

use super::{
    address, draft, go_to,
    history::{board, by_points, moved, what},
    list::{Undo, undo as undo_of},
    number_in, signed,
};
use crate::{
    access::Visit,
    app::Site,
    form::Form,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/rules_adoption.html")]
pub(crate) struct AdoptionPage {
    layout: Layout,
    admin: bool,
    heading: String,
    /// Where it stands.
    sentence: String,
    /// While there is still something to wait for.
    bar: Option<Bar>,
    trouble: Option<String>,
    /// What it moved, once it is in force.
    outcome: Option<String>,
    about: Vec<(&'static str, String)>,
    compare: Option<String>,
    undo: Option<Undo>,
}

struct Bar {
    done: u64,
    total: u64,
    words: String,
}

/// `POST /rules/adopt`
pub(crate) async fn adopt(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let number = number_in(form.get("rule_set"), "which rule set to adopt")?;
    let Some(reason) = form.get("reason") else {
        let problem = Some("Say why these rules are better, so that others can understand it later");
        return draft::answer(&site, &visit, number, None, problem).await;
    };
    let store = &site.app.store;
    let model = store.in_force().await?.model;
    let user = &visit.session()?.user.name;
    let adoption = store.ask_adoption(number, model, reason, user, (site.app.clock)()).await?;
    Ok(go_to(&format!("/rules/adoption/{adoption}")))
}

/// `POST /rules/undo`
pub(crate) async fn undo(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let store = &site.app.store;
    let seen = form.get("adoption").and_then(|id| id.parse().ok());
    if seen != Some(store.in_force().await?.adoption) {
        return Err(PageError::BadInput(
            "Something else came into force meanwhile, so nothing was undone. Look at the rules again."
                .to_owned(),
        ));
    }
    let user = &visit.session()?.user.name;
    let adoption = store.undo_adoption(user, (site.app.clock)()).await?;
    Ok(go_to(&format!("/rules/adoption/{adoption}")))
}

/// `GET /rules/adoption/{id}`
pub(crate) async fn progress(
    site: Data<Site>,
    visit: Visit,
    id: Path<i64>,
) -> Result<AdoptionPage, PageError> {
    let store = &site.app.store;
    let adoptions = store.adoptions(u64::from(u32::MAX)).await?;
    let place = adoptions.iter().position(|one| one.id == *id).ok_or(PageError::NotFound)?;
    let one = &adoptions[place];
    let before = adoptions[place + 1..].iter().find(|one| one.in_force_at.is_some());
    let zone = store.zone();
    Ok(AdoptionPage {
        layout: Layout::new(&site, &visit, Place::Rules).await?,
        admin: visit.session()?.user.role == Role::Admin,
        heading: what(one.rule_set, one.model),
        sentence: sentence(one, zone),
        bar: Bar::of(one),
        trouble: one.trouble.as_deref().map(words::capital),
        outcome: outcome(one),
        about: vec![
            ("Why", one.reason.clone()),
            ("Asked for by", format!("{}, {}", one.asked_by, words::moment(one.asked_at, zone))),
        ],
        compare: before.filter(|before| before.rule_set != one.rule_set).map(|before| {
            let (from, to) = (before.rule_set.to_string(), one.rule_set.to_string());
            address("/rules/compare", &[("from", &from), ("to", &to)])
        }),
        undo: if one.state == AdoptionState::InForce { undo_of(&adoptions, one.id) } else { None },
    })
}

fn sentence(one: &AdoptionView, zone: ReportingZone) -> String {
    let since = || one.in_force_at.map(|at| words::moment(at, zone)).unwrap_or_default();
    match one.state {
        AdoptionState::Waiting => {
            "It waits for its turn, and begins by itself. Until it is done, what is in force still decides."
                .to_owned()
        }
        AdoptionState::Sorting => {
            "All work is being looked at afresh. Until it is done, what is in force still decides.".to_owned()
        }
        AdoptionState::InForce => format!("It is in force since {}.", since()),
        AdoptionState::Superseded => {
            format!("It was in force from {}, until something else was.", since())
        }
        AdoptionState::Failed => {
            "It could not be put in force. What was in force before still is, and nothing has changed."
                .to_owned()
        }
    }
}

impl Bar {
    fn of(one: &AdoptionView) -> Option<Self> {
        if !matches!(one.state, AdoptionState::Waiting | AdoptionState::Sorting) {
            return None;
        }
        let count = |items| words::count(signed(items));
        let words = match one.total {
            0 => "Not begun".to_owned(),
            total => format!(
                "{} of {} items looked at ({})",
                count(one.done),
                count(total),
                words::percent(one.done as f64 / total as f64)
            ),
        };
        Some(Self { done: one.done, total: one.total.max(1), words })
    }
}

fn outcome(one: &AdoptionView) -> Option<String> {
    one.in_force_at?;
    let shift = one.shift.and_then(|shift| board(&shift).difference());
    Some(match shift {
        Some(shift) => format!("{}. The board’s figure {}.", moved(one.moved), by_points(shift)),
        None => format!("{}.", moved(one.moved)),
    })
}
