use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::servicenow::tables::{TABLES, table};

const FIXTURES: [(&str, &str); 6] = [
    ("incident", include_str!("../fixtures/incident.json")),
    ("sc_req_item", include_str!("../fixtures/sc_req_item.json")),
    ("sc_task", include_str!("../fixtures/sc_task.json")),
    ("problem", include_str!("../fixtures/problem.json")),
    ("change_request", include_str!("../fixtures/change_request.json")),
    ("pm_project", include_str!("../fixtures/pm_project.json")),
];

/// The incident of the fixture with some fields set otherwise.
fn incident(changes: Value) -> Result<Extracted, ExtractError> {
    incident_of(changes, &States::default())
}

fn incident_of(changes: Value, states: &States) -> Result<Extracted, ExtractError> {
    let mut record: Map<String, Value> = serde_json::from_str(FIXTURES[0].1).unwrap();
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    record.extend(changes);
    extract(table("incident").unwrap(), states, &Value::Object(record))
}

fn item(changes: Value) -> WorkItem {
    incident(changes).unwrap().item
}

fn reason(changes: Value) -> String {
    incident(changes).unwrap_err().reason
}

#[test]
fn every_table_becomes_a_work_item() {
    for (name, text) in FIXTURES {
        let record = serde_json::from_str(text).unwrap();
        let found = extract(table(name).unwrap(), &States::default(), &record).unwrap();
        assert_eq!(found.unexplained, None, "{name}");
        insta::assert_debug_snapshot!(name, found.item);
    }
}

#[test]
fn every_field_of_the_fixtures_is_asked_for_so_that_they_are_what_an_instance_sends() {
    for (name, text) in FIXTURES {
        let record: Map<String, Value> = serde_json::from_str(text).unwrap();
        let fields = table(name).unwrap().fields(waterline_core::TextPolicy::Full);
        let asked: Vec<&str> = fields.split(',').collect();
        for field in record.keys() {
            assert!(asked.contains(&field.as_str()), "{name} does not ask for {field}");
        }
    }
}

#[test]
fn no_table_asks_for_a_person_or_for_text_that_is_not_kept() {
    for table in &TABLES {
        let fields = table.fields(waterline_core::TextPolicy::None);
        assert!(!fields.contains("description"), "{fields}");
        for field in fields.split(',') {
            let person = ["caller_id", "requested_for", "requested_by", "opened_by", "assigned_to"]
                .iter()
                .any(|person| field.contains(person));
            assert!(!person || field.ends_with(".department.name"), "{field}");
        }
    }
}

#[test]
fn times_have_no_zone_and_are_utc_in_summer_too() {
    let item = item(json!({ "opened_at": "2026-07-01 09:00:00" }));
    assert_eq!(item.opened_at.to_rfc3339(), "2026-07-01T09:00:00+00:00");
}

#[test]
fn work_is_finished_when_it_was_resolved_else_closed_else_last_touched() {
    let at = |changes: Value| item(changes).finished_at.unwrap().to_string();
    assert_eq!(at(json!({ "closed_at": "2026-07-08 09:00:00" })), "2026-07-01 09:00:00 UTC");
    assert_eq!(
        at(json!({ "resolved_at": "", "closed_at": "2026-07-08 09:00:00" })),
        "2026-07-08 09:00:00 UTC"
    );
    assert_eq!(at(json!({ "resolved_at": null })), "2026-07-01 09:30:00 UTC");
}

#[test]
fn only_finished_work_has_a_date_of_that() {
    let open = item(json!({ "state": "2" }));
    assert_eq!((open.state, open.finished_at), (State::Open, None));
    let withdrawn = item(json!({ "state": "8", "closed_at": "2026-07-08 09:00:00" }));
    assert_eq!((withdrawn.state, withdrawn.finished_at), (State::Withdrawn, None));
}

#[test]
fn a_state_that_nobody_explained_loses_no_ticket() {
    let ended = incident(json!({ "state": "23" })).unwrap();
    assert_eq!((ended.item.state, ended.unexplained.as_deref()), (State::Finished, Some("23")));
    let going_on = incident(json!({ "state": "", "resolved_at": "" })).unwrap();
    assert_eq!((going_on.item.state, going_on.unexplained.as_deref()), (State::Open, Some("")));
}

#[test]
fn the_configuration_explains_states_and_overrides_the_usual_meaning() {
    let explained = BTreeMap::from([("23".to_owned(), State::Withdrawn), ("6".to_owned(), State::Open)]);
    let states = States::new(BTreeMap::from([("incident".to_owned(), explained)]));
    let state = |number: &str| incident_of(json!({ "state": number }), &states).unwrap();
    assert_eq!(state("23").item.state, State::Withdrawn);
    assert_eq!(state("6").item.state, State::Open);
    assert_eq!(state("7").item.state, State::Finished);
    assert_eq!(state("23").unexplained, None);
}

#[test]
fn references_come_in_four_shapes() {
    let parent = |value: Value| item(json!({ "parent_incident": value })).parent;
    assert_eq!(parent(json!("")), None);
    assert_eq!(parent(json!("abc")), Some("abc".to_owned()));
    assert_eq!(parent(json!({ "link": "https://x.example", "value": "abc" })), Some("abc".to_owned()));
    assert_eq!(parent(json!({ "display_value": "INC1" })), Some("INC1".to_owned()));
    assert_eq!(parent(json!({ "display_value": "INC1", "value": "abc" })), Some("abc".to_owned()));
}

#[test]
fn a_ticket_is_not_its_own_parent() {
    assert_eq!(item(json!({ "parent_incident": "0a1b2c3d4e5f60718293a4b5c6d7e8f1" })).parent, None);
}

#[test]
fn durations_are_offsets_from_1970() {
    let seconds = |text: &str| item(json!({ "time_worked": text })).logged_seconds();
    assert_eq!(seconds("1970-01-02 01:00:00"), Some(25 * 3600));
    assert_eq!(seconds("1970-01-01 00:00:00"), None);
    assert_eq!(seconds(""), None);
    assert_eq!(
        reason(json!({ "time_worked": "15 minutes" })),
        "time_worked is not a duration such as 1970-01-01 00:15:00"
    );
    assert!(reason(json!({ "time_worked": "1969-12-31 23:59:59" })).contains("duration"));
}

#[test]
fn what_cannot_be_read_is_told_by_field_and_id_and_never_by_content() {
    let fault = incident(json!({ "opened_at": "Jane Doe, 01/07/26" })).unwrap_err();
    assert_eq!(fault.record.as_deref(), Some("0a1b2c3d4e5f60718293a4b5c6d7e8f1"));
    assert_eq!(fault.reason, "opened_at is not a time such as 2026-11-01 09:00:00");
    let nameless = incident(json!({ "sys_id": "" })).unwrap_err();
    assert_eq!(
        (nameless.record.as_deref(), nameless.reason.as_str()),
        (Some("INC0010023"), "sys_id is empty")
    );
    assert_eq!(reason(json!({ "sys_updated_on": "" })), "sys_updated_on is empty");
    assert_eq!(reason(json!({ "category": ["a"] })), "category is a list or object, not a text");
    assert_eq!(reason(json!({ "opened_at": "+2026-07-01 9:00:00" })), reason(json!({ "opened_at": "x" })));
}

#[test]
fn an_odd_priority_is_no_priority() {
    assert_eq!(item(json!({ "priority": 3 })).priority, Some(3));
    assert_eq!(item(json!({ "priority": "P3" })).priority, None);
    assert_eq!(item(json!({ "priority": "300" })).priority, None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>().boxed(),
        "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}".boxed(),
        "-?[0-9]{1,6}".boxed(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::String),
    ];
    let key = prop_oneof!["value|display_value|link", any::<String>()];
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map(key.clone(), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_a_source_sends_makes_it_panic(
        which in 0..TABLES.len(),
        values in proptest::collection::vec(any_json(), 40),
        alone in any_json(),
    ) {
        let table = &TABLES[which];
        let fields = table.fields(waterline_core::TextPolicy::Full);
        let record: Map<String, Value> =
            fields.split(',').map(str::to_owned).zip(values).collect();
        for json in [Value::Object(record), alone] {
            if let Ok(found) = extract(table, &States::default(), &json) {
                prop_assert_eq!(found.item.finished_at.is_some(), found.item.state == State::Finished);
            }
        }
    }
}

/// Real incidents of a demonstration instance, from its CSV export, where `state` is still called
/// `incident_state`.
#[test]
fn the_incidents_of_a_real_instance_can_all_be_read() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/tickets/servicenow_rest_demo/incidents_REST.csv");
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        println!("{} is not here; nothing was tested", path.display());
        return;
    };
    let headers = reader.headers().unwrap().clone();
    let mut states = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let record: Map<String, Value> = headers
            .iter()
            .map(|name| if name == "incident_state" { "state" } else { name })
            .map(str::to_owned)
            .zip(row.iter().map(Value::from))
            .collect();
        let found = extract(table("incident").unwrap(), &States::default(), &Value::Object(record)).unwrap();
        assert_eq!(found.unexplained, None);
        *states.entry(found.item.state.as_str()).or_insert(0) += 1;
    }
    assert_eq!(states.values().sum::<i32>(), 67);
    println!("{states:?}");
}
