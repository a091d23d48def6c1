//! Gets work into the ledger: connectors, the runner that drains them, and file imports.
//!
//! A connector only talks and understands; the runner owns the loop, retries, limits, redaction,
//! classification and persistence. Nothing here changes anything upstream, keeps a raw record, or logs
//! ticket text or secrets.

mod answer;
mod auth;
pub mod config;
mod connector;
mod http;
pub mod import;
pub mod request_tracker;
mod retry;
mod runner;
pub mod servicenow;
mod source;

pub use answer::Answer;
pub use auth::{Auth, Credentials};
pub use connector::{Batch, Connector, Cursor, ExtractError, FeedId, FetchError, Next, RawRecord};
pub use http::{HttpClient, HttpLimits};
pub use retry::RunnerLimits;
pub use runner::{FeedOutcome, FeedReport, Progress, PullEvent, PullReport, Runner};
pub use source::Source;
