//! The store as others see it, on both databases.

mod common;
mod ledger;
