//! Audits: people look at a random sample of the work without being told how it was sorted, and so measure
//! how far the figure may be from the truth.

mod blind;
mod findings;
mod result;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::{Basis, Dimension, Iceberg, MonthRange, audit::Audit};
use waterline_store::{InForce, NewSampleAudit, Role, SampleAudit};

pub(crate) use blind::{answer, next, take_back};
pub(crate) use result::{more, page as result_page};

use crate::{
    access::Visit,
    app::Site,
    form::Form,
    layout::{Layout, Place},
    pages::iceberg::Choosable,
    period::{Choice, FigureQuery, LENGTHS},
    problem::PageError,
    words::{self, percent},
};

/// Enough for an interval of about four points either side, and a morning's work.
const USUAL_DRAWS: u32 = 150;

#[derive(Template, WebTemplate)]
#[template(path = "pages/audit.html")]
pub(crate) struct AuditsPage {
    layout: Layout,
    audits: Vec<Row>,
    /// For those who may draw one.
    draw: Option<DrawForm>,
}

/// One audit in the list.
struct Row {
    address: String,
    period: String,
    progress: String,
    third: Option<String>,
    interval: String,
    /// What waits for whoever looks at the page, and where.
    waiting: Option<(String, String)>,
}

struct DrawForm {
    lengths: Vec<Choosable>,
    months: Vec<Choosable>,
    draws: u32,
}

/// `GET /audit`
pub(crate) async fn page(site: Data<Site>, visit: Visit) -> Result<AuditsPage, PageError> {
    let user = &visit.session()?.user;
    let tagger = user.role >= Role::Tagger;
    let mut audits = Vec::new();
    for audit in site.app.store.sample_audits().await? {
        let waiting = match tagger {
            true => waiting(&site, &audit, &user.name).await?,
            false => None,
        };
        let figure = Measured::of(&site, audit.period, Basis::Effort).await?;
        audits.push(Row {
            address: address(audit.id),
            period: audit.period.in_words(),
            progress: progress(&audit),
            third: third(&audit),
            interval: match figure.berg.error.measured() {
                Some(found) => format!("{} to {}", percent(found.low), percent(found.high)),
                None => "Not yet measured".to_owned(),
            },
            waiting,
        });
    }
    let draw = match tagger {
        true => Some(DrawForm::new(&Choice::ask(&site, &FigureQuery::default()).await?)),
        false => None,
    };
    Ok(AuditsPage { layout: Layout::new(&site, &visit, Place::Audit).await?, audits, draw })
}

/// `POST /audit/draw`
pub(crate) async fn draw(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let asked = FigureQuery::ending(form.get("to"), form.get("months"));
    let number = |field: &str, what: &str| {
        let typed = form.get(field).unwrap_or_default();
        let wrong = || PageError::BadInput(format!("“{typed}” is not a number of {what}."));
        typed.parse::<u32>().map_err(|_| wrong())
    };
    let people = number("people", "people")?;
    let new = NewSampleAudit {
        period: Choice::ask(&site, &asked).await?.period,
        draws: number("draws", "pieces of work")?,
        people: u8::try_from(people).unwrap_or(u8::MAX),
        seed: None,
    };
    let user = &visit.session()?.user.name;
    let id = site.app.store.draw_audit(&new, user, (site.app.clock)()).await?;
    Ok(go_to(&address(id)))
}

impl DrawForm {
    fn new(choice: &Choice) -> Self {
        Self {
            lengths: LENGTHS
                .map(|length| Choosable {
                    value: length.to_string(),
                    name: words::plural(i64::from(length), "month"),
                    chosen: usize::from(length) == choice.period.len(),
                })
                .into(),
            months: choice
                .months_offered()
                .into_iter()
                .filter(|month| *month < choice.current)
                .map(|month| Choosable {
                    value: month.to_string(),
                    name: month.in_words(),
                    chosen: month == choice.period.last(),
                })
                .collect(),
            draws: USUAL_DRAWS,
        }
    }
}

/// A period's figure with what audits say about it: the same as on every other page.
struct Measured {
    berg: Iceberg,
    audits: Vec<Audit>,
    in_force: std::sync::Arc<InForce>,
}

impl Measured {
    async fn of(site: &Site, period: MonthRange, basis: Basis) -> Result<Self, PageError> {
        let store = &site.app.store;
        let rows = store.work_done(period, Dimension::All).await?;
        let audits = store.audits(period).await?;
        let in_force = store.in_force().await?;
        let berg = Iceberg::new(period, basis, &rows, in_force.classifier.taxonomy(), &audits);
        Ok(Self { berg, audits, in_force })
    }
}

fn address(audit: i64) -> String {
    format!("/audit/{audit}")
}

fn go_to(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

fn progress(audit: &SampleAudit) -> String {
    let (settled, items) = (i64::from(audit.settled), i64::from(audit.items));
    if settled == items {
        return format!("All {} settled", words::plural(items, "piece"));
    }
    format!("{} of {} settled", words::count(settled), words::plural(items, "piece"))
}

/// Disagreements that nobody has decided yet.
fn third(audit: &SampleAudit) -> Option<String> {
    match audit.needs_third {
        0 => None,
        1 => Some("1 disagreement waits for a third person".to_owned()),
        more => Some(format!("{more} disagreements wait for a third person")),
    }
}

/// What is left for one person, and where to go on.
async fn waiting(
    site: &Site,
    audit: &SampleAudit,
    user: &str,
) -> Result<Option<(String, String)>, PageError> {
    if audit.settled == audit.items {
        return Ok(None);
    }
    let work = site.app.store.next_to_audit(audit.id, user).await?;
    Ok((work.left > 0).then(|| {
        let verb = if work.left == 1 { "waits" } else { "wait" };
        let words = format!("{} {verb} for you", words::plural(i64::from(work.left), "piece"));
        (words, format!("{}/next", address(audit.id)))
    }))
}

/// Which way of counting an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct BasisQuery {
    basis: Option<String>,
}

impl BasisQuery {
    fn basis(query: &Query<Self>) -> Basis {
        if query.basis.as_deref() == Some(Basis::Items.as_str()) { Basis::Items } else { Basis::Effort }
    }
}
