//! Who tagged what, and when. For taggers and admins only: no figure is about a person.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};
use waterline_core::{CategoryId, Taxonomy};

use crate::{
    Store, StoreError,
    dialect::is_among,
    entity::{tag, tag_action, work_item},
    error::Doing,
    held::Held,
};

/// What one person said of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagNote {
    /// Number of the action.
    pub action: i64,
    /// As what.
    pub category: CategoryId,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who took it back, and when.
    pub undone: Option<(String, DateTime<Utc>)>,
}

/// One action: a tag that somebody put on one item, or on many at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagAction {
    /// As what, by whom, when, and whether it was taken back.
    pub note: TagNote,
    /// How many items.
    pub items: u64,
    /// One of them: its number, reference and title.
    pub example: Option<(i64, String, Option<String>)>,
}

/// Which actions to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionsOf<'a> {
    /// Everybody's.
    Everybody,
    /// This person's.
    Person(&'a str),
    /// Those on one item.
    Item(i64),
}

const DOING: &str = "read who tagged what";

impl Store {
    /// Actions of tagging, newest first. `before` is the number of the last one on the page before.
    pub async fn tag_actions(
        &self,
        of: ActionsOf<'_>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<TagAction>, StoreError> {
        self.read_actions(of, before, limit).await.doing(DOING)
    }

    async fn read_actions(
        &self,
        of: ActionsOf<'_>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<TagAction>, DbErr> {
        use tag_action::Column;
        let db = self.reader();
        let mut actions = tag_action::Entity::find().order_by_desc(Column::Id).limit(limit);
        if let Some(before) = before {
            actions = actions.filter(Column::Id.lt(before));
        }
        actions = match of {
            ActionsOf::Everybody => actions,
            ActionsOf::Person(name) => actions.filter(Column::TaggedBy.eq(name.replace('\0', " "))),
            ActionsOf::Item(item) => {
                let tags = tag::Entity::find().filter(tag::Column::ItemId.eq(item)).all(db).await?;
                actions.filter(Column::Id.is_in(tags.iter().map(|tag| tag.action_id)))
            }
        };
        let mut told = Vec::new();
        for row in actions.all(db).await? {
            let items = u64::try_from(row.items).unwrap_or(0);
            let example = match of {
                ActionsOf::Item(item) => Some(item),
                _ => {
                    let first = tag::Entity::find().filter(tag::Column::ActionId.eq(row.id));
                    first.order_by_asc(tag::Column::ItemId).one(db).await?.map(|tag| tag.item_id)
                }
            };
            told.push((TagAction { note: note(row), items, example: None }, example));
        }
        let shown: Vec<Value> = told.iter().filter_map(|(_, example)| example.map(Value::from)).collect();
        let among = is_among(db.get_database_backend(), work_item::Column::Id, &shown)?;
        let rows: Vec<(i64, String, Option<String>)> = work_item::Entity::find()
            .select_only()
            .columns([work_item::Column::Id, work_item::Column::Reference, work_item::Column::Title])
            .filter(among)
            .into_tuple()
            .all(db)
            .await?;
        let items: HashMap<i64, (i64, String, Option<String>)> =
            rows.into_iter().map(|row| (row.0, row)).collect();
        Ok(told
            .into_iter()
            .map(|(action, example)| TagAction {
                example: example.and_then(|id| items.get(&id).cloned()),
                ..action
            })
            .collect())
    }
}

/// Who tagged these items, newest first.
pub(crate) async fn notes(
    db: &impl ConnectionTrait,
    items: &[i64],
) -> Result<HashMap<i64, Vec<TagNote>>, DbErr> {
    let ids: Vec<Value> = items.iter().copied().map(Value::from).collect();
    let among = is_among(db.get_database_backend(), tag::Column::ItemId, &ids)?;
    let tags = tag::Entity::find()
        .filter(among)
        .find_also_related(tag_action::Entity)
        .order_by_desc(tag::Column::ActionId)
        .all(db)
        .await?;
    let mut notes: HashMap<i64, Vec<TagNote>> = HashMap::new();
    for (tag, action) in tags {
        notes.entry(tag.item_id).or_default().extend(action.map(note));
    }
    Ok(notes)
}

fn note(row: tag_action::Model) -> TagNote {
    TagNote {
        action: row.id,
        category: CategoryId::new(row.category),
        by: row.tagged_by,
        at: row.tagged_at,
        undone: row.undone_by.zip(row.undone_at),
    }
}

/// Refuses to overwrite what somebody else tagged after this person looked: they cannot know of it.
pub(crate) fn refuse_news(
    held: &BTreeMap<i64, Held>,
    taxonomy: &Taxonomy,
    user: &str,
    seen_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut news = held.values().filter_map(|held| {
        let (by, at) = held.row.tagged_by.as_deref().zip(held.row.tagged_at)?;
        (by != user && at > seen_at).then_some((&held.row, by, at))
    });
    let Some((row, by, at)) = news.next() else { return Ok(()) };
    let id = CategoryId::new(row.category.clone().unwrap_or_default());
    let name = taxonomy.category(&id).map_or(id.as_str(), |category| category.name.as_str());
    let others = match news.count() {
        0 => String::new(),
        1 => ", and 1 more item was tagged too".to_owned(),
        more => format!(", and {more} more items were tagged too"),
    };
    Err(StoreError::Refused(format!(
        "{by} tagged {} as “{name}” {}{others}; nothing was changed, so look at it and tag it again if you \
         think otherwise",
        row.reference,
        ago(now - at)
    )))
}

fn ago(passed: TimeDelta) -> String {
    match passed.num_minutes() {
        ..1 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes @ 2..120 => format!("{minutes} minutes ago"),
        minutes => format!("{} hours ago", minutes / 60),
    }
}
