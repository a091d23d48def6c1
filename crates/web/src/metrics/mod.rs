//!
//! A scrape reads rollups and the state of the feeds. It never calls a source and never scans items.

mod http;

pub(crate) use http::{HttpMetrics, observe};
