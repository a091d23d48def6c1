//! What tests share.

use waterline_core::TextPolicy;
use waterline_store::FeedStatus;

/// A feed that was never pulled.
pub(crate) fn feed(source: &str, feed: &str) -> FeedStatus {
    FeedStatus {
        source: source.to_owned(),
        connector: "servicenow".to_owned(),
        feed: feed.to_owned(),
        text: TextPolicy::Title,
        example_data: false,
        up: None,
        running: false,
        last_run_at: None,
        last_success_at: None,
        last_error: None,
        newest_at: None,
        held: 0,
        gone: 0,
        upstream_total: None,
        rejected: 0,
        batches: 0,
        records: 0,
        requests: std::collections::BTreeMap::new(),
        retries: 0,
        throttled_seconds: 0.0,
    }
}
