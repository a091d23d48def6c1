use async_trait::async_trait;
use chrono::{DateTime, Utc};
use waterline_core::WorkItem;

/// One list that a source offers, for example `incident`. Config key, database key and metric label.
pub type FeedId = &'static str;

/// Where the next batch begins, in the connector's own words (JSON); opaque to everyone else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// One record as the source gave it. Never stored.
#[derive(Clone, Debug)]
pub struct RawRecord {
    pub feed: FeedId,
    pub json: serde_json::Value,
}

/// What one fetch returned, and where the next begins.
#[derive(Clone, Debug)]
pub struct Batch {
    /// May be empty although more follow: some sources hide rows after they cut the page.
    pub records: Vec<RawRecord>,
    pub next: Next,
    /// How many records the whole feed holds upstream (not only what is new), where this answer told.
    pub upstream_total: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// More wait behind this cursor.
    More(Cursor),
    /// Nothing newer upstream; the next run starts here.
    CaughtUp(Cursor),
}

/// Variants say what the runner does next, not which library failed. Every message names the endpoint
/// and never holds a query string, which may carry a secret.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Wait, then ask the same again.
    #[error("{endpoint} asks us to wait until {retry_at}")]
    RateLimited { endpoint: String, retry_at: DateTime<Utc> },
    /// Ask the same again a few times, waiting longer each time.
    #[error("{endpoint} did not answer properly: {reason}")]
    Transient { endpoint: String, reason: String },
    /// Give up at once: nothing but a person mends it. `reason` says what to do.
    #[error("{endpoint}: {reason}")]
    Refused { endpoint: String, reason: String },
}

/// A record that cannot be read: it is quarantined with this reason, and the run goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ExtractError {
    /// The record's id, where it could be read: the later item's `external_id`, which ends the quarantine.
    pub record: Option<String>,
    /// Names the field and what is wrong with it, never its content where that could be text.
    pub reason: String,
}

/// Code for one upstream product. Four methods and no defaults; it must refuse to grow: what every
/// connector would do the same way (retries, waits, limits, redaction, persistence) is the runner's or
/// the [`crate::HttpClient`]'s.
///
/// A connector's folder has two parts: `mod.rs` talks, `extract.rs` understands. A new one keeps to the
/// conformance tests in `tests/pull`, which name the traps: ties across a page edge, records updated
/// while we page, short pages, a filter that is ignored, times without a zone.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Config key, database key and metric label. To rename one is a data migration.
    fn id(&self) -> &'static str;

    /// The lists it drains, in order.
    fn feeds(&self) -> &[FeedId];

    /// Fetches one batch: the first of all after `None`, else the one behind the cursor, which came with
    /// an earlier batch of the same feed, maybe from another process and before a restart.
    ///
    /// The runner may ask for the same batch twice (a retry, or a crash before the batch was stored), so
    /// this changes nothing upstream and keeps no place of its own. It may be dropped at any await.
    /// Records may come twice, but none may be passed over; one that changes meanwhile must come again.
    /// What a source returns against the filter is refused, since then nothing else can be relied on.
    async fn fetch(&self, feed: FeedId, after: Option<&Cursor>) -> Result<Batch, FetchError>;

    /// Reads work items out of one record: several, or none where the record is no work. Pure, so that
    /// fixtures alone test it, and it never panics. Holds no person's name afterwards.
    fn extract(&self, record: &RawRecord) -> Result<Vec<WorkItem>, ExtractError>;
}
