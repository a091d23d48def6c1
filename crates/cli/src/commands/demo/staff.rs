//! What the people of the simulated trust do with Waterline, so that the demo has all that a trust would
//! have: work that was sorted by hand, and an audit. They know the truth, as people mostly do, and now and
//! then they are wrong.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use waterline_core::{CategoryId, Clock, MonthRange, Taxonomy, audit::Answer};
use waterline_simulator::Trust;
use waterline_store::{ItemFilter, NewSampleAudit, Store};

/// Two look at each piece of work, and the third decides where they differ. None of them has an account:
/// whoever tries the demo is a fourth, and finds something to do.
const PEOPLE: [&str; 3] = ["asha", "ben", "carys"];
const DRAWS: u32 = 160;
/// Disagreements that the third leaves for whoever tries the demo.
const LEFT_OPEN: usize = 2;
/// What a few people sort on one afternoon.
const TAGS: u64 = 400;
const AT_ONCE: u64 = 100;
/// How often a person takes one sort of work for another, and how often the text does not tell them.
const WRONG: f64 = 0.04;
const CANNOT_TELL: f64 = 0.02;

/// Somebody who knows what the work truly was.
struct Person<'a> {
    name: &'static str,
    truths: &'a HashMap<String, CategoryId>,
    taxonomy: &'a Taxonomy,
    dice: StdRng,
}

impl Person<'_> {
    fn answer(&mut self, reference: &str) -> Answer {
        if self.dice.random_bool(CANNOT_TELL) {
            return Answer::CannotTell;
        }
        let categories = self.taxonomy.categories();
        if self.dice.random_bool(WRONG) {
            return Answer::Category(categories[self.dice.random_range(0..categories.len())].id.clone());
        }
        self.truths.get(reference).map_or(Answer::CannotTell, |truth| Answer::Category(truth.clone()))
    }
}

/// Sorts what the queue has first, then audits the last twelve complete months. Does nothing where there
/// is an audit already, because a demo that is begun again has had all that.
pub(super) async fn do_their_part(
    store: &Store,
    trust: &Trust,
    seed: u64,
    clock: &Clock,
) -> anyhow::Result<()> {
    if !store.sample_audits().await?.is_empty() {
        return Ok(());
    }
    let truths: HashMap<String, CategoryId> = trust
        .all()
        .filter_map(|record| Some((record.reference(), trust.truth(&record.sys_id_text())?)))
        .collect();
    let in_force = store.in_force().await?;
    let mut people = PEOPLE.map(|name| Person {
        name,
        truths: &truths,
        taxonomy: in_force.classifier.taxonomy(),
        dice: StdRng::seed_from_u64(seed ^ name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte))),
    });
    sort(store, &mut people[0], clock()).await?;
    audit(store, &mut people, seed, clock).await
}

async fn sort(store: &Store, person: &mut Person<'_>, now: DateTime<Utc>) -> anyhow::Result<()> {
    for _ in 0..TAGS / AT_ONCE {
        let queue = store.queue(person.name, &ItemFilter::default(), None, AT_ONCE, now).await?;
        let mut by_category: BTreeMap<CategoryId, Vec<i64>> = BTreeMap::new();
        for waiting in queue.items {
            if let Answer::Category(category) = person.answer(&waiting.item.reference) {
                by_category.entry(category).or_default().push(waiting.item.id);
            }
        }
        for (category, items) in by_category {
            store.tag(&items, &category, person.name, now).await?;
        }
    }
    Ok(())
}

async fn audit(
    store: &Store,
    people: &mut [Person<'_>; PEOPLE.len()],
    seed: u64,
    clock: &Clock,
) -> anyhow::Result<()> {
    let period = MonthRange::ending(store.zone().month(clock()).plus(-1), 12);
    let Some(held) = store.months_held().await?.filter(|held| held.last() >= period.first()) else {
        return Ok(());
    };
    let last = period.last().min(held.last());
    let new =
        NewSampleAudit { period: MonthRange::ending(last, 12), draws: DRAWS, people: 2, seed: Some(seed) };
    let audit = store.draw_audit(&new, PEOPLE[0], clock()).await?;
    for (at, person) in people.iter_mut().enumerate() {
        let left = if at < 2 { 0 } else { LEFT_OPEN };
        loop {
            let work = store.next_to_audit(audit, person.name).await?;
            let Some(item) = work.next.filter(|_| work.left as usize > left) else { break };
            let answer = person.answer(&item.reference);
            store.answer_audit(audit, item.id, &answer, person.name, clock()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeZone;
    use waterline_core::{Basis, Dimension, Iceberg, ReportingZone};
    use waterline_ingestor::{Runner, RunnerLimits};
    use waterline_simulator::TrustSettings;
    use waterline_store::Settings;

    use super::*;
    use crate::{
        commands::demo::{MONTHS, SEED, data::Ledger, fill},
        config::{Classification, usual_effort},
    };

    const SCALE: f64 = 0.02;

    async fn figure(store: &Store) -> Iceberg {
        let period = MonthRange::ending("2026-10".parse().unwrap(), 12);
        let rows = store.work_done(period, Dimension::All).await.unwrap();
        let audits = store.audits(period).await.unwrap();
        let in_force = store.in_force().await.unwrap();
        Iceberg::new(period, Basis::Effort, &rows, in_force.classifier.taxonomy(), &audits)
    }

    /// The share if everything had been sorted rightly.
    async fn true_share(store: &Store, trust: &Trust, now: DateTime<Utc>) -> f64 {
        let truths: HashMap<String, CategoryId> = trust
            .all()
            .filter_map(|record| Some((record.reference(), trust.truth(&record.sys_id_text())?)))
            .collect();
        let mut by_category: BTreeMap<CategoryId, Vec<i64>> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = store.items(&ItemFilter::default(), after.as_deref(), 500).await.unwrap();
            for item in page.items {
                by_category.entry(truths[&item.reference].clone()).or_default().push(item.id);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for (category, items) in by_category {
            for items in items.chunks(500) {
                store.tag(items, &category, "the simulator", now).await.unwrap();
            }
        }
        figure(store).await.share.unwrap().value
    }

    #[tokio::test]
    async fn the_interval_of_the_demo_holds_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let last_day = "2026-10-31".parse().unwrap();
        let ledger = Ledger { file: folder.path().join("demo.db"), last_day };
        let now = Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap();
        let clock: Clock = Arc::new(move || now);
        let settings = Settings {
            url: ledger.url(),
            zone: ReportingZone::default(),
            default_effort: usual_effort(),
            first_rules: Classification::embedded().unwrap().texts,
        };
        let store = Store::open(settings, now).await.unwrap();
        let runner = Runner { store: store.clone(), clock: clock.clone(), limits: RunnerLimits::default() };
        fill(&runner, &ledger, SCALE).await.unwrap();

        let audits = store.sample_audits().await.unwrap();
        assert_eq!(audits.len(), 1);
        assert_eq!(audits[0].needs_third as usize, LEFT_OPEN);
        let found = figure(&store).await.error.measured().unwrap();
        let trust = Trust::generate(TrustSettings { seed: SEED, last_day, months: MONTHS, scale: SCALE });
        do_their_part(&store, &trust, SEED, &clock).await.unwrap();
        assert_eq!(store.sample_audits().await.unwrap(), audits, "a demo that goes on has had all that");
        let truth = true_share(&store, &trust, now).await;
        assert!(found.low <= truth && truth <= found.high, "{truth} is not within {found:?}");
        assert!(found.high - found.low < 0.1, "{found:?}");
    }
}
