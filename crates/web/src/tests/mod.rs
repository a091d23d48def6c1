//! The application as a whole, called as a browser or a scraper would.

mod access;
mod audit;
mod metrics;
mod pages;
mod rules;
mod tagging;
