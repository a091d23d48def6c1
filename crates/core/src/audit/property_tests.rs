//! What must hold of every audit, and the comparison with another implementation.

use proptest::prelude::*;

use super::{
    dice::Dice,
    share_error::errors,
    simulated::{Period, World, category, month, october, taxonomy},
    weigh::weigh,
    *,
};
use crate::{Basis, Month, MonthRange};

const BOTH: [Basis; 2] = [Basis::Effort, Basis::Items];

fn world(right: f64) -> World {
    World { right, unclassified: 0.1, long_work_errs: true }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, number) = values.fold((0.0, 0.0), |(sum, number), value| (sum + value, number + 1.0));
    sum / number
}

fn measured(period: &Period, basis: Basis, audits: &[Audit]) -> MeasuredShare {
    period.error(basis, audits).measured().unwrap()
}

#[test]
fn the_estimate_is_the_truth_on_average() {
    let period = Period::new(world(0.75), 300, &mut Dice::new(1));
    for basis in BOTH {
        let truth = period.truth(basis);
        let off: Vec<f64> =
            (0..1500).map(|seed| measured(&period, basis, &[period.audit(90, seed)]).value - truth).collect();
        let average = mean(off.iter().copied());
        let error = (mean(off.iter().map(|off| off * off)) / off.len() as f64).sqrt();
        assert!(average.abs() < 3.0 * error, "{basis:?}: {average} off, give or take {error}");
        assert!(error < 0.002);
    }
}

#[test]
fn two_audits_that_overlap_tell_more_than_one_and_stay_without_bias() {
    // September and October were audited together, then October alone.
    let early = month().plus(-1);
    let (first, second) = {
        let mut dice = Dice::new(2);
        (Period::new(world(0.75), 200, &mut dice), Period::new(world(0.9), 300, &mut dice))
    };
    let both = first.moved_to(early).and(&second);
    let (mut off, mut shorter) = (Vec::new(), 0);
    for seed in 0..800 {
        let alone = [both.audit(80, seed)];
        let two = [alone[0].clone(), second.audit(60, seed + 10_000)];
        let range = MonthRange::new(early, month()).unwrap();
        let found = |audits: &[Audit]| {
            let share = both.published(Basis::Items);
            share_error(range, Basis::Items, Some(&share), audits, taxonomy()).measured().unwrap()
        };
        off.push(found(&two).value - both.truth(Basis::Items));
        let width = |found: MeasuredShare| found.high - found.low;
        shorter += u32::from(width(found(&two)) < width(found(&alone)));
    }
    let error = (mean(off.iter().map(|off| off * off)) / off.len() as f64).sqrt();
    assert!(mean(off.iter().copied()).abs() < 3.0 * error);
    assert!(shorter > 700, "{shorter}");
}

#[test]
fn more_draws_make_shorter_intervals_on_average() {
    for right in [0.99, 0.9, 0.6] {
        let period = Period::new(world(right), 400, &mut Dice::new(3));
        for basis in BOTH {
            let width = |draws: u32| {
                mean((0..60).map(|seed| {
                    let found = measured(&period, basis, &[period.audit(draws, seed)]);
                    found.high - found.low
                }))
            };
            let widths = [80, 160, 320, 640].map(width);
            assert!(widths.is_sorted_by(|more, less| more > less), "{right} {basis:?}: {widths:?}");
        }
    }
}

#[test]
fn audits_that_find_nothing_wrong_give_back_the_published_share() {
    let period =
        Period::new(World { right: 1.0, unclassified: 0.0, long_work_errs: false }, 300, &mut Dice::new(4));
    for basis in BOTH {
        let published = period.published(basis).value;
        let found = measured(&period, basis, &[period.audit(100, 4)]);
        assert_eq!(found.value, published);
        assert!(found.low < published && published < found.high);
    }
}

#[test]
fn too_few_audits_and_too_little_of_the_period_have_no_interval() {
    let period = Period::new(world(0.9), 300, &mut Dice::new(5));
    let few = period.error(Basis::Items, &[period.audit(30, 5)]);
    assert!(matches!(few, ShareError::NotMeasured { audited: 25..=30, covered: 1.0, .. }), "{few:?}");
    let mut share = period.published(Basis::Items);
    share.total *= 2;
    let audits = [period.audit(150, 5)];
    let half = share_error(october(), Basis::Items, Some(&share), &audits, taxonomy());
    insta::assert_snapshot!(half, @"not yet measured: audits cover 50% of this work");
    let other: Month = "2026-09".parse().unwrap();
    let none = share_error(MonthRange::ending(other, 1), Basis::Items, Some(&share), &audits, taxonomy());
    insta::assert_snapshot!(none, @"not yet measured: 0 of at least 50 audited");
    insta::assert_snapshot!(share_error(october(), Basis::Items, None, &[], taxonomy()), @"not yet measured: 0 of at least 50 audited");
    insta::assert_snapshot!(period.error(Basis::Items, &audits), @"between 22% and 33% (95% interval, 99 audited)");
}

#[test]
fn work_that_people_cannot_tell_is_counted_apart() {
    let period = Period::new(world(0.9), 300, &mut Dice::new(6));
    let mut audit = period.audit(150, 6);
    let all = audit.draws.len() as u32;
    audit.draws[0].truth = Truth::CannotTell;
    audit.draws[1].truth = Truth::Category(crate::CategoryId::new("left_the_taxonomy"));
    audit.draws[2].truth = Truth::Pending;
    let found = measured(&period, Basis::Effort, &[audit]);
    assert_eq!((found.audited, found.cannot_tell), (all - 3, 2));
}

/// With one stratum, equal weights and `lam=1`, the estimate is prediction-powered inference. The values
/// come from ppi-python:
///
/// ```python
/// import numpy as np
/// from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
/// i = np.arange(211)
/// published = (i * i * 7 % 11 < 3).astype(float)
/// truth = np.where(i * 13 % 29 < 4, 1 - published, published)
/// sample = i * 37 % 211 < 47
/// args = truth[sample], published[sample], published
/// print(ppi_mean_pointestimate(*args, lam=1), ppi_mean_ci(*args, alpha=0.05, lam=1))
/// ```
///
/// Its interval takes the published values for a sample of a larger population and adds their variance;
/// for us they are all the work there is. It divides by n, not n - 1, and uses the normal 1.96 where we
/// take Jeffreys' interval. Put on its conventions, point and standard error must be the same.
#[test]
fn the_estimate_is_that_of_ppi_python() {
    let all = 0..211;
    let published = |i: usize| i * i * 7 % 11 < 3;
    let truth = |i: usize| published(i) != (i * 13 % 29 < 4);
    let unit = |_| Unit { month: month(), stratum: Stratum::KtloUnsure, items: 1, seconds: 0 };
    let draw = |i: usize| Draw {
        month: month(),
        stratum: Stratum::KtloUnsure,
        items: 1,
        seconds: 0,
        times: 1,
        published: Some(category(published(i))),
        truth: Truth::Category(category(truth(i))),
    };
    let audits = [Audit {
        frame: Frame::of(all.clone().map(unit)),
        draws: all.clone().filter(|i| i * 37 % 211 < 47).map(draw).collect(),
    }];
    let number = audits[0].draws.len() as f64;
    let part = all.clone().filter(|i| published(*i)).count() as f64 / 211.0;

    let findings = weigh(october(), Basis::Items, &audits, taxonomy());
    let rates: Vec<f64> = errors(&findings.stacks[0]).iter().map(|(_, rate)| rate.value).collect();
    let (overstated, understated) = (rates[0], rates[1]);
    let point = part + understated - overstated;
    assert!((point - 0.147_221_942_119_592_64).abs() < 1e-9, "{point}");

    let of_errors = overstated + understated - (understated - overstated).powi(2);
    let error = (of_errors / number + part * (1.0 - part) / 211.0).sqrt();
    let normal = 1.959_963_984_540_054;
    assert!((point - normal * error - 0.019_907_885_061_231_895).abs() < 1e-9);
    assert!((point + normal * error - 0.274_535_999_177_953_35).abs() < 1e-9);
}

#[test]
fn the_quality_of_a_category_is_weighed_by_how_likely_each_draw_was() {
    let period = Period::new(world(0.75), 400, &mut Dice::new(7));
    let quality = |seed| {
        let found = quality_by_category(october(), Basis::Effort, &[period.audit(3000, seed)], taxonomy());
        let of = |name: &str| found.iter().find(|one| one.category.as_str() == name).cloned().unwrap();
        assert_eq!(of("patching").precision, None);
        of("advice")
    };
    let (precision, recall) = period.quality_of_visible();
    let found: Vec<CategoryQuality> = (0..200).map(quality).collect();
    let average =
        |of: fn(&CategoryQuality) -> Option<Proportion>| mean(found.iter().map(|one| of(one).unwrap().value));
    let (of_precision, of_recall) = (average(|one| one.precision), average(|one| one.recall));
    assert!((of_precision - precision).abs() < 0.01, "{of_precision} for {precision}");
    assert!((of_recall - recall).abs() < 0.02, "{of_recall} for {recall}");
    let holds = found.iter().filter(|one| {
        let proportion = one.recall.unwrap();
        proportion.low <= recall && recall <= proportion.high
    });
    assert!(holds.count() > 180);
}

#[test]
fn as_many_more_audits_as_are_asked_for_reach_three_points() {
    for right in [0.95, 0.75] {
        let period = Period::new(world(right), 2000, &mut Dice::new(8));
        let share = period.published(Basis::Effort);
        let more = |audits: &[Audit]| {
            more_audits_for(0.03, october(), Basis::Effort, Some(&share), audits, taxonomy())
        };
        let first = period.audit(150, 8);
        let next = period.audit(more(std::slice::from_ref(&first)).unwrap(), 9);
        let found = measured(&period, Basis::Effort, &[first, next.clone()]);
        let half = (found.high - found.low) / 2.0;
        assert!((0.025..0.035).contains(&half), "{right}: {half} with {} more", next.draws.len());
    }
    let planned = Period::new(world(0.9), 500, &mut Dice::new(8)).audit(0, 0);
    let more = |half_width: f64, audits: &[Audit]| {
        more_audits_for(half_width, october(), Basis::Items, None, audits, taxonomy())
    };
    assert_eq!(more(0.03, &[]), None);
    assert_eq!(more(0.0, std::slice::from_ref(&planned)), None);
    assert!((200..800).contains(&more(0.03, std::slice::from_ref(&planned)).unwrap()));
    assert_eq!(more(0.5, std::slice::from_ref(&planned)), Some(LEAST_AUDITED));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_interval_holds_the_point_within_0_and_1_whatever_the_order_of_draws(
        seed: u64,
        right in 0.0..1.0f64,
        unclassified in 0.0..1.0f64,
        draws in 100u32..300,
    ) {
        let world = World { right, unclassified, long_work_errs: seed % 2 == 0 };
        let period = Period::new(world, 150, &mut Dice::new(seed));
        let mut audit = period.audit(draws, seed);
        for basis in BOTH {
            let Some(found) = period.error(basis, std::slice::from_ref(&audit)).measured() else { continue };
            prop_assert!(0.0 <= found.low && found.low <= found.value);
            prop_assert!(found.value <= found.high && found.high <= 1.0);
            audit.draws.reverse();
            let again = measured(&period, basis, std::slice::from_ref(&audit));
            prop_assert!((again.value - found.value).abs() < 1e-12);
            prop_assert!((again.low - found.low).abs() < 1e-9 && (again.high - found.high).abs() < 1e-9);
        }
    }
}
