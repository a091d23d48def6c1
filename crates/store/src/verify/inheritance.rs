//! Whether every item counts as it should, worked out apart from the code that makes it so.

use std::collections::HashSet;

use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, JoinType, Order,
    sea_query::{CaseStatement, Expr, ExprTrait, Func, Query, SimpleExpr},
};
use waterline_core::{Kind, Method};

use super::{Faults, MOST_LINES, Named};
use crate::entity::work_item::{self, Column as Item};

/// Items that count as something else than their tag, what they belong to, or the machine says.
pub(super) async fn check(tx: &DatabaseTransaction, found: &mut Faults) -> Result<(), DbErr> {
    const ITEM: &str = "item";
    const PARENT: &str = "parent";
    let item = |column: Item| Expr::col((ITEM, column));
    let parent = |column: Item| Expr::col((PARENT, column));
    let passes_on = Kind::ALL.into_iter().fold(Condition::any(), |any, kind| {
        let above = Kind::ALL.into_iter().filter(|above| kind.inherits_from(*above)).map(Kind::as_str);
        any.add(item(Item::Kind).eq(kind.as_str()).and(parent(Item::Kind).is_in(above)))
    });
    let belongs = Condition::all()
        .add(parent(Item::SourceId).eq(item(Item::SourceId)))
        .add(parent(Item::ExternalId).eq(item(Item::Parent)))
        .add(item(Item::Method).ne(Method::Tag.as_str()))
        .add(passes_on);
    let mut linked = Query::select();
    linked.from_as(work_item::Entity, ITEM).order_by((ITEM, Item::Id), Order::Asc);
    let mut links = linked.clone();
    links.expr_as(item(Item::Id), "item").expr_as(parent(Item::Id), "parent").join_as(
        JoinType::InnerJoin,
        work_item::Entity,
        PARENT,
        belongs.clone(),
    );
    let links = tx.query_all(&links).await?;
    let links = links.iter().map(|row| Ok((row.try_get("", "item")?, row.try_get("", "parent")?)));
    let round = going_round(links.collect::<Result<_, DbErr>>()?);
    let inherits = parent(Item::Category).is_not_null().and(item(Item::Id).is_not_in(round));
    // Nothing is written as an empty text here: a comparison with nothing is unknown, which is not true.
    let said = |expr: SimpleExpr| Expr::expr(Func::coalesce([expr, Expr::val("")]));
    let tagged = || item(Item::Method).eq(Method::Tag.as_str());
    let category = CaseStatement::new()
        .case(inherits.clone(), parent(Item::Category))
        .finally(item(Item::MachineCategory));
    let method: SimpleExpr = CaseStatement::new()
        .case(inherits, Method::Inherited.as_str())
        .finally(item(Item::MachineMethod))
        .into();
    let differs = said(item(Item::Category)).ne(said(category.into()));
    let differs = differs.or(item(Item::Method).ne(method));
    linked
        .column((ITEM, Item::Id))
        .column((ITEM, Item::Reference))
        .join_as(JoinType::LeftJoin, work_item::Entity, PARENT, belongs)
        .and_where(tagged().not())
        .and_where(differs)
        .limit(MOST_LINES as u64);
    let fault = "does not count as what it belongs to does, or else as the machine says";
    let items = tx.query_all(&linked).await?;
    let items: Vec<Named> =
        items.iter().map(|row| Named::from_query_result(row, "")).collect::<Result<_, _>>()?;
    found.add(items.iter().map(|item| format!("item {} ({}) {fault}", item.id, item.reference)));
    Ok(())
}

/// Those that belong to each other in a circle: what is left once everything is taken away that belongs to
/// nothing or to which nothing belongs, again and again.
fn going_round(mut links: Vec<(i64, i64)>) -> Vec<i64> {
    loop {
        let belonging: HashSet<i64> = links.iter().map(|(item, _)| *item).collect();
        let above: HashSet<i64> = links.iter().map(|(_, parent)| *parent).collect();
        let before = links.len();
        links.retain(|(item, parent)| above.contains(item) && belonging.contains(parent));
        if links.len() == before {
            return links.into_iter().map(|(item, _)| item).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_in_the_circle_go_round() {
        let mut round = going_round(vec![(1, 2), (2, 3), (3, 2), (4, 3), (5, 5), (6, 7)]);
        round.sort_unstable();
        assert_eq!(round, [2, 3, 5]);
    }
}
