//! Items with what decides which category counts for them, and the items that they belong to, or that
//! belong to them.

use std::borrow::Cow;

use sea_orm::{
    ConnectionTrait, DbErr, EntityName, JoinType,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use waterline_core::{Kind, Method};

use crate::{
    bulk::is_among,
    corpus::{Seen, known, word},
    dialect::{Cells, JsonCells, rows_as_json},
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
}

impl Member {
    pub(crate) fn is_tagged(&self) -> bool {
        self.method == Method::Tag
    }
}

impl From<&Seen> for Member {
    fn from(seen: &Seen) -> Self {
        Self {
            id: seen.id,
            kind: seen.item.kind,
            has_parent: seen.item.parent.is_some(),
            category: seen.category.clone(),
            method: seen.method,
            machine_category: seen.machine.category.clone(),
            machine_method: seen.machine.method,
        }
    }
}

/// How the items that are asked for stand to those that are given.
#[derive(Clone, Copy)]
pub(crate) enum Kinship {
    Parent,
    Child,
}

/// In the order in which [`kin`] reads them, behind the id of the given item.
const COLUMNS: [Column; 7] = [
    Column::Id,
    Column::Kind,
    Column::Parent,
    Column::Category,
    Column::Method,
    Column::MachineCategory,
    Column::MachineMethod,
];

/// The kin of these items, each with the id of the given item whose kin it is, in the order of their ids.
pub(crate) async fn kin(
    db: &impl ConnectionTrait,
    of: impl IntoIterator<Item = i64>,
    kinship: Kinship,
) -> Result<Vec<(i64, Member)>, DbErr> {
    const KIN: &str = "kin";
    const NAMES: [&str; 8] =
        ["given", "id", "kind", "parent", "category", "method", "machine", "machine_method"];
    let kin = |column: Column| Expr::col((Alias::new(KIN), column));
    let given = |column: Column| Expr::col((Entity, column));
    let joined = match kinship {
        Kinship::Parent => kin(Column::ExternalId).eq(given(Column::Parent)),
        Kinship::Child => kin(Column::Parent).eq(given(Column::ExternalId)),
    };
    let joined = kin(Column::SourceId).eq(given(Column::SourceId)).and(joined);
    let mut query = Query::select();
    query
        .from(Entity)
        .join_as(JoinType::InnerJoin, Entity.table_ref(), Alias::new(KIN), joined)
        .expr_as(given(Column::Id), "given")
        .and_where(is_among(db, Column::Id, of)?);
    for (column, name) in COLUMNS.into_iter().zip(&NAMES[1..]) {
        query.expr_as(kin(column), Alias::new(*name));
    }
    let rows = rows_as_json(db, query, &NAMES).await?;
    let mut cells = JsonCells::new(&rows);
    let mut members = Vec::new();
    while cells.next_row()? {
        let given = known("id", cells.number()?)?;
        let member = Member {
            id: known("id", cells.number()?)?,
            kind: word("kind", cells.text()?)?,
            has_parent: cells.text()?.is_some(),
            category: cells.text()?.map(Cow::into_owned),
            method: word("method", cells.text()?)?,
            machine_category: cells.text()?.map(Cow::into_owned),
            machine_method: word("machine_method", cells.text()?)?,
        };
        members.push((given, member));
    }
    members.sort_by_key(|(_, member)| member.id);
    Ok(members)
}
