//! Several versions of one item: in one file, and in one file after another.

use waterline_core::State;

use crate::{Bench, MAPPING, counts, table::HEADER};

fn row(id: &str, state: &str, updated: &str) -> String {
    format!("{id},Fault,A,{state},,,,01/06/2026 09:00,02/06/2026 09:00,,{updated},30\n")
}

fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}{}", rows.concat()).into_bytes()
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_an_older_one_neither() {
    let bench = Bench::new().await;
    let old = file(&[row("R1", "New", "01/06/2026 10:00"), row("R2", "New", "01/06/2026 10:00")]);
    let new = file(&[row("R1", "Closed", "02/06/2026 10:00"), row("R2", "New", "01/06/2026 10:00")]);
    assert_eq!(counts(&bench.import(MAPPING, "new.csv", &new).await.unwrap()), (2, 0, 0, 0, 0));
    assert_eq!(counts(&bench.import(MAPPING, "new.csv", &new).await.unwrap()), (0, 0, 2, 0, 0));
    assert_eq!(counts(&bench.import(MAPPING, "old.csv", &old).await.unwrap()), (0, 0, 1, 1, 0));
    assert_eq!(bench.held().await["R1"].state, State::Finished);
}

#[tokio::test]
async fn of_a_log_only_the_last_row_of_each_item_counts() {
    let bench = Bench::new().await;
    let mapping = format!("rows = \"log\"\n{MAPPING}");
    let far_apart = (0..3_000).map(|n| row(&format!("X{n}"), "New", "01/06/2026 10:00"));
    let mut rows = vec![
        row("R1", "Closed", "03/06/2026 10:00"),
        row("R2", "New", "01/06/2026 10:00"),
        row("R3", "Lost", "01/06/2026 10:00"),
        row("R4", "New", "01/06/2026 10:00"),
    ];
    rows.extend(far_apart);
    rows.extend([
        row("R1", "New", "02/06/2026 10:00"),
        row("R2", "Closed", "01/06/2026 10:00"),
        row("R3", "Closed", "02/06/2026 10:00"),
        row("R4", "Lost", "02/06/2026 10:00"),
    ]);
    let report = bench.import(&mapping, "log.csv", &file(&rows)).await.unwrap();
    assert_eq!((report.rows, report.items, counts(&report)), (3_008, 3_004, (3_003, 0, 0, 0, 1)));
    let held = bench.held().await;
    assert_eq!(held["R1"].state, State::Finished, "the newer version stands first");
    assert_eq!(held["R2"].state, State::Finished, "of equals the later line wins");
    assert_eq!(held["R3"].state, State::Finished, "an unreadable version was overtaken");
    assert!(!held.contains_key("R4"), "an older version must not stand in for an unreadable last one");
    let again = bench.import(&mapping, "log.csv", &file(&rows)).await.unwrap();
    assert_eq!(counts(&again), (0, 0, 3_003, 0, 1));
}

#[tokio::test]
async fn what_a_snapshot_lacks_is_gone_and_what_another_file_lacks_is_not() {
    let bench = Bench::new().await;
    let snapshot = format!("snapshot = true\n{MAPPING}");
    let [first, second] = ["R1", "R2"].map(|id| row(id, "New", "01/06/2026 10:00"));
    bench.import(&snapshot, "all.csv", &file(&[first.clone(), second.clone()])).await.unwrap();
    assert_eq!(bench.feed().await.upstream_total, Some(2));
    bench.import(MAPPING, "part.csv", &file(std::slice::from_ref(&first))).await.unwrap();
    assert!(!bench.held().await["R2"].gone);
    // A row that cannot be read could be the item that seems to be missing.
    let unreadable = row("R2", "Lost", "02/06/2026 10:00");
    let report = bench.import(&snapshot, "all.csv", &file(&[first.clone(), unreadable])).await.unwrap();
    assert_eq!(report.notes.len(), 1);
    assert!(!bench.held().await["R2"].gone);
    let report = bench.import(&snapshot, "all.csv", &file(&[first])).await.unwrap();
    assert!(report.notes.is_empty());
    let held = bench.held().await;
    assert_eq!((held["R1"].gone, held["R2"].gone, held["R2"].state), (false, true, State::Withdrawn));
}
