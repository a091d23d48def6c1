//! Answers requests: `GET /api/now/table/{table}`, `POST /oauth_token.do`, and nothing else.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use chrono::DateTime;
use serde_json::json;

use super::{
    Instance, ServiceNowSettings,
    answer::{Answer, Manner, Wanted},
    faults::Fault,
    fields,
    guard::Allowance,
    live::{Page, Window},
    query::Query,
};
use crate::record::Table;

/// What a real instance takes when `sysparm_limit` is absent.
const DEFAULT_LIMIT: usize = 10_000;

type Parameters = HashMap<String, String>;

/// The routes, for a server and for tests.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/now/table/{table}", web::get().to(table))
        .route("/oauth_token.do", web::post().to(token))
        .default_service(web::to(nothing_here));
}

async fn table(
    request: HttpRequest,
    name: web::Path<String>,
    parameters: web::Query<Parameters>,
    instance: web::Data<Instance>,
) -> HttpResponse {
    let now = instance.now();
    instance.count_request();
    let fault = instance.settings.faults.take();
    let allowance = instance.settings.rate_limit.map(|limit| instance.guard.count(limit, now));
    if let Some(answer) = went_wrong(fault, now).await {
        return answer;
    }
    if let Some(allowance) = allowance.filter(|allowance| allowance.exceeded) {
        return too_many(&(allowance.reset - now).to_string(), Some(allowance));
    }
    if !instance.guard.lets_in(&request, &instance.settings, now) {
        return unauthorised();
    }
    let Some(table) = Table::named(&name) else {
        return failure(StatusCode::BAD_REQUEST, &format!("Invalid table {name}"), None);
    };
    let asked = Asked::read(&request, table, &parameters, &instance.settings, fault);
    let mut answer = HttpResponse::Ok();
    if let Some(allowance) = allowance {
        limit_headers(&mut answer, allowance);
    }
    list(&instance, table, &asked, fault, answer)
}

/// What the request asks for.
struct Asked {
    query: Query,
    window: Window,
    wanted: Wanted,
    /// The request's own address without its offset, for the links.
    address: String,
    /// Whether an unreadable clause gives no rows instead of all.
    strict: bool,
}

impl Asked {
    fn read(
        request: &HttpRequest,
        table: Table,
        parameters: &Parameters,
        settings: &ServiceNowSettings,
        fault: Option<Fault>,
    ) -> Self {
        let get = |name: &str| parameters.get(name).map(String::as_str);
        let number = |name: &str| get(name).and_then(|text| text.trim().parse::<usize>().ok());
        let is_true = |name: &str| get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let query = if fault == Some(Fault::IgnoredFilter) { "" } else { get("sysparm_query").unwrap_or("") };
        let limit = number("sysparm_limit").unwrap_or(DEFAULT_LIMIT).clamp(1, settings.max_limit.max(1));
        let connection = request.connection_info();
        let base = format!("{}://{}", connection.scheme(), connection.host());
        Self {
            query: Query::parse(query, table),
            window: Window {
                offset: number("sysparm_offset").unwrap_or(0),
                limit,
                counted: !is_true("sysparm_no_count"),
            },
            wanted: Wanted {
                paths: wanted_paths(table, get("sysparm_fields").unwrap_or("")),
                manner: match get("sysparm_display_value") {
                    Some("true") => Manner::Display,
                    Some("all") => Manner::Both,
                    _ => Manner::Raw,
                },
                links: !is_true("sysparm_exclude_reference_link"),
                base: base.clone(),
            },
            address: address_without_window(request, &base, limit),
            strict: settings.strict_queries,
        }
    }
}

/// Unknown fields are left out of the rows without a word; none at all means every column.
fn wanted_paths(table: Table, asked: &str) -> Vec<String> {
    let asked = asked.split(',').map(str::trim).filter(|path| !path.is_empty());
    let mut paths: Vec<String> =
        asked.clone().filter(|path| fields::is_known(table, path)).map(str::to_owned).collect();
    if asked.count() == 0 {
        paths = fields::columns(table).map(str::to_owned).collect();
    }
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

fn address_without_window(request: &HttpRequest, base: &str, limit: usize) -> String {
    let kept: Vec<&str> = request
        .query_string()
        .split('&')
        .filter(|part| !part.is_empty())
        .filter(|part| !part.starts_with("sysparm_offset=") && !part.starts_with("sysparm_limit="))
        .collect();
    let kept = kept.iter().map(|part| format!("{part}&")).collect::<String>();
    format!("{base}{}?{kept}sysparm_limit={limit}&sysparm_offset=", request.path())
}

fn list(
    instance: &Instance,
    table: Table,
    asked: &Asked,
    fault: Option<Fault>,
    mut answer: HttpResponseBuilder,
) -> HttpResponse {
    let live = instance.live.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let page = if asked.strict && asked.query.malformed {
        Page { rows: Vec::new(), total: asked.window.counted.then_some(0), more: false }
    } else {
        live.page(table, &asked.query, asked.window)
    };
    if let Some(total) = page.total {
        answer.insert_header(("X-Total-Count", total.to_string()));
    }
    answer.insert_header((header::LINK, links(asked, &page)));
    // The limit comes before the ACLs: hidden rows leave gaps, and a page may well be empty.
    let rows: Vec<_> =
        page.rows.into_iter().filter(|record| !instance.settings.hides(record.sys_id)).collect();
    let body = serde_json::to_string(&Answer { live: &live, rows: &rows, wanted: &asked.wanted });
    match (body, fault) {
        (Ok(body), Some(Fault::TruncatedJson)) => {
            let middle = (0..=body.len() / 2).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
            json_answer(&mut answer, body.get(..middle).unwrap_or_default().to_owned())
        }
        (Ok(body), _) => json_answer(&mut answer, body),
        (Err(error), _) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string(), None),
    }
}

fn links(asked: &Asked, page: &Page<'_>) -> String {
    let Window { offset, limit, .. } = asked.window;
    let mut links = vec![(0, "first")];
    if offset > 0 {
        links.push((offset.saturating_sub(limit), "prev"));
    }
    if page.more {
        links.push((offset.saturating_add(limit), "next"));
    }
    if let Some(total) = page.total {
        links.push((total.saturating_sub(1) / limit * limit, "last"));
    }
    let written =
        links.iter().map(|(offset, relation)| format!("<{}{offset}>;rel=\"{relation}\"", asked.address));
    written.collect::<Vec<_>>().join(",")
}

fn json_answer(answer: &mut HttpResponseBuilder, body: String) -> HttpResponse {
    answer.insert_header((header::CONTENT_TYPE, "application/json;charset=UTF-8")).body(body)
}

/// The answer where this request is to go wrong before it is looked at.
async fn went_wrong(fault: Option<Fault>, now: i64) -> Option<HttpResponse> {
    match fault? {
        Fault::TooManyRequests { seconds } => Some(too_many(&seconds.to_string(), None)),
        Fault::TooManyRequestsUntil { seconds } => {
            let until = DateTime::from_timestamp(now + i64::from(seconds), 0)?;
            Some(too_many(&until.format("%a, %d %b %Y %H:%M:%S GMT").to_string(), None))
        }
        Fault::ServerError => {
            let detail = Some("The server is not available, please try again later");
            Some(failure(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", detail))
        }
        Fault::Html => Some(HttpResponse::Ok().content_type("text/html;charset=UTF-8").body(
            "<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head>\
             <body><h1>Your instance is hibernating</h1></body></html>",
        )),
        Fault::EmptyBody => Some(HttpResponse::Ok().content_type("application/json;charset=UTF-8").finish()),
        Fault::Hang => std::future::pending().await,
        Fault::Unauthorised => Some(unauthorised()),
        Fault::TruncatedJson | Fault::IgnoredFilter => None,
    }
}

async fn token(form: web::Form<HashMap<String, String>>, instance: web::Data<Instance>) -> HttpResponse {
    let settings = &instance.settings;
    let given = |name: &str| form.get(name).map_or("", String::as_str);
    let welcome = given("grant_type") == "client_credentials"
        && given("client_id") == settings.client_id
        && given("client_secret") == settings.client_secret;
    if !welcome {
        let body = json!({"error_description": "access_denied", "error": "server_error"});
        return HttpResponse::Unauthorized().json(body);
    }
    let lifetime = settings.token_lifetime_seconds;
    HttpResponse::Ok().json(json!({
        "access_token": instance.guard.issue_token(instance.now(), lifetime),
        "scope": "useraccount",
        "token_type": "Bearer",
        "expires_in": lifetime,
    }))
}

async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let message = "Requested URI does not represent any resource";
    failure(StatusCode::BAD_REQUEST, message, Some(&format!("{message}: {}", request.path())))
}

fn unauthorised() -> HttpResponse {
    let detail = Some("Required to provide Auth information");
    let mut answer = failure(StatusCode::UNAUTHORIZED, "User Not Authenticated", detail);
    let challenge = header::HeaderValue::from_static("BASIC realm=\"Service-now\"");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    answer
}

fn too_many(retry_after: &str, allowance: Option<Allowance>) -> HttpResponse {
    let mut answer = HttpResponse::TooManyRequests();
    answer.insert_header((header::RETRY_AFTER, retry_after));
    if let Some(allowance) = allowance {
        limit_headers(&mut answer, allowance);
    }
    answer.json(json!({
        "error": {
            "message": "Rate limit exceeded",
            "detail": "Rejected by large REST API requests",
        },
        "status": "failure",
    }))
}

fn limit_headers(answer: &mut HttpResponseBuilder, allowance: Allowance) {
    answer
        .insert_header(("X-RateLimit-Limit", allowance.limit.to_string()))
        .insert_header(("X-RateLimit-Remaining", allowance.remaining.to_string()))
        .insert_header(("X-RateLimit-Reset", allowance.reset.to_string()))
        .insert_header(("X-RateLimit-Rule", "Table API"));
}

fn failure(status: StatusCode, message: &str, detail: Option<&str>) -> HttpResponse {
    let body = json!({"error": {"message": message, "detail": detail}, "status": "failure"});
    HttpResponse::build(status).json(body)
}
