//! What every command that reads or writes the ledger does first.

use waterline_store::{Settings, Store};

use crate::{clock, config::Config};

/// Opens the database, laid out for this version.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(settings(config), clock::now()).await?)
}

/// Opens the database for a command that only makes sense on one that exists.
pub(crate) async fn open_existing_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open_existing(settings(config), clock::now()).await?)
}

fn settings(config: &Config) -> Settings {
    Settings {
        url: config.database.url().to_owned(),
        zone: config.zone,
        default_effort: config.default_effort.clone(),
        first_rules: config.classification.texts.clone(),
    }
}
