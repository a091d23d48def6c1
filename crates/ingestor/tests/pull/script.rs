//! A connector that reads from memory and fails where it is told to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;
use waterline_core::{Kind, State, TextPolicy, WorkItem, redaction::Redactor};
use waterline_ingestor::{
    Batch, Connector, Cursor, ExtractError, FeedId, FetchError, HttpClient, HttpLimits, Next, RawRecord,
    Source,
};

use crate::support::{clock, now};

pub(crate) const FEED: FeedId = "tickets";
pub(crate) const OTHER: FeedId = "changes";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Transient,
    Limited,
    Refused,
    /// Never answers.
    Silent,
    /// Answers, and says that more lies behind the place where it was asked.
    Circle,
}

/// Batches of [`FEED`], and what goes wrong before each is given. The other feed is empty. Clones share.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) batches: Arc<Mutex<Vec<Vec<Value>>>>,
    pub(crate) faults: Arc<Mutex<BTreeMap<usize, VecDeque<Fault>>>>,
    /// Batches of [`FEED`] that were given, in order.
    pub(crate) given: Arc<Mutex<Vec<usize>>>,
}

/// A ticket at its second of life.
pub(crate) fn ticket(id: usize, second: i64) -> Value {
    json!({ "id": format!("t{id}"), "second": second, "title": "call jo@trust.example" })
}

impl Script {
    /// So many batches of three tickets.
    pub(crate) fn of(batches: usize) -> Self {
        let batch = |number| (0..3).map(|n| ticket(number * 3 + n, 0)).collect();
        let batches = Arc::new(Mutex::new((0..batches).map(batch).collect()));
        Self { batches, ..Self::default() }
    }

    pub(crate) fn failing(self, batch: usize, faults: &[Fault]) -> Self {
        self.faults.lock().unwrap().insert(batch, faults.iter().copied().collect());
        self
    }

    pub(crate) fn source(&self, text: TextPolicy) -> Source {
        let nowhere = Url::parse("http://127.0.0.1:1").unwrap();
        Source {
            name: "memory".to_owned(),
            text,
            redactor: Redactor::new(&[]).unwrap(),
            example_data: false,
            connector: Box::new(self.clone()),
            http: HttpClient::new("memory", &nowhere, HttpLimits::default(), clock()).unwrap(),
            only: None,
        }
    }
}

#[async_trait]
impl Connector for Script {
    fn id(&self) -> &'static str {
        "script"
    }

    fn feeds(&self) -> &[FeedId] {
        &[FEED, OTHER]
    }

    async fn fetch(&self, feed: FeedId, after: Option<&Cursor>) -> Result<Batch, FetchError> {
        let number: usize = after.map_or(0, |cursor| cursor.0.parse().unwrap());
        let batches = if feed == FEED { self.batches.lock().unwrap().clone() } else { Vec::new() };
        let fault = self.faults.lock().unwrap().get_mut(&number).and_then(VecDeque::pop_front);
        let endpoint = "memory".to_owned();
        let reason = "as told".to_owned();
        match fault.filter(|_| feed == FEED) {
            Some(Fault::Transient) => return Err(FetchError::Transient { endpoint, reason }),
            Some(Fault::Refused) => return Err(FetchError::Refused { endpoint, reason }),
            Some(Fault::Limited) => {
                return Err(FetchError::RateLimited {
                    endpoint,
                    retry_at: now() + TimeDelta::milliseconds(5),
                });
            }
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::Circle) => {
                let next = Next::More(Cursor(number.to_string()));
                return Ok(Batch { records: Vec::new(), next, upstream_total: None });
            }
            None => {}
        }
        if feed == FEED {
            self.given.lock().unwrap().push(number);
        }
        let records = batches.get(number).into_iter().flatten().cloned().map(|json| RawRecord { feed, json });
        let next = match number + 1 < batches.len() {
            true => Next::More(Cursor((number + 1).to_string())),
            false => Next::CaughtUp(Cursor("0".to_owned())),
        };
        let total = batches.iter().map(Vec::len).sum::<usize>();
        Ok(Batch { records: records.collect(), next, upstream_total: Some(total as u64) })
    }

    fn extract(&self, record: &RawRecord) -> Result<Vec<WorkItem>, ExtractError> {
        let id = record.json["id"].as_str().map(str::to_owned);
        let Some(second) = record.json["second"].as_i64() else {
            return Err(ExtractError { record: id, reason: "second is not a number".to_owned() });
        };
        let id = id.ok_or(ExtractError { record: None, reason: "id is empty".to_owned() })?;
        Ok(vec![WorkItem {
            reference: id.to_uppercase(),
            external_id: id,
            kind: Kind::Incident,
            title: record.json["title"].as_str().map(str::to_owned),
            description: Some("on the ward".to_owned()),
            state: State::Open,
            department: None,
            team: None,
            system: None,
            priority: None,
            source_category: None,
            source_status: None,
            labels: Vec::new(),
            parent: None,
            opened_at: now() - TimeDelta::days(1),
            finished_at: None,
            updated_at: now() - TimeDelta::days(1) + TimeDelta::seconds(second),
            logged: Vec::new(),
        }])
    }
}
