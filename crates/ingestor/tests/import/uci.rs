//! The UCI incident log, an audit log of a real ServiceNow. It is not part of the project; where the
//! copy is absent, the test says so.

use std::{collections::BTreeMap, fs::File, path::Path};

use chrono::NaiveDateTime;
use flate2::read::GzDecoder;
use waterline_core::{State, TextPolicy};

use crate::{Bench, counts};

const MAPPING: &str = include_str!("../fixtures/uci-incident-log.toml");

/// What a number's last row says, worked out without the import's code.
#[derive(Debug, PartialEq)]
struct Last {
    state: State,
    team: Option<String>,
    finished_on: Option<String>,
}

fn known(cell: &str) -> Option<&str> {
    (cell != "?").then_some(cell)
}

fn last_states(path: &Path) -> BTreeMap<String, Last> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap()));
    let mut last: BTreeMap<String, (NaiveDateTime, Last)> = BTreeMap::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let moment = |cell: &str| NaiveDateTime::parse_from_str(cell, "%d/%m/%Y %H:%M").unwrap();
        let updated = moment(&row["sys_updated_at"]);
        if last.get(&row["number"]).is_some_and(|(held, _)| *held > updated) {
            continue;
        }
        let state = match row["incident_state"].as_str() {
            "Resolved" | "Closed" => State::Finished,
            _ => State::Open,
        };
        let ended = known(&row["resolved_at"]).or(known(&row["closed_at"])).map(moment);
        let finished_on = ended.filter(|_| state == State::Finished).map(london_day);
        let team = known(&row["assignment_group"]).map(str::to_owned);
        last.insert(row["number"].clone(), (updated, Last { state, team, finished_on }));
    }
    last.into_iter().map(|(number, (_, last))| (number, last)).collect()
}

fn london_day(utc: NaiveDateTime) -> String {
    utc.and_utc().with_timezone(&chrono_tz::Europe::London).date_naive().to_string()
}

#[tokio::test]
async fn the_uci_log_gives_every_incident_in_its_last_state() {
    let log = "../../../shared/data/tickets/uci_incident_event_log/incident_event_log.csv.gz";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(log);
    if !path.exists() {
        println!("not run: {} is not here", path.display());
        return;
    }
    let bench = Bench { text: TextPolicy::None, ..Bench::new().await };
    let report = bench.import_path(MAPPING, path.clone()).await.unwrap();
    assert_eq!((report.rows, report.items), (119_998, 20_769));
    assert_eq!(counts(&report), (20_769, 0, 0, 0, 0));

    let expected = last_states(&path);
    let held = bench.held().await;
    assert_eq!((expected.len(), held.len()), (20_769, 20_769));
    for (number, item) in &held {
        let finished_on = item.finished_on.map(|day| day.to_string());
        let found = Last { state: item.state, team: item.team.clone(), finished_on };
        assert_eq!(found, expected[number], "{number}");
        assert_eq!(item.title, None);
    }
    assert_eq!(held.values().filter(|item| item.state == State::Open).count(), 1);
    let feed = bench.feed().await;
    assert_eq!((feed.held, feed.upstream_total, feed.rejected), (20_769, Some(20_769), 0));

    let again = bench.import_path(MAPPING, path).await.unwrap();
    assert_eq!(counts(&again), (0, 0, 20_769, 0, 0));
    assert_eq!(bench.held().await, held);
}
