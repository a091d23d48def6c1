use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use waterline_core::{
    CategoryId, Month, MonthRange,
    audit::{Answer, Audit, Draw},
};

use super::{READING, Sample, draw::frame_of, draws_asked_for, no_such, sample, sample_audit, samples};
use crate::{
    Store, StoreError,
    entity::{sample_answer, sample_draw, work_item},
    error::{Doing, unreadable},
};

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

    /// What two people made of the same pieces of work of one audit, each without sight of the other's
    /// answer.
    pub async fn answer_pairs(&self, audit: i64) -> Result<Vec<(Answer, Answer)>, StoreError> {
        let sample = sample(self.reader(), audit).await.doing(READING)?.ok_or_else(|| no_such(audit))?;
        let pair = |answers: &Vec<sample_answer::Model>| match answers.as_slice() {
            [first, second, ..] => Some((first.answer(), second.answer())),
            _ => None,
        };
        Ok(sample.answers.values().filter_map(pair).collect())
    }
}

/// What each drawn item counts as now.
async fn categories(
    db: &impl ConnectionTrait,
    samples: &[Sample],
) -> Result<HashMap<i64, Option<String>>, DbErr> {
    if samples.is_empty() {
        return Ok(HashMap::new());
    }
    let audits: Vec<sample_audit::Model> = samples.iter().map(|sample| sample.audit.clone()).collect();
    let items = draws_asked_for(&audits).select_only().column(sample_draw::Column::ItemId).into_query();
    let rows: Vec<(i64, Option<String>)> = work_item::Entity::find()
        .select_only()
        .columns([work_item::Column::Id, work_item::Column::Category])
        .filter(work_item::Column::Id.in_subquery(items))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// A unit that several batches drew is one that was drawn several times.
fn audit(sample: &Sample, categories: &HashMap<i64, Option<String>>) -> Result<Audit, DbErr> {
    let mut draws: BTreeMap<(i64, Month), Draw> = BTreeMap::new();
    for row in &sample.draws {
        let month = Month::of(row.month);
        let times = u32::try_from(row.times).unwrap_or(0);
        if let Some(known) = draws.get_mut(&(row.item_id, month)) {
            known.times += times;
            continue;
        }
        let published = categories.get(&row.item_id).and_then(Option::as_deref);
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
