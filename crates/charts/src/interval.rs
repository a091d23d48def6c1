//! The share as it is published beside the share as people measured it: a dot with its bounds above, a dot
//! with its 95% interval below, on one axis. What is not measured is said, not drawn.

use std::fmt::Write;

use waterline_core::{Iceberg, Share, audit::MeasuredShare};

use crate::{
    Layout, interval_words, percent,
    svg::{Text, number, open},
};

struct Plan {
    layout: Layout,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    /// The middle of the upper and of the lower lane, and the axis.
    lanes: (f64, f64),
    bottom: f64,
    size: f64,
}

impl Plan {
    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Wide => Self {
                layout,
                width: 1040.0,
                height: 220.0,
                left: 210.0,
                right: 1010.0,
                lanes: (52.0, 136.0),
                bottom: 184.0,
                size: 16.0,
            },
            Layout::Narrow => Self {
                layout,
                width: 340.0,
                height: 250.0,
                left: 20.0,
                right: 316.0,
                lanes: (66.0, 162.0),
                bottom: 212.0,
                size: 14.0,
            },
        }
    }

    fn x(&self, part: f64, most: f64) -> f64 {
        self.left + (self.right - self.left) * part / most
    }
}

/// The chart as a complete `<svg>` element with its title and description. Draws nothing but the words
/// where no work was done.
pub fn interval(figures: &Iceberg, layout: Layout) -> String {
    let plan = Plan::of(layout);
    let id = format!("interval-{}", layout.prefix());
    let title = "The visible share as published, and as people measured it";
    let mut out = open(&id, plan.width, plan.height, title, &describe(figures));
    if let Some(share) = figures.share {
        let measured = figures.error.measured();
        let most = top_of_axis(&share, measured);
        axis(&plan, most, &mut out);
        guide(&plan, share.value, most, &mut out);
        published(&plan, &share, most, &mut out);
        match measured {
            Some(measured) => by_people(&plan, &measured, most, &mut out),
            None => {
                lane_name(&plan, plan.lanes.1, "As people measured it", &mut out);
                let (x, y) = (plan.left, plan.lanes.1 + plan.size * 0.35);
                let content = "Not yet measured";
                Text { x, y, size: plan.size, bold: false, anchor: "start", content }.write(&mut out);
            }
        }
    }
    out.push_str("</svg>");
    out
}

fn describe(figures: &Iceberg) -> String {
    let period = figures.period.in_words();
    let Some(share) = figures.share else {
        return format!("No finished work is held for {period}.");
    };
    let bounds = if share.unclassified > 0.0 {
        format!(", and up to {} if all unclassified work is", percent(share.upper))
    } else {
        String::new()
    };
    let measured = match (interval_words(figures.error), figures.error.measured()) {
        (Some(words), Some(found)) => {
            format!("By what people found it {words}, most likely {}.", percent(found.value))
        }
        _ => format!("How far that may be from the truth is {}.", figures.error),
    };
    format!("As published, {} of the work in {period} was visible{bounds}. {measured}", percent(share.value))
}

/// The axis ends at the next tenth above all that is drawn.
fn top_of_axis(share: &Share, measured: Option<MeasuredShare>) -> f64 {
    let most = measured.map_or(0.0, |measured| measured.high).max(share.upper);
    ((most * 10.0).floor() + 1.0).clamp(2.0, 10.0) / 10.0
}

fn axis(plan: &Plan, most: f64, out: &mut String) {
    let tenths = (most * 10.0).round() as u32;
    let step = if tenths > 5 { 2 } else { 1 };
    let top = plan.lanes.0 - plan.size * 2.0;
    for tenth in (0..=tenths).step_by(step) {
        let x = plan.x(f64::from(tenth) / 10.0, most);
        let _ = write!(
            out,
            r##"<path d="M{x} {}V{}" stroke="#d8dde0" stroke-width="1"/>"##,
            number(top),
            number(plan.bottom),
            x = number(x),
        );
        let label = format!("{}%", tenth * 10);
        let y = plan.bottom + plan.size * 1.5;
        Text { x, y, size: plan.size, bold: false, anchor: "middle", content: &label }.write(out);
    }
    let _ = write!(
        out,
        r##"<path d="M{} {y}H{}" stroke="#4c6272" stroke-width="1.5"/>"##,
        number(plan.left),
        number(plan.right),
        y = number(plan.bottom),
    );
}

/// Leads the eye from what is published to where it lies in the interval.
fn guide(plan: &Plan, value: f64, most: f64, out: &mut String) {
    // Leaves out where the lower lane writes its number.
    let _ = write!(
        out,
        r##"<path d="M{x} {}V{}M{x} {}V{}" stroke="#4c6272" stroke-width="1.5" stroke-dasharray="4 4"/>"##,
        number(plan.lanes.0),
        number(plan.lanes.1 - plan.size * 2.2),
        number(plan.lanes.1 + 10.0),
        number(plan.bottom),
        x = number(plan.x(value, most)),
    );
}

fn lane_name(plan: &Plan, y: f64, name: &str, out: &mut String) {
    let y = match plan.layout {
        Layout::Wide => y + plan.size * 0.35,
        Layout::Narrow => y - plan.size * 2.6,
    };
    Text { x: 0.0, y, size: plan.size, bold: false, anchor: "start", content: name }.write(out);
}

fn published(plan: &Plan, share: &Share, most: f64, out: &mut String) {
    let y = plan.lanes.0;
    lane_name(plan, y, "As published", out);
    let (value, upper) = (plan.x(share.value, most), plan.x(share.upper, most));
    if upper > value {
        let _ = write!(
            out,
            r##"<rect x="{}" y="{}" width="{}" height="12" fill="#bfd3e2"/>"##,
            number(value),
            number(y - 6.0),
            number(upper - value),
        );
        let content = format!("up to {}", percent(share.upper));
        let (x, y) = (upper + 8.0, y + plan.size * 0.35);
        Text { x, y, size: plan.size, bold: false, anchor: "start", content: &content }.write(out);
    }
    dot(value, y, out);
    above(plan, value, y, share.value, out);
}

fn by_people(plan: &Plan, measured: &MeasuredShare, most: f64, out: &mut String) {
    let y = plan.lanes.1;
    lane_name(plan, y, "As people measured it", out);
    let (low, high) = (plan.x(measured.low, most), plan.x(measured.high, most));
    let _ = write!(
        out,
        r##"<path d="M{low} {top}V{end}M{low} {y}H{high}M{high} {top}V{end}" fill="none" stroke="#12436d" stroke-width="4"/>"##,
        low = number(low),
        high = number(high),
        top = number(y - 10.0),
        end = number(y + 10.0),
        y = number(y),
    );
    dot(plan.x(measured.value, most), y, out);
    above(plan, plan.x(measured.value, most), y, measured.value, out);
    let ends = [(low - 10.0, measured.low, "end"), (high + 10.0, measured.high, "start")];
    for (x, part, anchor) in ends {
        let y = y + plan.size * 0.35;
        // At the edge of the picture there is no room beside it.
        if x > plan.size * 2.0 && x < plan.width - plan.size * 2.0 {
            let content = percent(part);
            Text { x, y, size: plan.size, bold: false, anchor, content: &content }.write(out);
        }
    }
}

fn dot(x: f64, y: f64, out: &mut String) {
    let _ = write!(
        out,
        r##"<circle cx="{}" cy="{}" r="7" fill="#12436d" stroke="white" stroke-width="2"/>"##,
        number(x),
        number(y),
    );
}

fn above(plan: &Plan, x: f64, y: f64, part: f64, out: &mut String) {
    let content = percent(part);
    let y = y - plan.size * 0.9;
    Text { x, y, size: plan.size * 1.25, bold: true, anchor: "middle", content: &content }.write(out);
}

#[cfg(test)]
mod tests {
    use waterline_core::{
        Basis, CategoryId, MonthRange, Tally, Taxonomy, WorkRow,
        audit::{MeasuredShare, ShareError},
    };

    use super::*;

    fn figures(amounts: &[(Option<&str>, i64)], measured: Option<(f64, f64, f64)>) -> Iceberg {
        let taxonomy = Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap();
        let period = MonthRange::ending("2026-10".parse().unwrap(), 1);
        let rows: Vec<WorkRow> = amounts
            .iter()
            .map(|(category, items)| WorkRow {
                month: period.last(),
                group: Some(String::new()),
                category: category.map(CategoryId::new),
                tally: Tally { items: *items, ..Tally::default() },
            })
            .collect();
        let mut figures = Iceberg::new(period, Basis::Items, &rows, &taxonomy, &[]);
        if let Some((low, value, high)) = measured {
            figures.error = ShareError::Measured(MeasuredShare {
                value,
                low,
                high,
                audited: 158,
                cannot_tell: 2,
                covered: 1.0,
            });
        }
        figures
    }

    const USUAL: [(Option<&str>, i64); 3] = [(Some("advice"), 20), (None, 6), (Some("incident"), 74)];

    #[test]
    fn the_description_tells_what_is_published_and_what_was_measured() {
        insta::assert_snapshot!(describe(&figures(&USUAL, Some((0.182, 0.231, 0.279)))), @"As published, 20% of the work in October 2026 was visible, and up to 26% if all unclassified work is. By what people found it is between 18% and 28% (95% interval), from 158 pieces of work that people re-checked, most likely 23%.");
        insta::assert_snapshot!(describe(&figures(&USUAL, None)), @"As published, 20% of the work in October 2026 was visible, and up to 26% if all unclassified work is. How far that may be from the truth is not yet measured: 0 of at least 50 audited.");
        insta::assert_snapshot!(describe(&figures(&[], None)), @"No finished work is held for October 2026.");
    }

    #[test]
    fn an_interval_that_nobody_measured_is_not_drawn() {
        for layout in [Layout::Wide, Layout::Narrow] {
            let svg = interval(&figures(&USUAL, None), layout);
            assert!(svg.contains("Not yet measured") && svg.matches("<circle").count() == 1, "{svg}");
        }
    }

    #[test]
    fn extremes_can_be_drawn() {
        let cases = [
            (&USUAL[..], Some((0.0, 0.0, 1.0))),
            (&USUAL[..1], Some((0.9, 1.0, 1.0))),
            (&USUAL[2..], Some((0.0, 0.0, 0.02))),
            (&[], None),
        ];
        for (amounts, measured) in cases {
            for layout in [Layout::Wide, Layout::Narrow] {
                let svg = interval(&figures(amounts, measured), layout);
                assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("style="), "{svg}");
                assert!(svg.ends_with("</svg>"));
            }
        }
    }
}
