//! Simulated periods of which the truth is known.

use std::sync::LazyLock;

use super::{dice::Dice, *};
use crate::{Basis, CategoryId, Month, MonthRange, Share, Side, Tally, Taxonomy, WorkRow, share};

/// How a simulated trust's figures err.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    /// The part of classified work that lies on the side published.
    pub(super) right: f64,
    /// The part of work that is unclassified; three in ten of it is visible.
    pub(super) unclassified: f64,
    /// Whether long work is three times as likely to be wrong as short work.
    pub(super) long_work_errs: bool,
}

pub(super) fn taxonomy() -> &'static Taxonomy {
    static TAXONOMY: LazyLock<Taxonomy> =
        LazyLock::new(|| Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap());
    &TAXONOMY
}

pub(super) fn month() -> Month {
    Month::of(chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap())
}

fn chance(dice: &mut Dice) -> f64 {
    (dice.next() >> 11) as f64 / (1u64 << 53) as f64
}

pub(super) fn category(visible: bool) -> CategoryId {
    CategoryId::new(if visible { "advice" } else { "incident" })
}

/// One unit, and whether it is truly visible. Effort is lognormal: the longest in a hundred take as long as
/// all the shorter half. One unit in ten is work on something that was finished in another month.
fn unit(world: World, dice: &mut Dice) -> (Unit, bool) {
    let normal = (-2.0 * chance(dice).max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * chance(dice)).cos();
    let at = chance(dice);
    let stratum = if at < world.unclassified {
        Stratum::Unclassified
    } else {
        let at = (at - world.unclassified) / (1.0 - world.unclassified);
        [Stratum::VisibleSure, Stratum::VisibleUnsure, Stratum::KtloSure, Stratum::KtloUnsure]
            [[0.15, 0.2, 0.75].iter().filter(|end| at >= **end).count()]
    };
    let wrong = match stratum {
        Stratum::VisibleSure | Stratum::KtloSure => 0.8 * (1.0 - world.right),
        Stratum::VisibleUnsure | Stratum::KtloUnsure => 1.5 * (1.0 - world.right),
        Stratum::Unclassified => 0.3,
    };
    let tilt = match (world.long_work_errs, normal > 0.0) {
        (false, _) => 1.0,
        (true, true) => 1.5,
        (true, false) => 0.5,
    };
    let errs = chance(dice) < wrong * tilt;
    let unit = Unit {
        month: month(),
        stratum,
        items: i64::from(chance(dice) < 0.9),
        seconds: (3600.0 * (1.3 * normal).exp()) as i64,
    };
    (unit, (stratum.side() == Some(Side::Visible)) != errs)
}

/// One simulated period.
#[derive(Clone, Debug)]
pub(super) struct Period {
    units: Vec<(Unit, bool)>,
    frame: Frame,
}

impl Period {
    pub(super) fn new(world: World, units: usize, dice: &mut Dice) -> Self {
        Self::from_units((0..units).map(|_| unit(world, dice)).collect())
    }

    fn from_units(units: Vec<(Unit, bool)>) -> Self {
        let frame = Frame::of(units.iter().map(|(unit, _)| *unit));
        Self { units, frame }
    }

    /// The share as it is published.
    pub(super) fn published(&self, basis: Basis) -> Share {
        let rows: Vec<WorkRow> = self
            .frame
            .cells
            .iter()
            .map(|cell| WorkRow {
                month: cell.month,
                group: None,
                category: says(cell.stratum),
                tally: Tally { items: cell.items, logged_seconds: cell.seconds, estimated_seconds: 0 },
            })
            .collect();
        share(rows.iter(), basis, taxonomy()).unwrap()
    }

    /// The share as it is.
    pub(super) fn truth(&self, basis: Basis) -> f64 {
        let amount = |unit: &Unit| match basis {
            Basis::Effort => unit.seconds,
            Basis::Items => unit.items,
        };
        let sum = |all: bool| -> i64 {
            self.units.iter().filter(|(_, visible)| all || *visible).map(|(unit, _)| amount(unit)).sum()
        };
        sum(false) as f64 / sum(true) as f64
    }

    /// A sample, re-tagged by people who know the truth.
    pub(super) fn audit(&self, draws: u32, seed: u64) -> Audit {
        let mut sampler = Sampler::new(&self.frame, draws, seed);
        let drawn = |(unit, visible): &(Unit, bool)| {
            let times = sampler.offer(unit);
            (times > 0).then(|| Draw {
                month: unit.month,
                stratum: unit.stratum,
                items: unit.items,
                seconds: unit.seconds,
                times,
                published: says(unit.stratum),
                truth: Truth::Category(category(*visible)),
            })
        };
        let draws = self.units.iter().filter_map(drawn).collect();
        sampler.finish().unwrap();
        Audit { frame: self.frame.clone(), draws }
    }

    /// The same in another month.
    pub(super) fn moved_to(&self, month: Month) -> Self {
        Self::from_units(
            self.units.iter().map(|(unit, visible)| (Unit { month, ..*unit }, *visible)).collect(),
        )
    }

    /// Both together.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self::from_units(self.units.iter().chain(&other.units).copied().collect())
    }

    /// By effort: what part of the work published as visible is, and what part of the visible work is
    /// published as such.
    pub(super) fn quality_of_visible(&self) -> (f64, f64) {
        let sum = |published: bool, truly: bool| -> f64 {
            let is_published = |unit: &Unit| unit.stratum.side() == Some(Side::Visible);
            let chosen = self
                .units
                .iter()
                .filter(|(unit, visible)| (!published || is_published(unit)) && (!truly || *visible));
            chosen.map(|(unit, _)| unit.seconds as f64).sum()
        };
        (sum(true, true) / sum(true, false), sum(true, true) / sum(false, true))
    }

    /// What audits make of it.
    pub(super) fn error(&self, basis: Basis, audits: &[Audit]) -> ShareError {
        share_error(october(), basis, Some(&self.published(basis)), audits, taxonomy())
    }
}

pub(super) fn october() -> MonthRange {
    MonthRange::ending(month(), 1)
}

fn says(stratum: Stratum) -> Option<CategoryId> {
    stratum.side().map(|side| category(side == Side::Visible))
}
