//! End to end: everything together, on both databases and against real servers.
//!
//! Plain `cargo test` runs what needs nothing but this repository, and prints a line for each test that
//! `scripts/test` would run beyond it.

#[cfg(test)]
mod hospital;
#[cfg(test)]
mod house;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod request_tracker;
#[cfg(test)]
mod servicenow;
#[cfg(test)]
mod site;
#[cfg(test)]
mod support;
