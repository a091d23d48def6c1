//! Many rows in few statements.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Insert,
    Iterable, ModelTrait, QueryTrait, Value,
    sea_query::{Alias, Expr, ExprTrait, InsertStatement, OnConflict, Query, TableRef},
};

use crate::dialect;

/// The name of the rows that arrive, in a statement that changes others by them.
const ARRIVING: &str = "arriving";

/// Cuts a slice into portions of at most 512, whose lengths are powers of two: a list of any length then
/// needs at most ten different statements, which both databases keep prepared.
pub(crate) fn portions<T>(rest: &[T]) -> impl Iterator<Item = &[T]> {
    portions_of(512, rest)
}

fn portions_of<T>(most: usize, mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let largest = rest.len().checked_ilog2().map(|power| 1 << power)?;
        let (portion, after) = rest.split_at(most.min(largest));
        rest = after;
        Some(portion)
    })
}

/// One statement for a few rows. Returns nothing, so that a conflict that does nothing is not an error.
pub(crate) fn insert<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = A>,
    on_conflict: Option<OnConflict>,
) -> InsertStatement {
    let mut statement = Insert::<A>::many(rows).into_query();
    if let Some(on_conflict) = on_conflict {
        statement.on_conflict(on_conflict);
    }
    statement
}

/// Inserts all rows, however many.
pub(crate) async fn insert_all<E>(
    tx: &DatabaseTransaction,
    rows: &[E::ActiveModel],
    on_conflict: Option<&OnConflict>,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: Clone + Sync,
{
    let Some(first) = rows.first() else { return Ok(()) };
    let columns: Vec<E::Column> =
        E::Column::iter().filter(|column| !first.get(*column).is_not_set()).collect();
    let values = |row: &E::ActiveModel| columns.iter().map(|column| row.get(*column).into_value()).collect();
    let rows: Vec<Vec<Option<Value>>> = rows.iter().map(values).collect();
    let rows: Vec<Vec<Value>> = rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect();
    for mut statement in inserts::<E>(tx, &columns, &rows)? {
        if let Some(on_conflict) = on_conflict {
            statement.on_conflict(on_conflict.clone());
        }
        tx.execute(&statement).await?;
    }
    Ok(())
}

/// The values of some columns of a row.
pub(crate) fn values<M: ModelTrait>(row: &M, columns: &[<M::Entity as EntityTrait>::Column]) -> Vec<Value> {
    columns.iter().map(|column| row.get(*column)).collect()
}

/// The statements that insert these rows, each with its values in the order of the columns.
pub(crate) fn inserts<E: EntityTrait>(
    tx: &DatabaseTransaction,
    columns: &[E::Column],
    rows: &[Vec<Value>],
) -> Result<Vec<InsertStatement>, DbErr> {
    let backend = tx.get_database_backend();
    portions_of(dialect::most_rows(backend, columns.len()), rows)
        .map(|rows| {
            let mut statement = Query::insert();
            statement.into_table(E::default().table_ref()).columns(columns.iter().copied());
            dialect::insert_rows(backend, &mut statement, columns, rows)?;
            Ok(statement)
        })
        .collect()
}

/// Updates rows of which each gets other values. The first column tells which row; the rest are set.
pub(crate) async fn update_all<E: EntityTrait>(
    tx: &DatabaseTransaction,
    columns: &[E::Column],
    rows: &[Vec<Value>],
) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let Some((key, set)) = columns.split_first() else { return Ok(()) };
    for rows in portions_of(dialect::most_rows(backend, columns.len()), rows) {
        let arriving = dialect::select_rows(backend, columns, rows)?;
        let mut update = Query::update();
        update
            .table(E::default().table_ref())
            .from(TableRef::SubQuery(arriving.into(), Alias::new(ARRIVING).into()))
            .and_where(Expr::col((E::default(), *key)).equals((Alias::new(ARRIVING), *key)));
        for column in set {
            update.value(*column, Expr::col((Alias::new(ARRIVING), *column)));
        }
        tx.execute(&update).await?;
    }
    Ok(())
}

/// That a column has one of these values: one parameter, however many they are.
pub(crate) fn is_among<C: ColumnTrait>(
    tx: &impl ConnectionTrait,
    column: C,
    values: impl IntoIterator<Item = impl Into<Value>>,
) -> Result<Expr, DbErr> {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    dialect::is_among(tx.get_database_backend(), column, &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_hold_everything_once_and_come_in_few_lengths() {
        let items: Vec<usize> = (0..1700).collect();
        let lengths: Vec<usize> = portions(&items).map(<[usize]>::len).collect();
        assert_eq!(lengths, [512, 512, 512, 128, 32, 4]);
        assert_eq!(portions(&items).flatten().copied().collect::<Vec<_>>(), items);
        assert_eq!(portions::<usize>(&[]).count(), 0);
    }
}
