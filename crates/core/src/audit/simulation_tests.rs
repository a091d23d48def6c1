//! Whether the 95% interval holds the truth as often as it says.

use super::{
    dice::Dice,
    simulated::{Period, World},
};
use crate::Basis;

/// Periods of each quality, spread over the worlds.
const PERIODS: u32 = 2000;

/// With and without unclassified work; with and without errors that favour long work.
const WORLDS: [(f64, bool); 4] = [(0.0, false), (0.1, false), (0.0, true), (0.1, true)];

/// The part of simulated periods whose interval held the truth, on each basis.
fn held(right: f64, worlds: &[(f64, bool)], draws: u32, units: usize) -> [f64; 2] {
    let mut dice = Dice::new(u64::from(draws) * 1000 + (right * 100.0) as u64);
    let mut counts = [(0u32, 0u32); 2];
    for turn in 0..PERIODS as usize {
        let (unclassified, long_work_errs) = worlds[turn % worlds.len()];
        let period = Period::new(World { right, unclassified, long_work_errs }, units, &mut dice);
        let audits = [period.audit(draws, turn as u64)];
        for ((held, measured), basis) in counts.iter_mut().zip([Basis::Effort, Basis::Items]) {
            // A sample of 60 can meet fewer than 50 units, and then says nothing.
            let Some(found) = period.error(basis, &audits).measured() else { continue };
            let truth = period.truth(basis);
            *held += u32::from(found.low <= truth && truth <= found.high);
            *measured += 1;
        }
    }
    counts.map(|(held, measured)| f64::from(held) / f64::from(measured))
}

fn check(draws: u32, units: usize, limits: [(f64, f64, f64); 5]) {
    for (right, least, most) in limits {
        for (held, basis) in held(right, &WORLDS, draws, units).into_iter().zip(["effort", "items"]) {
            assert!(
                (least..=most).contains(&held),
                "{draws} draws, {right} of work right, {basis}: {held:.4} of intervals held the truth"
            );
        }
    }
}

// Where 99% is right, a sample meets about one error or none, and the interval covers more than it says.

#[test]
fn the_interval_of_a_small_sample_holds_the_truth() {
    let usual = |right| (right, 0.93, 0.97);
    check(60, 500, [(0.99, 0.93, 1.0), (0.95, 0.93, 1.0), usual(0.9), usual(0.75), usual(0.6)]);
}

#[test]
fn the_interval_of_a_usual_sample_holds_the_truth() {
    let usual = |right| (right, 0.93, 0.97);
    check(150, 400, [(0.99, 0.93, 1.0), usual(0.95), usual(0.9), usual(0.75), usual(0.6)]);
}

#[test]
fn the_interval_of_a_large_sample_holds_the_truth() {
    let usual = |right| (right, 0.93, 0.97);
    check(400, 400, [(0.99, 0.93, 0.985), usual(0.95), usual(0.9), usual(0.75), usual(0.6)]);
}
