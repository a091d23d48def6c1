use actix_web::web::Data;
use askama::Template;
use askama_web::WebTemplate;

use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// The newest entries are what a person looks for; the whole log is in the database.
const ENTRIES_SHOWN: u64 = 200;

#[derive(Template, WebTemplate)]
#[template(path = "pages/admin.html")]
pub(crate) struct AdminPage {
    layout: Layout,
    users: Vec<UserRow>,
    entries: Vec<EntryRow>,
}

struct UserRow {
    name: String,
    role: &'static str,
    state: &'static str,
    since: String,
}

struct EntryRow {
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

/// `GET /admin`
pub(crate) async fn page(site: Data<Site>, visit: Visit) -> Result<AdminPage, PageError> {
    let store = &site.app.store;
    let zone = store.zone();
    let users = store.users().await?.into_iter().map(|user| UserRow {
        name: user.name,
        role: user.role.as_str(),
        state: if user.disabled { "Disabled" } else { "Can sign in" },
        since: words::date(zone.day(user.created_at)),
    });
    let entries = store.audit_entries(ENTRIES_SHOWN).await?.into_iter().map(|entry| EntryRow {
        at: words::moment(entry.at, zone),
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
    });
    Ok(AdminPage {
        users: users.collect(),
        entries: entries.collect(),
        layout: Layout::new(&site, &visit, Place::Admin).await?,
    })
}
