//! The pages on a port of their own, over a small simulated trust, and a visitor who speaks HTTP.

use std::net::SocketAddr;

use reqwest::{Response, header};
use waterline_store::{NewUser, Role, RunMode, Store};
use waterline_web::{App, WebSettings, bind, serve};

use crate::{
    hospital,
    support::{Ledger, client, ledger, pull, runner},
};

pub(crate) const PASSWORD: &str = "a long example password";

/// The pages, served until the test ends.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: Ledger,
}

impl Site {
    pub(crate) fn store(&self) -> &Store {
        &self.ledger.store
    }
}

/// With one person of each role, called by it.
pub(crate) async fn open() -> Site {
    let hospital = hospital::open(0.01);
    let ledger = ledger().await;
    let runner = runner(&ledger.store, hospital.clock());
    pull(&runner, &hospital.source(), RunMode::Incremental).await;
    for role in Role::ALL {
        let user = NewUser { name: role.as_str(), role, password: PASSWORD };
        ledger.store.add_user(user, "a test", hospital.clock()()).await.unwrap();
    }
    let settings = WebSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        allow_insecure_http: false,
        trust_name: waterline_simulator::TRUST_NAME.to_owned(),
        metrics_token: None,
    };
    let listener = bind(&settings).unwrap();
    let address = listener.local_addr().unwrap();
    let app = App { store: ledger.store.clone(), clock: hospital.clock(), settings };
    tokio::spawn(serve(app, listener).unwrap());
    hospital.desk.stop().await;
    Site { address, ledger }
}

/// A browser without a screen: keeps its cookie, follows nothing by itself.
pub(crate) struct Visitor {
    address: SocketAddr,
    client: reqwest::Client,
    cookie: Option<String>,
}

impl Visitor {
    pub(crate) fn new(site: &Site) -> Self {
        Self { address: site.address, client: client(), cookie: None }
    }

    pub(crate) async fn signed_in(site: &Site, role: Role) -> Self {
        let mut visitor = Self::new(site);
        let answer = visitor.post("/sign-in", &[("name", role.as_str()), ("password", PASSWORD)]).await;
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        visitor.cookie = cookie.split(';').next().map(str::to_owned);
        visitor
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(self.client.get(self.url(path))).await
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(self.client.post(self.url(path)).form(form)).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> Response {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        request.send().await.unwrap()
    }
}

/// The value of the first field of that name in a page's forms.
pub(crate) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\"")).unwrap();
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split('"').next().unwrap()
}
