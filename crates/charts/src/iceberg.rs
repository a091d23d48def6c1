//! The picture that a board should remember: one berg whose whole area is all the work. The waterline
//! cuts it so that what shows is what the trust can see; below lie the categories that keep the lights
//! on, each with the area that it is due. Reads in black and white: above is white, below is dark, and
//! what is not classified is hatched.

use std::fmt::Write;

use waterline_core::{Basis, CategoryFigure, Iceberg, Share, Side};

use crate::{
    Layout,
    berg::Berg,
    interval_words,
    labels::{Label, LabelColumn},
    percent,
    svg::{INK, Text, number, open, path},
};

/// Where everything stands in one layout, in units of the view box.
struct Plan {
    width: f64,
    height: f64,
    berg: Berg,
    /// Left end of the callouts, and the size of their numbers and captions.
    callout: (f64, f64, f64),
    labels: LabelColumn,
}

impl Plan {
    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Wide => Self {
                width: 1040.0,
                height: 834.0,
                berg: Berg::new(236.0, 112.0, 440.0, 600.0),
                callout: (16.0, 72.0, 20.0),
                labels: LabelColumn { knee: 692.0, x: 724.0, top: 16.0, bottom: 826.0, size: 17.0, line: 36 },
            },
            Layout::Narrow => Self {
                width: 340.0,
                height: 850.0,
                berg: Berg::new(2.0, 112.0, 172.0, 590.0),
                callout: (8.0, 44.0, 16.0),
                labels: LabelColumn { knee: 178.0, x: 196.0, top: 98.0, bottom: 842.0, size: 14.0, line: 20 },
            },
        }
    }
}

/// The iceberg of a period, as a complete `<svg>` element with its title and description.
pub fn iceberg(figures: &Iceberg, layout: Layout) -> String {
    let plan = Plan::of(layout);
    let id = format!("berg-{}", layout.prefix());
    let title = match figures.share {
        Some(share) => format!("{} of IT work was visible", percent(share.value)),
        None => "No finished work is held for this period".to_owned(),
    };
    let mut out = open(&id, plan.width, plan.height, &title, &describe(figures));
    match figures.share {
        Some(share) => Picture { figures, share, plan, id, layout }.draw(&mut out),
        None => nothing_held(&plan, &mut out),
    }
    out.push_str("</svg>");
    out
}

/// The picture in words, for whoever cannot see it.
pub fn describe(figures: &Iceberg) -> String {
    let period = figures.period.in_words();
    let Some(share) = figures.share else {
        return format!("No finished work is held for {period}, so there is nothing to draw.");
    };
    let measure = match figures.basis {
        Basis::Effort => "hours of work",
        Basis::Items => "pieces of work",
    };
    let list = |side: Option<Side>| {
        let parts: Vec<String> = figures
            .categories
            .iter()
            .filter(|figure| figure.side == side && figure.part > 0.0)
            .map(|figure| format!("{} {}", figure.name, percent(figure.part)))
            .collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    };
    let mut words = format!(
        "An iceberg whose whole area is all IT work finished in {period}, counted in {measure}. \
         {} lies above the waterline: {}. ",
        percent(share.value),
        list(Some(Side::Visible)),
    );
    if share.unclassified > 0.0 {
        let _ = write!(words, "{} is not yet classified and is hatched. ", percent(share.unclassified));
    }
    let _ = write!(words, "Below the waterline lies what keeps the lights on: {}.", list(Some(Side::Ktlo)));
    if let Some(interval) = interval_words(figures.error) {
        let _ = write!(words, " The share {interval}.");
    }
    if let Some(before) = figures.year_before {
        let _ =
            write!(words, " A dashed line marks the waterline a year before, at {}.", percent(before.value));
    }
    words
}

fn nothing_held(plan: &Plan, out: &mut String) {
    let _ = write!(
        out,
        r##"<path d="{}" fill="#f0f4f5" stroke="#4c6272" stroke-width="2" stroke-dasharray="8 6"/>"##,
        path(&plan.berg.outline(), true),
    );
    let (x, _, size) = plan.callout;
    Text {
        x,
        y: 40.0,
        size,
        bold: true,
        anchor: "start",
        content: "No finished work is held for this period",
    }
    .write(out);
}

struct Picture<'a> {
    figures: &'a Iceberg,
    share: Share,
    plan: Plan,
    id: String,
    layout: Layout,
}

/// One category's place in the berg, as parts of the area from the peak down.
struct Stratum<'a> {
    figure: &'a CategoryFigure,
    from: f64,
    to: f64,
}

impl Picture<'_> {
    fn draw(&self, out: &mut String) {
        let waterline = self.plan.berg.level(self.share.value);
        let strata = self.strata();
        self.definitions(out);
        self.sky_and_sea(waterline, out);
        self.mist(out);
        let _ = write!(out, r##"<g clip-path="url(#{}-clip)">"##, self.id);
        for (i, stratum) in strata.iter().enumerate() {
            self.stratum(stratum, i, out);
        }
        let shade = path(&self.plan.berg.shade(), true);
        let _ = write!(out, r##"<g fill="#0b2e4f" fill-opacity="0.08"><path d="{shade}"/>"##);
        for facet in self.plan.berg.facets() {
            let _ = write!(out, r#"<path d="{}" fill-opacity="0.05"/>"#, path(&facet, true));
        }
        out.push_str("</g></g>");
        let outline = path(&self.plan.berg.outline(), true);
        let _ = write!(
            out,
            r##"<path d="{outline}" fill="none" stroke="#0b2e4f" stroke-width="2" stroke-linejoin="round"/>"##
        );
        self.surface(waterline, out);
        self.year_before(out);
        self.callouts(waterline, out);
        self.label_all(waterline, &strata, out);
    }

    fn strata(&self) -> Vec<Stratum<'_>> {
        let mut from = 0.0;
        self.figures
            .categories
            .iter()
            .filter(|figure| figure.part > 0.0)
            .map(|figure| {
                let to = from + figure.part;
                let stratum = Stratum { figure, from, to };
                from = to;
                stratum
            })
            .collect()
    }

    fn definitions(&self, out: &mut String) {
        let id = &self.id;
        let gradient = |out: &mut String, name: &str, stops: &[(&str, &str, &str)]| {
            let _ = write!(out, r#"<linearGradient id="{id}-{name}" x1="0" y1="0" x2="0" y2="1">"#);
            for (offset, colour, opacity) in stops {
                let _ = write!(
                    out,
                    r#"<stop offset="{offset}" stop-color="{colour}" stop-opacity="{opacity}"/>"#
                );
            }
            out.push_str("</linearGradient>");
        };
        out.push_str("<defs>");
        let outline = path(&self.plan.berg.outline(), true);
        let _ = write!(out, r#"<clipPath id="{id}-clip"><path d="{outline}"/></clipPath>"#);
        gradient(out, "sky", &[("0", "#ffffff", "1"), ("1", "#eef4f9", "1")]);
        gradient(out, "sea", &[("0", "#d3e5f1", "1"), ("1", "#a9c8de", "1")]);
        let mist = [
            ("0", "#ffffff", "0"),
            ("0.3", "#ffffff", "0.8"),
            ("0.7", "#ffffff", "0.8"),
            ("1", "#ffffff", "0"),
        ];
        gradient(out, "mist", &mist);
        let _ = write!(
            out,
            r##"<pattern id="{id}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#ffffff"/><rect width="3" height="8" fill="#2e6ea5"/></pattern></defs>"##
        );
    }

    fn sky_and_sea(&self, waterline: f64, out: &mut String) {
        let Plan { width, height, .. } = self.plan;
        let (w, y) = (number(width), number(waterline));
        let id = &self.id;
        let _ = write!(
            out,
            r#"<rect width="{w}" height="{y}" fill="url(#{id}-sky)"/><rect y="{y}" width="{w}" height="{}" fill="url(#{id}-sea)"/>"#,
            number(height - waterline),
        );
    }

    /// The figure lies somewhere in the mist: from all unclassified work below the waterline to all of
    /// it above.
    fn mist(&self, out: &mut String) {
        if self.share.upper <= self.share.lower {
            return;
        }
        let top = self.plan.berg.level(self.share.lower) - 7.0;
        let bottom = self.plan.berg.level(self.share.upper) + 7.0;
        let _ = write!(
            out,
            r#"<rect y="{}" width="{}" height="{}" fill="url(#{}-mist)"/>"#,
            number(top),
            number(self.plan.width),
            number(bottom - top),
            self.id,
        );
    }

    /// All of the berg from here down; what lies deeper is drawn over it.
    fn stratum(&self, stratum: &Stratum<'_>, place: usize, out: &mut String) {
        let Plan { width, height, ref berg, .. } = self.plan;
        let mut shape = match place {
            0 => vec![(0.0, 0.0), (width, 0.0)],
            _ => berg.cut(stratum.from, self.share.value),
        };
        shape.extend([(width, height), (0.0, height)]);
        let (fill, edge) = match stratum.figure.side {
            Some(Side::Visible) if place.is_multiple_of(2) => ("#ffffff".to_owned(), "#7d9db5"),
            Some(Side::Visible) => ("#e6eff6".to_owned(), "#7d9db5"),
            Some(Side::Ktlo) => (deep_blue(f64::midpoint(stratum.from, stratum.to)), "#ffffff"),
            None => (format!("url(#{}-hatch)", self.id), "#ffffff"),
        };
        let _ = write!(
            out,
            r#"<path d="{}" fill="{fill}" stroke="{edge}" stroke-width="1.6"/>"#,
            path(&shape, true),
        );
    }

    fn surface(&self, waterline: f64, out: &mut String) {
        let y = number(waterline);
        let _ = write!(
            out,
            r##"<path d="M0 {y}H{}" stroke="#003087" stroke-width="3"/>"##,
            number(self.plan.width),
        );
        let berg = &self.plan.berg;
        let (left, right) = (berg.left_edge(waterline), berg.right_edge(waterline));
        // A few short strokes beside the berg say "water" without a word.
        for (i, depth) in [9.0, 17.0, 26.0].into_iter().enumerate() {
            let length = 46.0 - 12.0 * i as f64;
            let near = 14.0 + 10.0 * i as f64;
            let y = number(waterline + depth);
            if self.layout == Layout::Wide {
                let _ = write!(
                    out,
                    r##"<path d="M{} {y}h{}M{} {y}h{}" stroke="#5b87a8" stroke-width="1.5" stroke-linecap="round"/>"##,
                    number(left - near - length),
                    number(length),
                    number(right + near),
                    number(length),
                );
            }
        }
    }

    fn year_before(&self, out: &mut String) {
        let Some(before) = self.figures.year_before else { return };
        let y = self.plan.berg.level(before.value);
        let from = (self.plan.berg.left_edge(y) - 24.0).max(0.0);
        let line = format!("M{} {}H{}", number(from), number(y), number(self.plan.labels.knee));
        // White below the dashes keeps them readable on dark ice.
        let _ = write!(
            out,
            r#"<path d="{line}" stroke="white" stroke-width="4"/><path d="{line}" stroke="{INK}" stroke-width="2" stroke-dasharray="7 5"/>"#
        );
    }

    fn callouts(&self, waterline: f64, out: &mut String) {
        let (x, big, small) = self.plan.callout;
        let mut say = |y: f64, size: f64, bold: bool, content: &str| {
            Text { x, y, size, bold, anchor: "start", content }.write(out);
        };
        let ktlo = (1.0 - self.share.value - self.share.unclassified).max(0.0);
        let range = (self.share.unclassified > 0.0)
            .then(|| format!("up to {} with the hatched work", percent(self.share.upper)));
        match self.layout {
            Layout::Wide => {
                let rise = if range.is_some() { 22.0 } else { 0.0 };
                // With next to nothing visible the words would leave the picture.
                let foot = waterline.max(120.0);
                say(foot - 42.0 - rise, big, true, &percent(self.share.value));
                say(foot - 14.0 - rise, small, false, "of the work is visible");
                if let Some(range) = &range {
                    say(foot - 13.0, 15.0, false, range);
                }
                let below = self.plan.berg.level(self.share.upper) + 84.0;
                say(below, big, true, &percent(ktlo));
                say(below + 28.0, small, false, "keeps the lights on");
            }
            Layout::Narrow => {
                say(44.0, big, true, &percent(self.share.value));
                say(66.0, small, false, "of the work is visible");
                if let Some(range) = &range {
                    say(86.0, 14.0, false, range);
                }
                say(792.0, big, true, &percent(ktlo));
                say(816.0, small, false, "keeps the lights on");
            }
        }
    }

    fn label_all(&self, waterline: f64, strata: &[Stratum<'_>], out: &mut String) {
        let berg = &self.plan.berg;
        let mut labels: Vec<Label> = strata
            .iter()
            .map(|stratum| {
                let y = berg.level(f64::midpoint(stratum.from, stratum.to));
                Label {
                    part: percent(stratum.figure.part),
                    name: stratum.figure.name.clone(),
                    at: (berg.right_edge(y) - 6.0, y),
                    dot: true,
                }
            })
            .collect();
        if let Some(before) = self.figures.year_before {
            let at = (self.plan.labels.knee, berg.level(before.value));
            let name = "was visible a year before".to_owned();
            labels.push(Label { part: percent(before.value), name, at, dot: false });
        }
        labels.sort_by(|a, b| a.at.1.total_cmp(&b.at.1));
        self.plan.labels.write(&labels, waterline, out);
    }
}

/// Darker the deeper: from the blue of shallow water to that of the deep.
fn deep_blue(depth: f64) -> String {
    let shade = |shallow: f64, deep: f64| (shallow + (deep - shallow) * depth.clamp(0.0, 1.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", shade(58.0, 6.0), shade(126.0, 32.0), shade(182.0, 58.0))
}

#[cfg(test)]
mod tests {
    use waterline_core::{CategoryId, MonthRange, Tally, Taxonomy, WorkRow};

    use super::*;

    fn figures(amounts: &[(Option<&str>, i64)], before: bool) -> Iceberg {
        let taxonomy = Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap();
        let period = MonthRange::ending("2026-10".parse().unwrap(), 1);
        let mut rows: Vec<WorkRow> = amounts
            .iter()
            .map(|(category, items)| WorkRow {
                month: period.last(),
                group: Some(String::new()),
                category: category.map(CategoryId::new),
                tally: Tally { items: *items, ..Tally::default() },
            })
            .collect();
        if before {
            let past: Vec<WorkRow> = [("advice", 3), ("incident", 9)]
                .iter()
                .map(|(id, items)| WorkRow {
                    month: period.last().plus(-12),
                    group: Some(String::new()),
                    category: Some(CategoryId::new(*id)),
                    tally: Tally { items: *items, ..Tally::default() },
                })
                .collect();
            rows.extend(past);
        }
        Iceberg::new(period, Basis::Items, &rows, &taxonomy, &[])
    }

    const USUAL: [(Option<&str>, i64); 8] = [
        (Some("new_product"), 12),
        (Some("improvement"), 8),
        (None, 6),
        (Some("incident"), 30),
        (Some("access"), 20),
        (Some("device"), 14),
        (Some("patching"), 9),
        (Some("supplier"), 1),
    ];

    #[test]
    fn the_description_tells_all_that_the_picture_shows() {
        insta::assert_snapshot!(describe(&figures(&USUAL, true)), @"An iceberg whose whole area is all IT work finished in October 2026, counted in pieces of work. 20% lies above the waterline: New digital products 12%, Improvements asked for 8%. 6% is not yet classified and is hatched. Below the waterline lies what keeps the lights on: Fixing what broke 30%, Accounts, starters and leavers 20%, Devices, printing and phones 14%, Patching 9%, Suppliers and contracts 1%. A dashed line marks the waterline a year before, at 25%.");
    }

    #[test]
    fn nothing_held_is_said_and_not_drawn_as_nought() {
        let svg = iceberg(&figures(&[], false), Layout::Wide);
        assert!(svg.contains("No finished work is held for this period"));
        assert!(!svg.contains("0%"));
    }

    #[test]
    fn every_category_with_work_has_its_label_in_both_layouts() {
        for layout in [Layout::Wide, Layout::Narrow] {
            let svg = iceberg(&figures(&USUAL, true), layout);
            assert_eq!(svg.matches("<circle").count(), USUAL.len());
            assert_eq!(svg.matches("stroke-dasharray").count(), 1);
            assert!(!svg.contains("style="), "the content security policy refuses style attributes");
        }
    }

    #[test]
    fn extremes_can_be_drawn() {
        for amounts in [[(Some("advice"), 1)], [(Some("incident"), 1)], [(None, 1)]] {
            for layout in [Layout::Wide, Layout::Narrow] {
                let svg = iceberg(&figures(&amounts, false), layout);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }
}
