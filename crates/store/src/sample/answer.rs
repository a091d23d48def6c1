use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};
use waterline_core::{Kind, State, audit::Answer};

use super::{entry, no_such, sample};
use crate::{
    Store, StoreError,
    audit_log::append,
    entity::{sample_answer, sample_audit, work_item},
    error::Doing,
};

/// What a person has still to look at in one audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindWork {
    /// The next piece of work; `None` where nothing is left for this person.
    pub next: Option<BlindItem>,
    /// Pieces of work that this person answered.
    pub answered: u32,
    /// Pieces of work that wait for this person, the next one included.
    pub left: u32,
}

/// A piece of work as its source has it. Nothing here comes from the machine, from a tag or from anybody's
/// answer: whoever looks at it must not know what others made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindItem {
    /// Its number.
    pub id: i64,
    /// What people call it, for example `INC0010023`.
    pub reference: String,
    /// Incident, request, project…
    pub kind: Kind,
    /// One line, redacted; `None` where none is kept.
    pub title: Option<String>,
    /// The text, redacted; `None` where none is kept.
    pub description: Option<String>,
    /// Who asked.
    pub department: Option<String>,
    /// Who did it.
    pub team: Option<String>,
    /// What it is about.
    pub system: Option<String>,
    /// The source's own word for what sort of work it is.
    pub source_category: Option<String>,
    /// The id of the piece of work that it belongs to.
    pub parent: Option<String>,
    /// Open, finished or withdrawn.
    pub state: State,
    /// The day in the reporting zone on which it was asked for.
    pub opened_on: NaiveDate,
    /// The day on which it was finished.
    pub finished_on: Option<NaiveDate>,
}

const FINDING: &str = "find what to audit next";
const ANSWERING: &str = "keep the answer";

impl Store {
    /// What this person should look at next. Each person gets the work in an order of their own, and
    /// nobody waits for anybody: whoever comes second answers what is still open.
    pub async fn next_to_audit(&self, audit: i64, user: &str) -> Result<BlindWork, StoreError> {
        let found = sample(self.reader(), audit).await.doing(FINDING)?;
        let sample = found.ok_or_else(|| no_such(audit))?;
        let open: Vec<i64> = sample.items().into_iter().filter(|item| sample.wants(*item, user)).collect();
        let next = open.iter().min_by_key(|item| place(sample.audit.seed, user, **item));
        let next = match next {
            None => None,
            Some(id) => work_item::Entity::find_by_id(*id).one(self.reader()).await.doing(FINDING)?,
        };
        let by_user =
            |answers: &&Vec<sample_answer::Model>| answers.iter().any(|one| one.answered_by == user);
        Ok(BlindWork {
            next: next.map(blind).transpose().doing(FINDING)?,
            answered: super::small(sample.answers.values().filter(by_user).count()),
            left: super::small(open.len()),
        })
    }

    /// Keeps what a person made of a piece of work that an audit drew. False where the answer is not
    /// needed any more, because others were quicker or the person answered already; then it is not kept.
    pub async fn answer_audit(
        &self,
        audit: i64,
        item: i64,
        answer: &Answer,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let tx = self.begin(ANSWERING).await?;
        // Two answers to one item must come one after the other: the first two decide whether a third is
        // needed.
        sample_audit::Entity::find_by_id(audit)
            .lock_exclusive()
            .one(&tx)
            .await
            .doing(ANSWERING)?
            .ok_or_else(|| no_such(audit))?;
        let sample = sample(&tx, audit).await.doing(ANSWERING)?.ok_or_else(|| no_such(audit))?;
        if sample.draws.iter().all(|draw| draw.item_id != item) {
            return Err(StoreError::Refused(format!("item number {item} is not part of audit {audit}")));
        }
        if !sample.wants(item, user) {
            return Ok(false);
        }
        let category = match answer {
            Answer::Category(id) => Some(id.as_str().to_owned()),
            Answer::CannotTell => None,
        };
        let row = sample_answer::ActiveModel {
            id: NotSet,
            audit_id: Set(audit),
            item_id: Set(item),
            category: Set(category),
            answered_by: Set(user.to_owned()),
            answered_at: Set(now),
        };
        row.insert(&tx).await.doing(ANSWERING)?;
        // Without the answer itself: whoever reads the log may be the next to look.
        let line = entry(audit, "audit.answer", user, now, format!("item {item}"));
        append(&tx, &[line]).await.doing(ANSWERING)?;
        tx.commit().await.doing(ANSWERING)?;
        Ok(true)
    }

    /// Takes back the last answer that this person gave in an audit. False where there is none.
    pub async fn take_back_last_answer(
        &self,
        audit: i64,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "take the answer back";
        let tx = self.begin(DOING).await?;
        let audits = sample_audit::Entity::find_by_id(audit).lock_exclusive();
        audits.one(&tx).await.doing(DOING)?.ok_or_else(|| no_such(audit))?;
        let last = sample_answer::Entity::find()
            .filter(sample_answer::Column::AuditId.eq(audit))
            .filter(sample_answer::Column::AnsweredBy.eq(user))
            .order_by_desc(sample_answer::Column::Id)
            .one(&tx)
            .await
            .doing(DOING)?;
        let Some(last) = last else { return Ok(false) };
        let was = last.category.as_deref().unwrap_or("cannot tell");
        let detail = format!("item {}, answered {was}", last.item_id);
        append(&tx, &[entry(audit, "audit.take_back", user, now, detail)]).await.doing(DOING)?;
        last.into_active_model().delete(&tx).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(true)
    }
}

/// Where an item stands in a person's own order.
fn place(seed: i64, user: &str, item: i64) -> [u8; 32] {
    Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(item.to_be_bytes())
        .chain_update(user)
        .finalize()
        .into()
}

fn blind(row: work_item::Model) -> Result<BlindItem, sea_orm::DbErr> {
    Ok(BlindItem {
        kind: row.kind()?,
        state: row.state()?,
        id: row.id,
        reference: row.reference,
        title: row.title,
        description: row.description,
        department: row.department,
        team: row.team,
        system: row.system,
        source_category: row.source_category,
        parent: row.parent,
        opened_on: row.opened_on,
        finished_on: row.finished_on,
    })
}
