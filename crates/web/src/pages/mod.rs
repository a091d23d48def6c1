//! One module per page: its handlers, its view model, and the wording that only it has.

pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod figures_csv;
pub(crate) mod health;
pub(crate) mod iceberg;
pub(crate) mod method;
pub(crate) mod rules;
pub(crate) mod sign_in;
pub(crate) mod sources;
pub(crate) mod statements;
pub(crate) mod tag;
pub(crate) mod watch;

use crate::problem::PageError;

/// Every address that is not one of ours.
pub(crate) async fn nothing_here() -> Result<&'static str, PageError> {
    Err(PageError::NotFound)
}
