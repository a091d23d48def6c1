//! What an adoption would move, without moving it. It is planned by the very code that adoption runs, so
//! the two cannot disagree.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use waterline_core::{
    CategoryId, Dimension, Kind, Method, MonthRange,
    rules::{self, Finding, LintTally, Probe},
};

use crate::{
    InForce, MonthShift, Shift, SideChange, Store, StoreError, adoption,
    contributions::Entry,
    corpus::{self, Seen},
    entity::work_item,
    error::Doing,
    feeds::source_names,
    held::Held,
    in_force::classifier,
    items::rows_of,
    moves::Moves,
    plan::{Candidate, Plan},
    shift::{Taxonomies, months, shift, side_changes},
};

/// What an adoption would move.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// The rule set that was tried.
    pub rule_set: i32,
    /// The model that was tried with it.
    pub model: Option<i32>,
    /// Items looked at: all that are held.
    pub items: u64,
    /// Items whose category would change.
    pub moved: u64,
    /// Those among them that would change sides, or become or cease to be unclassified.
    pub moved_side: u64,
    /// From where to where, largest first.
    pub flows: Vec<Flow>,
    /// Categories whose side differs between the two taxonomies; their items change sides without moving.
    pub sides: Vec<SideChange>,
    /// Each month in which work was done, oldest first.
    pub months: Vec<MonthShift>,
    /// The board's figure: the last twelve complete months.
    pub year: Shift,
    /// Ten at the most, always the same ones, spread over the flows.
    pub examples: Vec<MovedExample>,
}

/// Items that go the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The category that counts now; `None` is unclassified.
    pub from: Option<CategoryId>,
    /// The one that would count.
    pub to: Option<CategoryId>,
    /// How many items.
    pub items: u64,
    /// Their effort as it counts in the figures, logged or estimated.
    pub seconds: i64,
}

/// One of the items that would move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedExample {
    /// The item's number.
    pub id: i64,
    /// What people call it, for example `INC0010023`.
    pub reference: String,
    /// Incident, request…
    pub kind: Kind,
    /// `None` where the text policy keeps none.
    pub title: Option<String>,
    /// The category that counts now; `None` is unclassified.
    pub from: Option<CategoryId>,
    /// The one that would count.
    pub to: Option<CategoryId>,
    /// Why it has the one.
    pub reason_before: String,
    /// Why it would have the other.
    pub reason_after: String,
}

/// What is wrong with a rule set, seen against all that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintReport {
    /// The rule set.
    pub rule_set: i32,
    /// Items that its rules were tried on.
    pub items: u64,
    /// What was found, in the order of the rules.
    pub findings: Vec<Finding>,
}

/// Examples of what moves: few enough to be read.
const EXAMPLES: usize = 10;

const TRYING: &str = "try the rules";

impl Store {
    /// What adopting this rule set and model would move, over all that is held. `progress` hears of items
    /// looked at and of all there are. Unknown numbers are refused.
    pub async fn dry_run(
        &self,
        rule_set: i32,
        model: Option<i32>,
        now: DateTime<Utc>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<DryRun, StoreError> {
        adoption::known(self.reader(), rule_set, model).await?;
        let in_force = self.in_force().await?;
        let classifier = classifier(self.reader(), rule_set, model).await.doing(TRYING)?;
        let candidate = Candidate { rule_set, model, classifier: Arc::new(classifier) };
        let probe = probe(&in_force, &candidate);
        let plan = Plan::make(self, candidate, probe, progress).await.doing(TRYING)?;
        let mut moves = Moves::default();
        for portion in plan.portions() {
            let settled = plan.settle(self.reader(), portion).await.doing(TRYING)?;
            settled.iter().for_each(|settled| moves.count(settled));
        }
        let taxonomies = Taxonomies {
            before: in_force.classifier.taxonomy(),
            after: plan.candidate.classifier.taxonomy(),
        };
        let before = match self.months_held().await? {
            Some(held) => self.work_done(held, Dimension::All).await?,
            None => Vec::new(),
        };
        let after = moves.after(&before);
        let board = MonthRange::ending(self.zone().month(now).plus(-1), 12);
        Ok(DryRun {
            rule_set,
            model,
            items: plan.items,
            moved: moves.moved(),
            moved_side: moves.moved_side(taxonomies),
            sides: side_changes(taxonomies),
            months: months(&before, &after, taxonomies),
            year: shift(board, &before, &after, taxonomies),
            examples: self.examples(&moves, &plan).await.doing(TRYING)?,
            flows: moves.flows(),
        })
    }

    /// What is wrong with the rules of a rule set, by themselves and against all that is held.
    pub async fn lint(
        &self,
        rule_set: i32,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<LintReport, StoreError> {
        const DOING: &str = "look the rules over";
        adoption::known(self.reader(), rule_set, None).await?;
        let classifier = Arc::new(classifier(self.reader(), rule_set, None).await.doing(DOING)?);
        let of = classifier.clone();
        let visit = move |(items, tally): &mut (u64, LintTally), seen: &Seen| {
            *items += 1;
            tally.observe(of.rules(), &seen.item);
        };
        let tallies = corpus::scan(self, Default::default, visit, progress).await.doing(DOING)?;
        let mut items = 0;
        let mut whole = LintTally::default();
        for (seen, tally) in &tallies {
            items += seen;
            whole.merge(tally);
        }
        let mut findings = rules::lint(classifier.rules());
        findings.extend(whole.findings(classifier.rules(), classifier.taxonomy()));
        findings.sort_by_key(|finding| finding.rule);
        Ok(LintReport { rule_set, items, findings })
    }

    async fn examples(&self, moves: &Moves, plan: &Plan) -> Result<Vec<MovedExample>, DbErr> {
        let chosen = moves.examples(EXAMPLES);
        let ids: Vec<i64> = chosen.iter().map(|example| example.id).collect();
        let sources = source_names(self.reader()).await?;
        let views = self.views(rows_of(self.reader(), &ids).await?, &sources).await?;
        let origins: Vec<i64> = chosen.iter().map(|example| example.origin).collect();
        let origins = rows_of(self.reader(), &origins).await?;
        let mut examples = Vec::new();
        for (example, view) in chosen.into_iter().zip(views) {
            let Some(origin) = origins.iter().find(|row| row.id == example.origin) else { continue };
            examples.push(MovedExample {
                id: view.id,
                reference: view.reference,
                kind: view.kind,
                title: view.title,
                from: example.from.map(CategoryId::new),
                to: example.to.map(CategoryId::new),
                reason_before: view.reason,
                reason_after: reason_after(view.id, origin, plan)?,
            });
        }
        Ok(examples)
    }
}

/// Only where nothing but rules differs can rules tell what may move.
fn probe(in_force: &InForce, candidate: &Candidate) -> Option<Probe> {
    let (old, new) = (&in_force.classifier, &candidate.classifier);
    let same = in_force.model == candidate.model && old.taxonomy() == new.taxonomy();
    same.then(|| Probe::new(old.rules(), new.rules()))
}

fn reason_after(id: i64, origin: &work_item::Model, plan: &Plan) -> Result<String, DbErr> {
    let reason = if origin.method()? == Method::Tag {
        "a person tagged it".to_owned()
    } else {
        let logged = origin.logged_seconds.map(|seconds| Entry { at: None, day: None, seconds });
        let held = Held { row: origin.clone(), entries: logged.into_iter().collect() };
        plan.candidate.classifier.classify(&held.to_work_item()?).reason
    };
    Ok(if origin.id == id { reason } else { format!("inherited from {}: {reason}", origin.reference) })
}
