use actix_web::{
    HttpRequest, HttpResponse,
    cookie::Cookie,
    http::{StatusCode, header},
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use waterline_store::SignIn;

use crate::{
    access::{Visit, session_cookie, token_of},
    app::Site,
    form::{Form, own_address},
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    layout: Layout,
    next: String,
    name: String,
    error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Address {
    next: Option<String>,
}

/// `GET /sign-in`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    address: Query<Address>,
) -> Result<HttpResponse, PageError> {
    let next = own_address(address.next.as_deref());
    if visit.session.is_some() {
        return Ok(see_other(&next));
    }
    form_page(&site, &visit, StatusCode::OK, next, String::new(), None).await
}

/// `POST /sign-in`
pub(crate) async fn sign_in(
    site: Data<Site>,
    visit: Visit,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, PageError> {
    let next = own_address(form.get("next"));
    let name = form.get("name").unwrap_or_default().to_owned();
    let password = form.verbatim("password").unwrap_or_default();
    if name.is_empty() || password.is_empty() {
        let error = "Enter your user name and your password".to_owned();
        return form_page(&site, &visit, StatusCode::BAD_REQUEST, next, name, Some(error)).await;
    }
    // The peer itself: a forwarding header is whatever its sender wrote.
    let address = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let now = (site.app.clock)();
    match site.app.store.sign_in(&name, password, &address, now).await? {
        SignIn::Granted { token, .. } => {
            let mut response = see_other(&next);
            add_cookie(&mut response, &session_cookie(&site, token))?;
            Ok(response)
        }
        SignIn::Refused => {
            let error = "The user name or the password is wrong".to_owned();
            form_page(&site, &visit, StatusCode::UNAUTHORIZED, next, name, Some(error)).await
        }
        SignIn::Throttled { until } => {
            let wait = words::wait(now, until);
            let error = format!("There were too many failed attempts. Try again in {wait}");
            form_page(&site, &visit, StatusCode::TOO_MANY_REQUESTS, next, name, Some(error)).await
        }
    }
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    site: Data<Site>,
    request: HttpRequest,
    _form: Form,
) -> Result<HttpResponse, PageError> {
    if let Some(token) = token_of(&request, &site) {
        site.app.store.sign_out(&token, (site.app.clock)()).await?;
    }
    let mut response = see_other("/sign-in");
    let mut gone = session_cookie(&site, String::new());
    gone.make_removal();
    add_cookie(&mut response, &gone)?;
    Ok(response)
}

async fn form_page(
    site: &Site,
    visit: &Visit,
    status: StatusCode,
    next: String,
    name: String,
    error: Option<String>,
) -> Result<HttpResponse, PageError> {
    let layout = Layout::new(site, visit, Place::Elsewhere).await?;
    let page = SignInPage { layout, next, name, error }.render()?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page))
}

fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), PageError> {
    response.add_cookie(cookie).map_err(|_| PageError::Misbuilt("the session cookie cannot be written"))
}
