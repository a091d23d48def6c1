//! Models: immutable and numbered, as rule sets are. Trained from the tags that stand, never from audit
//! answers; adopted only where measurably better on tags that they never saw.

use chrono::{DateTime, Utc};

use crate::{Store, StoreError};

/// A model as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelView {
    /// Its number, from 1.
    pub number: i32,
    /// When it was trained.
    pub trained_at: DateTime<Utc>,
    /// From how many tagged items, those held out not among them.
    pub examples: u64,
    /// How it did on tags that it never saw.
    pub held_out: HeldOut,
}

/// How a model did on tags that it never saw. All but the number are ratios from 0 to 1, and `None` where
/// nothing was held out, or nothing was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeldOut {
    /// How many tags it was tried on.
    pub examples: u64,
    /// The part on which it was sure enough to answer.
    pub answered: Option<f64>,
    /// The part of its answers that named the right category.
    pub right: Option<f64>,
    /// The part of its answers that lay on the right side.
    pub right_side: Option<f64>,
}

/// What became of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The model; `None` where there was too little to learn from.
    pub model: Option<i32>,
    /// Tagged items that it learned from.
    pub examples: u64,
    /// How the model that is in force did on the same held-out tags; `None` where there is none.
    pub current: Option<HeldOut>,
    /// How the new one did.
    pub new: Option<HeldOut>,
    /// The adoption that was asked for, where it is measurably better.
    pub adoption: Option<i64>,
    /// The outcome in words.
    pub sentence: String,
}

impl Store {
    /// Trains a model from the tags that stand, keeps it, and asks for its adoption where it is measurably
    /// better than the one in force. The same tags and seed give the same model.
    pub async fn train_model(&self, _seed: u64, _now: DateTime<Utc>) -> Result<Training, StoreError> {
        Err(StoreError::Refused("models cannot be trained yet".to_owned()))
    }

    /// All models, newest first.
    pub async fn models(&self) -> Result<Vec<ModelView>, StoreError> {
        Ok(Vec::new())
    }

    /// Items tagged since the last model was trained, and still.
    pub async fn tags_since_training(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}
