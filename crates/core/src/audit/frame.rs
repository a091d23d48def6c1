use std::collections::BTreeMap;

use crate::{Month, audit::Stratum};

/// What one piece of work did in one month: the unit that audits draw. A piece of work with effort in
/// three months is three units, because each month's figure counts its own part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The month.
    pub month: Month,
    /// Where it was published at the time of drawing.
    pub stratum: Stratum,
    /// 1 in the month in which it was finished, else 0.
    pub items: i64,
    /// Seconds of effort, logged or estimated, that the figures count in this month.
    pub seconds: i64,
}

/// The units of one month and stratum together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The month.
    pub month: Month,
    /// Where they were published at the time of drawing.
    pub stratum: Stratum,
    /// Pieces of work finished.
    pub items: i64,
    /// Seconds of effort.
    pub seconds: i64,
}

/// All work that a sample was drawn from, as it stood when it was drawn. Kept with the sample: the
/// chance of every draw follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// One for each month and stratum that held work, in any order.
    pub cells: Vec<Cell>,
}

impl Frame {
    /// Adds up units. A correction that leaves an item with less than no effort in a month counts as
    /// none: nothing can be drawn with a chance below zero.
    pub fn of(units: impl IntoIterator<Item = Unit>) -> Self {
        let mut cells: BTreeMap<(Month, Stratum), Cell> = BTreeMap::new();
        for Unit { month, stratum, items, seconds } in units {
            let cell = cells.entry((month, stratum)).or_insert(Cell { month, stratum, items: 0, seconds: 0 });
            cell.items += items.max(0);
            cell.seconds += seconds.max(0);
        }
        Self { cells: cells.into_values().collect() }
    }

    /// Items and seconds of one stratum over some months.
    pub(super) fn totals(&self, stratum: Stratum, months: impl Fn(Month) -> bool) -> (i64, i64) {
        self.cells
            .iter()
            .filter(|cell| cell.stratum == stratum && months(cell.month))
            .fold((0, 0), |(items, seconds), cell| (items + cell.items, seconds + cell.seconds))
    }
}
