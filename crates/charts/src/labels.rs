//! Puts labels beside what they name without letting them overlap.

/// Moves the centres of labels apart so that each keeps its `height`, in order, within `top` to
/// `bottom`, as near to where it belongs as can be. Where there is not room for all, they are spread
/// evenly.
pub(crate) fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
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
