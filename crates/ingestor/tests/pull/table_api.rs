//! A table as ServiceNow's Table API serves it: encoded queries, a limit applied before access rules,
//! `X-Total-Count` before them too, and `Link`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path},
};

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) updated: String,
    pub(crate) opened: String,
    pub(crate) state: String,
    /// Whether access rules hide it from our account.
    pub(crate) hidden: bool,
}

/// A record that was updated so many seconds after nine on 1 November 2026.
pub(crate) fn record(id: &str, seconds: u32) -> Record {
    Record {
        id: id.to_owned(),
        updated: format!("2026-11-01 09:{:02}:{:02}", seconds / 60, seconds % 60),
        opened: "2026-10-30 08:00:00".to_owned(),
        state: "2".to_owned(),
        hidden: false,
    }
}

impl Record {
    fn field(&self, name: &str) -> &str {
        match name {
            "sys_id" => &self.id,
            "sys_updated_on" => &self.updated,
            "opened_at" => &self.opened,
            _ => panic!("a query on {name}, which this table does not have"),
        }
    }

    fn obeys(&self, query: &str) -> bool {
        query.split("^NQ").any(|half| {
            half.split('^').filter(|part| !part.is_empty()).all(|condition| {
                let at = condition.find(['>', '=']).unwrap();
                let (name, rest) = condition.split_at(at);
                let value = self.field(name);
                match rest.strip_prefix(">=") {
                    Some(bound) => value >= bound,
                    None if rest.starts_with('>') => value > &rest[1..],
                    None => value == &rest[1..],
                }
            })
        })
    }

    fn json(&self) -> Value {
        json!({
            "sys_id": self.id,
            "number": format!("INC-{}", self.id),
            "sys_updated_on": self.updated,
            "sys_created_on": self.opened,
            "opened_at": self.opened,
            "resolved_at": "",
            "closed_at": "",
            "state": self.state,
            "short_description": format!("Ward printer, call jo@trust.example about {}", self.id),
            "assignment_group.name": "Service Desk",
            "caller_id.department.name": "",
            "parent": "",
        })
    }
}

/// Cheap to clone; clones share the records.
#[derive(Clone, Default)]
pub(crate) struct TableApi {
    pub(crate) records: Arc<Mutex<Vec<Record>>>,
    /// Answers every query with everything, as an instance does with a query that it cannot read.
    pub(crate) deaf: bool,
    /// Sends neither a count nor a link.
    pub(crate) mute: bool,
    /// Sends a link to this address instead of a count.
    pub(crate) links_to: Option<String>,
}

impl TableApi {
    pub(crate) fn with(records: Vec<Record>) -> Self {
        Self { records: Arc::new(Mutex::new(records)), ..Self::default() }
    }

    /// Serves `incident` and, empty, the other tables.
    pub(crate) async fn serve(&self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/api/now/table/incident"))
            .respond_with(self.clone())
            .mount(&server)
            .await;
        Mock::given(method("GET")).respond_with(Self::default()).mount(&server).await;
        server
    }

    pub(crate) fn change(&self, id: &str, change: impl Fn(&mut Record)) {
        self.records.lock().unwrap().iter_mut().filter(|record| record.id == id).for_each(change);
    }
}

impl Respond for TableApi {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let parameters: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str| parameters[name].parse::<usize>().unwrap();
        let (limit, offset) = (number("sysparm_limit"), number("sysparm_offset"));
        let query = parameters["sysparm_query"]
            .strip_suffix("ORDERBYsys_updated_on^ORDERBYsys_id")
            .expect("every query is ordered");
        let mut found: Vec<Record> = self.records.lock().unwrap().clone();
        found.retain(|record| self.deaf || record.obeys(query));
        found.sort_by(|a, b| (&a.updated, &a.id).cmp(&(&b.updated, &b.id)));
        let total = found.len();
        let rows: Vec<Value> = found
            .into_iter()
            .skip(offset)
            .take(limit)
            .filter(|record| !record.hidden)
            .map(|record| record.json())
            .collect();
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "result": rows }));
        match &self.links_to {
            Some(address) if offset + limit < total => {
                answer.insert_header("link", format!("<{address}?a=b,c>;rel=\"next\""))
            }
            Some(_) => answer,
            None if self.mute => answer,
            None => answer.insert_header("x-total-count", total.to_string()),
        }
    }
}
