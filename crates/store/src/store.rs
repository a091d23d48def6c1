use std::collections::BTreeMap;

use waterline_core::{Kind, ReportingZone};

use crate::StoreError;

/// What every process on one database must agree on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path/to/file.db`, `sqlite::memory:` or `postgres://…`.
    pub url: String,
    /// In which days begin and end. Kept in the database; a different one is refused.
    pub zone: ReportingZone,
    /// Seconds to assume per kind where nothing was ever logged.
    pub default_effort: BTreeMap<Kind, i64>,
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens the database and brings its layout up to date (each migration in a transaction).
    pub async fn open(settings: Settings) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// The reporting time zone.
    pub fn zone(&self) -> ReportingZone {
        unimplemented!()
    }

    /// Cheap question for `/readyz`: does the database answer?
    pub async fn ping(&self) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Writes a consistent copy of an SQLite database to a file that does not exist yet. PostgreSQL
    /// has pg_dump, and the error says so.
    pub async fn backup(&self, to: &std::path::Path) -> Result<(), StoreError> {
        unimplemented!()
    }
}
