//! One module per page: its handlers, its view model, and the wording that only it has.

pub(crate) mod health;
pub(crate) mod sign_in;

use crate::problem::PageError;

/// Every address that is not one of ours.
pub(crate) async fn nothing_here() -> Result<&'static str, PageError> {
    Err(PageError::NotFound)
}
