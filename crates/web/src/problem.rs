//! What a person sees when a page cannot be shown.

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    middleware::Next,
    web::Data,
};
use askama::Template;
use serde::Serialize;
use tracing::error;
use waterline_store::{Role, Session, StoreError};

use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    words,
};

/// Why a page is not shown. The text is for whoever asked for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("If you typed the address, check it is correct. If you followed a link here, it may be old.")]
    NotFound,
    #[error("You are signed out. Sign in and try again.")]
    SignedOut,
    #[error("This page is for people with the role “{}”. Ask whoever runs Waterline here to give you that role.", .0.as_str())]
    Forbidden(Role),
    #[error("The form did not come from one of Waterline's own pages, so nothing was changed.")]
    OtherSite,
    #[error(
        "The form is from an earlier sign-in, so nothing was changed. Go back, load the page again and send it once more."
    )]
    StaleForm,
    #[error("The form holds more than Waterline takes, so nothing was changed.")]
    TooLarge,
    /// PostgreSQL rejects one, so refuse it before it makes us answer 500.
    #[error("What was sent holds a null byte, which no text has.")]
    NullByte,
    #[error("{0}")]
    BadInput(String),
    #[error("the database did not do what the page needs")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Misbuilt(&'static str),
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
    #[error("the file could not be written")]
    File(#[source] std::io::Error),
    #[error("the metrics could not be written")]
    Metrics(#[from] prometheus::Error),
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut | Self::Forbidden(_) | Self::OtherSite | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            // Only refusals that are meant for the person come out of the store in this shape.
            Self::NullByte | Self::BadInput(_) | Self::Store(StoreError::Refused(_)) => {
                StatusCode::BAD_REQUEST
            }
            Self::Store(_) | Self::Misbuilt(_) | Self::Template(_) | Self::File(_) | Self::Metrics(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl PageError {
    /// What the person is told. Never a detail of what broke inside: that is for the log.
    fn sentence(&self) -> String {
        match self {
            Self::Store(StoreError::Refused(reason)) => format!("{}.", words::capital(reason)),
            _ if self.status_code().is_server_error() => SORRY.to_owned(),
            _ => self.to_string(),
        }
    }
}

const SORRY: &str = "Something went wrong on our side, and it has been logged. Try again in a few minutes.";

/// Whether a script asks, which shows the sentence on the page that it is on.
pub(crate) fn asks_for_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

/// What a script is told instead of a page.
#[derive(Serialize)]
struct Problem {
    problem: String,
    /// The time of the answer in microseconds: what happened before it is no news any more.
    seen: Option<i64>,
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage {
    layout: Layout,
    heading: &'static str,
    sentence: String,
}

/// Turns every refusal and every fault below into a page, and logs the faults, here only.
pub(crate) async fn explain(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let already_a_page = response.headers().contains_key(header::CONTENT_TYPE);
    let known = response.response().error().and_then(|error| error.as_error::<PageError>());
    if !(status.is_client_error() || status.is_server_error()) || (already_a_page && known.is_none()) {
        return Ok(response);
    }
    if status.is_server_error() {
        let route = response.request().match_pattern().unwrap_or_default();
        match response.response().error() {
            Some(fault) => error!(route, error = %causes(known, fault), "{route} failed"),
            None => error!(route, "{route} failed without saying why"),
        }
    }
    let sentence = match known {
        Some(problem) => problem.sentence(),
        None if status.is_server_error() => SORRY.to_owned(),
        None if status == StatusCode::NOT_FOUND => PageError::NotFound.to_string(),
        None => "Waterline could not understand what was asked of it.".to_owned(),
    };
    let mut new = if asks_for_json(response.request().headers()) {
        let site = response.request().app_data::<Data<Site>>();
        let seen = site.map(|site| (site.app.clock)().timestamp_micros());
        HttpResponse::build(status).json(Problem { problem: sentence, seen })
    } else {
        let page = problem_page(&response, status, sentence);
        HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page)
    };
    let (request, old) = response.into_parts();
    for (name, value) in old.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, new))
}

/// The whole chain, for the log.
fn causes(known: Option<&PageError>, fault: &Error) -> String {
    let Some(known) = known else { return fault.to_string() };
    let first: &dyn std::error::Error = known;
    std::iter::successors(Some(first), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn problem_page(response: &ServiceResponse, status: StatusCode, sentence: String) -> String {
    let heading = match status {
        StatusCode::NOT_FOUND => "Page not found",
        StatusCode::FORBIDDEN => "You cannot open this page",
        StatusCode::PAYLOAD_TOO_LARGE => "That was too much",
        status if status.is_server_error() => "Sorry, there is a problem with Waterline",
        _ => "That did not work",
    };
    let Some(site) = response.request().app_data::<Data<Site>>() else { return sentence };
    let session = response.request().extensions().get::<Session>().cloned();
    let layout = Layout::without_store(site, &Visit { session }, Place::Elsewhere);
    ProblemPage { layout, heading, sentence: sentence.clone() }.render().unwrap_or(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_inside_is_logged_whole_and_told_as_one_fixed_sentence() {
        let fault = PageError::File(std::io::Error::other("disk /srv/secret is full"));
        assert_eq!(fault.status_code(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(fault.sentence(), SORRY);
        let error = Error::from(PageError::NotFound);
        assert_eq!(causes(Some(&fault), &error), "the file could not be written: disk /srv/secret is full");
        assert_eq!(PageError::Store(StoreError::NoSuchUser("ada".to_owned())).sentence(), SORRY);
    }

    #[test]
    fn a_refusal_of_the_store_is_told_in_its_own_words() {
        let refusal = PageError::Store(StoreError::Refused("no item is chosen".to_owned()));
        assert_eq!(refusal.status_code(), StatusCode::BAD_REQUEST);
        assert_eq!(refusal.sentence(), "No item is chosen.");
    }
}
