//! The one HTTP client: time-outs, size limits, and no request, redirect or next-link to another host.
//!
//! It asks once; trying again is the runner's. No error it gives holds a query string or a secret.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Host, Url};
use waterline_core::Clock;
use waterline_store::Traffic;

use crate::{
    Answer, Credentials, FetchError,
    answer::{describe, endpoint, read},
    auth::{AccessToken, OAuth},
    config::ConfigError,
};

/// What no answer may exceed.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the last byte of the answer is here.
    pub request: Duration,
    /// Bytes of an answer, after decompression.
    pub body: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(60), body: 64 << 20 }
    }
}

/// Talks to one source, at one address. Cheap to clone; clones share the count of requests.
#[derive(Clone, Debug)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    source: String,
    base: Url,
    limits: HttpLimits,
    clock: Clock,
    traffic: Mutex<Traffic>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, base, limits, .. } = self;
        f.debug_struct("HttpClient")
            .field("source", source)
            .field("base", &endpoint(base))
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

impl HttpClient {
    /// For the source of this name at `base`, whose scheme, host and port no request ever leaves.
    pub fn new(source: &str, base: &Url, limits: HttpLimits, clock: Clock) -> Result<Self, ConfigError> {
        let reach = check_address(source, base)?;
        // Refused only where the process has installed one already; then that one serves.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "this is the one place that builds it")]
        let mut builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.request)
            .redirect(Policy::custom(|attempt| {
                let same =
                    attempt.previous().last().is_some_and(|last| last.origin() == attempt.url().origin());
                if same && attempt.previous().len() <= 5 { attempt.follow() } else { attempt.stop() }
            }))
            .user_agent(concat!("waterline/", env!("CARGO_PKG_VERSION")));
        if reach == Reach::ThisMachine {
            // A proxy of the environment would carry plain http off this machine.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            ConfigError::new(source, "url", format!("no client can be made: {}", describe(&error)))
        })?;
        let inner = Inner {
            client,
            source: source.to_owned(),
            base: base.clone(),
            limits,
            clock,
            traffic: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The configured name of the source, for sentences.
    pub fn source_name(&self) -> &str {
        &self.inner.source
    }

    /// Asks for a JSON document.
    pub async fn get_json(&self, url: &Url, credentials: &Credentials) -> Result<Answer, FetchError> {
        let Some(oauth) = credentials.as_oauth() else {
            let request = credentials.put_on(self.inner.client.get(url.clone()));
            return self.send(request, url, credentials.keys()).await;
        };
        let token = self.access_token(oauth, credentials.keys(), None).await?;
        let ask =
            |token: &SecretString| self.inner.client.get(url.clone()).bearer_auth(token.expose_secret());
        match self.send_for_status(ask(&token), url).await? {
            response if response.status() == 401 => {
                let token = self.access_token(oauth, credentials.keys(), Some(&token)).await?;
                self.send(ask(&token), url, credentials.keys()).await
            }
            response => self.read(response, url, credentials.keys()).await,
        }
    }

    /// The address behind a next-link, where it lies on the source's own host.
    pub fn follow(&self, from: &Url, link: &str) -> Result<Url, FetchError> {
        let refused = |reason: String| FetchError::Refused { endpoint: endpoint(from), reason };
        let next = from
            .join(link)
            .map_err(|error| refused(format!("its link to the next page is no address: {error}")))?;
        self.check_origin(&next).map(|()| next)
    }

    /// Requests, retries and waits since this was last asked.
    pub fn take_traffic(&self) -> Traffic {
        std::mem::take(&mut self.traffic())
    }

    /// Counts a request that the runner sends once more.
    pub(crate) fn count_retry(&self) {
        self.traffic().retries += 1;
    }

    /// Counts time that a source made us wait.
    pub(crate) fn count_throttled(&self, time: Duration) {
        self.traffic().throttled_seconds += time.as_secs_f64();
    }

    fn traffic(&self) -> std::sync::MutexGuard<'_, Traffic> {
        // Counters are whole at every moment, so a panic elsewhere does not spoil them.
        self.inner.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_origin(&self, url: &Url) -> Result<(), FetchError> {
        if url.origin() == self.inner.base.origin() {
            return Ok(());
        }
        let reason = format!(
            "it leads away from {}, which is configured as url; nothing was sent there",
            self.inner.base.origin().ascii_serialization()
        );
        Err(FetchError::Refused { endpoint: endpoint(url), reason })
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
        keys: &'static str,
    ) -> Result<Answer, FetchError> {
        let response = self.send_for_status(request, url).await?;
        self.read(response, url, keys).await
    }

    async fn send_for_status(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
    ) -> Result<reqwest::Response, FetchError> {
        self.check_origin(url)?;
        let request = request.header(reqwest::header::ACCEPT, "application/json");
        let outcome = request.send().await;
        let status = outcome.as_ref().map_or(0, |response| response.status().as_u16());
        *self.traffic().requests.entry(status).or_default() += 1;
        outcome.map_err(|error| FetchError::Transient {
            endpoint: endpoint(url),
            reason: format!("no answer came ({})", describe(&error)),
        })
    }

    async fn read(
        &self,
        response: reqwest::Response,
        url: &Url,
        keys: &'static str,
    ) -> Result<Answer, FetchError> {
        let status = response.status().as_u16();
        if matches!(status, 401 | 403) {
            let source = &self.inner.source;
            let what = if status == 401 { "does not know us" } else { "does not let this account read this" };
            let reason = format!("it answered {status} and {what}; check {keys} of source \"{source}\"");
            return Err(FetchError::Refused { endpoint: endpoint(url), reason });
        }
        read(response, url, self.inner.limits.body, (self.inner.clock)()).await
    }

    /// The token to use now. `spent` is one that the source refused just now: a fresh one is fetched,
    /// unless another request has done so meanwhile.
    async fn access_token(
        &self,
        oauth: &OAuth,
        keys: &'static str,
        spent: Option<&SecretString>,
    ) -> Result<SecretString, FetchError> {
        let mut kept = oauth.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh()) {
            let is_spent = spent.is_some_and(|spent| spent.expose_secret() == token.secret.expose_secret());
            if !is_spent {
                return Ok(token.secret.clone());
            }
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &oauth.client_id),
            ("client_secret", oauth.client_secret.expose_secret()),
        ];
        let request = self.inner.client.post(oauth.token_url.clone()).form(&form);
        let answer = self.send(request, &oauth.token_url, keys).await?;
        let grant = Grant::deserialize(answer.json).map_err(|_| FetchError::Refused {
            endpoint: endpoint(&oauth.token_url),
            reason: format!(
                "it answered without an access token; check {keys} of source \"{}\", and that the service \
                 allows the client credentials grant",
                self.inner.source
            ),
        })?;
        let token = AccessToken::new(grant.access_token, grant.expires_in.map(Duration::from_secs));
        let secret = token.secret.clone();
        *kept = Some(token);
        Ok(secret)
    }
}

#[derive(Deserialize)]
struct Grant {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    ThisMachine,
    Network,
}

/// Passwords and patients' data go along, so nothing but HTTPS leaves this machine.
fn check_address(source: &str, base: &Url) -> Result<Reach, ConfigError> {
    let reach = match base.host() {
        Some(Host::Domain("localhost")) => Reach::ThisMachine,
        Some(Host::Ipv4(address)) if address.is_loopback() => Reach::ThisMachine,
        Some(Host::Ipv6(address)) if address.is_loopback() => Reach::ThisMachine,
        _ => Reach::Network,
    };
    let fault = match (base.scheme(), reach) {
        ("http", Reach::Network) => {
            "plain http would carry passwords and tickets in clear over the network; use https \
             (http is taken only for an address on this machine)"
        }
        ("https" | "http", _) if !base.username().is_empty() || base.password().is_some() => {
            "it holds a user name or password; give those under auth"
        }
        ("https" | "http", _) if base.query().is_some() || base.fragment().is_some() => {
            "it holds a ? or #; give only the address of the service, such as https://host.example"
        }
        ("https" | "http", _) => return Ok(reach),
        _ => "only https addresses are taken",
    };
    Err(ConfigError::new(source, "url", fault))
}
