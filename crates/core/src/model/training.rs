use std::collections::BTreeSet;

use super::{
    MOST_CATEGORIES, Model,
    calibration::{Calibration, OutOfFold},
    corpus::{Matrix, Vocabulary, read_all},
    hash::scatter,
    narrow,
    solver::{Weights, solve},
    stride,
    table::Table,
};
use crate::{CategoryId, WorkItem};

/// Fewer cannot be parted into some to learn from and some to calibrate on. Whether so few make a model
/// worth having is for [`super::is_better`] to say.
const LEAST_EXAMPLES: usize = 4;

/// Parts of the examples that take turns at being left out of training, for calibration.
const FOLDS: usize = 5;

/// What a feature must be able to add to a logit, in an item with nothing else in it, to be kept. This
/// halves models, and changes no figure on public texts.
const NEGLIGIBLE: f32 = 0.2;

/// A tagged piece of work to learn from.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    /// What the model will see.
    pub item: &'a WorkItem,
    /// What a person made of it.
    pub category: CategoryId,
}

/// Why no model can be trained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too little to learn from.
    #[error("a model needs at least {LEAST_EXAMPLES} tagged items to learn from; there are {0}")]
    TooFew(usize),
    /// Nothing to tell apart.
    #[error("all tagged items are \"{0}\"; a model needs at least two categories to tell apart")]
    OneCategory(CategoryId),
    /// More than a model can hold.
    #[error("the tags name {0} categories; a model can tell {MOST_CATEGORIES} apart")]
    TooManyCategories(usize),
}

impl Model {
    /// Learns from tagged work. The same examples in the same order and the same seed give the same
    /// model.
    pub fn train(examples: &[Example<'_>], seed: u64) -> Result<Self, TrainError> {
        if examples.len() < LEAST_EXAMPLES {
            return Err(TrainError::TooFew(examples.len()));
        }
        let categories: BTreeSet<&CategoryId> = examples.iter().map(|example| &example.category).collect();
        let categories: Vec<CategoryId> = categories.into_iter().cloned().collect();
        match categories.len() {
            1 => return Err(TrainError::OneCategory(examples[0].category.clone())),
            2..=MOST_CATEGORIES => {}
            many => return Err(TrainError::TooManyCategories(many)),
        }
        let items: Vec<&WorkItem> = examples.iter().map(|example| example.item).collect();
        let labels: Vec<usize> = examples
            .iter()
            .map(|example| categories.partition_point(|category| *category < example.category))
            .collect();
        let (vocabulary, matrix) = read_all(&items);
        let decisions = decide_out_of_fold(&matrix, &labels, categories.len(), seed);
        let held = OutOfFold { decisions: &decisions, labels: &labels, classes: categories.len() };
        let calibration = Calibration::fit(&held);
        let thresholds = calibration.thresholds(&held);
        let rows: Vec<usize> = (0..labels.len()).collect();
        let weights = solve(&matrix, &labels, &rows, categories.len(), seed);
        Ok(Self::assemble(categories, &vocabulary, &weights, &calibration, &thresholds))
    }

    fn assemble(
        categories: Vec<CategoryId>,
        vocabulary: &Vocabulary,
        weights: &Weights,
        calibration: &Calibration,
        thresholds: &[f64],
    ) -> Self {
        let stride = stride(categories.len());
        let mut table = Table::new();
        let mut rows = Vec::new();
        let mut row = vec![0.0; stride];
        vocabulary.compile(|key, length, columns| {
            row.fill(0.0);
            for &(column, times) in columns {
                for (sum, weight) in row.iter_mut().zip(&weights.of(column)[..categories.len()]) {
                    *sum += times * weight;
                }
            }
            let most = row.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
            if most * (calibration.slope as f32) < NEGLIGIBLE {
                return;
            }
            row[categories.len()] = length;
            // Two keys that the table takes for one: the first stays.
            if table.row_or_new(key) * stride == rows.len() {
                rows.extend(row.iter().copied().map(narrow));
            }
        });
        let offsets = weights.bias().iter().zip(&calibration.offsets);
        let intercepts =
            offsets.map(|(&bias, offset)| (calibration.slope * f64::from(bias) + offset) as f32).collect();
        let thresholds = thresholds.iter().map(|threshold| *threshold as f32).collect();
        Self { categories, table, rows, slope: calibration.slope as f32, intercepts, thresholds }
    }
}

/// Trains on all parts but one and asks about that one, by turns, so that confidence is judged by
/// examples that were not learned from.
fn decide_out_of_fold(matrix: &Matrix, labels: &[usize], classes: usize, seed: u64) -> Vec<f32> {
    let fold_of = folds(labels, seed);
    let mut decisions = vec![0.0; labels.len() * classes];
    let mut sums = Vec::new();
    for fold in 0..FOLDS {
        let (asked, learned): (Vec<usize>, Vec<usize>) =
            (0..labels.len()).partition(|&row| fold_of[row] == fold);
        let weights = solve(matrix, labels, &learned, classes, seed);
        for row in asked {
            weights.decide(matrix.unlearned_row(row), &mut sums);
            decisions[row * classes..(row + 1) * classes].copy_from_slice(&sums[..classes]);
        }
    }
    decisions
}

/// Which part each example is in; every part has its share of every class.
fn folds(labels: &[usize], seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&row| (labels[row], scatter(seed ^ scatter(row as u64 + 1))));
    let mut fold_of = vec![0; labels.len()];
    for (place, row) in order.into_iter().enumerate() {
        fold_of[row] = place % FOLDS;
    }
    fold_of
}
