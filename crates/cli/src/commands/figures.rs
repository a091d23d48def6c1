mod json;
mod table;

use waterline_core::{Evidence, Figures, MonthRange};

use crate::{
    args::{self, Format},
    clock,
    config::Config,
    failure::WrongUse,
    output, startup,
};

pub(crate) async fn run(asked: &args::Figures, config: &Config) -> anyhow::Result<()> {
    let period = MonthRange::new(asked.from, asked.to).map_err(|error| WrongUse(error.to_string()))?;
    let store = startup::open_existing_store(config).await?;
    let figures = Figures::new(
        period,
        asked.basis,
        asked.by,
        &store.work_done(period, asked.by.dimension()).await?,
        store.in_force().await?.classifier.taxonomy(),
        Evidence { coverage: store.coverage(clock::now()).await?, audits: &store.audits(period).await? },
        config.smallest_group,
    );
    let example = store.shows_example_data().await?;
    Ok(match asked.format {
        Format::Table => output::print(table::table(&figures, config.zone, example)),
        Format::Json => output::print(json::json(&figures, example)?),
        Format::Csv => output::print(waterline_board_pack::figures_csv(&figures)?),
    }?)
}

#[cfg(test)]
mod tests;
