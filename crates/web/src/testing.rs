//! What tests share: an app over a real, embedded database, and answers to ask about.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{
    cookie::Cookie,
    dev::{Service, ServiceResponse},
    http::{StatusCode, header},
    test::{self, TestRequest},
    web::Data,
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tempfile::TempDir;
use url::form_urlencoded;
use waterline_core::{EffortEntry, Kind, MonthRange, ReportingZone, State, TextPolicy, WorkItem};
use waterline_store::{
    Batch, FeedStatus, NewUser, Reject, Role, RuleTexts, RunMode, RunOutcome, Settings, SignIn, Store,
    Traffic,
};

use crate::{
    app::{App, Site, WebSettings},
    metrics::HttpMetrics,
    routes,
};

const PASSWORD: &str = "a long enough password";

/// 6 November 2026, 14:05 in London.
pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 6, 14, 5, 0).unwrap()
}

/// A feed that was never pulled.
pub(crate) fn feed(source: &str, feed: &str) -> FeedStatus {
    FeedStatus {
        source: source.to_owned(),
        connector: "servicenow".to_owned(),
        feed: feed.to_owned(),
        text: TextPolicy::Title,
        example_data: false,
        up: None,
        running: false,
        last_run_at: None,
        last_success_at: None,
        last_error: None,
        newest_at: None,
        held: 0,
        gone: 0,
        upstream_total: None,
        rejected: 0,
        batches: 0,
        records: 0,
        requests: BTreeMap::new(),
        retries: 0,
        throttled_seconds: 0.0,
    }
}

/// Somebody who is signed in: what their browser sends.
#[derive(Clone)]
pub(crate) struct Person {
    cookie: String,
    pub(crate) token: String,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) struct Fixture {
    pub(crate) site: Data<Site>,
    _folder: TempDir,
}

impl Fixture {
    /// Nothing held, nobody known.
    pub(crate) async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut WebSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(
            Settings {
                url: format!("sqlite://{}", folder.path().join("waterline.db").display()),
                zone: ReportingZone::default(),
                default_effort: BTreeMap::new(),
                first_rules: RuleTexts {
                    taxonomy: include_str!("../../../config/taxonomy.toml").to_owned(),
                    rules: include_str!("../../../config/rules.toml").to_owned(),
                },
            },
            now(),
        )
        .await
        .unwrap();
        let mut settings = WebSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            allow_insecure_http: false,
            trust_name: "Elmbridge and Wold University Hospitals".to_owned(),
            metrics_token: None,
        };
        change(&mut settings);
        let app = App { store, clock: Arc::new(now), settings };
        Self { site: Data::new(Site { app, http: HttpMetrics::new().unwrap() }), _folder: folder }
    }

    /// Two years of the work of a small trust, up to the present.
    pub(crate) async fn filled() -> Self {
        let fixture = Self::empty().await;
        let first = "2024-10".parse().unwrap();
        let period = MonthRange::new(first, "2026-11".parse().unwrap()).unwrap();
        let items =
            period.months().enumerate().flat_map(|(index, month)| month_of_work(index, month.first_day()));
        fixture.pull(items.filter(|item| item.updated_at <= now()).collect()).await;
        fixture
    }

    /// One pull that brings these items.
    pub(crate) async fn pull(&self, items: Vec<WorkItem>) {
        let store = &self.site.app.store;
        let feeds = ["incident", "change_request"];
        let source = store
            .register_source("Service desk", "servicenow", TextPolicy::Title, true, &feeds, now())
            .await
            .unwrap();
        let ticket = store.begin_run(source, "incident", RunMode::Full, now()).await.unwrap().unwrap();
        let held = items.len() as u64;
        let batch = Batch {
            items,
            rejects: vec![Reject { record: "INC9".to_owned(), reason: "opened_at is not a date".to_owned() }],
            cursor: Some("end".to_owned()),
            upstream_total: Some(held + held / 25),
            traffic: Traffic {
                requests: BTreeMap::from([(200, 12), (429, 1)]),
                retries: 1,
                throttled_seconds: 2.5,
            },
        };
        let then = now() - TimeDelta::minutes(20);
        store.write_batch(&ticket, batch, then).await.unwrap();
        store.finish_run(&ticket, RunOutcome::Drained, Traffic::default(), then).await.unwrap();
        // The other feed has nothing to give.
        let ticket = store.begin_run(source, "change_request", RunMode::Full, then).await.unwrap().unwrap();
        store.finish_run(&ticket, RunOutcome::Drained, Traffic::default(), then).await.unwrap();
        store.refresh_estimates().await.unwrap();
    }

    pub(crate) async fn person(&self, role: Role) -> Person {
        let store = &self.site.app.store;
        let name = format!("{}-{}", role.as_str(), store.users().await.unwrap().len());
        store.add_user(NewUser { name: &name, role, password: PASSWORD }, "test", now()).await.unwrap();
        match store.sign_in(&name, PASSWORD, "127.0.0.1", now()).await.unwrap() {
            SignIn::Granted { token, session } => Person { cookie: token, token: session.csrf_token },
            refused => panic!("{refused:?}"),
        }
    }

    pub(crate) async fn get(&self, path: &str, person: Option<&Person>) -> Answer {
        self.send(TestRequest::get().uri(path), person).await
    }

    /// Posts a form as a person's own browser would, with the token of their session.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)], person: Option<&Person>) -> Answer {
        let token = person.map(|person| ("token", person.token.as_str()));
        self.send(form(path, fields.iter().copied().chain(token)), person).await
    }

    pub(crate) async fn send(&self, request: TestRequest, person: Option<&Person>) -> Answer {
        let name = crate::access::cookie_name(&self.site);
        let request = match person {
            Some(person) => request.cookie(Cookie::new(name, person.cookie.clone())),
            None => request,
        };
        let service = test::init_service(routes::application(self.site.clone())).await;
        let response: ServiceResponse<_> = service.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await;
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// A form, sent from this machine.
pub(crate) fn form<'a>(path: &str, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> TestRequest {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    TestRequest::post()
        .uri(path)
        .peer_addr("127.0.0.1:40000".parse().unwrap())
        .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .set_payload(body)
}

/// One piece of work, finished two days after it was opened.
pub(crate) fn item(number: usize, kind: Kind, title: &str, opened_at: DateTime<Utc>) -> WorkItem {
    WorkItem {
        external_id: format!("id{number}"),
        reference: format!("INC{number:07}"),
        kind,
        title: Some(title.to_owned()),
        description: None,
        state: State::Finished,
        department: Some("Ward 7".to_owned()),
        team: Some("Service desk".to_owned()),
        system: None,
        priority: Some(3),
        source_category: None,
        source_status: None,
        labels: Vec::new(),
        parent: None,
        opened_at,
        finished_at: Some(opened_at + TimeDelta::days(2)),
        updated_at: opened_at + TimeDelta::days(2),
        logged: Vec::new(),
    }
}

/// What a month holds: kind, title, how many, minutes logged on each (0: nobody logged any).
const MONTH: [(Kind, &str, usize, i64); 14] = [
    (Kind::Incident, "Cannot open the patient record, screen is frozen", 9, 50),
    (Kind::Request, "New starter on Ward 7 needs an account", 8, 25),
    (Kind::Incident, "Ward printer does not print", 6, 40),
    (Kind::Request, "How do I share a calendar", 4, 15),
    (Kind::Change, "Monthly release of the pharmacy system", 3, 180),
    (Kind::Change, "Server patching for Patch Tuesday", 2, 420),
    (Kind::Incident, "Phishing e-mail reported", 3, 35),
    (Kind::Incident, "Backup failed on the file server", 2, 90),
    (Kind::Request, "Freedom of information request about laptops", 1, 120),
    (Kind::Project, "Electronic prescribing on the wards", 1, 1500),
    (Kind::Request, "Change request: add a field to the discharge form", 2, 240),
    (Kind::Task, "Roll out new tablets to outpatients", 1, 300),
    (Kind::Request, "Please help", 3, 0),
    (Kind::Request, "Something about the thing", 2, 60),
];

fn month_of_work(index: usize, first: chrono::NaiveDate) -> Vec<WorkItem> {
    let mut items = Vec::new();
    for (place, (kind, title, count, minutes)) in MONTH.into_iter().enumerate() {
        for repeat in 0..count + (index * (place + 3)) % 3 {
            let number = index * 1_000 + place * 50 + repeat;
            let day = first + TimeDelta::days(((place * 5 + repeat * 3) % 26) as i64);
            let opened = day.and_hms_opt(9, 0, 0).unwrap().and_utc();
            let mut item = item(number, kind, title, opened);
            if minutes > 0 && !(repeat + index).is_multiple_of(4) {
                item.logged = vec![EffortEntry { at: item.finished_at, seconds: minutes * 60 }];
            }
            items.push(item);
        }
    }
    items
}
