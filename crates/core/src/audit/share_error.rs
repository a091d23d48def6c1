use std::fmt;

use serde::Serialize;

use crate::{
    Basis, MonthRange, Share, Side, Taxonomy,
    audit::{
        Audit,
        rate::{Rate, Seen},
        weigh::{Stack, weigh},
    },
};

/// With fewer audited pieces of work than this in a period, its share has no interval.
pub const LEAST_AUDITED: u32 = 50;

/// With less than this part of the period's work in months that an audit drew from, its share has no
/// interval. A year whose last quarter is not audited yet still has one; the rest is taken to err alike.
const LEAST_COVERED: f64 = 0.7;

/// How far a published share may be from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ShareError {
    /// Too little was audited to say.
    NotMeasured {
        /// Pieces of work that people re-tagged in the period.
        audited: u32,
        /// How many it takes.
        least: u32,
        /// The part of the period's work that lies in months which an audit drew from, from 0 to 1.
        covered: f64,
    },
    /// Measured by an audit.
    Measured(MeasuredShare),
}

/// What an audit makes of a share. Ratios from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasuredShare {
    /// The published share, put right by the errors that the audit found.
    pub value: f64,
    /// Where the 95% interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Pieces of work that people re-tagged in the period.
    pub audited: u32,
    /// Pieces of work beyond those on which people could not tell.
    pub cannot_tell: u32,
    /// The part of the period's work that lies in months which an audit drew from, from 0 to 1.
    pub covered: f64,
}

impl ShareError {
    /// Pieces of work that people re-tagged in the period.
    pub fn audited(self) -> u32 {
        match self {
            Self::NotMeasured { audited, .. } | Self::Measured(MeasuredShare { audited, .. }) => audited,
        }
    }

    /// The measured share, where there is one.
    pub fn measured(self) -> Option<MeasuredShare> {
        match self {
            Self::NotMeasured { .. } => None,
            Self::Measured(measured) => Some(measured),
        }
    }
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMeasured { audited, least, covered } if audited >= least => {
                write!(f, "not yet measured: audits cover {:.0}% of this work", covered * 100.0)
            }
            Self::NotMeasured { audited, least, .. } => {
                write!(f, "not yet measured: {audited} of at least {least} audited")
            }
            Self::Measured(MeasuredShare { low, high, audited, .. }) => write!(
                f,
                "between {:.0}% and {:.0}% (95% interval, {audited} audited)",
                low * 100.0,
                high * 100.0
            ),
        }
    }
}

/// The error of one period's share on one basis. `share` is the published one, `None` where no work was
/// done; `audits` stand from the oldest to the newest.
pub fn share_error(
    period: MonthRange,
    basis: Basis,
    share: Option<&Share>,
    audits: &[Audit],
    taxonomy: &Taxonomy,
) -> ShareError {
    let findings = weigh(period, basis, audits, taxonomy);
    let (audited, cannot_tell) = (findings.audited, findings.cannot_tell);
    let covered = share.map_or(0.0, |share| (findings.amount / share.total as f64).min(1.0));
    let Some(share) = share.filter(|_| audited >= LEAST_AUDITED && covered >= LEAST_COVERED) else {
        return ShareError::NotMeasured { audited, least: LEAST_AUDITED, covered };
    };
    let mut value = share.value;
    let (mut below, mut above) = (0.0, 0.0);
    for stack in &findings.stacks {
        let part = stack.amount / findings.amount;
        for (direction, rate) in errors(stack) {
            let (low, high) = rate.interval();
            let (less, more) = (part * (rate.within() - low), part * (high - rate.within()));
            value += direction.sign() * part * rate.value;
            let (down, up) = match direction {
                Direction::Overstated => (more, less),
                Direction::Understated => (less, more),
            };
            below += down * down;
            above += up * up;
        }
    }
    let within = |ratio: f64| ratio.clamp(0.0, 1.0);
    ShareError::Measured(MeasuredShare {
        value: within(value),
        low: within(value - below.sqrt()),
        high: within(value + above.sqrt()),
        audited,
        cannot_tell,
        covered,
    })
}

/// Which way an error moves the share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Published as visible, and it is not.
    Overstated,
    /// Visible, and not published as such.
    Understated,
}

impl Direction {
    fn sign(self) -> f64 {
        match self {
            Self::Overstated => -1.0,
            Self::Understated => 1.0,
        }
    }
}

/// How often a stratum is wrong, in each direction in which it can be: what is published as visible can
/// only be overstated, the rest only understated. Since units move when rules change, a stratum can hold
/// both by now.
pub(super) fn errors(stack: &Stack<'_>) -> Vec<(Direction, Rate)> {
    let can = |says: bool| match stack.settled.as_slice() {
        [] => (stack.stratum.side() == Some(Side::Visible)) == says,
        settled => settled.iter().any(|one| one.published == says),
    };
    [(Direction::Overstated, true), (Direction::Understated, false)]
        .into_iter()
        .filter(|(_, says)| can(*says))
        .map(|(direction, says)| {
            let seen: Vec<Seen> = stack
                .settled
                .iter()
                .map(|one| Seen {
                    weight: one.weight,
                    expected: one.expected,
                    times: one.draw.times,
                    hit: one.published == says && one.visible != says,
                })
                .collect();
            (direction, Rate::of(&seen))
        })
        .collect()
}
