//! How a source is told who asks. Secrets stay in [`SecretString`], whose `Debug` shows nothing.

use std::time::Duration;

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Mutex, time::Instant};
use url::Url;

/// A token this close to its end is not used any more, because the request it goes with takes time.
const TOKEN_MARGIN: Duration = Duration::from_secs(30);

/// What the configuration says under `auth`, with the secrets looked up.
#[derive(Clone, Debug)]
pub enum Auth {
    /// `auth = { user, password }`
    Password { user: String, password: SecretString },
    /// `auth = { client_id, client_secret }`
    Client { client_id: String, client_secret: SecretString },
    /// `auth = { token }`
    Token(SecretString),
}

/// What goes along with every request of a connector.
#[derive(Debug)]
pub struct Credentials {
    way: Way,
}

#[derive(Debug)]
enum Way {
    Basic { user: String, password: SecretString },
    Header { scheme: &'static str, token: SecretString },
    OAuth(OAuth),
}

/// An OAuth 2 client that signs in for itself (client credentials grant).
#[derive(Debug)]
pub(crate) struct OAuth {
    pub(crate) token_url: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    pub(crate) token: Mutex<Option<AccessToken>>,
}

#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) secret: SecretString,
    /// `None` where the server did not say how long it lasts: then a 401 tells.
    expires: Option<Instant>,
}

impl AccessToken {
    pub(crate) fn new(secret: SecretString, lasts: Option<Duration>) -> Self {
        let expires = lasts.and_then(|lasts| Instant::now().checked_add(lasts.saturating_sub(TOKEN_MARGIN)));
        Self { secret, expires }
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

impl Credentials {
    /// Name and password with every request (`Authorization: Basic …`).
    pub fn basic(user: String, password: SecretString) -> Self {
        Self { way: Way::Basic { user, password } }
    }

    /// A lasting token behind a word of the product's own: `Authorization: <scheme> <token>`.
    pub fn token(scheme: &'static str, token: SecretString) -> Self {
        Self { way: Way::Header { scheme, token } }
    }

    /// OAuth 2 client credentials: the token is fetched from `token_url`, kept until shortly before it
    /// ends, and fetched afresh once when the source refuses it earlier.
    pub fn oauth(token_url: Url, client_id: String, client_secret: SecretString) -> Self {
        let token = Mutex::new(None);
        Self { way: Way::OAuth(OAuth { token_url, client_id, client_secret, token }) }
    }

    /// The keys of the configuration to look at when the source refuses them.
    pub(crate) fn keys(&self) -> &'static str {
        match self.way {
            Way::Basic { .. } => "auth.user and auth.password",
            Way::Header { .. } => "auth.token",
            Way::OAuth(_) => "auth.client_id and auth.client_secret",
        }
    }

    pub(crate) fn as_oauth(&self) -> Option<&OAuth> {
        match &self.way {
            Way::OAuth(oauth) => Some(oauth),
            Way::Basic { .. } | Way::Header { .. } => None,
        }
    }

    /// Puts lasting credentials on a request; an OAuth token is put on by the client that fetched it.
    pub(crate) fn put_on(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.way {
            Way::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
            Way::Header { scheme, token } => {
                let value = format!("{scheme} {}", token.expose_secret());
                request.header(reqwest::header::AUTHORIZATION, value)
            }
            Way::OAuth(_) => request,
        }
    }
}
