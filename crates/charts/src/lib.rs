//! Figures to SVG, the same one for the page and for print. Pure: a picture depends on nothing but its
//! figures, so that it can be snapshot, cached and put into a signed pack.
//!
//! Every picture carries its title and a description in words; the data table beside it is the page's
//! business. Pictures use presentation attributes only, no style element and no script, so that the
//! strictest content security policy shows them.

mod berg;
mod iceberg;
mod interval;
mod labels;
mod moves;
mod share_by_month;
mod share_shift;
mod svg;

use waterline_core::audit::ShareError;

pub use iceberg::{describe, iceberg};
pub use interval::interval;
pub use moves::{Move, MoveEnd, moves};
pub use share_by_month::share_by_month;
pub use share_shift::{ShiftedMonth, points, share_shift};

/// For what width a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A desk or a sheet of paper.
    Wide,
    /// A telephone.
    Narrow,
}

impl Layout {
    /// Keeps the element ids of two pictures on one page apart.
    fn prefix(self) -> &'static str {
        match self {
            Self::Wide => "w",
            Self::Narrow => "n",
        }
    }
}

/// What audits say about a share, as a clause to follow "it": "is between 17% and 25% (95% interval), …".
/// `None` where too little was audited to say.
pub fn interval_words(error: ShareError) -> Option<String> {
    let measured = error.measured()?;
    let (low, high) = (percent(measured.low), percent(measured.high));
    Some(format!(
        "is between {low} and {high} (95% interval), from {} pieces of work that people re-checked",
        measured.audited
    ))
}

/// A part of the whole as people say it: whole per cents, and never "0%" for something that is there.
pub fn percent(part: f64) -> String {
    if part <= 0.0 {
        "0%".to_owned()
    } else if part < 0.01 {
        "under 1%".to_owned()
    } else if part > 0.99 && part < 1.0 {
        "over 99%".to_owned()
    } else {
        format!("{:.0}%", part * 100.0)
    }
}
