mod dry_run;

use std::{fs, path::Path};

use anyhow::Context;
use indicatif::HumanCount;
use waterline_core::rules::RuleSet;
use waterline_store::{AdoptionState, AdoptionView, DryRun, RuleTexts, Store, StoreError};

use crate::{
    adopting,
    args::{Rules, TextFormat},
    clock,
    config::Config,
    failure::WrongUse,
    output,
    progress::{Task, Unit},
    startup,
};

/// Who the audit log names: whoever may use the database's credentials is known to the system, not to us.
const ACTOR: &str = "command line";

pub(crate) async fn run(rules: &Rules, config: &Config) -> anyhow::Result<()> {
    let store = match rules {
        // One may bring the first rules before the first ticket comes.
        Rules::Import { .. } => startup::open_store(config).await?,
        _ => startup::open_existing_store(config).await?,
    };
    match rules {
        Rules::Export { number, out } => export(&store, *number, out.as_deref()).await,
        Rules::Import { file, adopt, reason } => {
            let number = number_of(&store, file).await?;
            let run = try_out(&store, number).await?;
            output::print(dry_run::table(&run))?;
            if !adopt {
                let hint = format!("Nothing has moved. To put it in force: waterline rules adopt {number}");
                return Ok(output::print(hint)?);
            }
            put_in_force(&store, number, reason).await
        }
        Rules::DryRun { file, number, format } => {
            let number = match (file, number) {
                (Some(file), _) => number_of(&store, file).await?,
                (None, number) => number.unwrap_or_default(),
            };
            let run = try_out(&store, number).await?;
            Ok(match format {
                TextFormat::Table => output::print(dry_run::table(&run)),
                TextFormat::Json => output::print(dry_run::json(&run)?),
            }?)
        }
        Rules::List => list(&store, config).await,
        Rules::Adopt { number, reason } => put_in_force(&store, *number, reason).await,
        Rules::Undo => {
            let adoption = wrong_use(store.undo_adoption(ACTOR, clock::now()).await)?;
            tell(&adopting::put_in_force(&store, adoption).await?)
        }
        Rules::Lint { number } => lint(&store, *number).await,
    }
}

async fn export(store: &Store, number: Option<i32>, out: Option<&Path>) -> anyhow::Result<()> {
    let number = match number {
        Some(number) => number,
        None => store.in_force().await?.rule_set,
    };
    let held = store.rule_set(number).await?;
    let held = held.ok_or_else(|| WrongUse(format!("there is no rule set number {number}")))?;
    let Some(file) = out else { return Ok(output::print(held.texts.rules)?) };
    fs::write(file, held.texts.rules).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(output::print(format!("{} holds rule set {number} now.", file.display()))?)
}

/// The number of the rules in a file, read by the taxonomy in force.
async fn number_of(store: &Store, file: &Path) -> anyhow::Result<i32> {
    let rules =
        fs::read_to_string(file).with_context(|| format!("cannot read the rules {}", file.display()))?;
    let in_force = store.in_force().await?;
    RuleSet::parse(&rules, in_force.classifier.taxonomy())
        .map_err(|error| anyhow::anyhow!("{}, {error}", file.display()))?;
    let held = store.rule_set(in_force.rule_set).await?.context("the rule set in force is not kept")?;
    Ok(store.rule_set_number(&RuleTexts { rules, ..held.texts }, ACTOR, clock::now()).await?)
}

async fn try_out(store: &Store, number: i32) -> anyhow::Result<DryRun> {
    let model = store.in_force().await?.model;
    let mut task = Task::begin("trying the rules", Unit::Records);
    let told = |done, total| task.advance(done, Some(total));
    wrong_use(store.dry_run(number, model, clock::now(), told).await)
}

async fn put_in_force(store: &Store, number: i32, reason: &str) -> anyhow::Result<()> {
    let model = store.in_force().await?.model;
    let asked = store.ask_adoption(number, model, reason, ACTOR, clock::now()).await;
    tell(&adopting::put_in_force(store, wrong_use(asked)?).await?)
}

fn tell(done: &AdoptionView) -> anyhow::Result<()> {
    Ok(output::print(adopting::in_words(done))?)
}

/// What the store refuses is wrong use of the command line.
fn wrong_use<T>(outcome: Result<T, StoreError>) -> anyhow::Result<T> {
    outcome.map_err(|error| match error {
        StoreError::Refused(sentence) => WrongUse(sentence).into(),
        other => other.into(),
    })
}

async fn list(store: &Store, config: &Config) -> anyhow::Result<()> {
    let adoptions = store.adoptions(u64::from(u32::MAX)).await?;
    let day = |at| config.zone.local(at).format("%-d %B %Y, %H:%M").to_string();
    for held in store.rule_sets().await? {
        let newest = adoptions.iter().find(|adoption| adoption.rule_set == held.number);
        let standing = match newest.map(|adoption| (adoption.state, adoption.in_force_at)) {
            None => "never in force".to_owned(),
            Some((AdoptionState::InForce, since)) => {
                format!("in force since {}", since.map(day).unwrap_or_default())
            }
            Some((AdoptionState::Superseded, since)) => {
                format!("was in force from {}", since.map(day).unwrap_or_default())
            }
            Some((AdoptionState::Waiting | AdoptionState::Sorting, _)) => "being put in force".to_owned(),
            Some((AdoptionState::Failed, _)) => "could not be put in force".to_owned(),
        };
        let (number, by, at) = (held.number, held.created_by, day(held.created_at));
        output::print(format!("{number:>4}  {standing}; brought in by {by} on {at}"))?;
    }
    Ok(())
}

async fn lint(store: &Store, number: Option<i32>) -> anyhow::Result<()> {
    let number = match number {
        Some(number) => number,
        None => store.in_force().await?.rule_set,
    };
    let mut task = Task::begin("looking the rules over", Unit::Records);
    let told = |done, total| task.advance(done, Some(total));
    let report = wrong_use(store.lint(number, told).await)?;
    drop(task);
    for finding in &report.findings {
        output::print(&finding.sentence)?;
    }
    let (found, items) = (report.findings.len() as u64, HumanCount(report.items));
    let summary = match found {
        0 => format!("Nothing is wrong with rule set {number}, seen against {items} items."),
        _ => format!("{} findings on rule set {number}, seen against {items} items.", HumanCount(found)),
    };
    Ok(output::print(summary)?)
}
