//! The share month by month: a line with what it could be (the bounds) as a band around it. A month in
//! which no work was finished is a gap, never a nought.

use std::fmt::Write;

use waterline_core::{Iceberg, Share, audit::MeasuredShare};

use crate::{
    Layout, percent,
    svg::{Text, number, open, path},
};

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
                height: 360.0,
                left: 56.0,
                right: 930.0,
                top: 24.0,
                bottom: 306.0,
                size: 16.0,
                names: 12,
            },
            Layout::Narrow => Self {
                width: 340.0,
                height: 280.0,
                left: 42.0,
                right: 288.0,
                top: 20.0,
                bottom: 232.0,
                size: 14.0,
                names: 4,
            },
        }
    }

    fn y(&self, part: f64, most: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * part / most
    }
}

/// One month that has a share, with its place on the axis.
struct Point {
    x: f64,
    index: usize,
    share: Share,
    /// Its interval, where audits measured the month by itself.
    measured: Option<MeasuredShare>,
}

/// The chart as a complete `<svg>` element with its title and description.
pub fn share_by_month(figures: &Iceberg, layout: Layout) -> String {
    let plan = Plan::of(layout);
    let id = format!("months-{}", layout.prefix());
    let points = points(figures, &plan);
    let title = "Visible share of IT work, month by month";
    let mut out = open(&id, plan.width, plan.height, title, &describe(figures, &points));
    let most = top_of_axis(&points);
    axis(&plan, most, &mut out);
    month_names(figures, &plan, &mut out);
    for run in points.chunk_by(|a, b| a.index + 1 == b.index) {
        line(run, &plan, most, &mut out);
    }
    for (point, measured) in points.iter().filter_map(|point| Some((point, point.measured?))) {
        whisker(point.x, measured, &plan, most, &mut out);
    }
    if let Some(last) = points.last() {
        let y = plan.y(last.share.value, most) + plan.size * 0.35;
        let x = last.x + 10.0;
        Text { x, y, size: plan.size, bold: true, anchor: "start", content: &percent(last.share.value) }
            .write(&mut out);
        if layout == Layout::Wide && last.share.upper > last.share.value {
            let y = plan.y(last.share.upper, most).min(y - plan.size * 1.4);
            let content = format!("up to {}", percent(last.share.upper));
            Text { x, y, size: plan.size, bold: false, anchor: "start", content: &content }.write(&mut out);
        }
    }
    out.push_str("</svg>");
    out
}

fn points(figures: &Iceberg, plan: &Plan) -> Vec<Point> {
    let gaps = figures.months.len().saturating_sub(1).max(1) as f64;
    figures
        .months
        .iter()
        .enumerate()
        .filter_map(|(index, month)| {
            let x = plan.left + 10.0 + (plan.right - plan.left - 20.0) * index as f64 / gaps;
            let measured = month.error.measured();
            month.share.map(|share| Point { x, index, share, measured })
        })
        .collect()
}

fn describe(figures: &Iceberg, points: &[Point]) -> String {
    let lowest = points.iter().min_by(|a, b| a.share.value.total_cmp(&b.share.value));
    let highest = points.iter().max_by(|a, b| a.share.value.total_cmp(&b.share.value));
    let (Some(lowest), Some(highest), Some(last)) = (lowest, highest, points.last()) else {
        return format!("No finished work is held for {}.", figures.period.in_words());
    };
    let name = |point: &Point| figures.months[point.index].month.in_words();
    let measured = points.iter().filter(|point| point.measured.is_some()).count();
    let whiskers = match measured {
        0 => "",
        _ => " Upright lines show the 95% interval of the months that audits measured.",
    };
    format!(
        "A line from {} to {}. Lowest {} in {}, highest {} in {}, last {} in {}. The band around it shows \
         what the share could be once unclassified work is classified.{whiskers} The table below has every \
         month.",
        name(&points[0]),
        name(last),
        percent(lowest.share.value),
        name(lowest),
        percent(highest.share.value),
        name(highest),
        percent(last.share.value),
        name(last),
    )
}

/// The axis starts at nothing and ends at the next tenth above the data, so that a small share neither
/// hides at the bottom nor fills the picture.
fn top_of_axis(points: &[Point]) -> f64 {
    let top = |point: &Point| point.measured.map_or(0.0, |measured| measured.high).max(point.share.upper);
    let most = points.iter().map(top).fold(0.0, f64::max);
    ((most * 10.0).floor() + 1.0).clamp(2.0, 10.0) / 10.0
}

fn axis(plan: &Plan, most: f64, out: &mut String) {
    let tenths = (most * 10.0).round() as u32;
    let step = if tenths > 5 { 2 } else { 1 };
    for tenth in (0..=tenths).step_by(step) {
        let part = f64::from(tenth) / 10.0;
        let y = plan.y(part, most);
        let (colour, width) = if tenth == 0 { ("#4c6272", "1.5") } else { ("#d8dde0", "1") };
        let _ = write!(
            out,
            r#"<path d="M{} {}H{}" stroke="{colour}" stroke-width="{width}"/>"#,
            number(plan.left),
            number(y),
            number(plan.right),
        );
        let label = format!("{}%", tenth * 10);
        let (x, y) = (plan.left - 8.0, y + plan.size * 0.35);
        Text { x, y, size: plan.size, bold: false, anchor: "end", content: &label }.write(out);
    }
}

fn month_names(figures: &Iceberg, plan: &Plan, out: &mut String) {
    let months = figures.months.len();
    let every = months.div_ceil(plan.names).max(1);
    let gaps = months.saturating_sub(1).max(1) as f64;
    for (index, figure) in figures.months.iter().enumerate() {
        // Counted from the last month, which is always named.
        if !(months - 1 - index).is_multiple_of(every) {
            continue;
        }
        let x = plan.left + 10.0 + (plan.right - plan.left - 20.0) * index as f64 / gaps;
        let day = figure.month.first_day();
        let month = day.format("%b").to_string();
        let y = plan.bottom + plan.size * 1.4;
        Text { x, y, size: plan.size, bold: false, anchor: "middle", content: &month }.write(out);
        let first_named = index < every;
        if first_named
            || figure.month.plus(-(every as i32)).first_day().format("%Y").to_string()
                != day.format("%Y").to_string()
        {
            let year = day.format("%Y").to_string();
            let y = y + plan.size * 1.2;
            Text { x, y, size: plan.size, bold: false, anchor: "middle", content: &year }.write(out);
        }
    }
}

/// An interval as an upright line with a bar at each end.
fn whisker(x: f64, measured: MeasuredShare, plan: &Plan, most: f64, out: &mut String) {
    let (low, high) = (plan.y(measured.low, most), plan.y(measured.high, most));
    let (left, right) = (number(x - 5.0), number(x + 5.0));
    let _ = write!(
        out,
        r##"<path d="M{left} {high}H{right}M{x} {high}V{low}M{left} {low}H{right}" fill="none" stroke="#212b32" stroke-width="1.5"/>"##,
        x = number(x),
        low = number(low),
        high = number(high),
    );
}

fn line(run: &[Point], plan: &Plan, most: f64, out: &mut String) {
    let upper = run.iter().map(|point| (point.x, plan.y(point.share.upper, most)));
    let lower = run.iter().rev().map(|point| (point.x, plan.y(point.share.lower, most)));
    let band: Vec<(f64, f64)> = upper.chain(lower).collect();
    let values: Vec<(f64, f64)> =
        run.iter().map(|point| (point.x, plan.y(point.share.value, most))).collect();
    let _ = write!(
        out,
        r##"<path d="{}" fill="#bfd3e2"/><path d="{}" fill="none" stroke="#12436d" stroke-width="3" stroke-linejoin="round"/>"##,
        path(&band, true),
        path(&values, false),
    );
    for (x, y) in values {
        let _ = write!(
            out,
            r##"<circle cx="{}" cy="{}" r="4" fill="#12436d" stroke="white" stroke-width="1.5"/>"##,
            number(x),
            number(y),
        );
    }
}
