//! Labels beside what they name: each with a leader line to it, none over another.

use std::fmt::Write;

use crate::svg::{INK, escape, number, path};

/// A label with the point that its leader line starts from.
pub(crate) struct Label {
    /// The figure, in bold.
    pub(crate) part: String,
    pub(crate) name: String,
    pub(crate) at: (f64, f64),
    /// Whether a dot marks the point.
    pub(crate) dot: bool,
}

/// Where labels stand, in units of the view box.
pub(crate) struct LabelColumn {
    /// Where leader lines bend; further right than anything that is labelled.
    pub(crate) knee: f64,
    /// Where words begin.
    pub(crate) x: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    /// Of the letters.
    pub(crate) size: f64,
    /// Characters that fit on a line.
    pub(crate) line: usize,
}

impl LabelColumn {
    /// Writes labels that are ordered from top to bottom. They stay on their side of the horizontal line
    /// at `divide`, so that it crosses none, where there is room.
    pub(crate) fn write(&self, labels: &[Label], divide: f64, out: &mut String) {
        let names: Vec<Vec<String>> = labels.iter().map(|label| self.wrap(label)).collect();
        let heights: Vec<f64> = names.iter().map(|lines| lines.len() as f64 * self.pitch() + 8.0).collect();
        let wanted: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
        for ((label, names), y) in labels.iter().zip(&names).zip(self.place(&wanted, &heights, divide)) {
            self.leader(label, y, out);
            self.words(&label.part, names, y, out);
        }
    }

    fn pitch(&self) -> f64 {
        self.size * 1.18
    }

    fn place(&self, wanted: &[f64], heights: &[f64], divide: f64) -> Vec<f64> {
        let above = wanted.iter().take_while(|y| **y < divide).count();
        let (high, low) = (divide - 3.0, divide + 3.0);
        let fits = heights[..above].iter().sum::<f64>() <= high - self.top
            && heights[above..].iter().sum::<f64>() <= self.bottom - low;
        if !fits {
            return spread(wanted, heights, self.top, self.bottom);
        }
        let mut centres = spread(&wanted[..above], &heights[..above], self.top, high);
        centres.extend(spread(&wanted[above..], &heights[above..], low, self.bottom));
        centres
    }

    /// The name on lines that fit; the first has the figure before it.
    fn wrap(&self, label: &Label) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut used = label.part.chars().count();
        for word in label.name.split_whitespace() {
            let length = word.chars().count();
            if used + 1 + length > self.line {
                lines.push(word.to_owned());
                used = length;
            } else if let Some(line) = lines.last_mut() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
                used += 1 + length;
            }
        }
        lines
    }

    /// Straight out to the knee, so that it crosses nothing on its way, and only then to its label.
    fn leader(&self, label: &Label, y: f64, out: &mut String) {
        let (x, from) = label.at;
        let points = [(x, from), (self.knee, from), (self.x - 14.0, y), (self.x - 6.0, y)];
        let line = path(&points, false);
        let _ = write!(out, r#"<path d="{line}" fill="none" stroke="{INK}" stroke-width="1"/>"#);
        if label.dot {
            let (x, y) = (number(x), number(from));
            let _ = write!(
                out,
                r#"<circle cx="{x}" cy="{y}" r="2.6" fill="white" stroke="{INK}" stroke-width="1"/>"#
            );
        }
    }

    fn words(&self, part: &str, names: &[String], y: f64, out: &mut String) {
        let first = y - (names.len() as f64 - 1.0) * self.pitch() / 2.0 + self.size * 0.35;
        let x = number(self.x);
        let _ = write!(
            out,
            r#"<text x="{x}" y="{}" font-size="{}" fill="{INK}"><tspan font-weight="700">{}</tspan>"#,
            number(first),
            number(self.size),
            escape(part),
        );
        for (i, name) in names.iter().enumerate() {
            let name = escape(name);
            if i == 0 {
                let _ = write!(out, "<tspan> {name}</tspan>");
            } else {
                let _ = write!(out, r#"<tspan x="{x}" dy="{}">{name}</tspan>"#, number(self.pitch()));
            }
        }
        out.push_str("</text>");
    }
}

/// Moves the centres of labels apart so that each keeps its `height`, in order, within `top` to
/// `bottom`, as near to where it belongs as can be. Where there is not room for all, they are spread
/// evenly.
fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let needed: f64 = heights.iter().sum();
    let squeeze = if needed > bottom - top { (bottom - top) / needed } else { 1.0 };
    // Labels that would touch form a block, which lies where its members want it on the average.
    let mut blocks: Vec<Block> = Vec::new();
    for (i, height) in heights.iter().enumerate() {
        let height = height * squeeze;
        blocks.push(Block { first: i, count: 1, start: wanted[i] - height / 2.0, height });
        while let [.., above, below] = blocks.as_slice()
            && above.start + above.height > below.start
        {
            let (a, b) = (above.clone(), below.clone());
            blocks.truncate(blocks.len() - 2);
            blocks.push(a.join(&b));
        }
        if let Some(last) = blocks.last_mut() {
            last.start = last.start.max(top);
        }
    }
    // A block pushed up from below may now touch the one above it: settle from the bottom once.
    let mut limit = bottom;
    for block in blocks.iter_mut().rev() {
        block.start = block.start.min(limit - block.height).max(top);
        limit = block.start;
    }
    let mut centres = vec![0.0; wanted.len()];
    for block in &blocks {
        let mut y = block.start;
        for i in block.first..block.first + block.count {
            let height = heights[i] * squeeze;
            centres[i] = y + height / 2.0;
            y += height;
        }
    }
    centres
}

#[derive(Clone)]
struct Block {
    first: usize,
    count: usize,
    start: f64,
    height: f64,
}

impl Block {
    /// One block of two, in the middle of where the two wanted to be, weighted by their numbers.
    fn join(&self, below: &Self) -> Self {
        let (above, under) = (self.count as f64, below.count as f64);
        let wish = (self.start * above + (below.start - self.height) * under) / (above + under);
        Self {
            first: self.first,
            count: self.count + below.count,
            start: wish,
            height: self.height + below.height,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_with_room_stay_where_they_belong() {
        assert_eq!(spread(&[50.0, 150.0], &[20.0, 20.0], 0.0, 200.0), [50.0, 150.0]);
    }

    #[test]
    fn labels_that_collide_share_the_move() {
        assert_eq!(spread(&[100.0, 100.0], &[20.0, 20.0], 0.0, 200.0), [90.0, 110.0]);
    }

    proptest! {
        #[test]
        fn no_two_overlap_and_none_leaves_the_picture(
            mut wanted in proptest::collection::vec(0.0f64..500.0, 1..16),
        ) {
            wanted.sort_by(f64::total_cmp);
            let heights = vec![24.0; wanted.len()];
            let centres = spread(&wanted, &heights, 0.0, 500.0);
            prop_assert!(centres.windows(2).all(|pair| pair[1] - pair[0] >= 24.0 - 1e-6));
            prop_assert!(centres[0] >= 12.0 - 1e-6 && centres[centres.len() - 1] <= 488.0 + 1e-6);
        }
    }
}
