//! The store as others see it, on both databases.

mod common;
mod figures;
mod ledger;
mod stopping;
