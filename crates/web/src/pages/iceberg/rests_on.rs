//! "What this figure rests on".

use chrono::{DateTime, Utc};
use waterline_core::{Coverage, Iceberg, ReportingZone};

use waterline_store::InForce;

use crate::words::{self, capital, percent};

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

pub(super) fn facts(
    berg: &Iceberg,
    coverage: &Coverage,
    in_force: &InForce,
    zone: ReportingZone,
    now: DateTime<Utc>,
) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value };
    let rules = in_force.classifier.rules().rules().len();
    vec![
        fact("Coverage", coverage_words(coverage)),
        fact("Error", error_words(berg)),
        fact("Not yet classified", unclassified_words(berg)),
        fact("Estimated effort", estimated_words(berg)),
        fact("Last pull from every source", pull_words(coverage, now, zone)),
        fact("Records that could not be read", rejected_words(coverage.rejected)),
        fact(
            "Rules",
            format!("Rule set {}, with {}", in_force.rule_set, words::plural(rules as i64, "rule")),
        ),
    ]
}

fn coverage_words(coverage: &Coverage) -> String {
    let known = coverage.ratio().map(|ratio| {
        format!(
            "{} of the {} that the sources say they have",
            capital(&percent(ratio)),
            words::items(coverage.upstream)
        )
    });
    let feeds = |number| words::plural(number, "feed");
    match (known, coverage.feeds_unknown) {
        (Some(known), 0) => known,
        (Some(known), 1) => format!("{known}; 1 feed does not say how much it has"),
        (Some(known), unknown) => format!("{known}; {} do not say how much they have", feeds(unknown)),
        (None, 0) => "Not known: no source has been pulled yet".to_owned(),
        (None, _) => "Not known: the sources do not say how much they have".to_owned(),
    }
}

fn error_words(berg: &Iceberg) -> String {
    capital(&berg.error.to_string())
}

fn unclassified_words(berg: &Iceberg) -> String {
    match berg.share.map(|share| share.unclassified) {
        None => "No work is held for this period".to_owned(),
        Some(part) if part <= 0.0 => "None of the work".to_owned(),
        Some(part) => format!("{} of the work", capital(&percent(part))),
    }
}

fn estimated_words(berg: &Iceberg) -> String {
    match berg.share.map(|share| share.estimated) {
        None => "No work is held for this period".to_owned(),
        Some(part) if part <= 0.0 => "None: all effort was logged".to_owned(),
        Some(part) => {
            format!("{} of all effort, because nobody logged time on that work", capital(&percent(part)))
        }
    }
}

fn pull_words(coverage: &Coverage, now: DateTime<Utc>, zone: ReportingZone) -> String {
    match coverage.last_success {
        Some(then) => format!("{} ({})", words::moment(then, zone), words::ago(now, then)),
        None => "Not yet: at least one source has never been pulled to its end".to_owned(),
    }
}

fn rejected_words(rejected: i64) -> String {
    if rejected == 0 { "None".to_owned() } else { words::count(rejected) }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};

    use super::*;

    #[test]
    fn coverage_says_what_is_known_and_what_is_not() {
        let told = [(0, 0, 0), (96, 100, 0), (99_999, 100_000, 1), (10, 10, 2), (0, 0, 3)].map(
            |(held, upstream, feeds_unknown)| {
                coverage_words(&Coverage { held, upstream, feeds_unknown, ..Coverage::default() })
            },
        );
        insta::assert_snapshot!(told.join("\n"), @r"
        Not known: no source has been pulled yet
        96% of the 100 items that the sources say they have
        Over 99% of the 100,000 items that the sources say they have; 1 feed does not say how much it has
        100% of the 10 items that the sources say they have; 2 feeds do not say how much they have
        Not known: the sources do not say how much they have
        ");
    }

    #[test]
    fn the_oldest_pull_is_told_in_local_time() {
        let now = Utc.with_ymd_and_hms(2026, 8, 6, 13, 0, 0).unwrap();
        let coverage = Coverage { last_success: Some(now - TimeDelta::minutes(5)), ..Coverage::default() };
        assert_eq!(
            pull_words(&coverage, now, ReportingZone::default()),
            "6 August 2026 at 13:55 (5 minutes ago)"
        );
        assert!(pull_words(&Coverage::default(), now, ReportingZone::default()).starts_with("Not yet"));
    }
}
