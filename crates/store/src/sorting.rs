//! Puts what was asked for in force. Looking at everything takes no lock, so work comes in meanwhile; then
//! one transaction changes what changes and says so. Readers see all of it or nothing, and a process that
//! dies leaves what was in force.

use std::{convert::Infallible, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use tokio::sync::watch;
use waterline_core::{Clock, Dimension, EffortRates, Method, MonthRange};

use crate::{
    AdoptionState, AdoptionView, AuditEntry, Shift, Store, StoreError,
    adoption::{self, lock_in_force},
    adoption_lease::Lease,
    audit_log::append,
    bulk::update_all,
    corpus::{self, Seen},
    entity::{
        adoption::{Column, Entity, Model},
        setting, work_item,
    },
    error::Doing,
    estimates,
    feeds::source_names,
    held,
    in_force::{IN_FORCE, classifier},
    inheritance::hold_all_sources,
    plan::{Candidate, Plan, Settled},
    recheck,
    reports::work_rows,
    rollup::{Deltas, Place},
    shift::{Taxonomies, shift, shift_to_text},
    verdicts::{VerdictChange, Worth, update_verdicts},
};

const DOING: &str = "put the rules in force";

/// How often a process that sorts says how far it is, and that it lives.
const TELLS_EVERY: Duration = Duration::from_secs(2);

impl Store {
    /// Does the adoption that waits, if there is one and no other process is at it; gives what came of it.
    /// `progress` hears of items looked at and of all there are. Stopped at any moment, what was in force
    /// stays so, and the next call begins afresh.
    pub async fn run_adoption(
        &self,
        clock: &Clock,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Option<AdoptionView>, StoreError> {
        let Some((adoption, lease)) = self.claim_adoption(clock()).await? else { return Ok(None) };
        let done = match self.candidate(&adoption).await {
            // It cannot be read, now or later.
            Err(DbErr::Type(trouble)) => self.fail(&adoption, &lease, &trouble).await,
            Err(error) => Err(error).doing(DOING),
            Ok(candidate) => self.sort(&adoption, &lease, candidate, clock, progress).await,
        };
        if let Err(error) = done {
            // What stopped us may stop this too; then the lease runs out by itself.
            let _runs_out = self.give_adoption_back(&lease).await;
            return Err(error);
        }
        self.adoption(adoption.id).await
    }

    /// Takes what waits, or what somebody left undone. From here on writers note what they write: those who
    /// began before hold what is in force, and are waited for.
    async fn claim_adoption(&self, now: DateTime<Utc>) -> Result<Option<(Model, Lease)>, StoreError> {
        if pending(self.reader()).await.doing(DOING)?.is_none() {
            return Ok(None);
        }
        let total = work_item::Entity::find().count(self.reader()).await.doing(DOING)?;
        let tx = self.begin(DOING).await?;
        lock_in_force(&tx).await.doing(DOING)?;
        let Some(adoption) = pending(&tx).await.doing(DOING)? else { return Ok(None) };
        let Some(lease) = Lease::take(&tx, self.owner(), now).await? else { return Ok(None) };
        recheck::forget(&tx).await.doing(DOING)?;
        updating(adoption.id)
            .col_expr(Column::State, Expr::value(AdoptionState::Sorting.as_str()))
            .col_expr(Column::Done, Expr::value(0))
            .col_expr(Column::Total, Expr::value(signed(total)))
            .exec(&tx)
            .await
            .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(Some((adoption, lease)))
    }

    async fn candidate(&self, adoption: &Model) -> Result<Candidate, DbErr> {
        let Model { rule_set, model, .. } = *adoption;
        let classifier = Arc::new(classifier(self.reader(), rule_set, model).await?);
        Ok(Candidate { rule_set, model, classifier })
    }

    async fn sort(
        &self,
        adoption: &Model,
        lease: &Lease,
        candidate: Candidate,
        clock: &Clock,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(), StoreError> {
        let (tell, told) = watch::channel((0, 0));
        let plan = Plan::make(self, candidate, None, |done, total| {
            tell.send_replace((done, total));
            progress(done, total);
        });
        let plan = tokio::select! {
            plan = plan => plan.doing(DOING)?,
            lost = self.tell(adoption.id, lease, &told, clock) => match lost? {},
        };
        self.put_in_force(adoption, lease, plan, clock()).await
    }

    /// Says how far it is, again and again, until the lease is lost.
    async fn tell(
        &self,
        adoption: i64,
        lease: &Lease,
        told: &watch::Receiver<(u64, u64)>,
        clock: &Clock,
    ) -> Result<Infallible, StoreError> {
        loop {
            tokio::time::sleep(TELLS_EVERY).await;
            let (done, total) = *told.borrow();
            let tx = self.begin(DOING).await?;
            lease.renew(&tx, clock()).await?;
            updating(adoption)
                .col_expr(Column::Done, Expr::value(signed(done)))
                .col_expr(Column::Total, Expr::value(signed(total)))
                .exec(&tx)
                .await
                .doing(DOING)?;
            tx.commit().await.doing(DOING)?;
        }
    }

    /// The one transaction. Nobody else writes verdicts until it ends.
    async fn put_in_force(
        &self,
        adoption: &Model,
        lease: &Lease,
        mut plan: Plan,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let in_force = self.in_force().await?;
        let tx = self.begin(DOING).await?;
        lock_in_force(&tx).await.doing(DOING)?;
        lease.renew(&tx, now).await?;
        let noted = recheck::noted(&tx).await.doing(DOING)?;
        let rechecked = corpus::load(&tx, noted).await.doing(DOING)?;
        plan.correct(&rechecked);
        let taxonomies = Taxonomies {
            before: in_force.classifier.taxonomy(),
            after: plan.candidate.classifier.taxonomy(),
        };
        let board = MonthRange::ending(self.zone().month(now).plus(-1), 12);
        let before = work_rows(&tx, board, Dimension::All).await.doing(DOING)?;
        let moved = self.apply(&tx, &plan).await.doing(DOING)?;
        let after = work_rows(&tx, board, Dimension::All).await.doing(DOING)?;
        let outcome = Outcome { moved, items: plan.items, shift: shift(board, &before, &after, taxonomies) };
        outcome.record(&tx, adoption, now).await.doing(DOING)?;
        recheck::forget(&tx).await.doing(DOING)?;
        lease.give_back(&tx).await?;
        tx.commit().await.doing(DOING)
    }

    /// Changes the verdicts that change; gives how many items move.
    async fn apply(&self, tx: &DatabaseTransaction, plan: &Plan) -> Result<u64, DbErr> {
        let rates = estimates::rates_in_use(tx, self.default_effort()).await?;
        hold_all_sources(tx).await?;
        let sources = source_names(tx).await?;
        let mut deltas = Deltas::default();
        let mut moved = 0;
        for portion in plan.portions() {
            let settled = plan.settle(tx, portion).await?;
            let mut changes = Vec::with_capacity(settled.len());
            let mut followers = Vec::new();
            for of in &settled {
                if of.moves() {
                    let source = sources.get(&of.now.source_id).map_or("", String::as_str);
                    let ways = (of.now.category.as_deref(), of.category.as_deref());
                    deltas.move_work(place(&of.now, source), &of.work, ways);
                    moved += 1;
                }
                if plan.changes(of.now.id).is_some() {
                    changes.push(change(of, &plan.candidate, &rates));
                } else if of.moves() || of.method != of.now.method {
                    let worth = worth(of, of.now.machine.confidence, &rates);
                    let (category, method) = (of.category.clone(), of.method.as_str());
                    followers.push(vec![of.now.id.into(), category.into(), method.into(), worth.into()]);
                }
            }
            update_verdicts(tx, changes).await?;
            update_all::<work_item::Entity>(tx, &FOLLOWING, &followers).await?;
        }
        deltas.apply(tx).await?;
        Ok(moved)
    }

    async fn fail(&self, adoption: &Model, lease: &Lease, trouble: &str) -> Result<(), StoreError> {
        let tx = self.begin(DOING).await?;
        updating(adoption.id)
            .col_expr(Column::State, Expr::value(AdoptionState::Failed.as_str()))
            .col_expr(Column::Trouble, Expr::value(trouble))
            .exec(&tx)
            .await
            .doing(DOING)?;
        recheck::forget(&tx).await.doing(DOING)?;
        lease.give_back(&tx).await?;
        tx.commit().await.doing(DOING)
    }

    async fn give_adoption_back(&self, lease: &Lease) -> Result<(), StoreError> {
        let tx = self.begin(DOING).await?;
        lease.give_back(&tx).await?;
        tx.commit().await.doing(DOING)
    }
}

/// What came of an adoption.
struct Outcome {
    moved: u64,
    items: u64,
    shift: Shift,
}

impl Outcome {
    async fn record(&self, tx: &DatabaseTransaction, on: &Model, now: DateTime<Utc>) -> Result<(), DbErr> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(AdoptionState::Superseded.as_str()))
            .filter(Column::State.eq(AdoptionState::InForce.as_str()))
            .exec(tx)
            .await?;
        updating(on.id)
            .col_expr(Column::State, Expr::value(AdoptionState::InForce.as_str()))
            .col_expr(Column::InForceAt, Expr::value(now))
            .col_expr(Column::Done, Expr::value(signed(self.items)))
            .col_expr(Column::Total, Expr::value(signed(self.items)))
            .col_expr(Column::Moved, Expr::value(signed(self.moved)))
            .col_expr(Column::Shift, Expr::value(shift_to_text(self.shift)))
            .exec(tx)
            .await?;
        setting::Entity::update_many()
            .col_expr(setting::Column::Value, Expr::value(on.id.to_string()))
            .filter(setting::Column::Key.eq(IN_FORCE))
            .exec(tx)
            .await?;
        let entry = AuditEntry {
            at: now,
            actor: on.asked_by.clone(),
            action: "rules.adopt".to_owned(),
            subject: adoption::subject(on.rule_set, on.model),
            detail: format!("in force; {} items moved", self.moved),
        };
        append(tx, &[entry]).await
    }
}

/// What waits, or is being sorted.
async fn pending(db: &impl sea_orm::ConnectionTrait) -> Result<Option<Model>, DbErr> {
    let states = [AdoptionState::Waiting, AdoptionState::Sorting].map(AdoptionState::as_str);
    Entity::find().filter(Column::State.is_in(states)).order_by_asc(Column::Id).one(db).await
}

fn updating(adoption: i64) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(adoption))
}

/// What changes on an item that inherits something else, while the machine's verdict on it stays.
const FOLLOWING: [work_item::Column; 4] =
    [work_item::Column::Id, work_item::Column::Category, work_item::Column::Method, work_item::Column::Worth];

fn place<'a>(seen: &'a Seen, source: &'a str) -> Place<'a> {
    Place {
        kind: seen.item.kind.as_str(),
        team: seen.item.team.as_deref(),
        department: seen.item.department.as_deref(),
        system: seen.item.system.as_deref(),
        source,
    }
}

fn change(of: &Settled, candidate: &Candidate, rates: &EffortRates) -> VerdictChange {
    let verdict = candidate.classifier.classify(&of.now.item);
    VerdictChange {
        id: of.now.id,
        category: of.category.clone(),
        method: of.method,
        machine_category: verdict.category.map(|category| category.as_str().to_owned()),
        machine_method: verdict.method,
        machine_reason: held::text(verdict.reason),
        machine_rule: verdict.rule,
        machine_confidence: verdict.confidence,
        rule_set: candidate.rule_set,
        model: candidate.model.filter(|_| verdict.method == Method::Model),
        worth: worth(of, verdict.confidence, rates),
    }
}

fn worth(of: &Settled, confidence: Option<f64>, rates: &EffortRates) -> i64 {
    let item = &of.now.item;
    let worth = Worth {
        method: of.method,
        confidence,
        state: item.state,
        kind: item.kind,
        team: item.team.as_deref(),
        logged_seconds: item.logged_seconds(),
    };
    worth.seconds(rates)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
