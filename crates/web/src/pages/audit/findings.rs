//! What an audit found, in sentences. Every word of them is tested.

use waterline_core::{
    Basis, Iceberg, Side, Taxonomy,
    audit::{Agreement, Answer, CategoryQuality, Proportion, agreement},
};
use waterline_store::SampleAudit;

use crate::words::{self, percent};

/// With fewer pairs of answers, kappa is mostly chance.
const LEAST_PAIRS: u32 = 20;

/// One category's line.
pub(super) struct Quality {
    pub(super) name: String,
    pub(super) precision: String,
    pub(super) recall: String,
}

/// The finding in one sentence.
pub(super) fn headline(berg: &Iceberg) -> String {
    let period = berg.period.in_words();
    let what = match berg.basis {
        Basis::Effort => "the work",
        Basis::Items => "the pieces of work",
    };
    let Some(share) = berg.share else {
        return format!("No finished IT work is held for {period}.");
    };
    let published = percent(share.value);
    match berg.error.measured() {
        None => format!(
            "{} of {what} is published as visible. How far that may be from the truth is {}.",
            words::capital(&published),
            berg.error
        ),
        Some(found) => {
            let (low, high) = (percent(found.low), percent(found.high));
            let verdict = if share.value < found.low {
                "The published figure is probably too low."
            } else if share.value > found.high {
                "The published figure is probably too high."
            } else {
                "The published figure lies within that."
            };
            format!(
                "By what people found, between {low} and {high} of {what} was visible; {published} is \
                 published. {verdict}"
            )
        }
    }
}

/// The numbers of the picture, for whoever cannot see it.
pub(super) fn numbers(berg: &Iceberg, audit: &SampleAudit) -> Vec<(&'static str, String)> {
    let mut numbers = Vec::new();
    if let Some(share) = berg.share {
        numbers.push(("Published share", percent(share.value)));
        numbers.push(("Its bounds", format!("{} to {}", percent(share.lower), percent(share.upper))));
    }
    match berg.error.measured() {
        Some(found) => {
            numbers.push(("Share as people measured it", percent(found.value)));
            numbers.push(("95% interval", format!("{} to {}", percent(found.low), percent(found.high))));
            numbers.push((
                "Work in months that were audited",
                format!("{} of the work of these months", words::capital(&percent(found.covered))),
            ));
        }
        None => numbers.push(("Share as people measured it", words::capital(&berg.error.to_string()))),
    }
    numbers.push(("Pieces of work that people re-checked", words::count(i64::from(berg.error.audited()))));
    numbers.push(("Of this audit, could not be told", words::count(i64::from(audit.cannot_tell))));
    numbers
}

/// Which other audits speak of the same months: the error rests on all of them.
pub(super) fn pooled(others: usize) -> Option<String> {
    match others {
        0 => None,
        1 => Some("Another audit drew from these months too, and what it found is counted in.".to_owned()),
        more => Some(format!(
            "{more} other audits drew from these months too, and what they found is counted in."
        )),
    }
}

/// What would make the interval narrower. `needed` is how many draws more would bring three points.
pub(super) fn narrower(needed: Option<u32>, audit: &SampleAudit) -> String {
    let open = audit.items - audit.settled;
    match needed {
        Some(0) => "The interval is within 3 points either side already.".to_owned(),
        Some(needed) if needed <= open => format!(
            "When about {} of the {open} pieces that still wait are settled, the interval will be about 3 \
             points either side.",
            words::count(i64::from(needed))
        ),
        Some(needed) => format!(
            "For an interval of 3 points either side, people must re-check about {} more pieces of work{}.",
            words::count(i64::from(needed)),
            if open > 0 { format!("; {open} of them are drawn already") } else { String::new() }
        ),
        None => "How many more it takes for 3 points either side cannot be said.".to_owned(),
    }
}

/// How far two people agree, by category and by side.
pub(super) fn agreement_words(
    audit: &SampleAudit,
    pairs: &[(Answer, Answer)],
    taxonomy: &Taxonomy,
) -> Vec<String> {
    if audit.people < 2 {
        return vec![
            "One person looked at each piece of work, so nothing is known about how far people agree."
                .to_owned(),
        ];
    }
    let category = |answer: &Answer| match answer {
        Answer::Category(id) => Some(id.clone()),
        Answer::CannotTell => None,
    };
    let side = |answer: &Answer| match answer {
        Answer::Category(id) => taxonomy.side(id),
        Answer::CannotTell => None,
    };
    let by_category: Vec<_> = pairs.iter().map(|(one, other)| (category(one), category(other))).collect();
    let by_side: Vec<(Option<Side>, Option<Side>)> =
        pairs.iter().map(|(one, other)| (side(one), side(other))).collect();
    let (by_category, by_side) = (agreement(&by_category), agreement(&by_side));
    if by_category.pairs == 0 {
        return vec!["Nothing was looked at by two people yet.".to_owned()];
    }
    vec![
        format!(
            "Two people, neither of whom saw the other’s answer, chose the same category for {}.{}",
            of_pairs(&by_category),
            kappa_words(&by_category)
        ),
        format!(
            "On the side, visible or keeping the lights on, they agreed for {}.{}",
            of_pairs(&by_side),
            kappa_words(&by_side)
        ),
    ]
}

fn of_pairs(found: &Agreement) -> String {
    format!("{} of {}", words::count(i64::from(found.agreed)), words::count(i64::from(found.pairs)))
}

/// The words are Altman's (1991), who cut where most who judge kappa do.
fn kappa_words(found: &Agreement) -> String {
    let Some(kappa) = found.kappa.filter(|_| found.pairs >= LEAST_PAIRS) else { return String::new() };
    let verdict = match kappa {
        ..=0.2 => "poor",
        ..=0.4 => "fair",
        ..=0.6 => "moderate",
        ..=0.8 => "good",
        _ => "very good",
    };
    format!(" Allowing for what chance alone would give, kappa is {kappa:.2}: {verdict}.")
}

/// A line for each category about which there is something to say, and the names of the others.
pub(super) fn quality(found: &[CategoryQuality], taxonomy: &Taxonomy) -> (Vec<Quality>, Option<String>) {
    let name = |quality: &CategoryQuality| {
        let known = taxonomy.category(&quality.category);
        known.map_or_else(|| quality.category.to_string(), |category| category.name.clone())
    };
    let (said, too_few): (Vec<_>, Vec<_>) =
        found.iter().partition(|quality| quality.precision.is_some() || quality.recall.is_some());
    let lines = said
        .into_iter()
        .map(|quality| Quality {
            name: name(quality),
            precision: proportion(quality.precision),
            recall: proportion(quality.recall),
        })
        .collect();
    let names: Vec<String> = too_few.into_iter().map(name).collect();
    (lines, (!names.is_empty()).then(|| names.join("; ")))
}

fn proportion(part: Option<Proportion>) -> String {
    let Some(part) = part else { return "Too few to say".to_owned() };
    format!(
        "{} ({} to {}), {} looked at",
        hundred(part.value),
        hundred(part.low),
        hundred(part.high),
        part.audited
    )
}

fn hundred(part: f64) -> i64 {
    (part * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use waterline_core::{
        CategoryId, MonthRange, Tally, WorkRow,
        audit::{MeasuredShare, ShareError},
    };

    use super::*;

    fn taxonomy() -> Taxonomy {
        Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap()
    }

    fn berg(basis: Basis, visible: i64, measured: Option<(f64, f64)>) -> Iceberg {
        let period = MonthRange::ending("2026-10".parse().unwrap(), 12);
        let row = |category: &str, amount: i64| WorkRow {
            month: period.last(),
            group: Some(String::new()),
            category: Some(CategoryId::new(category)),
            tally: Tally { items: amount, logged_seconds: amount * 600, estimated_seconds: 0 },
        };
        let rows = [row("advice", visible), row("incident", 100 - visible)];
        let rows = if visible < 0 { &[][..] } else { &rows };
        let mut berg = Iceberg::new(period, basis, rows, &taxonomy(), &[]);
        if let Some((low, high)) = measured {
            let value = f64::midpoint(low, high);
            let found = MeasuredShare { value, low, high, audited: 158, cannot_tell: 2, covered: 1.0 };
            berg.error = ShareError::Measured(found);
        }
        berg
    }

    fn audit(items: u32, settled: u32, people: u8) -> SampleAudit {
        SampleAudit {
            id: 1,
            period: MonthRange::ending("2026-10".parse().unwrap(), 12),
            people,
            items,
            settled,
            needs_third: 0,
            cannot_tell: 2,
            answers: settled,
            in_reserve: 0,
            drawn_by: "ada".to_owned(),
            drawn_at: Utc.with_ymd_and_hms(2026, 11, 2, 9, 0, 0).unwrap(),
        }
    }

    #[test]
    fn the_headline_says_what_was_found_and_whether_the_figure_stands() {
        let told = [
            berg(Basis::Effort, 19, Some((0.17, 0.25))),
            berg(Basis::Items, 19, Some((0.21, 0.29))),
            berg(Basis::Effort, 30, Some((0.21, 0.29))),
            berg(Basis::Effort, 19, None),
            berg(Basis::Effort, -1, None),
        ];
        insta::assert_snapshot!(told.iter().map(headline).collect::<Vec<_>>().join("\n"), @r"
        By what people found, between 17% and 25% of the work was visible; 19% is published. The published figure lies within that.
        By what people found, between 21% and 29% of the pieces of work was visible; 19% is published. The published figure is probably too low.
        By what people found, between 21% and 29% of the work was visible; 30% is published. The published figure is probably too high.
        19% of the work is published as visible. How far that may be from the truth is not yet measured: 0 of at least 50 audited.
        No finished IT work is held for November 2025 to October 2026.
        ");
    }

    #[test]
    fn what_it_takes_is_told_with_what_is_drawn_already() {
        let told = [
            narrower(Some(0), &audit(160, 160, 2)),
            narrower(Some(140), &audit(160, 160, 2)),
            narrower(Some(140), &audit(160, 60, 2)),
            narrower(Some(40), &audit(160, 60, 2)),
            narrower(None, &audit(160, 0, 2)),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        The interval is within 3 points either side already.
        For an interval of 3 points either side, people must re-check about 140 more pieces of work.
        For an interval of 3 points either side, people must re-check about 140 more pieces of work; 100 of them are drawn already.
        When about 40 of the 100 pieces that still wait are settled, the interval will be about 3 points either side.
        How many more it takes for 3 points either side cannot be said.
        ");
    }

    #[test]
    fn agreement_is_told_by_category_and_by_side_and_kappa_only_of_enough() {
        let answer = |id: &str| match id {
            "" => Answer::CannotTell,
            id => Answer::Category(CategoryId::new(id)),
        };
        let pairs = |table: &[(&str, &str, usize)]| -> Vec<(Answer, Answer)> {
            let pair = |(one, other, times): &(&str, &str, usize)| {
                std::iter::repeat_n((answer(one), answer(other)), *times)
            };
            table.iter().flat_map(pair).collect()
        };
        let many = pairs(&[
            ("incident", "incident", 50),
            ("access", "access", 26),
            ("advice", "advice", 10),
            ("incident", "access", 9),
            ("advice", "incident", 3),
            ("", "device", 2),
        ]);
        let few = pairs(&[("incident", "access", 1), ("advice", "advice", 4)]);
        let told = [
            agreement_words(&audit(100, 100, 2), &many, &taxonomy()),
            agreement_words(&audit(100, 100, 2), &few, &taxonomy()),
            agreement_words(&audit(100, 0, 2), &[], &taxonomy()),
            agreement_words(&audit(100, 100, 1), &[], &taxonomy()),
        ];
        insta::assert_snapshot!(told.concat().join("\n"), @r"
        Two people, neither of whom saw the other’s answer, chose the same category for 86 of 100. Allowing for what chance alone would give, kappa is 0.76: good.
        On the side, visible or keeping the lights on, they agreed for 95 of 100. Allowing for what chance alone would give, kappa is 0.77: good.
        Two people, neither of whom saw the other’s answer, chose the same category for 4 of 5.
        On the side, visible or keeping the lights on, they agreed for 5 of 5.
        Nothing was looked at by two people yet.
        One person looked at each piece of work, so nothing is known about how far people agree.
        ");
    }

    #[test]
    fn categories_of_which_too_few_were_drawn_are_named_and_not_judged() {
        let part = Some(Proportion { value: 0.926, low: 0.81, high: 0.978, audited: 40 });
        let found = |id: &str, precision, recall| CategoryQuality {
            category: CategoryId::new(id),
            precision,
            recall,
        };
        let found = [found("access", part, None), found("legacy", None, None), found("supplier", None, None)];
        let (lines, too_few) = quality(&found, &taxonomy());
        assert_eq!(lines.len(), 1);
        insta::assert_snapshot!(format!("{} | {} | {}", lines[0].name, lines[0].precision, lines[0].recall), @"Accounts, starters and leavers | 93 (81 to 98), 40 looked at | Too few to say");
        insta::assert_snapshot!(too_few.unwrap(), @"Keeping legacy systems going; Suppliers and contracts");
    }
}
