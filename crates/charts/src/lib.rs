//! Figures to SVG, for the page and for print alike. Pure: a picture depends on nothing but its figures.

use waterline_core::Iceberg;

/// For what width a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A desk or a sheet of paper.
    Wide,
    /// A telephone.
    Narrow,
}

/// The iceberg: one berg whose whole area is all the work, cut by the waterline. A complete `<svg>`
/// element with role, title and description.
pub fn iceberg(_figures: &Iceberg, _layout: Layout) -> String {
    String::new()
}

/// The share month by month as an `<svg>`, with its bounds.
pub fn share_by_month(_figures: &Iceberg, _layout: Layout) -> String {
    String::new()
}
