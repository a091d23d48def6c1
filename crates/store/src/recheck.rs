//! Items that were written while everything is being sorted afresh: whoever sorts may have looked at them
//! before, and looks again at the end.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr},
};

use crate::{
    AdoptionState,
    bulk::is_among,
    entity::{
        adoption, recheck,
        work_item::{Column, Entity},
    },
};

/// Notes items of a source by their ids there, once they are written; does nothing unless somebody sorts.
/// Whoever begins to sort waits for the transactions that hold what is in force, so none is overlooked.
pub(crate) async fn note<'a>(
    tx: &DatabaseTransaction,
    source_id: i32,
    external_ids: impl IntoIterator<Item = &'a str>,
) -> Result<(), DbErr> {
    if !is_sorting(tx).await? {
        return Ok(());
    }
    let among = is_among(tx, Column::ExternalId, external_ids)?;
    note_where(tx, Expr::col((Entity, Column::SourceId)).eq(source_id).and(among)).await
}

/// The same for all items that fulfil a condition.
pub(crate) async fn note_all(tx: &DatabaseTransaction, which: SimpleExpr) -> Result<(), DbErr> {
    if is_sorting(tx).await? { note_where(tx, which).await } else { Ok(()) }
}

async fn is_sorting(tx: &DatabaseTransaction) -> Result<bool, DbErr> {
    let sorting = adoption::Column::State.eq(AdoptionState::Sorting.as_str());
    Ok(adoption::Entity::find().filter(sorting).one(tx).await?.is_some())
}

async fn note_where(tx: &DatabaseTransaction, which: SimpleExpr) -> Result<(), DbErr> {
    let ids = Query::select().column((Entity, Column::Id)).from(Entity).and_where(which).take();
    let mut insert = Query::insert();
    insert.into_table(recheck::Entity).columns([recheck::Column::ItemId]);
    insert.select_from(ids).map_err(|error| DbErr::Custom(error.to_string()))?;
    insert.on_conflict(OnConflict::column(recheck::Column::ItemId).do_nothing().to_owned());
    tx.execute(&insert).await?;
    Ok(())
}

/// All that were noted, in order.
pub(crate) async fn noted(tx: &DatabaseTransaction) -> Result<Vec<i64>, DbErr> {
    let mut ids: Vec<i64> =
        recheck::Entity::find().select_only().column(recheck::Column::ItemId).into_tuple().all(tx).await?;
    ids.sort_unstable();
    Ok(ids)
}

pub(crate) async fn forget(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    recheck::Entity::delete_many().exec(tx).await?;
    Ok(())
}
