//! Whether people agree with the model as often as it was sure that they would.

use crate::watch::{Alarm, ModelTally, chance::chance_above};

/// Fewer tags tell too little.
const LEAST_TAGS: i64 = 30;
/// How often chance alone may raise the alarm.
const FALSE_ALARMS: f64 = 0.01;
/// A smaller gap than three points does not matter.
const LEAST_GAP: f64 = 0.03;

pub(super) fn drop(tally: &ModelTally) -> Option<Alarm> {
    let ModelTally { number, tags, agreed, expected, held_out_tags } = *tally;
    if tags < LEAST_TAGS {
        return None;
    }
    let right = agreed as f64 / tags as f64;
    // The expectation is itself measured, on the tags that were held out.
    let told = 1.0 / tags as f64 + 1.0 / held_out_tags.max(1) as f64;
    let spread = (expected * (1.0 - expected)).max(0.25 / tags as f64) * told;
    // Half a tag of continuity: a count jumps, a bell curve does not.
    let gap = expected - right;
    let chance = chance_above((gap - 0.5 / tags as f64) / spread.sqrt());
    (chance <= FALSE_ALARMS && gap >= LEAST_GAP).then_some(Alarm::ModelQualityDrops {
        number,
        tags,
        expected,
        agreed: right,
    })
}
