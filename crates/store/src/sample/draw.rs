use chrono::{DateTime, Utc};
use rand::{TryRng, rngs::SysRng};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};
use waterline_core::{
    Month, MonthRange, Taxonomy,
    audit::{Frame, Sampler, Stratum, Unit},
};

use super::{entry, no_such, units::Units};
use crate::{
    Store, StoreError,
    audit_log::append,
    bulk::insert_all,
    dialect,
    entity::{sample_audit, sample_draw},
    error::{Doing, unreadable},
};

/// An audit to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSampleAudit {
    /// The months whose work is drawn from.
    pub period: MonthRange,
    /// How many draws to ask people about at first, from 1 to 1,000.
    pub draws: u32,
    /// How many people look at each piece of work: 1 or 2.
    pub people: u8,
    /// The same seed draws the same work from the same ledger; `None` throws dice.
    pub seed: Option<u64>,
}

/// More than anybody would look at in one audit.
const MOST_DRAWS: u32 = 1_000;

/// Batches kept in reserve, and draws in each. They are drawn with the first ones, from the same frame and
/// with the same chances, because work that moved since could not be drawn from any more.
const RESERVE: i32 = 10;
const BATCH: u32 = 100;

const DRAWING: &str = "draw the audit";

/// One draw, before it has the number of its audit.
struct Drawn {
    batch: i32,
    item: i64,
    unit: Unit,
    times: u32,
}

impl Store {
    /// Draws a random sample of the work of these months, more where more can be wrong, and freezes what
    /// it was drawn from. Reads all items of the months twice, in one moment of the database. Gives the
    /// number of the audit.
    pub async fn draw_audit(
        &self,
        new: &NewSampleAudit,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        if !(1..=MOST_DRAWS).contains(&new.draws) {
            return Err(StoreError::Refused(format!(
                "an audit looks at between 1 and {MOST_DRAWS} pieces of work, not {}",
                new.draws
            )));
        }
        if !(1..=2).contains(&new.people) {
            return Err(StoreError::Refused("one or two people look at each piece of work".to_owned()));
        }
        let in_force = self.in_force().await?;
        let seed = match new.seed {
            Some(seed) => seed,
            None => fresh_seed()?,
        };
        let (frame, drawn) = self.draw(new, seed, in_force.classifier.taxonomy()).await?;
        let tx = self.begin(DRAWING).await?;
        let audit = sample_audit::ActiveModel {
            id: NotSet,
            first_month: Set(new.period.first().first_day()),
            last_month: Set(new.period.last().first_day()),
            people: Set(i16::from(new.people)),
            seed: Set(seed.cast_signed()),
            batches: Set(1),
            frame: Set(frame_text(&frame).doing(DRAWING)?),
            drawn_by: Set(by.to_owned()),
            drawn_at: Set(now),
        };
        let id = audit.insert(&tx).await.doing(DRAWING)?.id;
        let rows: Vec<sample_draw::ActiveModel> =
            drawn.into_iter().map(|drawn| row(id, &drawn).into_active_model()).collect();
        insert_all::<sample_draw::Entity>(&tx, &rows, None).await.doing(DRAWING)?;
        let detail = format!(
            "{} draws from {}, {} to look at each",
            new.draws,
            new.period.in_words(),
            if new.people == 1 { "one person" } else { "two people" }
        );
        append(&tx, &[entry(id, "audit.draw", by, now, detail)]).await.doing(DRAWING)?;
        tx.commit().await.doing(DRAWING)?;
        Ok(id)
    }

    /// Asks people about at least so many more draws of an audit, in whole batches of 100: from the same
    /// frame and with the same chances as the first ones. Gives how many more.
    pub async fn draw_more(
        &self,
        audit: i64,
        draws: u32,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<u32, StoreError> {
        let tx = self.begin(DRAWING).await?;
        let held = sample_audit::Entity::find_by_id(audit).lock_exclusive().one(&tx).await.doing(DRAWING)?;
        let held = held.ok_or_else(|| no_such(audit))?;
        let batches = i32::try_from(draws.div_ceil(BATCH)).unwrap_or(RESERVE).max(1);
        let batches = (held.batches + batches).min(1 + RESERVE);
        if batches == held.batches {
            return Err(StoreError::Refused(
                "this audit has no more in reserve; draw a new one instead".to_owned(),
            ));
        }
        let before = in_reserve(&tx, &held).await.doing(DRAWING)?;
        let mut held = held.into_active_model();
        held.batches = Set(batches);
        let held = held.update(&tx).await.doing(DRAWING)?;
        let more = before - in_reserve(&tx, &held).await.doing(DRAWING)?;
        let detail = format!("{more} more draws");
        append(&tx, &[entry(audit, "audit.draw_more", by, now, detail)]).await.doing(DRAWING)?;
        tx.commit().await.doing(DRAWING)?;
        Ok(more)
    }

    /// Once over all work to see what there is, and once to draw from it.
    async fn draw(
        &self,
        new: &NewSampleAudit,
        seed: u64,
        taxonomy: &Taxonomy,
    ) -> Result<(Frame, Vec<Drawn>), StoreError> {
        let tx = dialect::begin_snapshot(self.reader()).await.doing(DRAWING)?;
        let mut frame = Frame::default();
        let mut units = Units::new(new.period, taxonomy);
        while let Some(found) = units.next(&tx).await.doing(DRAWING)? {
            let so_far = frame.cells.into_iter().map(|cell| Unit {
                month: cell.month,
                stratum: cell.stratum,
                items: cell.items,
                seconds: cell.seconds,
            });
            frame = Frame::of(so_far.chain(found.into_iter().map(|(_, unit)| unit)));
        }
        let mut batches: Vec<(i32, Sampler)> = (0..=RESERVE)
            .map(|batch| {
                let draws = if batch == 0 { new.draws } else { BATCH };
                (batch, Sampler::new(&frame, draws, seed_of(seed, batch)))
            })
            .collect();
        let mut drawn = Vec::new();
        let mut units = Units::new(new.period, taxonomy);
        while let Some(found) = units.next(&tx).await.doing(DRAWING)? {
            for (item, unit) in found {
                for (batch, sampler) in &mut batches {
                    let times = sampler.offer(&unit);
                    if times > 0 {
                        drawn.push(Drawn { batch: *batch, item, unit, times });
                    }
                }
            }
        }
        tx.commit().await.doing(DRAWING)?;
        for (_, sampler) in batches {
            sampler.finish().map_err(|error| StoreError::Refused(error.to_string()))?;
        }
        if drawn.is_empty() {
            return Err(StoreError::Refused(format!(
                "no work is held for {}, so there is nothing to draw from",
                new.period.in_words()
            )));
        }
        Ok((frame, drawn))
    }
}

/// Draws that people are not asked about yet.
pub(super) async fn in_reserve(db: &impl ConnectionTrait, audit: &sample_audit::Model) -> Result<u32, DbErr> {
    let times: Vec<i32> = sample_draw::Entity::find()
        .select_only()
        .column(sample_draw::Column::Times)
        .filter(sample_draw::Column::AuditId.eq(audit.id))
        .filter(sample_draw::Column::Batch.gte(audit.batches))
        .into_tuple()
        .all(db)
        .await?;
    Ok(times.into_iter().filter_map(|times| u32::try_from(times).ok()).sum())
}

fn row(audit: i64, drawn: &Drawn) -> sample_draw::Model {
    sample_draw::Model {
        audit_id: audit,
        batch: drawn.batch,
        item_id: drawn.item,
        month: drawn.unit.month.first_day(),
        stratum: drawn.unit.stratum.as_str().to_owned(),
        items: drawn.unit.items,
        seconds: drawn.unit.seconds,
        times: i32::try_from(drawn.times).unwrap_or(i32::MAX),
    }
}

fn fresh_seed() -> Result<u64, StoreError> {
    SysRng.try_next_u64().map_err(|error| {
        StoreError::Refused(format!("the operating system gives no random numbers: {error}"))
    })
}

/// A seed of its own for each batch. Hashed, because seeds that lie side by side may give chances that do
/// too.
fn seed_of(seed: u64, batch: i32) -> u64 {
    let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(batch.to_be_bytes()).finalize();
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn frame_text(frame: &Frame) -> Result<String, DbErr> {
    let cells: Vec<(String, Stratum, i64, i64)> = frame
        .cells
        .iter()
        .map(|cell| (cell.month.to_string(), cell.stratum, cell.items, cell.seconds))
        .collect();
    serde_json::to_string(&cells).map_err(|error| unreadable(error.to_string()))
}

/// The other way round.
pub(super) fn frame_of(audit: &sample_audit::Model) -> Result<Frame, DbErr> {
    let wrong = |reason: String| unreadable(format!("the frame of audit {}: {reason}", audit.id));
    let cells: Vec<(String, Stratum, i64, i64)> =
        serde_json::from_str(&audit.frame).map_err(|error| wrong(error.to_string()))?;
    let units = cells
        .into_iter()
        .map(|(month, stratum, items, seconds)| {
            let month: Month = month.parse().map_err(|error| wrong(format!("{error}")))?;
            Ok(Unit { month, stratum, items, seconds })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    Ok(Frame::of(units))
}
