//! The pages, sign-in and metrics: parses a request, asks the store, builds a page.
//!
//! Works out no figure itself (that is `waterline_core`), draws no picture (`waterline_charts`), and
//! never calls a source. Everything that a page needs comes from the binary: no font, script or style
//! from another host. Every page works without script, and keeps its state in its address.

mod access;
mod app;
mod assets;
mod category_keys;
mod form;
mod headers;
mod layout;
mod metrics;
mod pages;
mod period;
mod problem;
mod routes;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod words;

pub use app::{App, ServeError, WebSettings, bind, serve};
