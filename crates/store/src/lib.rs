//! The ledger: what is held of every piece of work, and what follows from it.
//!
//! Entities are private; nothing of SeaORM leaves this crate. Writes happen in one transaction each,
//! so that a crash leaves either the whole of a batch or nothing. Reports read rollups, never the
//! item table, and one function answers one question.
//!
//! Works on SQLite (embedded, one writer) and on PostgreSQL (several `serve` and `ingest` processes at
//! once). Never logs ticket text.
#![warn(missing_docs)]

mod accounts;
mod adoption;
mod adoption_lease;
mod alike;
mod audit_log;
mod bulk;
mod connect;
mod contributions;
mod corpus;
mod dialect;
mod dry_run;
mod entity;
mod error;
mod estimates;
mod feeds;
mod finding;
mod held;
mod in_force;
mod inheritance;
mod items;
mod kin;
mod lease;
mod ledger;
mod models;
mod moves;
mod passwords;
mod plan;
mod queue;
mod recheck;
mod reconcile;
mod reports;
mod rollup;
mod rule_drafts;
mod rule_sets;
mod runs;
mod sample;
mod sessions;
mod shift;
mod sorting;
mod store;
mod tag_history;
mod tags;
mod targets;
mod token;
mod verdicts;
mod verify;
mod watch;

pub use accounts::{NewUser, Role, User};
pub use adoption::{AdoptionState, AdoptionView};
pub use alike::{MOST_ALIKE, MOST_AT_ONCE};
pub use audit_log::AuditEntry;
pub use dry_run::{DryRun, Flow, LintReport, MovedExample};
pub use error::StoreError;
pub use feeds::{FeedStatus, Quarantined, Traffic};
pub use finding::Count;
pub use in_force::InForce;
pub use items::{ItemFilter, ItemPage, ItemView};
pub use ledger::{Batch, BatchOutcome, Reject};
pub use models::{HeldOut, ModelView, Training};
pub use queue::{Queue, QueueItem};
pub use rule_drafts::{Caught, RuleSetHead, SeenItem};
pub use rule_sets::{RuleTexts, StoredRuleSet};
pub use runs::{RunMode, RunOutcome, RunTicket};
pub use sample::{BlindItem, BlindWork, NewSampleAudit, SampleAudit};
pub use sessions::{Session, SignIn};
pub use shift::{Change, MonthShift, Shift, SideChange};
pub use store::{Settings, Store};
pub use tag_history::{ActionsOf, TagAction, TagNote};
pub use tags::TagOutcome;
pub use targets::Target;
pub use verify::{Discrepancy, Verification};
pub use watch::Watched;
