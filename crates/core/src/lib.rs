//! The words of Waterline and every calculation on them.
//!
//! Everything here is a pure function of its arguments: no I/O, no async, no database types, and no
//! clock (`now` is an argument). Pages, API, command line, metrics and the board pack all show what
//! these functions answer, so a figure is worked out in one place only.
#![warn(missing_docs)]

pub mod audit;
mod classification;
mod clock;
mod effort;
mod figures;
mod iceberg;
mod kind;
mod likeness;
pub mod model;
mod period;
pub mod redaction;
pub mod rules;
mod tally;
mod taxonomy;
pub mod watch;
mod work_item;
mod worth;

pub use classification::{Classifier, Decision, Method, Verdict, settle};
pub use clock::Clock;
pub use effort::{EffortEntry, EffortRates, LoggedSample};
pub use figures::{Breakdown, Evidence, Figures, GroupFigure, merge_small_groups};
pub use iceberg::{CategoryFigure, Coverage, Iceberg, MonthFigure, Share, WorkRow, share};
pub use kind::Kind;
pub use likeness::likeness;
pub use period::{Month, MonthRange, PeriodError, ReportingZone};
pub use tally::{Basis, Dimension, Tally};
pub use taxonomy::{Category, CategoryId, Side, Taxonomy, TaxonomyError};
pub use work_item::{State, TextPolicy, WorkItem};
pub use worth::worth_seconds;
