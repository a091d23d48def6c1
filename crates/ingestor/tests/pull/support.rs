use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use waterline_core::Clock;
use waterline_ingestor::{Source, config::SourceConfig};

/// The present of every test that does not move it.
pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 9, 0, 0).unwrap()
}

pub(crate) fn clock() -> Clock {
    Arc::new(now)
}

pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// A ServiceNow source at this address; `more` is TOML that goes on in the table.
pub(crate) fn service_now(address: &str, more: &str) -> Source {
    let auth = if more.contains("auth =") {
        ""
    } else {
        "auth = { user = \"waterline\", password = { env = \"PASSWORD\" } }"
    };
    let text = format!("name = \"desk\"\nconnector = \"servicenow\"\nurl = \"{address}\"\n{auth}\n{more}\n");
    let config: SourceConfig = toml::from_str(&text).unwrap();
    config.build(&|_| Some(PASSWORD.to_owned()), &clock()).unwrap()
}
