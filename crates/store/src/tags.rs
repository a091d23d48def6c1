use chrono::{DateTime, Utc};
use waterline_core::CategoryId;

use crate::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagOutcome {
    /// Pass to `undo_tags` to take this back.
    pub action: i64,
    pub items: u64,
}

impl Store {
    /// Tags items by hand: each takes the category at once, in the figures too, and it is in the audit
    /// log. One action can be undone as a whole. Unknown ids are refused, and then none is tagged.
    pub async fn tag(
        &self,
        items: &[i64],
        category: &CategoryId,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<TagOutcome, StoreError> {
        unimplemented!()
    }

    /// Takes one action back: each item returns to the tag before it, else to the machine's verdict.
    /// Only who tagged, or an admin, may (`any` is true for admins). Gives the number of items.
    pub async fn undo_tags(
        &self,
        action: i64,
        user: &str,
        any: bool,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// This person's last action that is not undone yet.
    pub async fn last_tag_action(&self, user: &str) -> Result<Option<TagOutcome>, StoreError> {
        unimplemented!()
    }
}
