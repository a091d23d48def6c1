//! What becomes of the rows of a file that can be read.

use chrono::{TimeZone, Utc};
use waterline_core::{Kind, State};
use waterline_ingestor::import::{ImportError, mapping_wanted};

use crate::{Bench, MAPPING, counts};

pub(crate) const HEADER: &str =
    "Number,Type,Subject,State,Ward,Directorate,Priority,Opened,Resolved,Closed,Updated,Minutes\n";

#[tokio::test]
async fn rows_become_items() {
    let bench = Bench::new().await;
    let rows = "R1,Fault,Printer on strike,Closed,Ash,Surgery,2 - High,01/07/2026 09:00,?,01/07/2026 11:00,01/07/2026 11:00,90\n\
                R2,Request,\"Two lines,\nquoted\",New,,Surgery,,01/01/2026 09:00,,,01/01/2026 09:30,\n\
                ,,,,,,,,,,,\n\
                R3,Mystery,Never mind,cancelled,NULL,?,4,02/01/2026 09:00,,,02/01/2026 10:00,0\n";
    let report = bench.import(MAPPING, "requests.csv", format!("{HEADER}{rows}").as_bytes()).await.unwrap();
    assert_eq!((report.rows, report.items, counts(&report)), (3, 3, (3, 0, 0, 0, 0)));
    assert_eq!((report.rejects_file, bench.rejects().exists()), (None, false));
    let held = bench.held().await;
    let first = &held["R1"];
    assert_eq!((first.kind, first.state), (Kind::Incident, State::Finished));
    assert_eq!(first.opened_at, Utc.with_ymd_and_hms(2026, 7, 1, 8, 0, 0).unwrap());
    assert_eq!((first.seconds, first.estimated), (Some(5400), false));
    assert_eq!((first.department.as_deref(), first.team.as_deref()), (Some("Ash"), Some("Desk")));
    assert_eq!(held["R2"].title.as_deref(), Some("Two lines,\nquoted"));
    assert_eq!(held["R2"].department.as_deref(), Some("Surgery"));
    assert_eq!((held["R3"].kind, held["R3"].state), (Kind::Task, State::Withdrawn));
    assert_eq!(held["R3"].department, None);
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_listed_with_their_line_and_no_ticket_text() {
    let bench = Bench::new().await;
    let rows = "R1,Fault,A,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R2,Fault,\"over\ntwo lines\",Lost,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R3,Fault,C,New,,,,07/31/2026 09:00,,,01/07/2026 11:00,\n\
                R4,Fault,D,Closed,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                =cmd(),Fault,E,New,,,,01/07/2026 09:00,,,,\n\
                ,Fault,F,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R7,Fault,G,New\n\
                R8,Fault,H\0,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R1,Fault,Again,New,,,,01/07/2026 09:00,,,02/07/2026 11:00,\n\
                R9,Fault,I,New,,,P1,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R10,Fault,J,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,an hour\n\
                R11,Fault,\"K,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                R12,Fault,L,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n";
    let report = bench.import(MAPPING, "requests.csv", format!("{HEADER}{rows}").as_bytes()).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0, 11));
    assert_eq!(report.rejects_file, Some(bench.rejects()));
    insta::assert_snapshot!(std::fs::read_to_string(bench.rejects()).unwrap(), @r#"
    line,record,reason
    3,R2,"state: ""Lost"" is not in fields.state.values"
    5,R3,"opened_at: ""07/31/2026 09:00"" is not a date in the format %d/%m/%Y %H:%M"
    6,R4,"finished_at is missing, though the item is finished"
    7,'=cmd(),updated_at is missing
    8,,external_id is missing
    9,,"the row has 4 cells, and the header has 12"
    10,,"the row holds a NUL character, so it is damaged"
    11,R1,"line 2 has the same external_id; if the file has several rows for one item, set rows = ""log"""
    12,R9,"priority: ""P1"" neither begins with a number nor is in fields.priority.values"
    13,R10,"effort: ""an hour"" is not a number of minutes"
    14,,"the row has 3 cells, and the header has 12; it runs on to line 15, so a quotation mark may be left open"
    "#);
    assert_eq!(bench.feed().await.rejected, 11);
}

#[tokio::test]
async fn a_repaired_row_leaves_quarantine() {
    let bench = Bench::new().await;
    let row = |state: &str| {
        format!(
            "{HEADER}R1,Fault,A,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\nR2,Fault,B,{state},,,,01/07/2026 09:00,,,01/07/2026 11:00,\n"
        )
    };
    bench.import(MAPPING, "requests.csv", row("Lost").as_bytes()).await.unwrap();
    assert_eq!(bench.feed().await.rejected, 1);
    bench.import(MAPPING, "requests.csv", row("New").as_bytes()).await.unwrap();
    assert_eq!((bench.feed().await.rejected, bench.held().await.len()), (0, 2));
}

#[tokio::test]
async fn patients_are_redacted_before_anything_is_stored_or_listed() {
    let bench = Bench::new().await;
    let rows = "R1,Fault,Label of 943 476 5919 is torn,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n\
                943 476 5919,Fault,B,patient 943 476 5919,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n";
    bench.import(MAPPING, "requests.csv", format!("{HEADER}{rows}").as_bytes()).await.unwrap();
    let title = bench.held().await["R1"].title.clone().unwrap();
    let listed = std::fs::read_to_string(bench.rejects()).unwrap();
    assert!(!title.contains("5919") && !listed.contains("5919"), "{title} {listed}");
}

#[tokio::test]
async fn without_a_mapping_the_columns_are_listed() {
    let bench = Bench::new().await;
    let path = bench.folder.path().join("requests.csv");
    std::fs::write(&path, HEADER).unwrap();
    let ImportError::NoMapping { columns, .. } = mapping_wanted(&path) else { panic!("another error") };
    assert!(columns.starts_with("\"Number\", \"Type\""), "{columns}");
    assert!(mapping_wanted(bench.folder.path()).to_string().ends_with("is a folder; name a file in it"));
}
