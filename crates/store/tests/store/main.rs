//! The store as others see it, on both databases.

mod accounts;
mod common;
mod figures;
mod ledger;
mod lists;
mod runs;
mod tags;
mod whole;
