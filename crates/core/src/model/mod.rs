//! The learned model: a sparse linear model of a work item's words, trained from people's tags.
//!
//! Words, pairs of neighbouring words, pieces of words (so that "pasword" still counts) and the values of
//! fields are weighted by TF-IDF and told apart by linear support vector machines, one for each category.
//! What those say is calibrated on examples that they had not seen, so that of all guesses with 90%
//! confidence nine in ten are right. Below [`SURE_ENOUGH`] the model abstains.
//!
//! A model holds no text: features are known by their hashes, and the words of an explanation come from
//! the item that is explained. Nothing here depends on anything but the item and the model.

mod bytes;
mod calibration;
mod corpus;
mod evaluation;
mod explanation;
mod features;
mod hash;
mod quality;
mod solver;
mod table;
mod training;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

pub use evaluation::{Evaluation, Labelled};
pub use quality::{Comparison, Quality, is_better, is_held_out, quality};
pub use training::{Example, TrainError};

use crate::{CategoryId, WorkItem};
use corpus::damped;
use features::{Feature, pieces, read};
use table::Table;

/// The confidence from which the model's guess counts. Below it, what the kind of work tells and an
/// honest "unclassified" are worth more than a guess that is wrong more than once in four times.
pub const SURE_ENOUGH: f64 = 0.75;

/// What fits into one row with the length.
const MOST_CATEGORIES: usize = 63;

/// A trained model.
#[derive(Clone, Debug)]
pub struct Model {
    categories: Vec<CategoryId>,
    /// Where each feature's row is.
    table: Table,
    /// `stride` numbers for each feature, as [`narrow`] writes them: its weight for each category, then
    /// what one occurrence adds to the square of an item's length, then padding.
    rows: Vec<u16>,
    /// From an item's weights to logits, with `intercepts`, one for each category.
    slope: f32,
    intercepts: Vec<f32>,
    /// From which probability on each category is worth naming; see [`Model::is_of`].
    thresholds: Vec<f32>,
}

/// What the model makes of one piece of work.
#[derive(Clone, Debug)]
pub struct Guess<'a> {
    /// The likeliest category.
    pub category: &'a CategoryId,
    /// Its calibrated probability, from 0 to 1.
    pub confidence: f64,
    /// Whose guess it is.
    pub model: &'a Model,
}

impl Guess<'_> {
    /// A sentence: `model: "starter form", "new account" point to access, 93%`. `item` is what was
    /// guessed at.
    pub fn reason(&self, item: &WorkItem) -> String {
        explanation::sentence(self, item)
    }
}

impl Model {
    /// The likeliest category where the model is sure enough; `None` where it abstains.
    pub fn guess(&self, item: &WorkItem) -> Option<Guess<'_>> {
        Some(self.best(item)).filter(|guess| guess.confidence >= SURE_ENOUGH)
    }

    /// The likeliest category, however unsure. The ledger asks [`Model::guess`].
    pub fn best(&self, item: &WorkItem) -> Guess<'_> {
        let mut logits = [0.0; MOST_CATEGORIES + 1];
        let logits = self.logits(item, &mut logits);
        let mut place = 0;
        for (other, logit) in logits.iter().enumerate() {
            if *logit > logits[place] {
                place = other;
            }
        }
        Guess { category: &self.categories[place], confidence: softmax(logits, place), model: self }
    }

    /// Whether an item is of this category, and how likely it is; for evaluation, where all must be told
    /// apart however unsure. "Yes" begins at the probability from which on naming the category raises its
    /// F1, as learned in training; that is from one quarter to one half. An item is never of a category
    /// that the model does not know.
    pub fn is_of(&self, item: &WorkItem, category: &CategoryId) -> (bool, f64) {
        let Ok(place) = self.categories.binary_search(category) else {
            return (false, 0.0);
        };
        let mut logits = [0.0; MOST_CATEGORIES + 1];
        let probability = softmax(self.logits(item, &mut logits), place);
        (probability >= f64::from(self.thresholds[place]), probability)
    }

    /// A number for each category; [`softmax`] makes probabilities of them.
    fn logits<'a>(&self, item: &WorkItem, logits: &'a mut [f32; MOST_CATEGORIES + 1]) -> &'a [f32] {
        let scale = self.slope / self.sum(item, &mut logits[..self.stride()]).sqrt();
        let logits = &mut logits[..self.categories.len()];
        for (logit, intercept) in logits.iter_mut().zip(&self.intercepts) {
            *logit = *logit * scale + intercept;
        }
        logits
    }

    /// The categories that it knows, in order of their ids.
    pub fn categories(&self) -> &[CategoryId] {
        &self.categories
    }

    /// Adds up the rows of all features of an item; gives the square of its length.
    fn sum(&self, item: &WorkItem, sums: &mut [f32]) -> f32 {
        let mut found = Vec::with_capacity(64);
        read(item, |feature| self.find(&feature, &mut found));
        found.sort_unstable();
        let mut length = 0.0;
        for same in found.chunk_by(|one, next| one == next) {
            let times = damped(same.len());
            let weights = self.row(same[0]);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum += times * wide(weight);
            }
            length += times * times * wide(weights[self.categories.len()]);
        }
        // Nothing known: the sums are zero too, and only the intercepts speak.
        if length > 0.0 { length } else { 1.0 }
    }

    /// Finds the row of a feature. A word that the model never saw has none, but its pieces may.
    #[inline]
    fn find(&self, feature: &Feature<'_>, found: &mut Vec<usize>) {
        match feature {
            Feature::Word { key, letters, .. } => match self.table.row(*key) {
                Some(row) => found.push(row),
                None => pieces(letters, |key| found.extend(self.table.row(key))),
            },
            Feature::Pair { key } | Feature::Value { key, .. } => found.extend(self.table.row(*key)),
        }
    }

    fn row(&self, row: usize) -> &[u16] {
        let stride = self.stride();
        &self.rows[row * stride..(row + 1) * stride]
    }

    fn stride(&self) -> usize {
        stride(self.categories.len())
    }
}

fn softmax(logits: &[f32], place: usize) -> f64 {
    let odds: f32 = logits.iter().map(|logit| (logit - logits[place]).exp()).sum();
    1.0 / f64::from(odds)
}

/// Rows are whole registers of four, with room for the length.
fn stride(categories: usize) -> usize {
    (categories + 1).next_multiple_of(4)
}

/// The upper half of a number's bits, rounded: its sign, its size, and two to three digits of it, which is
/// more than a weight is known to. A million weights take 2 MB.
fn narrow(number: f32) -> u16 {
    let bits = number.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

#[inline]
fn wide(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}
