use crate::{Store, StoreError};

/// A figure that is not what it should be, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy(pub String);

/// What `waterline db verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub items: u64,
    pub rollup_rows: u64,
    pub discrepancies: Vec<Discrepancy>,
}

impl Store {
    /// Works every rollup out afresh from the items and effort entries and compares; also checks that
    /// every tag, entry and verdict belongs to an item and every effective category is the tag's or the machine's.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        unimplemented!()
    }
}
