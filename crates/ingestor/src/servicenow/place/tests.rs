use chrono::TimeZone;
use serde_json::json;

use super::*;

fn at(hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, hour, minute, 0).unwrap()
}

fn row(minute: u32, id: &str) -> Value {
    json!({ "sys_id": id, "sys_updated_on": at(9, minute).format(FORMAT).to_string() })
}

fn after(minute: u32, id: &str) -> Place {
    Place::default().advance(&[row(minute, id)], 2, None).unwrap()
}

fn since() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2024, 11, 1)
}

#[test]
fn the_first_query_of_all_asks_for_everything_in_order() {
    assert_eq!(Place::default().query(None), "ORDERBYsys_updated_on^ORDERBYsys_id");
}

#[test]
fn within_a_run_it_goes_on_behind_the_last_record_with_the_filter_in_both_halves() {
    assert_eq!(
        after(5, "b").query(since()),
        "opened_at>=2024-11-01 00:00:00^sys_updated_on=2026-11-01 09:05:00^sys_id>b\
         ^NQopened_at>=2024-11-01 00:00:00^sys_updated_on>2026-11-01 09:05:00\
         ^ORDERBYsys_updated_on^ORDERBYsys_id"
    );
}

#[test]
fn a_new_run_reaches_back_ten_minutes_once_and_not_further_each_time() {
    let place = after(30, "b").caught_up(at(12, 0));
    let query = "sys_updated_on>=2026-11-01 09:20:00^ORDERBYsys_updated_on^ORDERBYsys_id";
    assert_eq!(place.query(None), query);
    let quiet = place.advance(&[], 2, None).unwrap().caught_up(at(13, 0));
    assert_eq!(quiet.query(None), query);
}

#[test]
fn a_record_from_the_future_does_not_hide_what_comes_until_then() {
    let place = after(30, "b").caught_up(at(9, 10));
    assert_eq!(place.newest, Some(at(9, 9)));
}

#[test]
fn an_empty_page_is_passed_over_within_the_same_query() {
    let place = after(5, "b");
    let further = place.advance(&[], 2, None).unwrap();
    assert_eq!((further.query(None), further.offset), (place.query(None), 2));
    assert_eq!(further.advance(&[row(6, "a")], 2, None).unwrap().offset, 0);
}

#[test]
fn ties_are_told_apart_by_id_whatever_its_case() {
    assert!(after(5, "b").advance(&[row(5, "C"), row(5, "d")], 2, None).is_ok());
}

#[test]
fn rows_that_were_not_asked_for_are_refused_with_the_property_that_would_have_shown_it() {
    let refused = |place: &Place, rows: &[Value]| place.advance(rows, 2, since()).unwrap_err();
    let start = Place::default();
    for (place, rows, what) in [
        (after(5, "b"), vec![row(4, "a")], "before those already given"),
        (after(5, "b"), vec![row(5, "b")], "before those already given"),
        (start.clone(), vec![row(5, "b"), row(5, "a")], "out of order"),
        (after(30, "b").caught_up(at(12, 0)), vec![row(19, "a")], "before the time asked for"),
        (
            start,
            vec![
                json!({ "sys_id": "a", "sys_updated_on": "2026-11-01 09:00:00", "opened_at": "2024-10-31 23:59:59" }),
            ],
            "before the day in since",
        ),
    ] {
        let reason = refused(&place, &rows);
        assert!(reason.contains(what) && reason.contains("returns_no_rows"), "{reason}");
    }
}

#[test]
fn one_record_without_a_key_is_passed_by_but_a_feed_without_keys_is_refused() {
    let keyless = json!({ "sys_id": "z", "sys_updated_on": "" });
    let place = Place::default().advance(&[keyless.clone(), row(5, "b")], 2, None).unwrap();
    assert_eq!(place, after(5, "b"));
    assert_eq!(place.advance(std::slice::from_ref(&keyless), 2, None).unwrap().offset, 2);
    let reason = Place::default().advance(&[keyless], 2, None).unwrap_err();
    assert!(reason.contains("sys_updated_on"), "{reason}");
}

#[test]
fn an_id_cannot_add_a_condition_to_the_next_query() {
    let place = Place::default().advance(&[row(5, "a"), row(5, "b^ORactive=true")], 2, None).unwrap();
    assert!(!place.query(None).contains("active"));
}

#[test]
fn a_cursor_reads_back_as_written_and_another_is_refused() {
    let place = after(5, "b").advance(&[], 2, None).unwrap();
    assert_eq!(Place::read(Some(&place.cursor())), Some(place));
    assert_eq!(Place::read(None), Some(Place::default()));
    assert_eq!(Place::read(Some(&Cursor("page=3".to_owned()))), None);
}
