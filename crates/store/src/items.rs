use chrono::{DateTime, NaiveDate, Utc};
use waterline_core::{CategoryId, Kind, Method, MonthRange, State};

use crate::{Store, StoreError};

/// Which items a list shows. An absent field does not narrow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemFilter {
    /// Finished in these months.
    pub finished: Option<MonthRange>,
    pub source: Option<String>,
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// `Some(None)` is unclassified.
    pub category: Option<Option<CategoryId>>,
    pub method: Option<Method>,
    pub team: Option<String>,
    pub department: Option<String>,
    pub system: Option<String>,
    /// A word or phrase in title or reference, whatever its case.
    pub text: Option<String>,
}

/// One item as taggers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemView {
    pub id: i64,
    pub source: String,
    pub reference: String,
    pub kind: Kind,
    pub title: Option<String>,
    pub state: State,
    pub department: Option<String>,
    pub team: Option<String>,
    pub system: Option<String>,
    pub opened_at: DateTime<Utc>,
    pub finished_on: Option<NaiveDate>,
    pub seconds: Option<i64>,
    pub estimated: bool,
    /// What counts.
    pub category: Option<CategoryId>,
    pub method: Method,
    /// Why: the machine's sentence, or "tagged by NAME on …".
    pub reason: String,
    /// The machine's own verdict, also where a tag overrides it.
    pub machine_category: Option<CategoryId>,
    pub machine_reason: String,
    pub gone: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ItemPage {
    pub items: Vec<ItemView>,
    /// Pass as `after` to get the next page; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// Items, newest finished or opened first, by keyset: `after` is the `next` of the page before.
    pub async fn items(
        &self,
        filter: &ItemFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<ItemPage, StoreError> {
        unimplemented!()
    }

    /// How many items a filter finds, counted up to `most` and no further.
    pub async fn count_items(&self, filter: &ItemFilter, most: u64) -> Result<u64, StoreError> {
        unimplemented!()
    }
}
