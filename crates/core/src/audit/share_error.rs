use std::fmt;

use serde::Serialize;

use crate::{Basis, MonthRange, Share, Taxonomy, audit::Audit};

/// With fewer audited pieces of work than this in a period, its share has no interval.
pub const LEAST_AUDITED: u32 = 50;

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
/// done; `audits` stand from the oldest to the newest, and where two drew from the same month the newer
/// one counts for it.
pub fn share_error(
    _period: MonthRange,
    _basis: Basis,
    _share: Option<&Share>,
    _audits: &[Audit],
    _taxonomy: &Taxonomy,
) -> ShareError {
    ShareError::NotMeasured { audited: 0, least: LEAST_AUDITED, covered: 0.0 }
}
