//! What one audit found, for the board and for those who do it.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use askama_web::WebTemplate;
use waterline_charts::Layout as Width;
use waterline_core::{
    Basis,
    audit::{more_audits_for, quality_by_category},
};
use waterline_store::Role;

use super::{
    BasisQuery, Measured, address,
    findings::{self, Quality},
    go_to, progress, third, waiting,
};
use crate::{
    access::Visit,
    app::Site,
    form::Form,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// What a board can decide with: three points either way.
const WANTED_HALF_WIDTH: f64 = 0.03;
/// Asked for with one press; the store gives whole batches.
const MORE: u32 = 100;

#[derive(Template, WebTemplate)]
#[template(path = "pages/audit_result.html")]
pub(crate) struct ResultPage {
    layout: Layout,
    audit: String,
    period: String,
    headline: String,
    progress: String,
    third: Option<String>,
    /// That other audits have their part in what stands here, where they have.
    pooled: Option<String>,
    waiting: Option<(String, String)>,
    /// `None` where there is no work to draw.
    pictures: Option<Pictures>,
    /// The other way of counting, and its address.
    other_basis: (&'static str, String),
    numbers: Vec<(&'static str, String)>,
    narrower: String,
    /// For those who may ask for more, where there is more.
    more: Option<u32>,
    agreement: Vec<String>,
    quality: Vec<Quality>,
    /// Categories of which too little was drawn.
    too_few: Option<String>,
    /// Who had it drawn and when, for those who work on it.
    drawn: Option<String>,
}

struct Pictures {
    wide: String,
    narrow: String,
}

/// `GET /audit/{audit}`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    audit: Path<i64>,
    query: Query<BasisQuery>,
) -> Result<ResultPage, PageError> {
    let store = &site.app.store;
    let about = store.sample_audit(*audit).await?.ok_or(PageError::NotFound)?;
    let user = &visit.session()?.user;
    let tagger = user.role >= Role::Tagger;
    let waiting = match tagger {
        true => waiting(&site, &about, &user.name).await?,
        false => None,
    };
    let basis = BasisQuery::basis(&query);
    let Measured { berg, audits, in_force } = Measured::of(&site, about.period, basis).await?;
    let taxonomy = in_force.classifier.taxonomy();
    let needed =
        more_audits_for(WANTED_HALF_WIDTH, about.period, basis, berg.share.as_ref(), &audits, taxonomy);
    let pairs = store.answer_pairs(*audit).await?;
    let (quality, too_few) =
        findings::quality(&quality_by_category(about.period, basis, &audits, taxonomy), taxonomy);
    Ok(ResultPage {
        layout: Layout::new(&site, &visit, Place::Audit).await?,
        audit: address(*audit),
        period: about.period.in_words(),
        headline: findings::headline(&berg),
        progress: progress(&about),
        third: third(&about),
        pooled: findings::pooled(audits.len().saturating_sub(1)),
        waiting,
        pictures: berg.share.is_some().then(|| Pictures {
            wide: waterline_charts::interval(&berg, Width::Wide),
            narrow: waterline_charts::interval(&berg, Width::Narrow),
        }),
        other_basis: match basis {
            Basis::Effort => ("Count by items instead", format!("{}?basis=items", address(*audit))),
            Basis::Items => ("Count by effort instead", address(*audit)),
        },
        numbers: findings::numbers(&berg, &about),
        narrower: findings::narrower(needed, &about),
        more: (tagger && about.in_reserve > 0).then_some(MORE.min(about.in_reserve)),
        agreement: findings::agreement_words(&about, &pairs, taxonomy),
        quality,
        too_few,
        drawn: tagger.then(|| {
            let when = words::moment(about.drawn_at, store.zone());
            format!("Drawn by {} on {when}.", about.drawn_by)
        }),
    })
}

/// `POST /audit/{audit}/more`
pub(crate) async fn more(
    site: Data<Site>,
    visit: Visit,
    audit: Path<i64>,
    _form: Form,
) -> Result<HttpResponse, PageError> {
    let user = &visit.session()?.user.name;
    site.app.store.draw_more(*audit, MORE, user, (site.app.clock)()).await?;
    Ok(go_to(&address(*audit)))
}
