use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Asks for the present. The binary hands in the system's clock, tests hand in their own, and
/// nothing else in Waterline knows the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
