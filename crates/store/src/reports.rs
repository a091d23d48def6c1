use std::collections::BTreeMap;
use waterline_core::{Dimension, MonthRange, WorkRow};

use crate::{Store, StoreError};

impl Store {
    /// Work done per month and category, broken down by one dimension. From the rollup; ordered by
    /// month, group, category.
    pub async fn work_done(&self, period: MonthRange, by: Dimension) -> Result<Vec<WorkRow>, StoreError> {
        unimplemented!()
    }

    /// First and last month in which work was done; `None` while nothing is held.
    pub async fn months_held(&self) -> Result<Option<MonthRange>, StoreError> {
        unimplemented!()
    }
}
