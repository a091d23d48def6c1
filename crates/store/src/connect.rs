//! Opens connections: one writer and some readers on SQLite, one pool on PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnAcquireErr, ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::StoreError;

/// How long a statement waits for another process that writes to the same SQLite file.
const BUSY: Duration = Duration::from_secs(30);

/// How long a task waits for its turn at the one connection that writes. Longer than any batch takes.
const TURN: Duration = Duration::from_secs(60);

/// How long a task waits for one of many connections to a server, and for the server to come up.
const ANSWER: Duration = Duration::from_secs(10);

/// Pages are small, so a few readers serve many people.
const READERS: u32 = 4;

/// PostgreSQL allows 100 in all by default, and several processes share them.
const POOL: u32 = 10;

/// SQLite has one writer at a time. A pool of one lets our own tasks queue for it in order instead of
/// polling its lock; readers never wait for it, because the journal is written ahead.
pub(crate) struct Connections {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
}

pub(crate) async fn connect(url: &str) -> Result<Connections, StoreError> {
    let failed = |reason: String| StoreError::Open { url: without_password(url), reason };
    match Address::parse(url).map_err(failed)? {
        Address::Memory => {
            let only = in_memory().await.map_err(|error| failed(reason(&error)))?;
            Ok(Connections { reader: only.clone(), writer: only })
        }
        Address::File(path) => {
            prepare(&path).map_err(failed)?;
            let open = async || {
                Ok(Connections { writer: file(&path, 1).await?, reader: file(&path, READERS).await? })
            };
            open().await.map_err(|error: DbErr| failed(reason(&error)))
        }
        Address::Postgres => {
            let pool = postgres(url).await.map_err(|error| failed(reason(&error)))?;
            Ok(Connections { reader: pool.clone(), writer: pool })
        }
    }
}

/// The file of an SQLite database that does not exist yet. `None` for one that does, and for addresses
/// that only an attempt to connect can judge.
pub(crate) fn missing_file(url: &str) -> Option<PathBuf> {
    match Address::parse(url) {
        Ok(Address::File(path)) if !path.exists() => Some(path),
        _ => None,
    }
}

#[derive(Debug, PartialEq)]
enum Address {
    Memory,
    File(PathBuf),
    Postgres,
}

impl Address {
    fn parse(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres);
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return Err("write sqlite://path/to/file.db or postgres://user@host/database".to_owned());
        };
        match rest.strip_prefix("//").unwrap_or(rest) {
            ":memory:" => Ok(Self::Memory),
            "" => Err("the name of the file is missing".to_owned()),
            path if path.contains('?') => {
                Err("options after ? are not known; Waterline sets its own".to_owned())
            }
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

fn prepare(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Err("this is a folder; name a file in it".to_owned());
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder)
            .map_err(|error| format!("its folder {} cannot be made: {error}", folder.display())),
        _ => Ok(()),
    }
}

/// Values may be ticket text, so statements are never logged.
fn quiet(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(TURN)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false);
    options
}

async fn in_memory() -> Result<DatabaseConnection, DbErr> {
    let mut options = quiet("sqlite::memory:", 1);
    // The database lives as long as its connection.
    options.min_connections(1).idle_timeout(None).max_lifetime(None);
    Database::connect(options).await
}

async fn file(path: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = quiet("sqlite://", connections);
    let path = path.to_owned();
    options.idle_timeout(None).max_lifetime(None).map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .pragma("temp_store", "MEMORY")
    });
    Database::connect(options).await
}

async fn postgres(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = quiet(url, POOL);
    // A server that was restarted closes its connections; better to notice before a page needs one.
    // And a plan made while the tables were empty would be kept for a whole first pull: looking up the
    // versions held then reads the table from one end to the other for every batch.
    options
        .map_sqlx_postgres_opts(|server| server.options([("plan_cache_mode", "force_custom_plan")]))
        .acquire_timeout(ANSWER)
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .set_application_name("waterline");
    Database::connect(options).await
}

/// What lies at the bottom of a chain of errors; the rest only says that something failed.
fn reason(error: &DbErr) -> String {
    // The driver tries again until its time is up, and then says only that.
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) {
        return format!("no server answered within {} seconds", ANSWER.as_secs());
    }
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

fn without_password(url: &str) -> String {
    let shown = url.split_once('?').map_or(url, |(address, _)| address);
    match (shown.split_once("://"), shown.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        assert_eq!(Address::parse("sqlite::memory:"), Ok(Address::Memory));
        assert_eq!(Address::parse("sqlite://data/a b.db"), Ok(Address::File("data/a b.db".into())));
        assert_eq!(Address::parse("sqlite:///var/w.db"), Ok(Address::File("/var/w.db".into())));
        assert_eq!(Address::parse("postgres://localhost/w"), Ok(Address::Postgres));
        assert!(Address::parse("sqlite://w.db?mode=ro").is_err());
        assert!(Address::parse("mysql://localhost/w").unwrap_err().contains("postgres://"));
    }

    #[test]
    fn an_error_never_shows_the_password() {
        assert_eq!(without_password("postgres://me:se/c@ret@host:5432/w?x=1"), "postgres://…@host:5432/w");
        assert_eq!(without_password("sqlite://w.db"), "sqlite://w.db");
    }
}
