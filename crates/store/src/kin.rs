//! Items with what decides which category counts for them, and the items that they belong to, or that
//! belong to them.

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait, DbErr, EntityName, FromQueryResult,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use waterline_core::{Kind, Method};

use crate::{
    bulk,
    entity::work_item::{Column, Entity},
};

/// An item as it is held.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    /// Whether it says that it belongs to another; whether that one is held is another question.
    pub(crate) has_parent: bool,
    /// What counts, and how it was arrived at.
    pub(crate) category: Option<String>,
    pub(crate) method: Method,
    pub(crate) machine_category: Option<String>,
    pub(crate) machine_method: Method,
    pub(crate) finished_on: Option<NaiveDate>,
    pub(crate) logged_seconds: Option<i64>,
    pub(crate) estimated_seconds: Option<i64>,
}

impl Member {
    pub(crate) fn is_tagged(&self) -> bool {
        self.method == Method::Tag
    }
}

/// How the items that are asked for stand to those that are given.
#[derive(Clone, Copy)]
pub(crate) enum Kinship {
    Same,
    Parent,
    Child,
}

#[derive(FromQueryResult)]
struct Row {
    given: i64,
    id: i64,
    kind: String,
    parent: Option<String>,
    category: Option<String>,
    method: String,
    machine_category: Option<String>,
    machine_method: String,
    finished_on: Option<NaiveDate>,
    logged_seconds: Option<i64>,
    estimated_seconds: Option<i64>,
}

/// The kin of these items, each with the id of the given item whose kin it is, in the order of their ids.
pub(crate) async fn kin(
    db: &impl ConnectionTrait,
    of: impl IntoIterator<Item = i64>,
    kinship: Kinship,
) -> Result<Vec<(i64, Member)>, DbErr> {
    const KIN: &str = "kin";
    let kin = |column: Column| Expr::col((Alias::new(KIN), column));
    let given = |column: Column| Expr::col((Entity, column));
    let same_source = || kin(Column::SourceId).eq(given(Column::SourceId));
    let joined = match kinship {
        Kinship::Same => kin(Column::Id).eq(given(Column::Id)),
        Kinship::Parent => same_source().and(kin(Column::ExternalId).eq(given(Column::Parent))),
        Kinship::Child => same_source().and(kin(Column::Parent).eq(given(Column::ExternalId))),
    };
    let mut query = Query::select();
    query
        .from(Entity)
        .join_as(sea_orm::JoinType::InnerJoin, Entity.table_ref(), Alias::new(KIN), joined)
        .expr_as(given(Column::Id), "given")
        .and_where(bulk::is_among(db, Column::Id, of)?);
    for column in [
        Column::Id,
        Column::Kind,
        Column::Parent,
        Column::Category,
        Column::Method,
        Column::MachineCategory,
        Column::MachineMethod,
        Column::FinishedOn,
        Column::LoggedSeconds,
        Column::EstimatedSeconds,
    ] {
        query.column((Alias::new(KIN), column));
    }
    let rows = db.query_all(&query).await?;
    let mut members = rows
        .iter()
        .map(|row| {
            let row = Row::from_query_result(row, "")?;
            let unreadable = |reason| crate::error::unreadable(format!("item {}: {reason}", row.id));
            let member = Member {
                id: row.id,
                kind: row.kind.parse().map_err(unreadable)?,
                has_parent: row.parent.is_some(),
                category: row.category,
                method: row.method.parse().map_err(unreadable)?,
                machine_category: row.machine_category,
                machine_method: row.machine_method.parse().map_err(unreadable)?,
                finished_on: row.finished_on,
                logged_seconds: row.logged_seconds,
                estimated_seconds: row.estimated_seconds,
            };
            Ok((row.given, member))
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    members.sort_by_key(|(_, member)| member.id);
    Ok(members)
}
