mod inheritance;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr},
};
use waterline_core::{Dimension, Method, Month, State, Tally};

use crate::{
    Store, StoreError, dialect,
    entity::{
        effort_entry::{self, Column as Entry},
        feed, rollup, rule_set, source, tag, tag_action,
        work_item::{self, Column as Item},
    },
    error::Doing,
    rollup::Key,
};

/// A figure that is not what it should be, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy(pub String);

/// What `waterline db verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Items that were looked at.
    pub items: u64,
    /// Rows of the rollup that were compared.
    pub rollup_rows: u64,
    /// What is wrong; the first hundred or so where very much is.
    pub discrepancies: Vec<Discrepancy>,
}

/// Lines about one sort of fault at the most: one is enough to know, more help to find out why.
const MOST_LINES: usize = 20;

const DOING: &str = "verify itself";

impl Store {
    /// Works every rollup out afresh from the items and effort entries and compares; also checks that
    /// every tag, entry and verdict belongs to an item, and that every category that counts is the tag's, the
    /// parent's or the machine's.
    ///
    /// The figures are worked out in SQL, on purpose: the code that keeps the rollup would agree with
    /// its own mistakes.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let tx = dialect::begin_snapshot(self.reader()).await.doing(DOING)?;
        let verification = verify(&tx).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(verification)
    }
}

async fn verify(tx: &DatabaseTransaction) -> Result<Verification, DbErr> {
    let mut found = Faults::default();
    let rollup_rows = compare_rollup(tx, &mut found).await?;
    check_items(tx, &mut found).await?;
    inheritance::check(tx, &mut found).await?;
    check_entries(tx, &mut found).await?;
    check_tags(tx, &mut found).await?;
    check_feeds(tx, &mut found).await?;
    let items = work_item::Entity::find().count(tx).await?;
    Ok(Verification { items, rollup_rows, discrepancies: found.0 })
}

#[derive(Default)]
struct Faults(Vec<Discrepancy>);

impl Faults {
    fn add(&mut self, sentences: impl IntoIterator<Item = String>) {
        self.0.extend(sentences.into_iter().take(MOST_LINES).map(Discrepancy));
    }
}

async fn compare_rollup(tx: &DatabaseTransaction, found: &mut Faults) -> Result<u64, DbErr> {
    let mut rows = 0;
    for dimension in Dimension::ALL {
        let mut expected = recomputed(tx, dimension).await?;
        let kept =
            rollup::Entity::find().filter(rollup::Column::Dimension.eq(dimension.as_str())).all(tx).await?;
        rows += kept.len() as u64;
        let mut sentences = Vec::new();
        for row in kept {
            let key = Key {
                dimension,
                month: Month::of(row.month),
                value: row.known.then_some(row.value),
                category: Some(row.category).filter(|category| !category.is_empty()),
            };
            let tally = Tally {
                items: row.items,
                logged_seconds: row.logged_seconds,
                estimated_seconds: row.estimated_seconds,
            };
            let should_be = expected.remove(&key).unwrap_or_default();
            if tally != should_be {
                sentences.push(differs(&key, tally, should_be));
            }
        }
        let missing = expected.iter().filter(|(_, tally)| !tally.is_zero());
        sentences.extend(missing.map(|(key, tally)| differs(key, Tally::default(), *tally)));
        found.add(sentences);
    }
    Ok(rows)
}

fn differs(key: &Key, kept: Tally, should_be: Tally) -> String {
    let amount = |tally: Tally| {
        let Tally { items, logged_seconds, estimated_seconds } = tally;
        format!("{items} items, {logged_seconds} s logged, {estimated_seconds} s estimated")
    };
    let group = match (key.dimension, key.value.as_deref()) {
        (Dimension::All, _) => "all work".to_owned(),
        (dimension, Some(value)) => format!("the {dimension} \"{value}\""),
        (dimension, None) => format!("no known {dimension}"),
    };
    let category = key.category.as_deref().unwrap_or("unclassified");
    format!(
        "the rollup of {} for {group}, {category}, says {}, but the items add up to {}",
        key.month.in_words(),
        amount(kept),
        amount(should_be)
    )
}

/// What the rollup of one dimension should be.
async fn recomputed(tx: &DatabaseTransaction, dimension: Dimension) -> Result<BTreeMap<Key, Tally>, DbErr> {
    let mut sums: BTreeMap<Key, Tally> = BTreeMap::new();
    for query in [finished(tx, dimension), undated(tx, dimension), dated(tx, dimension)] {
        for row in tx.query_all(&query).await? {
            let row = Sum::from_query_result(&row, "")?;
            let value = if dimension == Dimension::All { Some(String::new()) } else { row.value };
            let key = Key { dimension, month: Month::of(row.month), value, category: row.category };
            *sums.entry(key).or_default() += Tally {
                items: row.items.unwrap_or(0),
                logged_seconds: row.logged.unwrap_or(0),
                estimated_seconds: row.estimated.unwrap_or(0),
            };
        }
    }
    Ok(sums)
}

#[derive(FromQueryResult)]
struct Sum {
    month: NaiveDate,
    value: Option<String>,
    category: Option<String>,
    items: Option<i64>,
    logged: Option<i64>,
    estimated: Option<i64>,
}

/// Items finished, and what was estimated for them.
fn finished(tx: &DatabaseTransaction, dimension: Dimension) -> SelectStatement {
    let count = Expr::col((work_item::Entity, Item::Id)).count();
    let mut query = grouped(tx, "work_item.finished_on", dimension);
    query
        .expr_as(count.cast_as("BIGINT"), "items")
        .expr_as(sum((work_item::Entity, Item::EstimatedSeconds)), "estimated")
        .and_where(is_finished());
    query
}

/// Effort without a day, which counts when its item is finished.
fn undated(tx: &DatabaseTransaction, dimension: Dimension) -> SelectStatement {
    let mut query = grouped(tx, "work_item.finished_on", dimension);
    with_entries(&mut query)
        .expr_as(sum((effort_entry::Entity, Entry::Seconds)), "logged")
        .and_where(is_finished())
        .and_where(Expr::col((effort_entry::Entity, Entry::Day)).is_null());
    query
}

/// Effort with a day, which counts then.
fn dated(tx: &DatabaseTransaction, dimension: Dimension) -> SelectStatement {
    let mut query = grouped(tx, "effort_entry.day", dimension);
    with_entries(&mut query)
        .expr_as(sum((effort_entry::Entity, Entry::Seconds)), "logged")
        .and_where(Expr::col((effort_entry::Entity, Entry::Day)).is_not_null());
    query
}

fn is_finished() -> SimpleExpr {
    Expr::col((work_item::Entity, Item::State))
        .eq(State::Finished.as_str())
        .and(Expr::col((work_item::Entity, Item::FinishedOn)).is_not_null())
}

fn sum(column: impl sea_orm::sea_query::IntoColumnRef) -> SimpleExpr {
    Expr::col(column).sum().cast_as("BIGINT")
}

fn with_entries(query: &mut SelectStatement) -> &mut SelectStatement {
    query.inner_join(
        effort_entry::Entity,
        Expr::col((effort_entry::Entity, Entry::ItemId)).equals((work_item::Entity, Item::Id)),
    )
}

/// Items grouped by the month of a day, a dimension and the category.
fn grouped(tx: &DatabaseTransaction, day: &'static str, dimension: Dimension) -> SelectStatement {
    let month = dialect::month_of(tx.get_database_backend(), day);
    let category = Expr::col((work_item::Entity, Item::Category));
    let mut query = Query::select();
    query
        .from(work_item::Entity)
        .expr_as(month.clone(), "month")
        .expr_as(category.clone(), "category")
        .add_group_by([month, category]);
    let value = match dimension {
        Dimension::All => return query,
        Dimension::Kind => Expr::col((work_item::Entity, Item::Kind)),
        Dimension::Team => Expr::col((work_item::Entity, Item::Team)),
        Dimension::Department => Expr::col((work_item::Entity, Item::Department)),
        Dimension::System => Expr::col((work_item::Entity, Item::System)),
        Dimension::Source => {
            let same =
                Expr::col((source::Entity, source::Column::Id)).equals((work_item::Entity, Item::SourceId));
            query.inner_join(source::Entity, same);
            Expr::col((source::Entity, source::Column::Name))
        }
    };
    query.expr_as(value.clone(), "value").add_group_by([value]);
    query
}

#[derive(FromQueryResult)]
struct Named {
    id: i64,
    reference: String,
}

/// Items that contradict themselves.
async fn check_items(tx: &DatabaseTransaction, found: &mut Faults) -> Result<(), DbErr> {
    let finished = || Item::State.eq(State::Finished.as_str());
    let silent = || Item::LoggedSeconds.is_null();
    let tagged = || Item::Method.eq(Method::Tag.as_str());
    let numbers: Vec<i32> =
        rule_set::Entity::find().all(tx).await?.into_iter().map(|row| row.number).collect();
    let checks = [
        ("is finished without a day", Condition::all().add(finished()).add(Item::FinishedOn.is_null())),
        (
            "has a day on which it was finished, but is not",
            Condition::all().add(finished().not()).add(Item::FinishedOn.is_not_null()),
        ),
        (
            "is finished with nothing logged and nothing estimated",
            Condition::all().add(finished()).add(silent()).add(Item::EstimatedSeconds.is_null()),
        ),
        (
            "has an estimate that it should not have",
            Condition::all()
                .add(Item::EstimatedSeconds.is_not_null())
                .add(Condition::any().add(finished().not()).add(silent().not())),
        ),
        (
            "is not tagged, but names who tagged it",
            Condition::all().add(tagged().not()).add(Item::TaggedBy.is_not_null()),
        ),
        (
            "is worth a tag, but is tagged or withdrawn",
            Condition::all()
                .add(Item::Worth.ne(0))
                .add(Condition::any().add(tagged()).add(Item::State.eq(State::Withdrawn.as_str()))),
        ),
        (
            "has a verdict of a rule set that is not kept",
            // Zero stands for no rules at all.
            Condition::all().add(Item::RuleSet.ne(0)).add(Item::RuleSet.is_not_in(numbers)),
        ),
    ];
    for (fault, condition) in checks {
        found.add(items_where(tx, condition, fault).await?);
    }
    Ok(())
}

async fn items_where(
    tx: &DatabaseTransaction,
    condition: Condition,
    fault: &str,
) -> Result<Vec<String>, DbErr> {
    let items: Vec<Named> = work_item::Entity::find()
        .select_only()
        .columns([Item::Id, Item::Reference])
        .filter(condition)
        .order_by_asc(Item::Id)
        .limit(MOST_LINES as u64)
        .into_model()
        .all(tx)
        .await?;
    Ok(items.iter().map(|item| format!("item {} ({}) {fault}", item.id, item.reference)).collect())
}

/// Effort entries without an item, and items whose total is not that of their entries.
async fn check_entries(tx: &DatabaseTransaction, found: &mut Faults) -> Result<(), DbErr> {
    let items = Query::select().column(Item::Id).from(work_item::Entity).take();
    let lost = effort_entry::Entity::find()
        .filter(Entry::ItemId.not_in_subquery(items))
        .order_by_asc(Entry::ItemId)
        .limit(MOST_LINES as u64)
        .all(tx)
        .await?;
    found.add(lost.iter().map(|entry| {
        format!(
            "an effort entry of {} s belongs to item {}, which is not there",
            entry.seconds, entry.item_id
        )
    }));
    let of_item = Expr::col((effort_entry::Entity, Entry::ItemId)).equals((work_item::Entity, Item::Id));
    let total =
        Query::select().expr(sum(Entry::Seconds)).from(effort_entry::Entity).and_where(of_item).take();
    let total = || SimpleExpr::SubQuery(None, Box::new(total.clone().into()));
    // One by one, because a comparison with nothing is unknown, which is not true.
    let logged = || Expr::col((work_item::Entity, Item::LoggedSeconds));
    let differ = Condition::any()
        .add(logged().ne(total()))
        .add(logged().is_null().and(total().is_not_null()))
        .add(logged().is_not_null().and(total().is_null()));
    found.add(items_where(tx, differ, "has another total than its effort entries").await?);
    Ok(())
}

/// Tags without an item, and tagged items that do not have the category of their newest standing tag.
async fn check_tags(tx: &DatabaseTransaction, found: &mut Faults) -> Result<(), DbErr> {
    let items = Query::select().column(Item::Id).from(work_item::Entity).take();
    let lost = tag::Entity::find().filter(tag::Column::ItemId.not_in_subquery(items)).all(tx).await?;
    found.add(lost.iter().map(|tag| format!("a tag belongs to item {}, which is not there", tag.item_id)));
    let actions: BTreeMap<i64, tag_action::Model> = tag_action::Entity::find()
        .filter(tag_action::Column::UndoneAt.is_null())
        .all(tx)
        .await?
        .into_iter()
        .map(|action| (action.id, action))
        .collect();
    let mut standing: BTreeMap<i64, &str> = BTreeMap::new();
    for tag in tag::Entity::find().order_by_asc(tag::Column::ActionId).all(tx).await? {
        if let Some(action) = actions.get(&tag.action_id) {
            standing.insert(tag.item_id, &action.category);
        }
    }
    let tagged: Vec<Tagged> = work_item::Entity::find()
        .select_only()
        .columns([Item::Id, Item::Reference, Item::Category])
        .filter(Item::Method.eq(Method::Tag.as_str()))
        .order_by_asc(Item::Id)
        .into_model()
        .all(tx)
        .await?;
    let mut sentences = Vec::new();
    for item in tagged {
        let should_be = standing.remove(&item.id);
        if item.category.as_deref() != should_be || should_be.is_none() {
            sentences.push(format!(
                "item {} ({}) counts as {}, but its tag says {}",
                item.id,
                item.reference,
                item.category.as_deref().unwrap_or("unclassified"),
                should_be.unwrap_or("nothing")
            ));
        }
    }
    sentences
        .extend(standing.iter().map(|(id, category)| format!("item {id} does not have its tag {category}")));
    found.add(sentences);
    Ok(())
}

#[derive(FromQueryResult)]
struct Tagged {
    id: i64,
    reference: String,
    category: Option<String>,
}

#[derive(FromQueryResult)]
struct Counted {
    source_id: i32,
    feed: String,
    items: i64,
    gone: i64,
}

/// The numbers of items held and gone, which are counted as items come and go.
async fn check_feeds(tx: &DatabaseTransaction, found: &mut Faults) -> Result<(), DbErr> {
    let counted: Vec<Counted> = work_item::Entity::find()
        .select_only()
        .columns([Item::SourceId, Item::Feed])
        .column_as(Item::Id.count(), "items")
        .column_as(Item::GoneAt.count(), "gone")
        .group_by(Item::SourceId)
        .group_by(Item::Feed)
        .into_model()
        .all(tx)
        .await?;
    let mut counted: BTreeMap<(i32, String), (i64, i64)> = counted
        .into_iter()
        .map(|row| ((row.source_id, row.feed), (row.items - row.gone, row.gone)))
        .collect();
    let mut sentences = Vec::new();
    for row in feed::Entity::find().order_by_asc(feed::Column::SourceId).all(tx).await? {
        let (held, gone) = counted.remove(&(row.source_id, row.feed.clone())).unwrap_or_default();
        if (row.held, row.gone) != (held, gone) {
            sentences.push(format!(
                "the feed {} of source number {} says {} items held and {} gone, but there are {held} and {gone}",
                row.feed, row.source_id, row.held, row.gone
            ));
        }
    }
    sentences.extend(counted.keys().map(|(source, feed)| {
        format!("there are items of the feed {feed} of source number {source}, which is not registered")
    }));
    found.add(sentences);
    Ok(())
}
