use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::Expr,
};
use waterline_core::{CategoryId, Method};

use crate::{
    AuditEntry, Store, StoreError,
    audit_log::append,
    bulk::{insert_all, portions},
    entity::{tag, tag_action, work_item},
    error::Doing,
    feeds::source_names,
    held::{self, Held},
    ledger::change_items,
    rollup::Deltas,
    tag_history,
};

/// What one action of tagging did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagOutcome {
    /// Pass to `undo_tags` to take this back.
    pub action: i64,
    /// How many items it tagged.
    pub items: u64,
}

const TAGGING: &str = "tag the items";
const UNDOING: &str = "take the tags back";

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
        self.tag_as_seen(items, category, user, now, now).await
    }

    /// The same for what a page showed at `seen_at`: what somebody else tagged since then is not
    /// overwritten, but told, and then none is tagged.
    pub async fn tag_as_seen(
        &self,
        items: &[i64],
        category: &CategoryId,
        user: &str,
        seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<TagOutcome, StoreError> {
        let mut ids = items.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(StoreError::Refused("no item is chosen; choose at least one to tag".to_owned()));
        }
        if category.as_str().is_empty() {
            return Err(StoreError::Refused("no category is chosen to tag the items with".to_owned()));
        }
        let in_force = self.in_force().await?;
        let tx = self.begin(TAGGING).await?;
        let held = held::locked_by_id(&tx, &ids).await.doing(TAGGING)?;
        if let Some(unknown) = ids.iter().find(|id| !held.contains_key(id)) {
            return Err(StoreError::Refused(format!(
                "there is no item number {unknown}; nothing was tagged"
            )));
        }
        tag_history::refuse_news(&held, in_force.classifier.taxonomy(), user, seen_at, now)?;
        let tag = Tag { category: category.as_str().to_owned(), by: user.to_owned(), at: now };
        let action = add_action(&tx, &tag, &ids).await.doing(TAGGING)?;
        put_tag(&tx, &ids, &tag).await.doing(TAGGING)?;
        let moves = held.into_values().map(|item| (item, Some(tag.clone()))).collect();
        let moved = self.move_items(&tx, moves).await.doing(TAGGING)?;
        let entries: Vec<AuditEntry> =
            moved.iter().map(|moved| entry("tag", user, now, moved, moved.in_words())).collect();
        append(&tx, &entries).await.doing(TAGGING)?;
        tx.commit().await.doing(TAGGING)?;
        Ok(TagOutcome { action, items: ids.len() as u64 })
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
        let tx = self.begin(UNDOING).await?;
        let row = tag_action::Entity::find_by_id(action).lock_exclusive().one(&tx).await.doing(UNDOING)?;
        let Some(row) = row else {
            return Err(StoreError::Refused(format!("there is no tagging number {action} to take back")));
        };
        if let Some(undone_by) = &row.undone_by {
            return Err(StoreError::Refused(format!("{undone_by} took these tags back already")));
        }
        if row.tagged_by != user && !any {
            return Err(StoreError::Refused(format!(
                "only {}, who tagged these items, or an admin can take the tags back",
                row.tagged_by
            )));
        }
        let undone = row.category.clone();
        let mut row = row.into_active_model();
        row.undone_by = Set(Some(user.to_owned()));
        row.undone_at = Set(Some(now));
        row.update(&tx).await.doing(UNDOING)?;
        let ids = tagged_items(&tx, action).await.doing(UNDOING)?;
        let held = held::locked_by_id(&tx, &ids).await.doing(UNDOING)?;
        let mut standing = standing_tags(&tx, &ids).await.doing(UNDOING)?;
        let moves = held.into_iter().map(|(id, item)| (item, standing.remove(&id))).collect();
        let moved = self.move_items(&tx, moves).await.doing(UNDOING)?;
        let rows: Vec<Held> = moved.iter().map(|moved| moved.item.clone()).collect();
        for portion in portions(&rows) {
            change_items(&tx, portion).await.doing(UNDOING)?;
        }
        let entries: Vec<AuditEntry> = moved
            .iter()
            .map(|moved| {
                let now_is = named(moved.item.row.category.as_deref());
                entry("tag.undo", user, now, moved, format!("{undone} -> {now_is}"))
            })
            .collect();
        append(&tx, &entries).await.doing(UNDOING)?;
        tx.commit().await.doing(UNDOING)?;
        Ok(ids.len() as u64)
    }

    /// This person's last action that is not undone yet.
    pub async fn last_tag_action(&self, user: &str) -> Result<Option<TagOutcome>, StoreError> {
        let last = tag_action::Entity::find()
            .filter(tag_action::Column::TaggedBy.eq(user))
            .filter(tag_action::Column::UndoneAt.is_null())
            .order_by_desc(tag_action::Column::Id)
            .one(self.reader())
            .await
            .doing("find the last tags")?;
        Ok(last.map(|row| TagOutcome { action: row.id, items: u64::try_from(row.items).unwrap_or(0) }))
    }

    /// Gives each item its tag, or the machine's verdict, and puts the difference on the rollup.
    async fn move_items(
        &self,
        tx: &DatabaseTransaction,
        moves: Vec<(Held, Option<Tag>)>,
    ) -> Result<Vec<Moved>, DbErr> {
        let sources = source_names(tx).await?;
        let mut deltas = Deltas::default();
        let mut moved = Vec::with_capacity(moves.len());
        for (mut item, tag) in moves {
            let source = sources.get(&item.row.source_id).map_or("", String::as_str);
            deltas.subtract(&item, source);
            let before = item.row.category.clone();
            set_tag(&mut item.row, tag);
            deltas.add(&item, source);
            moved.push(Moved { before, item });
        }
        deltas.apply(tx).await?;
        Ok(moved)
    }
}

/// A person's verdict.
#[derive(Clone)]
struct Tag {
    category: String,
    by: String,
    at: DateTime<Utc>,
}

/// An item whose effective category may have changed.
struct Moved {
    before: Option<String>,
    item: Held,
}

impl Moved {
    fn in_words(&self) -> String {
        format!("{} -> {}", named(self.before.as_deref()), named(self.item.row.category.as_deref()))
    }
}

fn named(category: Option<&str>) -> &str {
    category.unwrap_or("unclassified")
}

fn set_tag(row: &mut work_item::Model, tag: Option<Tag>) {
    match tag {
        Some(tag) => {
            row.category = Some(tag.category);
            row.method = Method::Tag.as_str().to_owned();
            row.tagged_by = Some(tag.by);
            row.tagged_at = Some(tag.at);
        }
        None => {
            row.category = row.machine_category.clone();
            row.method = row.machine_method.clone();
            row.tagged_by = None;
            row.tagged_at = None;
        }
    }
}

fn entry(action: &str, user: &str, at: DateTime<Utc>, moved: &Moved, detail: String) -> AuditEntry {
    AuditEntry {
        at,
        actor: user.to_owned(),
        action: action.to_owned(),
        subject: moved.item.row.reference.clone(),
        detail,
    }
}

async fn add_action(tx: &DatabaseTransaction, tag: &Tag, ids: &[i64]) -> Result<i64, DbErr> {
    let action = tag_action::ActiveModel {
        id: NotSet,
        category: Set(tag.category.clone()),
        tagged_by: Set(tag.by.clone()),
        tagged_at: Set(tag.at),
        items: Set(i64::try_from(ids.len()).unwrap_or(i64::MAX)),
        undone_by: Set(None),
        undone_at: Set(None),
    };
    let action_id = action.insert(tx).await?.id;
    let tags: Vec<tag::ActiveModel> =
        ids.iter().map(|id| tag::Model { item_id: *id, action_id }.into_active_model()).collect();
    insert_all::<tag::Entity>(tx, &tags, None).await?;
    Ok(action_id)
}

async fn put_tag(tx: &DatabaseTransaction, ids: &[i64], tag: &Tag) -> Result<(), DbErr> {
    for ids in portions(ids) {
        work_item::Entity::update_many()
            .col_expr(work_item::Column::Category, Expr::value(tag.category.as_str()))
            .col_expr(work_item::Column::Method, Expr::value(Method::Tag.as_str()))
            .col_expr(work_item::Column::TaggedBy, Expr::value(tag.by.as_str()))
            .col_expr(work_item::Column::TaggedAt, Expr::value(tag.at))
            .filter(work_item::Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Ids of the items that an action tagged, in order.
async fn tagged_items(tx: &DatabaseTransaction, action: i64) -> Result<Vec<i64>, DbErr> {
    let tags = tag::Entity::find()
        .filter(tag::Column::ActionId.eq(action))
        .order_by_asc(tag::Column::ItemId)
        .all(tx)
        .await?;
    Ok(tags.into_iter().map(|tag| tag.item_id).collect())
}

/// The newest tag of each item among those that nobody took back.
async fn standing_tags(tx: &DatabaseTransaction, ids: &[i64]) -> Result<BTreeMap<i64, Tag>, DbErr> {
    let mut standing = BTreeMap::new();
    for ids in portions(ids) {
        let tags = tag::Entity::find()
            .filter(tag::Column::ItemId.is_in(ids.iter().copied()))
            .order_by_asc(tag::Column::ActionId)
            .all(tx)
            .await?;
        let mut actions: Vec<i64> = tags.iter().map(|tag| tag.action_id).collect();
        actions.dedup();
        let mut known: HashMap<i64, tag_action::Model> = HashMap::new();
        for actions in portions(&actions) {
            let rows = tag_action::Entity::find()
                .filter(tag_action::Column::Id.is_in(actions.iter().copied()))
                .filter(tag_action::Column::UndoneAt.is_null())
                .all(tx)
                .await?;
            known.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        for tag in tags {
            if let Some(action) = known.get(&tag.action_id) {
                let (category, by) = (action.category.clone(), action.tagged_by.clone());
                standing.insert(tag.item_id, Tag { category, by, at: action.tagged_at });
            }
        }
    }
    Ok(standing)
}
