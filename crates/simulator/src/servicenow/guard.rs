//! Who may come in, and how often: basic authentication, tokens that expire, and rate limits.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::ServiceNowSettings;

/// So many requests in each window, after which the answer is 429 until the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests a window allows.
    pub requests: u32,
    /// How long a window lasts; an hour on a real instance.
    pub window_seconds: u32,
}

/// How a rate limit stands after one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) exceeded: bool,
    /// When the next window begins, in seconds since 1970.
    pub(crate) reset: i64,
}

#[derive(Default)]
pub(crate) struct Guard {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each token expires.
    tokens: HashMap<String, i64>,
    issued: u64,
    window: i64,
    used: u32,
}

impl Guard {
    /// A new token, as long as real ones are.
    pub(crate) fn issue_token(&self, now: i64, lifetime_seconds: u32) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tokens.retain(|_, expires| *expires > now);
        state.issued += 1;
        let token = format!("simulated-{now:016x}-{:060x}", state.issued);
        state.tokens.insert(token.clone(), now + i64::from(lifetime_seconds));
        token
    }

    pub(crate) fn lets_in(&self, request: &HttpRequest, settings: &ServiceNowSettings, now: i64) -> bool {
        let header = request.headers().get(AUTHORIZATION).map(HeaderValue::to_str);
        let Some(Ok((scheme, credentials))) =
            header.map(|text| text.map(|text| text.split_once(' ').unwrap_or((text, ""))))
        else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("basic") {
            let pair = format!("{}:{}", settings.user, settings.password);
            return STANDARD.decode(credentials).is_ok_and(|given| given == pair.as_bytes());
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        scheme.eq_ignore_ascii_case("bearer")
            && state.tokens.get(credentials).is_some_and(|expires| *expires > now)
    }

    /// Counts one more request.
    pub(crate) fn count(&self, limit: RateLimit, now: i64) -> Allowance {
        let length = i64::from(limit.window_seconds.max(1));
        let window = now.div_euclid(length);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.window != window {
            state.window = window;
            state.used = 0;
        }
        state.used = state.used.saturating_add(1);
        Allowance {
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(state.used),
            exceeded: state.used > limit.requests,
            reset: (window + 1) * length,
        }
    }
}
