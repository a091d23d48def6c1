use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use waterline_core::{Classifier, Method, Verdict};

use crate::{
    Store, StoreError,
    bulk::{self, portions},
    entity::{rule_set, work_item},
    error::Doing,
    feeds::source_names,
    held::{self, Held},
    ledger::change_items,
    rollup::Deltas,
    token,
};

/// Items in one transaction: large enough to be quick, small enough that a batch waiting for its turn
/// does not notice.
const STEP: u64 = 2048;

const DOING: &str = "classify anew";

impl Store {
    /// The number of this rule set text; a text not seen before gets the next number.
    pub async fn rule_set_number(&self, rules: &str, now: DateTime<Utc>) -> Result<i32, StoreError> {
        const DOING: &str = "number the rule set";
        let sha256 = token::sha256(rules);
        let tx = self.begin(DOING).await?;
        let fresh = rule_set::ActiveModel {
            number: NotSet,
            sha256: Set(sha256.clone()),
            text: Set(rules.to_owned()),
            created_at: Set(now),
        };
        let known = || rule_set::Entity::find().filter(rule_set::Column::Sha256.eq(&sha256));
        if known().one(&tx).await.doing(DOING)?.is_none() {
            let once = OnConflict::column(rule_set::Column::Sha256).do_nothing().to_owned();
            tx.execute(&bulk::insert([fresh], Some(once))).await.doing(DOING)?;
        }
        let row = known().one(&tx).await.doing(DOING)?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("the rule set".to_owned())).doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(row.number)
    }

    /// How many items have their verdict from another rule set than `number`.
    pub async fn items_of_other_rule_sets(&self, number: i32) -> Result<u64, StoreError> {
        work_item::Entity::find()
            .filter(of_another_rule_set(number))
            .count(self.reader())
            .await
            .doing("count the items of other rule sets")
    }

    /// Gives every item whose machine verdict is older than rule set `number` a new one, in steps; tells
    /// `progress(done, all)` after each. Gives the number of items whose category moved. Stopped in
    /// between, it goes on where it stopped; tagged items get a new machine verdict and keep their tag.
    pub async fn reclassify(
        &self,
        classifier: &Classifier,
        number: i32,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<u64, StoreError> {
        let all = self.items_of_other_rule_sets(number).await?;
        let (mut after, mut done, mut moved) = (0, 0, 0);
        while done < all {
            let tx = self.begin(DOING).await?;
            let step = step(&tx, classifier, number, after).await.doing(DOING)?;
            tx.commit().await.doing(DOING)?;
            let Some(step) = step else { break };
            after = step.last;
            done += step.items;
            moved += step.moved;
            progress(done, all.max(done));
        }
        Ok(moved)
    }
}

/// Two ranges rather than one inequality, because an index answers those.
fn of_another_rule_set(number: i32) -> Condition {
    let column = work_item::Column::RuleSet;
    Condition::any().add(column.lt(number)).add(column.gt(number))
}

struct Step {
    last: i64,
    items: u64,
    moved: u64,
}

/// The next few items; `None` when there are no more.
async fn step(
    tx: &DatabaseTransaction,
    classifier: &Classifier,
    number: i32,
    after: i64,
) -> Result<Option<Step>, DbErr> {
    let next = work_item::Entity::find()
        .filter(work_item::Column::Id.gt(after))
        .filter(work_item::Column::RuleSet.ne(number))
        .limit(STEP);
    let items = held::locked(tx, next).await?;
    let Some(last) = items.last().map(|held| held.row.id) else { return Ok(None) };
    let sources = source_names(tx).await?;
    let mut step = Step { last, items: items.len() as u64, moved: 0 };
    let (mut same, mut changed, mut deltas) = (Vec::new(), Vec::new(), Deltas::default());
    for old in items {
        let verdict = classifier.classify(&old.to_work_item()?);
        let new = reclassified(&old, verdict, number);
        if new.row == (work_item::Model { rule_set: number, ..old.row.clone() }) {
            same.push(old.row.id);
            continue;
        }
        if new.row.category != old.row.category {
            let source = sources.get(&old.row.source_id).map_or("", String::as_str);
            deltas.subtract(&old, source);
            deltas.add(&new, source);
            step.moved += 1;
        }
        changed.push(new);
    }
    write(tx, &same, &changed, number).await?;
    deltas.apply(tx).await?;
    Ok(Some(step))
}

fn reclassified(old: &Held, verdict: Verdict, number: i32) -> Held {
    let mut new = old.clone();
    new.row.rule_set = number;
    new.row.machine_category = verdict.category.map(|id| id.as_str().to_owned());
    new.row.machine_method = verdict.method.as_str().to_owned();
    new.row.machine_reason = held::text(verdict.reason);
    if new.row.method != Method::Tag.as_str() {
        new.row.category = new.row.machine_category.clone();
        new.row.method = new.row.machine_method.clone();
    }
    new
}

async fn write(tx: &DatabaseTransaction, same: &[i64], changed: &[Held], number: i32) -> Result<(), DbErr> {
    for ids in portions(same) {
        work_item::Entity::update_many()
            .col_expr(work_item::Column::RuleSet, Expr::value(number))
            .filter(work_item::Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    for items in portions(changed) {
        change_items(tx, items).await?;
    }
    Ok(())
}
