//! The learned model: a sparse linear model of a work item's words, trained from people's tags.

use crate::{CategoryId, WorkItem};

/// A tagged piece of work to learn from.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    /// What the model will see.
    pub item: &'a WorkItem,
    /// What a person made of it.
    pub category: CategoryId,
}

/// A trained model.
#[derive(Clone, Debug)]
pub struct Model {}

/// What the model makes of one piece of work, where it is sure enough.
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
    /// A sentence: `model: "starter form", "new account" point to Access, 93%`.
    pub fn reason(&self, _item: &WorkItem) -> String {
        String::new()
    }
}

impl Model {
    /// The likeliest category where the model is sure enough; `None` where it abstains.
    pub fn guess(&self, _item: &WorkItem) -> Option<Guess<'_>> {
        None
    }

    /// What the database keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Reads what the database kept.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, String> {
        Ok(Self {})
    }
}
