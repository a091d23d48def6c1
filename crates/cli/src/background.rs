//! What goes on behind the pages: puts in force what people ask for, trains a model when enough was tagged,
//! and looks for what is odd.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinHandle;
use waterline_store::{AdoptionState, Store, StoreError};

use crate::{adopting, clock};

/// How often to ask whether something waits; a small question, and people watch the answer.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How often to look for what is odd, which reads items; what it looks at changes by the day.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(1);

/// After trouble with the database, which may last.
const AFTER_TROUBLE: Duration = Duration::from_secs(60);

/// The same tags give the same model, in whichever process.
const SEED: u64 = 1;

/// Runs until the task is aborted or the process ends; what it was doing then is begun afresh by the next.
pub(crate) fn start(store: Store) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let wait = match round(&store).await {
                Ok(()) => ASK_EVERY,
                Err(error) => {
                    let cause =
                        std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    tracing::error!("the work behind the pages goes on in a minute: {error}: {cause}");
                    AFTER_TROUBLE
                }
            };
            tokio::time::sleep(wait).await;
        }
    })
}

async fn round(store: &Store) -> Result<(), StoreError> {
    if let Some(done) = store.run_adoption(&clock::system(), |_, _| {}).await? {
        let sentence = adopting::in_words(&done);
        match done.state {
            AdoptionState::Failed => tracing::error!("{sentence}"),
            _ => tracing::info!("{sentence}"),
        }
    }
    let now = clock::now();
    if store.alarms().await?.at.is_none_or(|at| now - at >= LOOK_EVERY) {
        for alarm in store.watch(now).await?.alarms {
            tracing::warn!("{}", alarm.for_staff());
        }
    }
    if store.training_is_due().await? {
        tracing::info!("{}", store.train_model(SEED, clock::now()).await?.sentence);
    }
    Ok(())
}
