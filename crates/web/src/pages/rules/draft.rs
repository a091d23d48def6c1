//! A draft: what differs from the rules in force, what it would move, and the decision.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use waterline_core::rules::Finding;
use waterline_store::{InForce, Role};

use super::{Numbered, address, compare::Changes, effect::Effect, go_to, list::saved, signed};
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// Findings that are told of one rule: a rule that is far too broad has dozens of one sort.
const FINDINGS_TOLD: usize = 6;

#[derive(Debug, Deserialize)]
pub(crate) struct DraftQuery {
    /// The rule set that the last edit began from.
    was: Option<i32>,
}

#[derive(Template)]
#[template(path = "pages/rules_draft.html")]
struct DraftPage {
    layout: Layout,
    number: i32,
    admin: bool,
    about: String,
    /// Where the last edit is taken back.
    was: Option<String>,
    /// That something else came into force meanwhile.
    overtaken: Option<String>,
    changes: Changes,
    effect: Effect,
    /// About the rules that this draft touches.
    findings: Vec<FoundInRule>,
    /// About all others, which the rules in force have as well.
    older: Vec<FoundInRule>,
    looked_at: String,
    problem: Option<&'static str>,
}

/// What may be wrong with one rule.
struct FoundInRule {
    name: String,
    edit: String,
    sentences: Vec<String>,
    /// What is left out of a long list: how many more there are.
    more: usize,
}

/// `GET /rules/draft/{number}`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    number: Path<i32>,
    query: Query<DraftQuery>,
) -> Result<HttpResponse, PageError> {
    answer(&site, &visit, *number, query.was, None).await
}

/// The page of a draft, also with what is wrong with the form that was sent from it.
pub(super) async fn answer(
    site: &Site,
    visit: &Visit,
    number: i32,
    was: Option<i32>,
    problem: Option<&'static str>,
) -> Result<HttpResponse, PageError> {
    let store = &site.app.store;
    let in_force = store.in_force().await?;
    if in_force.rule_set == number {
        // An edit that was taken back by another one ends here.
        return Ok(go_to("/rules"));
    }
    let present = Numbered::read(site, in_force.rule_set).await?;
    let draft = Numbered::read(site, number).await?;
    let changes = Changes::between(&present, &draft);
    let run = store.dry_run(number, in_force.model, (site.app.clock)(), |_, _| {}).await?;
    let lint = store.lint(number, |_, _| {}).await?;
    let touched = changes.touched();
    let (findings, older): (Vec<&Finding>, Vec<&Finding>) =
        lint.findings.iter().partition(|finding| touched.contains(finding.name.as_str()));
    let page = DraftPage {
        layout: Layout::new(site, visit, Place::Rules).await?,
        number,
        admin: visit.session()?.user.role == Role::Admin,
        about: saved(&draft, store.zone()),
        was: was.filter(|was| *was != number).map(|was| match was {
            was if was == in_force.rule_set => "/rules".to_owned(),
            was => format!("/rules/draft/{was}"),
        }),
        overtaken: overtaken(&draft, &in_force),
        effect: Effect::new(&run, in_force.classifier.taxonomy(), &draft.taxonomy),
        findings: FoundInRule::gather(number, &findings),
        older: FoundInRule::gather(number, &older),
        looked_at: words::items(signed(lint.items)),
        problem,
        changes,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

/// A draft is a whole rule set: adopted after another one, it takes back what that changed.
fn overtaken(draft: &Numbered, in_force: &InForce) -> Option<String> {
    (draft.saved_at < in_force.since).then(|| {
        format!(
            "Rule set {} came into force after this draft was saved. What differs below may include what \
             that changed; adopting this draft would take it back.",
            in_force.rule_set,
        )
    })
}

impl FoundInRule {
    /// The findings of each rule together, in their order.
    fn gather(number: i32, findings: &[&Finding]) -> Vec<Self> {
        let one = |findings: &[&Finding]| {
            let name = findings.first().map(|finding| finding.name.clone()).unwrap_or_default();
            let sentences = findings.iter().map(|finding| format!("{}.", words::capital(&finding.sentence)));
            Self {
                edit: address("/rules/edit", &[("from", &number.to_string()), ("rule", &name)]),
                name,
                sentences: sentences.take(FINDINGS_TOLD).collect(),
                more: findings.len().saturating_sub(FINDINGS_TOLD),
            }
        };
        findings.chunk_by(|a, b| a.rule == b.rule).map(one).collect()
    }
}
