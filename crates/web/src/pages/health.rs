//! Addresses that machines ask.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use tracing::warn;

use crate::{app::Site, metrics::service, problem::PageError};

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the database answers too.
pub(crate) async fn ready(site: Data<Site>) -> HttpResponse {
    match site.app.store.ping().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            warn!(%error, "not ready: the database does not answer");
            plain(StatusCode::SERVICE_UNAVAILABLE, "not ready: the database does not answer\n")
        }
    }
}

/// `GET /metrics`: with the configured token from anywhere, or without one from this machine.
pub(crate) async fn metrics(site: Data<Site>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    if !may_scrape(&site, &request) {
        return Ok(plain(
            StatusCode::UNAUTHORIZED,
            "Scrape from this machine, or set serve.metrics_token and send it as a bearer token.\n",
        ));
    }
    let text = service::scrape(&site).await?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}

fn may_scrape(site: &Site, request: &HttpRequest) -> bool {
    let header = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = &site.app.settings.metrics_token {
        let sent = header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        return sent.is_some_and(|sent| sent.as_bytes().ct_eq(token.expose_secret().as_bytes()).into());
    }
    // A proxy on this machine is loopback too, but what it passes on is not from here.
    let forwarded = header(header::FORWARDED).or_else(|| header(header::X_FORWARDED_FOR)).is_some();
    !forwarded && request.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
}

fn plain(status: StatusCode, text: &'static str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text)
}
