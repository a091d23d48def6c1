use std::time::Instant;

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use crate::app::Site;

/// Seconds; around the 25 ms that a page may take.
const BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// What this process counts about the requests it answers.
pub(crate) struct HttpMetrics {
    pub(crate) registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl HttpMetrics {
    pub(crate) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "waterline_http_requests_total",
                "Requests answered by this process, by route, method and status.",
            ),
            &["route", "method", "status"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "waterline_http_request_duration_seconds",
                "Time this process took to answer a request, by route.",
            )
            .buckets(BUCKETS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { registry, requests, seconds })
    }
}

/// Counts every request by the pattern of its route, never by its path: paths are endless.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let site = request.app_data::<Data<Site>>().cloned();
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    // Only methods that we serve, for whoever invents others must not invent series.
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.call(request).await?;
    if let Some(site) = site {
        let status = response.status();
        site.http.requests.with_label_values(&[route.as_str(), &method, status.as_str()]).inc();
        site.http.seconds.with_label_values(&[&route]).observe(begun.elapsed().as_secs_f64());
    }
    Ok(response)
}
