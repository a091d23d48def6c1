use anyhow::bail;
use indicatif::HumanCount;

use crate::{args::Db, config::Config, output, startup};

pub(crate) async fn run(db: &Db, config: &Config) -> anyhow::Result<()> {
    let store = match db {
        Db::Migrate => startup::open_store(config).await?,
        Db::Verify | Db::Backup { .. } => startup::open_existing_store(config).await?,
    };
    match db {
        // Opening brings the layout up to date.
        Db::Migrate => output::print(format!("{} is up to date.", config.database.shown()))?,
        Db::Verify => {
            let found = store.verify().await?;
            let looked_at = format!(
                "{} items and {} rollup rows",
                HumanCount(found.items),
                HumanCount(found.rollup_rows)
            );
            for discrepancy in &found.discrepancies {
                output::print(&discrepancy.0)?;
            }
            match found.discrepancies.len() {
                0 => output::print(format!("{looked_at} compared: every figure is what its items say."))?,
                wrong => bail!("{looked_at} compared: {wrong} figures are not what their items say"),
            }
        }
        Db::Backup { file } => {
            store.backup(file).await?;
            output::print(format!("{} now holds a copy of {}.", file.display(), config.database.shown()))?;
        }
    }
    Ok(())
}
