use std::sync::Arc;

use anyhow::bail;
use indicatif::HumanCount;
use tokio::task::JoinSet;
use waterline_ingestor::{Runner, RunnerLimits, Source};
use waterline_store::{Quarantined, RunMode, Store};

use crate::{
    adopting, args::Ingest, clock, config::Config, environment::Environment, output, progress, startup,
    stop::Stop,
};

pub(crate) async fn run(ingest: &Ingest, config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let sources = config.sources(&ingest.sources, environment, &clock::system())?;
    if sources.is_empty() {
        bail!("the configuration has no [[source]]; config/sources.example.toml shows one of each sort");
    }
    let sources: Vec<Arc<Source>> = sources.into_iter().map(Arc::new).collect();
    let mut stop = Stop::on_signals()?;
    let store = startup::open_store(config).await?;
    adopting::follow_taxonomy(&store, config).await?;
    match stop.or(pull(ingest, config, store.clone(), &sources)).await {
        Some(outcome) => outcome,
        None => {
            store.give_leases_back().await?;
            // To watch is to go on until stopped, so only a single pull was cut short.
            if ingest.watch {
                return Ok(());
            }
            bail!("stopped when asked to; what was stored stays, and the next pull goes on behind it")
        }
    }
}

async fn pull(ingest: &Ingest, config: &Config, store: Store, sources: &[Arc<Source>]) -> anyhow::Result<()> {
    let runner = Arc::new(Runner { store, clock: clock::system(), limits: RunnerLimits::default() });
    // With --watch, only the first round is from the beginning: the rest need what is new.
    let mut mode = if ingest.full { RunMode::Full } else { RunMode::Incremental };
    loop {
        adopting::put_waiting_in_force(&runner.store).await?;
        let failed = round(&runner, sources, mode).await;
        for waiting in runner.store.quarantine(5).await? {
            let Quarantined { source, feed, reason, records } = waiting;
            output::note(format!(
                "{source}/{feed}: {} could not be read: {reason}",
                HumanCount(records.unsigned_abs())
            ));
        }
        let outcome = format!("{failed} of {} sources could not be pulled completely", sources.len());
        match (ingest.watch, failed) {
            (false, 0) => return Ok(()),
            (false, _) => bail!(outcome),
            (true, 0) => {}
            (true, _) => output::note(outcome),
        }
        mode = RunMode::Incremental;
        tokio::time::sleep(config.ingest_every).await;
    }
}

/// Pulls all sources at once, since one that makes us wait should not keep the others from their turn.
/// Gives how many failed.
async fn round(runner: &Arc<Runner>, sources: &[Arc<Source>], mode: RunMode) -> usize {
    let mut pulls: JoinSet<bool> = sources
        .iter()
        .cloned()
        .map(|source| {
            let runner = runner.clone();
            async move {
                let progress = progress::Pull::default();
                let report = runner.pull(&source, mode, &|event| progress.hear(event)).await;
                if let Some(trouble) = &report.trouble {
                    output::note(format!("{}: {trouble}", report.source));
                }
                report.is_good()
            }
        })
        .collect();
    let mut failed = 0;
    while let Some(outcome) = pulls.join_next().await {
        failed += usize::from(!outcome.unwrap_or(false));
    }
    failed
}
