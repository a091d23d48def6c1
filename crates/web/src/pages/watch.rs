//! What ought to be looked at, and the targets after which it is looked at more closely. Names nobody.

use actix_web::{HttpResponse, http::header, web::Data};
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::Month;
use waterline_store::Role;

use crate::{
    access::Visit,
    app::Site,
    form::Form,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/watch.html")]
pub(crate) struct WatchPage {
    layout: Layout,
    looked: Option<String>,
    alarms: Vec<AlarmRow>,
    targets: Vec<TargetRow>,
    /// Whether to show what staff should do about an alarm.
    staff: bool,
    admin: bool,
    /// A month to begin with in the form.
    next_year: String,
}

struct AlarmRow {
    board: String,
    staff: String,
}

struct TargetRow {
    id: i64,
    share: String,
    month: String,
    note: String,
    since: String,
    withdrawn: Option<String>,
}

/// `GET /watch`
pub(crate) async fn page(site: Data<Site>, visit: Visit) -> Result<WatchPage, PageError> {
    let store = &site.app.store;
    let zone = store.zone();
    let role = visit.session()?.user.role;
    let watched = store.alarms().await?;
    let targets = store.targets().await?.into_iter().map(|target| TargetRow {
        id: target.id,
        share: words::percent(target.share),
        month: target.month.in_words(),
        note: target.note,
        since: words::date(zone.day(target.set_at)),
        withdrawn: target.withdrawn_at.map(|at| words::date(zone.day(at))),
    });
    Ok(WatchPage {
        looked: watched.at.map(|at| words::moment(at, zone)),
        alarms: watched
            .alarms
            .iter()
            .map(|alarm| AlarmRow { board: alarm.for_board(), staff: alarm.for_staff() })
            .collect(),
        targets: targets.collect(),
        staff: role >= Role::Tagger,
        admin: role >= Role::Admin,
        next_year: zone.month((site.app.clock)()).plus(12).to_string(),
        layout: Layout::new(&site, &visit, Place::Watch).await?,
    })
}

/// `POST /watch/target`
pub(crate) async fn set_target(
    site: Data<Site>,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let share = form
        .get("share")
        .and_then(|text| text.trim_end_matches('%').trim().parse::<f64>().ok())
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| PageError::BadInput("A target is a number from 0 to 100 per cent.".to_owned()))?;
    let month: Month = form
        .get("month")
        .unwrap_or_default()
        .parse()
        .map_err(|error| PageError::BadInput(format!("By when? {error}.")))?;
    let note = form
        .get("note")
        .ok_or_else(|| PageError::BadInput("Say who decided the target, and why.".to_owned()))?;
    let user = &visit.session()?.user.name;
    site.app.store.set_target(share / 100.0, month, note, user, (site.app.clock)()).await?;
    Ok(back())
}

/// `POST /watch/withdraw`
pub(crate) async fn withdraw_target(
    site: Data<Site>,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let id = form
        .get("target")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| PageError::BadInput("The form does not say which target.".to_owned()))?;
    let user = &visit.session()?.user.name;
    site.app.store.withdraw_target(id, user, (site.app.clock)()).await?;
    Ok(back())
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/watch")).finish()
}
