use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Value,
};
use waterline_core::{CategoryId, EffortRates};

use crate::{
    AuditEntry, Store, StoreError,
    audit_log::append,
    bulk::{insert_all, is_among, update_all, values},
    entity::{
        tag, tag_action,
        work_item::{self, Column},
    },
    error::Doing,
    estimates,
    feeds::source_names,
    held::{self, Held},
    in_force::held_in_force,
    inheritance::{Family, Member, follow, hold_sources_of},
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
        let rates = self.hold(&tx, &ids).await.doing(TAGGING)?;
        let held = held::locked_by_id(&tx, &ids).await.doing(TAGGING)?;
        if let Some(unknown) = ids.iter().find(|id| !held.contains_key(id)) {
            return Err(StoreError::Refused(format!(
                "there is no item number {unknown}; nothing was tagged"
            )));
        }
        tag_history::refuse_news(&held, in_force.classifier.taxonomy(), user, seen_at, now)?;
        let tag = Tag { category: category.as_str().to_owned(), by: user.to_owned(), at: now };
        let action = add_action(&tx, &tag, &ids).await.doing(TAGGING)?;
        let moves = held.into_values().map(|item| (item, Some(tag.clone()))).collect();
        let moved = move_items(&tx, moves, &rates).await.doing(TAGGING)?;
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
        let rates = self.hold(&tx, &ids).await.doing(UNDOING)?;
        let held = held::locked_by_id(&tx, &ids).await.doing(UNDOING)?;
        let mut standing = standing_tags(&tx, &ids).await.doing(UNDOING)?;
        let moves = held.into_iter().map(|(id, item)| (item, standing.remove(&id))).collect();
        let moved = move_items(&tx, moves, &rates).await.doing(UNDOING)?;
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

    /// Keeps everybody else from what decides the categories of these items and of those that inherit from
    /// them, in the order that `inheritance` tells; gives the effort rates.
    async fn hold(&self, tx: &DatabaseTransaction, ids: &[i64]) -> Result<EffortRates, DbErr> {
        held_in_force(tx).await?;
        let rates = estimates::rates_in_use(tx, self.default_effort()).await?;
        hold_sources_of(tx, ids).await?;
        Ok(rates)
    }
}

/// Gives each item its tag or, without one, what it inherits or the machine says; and those that inherit
/// from it what follows. Puts the difference on the rollup.
async fn move_items(
    tx: &DatabaseTransaction,
    moves: Vec<(Held, Option<Tag>)>,
    rates: &EffortRates,
) -> Result<Vec<Moved>, DbErr> {
    let sources = source_names(tx).await?;
    let written: HashSet<i64> = moves.iter().map(|(item, _)| item.row.id).collect();
    let mut members: BTreeMap<i32, Vec<Member>> = BTreeMap::new();
    for (item, tag) in &moves {
        let tag = tag.as_ref().map(|tag| tag.category.clone());
        members.entry(item.row.source_id).or_default().push(Member { tag, ..Member::of(&item.row)? });
    }
    let mut families = BTreeMap::new();
    for (source, members) in members {
        families.insert(source, Family::gather(tx, source, members).await?);
    }
    let mut deltas = Deltas::default();
    let mut moved = Vec::with_capacity(moves.len());
    for (mut item, tag) in moves {
        let source = sources.get(&item.row.source_id).map_or("", String::as_str);
        deltas.subtract(&item, source);
        let before = item.row.category.clone();
        let family = families.get(&item.row.source_id);
        if let Some((category, method)) = family.and_then(|family| family.standing(&item.row.external_id)) {
            item.row.category.clone_from(category);
            item.row.method = method.as_str().to_owned();
        }
        (item.row.tagged_by, item.row.tagged_at) = tag.map(|tag| (tag.by, tag.at)).unzip();
        item.row.worth = item.row.worth_now(rates)?;
        deltas.add(&item, source);
        moved.push(Moved { before, item });
    }
    write_tags(tx, &moved).await?;
    for family in families.values() {
        follow(tx, &family.followers(&written), &sources, rates, &mut deltas).await?;
    }
    deltas.apply(tx).await?;
    Ok(moved)
}

async fn write_tags(tx: &DatabaseTransaction, moved: &[Moved]) -> Result<(), DbErr> {
    const COLUMNS: [Column; 6] =
        [Column::Id, Column::Category, Column::Method, Column::TaggedBy, Column::TaggedAt, Column::Worth];
    let rows: Vec<Vec<Value>> = moved.iter().map(|moved| values(&moved.item.row, &COLUMNS)).collect();
    update_all::<work_item::Entity>(tx, &COLUMNS, &rows).await
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
    let tags = tag::Entity::find()
        .filter(is_among(tx, tag::Column::ItemId, ids.iter().copied())?)
        .order_by_asc(tag::Column::ActionId)
        .all(tx)
        .await?;
    let actions: BTreeSet<i64> = tags.iter().map(|tag| tag.action_id).collect();
    let standing = tag_action::Entity::find()
        .filter(is_among(tx, tag_action::Column::Id, actions)?)
        .filter(tag_action::Column::UndoneAt.is_null())
        .all(tx)
        .await?;
    let standing: HashMap<i64, Tag> = standing
        .into_iter()
        .map(|action| {
            (action.id, Tag { category: action.category, by: action.tagged_by, at: action.tagged_at })
        })
        .collect();
    let newest =
        tags.into_iter().filter_map(|tag| Some((tag.item_id, standing.get(&tag.action_id)?.clone())));
    Ok(newest.collect())
}
