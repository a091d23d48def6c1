//! One ticket of RT to one work item. Pure.

use chrono::{DateTime, Utc};
use serde_json::Value;
use waterline_core::{EffortEntry, Kind, State, WorkItem};

use super::{RequestTrackerOptions, WORKED};
use crate::ExtractError;

pub(super) fn work_item(ticket: &Value, options: &RequestTrackerOptions) -> Result<WorkItem, ExtractError> {
    let id = number(ticket, "id");
    let record = id.map(|id| id.to_string());
    read(ticket, id, options).map_err(|reason| ExtractError { record, reason })
}

fn read(ticket: &Value, id: Option<u64>, options: &RequestTrackerOptions) -> Result<WorkItem, String> {
    let id = id.ok_or("id is missing or not a number")?;
    let queue = ticket
        .get("Queue")
        .and_then(|queue| text(queue, "Name"))
        .ok_or("Queue has no name; the account that Waterline uses needs the right SeeQueue")?;
    let status = text(ticket, "Status").ok_or("Status is missing")?;
    let state = state(&status, options);
    let updated_at = set_instant(ticket, "LastUpdated")?;
    let finished_at = match state {
        // Imported tickets can be resolved without a date; the last touch is the best that RT knows.
        State::Finished => Some(instant(ticket, "Resolved")?.unwrap_or(updated_at)),
        State::Open | State::Withdrawn => None,
    };
    let custom = |name: &Option<String>| name.as_deref().and_then(|name| custom_field(ticket, name));
    Ok(WorkItem {
        external_id: id.to_string(),
        reference: format!("#{id}"),
        kind: kind(&queue, options)?,
        title: text(ticket, "Subject"),
        description: None,
        state,
        department: custom(&options.department_field),
        team: if options.team_field.is_some() { custom(&options.team_field) } else { Some(queue) },
        system: custom(&options.system_field),
        priority: priority(ticket)?,
        source_category: custom(&options.category_field),
        source_status: text(ticket, "Status"),
        labels: Vec::new(),
        parent: None,
        opened_at: set_instant(ticket, "Created")?,
        finished_at,
        updated_at,
        logged: logged(ticket)?,
    })
}

fn kind(queue: &str, options: &RequestTrackerOptions) -> Result<Kind, String> {
    options.kinds.get(queue).copied().ok_or_else(|| {
        format!("the queue \"{queue}\" has no kind of work; add it to request_tracker.kinds of this source")
    })
}

fn state(status: &str, options: &RequestTrackerOptions) -> State {
    if let Some(state) = options.states.get(status) {
        return *state;
    }
    match status {
        "resolved" => State::Finished,
        "rejected" | "deleted" => State::Withdrawn,
        _ => State::Open,
    }
}

/// RT counts up to the urgent: by default Low is 0, Medium 50 and High 100, and a number in between is
/// called by the word below it.
fn priority(ticket: &Value) -> Result<Option<u8>, String> {
    if is_unset(ticket.get("Priority")) {
        return Ok(None);
    }
    Ok(Some(match whole(ticket, "Priority")? {
        100.. => 1,
        50..=99 => 2,
        _ => 3,
    }))
}

/// The dated entries, and what the total holds beyond them (work logged before a merge or an import, or
/// on comments that the account may not see), which stays undated.
fn logged(ticket: &Value) -> Result<Vec<EffortEntry>, String> {
    let total = i64::from(minutes(ticket, "TimeWorked")?) * 60;
    let dated = ticket.get(WORKED).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut entries = Vec::with_capacity(dated.len() + 1);
    for entry in dated {
        let seconds = i64::from(minutes(entry, "TimeTaken")?) * 60;
        entries.push(EffortEntry { at: Some(set_instant(entry, "Created")?), seconds });
    }
    let rest = total - entries.iter().map(|entry| entry.seconds).sum::<i64>();
    if rest != 0 {
        entries.push(EffortEntry { at: None, seconds: rest });
    }
    Ok(entries)
}

/// The first value of a custom field.
fn custom_field(ticket: &Value, name: &str) -> Option<String> {
    let field = ticket
        .get("CustomFields")?
        .as_array()?
        .iter()
        .find(|field| field.get("name").and_then(Value::as_str) == Some(name))?;
    field.get("values")?.as_array()?.iter().find_map(|value| worded(value.as_str()?))
}

fn text(json: &Value, field: &str) -> Option<String> {
    worded(json.get(field)?.as_str()?)
}

fn worded(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// RT writes numbers as strings, and an unset one as an empty string.
pub(super) fn number(json: &Value, field: &str) -> Option<u64> {
    let value = json.get(field)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Whole minutes; none where the field is unset.
pub(super) fn minutes(json: &Value, field: &str) -> Result<i32, String> {
    if is_unset(json.get(field)) { Ok(0) } else { whole(json, field) }
}

fn whole(json: &Value, field: &str) -> Result<i32, String> {
    let value = json.get(field).unwrap_or(&Value::Null);
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    number
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| format!("{field} is not a whole number"))
}

fn is_unset(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

/// A date, or `None` where it is unset, which RT writes as the first second of 1970.
pub(super) fn instant(json: &Value, field: &str) -> Result<Option<DateTime<Utc>>, String> {
    if is_unset(json.get(field)) {
        return Ok(None);
    }
    let text = json.get(field).and_then(Value::as_str).unwrap_or_default();
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| format!("{field} is not a date such as 2026-11-01T09:00:00Z"))?;
    Ok((at.timestamp() > 0).then(|| at.to_utc()))
}

fn set_instant(json: &Value, field: &str) -> Result<DateTime<Utc>, String> {
    instant(json, field)?.ok_or_else(|| format!("{field} is missing"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn options() -> RequestTrackerOptions {
        RequestTrackerOptions {
            kinds: [("Service Desk".to_owned(), Kind::Incident)].into(),
            states: [("parked".to_owned(), State::Withdrawn)].into(),
            department_field: Some("Department".to_owned()),
            system_field: Some("System".to_owned()),
            ..RequestTrackerOptions::default()
        }
    }

    /// As RT 5.0.3 writes it.
    fn ticket() -> Value {
        json!({
            "id": "42", "type": "ticket", "_url": "https://rt.example.nhs.uk/REST/2.0/ticket/42",
            "Subject": "Label printer offline on Ash Ward", "Status": "resolved", "Priority": "50",
            "Queue": { "id": "3", "type": "queue", "Name": "Service Desk",
                       "_url": "https://rt.example.nhs.uk/REST/2.0/queue/3" },
            "Created": "2026-10-01T08:15:00Z", "Resolved": "2026-10-02T09:30:00Z",
            "LastUpdated": "2026-10-02T09:30:01Z", "TimeWorked": "35",
            "CustomFields": [
                { "id": "2", "type": "customfield", "name": "Department", "values": ["Pathology"] },
                { "id": "5", "type": "customfield", "name": "System", "values": [] }
            ],
            "Worked": [
                { "id": "80", "type": "transaction", "ObjectId": "42", "TimeTaken": "15",
                  "Created": "2026-10-01T10:00:00Z" }
            ]
        })
    }

    fn with(field: &str, value: impl Into<Value>) -> Value {
        let mut ticket = ticket();
        ticket[field] = value.into();
        ticket
    }

    fn item(ticket: &Value) -> WorkItem {
        work_item(ticket, &options()).unwrap()
    }

    fn reason(ticket: &Value) -> String {
        work_item(ticket, &options()).unwrap_err().reason
    }

    fn at(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap()
    }

    #[test]
    fn a_ticket_becomes_a_work_item() {
        let expected = WorkItem {
            external_id: "42".to_owned(),
            reference: "#42".to_owned(),
            kind: Kind::Incident,
            title: Some("Label printer offline on Ash Ward".to_owned()),
            description: None,
            state: State::Finished,
            department: Some("Pathology".to_owned()),
            team: Some("Service Desk".to_owned()),
            system: None,
            priority: Some(2),
            source_category: None,
            source_status: Some("resolved".to_owned()),
            labels: Vec::new(),
            parent: None,
            opened_at: at(10, 1, 8, 15),
            finished_at: Some(at(10, 2, 9, 30)),
            updated_at: at(10, 2, 9, 30) + chrono::TimeDelta::seconds(1),
            logged: vec![
                EffortEntry { at: Some(at(10, 1, 10, 0)), seconds: 15 * 60 },
                EffortEntry { at: None, seconds: 20 * 60 },
            ],
        };
        assert_eq!(item(&ticket()), expected);
    }

    #[test]
    fn the_logged_effort_is_always_the_total_that_rt_shows() {
        assert_eq!(item(&ticket()).logged_seconds(), Some(35 * 60));
        assert_eq!(item(&with("TimeWorked", "15")).logged.len(), 1);
        assert_eq!(item(&with("TimeWorked", "10")).logged_seconds(), Some(10 * 60));
        let mut none = with("TimeWorked", "");
        none["Worked"] = Value::Null;
        assert_eq!(item(&none).logged_seconds(), None);
    }

    #[test]
    fn a_date_in_1970_is_no_date() {
        let unset = item(&with("Resolved", "1970-01-01T00:00:00Z"));
        assert_eq!(unset.finished_at, Some(unset.updated_at));
        assert_eq!(reason(&with("Created", "1970-01-01T00:00:00Z")), "Created is missing");
    }

    #[test]
    fn a_reopened_ticket_is_not_finished_whatever_its_dates_say() {
        let reopened = item(&with("Status", "open"));
        assert_eq!((reopened.state, reopened.finished_at), (State::Open, None));
    }

    #[test]
    fn statuses_follow_rt_unless_configured() {
        for (status, state) in [
            ("new", State::Open),
            ("stalled", State::Open),
            ("rejected", State::Withdrawn),
            ("deleted", State::Withdrawn),
            ("parked", State::Withdrawn),
        ] {
            assert_eq!(item(&with("Status", status)).state, state, "{status}");
        }
    }

    #[test]
    fn priorities_are_turned_round() {
        for (theirs, ours) in [("0", 3), ("49", 3), ("50", 2), ("99", 2), ("100", 1), ("1000", 1)] {
            assert_eq!(item(&with("Priority", theirs)).priority, Some(ours), "{theirs}");
        }
        assert_eq!(item(&with("Priority", "")).priority, None);
    }

    #[test]
    fn a_configured_team_field_wins_over_the_queue() {
        let options = RequestTrackerOptions { team_field: Some("Department".to_owned()), ..options() };
        assert_eq!(work_item(&ticket(), &options).unwrap().team.as_deref(), Some("Pathology"));
        let none = RequestTrackerOptions { team_field: Some("Team".to_owned()), ..options };
        assert_eq!(work_item(&ticket(), &none).unwrap().team, None);
    }

    #[test]
    fn what_cannot_be_read_says_which_field_and_what_to_do() {
        assert_eq!(
            reason(&with("Queue", json!({ "id": "9", "Name": "Estates" }))),
            "the queue \"Estates\" has no kind of work; add it to request_tracker.kinds of this source"
        );
        assert_eq!(
            reason(&with("Queue", json!({ "id": "9" }))),
            "Queue has no name; the account that Waterline uses needs the right SeeQueue"
        );
        assert_eq!(reason(&with("TimeWorked", "an hour")), "TimeWorked is not a whole number");
        assert_eq!(
            reason(&with("LastUpdated", "yesterday")),
            "LastUpdated is not a date such as 2026-11-01T09:00:00Z"
        );
        let nameless = work_item(&with("id", "x"), &options()).unwrap_err();
        assert_eq!((nameless.record, nameless.reason.as_str()), (None, "id is missing or not a number"));
    }

    /// Any JSON that is not too deep.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            Just(Value::from("9223372036854775807")),
            Just(Value::from("-262143-01-01T00:00:00Z")),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[A-Za-z]{1,8}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            field in prop::sample::select(vec![
                "id", "Subject", "Status", "Priority", "Queue", "Created", "Resolved", "LastUpdated",
                "TimeWorked", "CustomFields", "Worked",
            ]),
            value in any_json(),
        ) {
            let _read = work_item(&with(field, value.clone()), &options());
            let _read = work_item(&value, &options());
        }
    }
}
