use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use actix_web::{HttpServer, dev::Server, web::Data};
use secrecy::SecretString;
use url::Url;
use waterline_core::Clock;
use waterline_store::Store;

use crate::{metrics::HttpMetrics, routes};

/// How long requests under way may still take when the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;
/// A hospital's board and IT department, several times over; more wait in the kernel's queue.
const CONNECTIONS_PER_WORKER: usize = 2_000;

/// How the pages are served.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How people reach the pages, for example `https://waterline.example.nhs.uk`, where a proxy that
    /// speaks HTTPS stands before this server.
    pub public_url: Option<Url>,
    /// Listen beyond this machine without HTTPS. Passwords then cross the network in the clear.
    pub allow_insecure_http: bool,
    /// The trust's name, at the head of every page.
    pub trust_name: String,
    /// What a scraper of `/metrics` must send as its bearer token. Without one, only this machine may
    /// scrape.
    pub metrics_token: Option<SecretString>,
}

impl WebSettings {
    /// Whether browsers reach us over HTTPS, so that cookies may insist on it.
    pub(crate) fn https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

/// Everything that the pages stand on.
#[derive(Clone)]
pub struct App {
    /// The ledger.
    pub store: Store,
    /// Tells the time.
    pub clock: Clock,
    /// How to serve.
    pub settings: WebSettings,
}

/// What every worker shares: the app and the counters of this process.
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) http: HttpMetrics,
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Passwords would cross the network in the clear.
    #[error(
        "refusing to listen on {0} without HTTPS, because passwords would cross the network in the clear; \
         put a proxy that speaks HTTPS in front and set serve.public_url to its https:// address, listen on \
         127.0.0.1, or set serve.allow_insecure_http = true if you really mean it"
    )]
    Insecure(SocketAddr),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}; is something else using it?")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The server could not be set up.
    #[error("cannot start the web server")]
    Start(#[source] io::Error),
    /// A metric was described wrongly.
    #[error("cannot set up the metrics")]
    Metrics(#[from] prometheus::Error),
}

/// Takes the configured address, or says why not.
pub fn bind(settings: &WebSettings) -> Result<TcpListener, ServeError> {
    refuse_insecure(settings, settings.listen)?;
    TcpListener::bind(settings.listen).map_err(|source| ServeError::Bind { address: settings.listen, source })
}

/// Serves the pages on a listener until the returned server is stopped (its handle, or an interrupt),
/// letting requests under way finish.
pub fn serve(app: App, listener: TcpListener) -> Result<Server, ServeError> {
    let address = listener.local_addr().map_err(ServeError::Start)?;
    refuse_insecure(&app.settings, address)?;
    // Outside the factory, which runs once per worker: all workers count into the same metrics.
    let site = Data::new(Site { http: HttpMetrics::new()?, app });
    let server = HttpServer::new(move || routes::application(site.clone()))
        .max_connections(CONNECTIONS_PER_WORKER)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)
        .map_err(ServeError::Start)?;
    Ok(server.run())
}

fn refuse_insecure(settings: &WebSettings, address: SocketAddr) -> Result<(), ServeError> {
    if address.ip().is_loopback() || settings.https() || settings.allow_insecure_http {
        return Ok(());
    }
    Err(ServeError::Insecure(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: &str, public_url: Option<&str>) -> WebSettings {
        WebSettings {
            listen: listen.parse().unwrap(),
            public_url: public_url.map(|url| url.parse().unwrap()),
            allow_insecure_http: false,
            trust_name: "Elmbridge and Wold".to_owned(),
            metrics_token: None,
        }
    }

    #[test]
    fn beyond_loopback_https_or_an_explicit_word_is_needed() {
        let open = settings("0.0.0.0:0", None);
        let sentence = bind(&open).unwrap_err().to_string();
        assert!(sentence.contains("without HTTPS") && sentence.contains("serve.public_url"), "{sentence}");
        assert!(bind(&settings("0.0.0.0:0", Some("http://waterline.example"))).is_err());
        assert!(bind(&settings("0.0.0.0:0", Some("https://waterline.example"))).is_ok());
        assert!(bind(&settings("127.0.0.1:0", None)).is_ok());
        assert!(bind(&WebSettings { allow_insecure_http: true, ..open }).is_ok());
    }

    #[test]
    fn an_address_in_use_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let sentence = bind(&settings(&address.to_string(), None)).unwrap_err().to_string();
        assert_eq!(sentence, format!("cannot listen on {address}; is something else using it?"));
    }
}
