//! Linear support vector machines, each class against all others, by dual coordinate descent with the
//! squared hinge loss (Hsieh et al. 2008, "A Dual Coordinate Descent Method for Large-scale Linear
//! SVM", algorithm 1). All classes descend in step, so that the features of an item are fetched once for
//! all of them.

use super::{corpus::Matrix, hash::scatter};

/// What an error costs against the length of the weights; scikit-learn's and liblinear's default too.
const COST: f32 = 1.0;
/// Descends end when no example breaks its margin by more than this. Closer makes no difference that
/// could be measured on held-out texts.
const NEAR_ENOUGH: f32 = 0.1;
/// Six to fifteen rounds are usual.
const MOST_ROUNDS: usize = 20;

/// One row of weights for each column, and a last one for the bias; a weight for each class, padded.
pub(super) struct Weights {
    lanes: usize,
    rows: Vec<f32>,
}

impl Weights {
    /// The weights of a column, one for each class.
    pub(super) fn of(&self, column: usize) -> &[f32] {
        &self.rows[column * self.lanes..(column + 1) * self.lanes]
    }

    /// The bias of each class.
    pub(super) fn bias(&self) -> &[f32] {
        &self.rows[self.rows.len() - self.lanes..]
    }

    /// How far an item lies on each class's side.
    pub(super) fn decide(&self, item: impl Iterator<Item = (u32, f32)>, sums: &mut Vec<f32>) {
        sums.clear();
        sums.extend_from_slice(self.bias());
        for (column, value) in item {
            add(sums, value, self.of(column as usize));
        }
    }
}

fn add(sums: &mut [f32], value: f32, weights: &[f32]) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum += value * weight;
    }
}

/// Learns the classes of these rows of the matrix. `labels` are those of all rows.
pub(super) fn solve(matrix: &Matrix, labels: &[usize], rows: &[usize], classes: usize, seed: u64) -> Weights {
    // Whole registers of four are quicker than odd ends.
    let lanes = classes.next_multiple_of(4);
    let mut weights = Weights { lanes, rows: vec![0.0; (matrix.columns + 1) * lanes] };
    let diagonal = 0.5 / COST;
    let curvature: Vec<f32> = rows
        .iter()
        .map(|&row| 1.0 + diagonal + matrix.row(row).iter().map(|(_, value)| value * value).sum::<f32>())
        .collect();
    let mut duals = vec![0.0_f32; rows.len() * classes];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut steps = Vec::with_capacity(lanes);
    for round in 0..MOST_ROUNDS {
        shuffle(&mut order, scatter(seed ^ scatter(round as u64 + 1)));
        let mut worst = 0.0_f32;
        for &place in &order {
            let row = rows[place];
            weights.decide(matrix.row(row).iter().copied(), &mut steps);
            steps[classes..].fill(0.0);
            let mut moved = false;
            let own = &mut duals[place * classes..(place + 1) * classes];
            for (class, (step, dual)) in steps.iter_mut().zip(own).enumerate() {
                let sign = if class == labels[row] { 1.0 } else { -1.0 };
                let gradient = sign * *step - 1.0 + diagonal * *dual;
                worst = worst.max(if *dual == 0.0 { -gradient } else { gradient.abs() });
                let new = (*dual - gradient / curvature[place]).max(0.0);
                *step = sign * (new - *dual);
                moved |= new != *dual;
                *dual = new;
            }
            if moved {
                let bias = weights.rows.len() - lanes;
                add(&mut weights.rows[bias..], 1.0, &steps);
                for &(column, value) in matrix.row(row) {
                    let at = column as usize * lanes;
                    add(&mut weights.rows[at..at + lanes], value, &steps);
                }
            }
        }
        if worst < NEAR_ENOUGH {
            break;
        }
    }
    weights
}

/// Puts the members into an order that depends on the seed alone.
fn shuffle(members: &mut [usize], seed: u64) {
    for last in (1..members.len()).rev() {
        let random = scatter(seed.wrapping_add(last as u64));
        members.swap(last, (random % (last as u64 + 1)) as usize);
    }
}
