//! What somebody who drafts a rule asks for: the item that it begins from, and the drafts there are.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use waterline_core::{CategoryId, WorkItem};

use crate::{
    Store, StoreError,
    contributions::Entry,
    entity::{effort_entry, rule_set, work_item},
    error::Doing,
    held::Held,
};

/// A piece of work as the classifier sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenItem {
    /// The work.
    pub item: WorkItem,
    /// What counts for it; `None` is unclassified.
    pub category: Option<CategoryId>,
    /// Why the machine made of it what it did.
    pub machine_reason: String,
}

/// A rule set without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetHead {
    /// Its number.
    pub number: i32,
    /// Who brought it in.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// One item as the classifier sees it; `None` where there is none of that number.
    pub async fn seen_item(&self, id: i64) -> Result<Option<SeenItem>, StoreError> {
        const DOING: &str = "read the item";
        let Some(row) = work_item::Entity::find_by_id(id).one(self.reader()).await.doing(DOING)? else {
            return Ok(None);
        };
        let entries = effort_entry::Entity::find()
            .filter(effort_entry::Column::ItemId.eq(id))
            .order_by_asc(effort_entry::Column::Seq)
            .all(self.reader())
            .await
            .doing(DOING)?;
        let entry = |entry: effort_entry::Model| Entry { at: entry.at, day: entry.day, seconds: entry.seconds };
        let held = Held { row, entries: entries.into_iter().map(entry).collect() };
        Ok(Some(SeenItem {
            item: held.to_work_item().doing(DOING)?,
            category: held.row.category.map(CategoryId::new),
            machine_reason: held.row.machine_reason,
        }))
    }

    /// The rule sets with the highest numbers, highest first.
    pub async fn newest_rule_sets(&self, most: u64) -> Result<Vec<RuleSetHead>, StoreError> {
        use rule_set::Column;
        let rows: Vec<(i32, String, DateTime<Utc>)> = rule_set::Entity::find()
            .select_only()
            .columns([Column::Number, Column::CreatedBy, Column::CreatedAt])
            .order_by_desc(Column::Number)
            .limit(most)
            .into_tuple()
            .all(self.reader())
            .await
            .doing("list the rule sets")?;
        let head = |(number, created_by, created_at)| RuleSetHead { number, created_by, created_at };
        Ok(rows.into_iter().map(head).collect())
    }
}
