//! Putting rules and models in force while somebody watches.

use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::HumanCount;
use waterline_core::{Taxonomy, rules::RuleSet};
use waterline_store::{AdoptionState, AdoptionView, RuleTexts, Store, StoreError};

use crate::{
    clock,
    config::Config,
    output,
    progress::{Task, Unit},
    stop::Stop,
};

/// How often to ask how far another process is.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Does an adoption that was asked for, or watches whoever does.
pub(crate) async fn put_in_force(store: &Store, adoption: i64) -> anyhow::Result<AdoptionView> {
    let mut stop = Stop::on_signals()?;
    match stop.or(work_or_watch(store, adoption)).await {
        Some(done) => done,
        None => {
            store.give_leases_back().await?;
            bail!("stopped when asked to; what was in force still is, and `waterline serve` goes on with it")
        }
    }
}

async fn work_or_watch(store: &Store, adoption: i64) -> anyhow::Result<AdoptionView> {
    let mut task = Task::begin("sorting afresh", Unit::Records);
    loop {
        let told = |done, total| task.advance(done, Some(total));
        let done = store.run_adoption(&clock::system(), told).await?;
        let seen = match done {
            Some(done) if done.id == adoption => done,
            _ => store.adoption(adoption).await?.context("the adoption is no longer known")?,
        };
        match seen.state {
            AdoptionState::Waiting | AdoptionState::Sorting => {
                task.advance(seen.done, Some(seen.total));
                tokio::time::sleep(ASK_EVERY).await;
            }
            AdoptionState::InForce | AdoptionState::Superseded => return Ok(seen),
            AdoptionState::Failed => bail!(seen.trouble.unwrap_or_else(|| "it cannot be done".to_owned())),
        }
    }
}

/// Does what waits, where something does: an older version's tickets, or rules that a page asked for.
pub(crate) async fn put_waiting_in_force(store: &Store) -> anyhow::Result<()> {
    let mut task = Task::begin("sorting afresh", Unit::Records);
    let told = |done, total| task.advance(done, Some(total));
    if let Some(done) = store.run_adoption(&clock::system(), told).await? {
        output::note(in_words(&done));
    }
    Ok(())
}

/// What came of an adoption, in a sentence.
pub(crate) fn in_words(done: &AdoptionView) -> String {
    let what = match done.model {
        Some(model) => format!("Rule set {} with model {model}", done.rule_set),
        None => format!("Rule set {}", done.rule_set),
    };
    match (&done.state, &done.trouble) {
        (AdoptionState::Failed, Some(trouble)) => format!("{what} could not be put in force: {trouble}"),
        _ => format!(
            "{what} is in force; {} of {} items moved.",
            HumanCount(done.moved),
            HumanCount(done.total)
        ),
    }
}

/// The taxonomy in force follows the configured one: where a trust changed that, the rules in force with
/// the new taxonomy are put in force.
pub(crate) async fn follow_taxonomy(store: &Store, config: &Config) -> anyhow::Result<()> {
    let configured = config.classification.classifier.taxonomy();
    let in_force = store.in_force().await?;
    if configured == in_force.classifier.taxonomy() {
        return Ok(());
    }
    let held = store.rule_set(in_force.rule_set).await?.context("the rule set in force is not kept")?;
    let texts = RuleTexts { taxonomy: config.classification.texts.taxonomy.clone(), ..held.texts };
    let by = "configuration";
    check(&texts, configured).with_context(|| {
        format!(
            "the taxonomy in the configuration no longer fits the rules in force (rule set {}); change the \
             rules on /rules or with `waterline rules`, or take the change of the taxonomy back",
            in_force.rule_set
        )
    })?;
    let number = store.rule_set_number(&texts, by, clock::now()).await?;
    let waits = store.adoptions(1).await?.into_iter().find(|newest| newest.rule_set == number);
    if waits.is_some_and(|newest| matches!(newest.state, AdoptionState::Waiting | AdoptionState::Sorting)) {
        return Ok(());
    }
    let reason = "the taxonomy in the configuration changed";
    match store.ask_adoption(number, in_force.model, reason, by, clock::now()).await {
        Ok(_) => output::note(format!(
            "The taxonomy in the configuration changed, so every ticket is sorted afresh by rule set {number}: \
             the rules in force with the new taxonomy."
        )),
        Err(StoreError::Refused(why)) => output::note(format!(
            "The taxonomy in the configuration changed, but cannot be put in force yet: {why}. The next start \
             tries again."
        )),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn check(texts: &RuleTexts, taxonomy: &Taxonomy) -> anyhow::Result<()> {
    RuleSet::parse(&texts.rules, taxonomy)?;
    Ok(())
}
