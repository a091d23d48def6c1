use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait, sea_query::OnConflict,
};
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};
use waterline_core::{EffortRates, Kind, ReportingZone};
use waterline_migrations::Migrator;

use crate::{
    InForce, RuleTexts, StoreError, adoption, connect, dialect,
    entity::setting,
    error::{Doing, unreadable},
    token,
};

/// What every process on one database must agree on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path/to/file.db`, `sqlite::memory:` or `postgres://…`.
    pub url: String,
    /// In which days begin and end. Kept in the database; a different one is refused.
    pub zone: ReportingZone,
    /// Seconds to assume per kind where nothing was ever logged.
    pub default_effort: BTreeMap<Kind, i64>,
    /// What an empty database begins with. Once there is one, its own rules hold; see
    /// [`Store::adopt`] for changing them.
    pub first_rules: RuleTexts,
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    connections: connect::Connections,
    zone: ReportingZone,
    default_effort: BTreeMap<Kind, i64>,
    /// Tells this process from others where leases are held.
    owner: String,
    /// What was in force when last asked, compiled.
    in_force: RwLock<Option<Arc<InForce>>>,
}

const ZONE: &str = "reporting.zone";
pub(crate) const EFFORT_RATES: &str = "effort_rates";

impl Store {
    /// Opens the database and brings its layout up to date (each migration in a transaction).
    pub async fn open(settings: Settings, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let connections = connect::connect(&settings.url).await?;
        let tx = dialect::begin_write(&connections.writer).await.doing("be laid out")?;
        dialect::lock_layout(&tx).await.doing("be laid out")?;
        lay_out(&tx).await?;
        agree_on_zone(&tx, settings.zone).await?;
        let rates = EffortRates::from_defaults(settings.default_effort.clone());
        let rates =
            serde_json::to_string(&rates).map_err(|e| unreadable(e.to_string())).doing("keep the rates")?;
        keep_first(&tx, EFFORT_RATES, rates).await?;
        adoption::begin_with(&tx, &settings.first_rules, now).await?;
        tx.commit().await.doing("be laid out")?;
        let inner = Inner {
            connections,
            zone: settings.zone,
            default_effort: settings.default_effort,
            owner: token::random()?,
            in_force: RwLock::new(None),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens a database to read what is in it: unlike [`Store::open`], a file that does not exist is an
    /// error, so that a mistyped path is not answered with figures of nothing.
    pub async fn open_existing(settings: Settings, now: DateTime<Utc>) -> Result<Self, StoreError> {
        if let Some(file) = connect::missing_file(&settings.url) {
            return Err(StoreError::Missing(file.display().to_string()));
        }
        Self::open(settings, now).await
    }

    /// The reporting time zone.
    pub fn zone(&self) -> ReportingZone {
        self.inner.zone
    }

    /// Cheap question for `/readyz`: does the database answer?
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader().ping().await.doing("answer")
    }

    /// Writes a consistent copy of an SQLite database to a file that does not exist yet. PostgreSQL
    /// has `pg_dump`, and the error says so.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let writer = self.writer();
        if writer.get_database_backend() != DbBackend::Sqlite {
            return Err(StoreError::Refused(
                "this backs up SQLite databases only; for PostgreSQL use pg_dump".to_owned(),
            ));
        }
        if to.exists() {
            return Err(StoreError::Refused(format!(
                "{} exists already; name a file that does not",
                to.display()
            )));
        }
        let Some(path) = to.to_str() else {
            return Err(StoreError::Refused(format!("the name {} is not valid UTF-8", to.display())));
        };
        dialect::copy_to_file(writer, path).await.doing("be copied")
    }

    /// For reads outside a transaction. Never use it while holding one: an SQLite database in memory
    /// has a single connection, and waiting for it would never end.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.inner.connections.reader
    }

    /// For single statements that write.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.inner.connections.writer
    }

    /// Begins a transaction that will write.
    pub(crate) async fn begin(&self, doing: &'static str) -> Result<DatabaseTransaction, StoreError> {
        dialect::begin_write(self.writer()).await.doing(doing)
    }

    /// What of this adoption is compiled already.
    pub(crate) fn remembered(&self, adoption: i64) -> Option<Arc<InForce>> {
        let known = self.inner.in_force.read().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|known| known.adoption == adoption)
    }

    pub(crate) fn remember(&self, in_force: Arc<InForce>) {
        *self.inner.in_force.write().unwrap_or_else(PoisonError::into_inner) = Some(in_force);
    }

    pub(crate) fn owner(&self) -> &str {
        &self.inner.owner
    }

    pub(crate) fn default_effort(&self) -> &BTreeMap<Kind, i64> {
        &self.inner.default_effort
    }
}

async fn lay_out(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    const DOING: &str = "be laid out";
    let known: BTreeSet<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    // Asked without the migrator, which would try to create its table: `serve` may well run as a role
    // that may not create any.
    let begun = SchemaManager::new(tx).has_table("seaql_migrations").await.doing(DOING)?;
    let applied =
        if begun { seaql_migrations::Entity::find().all(tx).await.doing(DOING)? } else { Vec::new() };
    if let Some(newer) = applied.iter().find(|migration| !known.contains(&migration.version)) {
        return Err(StoreError::NewerSchema(newer.version.clone()));
    }
    if applied.len() == known.len() {
        return Ok(());
    }
    Migrator::up(tx, None).await.map_err(|source| {
        if dialect::is_forbidden(&source) {
            StoreError::NotMigrated
        } else {
            StoreError::Database { doing: DOING, source }
        }
    })
}

async fn agree_on_zone(tx: &DatabaseTransaction, zone: ReportingZone) -> Result<(), StoreError> {
    let kept = keep_first(tx, ZONE, zone.name().to_owned()).await?;
    if kept != zone.name() {
        return Err(StoreError::OtherZone { kept, configured: zone.name().to_owned() });
    }
    Ok(())
}

/// Keeps a setting unless there is one already; gives the one that holds.
pub(crate) async fn keep_first(
    tx: &DatabaseTransaction,
    key: &'static str,
    value: String,
) -> Result<String, StoreError> {
    const DOING: &str = "keep its settings";
    let fresh = setting::Model { key: key.to_owned(), value: value.clone() };
    let insert = crate::bulk::insert(
        [setting::ActiveModel::from(fresh)],
        Some(OnConflict::column(setting::Column::Key).do_nothing().to_owned()),
    );
    tx.execute(&insert).await.doing(DOING)?;
    let kept = setting::Entity::find_by_id(key).one(tx).await.doing(DOING)?;
    Ok(kept.map_or(value, |row| row.value))
}
