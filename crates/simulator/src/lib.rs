//! Upstreams as they really answer, filled for a trust that does not exist.
//!
//! For the demo, tests and benchmarks. Nothing here is a real trust, person, patient or product, and
//! whatever shows this data says so ([`EXAMPLE_DATA`]). It knows nothing of how Waterline reads it.
#![warn(missing_docs)]

mod calendar;
mod departments;
mod dice;
mod generator;
mod lifecycle;
mod phrases;
mod projects;
mod record;
mod servicenow;
mod story;
mod systems;
mod teams;
mod titles_changes;
mod titles_incidents;
mod titles_projects;
mod titles_requests;
mod titles_tasks;
mod trust;
mod work;

pub use record::{Record, Stage, Table};
pub use servicenow::{Change, Fault, Faults, RateLimit, ServerHandle, ServiceNow, ServiceNowSettings};
pub use trust::{Trust, TrustSettings};

/// What every page, pack and feed that shows this data must say.
pub const EXAMPLE_DATA: &str = "Example data from a simulated trust";

/// The trust that does not exist.
pub const TRUST_NAME: &str = "Northmere Hospitals NHS Foundation Trust";
