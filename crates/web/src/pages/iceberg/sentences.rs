//! The sentences that a board reads first. Every word of them is tested.

use waterline_charts::interval_words;
use waterline_core::{Basis, Iceberg, MonthRange, Share, watch::Alarm};
use waterline_store::{FeedStatus, Watched};

use crate::{period::Choice, words::percent};

/// The figure with its bounds and, once audits measured it, its interval.
pub(super) fn headline(berg: &Iceberg) -> String {
    let period = berg.period.in_words();
    let Some(share) = berg.share else {
        return format!("No finished IT work is held for {period}, so there is no figure yet.");
    };
    let when = when(berg.period);
    let visible = match (berg.basis, percent(share.value).as_str()) {
        (Basis::Effort, "0%") => format!("None of the IT work was visible {when}."),
        (Basis::Effort, "100%") => format!("All IT work was visible {when}."),
        (Basis::Effort, part) => format!("{} of IT work was visible {when}.", about(part)),
        (Basis::Items, "0%") => format!("None of the pieces of IT work finished {when} was visible."),
        (Basis::Items, "100%") => format!("All pieces of IT work finished {when} were visible."),
        (Basis::Items, part) => {
            format!("{} of the pieces of IT work finished {when} were visible.", about(part))
        }
    };
    let interval = interval_words(berg.error)
        .map(|interval| format!("Allowing for mistakes in how it was sorted, it {interval}."));
    [Some(visible), bounds(&share), interval].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What the unclassified work could make of the figure.
fn bounds(share: &Share) -> Option<String> {
    if share.unclassified <= 0.0 {
        return None;
    }
    let unclassified = percent(share.unclassified);
    let upper = percent(share.upper);
    if upper == percent(share.value) {
        return Some(format!("The work that is not yet classified ({unclassified}) would not change that."));
    }
    Some(format!("It could be up to {upper}: {unclassified} of the work is not yet classified."))
}

fn about(part: &str) -> String {
    match part.split_once(' ') {
        Some(("under", rest)) => format!("Under {rest}"),
        Some(("over", rest)) => format!("Over {rest}"),
        _ => format!("About {part}"),
    }
}

fn when(period: MonthRange) -> String {
    if period.first() == period.last() {
        format!("in {}", period.in_words())
    } else {
        format!("from {}", period.in_words())
    }
}

/// The figure beside that of the same months a year before.
pub(super) fn comparison(berg: &Iceberg) -> Option<String> {
    let (now, before) = (percent(berg.share?.value), percent(berg.year_before?.value));
    let then = when(berg.period.year_before());
    Some(if now == before {
        format!("A year earlier, {then}, it was also {before}.")
    } else {
        format!("A year earlier, {then}, it was {before}.")
    })
}

/// What somebody must know before they trust the figure.
pub(super) fn notes(choice: &Choice, feeds: &[FeedStatus], watched: &Watched) -> Vec<String> {
    let mut notes = Vec::new();
    let first_pulls = sources(feeds, |feed| feed.last_success_at.is_none());
    if !first_pulls.is_empty() {
        notes.push(if feeds.iter().any(|feed| feed.running && feed.last_success_at.is_none()) {
            format!(
                "The first pull from {first_pulls} is still going on. These figures show what has come so \
                 far, and will change."
            )
        } else {
            format!("Not everything has been pulled from {first_pulls} yet, so these figures will change.")
        });
    }
    let failing = sources(feeds, |feed| feed.up == Some(false) && feed.last_success_at.is_some());
    if !failing.is_empty() {
        notes.push(format!("The last pull from {failing} failed, so the newest work may be missing."));
    }
    if choice.period.contains(choice.current) {
        notes.push(format!("{} is not over, so its figure will change.", choice.current.in_words()));
    }
    if let Some(held) = choice.held.filter(|held| held.first() > choice.period.first()) {
        notes.push(format!("Nothing is held from before {}.", held.first().in_words()));
    }
    // What is odd about a tagger or a source is for staff; what moved this very figure is not.
    let moved = |alarm: &&Alarm| matches!(alarm, Alarm::MixShift { .. } | Alarm::RulesMovedShare { .. });
    notes.extend(watched.alarms.iter().filter(moved).map(Alarm::for_board));
    notes
}

/// "A", "A and B", "A, B and C"
fn sources(feeds: &[FeedStatus], which: impl Fn(&FeedStatus) -> bool) -> String {
    let mut names: Vec<&str> =
        feeds.iter().filter(|feed| which(feed)).map(|feed| feed.source.as_str()).collect();
    names.dedup();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use waterline_core::{
        CategoryId, Month, Tally, Taxonomy, WorkRow,
        audit::{MeasuredShare, ShareError},
    };

    use super::*;
    use crate::testing::feed;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    /// (visible, ktlo, unclassified) of the period, and of the year before it.
    fn berg(basis: Basis, months: u16, now: [i64; 3], before: Option<[i64; 3]>) -> Iceberg {
        let taxonomy = Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap();
        let period = MonthRange::ending(month("2026-10"), months);
        let mut rows = Vec::new();
        for (range, amounts) in [(period, Some(now)), (period.year_before(), before)] {
            let Some(amounts) = amounts else { continue };
            for month in range.months() {
                for (category, amount) in
                    [Some("improvement"), Some("incident"), None].into_iter().zip(amounts)
                {
                    rows.push(WorkRow {
                        month,
                        group: Some(String::new()),
                        category: category.map(CategoryId::new),
                        tally: Tally { items: amount, logged_seconds: amount * 600, estimated_seconds: 0 },
                    });
                }
            }
        }
        Iceberg::new(period, basis, &rows, &taxonomy, &[])
    }

    #[test]
    fn the_interval_stands_in_the_headline_once_it_is_measured() {
        let mut berg = berg(Basis::Effort, 1, [214, 740, 46], None);
        berg.error = ShareError::Measured(MeasuredShare {
            value: 0.231,
            low: 0.182,
            high: 0.279,
            audited: 158,
            cannot_tell: 2,
            covered: 1.0,
        });
        insta::assert_snapshot!(headline(&berg), @"About 21% of IT work was visible in October 2026. It could be up to 26%: 5% of the work is not yet classified. Allowing for mistakes in how it was sorted, it is between 18% and 28% (95% interval), from 158 pieces of work that people re-checked.");
    }

    #[test]
    fn the_headline_says_how_much_and_how_sure() {
        let told: Vec<String> = [
            berg(Basis::Effort, 12, [214, 740, 46], None),
            berg(Basis::Items, 12, [214, 740, 46], None),
            berg(Basis::Effort, 1, [214, 786, 0], None),
            berg(Basis::Effort, 12, [2140, 7859, 1], None),
            berg(Basis::Effort, 12, [1, 999, 0], None),
            berg(Basis::Effort, 12, [0, 10, 0], None),
            berg(Basis::Items, 3, [0, 9, 1], None),
            berg(Basis::Effort, 12, [10, 0, 0], None),
            berg(Basis::Items, 1, [999, 1, 0], None),
            berg(Basis::Effort, 12, [0, 0, 10], None),
            berg(Basis::Effort, 1, [0, 0, 0], None),
        ]
        .iter()
        .map(headline)
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        About 21% of IT work was visible from November 2025 to October 2026. It could be up to 26%: 5% of the work is not yet classified.
        About 21% of the pieces of IT work finished from November 2025 to October 2026 were visible. It could be up to 26%: 5% of the work is not yet classified.
        About 21% of IT work was visible in October 2026.
        About 21% of IT work was visible from November 2025 to October 2026. The work that is not yet classified (under 1%) would not change that.
        Under 1% of IT work was visible from November 2025 to October 2026.
        None of the IT work was visible from November 2025 to October 2026.
        None of the pieces of IT work finished from August 2026 to October 2026 was visible. It could be up to 10%: 10% of the work is not yet classified.
        All IT work was visible from November 2025 to October 2026.
        Over 99% of the pieces of IT work finished in October 2026 were visible.
        None of the IT work was visible from November 2025 to October 2026. It could be up to 100%: 100% of the work is not yet classified.
        No finished IT work is held for October 2026, so there is no figure yet.
        ");
    }

    #[test]
    fn the_year_before_is_told_only_when_it_is_known() {
        assert_eq!(comparison(&berg(Basis::Effort, 12, [21, 79, 0], None)), None);
        assert_eq!(
            comparison(&berg(Basis::Effort, 12, [21, 79, 0], Some([18, 82, 0]))).unwrap(),
            "A year earlier, from November 2024 to October 2025, it was 18%."
        );
        assert_eq!(
            comparison(&berg(Basis::Effort, 1, [21, 79, 0], Some([21, 79, 0]))).unwrap(),
            "A year earlier, in October 2025, it was also 21%."
        );
    }

    #[test]
    fn what_could_mislead_is_said() {
        let choice = Choice {
            basis: Basis::Effort,
            period: MonthRange::ending(month("2026-11"), 3),
            held: MonthRange::new(month("2026-10"), month("2026-11")).ok(),
            current: month("2026-11"),
        };
        let mut first = feed("Service desk", "incident");
        first.running = true;
        let mut failing = feed("Request Tracker", "tickets");
        failing.up = Some(false);
        failing.last_success_at = Some(chrono::DateTime::UNIX_EPOCH);
        let notes = notes(&choice, &[failing, first.clone(), first], &Watched::default());
        insta::assert_snapshot!(notes.join("\n"), @r"
        The first pull from Service desk is still going on. These figures show what has come so far, and will change.
        The last pull from Request Tracker failed, so the newest work may be missing.
        November 2026 is not over, so its figure will change.
        Nothing is held from before October 2026.
        ");
    }
}
