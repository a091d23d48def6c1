//! Sample audits: random work that people look at without seeing what the machine made of it, so that the
//! error of the figure can be told. (The audit log, which says who did what, is `audit_log.rs`.)
//!
//! Answers are not tags: they change no figure, and no model learns from them.

mod answer;
mod draw;
mod evidence;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};
use waterline_core::{
    CategoryId, Month, MonthRange,
    audit::{Answer, Settled, Truth, settle_answers},
};

pub use answer::{BlindItem, BlindWork};
pub use draw::NewSampleAudit;

use crate::{
    AuditEntry, Store, StoreError,
    entity::{sample_answer, sample_audit, sample_draw},
    error::{Doing, unreadable},
};

/// An audit and how far people are with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleAudit {
    /// Its number.
    pub id: i64,
    /// The months whose work was drawn from.
    pub period: MonthRange,
    /// How many people look at each piece of work: 1 or 2.
    pub people: u8,
    /// Pieces of work to look at.
    pub items: u32,
    /// Those on which there is nothing more to do.
    pub settled: u32,
    /// Those on which two people disagree, so that a third must look.
    pub needs_third: u32,
    /// Settled ones on which people could not tell.
    pub cannot_tell: u32,
    /// Answers given.
    pub answers: u32,
    /// Draws in reserve, which [`Store::draw_more`] asks for.
    pub in_reserve: u32,
    /// Who had it drawn.
    pub drawn_by: String,
    /// When.
    pub drawn_at: DateTime<Utc>,
}

const READING: &str = "read the audits";

impl Store {
    /// All audits, newest first.
    pub async fn sample_audits(&self) -> Result<Vec<SampleAudit>, StoreError> {
        let samples = samples(self.reader(), sample_audit::Entity::find()).await.doing(READING)?;
        let mut views = Vec::with_capacity(samples.len());
        for sample in samples.iter().rev() {
            views.push(self.view(sample).await.doing(READING)?);
        }
        Ok(views)
    }

    /// One audit; `None` where there is none of this number.
    pub async fn sample_audit(&self, id: i64) -> Result<Option<SampleAudit>, StoreError> {
        let Some(sample) = sample(self.reader(), id).await.doing(READING)? else { return Ok(None) };
        Ok(Some(self.view(&sample).await.doing(READING)?))
    }

    async fn view(&self, sample: &Sample) -> Result<SampleAudit, DbErr> {
        let settled: Vec<Settled> = sample.items().into_iter().map(|item| sample.settled(item)).collect();
        let count = |wanted: fn(&Settled) -> bool| small(settled.iter().filter(|one| wanted(one)).count());
        Ok(SampleAudit {
            id: sample.audit.id,
            period: sample.period,
            people: sample.people(),
            items: small(settled.len()),
            settled: count(|one| matches!(one, Settled::Truth(Truth::Category(_) | Truth::CannotTell))),
            needs_third: count(|one| *one == Settled::NeedsThird),
            cannot_tell: count(|one| *one == Settled::Truth(Truth::CannotTell)),
            answers: small(sample.answers.values().map(Vec::len).sum()),
            in_reserve: draw::in_reserve(self.reader(), &sample.audit).await?,
            drawn_by: sample.audit.drawn_by.clone(),
            drawn_at: sample.audit.drawn_at,
        })
    }
}

/// What is asked of people in one audit, and what they answered so far.
struct Sample {
    audit: sample_audit::Model,
    period: MonthRange,
    /// Those asked of people; what is in reserve is not among them.
    draws: Vec<sample_draw::Model>,
    /// By item, in the order in which they came.
    answers: BTreeMap<i64, Vec<sample_answer::Model>>,
}

impl Sample {
    fn people(&self) -> u8 {
        u8::try_from(self.audit.people).unwrap_or(1)
    }

    fn items(&self) -> BTreeSet<i64> {
        self.draws.iter().map(|draw| draw.item_id).collect()
    }

    fn answers_to(&self, item: i64) -> &[sample_answer::Model] {
        self.answers.get(&item).map_or(&[], Vec::as_slice)
    }

    fn settled(&self, item: i64) -> Settled {
        let answers: Vec<Answer> = self.answers_to(item).iter().map(sample_answer::Model::answer).collect();
        settle_answers(&answers, self.people())
    }

    fn truth(&self, item: i64) -> Truth {
        match self.settled(item) {
            Settled::Truth(truth) => truth,
            Settled::NeedsThird => Truth::Pending,
        }
    }

    /// Whether this person's answer would help: they have not answered, and something is still open.
    fn wants(&self, item: i64, user: &str) -> bool {
        let open = matches!(self.settled(item), Settled::NeedsThird | Settled::Truth(Truth::Pending));
        open && self.answers_to(item).iter().all(|answer| answer.answered_by != user)
    }
}

impl sample_answer::Model {
    fn answer(&self) -> Answer {
        match &self.category {
            Some(id) => Answer::Category(CategoryId::new(id)),
            None => Answer::CannotTell,
        }
    }
}

async fn sample(db: &impl ConnectionTrait, id: i64) -> Result<Option<Sample>, DbErr> {
    let one = sample_audit::Entity::find().filter(sample_audit::Column::Id.eq(id));
    Ok(samples(db, one).await?.pop())
}

/// These audits with their draws and answers, the oldest first: three statements, however many they are.
async fn samples(
    db: &impl ConnectionTrait,
    audits: Select<sample_audit::Entity>,
) -> Result<Vec<Sample>, DbErr> {
    let audits = audits
        .order_by_asc(sample_audit::Column::DrawnAt)
        .order_by_asc(sample_audit::Column::Id)
        .all(db)
        .await?;
    if audits.is_empty() {
        return Ok(Vec::new());
    }
    let mut draws: BTreeMap<i64, Vec<sample_draw::Model>> = BTreeMap::new();
    for draw in draws_asked_for(&audits)
        .order_by_asc(sample_draw::Column::Batch)
        .order_by_asc(sample_draw::Column::ItemId)
        .order_by_asc(sample_draw::Column::Month)
        .all(db)
        .await?
    {
        draws.entry(draw.audit_id).or_default().push(draw);
    }
    let mut answers: BTreeMap<i64, BTreeMap<i64, Vec<sample_answer::Model>>> = BTreeMap::new();
    for answer in sample_answer::Entity::find()
        .filter(sample_answer::Column::AuditId.is_in(audits.iter().map(|audit| audit.id)))
        .order_by_asc(sample_answer::Column::Id)
        .all(db)
        .await?
    {
        answers.entry(answer.audit_id).or_default().entry(answer.item_id).or_default().push(answer);
    }
    audits
        .into_iter()
        .map(|audit| {
            let months = (Month::of(audit.first_month), Month::of(audit.last_month));
            Ok(Sample {
                period: MonthRange::new(months.0, months.1).map_err(|error| unreadable(error.to_string()))?,
                draws: draws.remove(&audit.id).unwrap_or_default(),
                answers: answers.remove(&audit.id).unwrap_or_default(),
                audit,
            })
        })
        .collect()
}

/// Draws that people are asked about, without those in reserve.
fn draws_asked_for(audits: &[sample_audit::Model]) -> Select<sample_draw::Entity> {
    let of = |audit: &sample_audit::Model| {
        let batches = sample_draw::Column::Batch.lt(audit.batches);
        Condition::all().add(sample_draw::Column::AuditId.eq(audit.id)).add(batches)
    };
    let any = audits.iter().map(of).fold(Condition::any(), Condition::add);
    sample_draw::Entity::find().filter(any)
}

/// A line of the audit log about an audit.
fn entry(audit: i64, action: &str, by: &str, at: DateTime<Utc>, detail: String) -> AuditEntry {
    AuditEntry {
        at,
        actor: by.to_owned(),
        action: action.to_owned(),
        subject: format!("audit {audit}"),
        detail,
    }
}

fn no_such(audit: i64) -> StoreError {
    StoreError::Refused(format!("there is no audit number {audit}"))
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
