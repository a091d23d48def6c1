//! What every command that reads or writes the ledger does first.

use anyhow::Context;
use chrono::{DateTime, Utc};
use indicatif::HumanCount;
use waterline_store::{Settings, Store};

use crate::{
    config::{Classification, Config},
    progress::{Task, Unit},
};

/// Opens the database, laid out for this version.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(settings(config)).await?)
}

/// Opens the database for a command that only makes sense on one that exists.
pub(crate) async fn open_existing_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open_existing(settings(config)).await?)
}

fn settings(config: &Config) -> Settings {
    Settings {
        url: config.database.url().to_owned(),
        zone: config.zone,
        default_effort: config.default_effort.clone(),
    }
}

/// Gives the rules their number and sees to it that every item held has its verdict from them.
pub(crate) async fn apply_rules(
    store: &Store,
    classification: &Classification,
    now: DateTime<Utc>,
) -> anyhow::Result<i32> {
    let number = store.rule_set_number(&classification.text, now).await?;
    let mut task = None;
    let moved = store
        .reclassify(&classification.classifier, number, |done, all| {
            task.get_or_insert_with(|| Task::begin("Sorting afresh by the new rules", Unit::Records))
                .advance(done, Some(all));
        })
        .await
        .context("the rules changed, and what is held could not be sorted by them")?;
    if let Some(task) = task {
        task.end(&format!("{} items moved to another category", HumanCount(moved)));
    }
    Ok(number)
}
