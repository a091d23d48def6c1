//! The statements in the footer. They claim nothing that is not true of this software.

use actix_web::web::Data;
use askama::Template;
use askama_web::WebTemplate;

use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/accessibility.html")]
pub(crate) struct AccessibilityPage {
    layout: Layout,
}

/// `GET /accessibility`
pub(crate) async fn accessibility(site: Data<Site>, visit: Visit) -> Result<AccessibilityPage, PageError> {
    Ok(AccessibilityPage { layout: Layout::new(&site, &visit, Place::Elsewhere).await? })
}

#[derive(Template, WebTemplate)]
#[template(path = "pages/privacy.html")]
pub(crate) struct PrivacyPage {
    layout: Layout,
    cookie: &'static str,
}

/// `GET /privacy`
pub(crate) async fn privacy(site: Data<Site>, visit: Visit) -> Result<PrivacyPage, PageError> {
    let cookie = crate::access::cookie_name(&site);
    Ok(PrivacyPage { layout: Layout::new(&site, &visit, Place::Elsewhere).await?, cookie })
}
