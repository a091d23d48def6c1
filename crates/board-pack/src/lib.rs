//! Figures to files that a board can keep. Pure: figures in, bytes out; it never works a figure out.
#![warn(missing_docs)]

mod figures_csv;

pub use figures_csv::figures_csv;
