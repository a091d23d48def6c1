//! Where the two databases differ. The only place with SQL of our own making; everything else goes
//! through the query builder.

mod packed;
mod rows;
mod words;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sea_query::{Expr, SimpleExpr},
};

pub(crate) use packed::{Cells, CopyCells, JsonCells, Packed, packed_rows, rows_as_json};
pub(crate) use rows::{insert_rows, is_among, most_rows, select_rows};
pub(crate) use words::{newest_with, unindexed, words};

/// Held while migrating, so that two processes that start at once do not both lay out the database.
/// Any number that nobody else uses in this database.
const LAYOUT_LOCK: i64 = 0x57_41_54_45_52;

/// Begins a transaction that will write. SQLite takes its write lock at once: a transaction that reads
/// first and writes later is refused without waiting when another wrote in between.
pub(crate) async fn begin_write(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    })
    .await
}

/// Begins a transaction that sees one moment of the database, however long it reads.
pub(crate) async fn begin_snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = match db.get_database_backend() {
        DbBackend::Postgres => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        },
        // Any SQLite transaction is a snapshot, and setting levels is not known there.
        _ => TransactionOptions::default(),
    };
    db.begin_with_options(options).await
}

/// Lets one process at a time lay out the database; until the transaction ends. SQLite has locked
/// already.
pub(crate) async fn lock_layout(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LAYOUT_LOCK})")).await?;
    }
    Ok(())
}

/// Makes PostgreSQL look rows up by an index until the transaction ends. While a first pull fills a table it
/// knows nothing of what is in it, and would rather read the whole of it for every batch.
pub(crate) async fn prefer_indices(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
    }
    Ok(())
}

/// Whether PostgreSQL answered that this role may not do it.
pub(crate) fn is_forbidden(error: &DbErr) -> bool {
    error.to_string().contains("permission denied")
}

/// The first day of the month of a date column. `column` is a name from our own code, never input.
pub(crate) fn month_of(backend: DbBackend, column: &'static str) -> SimpleExpr {
    Expr::cust(match backend {
        DbBackend::Postgres => format!("CAST(date_trunc('month', {column}) AS date)"),
        _ => format!("date({column}, 'start of month')"),
    })
}

/// Copies an SQLite database into a new file.
pub(crate) async fn copy_to_file(db: &DatabaseConnection, path: &str) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()])).await?;
    Ok(())
}
