//! Many rows in few statements.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Insert, QueryTrait,
    sea_query::{InsertStatement, OnConflict},
};

/// Rows in one statement at the most. SQLite binds at most 32,766 values, and a work item has under 40.
const MOST: usize = 512;

/// Cuts a slice into portions whose lengths are powers of two: a batch of any size then needs at most
/// ten different statements, which both databases keep prepared.
pub(crate) fn portions<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let largest = rest.len().checked_ilog2().map(|power| 1 << power)?;
        let (portion, after) = rest.split_at(MOST.min(largest));
        rest = after;
        Some(portion)
    })
}

/// One statement for all rows. Returns nothing, so that a conflict that does nothing is not an error.
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

/// Inserts all rows, in portions.
pub(crate) async fn insert_all<E>(
    tx: &DatabaseTransaction,
    rows: &[E::ActiveModel],
    on_conflict: Option<&OnConflict>,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: Clone + Sync,
{
    for portion in portions(rows) {
        let statement = insert(portion.iter().cloned(), on_conflict.cloned());
        tx.execute(&statement).await?;
    }
    Ok(())
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
