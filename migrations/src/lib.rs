//! The history of the database, one file per subject.
//!
//! A migration is history: once released it is never edited, and it never imports an entity, because
//! entities move on. Each runs in a transaction on both databases, so that none is ever half applied.

use sea_orm_migration::prelude::*;

mod m20261123_000001_settings;
mod m20261123_000002_feeds;
mod m20261123_000003_ledger;
mod m20261123_000004_tags;
mod m20261123_000005_audit_log;
mod m20261123_000006_accounts;
mod m20261123_000007_classification;
mod m20261123_000008_workbench;
mod m20261123_000009_audit;
mod m20261123_000010_targets;

/// Brings a database up to the layout that this version works with.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_settings::Migration),
            Box::new(m20261123_000002_feeds::Migration),
            Box::new(m20261123_000003_ledger::Migration),
            Box::new(m20261123_000004_tags::Migration),
            Box::new(m20261123_000005_audit_log::Migration),
            Box::new(m20261123_000006_accounts::Migration),
            Box::new(m20261123_000007_classification::Migration),
            Box::new(m20261123_000008_workbench::Migration),
            Box::new(m20261123_000009_audit::Migration),
            Box::new(m20261123_000010_targets::Migration),
        ]
    }
}
