//! Connectors and the runner against servers that answer as the real ones do, well and badly.
#![cfg(test)]

mod http;
mod runner;
mod script;
mod servicenow;
mod support;
mod table_api;
