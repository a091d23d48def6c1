//! `/metrics`: what this process counted (`http.rs`) and what the ledger says (`service.rs`).
//!
//! A scrape reads rollups and the state of the feeds. It never calls a source and never scans items.

mod http;
pub(crate) mod service;

pub(crate) use http::{HttpMetrics, observe};
