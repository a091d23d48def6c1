use std::collections::BTreeMap;

use crate::audit::{Frame, Stratum, Unit, dice::Dice};

/// A stratum that holds any work gets this many draws, where there are that many to give: fewer say
/// next to nothing about it.
const LEAST_IN_STRATUM: u32 = 5;

/// Why a sample cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work changed while the sample was drawn from it; draw it again")]
pub struct WorkChanged;

/// Draws a sample in one pass over all units of a frame, without holding them.
///
/// Each draw takes a unit of its stratum with a chance that goes half by seconds and half by items, and
/// puts it back. One sample then serves both bases, and on neither does a unit ever weigh more than twice
/// the average. The same frame, number of draws, seed and order of units give the same sample.
#[derive(Clone, Debug)]
pub struct Sampler {
    strata: BTreeMap<Stratum, Line>,
}

/// All units of one stratum laid end to end, each as long as its chance, and the points drawn on it. In
/// whole numbers, so that no rounding ever moves a point to the next unit.
#[derive(Clone, Debug)]
struct Line {
    items: u128,
    seconds: u128,
    /// How far the units offered so far reach.
    reached: u128,
    /// Those not yet reached, the nearest one last.
    points: Vec<u128>,
}

impl Line {
    /// i ÷ I + s ÷ S, times I × S. Where the stratum has none of one of them, the other decides alone.
    fn length(&self, items: u128, seconds: u128) -> u128 {
        items * self.seconds.max(1) + seconds * self.items.max(1)
    }

    /// All units together.
    fn end(&self) -> u128 {
        self.length(self.items, self.seconds)
    }
}

/// An amount as a length; one below zero is none, as in [`Frame::of`].
fn whole(amount: i64) -> u128 {
    u128::from(amount.max(0).unsigned_abs())
}

impl Sampler {
    /// Plans `draws` draws from the frame; none where it is empty.
    pub fn new(frame: &Frame, draws: u32, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let strata = allocate(frame, draws).into_iter().map(|(stratum, draws)| {
            let (items, seconds) = frame.totals(stratum, |_| true);
            let mut line =
                Line { items: whole(items), seconds: whole(seconds), reached: 0, points: Vec::new() };
            line.points = (0..draws).map(|_| dice.below(line.end())).collect();
            line.points.sort_unstable_by(|a, b| b.cmp(a));
            (stratum, line)
        });
        Self { strata: strata.collect() }
    }

    /// How often this unit is drawn. Every unit of the frame must be offered once, always in the same
    /// order (by item and month, say).
    pub fn offer(&mut self, unit: &Unit) -> u32 {
        let Some(line) = self.strata.get_mut(&unit.stratum) else { return 0 };
        line.reached += line.length(whole(unit.items), whole(unit.seconds));
        let mut times = 0;
        while line.points.pop_if(|point| *point < line.reached).is_some() {
            times += 1;
        }
        times
    }

    /// Call after the last unit. Refuses where the units offered are not those of the frame, because the
    /// chances would then be wrong in silence.
    pub fn finish(self) -> Result<(), WorkChanged> {
        let same = |line: &Line| line.reached == line.end();
        if self.strata.values().all(same) { Ok(()) } else { Err(WorkChanged) }
    }
}

/// How likely a unit of a stratum is on another side than published, before anything was audited. Only
/// decides where draws go, and stands in where too few were made: the estimate itself rests on answers.
pub(super) fn expected_error(stratum: Stratum) -> f64 {
    match stratum {
        Stratum::VisibleSure | Stratum::KtloSure => 0.08,
        Stratum::VisibleUnsure | Stratum::KtloUnsure => 0.25,
        Stratum::Unclassified => 0.3,
    }
}

/// Gives draws to the strata that hold work: by how far each can move the share, which is its size (half
/// by seconds, half by items) times how unsure it is (Neyman), but a few to each.
pub(super) fn allocate(frame: &Frame, draws: u32) -> BTreeMap<Stratum, u32> {
    let totals = Stratum::ALL.map(|stratum| (stratum, frame.totals(stratum, |_| true)));
    let (all_items, all_seconds) =
        totals.iter().fold((0, 0), |(i, s), (_, (items, seconds))| (i + items, s + seconds));
    let part = |amount: i64, all: i64| if all > 0 { amount as f64 / all as f64 } else { 0.0 };
    let pull: Vec<(Stratum, f64)> = totals
        .iter()
        .map(|(stratum, (items, seconds))| {
            let wrong = expected_error(*stratum);
            let size = part(*items, all_items) + part(*seconds, all_seconds);
            (*stratum, size * (wrong * (1.0 - wrong)).sqrt())
        })
        .filter(|(_, pull)| *pull > 0.0)
        .collect();
    let strata = u32::try_from(pull.len()).unwrap_or(u32::MAX);
    if strata == 0 {
        return BTreeMap::new();
    }
    let floor = LEAST_IN_STRATUM.min(draws / strata);
    let rest = draws - floor * strata;
    let all: f64 = pull.iter().map(|(_, pull)| pull).sum();
    // Each gets what lies between the rounded running totals, so that exactly `draws` are given.
    let mut sum = 0.0;
    let mut given = 0;
    pull.iter()
        .map(|(stratum, pull)| {
            sum += pull;
            let due = (f64::from(rest) * sum / all).round() as u32 - given;
            given += due;
            (*stratum, floor + due)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Month;

    fn month() -> Month {
        "2026-10".parse().unwrap()
    }

    fn units(shape: &[(usize, i64, i64)]) -> Vec<Unit> {
        shape
            .iter()
            .map(|(stratum, items, seconds)| Unit {
                month: month(),
                stratum: Stratum::ALL[*stratum],
                items: *items,
                seconds: *seconds,
            })
            .collect()
    }

    fn sample(units: &[Unit], draws: u32, seed: u64) -> Vec<u32> {
        let mut sampler = Sampler::new(&Frame::of(units.iter().copied()), draws, seed);
        let times = units.iter().map(|unit| sampler.offer(unit)).collect();
        sampler.finish().unwrap();
        times
    }

    #[test]
    fn the_chance_goes_half_by_items_and_half_by_seconds() {
        // 1/2 x (1/2 + 900/1000), 1/2 x (1/2 + 100/1000), and no chance without either.
        let units = units(&[(0, 1, 900), (0, 1, 100), (0, 0, 0)]);
        let times = sample(&units, 100_000, 7);
        assert!((f64::from(times[0]) / 100_000.0 - 0.7).abs() < 0.005, "{times:?}");
        assert_eq!(times[2], 0);
    }

    #[test]
    fn work_that_changed_meanwhile_is_noticed() {
        let mut now = units(&[(0, 1, 900), (3, 1, 100), (3, 1, 0), (4, 0, 50)]);
        let mut sampler = Sampler::new(&Frame::of(now.clone()), 20, 7);
        now[1].seconds += 1;
        for unit in &now {
            sampler.offer(unit);
        }
        assert_eq!(sampler.finish(), Err(WorkChanged));
    }

    #[test]
    fn draws_go_where_the_share_can_move_and_a_few_everywhere() {
        let frame = Frame::of(units(&[
            (0, 1500, 1_000_000),
            (1, 10, 5000),
            (2, 6000, 3_000_000),
            (3, 2000, 900_000),
            (4, 400, 200_000),
        ]));
        insta::assert_compact_debug_snapshot!(allocate(&frame, 150), @"{VisibleSure: 24, VisibleUnsure: 5, KtloSure: 71, KtloUnsure: 38, Unclassified: 12}");
        assert_eq!(allocate(&frame, 3).values().sum::<u32>(), 3);
        assert_eq!(allocate(&Frame::default(), 150), BTreeMap::new());
    }

    proptest! {
        #[test]
        fn every_draw_falls_on_one_unit_and_the_same_seed_gives_the_same_sample(
            shape in proptest::collection::vec((0usize..5, 0i64..2, -50i64..100_000), 1..60),
            draws in 0u32..300,
            seed: u64,
        ) {
            let units = units(&shape);
            let times = sample(&units, draws, seed);
            let any = units.iter().any(|unit| unit.items > 0 || unit.seconds > 0);
            prop_assert_eq!(times.iter().sum::<u32>(), if any { draws } else { 0 });
            prop_assert_eq!(times, sample(&units, draws, seed));
        }
    }
}
