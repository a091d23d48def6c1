//! The ledger: what is held of every piece of work, and what follows from it.
//!
//! Entities are private; nothing of SeaORM leaves this crate. Writes happen in one transaction each,
//! so that a crash leaves either the whole of a batch or nothing. Reports read rollups, never the
//! item table, and one function answers one question.
//!
//! Works on SQLite (embedded, one writer) and on PostgreSQL (several `serve` and `ingest` processes at
//! once). Never logs ticket text.

mod accounts;
mod audit_log;
mod error;
mod feeds;
mod items;
mod ledger;
mod reports;
mod store;
mod tags;
mod verify;

pub use accounts::{NewUser, Role, Session, SignIn, User};
pub use audit_log::AuditEntry;
pub use error::StoreError;
pub use feeds::{FeedStatus, RunMode, RunOutcome, RunTicket, Traffic};
pub use items::{ItemFilter, ItemPage, ItemView};
pub use ledger::{Batch, BatchOutcome, Classified, Reject};
pub use store::{Settings, Store};
pub use tags::TagOutcome;
pub use verify::{Discrepancy, Verification};
