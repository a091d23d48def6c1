use std::sync::Arc;

use chrono::{DateTime, Utc};
use waterline_core::Clock;

/// The one place where Waterline asks the system for the time.
#[expect(clippy::disallowed_methods, reason = "the binary hands the system's clock to everyone else")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

pub(crate) fn system() -> Clock {
    Arc::new(now)
}
