//! The shape of the berg, and where to cut it so that every piece has the area that it is due.
//!
//! The outline stands still while the waterline moves, so that two years can be compared on one berg.
//! It is drawn such that every vertical line crosses it once: then an area is a sum over columns, and a
//! cut is found by halving.

/// Over the top from left to right, in a box 440 wide and 600 high.
const TOP: [(f64, f64); 25] = [
    (0.0, 338.0),
    (12.0, 296.0),
    (38.0, 262.0),
    (64.0, 226.0),
    (98.0, 204.0),
    (116.0, 168.0),
    (136.0, 142.0),
    (150.0, 104.0),
    (172.0, 70.0),
    (182.0, 30.0),
    (200.0, 0.0),
    (214.0, 22.0),
    (222.0, 56.0),
    (240.0, 84.0),
    (252.0, 122.0),
    (266.0, 104.0),
    (284.0, 78.0),
    (302.0, 112.0),
    (312.0, 140.0),
    (338.0, 164.0),
    (350.0, 198.0),
    (384.0, 226.0),
    (404.0, 258.0),
    (428.0, 296.0),
    (440.0, 346.0),
];

/// Under the foot from left to right.
const FOOT: [(f64, f64); 17] = [
    (0.0, 338.0),
    (10.0, 376.0),
    (34.0, 408.0),
    (60.0, 452.0),
    (96.0, 478.0),
    (128.0, 522.0),
    (160.0, 538.0),
    (190.0, 576.0),
    (214.0, 584.0),
    (250.0, 600.0),
    (276.0, 588.0),
    (300.0, 556.0),
    (340.0, 538.0),
    (362.0, 506.0),
    (398.0, 470.0),
    (410.0, 430.0),
    (440.0, 346.0),
];

/// From the peak down: the edge between the lit and the shaded side.
const RIDGE: [(f64, f64); 9] = [
    (200.0, 0.0),
    (206.0, 60.0),
    (232.0, 122.0),
    (214.0, 190.0),
    (258.0, 262.0),
    (236.0, 340.0),
    (272.0, 430.0),
    (244.0, 520.0),
    (250.0, 600.0),
];

/// Faces of the ice that catch less light.
const FACETS: [&[(f64, f64)]; 5] = [
    &[(150.0, 104.0), (182.0, 136.0), (160.0, 214.0), (98.0, 204.0), (136.0, 142.0)],
    &[(252.0, 122.0), (284.0, 78.0), (292.0, 150.0), (262.0, 210.0), (232.0, 160.0)],
    &[(12.0, 296.0), (64.0, 226.0), (126.0, 300.0), (70.0, 372.0), (10.0, 376.0)],
    &[(96.0, 478.0), (150.0, 420.0), (200.0, 500.0), (190.0, 576.0), (128.0, 522.0)],
    &[(384.0, 226.0), (440.0, 346.0), (398.0, 470.0), (340.0, 400.0), (352.0, 300.0)],
];

const COLUMNS: usize = 440;
const BOX_WIDTH: f64 = 440.0;
const BOX_HEIGHT: f64 = 600.0;

/// How far below the waterline the cuts reach their full waviness, and how wavy they are.
const CALM_DEPTH: f64 = 60.0;
const WAVE: f64 = 5.0;

/// The berg, put somewhere and stretched.
#[derive(Clone, Debug)]
pub(crate) struct Berg {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    columns: Vec<Column>,
}

/// A column of the box, one unit wide.
#[derive(Clone, Copy, Debug)]
struct Column {
    top: f64,
    foot: f64,
    /// How far a fully wavy cut lies below its level here.
    wave: f64,
}

impl Berg {
    /// A berg with its box at this place and of this size.
    pub(crate) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        let middles = (0..COLUMNS).map(|column| column as f64 + 0.5);
        let column = |x| Column { top: height_at(&TOP, x), foot: height_at(&FOOT, x), wave: wave(x) };
        let columns = middles.map(column).collect();
        Self { left, top, width, height, columns }
    }

    pub(crate) fn outline(&self) -> Vec<(f64, f64)> {
        TOP.iter().chain(FOOT.iter().rev()).map(|point| self.place(*point)).collect()
    }

    /// The side that lies in shade, to the right of the ridge.
    pub(crate) fn shade(&self) -> Vec<(f64, f64)> {
        let right = [(BOX_WIDTH, 0.0), (BOX_WIDTH, BOX_HEIGHT)];
        right.iter().chain(RIDGE.iter().rev()).map(|point| self.place(*point)).collect()
    }

    /// Faces to be darkened a little; they may reach over the outline.
    pub(crate) fn facets(&self) -> impl Iterator<Item = Vec<(f64, f64)>> {
        FACETS.iter().map(|facet| facet.iter().map(|point| self.place(*point)).collect())
    }

    /// The level down to which a part of the whole area lies, cut flat: where the waterline is.
    pub(crate) fn level(&self, part: f64) -> f64 {
        self.top + self.depth(part) * self.height / BOX_HEIGHT
    }

    /// The line under which the rest lies, once this part is above it: flat at the waterline (`water`,
    /// a part too) and wavier the deeper it goes. Lines of different parts never cross.
    pub(crate) fn cut(&self, part: f64, water: f64) -> Vec<(f64, f64)> {
        let waterline = self.depth(water);
        let depth = halve(part, |depth| {
            let full = waviness(depth, waterline);
            self.area_above(|column| depth + full * column.wave)
        });
        let full = waviness(depth, waterline);
        let steps = 88;
        (0..=steps)
            .map(|i| BOX_WIDTH * f64::from(i) / f64::from(steps))
            .map(|x| self.place((x, depth + full * wave(x))))
            .collect()
    }

    /// Where the right-hand edge is at a level.
    pub(crate) fn right_edge(&self, level: f64) -> f64 {
        let column = self.columns.iter().rposition(|column| self.crosses(column, level));
        self.left + column.map_or(BOX_WIDTH / 2.0, |column| column as f64 + 1.0) * self.width / BOX_WIDTH
    }

    /// Where the left-hand edge is at a level.
    pub(crate) fn left_edge(&self, level: f64) -> f64 {
        let column = self.columns.iter().position(|column| self.crosses(column, level));
        self.left + column.map_or(BOX_WIDTH / 2.0, |column| column as f64) * self.width / BOX_WIDTH
    }

    fn crosses(&self, column: &Column, level: f64) -> bool {
        (column.top..=column.foot).contains(&((level - self.top) * BOX_HEIGHT / self.height))
    }

    /// How deep a flat cut lies in the box.
    fn depth(&self, part: f64) -> f64 {
        halve(part, |depth| self.area_above(|_| depth))
    }

    /// The part of the berg's area that lies above a line given per column.
    fn area_above(&self, line: impl Fn(&Column) -> f64) -> f64 {
        let mut above = 0.0;
        let mut all = 0.0;
        for column in &self.columns {
            all += column.foot - column.top;
            above += (line(column) - column.top).clamp(0.0, column.foot - column.top);
        }
        above / all
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.left + x * self.width / BOX_WIDTH, self.top + y * self.height / BOX_HEIGHT)
    }
}

fn wave(x: f64) -> f64 {
    WAVE * (0.7 * (x / 31.0 + 0.6).sin() + 0.3 * (x / 13.0 + 2.0).sin())
}

/// How much of the wave a cut shows: none at the waterline, all of it from some depth on. Rises so slowly
/// that a deeper cut lies deeper at every `x`.
fn waviness(depth: f64, waterline: f64) -> f64 {
    ((depth - waterline) / CALM_DEPTH).clamp(0.0, 1.0)
}

/// The depth, from 0 to the foot, at which `area` reaches `part`.
fn halve(part: f64, area: impl Fn(f64) -> f64) -> f64 {
    // The waves reach over both ends, so that all and nothing can be cut too.
    let (mut low, mut high) = (-WAVE, BOX_HEIGHT + WAVE);
    for _ in 0..24 {
        let middle = f64::midpoint(low, high);
        if area(middle) < part {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high).clamp(0.0, BOX_HEIGHT)
}

/// The height of a profile at `x`, between its corners.
fn height_at(corners: &[(f64, f64)], x: f64) -> f64 {
    corners.windows(2).find(|pair| x <= pair[1].0).map_or(BOX_HEIGHT, |pair| between(pair[0], pair[1], x))
}

fn between(from: (f64, f64), to: (f64, f64), x: f64) -> f64 {
    from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The area of the outline above a level: the polygon clipped edge by edge, and the shoelace
    /// formula. Another way than the one under test.
    fn clipped_area(outline: &[(f64, f64)], level: f64) -> f64 {
        let mut kept = Vec::new();
        for (a, b) in outline.iter().zip(outline.iter().cycle().skip(1)) {
            if a.1 <= level {
                kept.push(*a);
            }
            if (a.1 <= level) != (b.1 <= level) {
                kept.push((a.0 + (b.0 - a.0) * (level - a.1) / (b.1 - a.1), level));
            }
        }
        let next = kept.iter().cycle().skip(1);
        kept.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
    }

    proptest! {
        #[test]
        fn the_area_above_the_waterline_is_the_share(part in 0.0f64..=1.0, height in 100.0f64..900.0) {
            let berg = Berg::new(30.0, 50.0, 200.0, height);
            let outline = berg.outline();
            let above = clipped_area(&outline, berg.level(part)) / clipped_area(&outline, f64::MAX);
            prop_assert!((above - part).abs() < 0.002, "{part} was drawn as {above}");
        }

        #[test]
        fn deeper_cuts_lie_deeper_everywhere(a in 0.0f64..=1.0, b in 0.0f64..=1.0, water in 0.0f64..=1.0) {
            let berg = Berg::new(0.0, 0.0, BOX_WIDTH, BOX_HEIGHT);
            let (upper, lower) = (berg.cut(a.min(b), water), berg.cut(a.max(b), water));
            prop_assert!(upper.iter().zip(&lower).all(|(high, low)| high.1 <= low.1 + 1e-6));
        }

        #[test]
        fn a_wavy_cut_leaves_its_part_above_it(part in 0.0f64..=1.0, water in 0.0f64..=0.5) {
            let berg = Berg::new(0.0, 0.0, BOX_WIDTH, BOX_HEIGHT);
            let line = berg.cut(part, water);
            let columns = berg.columns.iter().zip(0u32..);
            let (mut above, mut all) = (0.0, 0.0);
            for (column, x) in columns {
                all += column.foot - column.top;
                let y = height_at(&line, f64::from(x) + 0.5);
                above += (y - column.top).clamp(0.0, column.foot - column.top);
            }
            let above = above / all;
            prop_assert!((above - part).abs() < 0.003, "{part} was drawn as {above}");
        }
    }
}
