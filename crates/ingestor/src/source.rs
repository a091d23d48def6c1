use waterline_core::{TextPolicy, redaction::Redactor};

use crate::{Connector, FeedId, FetchError, HttpClient};

/// One configured upstream, ready to be pulled: a connector with an address and a name.
pub struct Source {
    /// Database key and metric label.
    pub name: String,
    /// How much of a ticket's text is kept.
    pub text: TextPolicy,
    /// Takes people and patients out of that text.
    pub redactor: Redactor,
    /// Whether this is simulated data.
    pub example_data: bool,
    /// Talks to the upstream and understands it.
    pub connector: Box<dyn Connector>,
    /// The connector's own client, which counts its traffic.
    pub http: HttpClient,
    /// A part of the connector's feeds; `None` is all of them.
    pub only: Option<Vec<FeedId>>,
}

impl Source {
    /// The feeds to drain, in order.
    pub fn feeds(&self) -> &[FeedId] {
        self.only.as_deref().unwrap_or_else(|| self.connector.feeds())
    }

    /// Asks for the first batch and reads it, once and without storing anything. Gives how many records
    /// the feed holds, where the source tells. Refused where not one record could be read.
    pub async fn probe(&self, feed: FeedId) -> Result<Option<u64>, FetchError> {
        let batch = self.connector.fetch(feed, None).await?;
        let mut first_fault = None;
        let mut any_read = batch.records.is_empty();
        for record in &batch.records {
            match self.connector.extract(record) {
                Ok(_) => any_read = true,
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        match first_fault {
            Some(fault) if !any_read => Err(FetchError::Refused {
                endpoint: format!("{}/{feed}", self.name),
                reason: format!(
                    "{} records came and none of them could be read; the first: {fault}",
                    batch.records.len()
                ),
            }),
            _ => Ok(batch.upstream_total),
        }
    }
}
