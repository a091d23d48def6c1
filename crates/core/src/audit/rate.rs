//! How often work of one stratum is wrong: the estimate, and an interval that stands also where nothing
//! wrong was seen.

use statrs::function::beta::inv_beta_reg;

/// One settled draw as the estimate sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// What it stands for.
    pub(super) weight: f64,
    /// What that is on average.
    pub(super) expected: f64,
    /// How often it was drawn.
    pub(super) times: u32,
    /// Whether it is what is counted.
    pub(super) hit: bool,
}

/// An estimated part of an amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// The estimate, without bias. May stray a little below 0 or above 1, since nothing pulls it back.
    pub(super) value: f64,
    /// How many draws of equal weight would tell as much.
    pub(super) effective: f64,
}

/// What is added to hits and misses before the interval is taken. Jeffreys adds a half to one proportion;
/// two or three strata err in the same direction and share it. Halves made intervals that covered 99%
/// where errors are rare, none at all makes them cover less than 93% (see the simulation).
const PRIOR: f64 = 0.25;

/// What lies outside of a 95% interval on either side.
const TAIL: f64 = 0.025;

impl Rate {
    /// Weighs hits against all.
    ///
    /// The plain estimate is the mean of weight × hit. It suffers from weights that happen to add up to
    /// more or less than they should, so each draw is corrected by (weight - expected) × the rate among
    /// all *other* draws. That correction is zero on average whatever the rate, because the others know
    /// nothing of this draw: the estimate stays without bias and loses nearly all of that noise.
    pub(super) fn of(draws: &[Seen]) -> Self {
        let sum =
            |term: fn(&Seen) -> f64| draws.iter().map(|one| f64::from(one.times) * term(one)).sum::<f64>();
        let number = sum(|_| 1.0);
        let weights = sum(|one| one.weight);
        let hits = sum(|one| if one.hit { one.weight } else { 0.0 });
        let squares = sum(|one| one.weight * one.weight);
        if number <= 0.0 || squares <= 0.0 {
            return Self { value: 0.0, effective: 0.0 };
        }
        let corrected = draws.iter().map(|one| {
            let own = if one.hit { one.weight } else { 0.0 };
            let others = weights - one.weight;
            let rate = if others > 0.0 { (hits - own) / others } else { 0.0 };
            f64::from(one.times) * (own - rate * (one.weight - one.expected))
        });
        // Kish's number of draws of equal weight, less the one that the correction costs.
        let effective = weights * weights / squares * (number - 1.0) / number;
        Self { value: corrected.sum::<f64>() / number, effective }
    }

    /// The estimate, held within 0 and 1.
    pub(super) fn within(self) -> f64 {
        self.value.clamp(0.0, 1.0)
    }

    /// The 95% interval: Jeffreys' for a proportion, with a smaller prior. Contains [`Rate::within`], and
    /// is nearly all from 0 to 1 where nothing was drawn.
    pub(super) fn interval(self) -> (f64, f64) {
        let hits = self.within() * self.effective;
        let misses = self.effective - hits;
        let bound = |tail| inv_beta_reg(hits + PRIOR, misses + PRIOR, tail);
        let low = if hits > 0.0 { bound(TAIL) } else { 0.0 };
        let high = if misses > 0.0 || hits <= 0.0 { bound(1.0 - TAIL) } else { 1.0 };
        (low.min(self.within()), high.max(self.within()))
    }
}
