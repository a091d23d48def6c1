//! A ServiceNow instance that answers as the real one does: the Table API for reading, and OAuth.
//!
//! Over HTTP it is strictly read-only. Tests change it through [`ServerHandle`], also while somebody
//! is paging.

mod answer;
mod faults;
mod fields;
mod guard;
mod handlers;
mod live;
mod query;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::TcpListener,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::{App, HttpServer, web};
use tokio::task::JoinHandle;
use waterline_core::Clock;

pub use self::{
    faults::{Fault, Faults},
    guard::RateLimit,
};
use self::{guard::Guard, live::Live};
use crate::{
    record::{Record, Stage, Table},
    trust::Trust,
};

/// How an instance behaves.
#[derive(Clone, Debug)]
pub struct ServiceNowSettings {
    /// The user for basic authentication.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The client for OAuth client credentials.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How long a token lasts; half an hour on a real instance.
    pub token_lifetime_seconds: u32,
    /// The most rows that one page holds, whatever `sysparm_limit` says.
    pub max_limit: usize,
    /// How many requests it takes, if that is limited.
    pub rate_limit: Option<RateLimit>,
    /// One row in so many is hidden from the user by an access control list; pages then come up short.
    pub hidden_every: Option<usize>,
    /// `glide.invalid_query.returns_no_rows`: an unreadable clause gives no rows instead of all.
    pub strict_queries: bool,
    /// What is to go wrong.
    pub faults: Faults,
}

impl Default for ServiceNowSettings {
    fn default() -> Self {
        Self {
            user: "waterline.reader".to_owned(),
            password: "example-password".to_owned(),
            client_id: "waterline".to_owned(),
            client_secret: "example-secret".to_owned(),
            token_lifetime_seconds: 1799,
            max_limit: 10_000,
            rate_limit: None,
            hidden_every: None,
            strict_queries: false,
            faults: Faults::default(),
        }
    }
}

impl ServiceNowSettings {
    fn hides(&self, sys_id: u128) -> bool {
        self.hidden_every.is_some_and(|every| sys_id.is_multiple_of(every.max(1) as u128))
    }
}

/// The simulated product.
#[derive(Clone, Copy, Debug)]
pub struct ServiceNow;

impl ServiceNow {
    /// Serves the trust's records on that listener until the handle stops it. Call it within a Tokio
    /// runtime.
    pub fn start(
        trust: &Trust,
        settings: ServiceNowSettings,
        listener: TcpListener,
        clock: Clock,
    ) -> io::Result<ServerHandle> {
        let url = format!("http://{}", listener.local_addr()?);
        let instance = web::Data::new(Instance::new(trust, settings, clock));
        let shared = instance.clone();
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(handlers::routes))
            .workers(2)
            .disable_signals()
            .listen(listener)?
            .run();
        let stop = server.handle();
        Ok(ServerHandle { url, instance, stop, running: tokio::spawn(server) })
    }
}

/// What the requests share.
pub(crate) struct Instance {
    settings: ServiceNowSettings,
    live: RwLock<Live>,
    guard: Guard,
    clock: Clock,
    requests: AtomicU64,
}

impl Instance {
    fn new(trust: &Trust, settings: ServiceNowSettings, clock: Clock) -> Self {
        let live = RwLock::new(Live::new(trust));
        Self { settings, live, guard: Guard::default(), clock, requests: AtomicU64::new(0) }
    }

    fn now(&self) -> i64 {
        (self.clock)().timestamp()
    }

    fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn touch(&self, name: &str, change: Change) -> bool {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let Some(mut record) = live.find(name).cloned() else { return false };
        // An edit is always later than the one before it, even by a clock that stands still.
        let now = self.now().max(record.updated + 1);
        live.remove(record.sys_id);
        change.apply(&mut record, now);
        live.put(record);
        true
    }

    fn add(&self, table: Table, title: &str) -> Option<String> {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let like = live.records(table).first()?.clone();
        let number = live.records(table).iter().map(|record| record.number).max()? + 1;
        let now = self.now();
        let record = Record {
            // Scattered as real ones are, and never met twice: numbers only grow.
            sys_id: (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
            number,
            stage: Stage::New,
            opened: now,
            resolved: None,
            closed: None,
            updated: now,
            effort: 0,
            logged: false,
            reopened: 0,
            parent: None,
            own_title: Some(title.into()),
            ..like
        };
        let reference = record.reference();
        live.put(record);
        Some(reference)
    }

    fn delete(&self, name: &str) -> bool {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let id = live.find(name).map(|record| record.sys_id);
        id.and_then(|id| live.remove(id)).is_some()
    }
}

/// What somebody edits in a record; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Where it stands from now on.
    pub stage: Option<Stage>,
    /// Its logged time in all, in seconds.
    pub time_worked: Option<u32>,
    /// Its short description.
    pub title: Option<String>,
}

impl Change {
    fn apply(self, record: &mut Record, now: i64) {
        record.updated = now;
        if let Some(title) = self.title {
            record.own_title = Some(title.into());
        }
        if let Some(seconds) = self.time_worked {
            record.effort = seconds;
            record.logged = true;
        }
        let Some(stage) = self.stage else { return };
        let has_resolution = matches!(record.table, Table::Incident | Table::Problem);
        record.stage = stage;
        match stage {
            Stage::New | Stage::InProgress | Stage::OnHold => {
                record.resolved = None;
                record.closed = None;
            }
            Stage::Resolved => {
                record.resolved = has_resolution.then_some(now);
                record.closed = None;
            }
            Stage::Closed => {
                record.resolved = record.resolved.or(has_resolution.then_some(now));
                record.closed = Some(now);
            }
            Stage::Cancelled => {
                record.resolved = None;
                record.closed = Some(now);
            }
        }
    }
}

/// A running instance.
pub struct ServerHandle {
    url: String,
    instance: web::Data<Instance>,
    stop: actix_web::dev::ServerHandle,
    running: JoinHandle<io::Result<()>>,
}

impl ServerHandle {
    /// The address, for example `http://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The faults, to add some.
    pub fn faults(&self) -> &Faults {
        &self.instance.settings.faults
    }

    /// How many requests for a table it has seen, answered or not.
    pub fn requests(&self) -> u64 {
        self.instance.requests.load(Ordering::Relaxed)
    }

    /// How many records a table holds now, hidden ones included.
    pub fn count(&self, table: Table) -> usize {
        self.instance.live.read().unwrap_or_else(PoisonError::into_inner).records(table).len()
    }

    /// Edits a record, found by its number or `sys_id`, at the clock's time; whether there is one.
    pub fn touch(&self, name: &str, change: Change) -> bool {
        self.instance.touch(name, change)
    }

    /// Opens a record at the clock's time and answers its number; `None` where the table is empty.
    pub fn add(&self, table: Table, title: &str) -> Option<String> {
        self.instance.add(table, title)
    }

    /// Deletes a record without a trace, as ServiceNow's table cleaner does; whether there was one.
    pub fn delete(&self, name: &str) -> bool {
        self.instance.delete(name)
    }

    /// Stops at once, hanging requests included.
    pub async fn stop(self) {
        self.stop.stop(false).await;
        self.running.abort();
    }
}
