use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use waterline_core::Classifier;
impl Store {
    /// The number of this rule set text; a text not seen before gets the next number.
    pub async fn rule_set_number(&self, _rules: &str, _now: DateTime<Utc>) -> Result<i32, StoreError> {
        unimplemented!()
    }

    /// Gives every item whose machine verdict is older than rule set `number` a new one, in steps; tells
    /// `progress(done, all)` after each. Gives the number of items whose category moved.
    pub async fn reclassify(
        &self,
        _classifier: &Classifier,
        _number: i32,
        _progress: impl FnMut(u64, u64),
    ) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// Learns the estimates afresh from all logged effort and, where one changed, puts it on the items
    /// that nobody logged on, and on the rollups. Cheap when nothing changed. Call it at the end of a pull.
    pub async fn refresh_estimates(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}
