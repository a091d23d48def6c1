//! What somebody who drafts a rule asks for: the item that it begins from, what it would catch, and the
//! drafts there are.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use waterline_core::{CategoryId, WorkItem, rules::RuleSet};

use crate::{
    ItemView, Store, StoreError,
    contributions::Entry,
    corpus::{self, Seen},
    entity::{effort_entry, rule_set, work_item},
    error::Doing,
    feeds::source_names,
    held::Held,
    items::rows_of,
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

/// What rules match, whatever stands before them.
#[derive(Clone, Debug, PartialEq)]
pub struct Caught {
    /// How many items.
    pub items: u64,
    /// What counts for them now, most first; `None` is unclassified.
    pub now: Vec<(Option<CategoryId>, u64)>,
    /// The newest of them.
    pub newest: Vec<ItemView>,
}

/// What one lane of a scan caught.
#[derive(Default)]
struct Catch {
    now: BTreeMap<Option<String>, u64>,
    newest: VecDeque<i64>,
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
        let entry =
            |entry: effort_entry::Model| Entry { at: entry.at, day: entry.day, seconds: entry.seconds };
        let held = Held { row, entries: entries.into_iter().map(entry).collect() };
        Ok(Some(SeenItem {
            item: held.to_work_item().doing(DOING)?,
            category: held.row.category.map(CategoryId::new),
            machine_reason: held.row.machine_reason,
        }))
    }

    /// All work that rules match, with `most` of it to look at.
    pub async fn caught_by(&self, rules: RuleSet, most: usize) -> Result<Caught, StoreError> {
        const DOING: &str = "tell what a rule would catch";
        let visit = move |caught: &mut Catch, seen: &Seen| {
            if rules.first_match(&seen.item).is_none() {
                return;
            }
            *caught.now.entry(seen.category.clone()).or_default() += 1;
            caught.newest.push_back(seen.id);
            if caught.newest.len() > most {
                caught.newest.pop_front();
            }
        };
        let lanes = corpus::scan(self, Catch::default, visit, |_, _| {}).await.doing(DOING)?;
        let mut now: BTreeMap<Option<String>, u64> = BTreeMap::new();
        for (category, items) in lanes.iter().flat_map(|lane| &lane.now) {
            *now.entry(category.clone()).or_default() += items;
        }
        let mut now: Vec<_> =
            now.into_iter().map(|(category, items)| (category.map(CategoryId::new), items)).collect();
        now.sort_by_key(|(_, items)| std::cmp::Reverse(*items));
        let newest: Vec<i64> =
            lanes.iter().rev().flat_map(|lane| lane.newest.iter().rev()).copied().take(most).collect();
        let sources = source_names(self.reader()).await.doing(DOING)?;
        let rows = rows_of(self.reader(), &newest).await.doing(DOING)?;
        let newest = self.views(rows, &sources).await.doing(DOING)?;
        Ok(Caught { items: now.iter().map(|(_, items)| items).sum(), now, newest })
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
