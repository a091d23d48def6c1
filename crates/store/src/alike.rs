//! Many items at once: those of one sort, and all that fit a filter.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use waterline_core::{CategoryId, Method};

use crate::{
    ItemFilter, Store, StoreError, TagOutcome,
    entity::work_item::{self, Column},
    error::Doing,
    feeds::source_names,
    finding::{Finding, MOST_CANDIDATES, Sorting},
};

/// Beyond this a rule serves better than a tag.
pub const MOST_ALIKE: u64 = 1_000;

/// Items that one action tags at the most.
pub const MOST_AT_ONCE: u64 = MOST_CANDIDATES;

const DOING: &str = "find the items to tag";

impl Store {
    /// Tags all that fit the filter and that nobody tagged, as one action. Refused where these are not as
    /// many as `expected`, which is what a page said, or more than 5,000: then nobody can know what they
    /// are about to tag.
    pub async fn tag_matching(
        &self,
        filter: &ItemFilter,
        category: &CategoryId,
        expected: u64,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<TagOutcome, StoreError> {
        let sources = source_names(self.reader()).await.doing(DOING)?;
        let finding = Finding::new(self.reader(), filter, &sources, Sorting::Newest).await.doing(DOING)?;
        let untagged = Condition::all().add(Column::Method.ne(Method::Tag.as_str()));
        let (ids, partly) = match finding {
            Some(finding) => {
                let page = finding.page(self.reader(), None, untagged, MOST_AT_ONCE).await.doing(DOING)?;
                (page.ids, page.partly || page.next.is_some())
            }
            None => (Vec::new(), false),
        };
        if partly {
            return Err(StoreError::Refused(
                "more than 5,000 items fit, or there are too many to look through; narrow the filter, or make a rule"
                    .to_owned(),
            ));
        }
        if ids.len() as u64 != expected {
            return Err(StoreError::Refused(format!(
                "the page said {expected} items, but now {} fit that nobody tagged; nothing was tagged, so \
                 load the page again and look",
                ids.len()
            )));
        }
        // Whatever somebody tags from here on is told and not overwritten.
        self.tag_as_seen(&ids, category, user, now, now).await
    }
}

/// For each of these, how many others of its sort nobody tagged; counted to 1,000.
pub(crate) async fn untagged_alike(
    db: &impl ConnectionTrait,
    rows: &[work_item::Model],
) -> Result<HashMap<i64, u64>, DbErr> {
    let mut by_likeness: HashMap<i64, u64> = HashMap::new();
    let mut by_item = HashMap::with_capacity(rows.len());
    for row in rows.iter().filter(|row| row.likeness != 0) {
        let untagged = match by_likeness.get(&row.likeness) {
            Some(known) => *known,
            None => {
                let untagged = work_item::Entity::find()
                    .filter(Column::Likeness.eq(row.likeness))
                    .filter(Column::Method.ne(Method::Tag.as_str()))
                    .limit(MOST_ALIKE + 1)
                    .count(db)
                    .await?;
                by_likeness.insert(row.likeness, untagged);
                untagged
            }
        };
        let itself = u64::from(row.method != Method::Tag.as_str());
        by_item.insert(row.id, untagged.saturating_sub(itself));
    }
    Ok(by_item)
}
