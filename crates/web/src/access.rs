//! Who may see what. The one place that decides: a route that is not in the table here is refused to
//! everyone, so nobody can forget to protect one.

use std::future::{Ready, ready};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::BoxBody,
    cookie::{Cookie, SameSite},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};
use url::form_urlencoded;
use waterline_store::{Role, Session};

use crate::{app::Site, problem::PageError};

/// What it takes to open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing, and nobody is looked up.
    Open,
    /// Nothing, but a signed-in person is greeted.
    Anyone,
    /// At least this role.
    AtLeast(Role),
}

/// By the pattern of the route, as `routes.rs` registers it.
pub(crate) const ACCESS: &[(&str, Access)] = &[
    ("/", Access::AtLeast(Role::Board)),
    ("/figures.csv", Access::AtLeast(Role::Board)),
    ("/sources", Access::AtLeast(Role::Board)),
    ("/method", Access::AtLeast(Role::Board)),
    ("/tag", Access::AtLeast(Role::Tagger)),
    ("/tag/list", Access::AtLeast(Role::Tagger)),
    ("/tag/history", Access::AtLeast(Role::Tagger)),
    ("/tag/matching", Access::AtLeast(Role::Tagger)),
    ("/tag/undo", Access::AtLeast(Role::Tagger)),
    ("/audit", Access::AtLeast(Role::Board)),
    ("/audit/draw", Access::AtLeast(Role::Tagger)),
    ("/audit/{audit:[0-9]+}", Access::AtLeast(Role::Board)),
    ("/audit/{audit:[0-9]+}/next", Access::AtLeast(Role::Tagger)),
    ("/audit/{audit:[0-9]+}/take-back", Access::AtLeast(Role::Tagger)),
    ("/audit/{audit:[0-9]+}/more", Access::AtLeast(Role::Tagger)),
    ("/rules", Access::AtLeast(Role::Tagger)),
    ("/rules/{number:[0-9]+}", Access::AtLeast(Role::Tagger)),
    ("/rules/{number:[0-9]+}.toml", Access::AtLeast(Role::Tagger)),
    ("/rules/draft/{number}", Access::AtLeast(Role::Tagger)),
    ("/rules/new", Access::AtLeast(Role::Tagger)),
    ("/rules/edit", Access::AtLeast(Role::Tagger)),
    ("/rules/save", Access::AtLeast(Role::Tagger)),
    ("/rules/move", Access::AtLeast(Role::Tagger)),
    ("/rules/remove", Access::AtLeast(Role::Tagger)),
    ("/rules/text", Access::AtLeast(Role::Tagger)),
    ("/rules/compare", Access::AtLeast(Role::Tagger)),
    ("/rules/adoption/{id}", Access::AtLeast(Role::Tagger)),
    // Drafting is for all who tag; what counts for the board is for admins.
    ("/rules/adopt", Access::AtLeast(Role::Admin)),
    ("/rules/undo", Access::AtLeast(Role::Admin)),
    ("/watch", Access::AtLeast(Role::Board)),
    ("/watch/target", Access::AtLeast(Role::Admin)),
    ("/watch/withdraw", Access::AtLeast(Role::Admin)),
    ("/admin", Access::AtLeast(Role::Admin)),
    ("/sign-out", Access::AtLeast(Role::Board)),
    ("/sign-in", Access::Anyone),
    ("/accessibility", Access::Anyone),
    ("/privacy", Access::Anyone),
    ("/assets/{hash}/{file}", Access::Open),
    ("/healthz", Access::Open),
    ("/readyz", Access::Open),
    // Has its own check, by token or by address: see `pages/health.rs`.
    ("/metrics", Access::Open),
];

/// Who is asking, for handlers.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) session: Option<Session>,
}

impl Visit {
    /// The signed-in person; the guard has seen to it that there is one wherever the table asks for a
    /// role.
    pub(crate) fn session(&self) -> Result<&Session, PageError> {
        self.session.as_ref().ok_or(PageError::SignedOut)
    }
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self { session: request.extensions().get::<Session>().cloned() }))
    }
}

/// Stands before every route: refuses forms from other sites, finds out who is asking, and refuses who
/// may not.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(&request).await {
        Ok(()) => Ok(next.call(request).await?),
        Err(PageError::SignedOut) if reads(&request) => {
            let response = HttpResponse::SeeOther()
                .insert_header((header::LOCATION, sign_in_address(&request)))
                .finish();
            Ok(request.into_response(response))
        }
        Err(refusal) => Ok(request.error_response(refusal)),
    }
}

fn reads(request: &ServiceRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

async fn admit(request: &ServiceRequest) -> Result<(), PageError> {
    let site = request.app_data::<Data<Site>>().ok_or(PageError::Misbuilt("the site is not set up"))?;
    if !reads(request) && comes_from_elsewhere(request, site) {
        return Err(PageError::OtherSite);
    }
    if request.query_string().contains("%00") {
        return Err(PageError::NullByte);
    }
    let access = match request.match_pattern() {
        Some(pattern) => access(&pattern).ok_or(PageError::Misbuilt("the route has no access rule"))?,
        None => Access::Anyone,
    };
    if access == Access::Open {
        return Ok(());
    }
    let session = match session_token(request, site) {
        Some(token) => site.app.store.session(&token, (site.app.clock)()).await?,
        None => None,
    };
    let role = session.as_ref().map(|session| session.user.role);
    // Kept also for the page that says no, which has the person's own navigation.
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    match (access, role) {
        (Access::AtLeast(_), None) => Err(PageError::SignedOut),
        (Access::AtLeast(needed), Some(role)) if role < needed => Err(PageError::Forbidden(needed)),
        _ => Ok(()),
    }
}

fn access(pattern: &str) -> Option<Access> {
    ACCESS.iter().find(|(known, _)| *known == pattern).map(|(_, access)| *access)
}

/// Whether a browser says that another site sent this. Every browser since 2020 does say; a caller that
/// says nothing is no browser, and so carries no cookie that it did not mean to send. The token in each
/// form is the second lock (`form.rs`).
fn comes_from_elsewhere(request: &ServiceRequest, site: &Site) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(relation) = header("sec-fetch-site") {
        return !matches!(relation, "same-origin" | "none");
    }
    let Some(origin) = header("origin") else { return false };
    if let Some(public) = &site.app.settings.public_url {
        return public.origin().ascii_serialization() != origin;
    }
    origin.split_once("://").map(|(_, host)| host) != header("host")
}

/// Where to sign in, and to come back from there.
fn sign_in_address(request: &ServiceRequest) -> String {
    let wanted = request.uri().path_and_query().map_or("/", |target| target.as_str());
    if wanted == "/" {
        return "/sign-in".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", wanted).finish();
    format!("/sign-in?{query}")
}

/// `__Host-` makes browsers refuse the cookie from anyone but this very host, over HTTPS.
pub(crate) fn cookie_name(site: &Site) -> &'static str {
    if site.app.settings.https() { "__Host-waterline" } else { "waterline" }
}

fn session_token(request: &ServiceRequest, site: &Site) -> Option<String> {
    request.cookie(cookie_name(site)).map(|cookie| cookie.value().to_owned())
}

/// The token of the session that a request carries.
pub(crate) fn token_of(request: &HttpRequest, site: &Site) -> Option<String> {
    request.cookie(cookie_name(site)).map(|cookie| cookie.value().to_owned())
}

/// The cookie that carries a session. It ends with the browser; the store ends the session itself. `Lax`
/// and not `Strict`, so that a link to a page in an e-mail opens the page and not the sign-in.
pub(crate) fn session_cookie(site: &Site, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(site), token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.app.settings.https())
        .finish()
}
