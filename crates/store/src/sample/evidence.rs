use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use waterline_core::{
    CategoryId, Month, MonthRange,
    audit::{Answer, Audit, Draw, Truth},
};

use super::{READING, Sample, draw::frame_of, draws_asked_for, sample, sample_audit, samples};
use crate::{
    Store, StoreError,
    entity::{sample_answer, sample_draw, work_item},
    error::{Doing, unreadable},
};

/// What an audit found, beside the error of the share.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditFindings {
    /// For `share_error`.
    pub audit: Audit,
    /// What two people made of the same piece of work, each without sight of the other's answer.
    pub pairs: Vec<(Answer, Answer)>,
    /// What the machine and people made of each piece of work on which people could tell.
    pub judged: Vec<JudgedItem>,
}

/// One piece of work that people and machine looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedItem {
    /// The machine's own verdict now, also where a tag overrides it; `None` is unclassified.
    pub machine: Option<CategoryId>,
    /// What it is, according to people.
    pub truth: CategoryId,
}

impl Store {
    /// The audits that drew from any month of a period, the oldest first: what `share_error` needs. A few
    /// hundred rows by their keys, never a scan.
    pub async fn audits(&self, period: MonthRange) -> Result<Vec<Audit>, StoreError> {
        let overlapping = sample_audit::Entity::find()
            .filter(sample_audit::Column::FirstMonth.lte(period.last().first_day()))
            .filter(sample_audit::Column::LastMonth.gte(period.first().first_day()));
        let samples = samples(self.reader(), overlapping).await.doing(READING)?;
        let categories = categories(self.reader(), &samples).await.doing(READING)?;
        samples.iter().map(|sample| audit(sample, &categories)).collect::<Result<_, _>>().doing(READING)
    }

    /// What one audit found so far.
    pub async fn audit_findings(&self, id: i64) -> Result<Option<AuditFindings>, StoreError> {
        let Some(sample) = sample(self.reader(), id).await.doing(READING)? else { return Ok(None) };
        let sample = [sample];
        let categories = categories(self.reader(), &sample).await.doing(READING)?;
        let [sample] = sample;
        let pairs = sample
            .answers
            .values()
            .filter_map(|answers| answers.first_chunk())
            .map(|[first, second]: &[sample_answer::Model; 2]| (first.answer(), second.answer()))
            .collect();
        let judged = sample
            .items()
            .into_iter()
            .filter_map(|item| match sample.truth(item) {
                Truth::Category(truth) => {
                    let machine = categories.get(&item)?.machine.as_deref().map(CategoryId::new);
                    Some(JudgedItem { machine, truth })
                }
                Truth::CannotTell | Truth::Pending => None,
            })
            .collect();
        Ok(Some(AuditFindings { audit: audit(&sample, &categories).doing(READING)?, pairs, judged }))
    }
}

/// What an item counts as now, and what the machine makes of it by itself.
struct Categories {
    counts: Option<String>,
    machine: Option<String>,
}

async fn categories(
    db: &impl ConnectionTrait,
    samples: &[Sample],
) -> Result<HashMap<i64, Categories>, DbErr> {
    if samples.is_empty() {
        return Ok(HashMap::new());
    }
    let audits: Vec<sample_audit::Model> = samples.iter().map(|sample| sample.audit.clone()).collect();
    let items = draws_asked_for(&audits).select_only().column(sample_draw::Column::ItemId).into_query();
    let rows: Vec<(i64, Option<String>, Option<String>)> = work_item::Entity::find()
        .select_only()
        .columns([work_item::Column::Id, work_item::Column::Category, work_item::Column::MachineCategory])
        .filter(work_item::Column::Id.in_subquery(items))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, counts, machine)| (id, Categories { counts, machine })).collect())
}

/// A unit that several batches drew is one that was drawn several times.
fn audit(sample: &Sample, categories: &HashMap<i64, Categories>) -> Result<Audit, DbErr> {
    let mut draws: BTreeMap<(i64, Month), Draw> = BTreeMap::new();
    for row in &sample.draws {
        let month = Month::of(row.month);
        let times = u32::try_from(row.times).unwrap_or(0);
        if let Some(known) = draws.get_mut(&(row.item_id, month)) {
            known.times += times;
            continue;
        }
        let published = categories.get(&row.item_id).and_then(|known| known.counts.as_deref());
        let draw = Draw {
            month,
            stratum: row.stratum.parse().map_err(unreadable)?,
            items: row.items,
            seconds: row.seconds,
            times,
            published: published.map(CategoryId::new),
            truth: sample.truth(row.item_id),
        };
        draws.insert((row.item_id, month), draw);
    }
    Ok(Audit { frame: frame_of(&sample.audit)?, draws: draws.into_values().collect() })
}
