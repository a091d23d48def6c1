//! What came back over HTTP, and what each way of failing means for the runner.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap, LINK, RETRY_AFTER},
};
use serde_json::Value;
use url::Url;

use crate::FetchError;

/// How long to wait where a source says "too many" but not until when.
const WAIT_UNTOLD: Duration = Duration::from_secs(60);

/// The longest wait a source may ask for; a longer one is a mistake (a Unix time taken for seconds).
const WAIT_MOST: Duration = Duration::from_secs(3600);

/// A JSON document with the headers that came along.
#[derive(Debug)]
pub struct Answer {
    /// The whole document.
    pub json: Value,
    headers: HeaderMap,
}

impl Answer {
    /// A header's value; `None` where it is absent or not plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The address behind `Link: <…>; rel="next"`, as the source wrote it; follow it with
    /// [`crate::HttpClient::follow`], which refuses another host.
    pub fn next_link(&self) -> Option<&str> {
        self.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_in)
    }
}

/// Addresses hold commas, so links are taken apart at their angle brackets.
fn next_in(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let parameters = after.split_once('<').map_or(after, |(parameters, _)| parameters);
        let is_next = parameters.split([';', ',']).any(|parameter| {
            parameter.trim().split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
            })
        });
        if is_next {
            return Some(address);
        }
        rest = after;
    }
    None
}

/// Where a request went, for sentences: never with its query, its fragment or a user name.
pub(crate) fn endpoint(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Reads a good answer, or says what the bad one means.
pub(crate) async fn read(
    mut response: Response,
    url: &Url,
    body_limit: u64,
    now: DateTime<Utc>,
) -> Result<Answer, FetchError> {
    let status = response.status();
    if !status.is_success() {
        return Err(failure(status, response.headers(), url, now));
    }
    let headers = response.headers().clone();
    let transient = |reason: String| FetchError::Transient { endpoint: endpoint(url), reason };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(part)) => body.extend_from_slice(&part),
            Ok(None) => break,
            Err(error) => return Err(transient(format!("its answer broke off ({})", describe(&error)))),
        }
        if body.len() as u64 > body_limit {
            let reason = format!(
                "its answer is larger than {} MiB, which is more than we hold at once; ask for smaller batches",
                body_limit >> 20
            );
            return Err(FetchError::Refused { endpoint: endpoint(url), reason });
        }
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(transient(format!("it answered {} with nothing in it", status.as_u16())));
    }
    match serde_json::from_slice(&body) {
        Ok(json) => Ok(Answer { json, headers }),
        Err(_) if is_web_page(&headers, &body) => Err(FetchError::Refused {
            endpoint: endpoint(url),
            reason: "it answered with a web page instead of JSON; see whether url is the address of the \
                     service itself, not of a sign-in page or proxy, and whether the service is awake"
                .to_owned(),
        }),
        Err(error) if error.is_eof() => {
            Err(transient(format!("its JSON breaks off after {} bytes", body.len())))
        }
        Err(error) => Err(transient(format!(
            "its answer is not JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

fn is_web_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.is_some_and(|declared| declared.contains("html"))
        || body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// What a status other than success means. 401 and 403 are said by the client, which knows the keys.
fn failure(status: StatusCode, headers: &HeaderMap, url: &Url, now: DateTime<Utc>) -> FetchError {
    let endpoint = endpoint(url);
    let refused = |reason: String| FetchError::Refused { endpoint: endpoint.clone(), reason };
    match status.as_u16() {
        429 => FetchError::RateLimited {
            endpoint,
            retry_at: retry_at(headers, now).unwrap_or(now + WAIT_UNTOLD),
        },
        404 | 410 => refused(format!(
            "it answered {} (not found); check url, and whether this source offers this feed to this account",
            status.as_u16()
        )),
        300..=399 => refused(format!(
            "it answered {} and points to another address; set url to where the service itself answers",
            status.as_u16()
        )),
        408 | 425 | 500..=599 => match retry_at(headers, now) {
            Some(retry_at) => FetchError::RateLimited { endpoint, retry_at },
            None => FetchError::Transient { endpoint, reason: format!("it answered {}", in_words(status)) },
        },
        _ => refused(format!("it answered {}", in_words(status))),
    }
}

fn in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} ({})", status.as_u16(), reason.to_lowercase()),
        None => status.as_u16().to_string(),
    }
}

/// `Retry-After` in either form. A date is read against the source's own clock, where it tells us that,
/// so that a clock that is wrong by an hour does not make us wait an hour.
fn retry_at(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let date = |text: &str| httpdate::parse_http_date(text).ok().map(DateTime::<Utc>::from);
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let their_now = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
            (date(text)? - their_now).to_std().unwrap_or_default()
        }
    };
    Some(now + wait.min(WAIT_MOST))
}

/// Why a request got no answer, without its address, whose query may hold a secret.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "time ran out".to_owned();
    }
    // The innermost cause is the plain one ("connection refused"); reqwest's own text repeats the address.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if std::ptr::addr_eq(cause, error) { "the request failed".to_owned() } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap()
    }

    fn wait(pairs: &[(&'static str, &str)]) -> Option<i64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_at(&headers, now()).map(|at| (at - now()).num_seconds())
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_never_longer_than_an_hour() {
        assert_eq!(wait(&[("retry-after", "17")]), Some(17));
        assert_eq!(wait(&[("retry-after", "Sun, 01 Nov 2026 09:00:30 GMT")]), Some(30));
        assert_eq!(wait(&[("retry-after", "1793523630")]), Some(3600));
        assert_eq!(wait(&[("retry-after", "Sun, 01 Nov 2026 08:00:00 GMT")]), Some(0));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_date_to_wait_for_is_read_against_the_clock_that_wrote_it() {
        let theirs = ("date", "Sun, 01 Nov 2026 10:00:00 GMT");
        assert_eq!(wait(&[theirs, ("retry-after", "Sun, 01 Nov 2026 10:00:05 GMT")]), Some(5));
    }

    #[test]
    fn the_next_link_is_found_among_others_and_with_commas_in_addresses() {
        let header = "<https://a.example/t?q=x,y>;rel=\"first\",<https://a.example/t?q=x,z>; rel=\"next\"";
        assert_eq!(next_in(header), Some("https://a.example/t?q=x,z"));
        assert_eq!(next_in("<https://a.example/>;rel=\"last\""), None);
        assert_eq!(next_in("<broken"), None);
    }
}
