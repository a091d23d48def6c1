//! How far the visible share would move, month by month: one bar for each month, up for more visible and
//! down for less. A month that has no share is a gap.

use std::fmt::Write;

use waterline_core::Month;

use crate::{
    Layout,
    svg::{Text, number, open},
};

/// How far the share of one month would move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShiftedMonth {
    /// Which month.
    pub month: Month,
    /// From -1 to 1: 0.01 is one point. `None` where the month has no share.
    pub shift: Option<f64>,
}

/// A shift as people say it, in percentage points: "+2.3", "−0.04", "0".
pub fn points(shift: f64) -> String {
    let size = shift.abs() * 100.0;
    let sign = if shift < 0.0 { '−' } else { '+' };
    match size {
        // What rounding alone makes.
        ..1e-9 => "0".to_owned(),
        ..0.01 => format!("{sign}under 0.01"),
        ..0.095 => format!("{sign}{size:.2}"),
        _ => format!("{sign}{size:.1}"),
    }
}

/// Shifts smaller than this do not fill the picture, in points: a hair's breadth must not look like much.
const LEAST_SPAN: f64 = 1.0;

struct Plan {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    size: f64,
    /// At most this many months are named on the axis.
    names: usize,
}

impl Plan {
    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Wide => Self {
                width: 1040.0,
                height: 300.0,
                left: 64.0,
                right: 1020.0,
                top: 30.0,
                bottom: 246.0,
                size: 16.0,
                names: 12,
            },
            Layout::Narrow => Self {
                width: 340.0,
                height: 250.0,
                left: 46.0,
                right: 332.0,
                top: 26.0,
                bottom: 200.0,
                size: 14.0,
                names: 4,
            },
        }
    }
}

/// From where to where the axis goes, in points, and how far its lines lie apart.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    fn of(months: &[ShiftedMonth]) -> Self {
        let shifts = || months.iter().filter_map(|month| month.shift).map(|shift| shift * 100.0);
        let (low, high) = (shifts().fold(0.0, f64::min), shifts().fold(0.0, f64::max));
        let span = (high - low).max(LEAST_SPAN);
        let step = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0].into_iter().find(|step| span / step <= 4.0);
        let step = step.unwrap_or(50.0);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        // Where everything moves one way, the picture shows that there is another.
        let least = |end: f64| if end.abs() < 1e-9 { step } else { end.abs() };
        Self { low: -least(low), high: least(high), step }
    }

    fn y(&self, plan: &Plan, points: f64) -> f64 {
        plan.bottom - (plan.bottom - plan.top) * (points - self.low) / (self.high - self.low)
    }
}

/// The chart as a complete `<svg>` element with its title and description.
pub fn share_shift(months: &[ShiftedMonth], layout: Layout) -> String {
    let plan = Plan::of(layout);
    let axis = Axis::of(months);
    let title = "How far the visible share of each month would move";
    let id = format!("shift-{}", layout.prefix());
    let mut out = open(&id, plan.width, plan.height, title, &describe(months));
    lines(&plan, &axis, &mut out);
    let slot = (plan.right - plan.left) / months.len().max(1) as f64;
    let middle = |index: usize| plan.left + slot * (index as f64 + 0.5);
    let largest = largest(months);
    for (index, month) in months.iter().enumerate() {
        let Some(shift) = month.shift else { continue };
        bar(&plan, &axis, middle(index), (slot * 0.66).min(40.0), shift, &mut out);
        if Some(index) == largest {
            let y = axis.y(&plan, shift * 100.0);
            let y = if shift < 0.0 { y + plan.size * 1.05 } else { y - plan.size * 0.45 };
            // Near an end of the picture a label would leave it.
            let x = middle(index).clamp(plan.left + 24.0, plan.right - 24.0);
            Text { x, y, size: plan.size, bold: true, anchor: "middle", content: &points(shift) }
                .write(&mut out);
        }
    }
    names(months, &plan, middle, &mut out);
    out.push_str("</svg>");
    out
}

/// The place of the month that moves most, if any moves.
fn largest(months: &[ShiftedMonth]) -> Option<usize> {
    let size = |month: &ShiftedMonth| month.shift.map_or(0.0, f64::abs);
    let (place, month) = months.iter().enumerate().max_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)))?;
    (size(month) > 0.0).then_some(place)
}

fn describe(months: &[ShiftedMonth]) -> String {
    let Some(month) = largest(months).and_then(|place| months.get(place)) else {
        return "No month would move.".to_owned();
    };
    let moved =
        |way: fn(f64) -> bool| months.iter().filter_map(|month| month.shift).filter(|s| way(*s)).count();
    format!(
        "Bars for {} months. The share would rise in {} and fall in {}. It would move most in {}: by {} points. \
         The table below has every month.",
        months.len(),
        moved(|shift| shift > 1e-11),
        moved(|shift| shift < -1e-11),
        month.month.in_words(),
        points(month.shift.unwrap_or_default()),
    )
}

fn lines(plan: &Plan, axis: &Axis, out: &mut String) {
    let first = (axis.low / axis.step).round() as i32;
    let last = (axis.high / axis.step).round() as i32;
    for line in first..=last {
        let value = f64::from(line) * axis.step;
        let y = axis.y(plan, value);
        let (colour, width) = if line == 0 { ("#4c6272", "1.5") } else { ("#d8dde0", "1") };
        let _ = write!(
            out,
            r#"<path d="M{} {}H{}" stroke="{colour}" stroke-width="{width}"/>"#,
            number(plan.left),
            number(y),
            number(plan.right),
        );
        let label = match line {
            0 => "0".to_owned(),
            up if up > 0 => format!("+{value}"),
            _ => format!("−{}", value.abs()),
        };
        let (x, y) = (plan.left - 8.0, y + plan.size * 0.35);
        Text { x, y, size: plan.size, bold: false, anchor: "end", content: &label }.write(out);
    }
}

fn bar(plan: &Plan, axis: &Axis, middle: f64, width: f64, shift: f64, out: &mut String) {
    let (zero, end) = (axis.y(plan, 0.0), axis.y(plan, shift * 100.0));
    // What moves at all is seen to move.
    let height = if shift.abs() < 1e-11 { 0.0 } else { (zero - end).abs().max(1.5) };
    let y = if shift < 0.0 { zero } else { zero - height };
    let colour = if shift < 0.0 { "#768692" } else { "#12436d" };
    let _ = write!(
        out,
        r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{colour}"/>"#,
        number(middle - width / 2.0),
        number(y),
        number(width),
        number(height),
    );
}

fn names(months: &[ShiftedMonth], plan: &Plan, middle: impl Fn(usize) -> f64, out: &mut String) {
    let every = months.len().div_ceil(plan.names).max(1);
    let mut year = String::new();
    for (index, month) in months.iter().enumerate() {
        // Counted from the last month, which is always named.
        if !(months.len() - 1 - index).is_multiple_of(every) {
            continue;
        }
        let day = month.month.first_day();
        let (x, y) = (middle(index), plan.bottom + plan.size * 1.5);
        let name = day.format("%b").to_string();
        Text { x, y, size: plan.size, bold: false, anchor: "middle", content: &name }.write(out);
        let its_year = day.format("%Y").to_string();
        if its_year != year {
            let y = y + plan.size * 1.2;
            Text { x, y, size: plan.size, bold: false, anchor: "middle", content: &its_year }.write(out);
            year = its_year;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(shifts: &[Option<f64>]) -> Vec<ShiftedMonth> {
        let first: Month = "2026-01".parse().unwrap();
        shifts
            .iter()
            .enumerate()
            .map(|(place, shift)| ShiftedMonth { month: first.plus(place as i32), shift: *shift })
            .collect()
    }

    #[test]
    fn a_shift_is_told_in_points_and_never_as_nothing_where_there_is_some() {
        let told = [0.023, -0.004, 0.0004, -0.000_04, 0.0, 1e-17, 0.1].map(points);
        assert_eq!(told, ["+2.3", "−0.4", "+0.04", "−under 0.01", "0", "0", "+10.0"]);
    }

    #[test]
    fn a_month_without_a_share_is_a_gap_and_the_largest_shift_is_told() {
        let svg = share_shift(&months(&[Some(0.01), None, Some(-0.023)]), Layout::Wide);
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(
            svg.contains("rise in 1 and fall in 1. It would move most in March 2026: by −2.3 points"),
            "{svg}"
        );
        assert!(svg.contains(">−2.3</text>"));
    }

    #[test]
    fn a_small_shift_stays_small_in_the_picture() {
        let small = Axis::of(&months(&[Some(0.0005)]));
        assert!(small.high >= 0.25 && small.low < 0.0, "{} to {}", small.low, small.high);
        let large = Axis::of(&months(&[Some(0.6), Some(-0.3)]));
        assert!(large.high >= 60.0 && large.low <= -30.0);
    }

    #[test]
    fn where_nothing_moves_the_picture_says_so() {
        for shifts in [&[] as &[Option<f64>], &[Some(0.0)], &[None]] {
            assert!(share_shift(&months(shifts), Layout::Narrow).contains("No month would move."));
        }
    }
}
