//! What one work item adds to the figures: the only definition of work done on the way in.

use chrono::{DateTime, NaiveDate, Utc};
use waterline_core::Tally;

/// Effort that somebody logged, with its day in the reporting zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) day: Option<NaiveDate>,
    pub(crate) seconds: i64,
}

/// Work done, by the day on which it counts (DESIGN section 4.1 and 4.2). `finished_on` is set exactly
/// for finished items, and `estimated_seconds` exactly for finished items that nobody logged on.
///
/// Dated effort counts on its own day, also while the item is still open and when it was withdrawn: the
/// work was done. An undated total counts once the item is finished, on that day.
pub(crate) fn contributions(
    finished_on: Option<NaiveDate>,
    entries: &[Entry],
    estimated_seconds: Option<i64>,
) -> Vec<(NaiveDate, Tally)> {
    let mut work = Vec::with_capacity(entries.len() + 1);
    for entry in entries {
        if let Some(day) = entry.day.or(finished_on) {
            work.push((day, Tally { logged_seconds: entry.seconds, ..Tally::default() }));
        }
    }
    if let Some(day) = finished_on {
        let estimated_seconds = estimated_seconds.unwrap_or(0);
        work.push((day, Tally { items: 1, estimated_seconds, ..Tally::default() }));
    }
    work
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn entry(at: Option<&str>, seconds: i64) -> Entry {
        Entry { at: None, day: at.map(day), seconds }
    }

    fn check(
        finished_on: Option<&str>,
        entries: &[Entry],
        estimated_seconds: Option<i64>,
        expected: &[(&str, i64, i64, i64)],
    ) {
        let expected: Vec<_> = expected
            .iter()
            .map(|&(on, items, logged_seconds, estimated_seconds)| {
                (day(on), Tally { items, logged_seconds, estimated_seconds })
            })
            .collect();
        assert_eq!(contributions(finished_on.map(day), entries, estimated_seconds), expected);
    }

    #[test]
    fn a_finished_item_that_nobody_logged_on_counts_with_its_estimate() {
        check(Some("2026-10-05"), &[], Some(1800), &[("2026-10-05", 1, 0, 1800)]);
    }

    #[test]
    fn dated_effort_counts_on_its_own_day_and_before_the_item_is_finished() {
        let entries = [entry(Some("2026-09-30"), 600), entry(Some("2026-10-01"), 300)];
        let dated = [("2026-09-30", 0, 600, 0), ("2026-10-01", 0, 300, 0)];
        check(None, &entries, None, &dated);
        check(Some("2026-10-05"), &entries, None, &[dated[0], dated[1], ("2026-10-05", 1, 0, 0)]);
    }

    #[test]
    fn an_undated_total_waits_until_the_item_is_finished() {
        check(None, &[entry(None, 900)], None, &[]);
        let whole = [("2026-10-05", 0, 900, 0), ("2026-10-05", 1, 0, 0)];
        check(Some("2026-10-05"), &[entry(None, 900)], None, &whole);
    }
}
