//! What a piece of work takes over from the one that it belongs to.
//!
//! An item without a tag takes the category that counts of its parent, if the parent is held, has one, and
//! is of a kind that passes it on ([`Kind::inherits_from`]); the parent may have it from its own parent. A
//! tagged item stands by itself, whatever it belongs to. Those that belong to each other in a circle that
//! no tag cuts inherit nothing.
//!
//! **Order of locks**, which every transaction keeps that writes items, so that none waits for another in
//! a circle: what is in force, the effort rates, the sources of the items ([`hold_sources`]), their feeds,
//! items, rollups. Whoever holds a source is the only one to write its items: what they inherit from each
//! other stays as it was read, and in which order their rows are locked makes no difference.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockType, SimpleExpr},
};
use waterline_core::{EffortRates, Kind, Method, settle};

use crate::{
    bulk::is_among,
    entity::{
        source,
        work_item::{self, Column, Entity},
    },
    error::unreadable,
    held,
    rollup::Deltas,
    verdicts::{VerdictChange, update_verdicts},
};

/// A category, or none, and how it was arrived at.
pub(crate) type Standing = (Option<String>, Method);

/// What decides the category of one item, and what it passes on.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// `None` while it is not held yet.
    pub(crate) id: Option<i64>,
    pub(crate) external_id: String,
    pub(crate) kind: Kind,
    /// The id at the source of what it belongs to, held or not.
    pub(crate) parent: Option<String>,
    /// The category of a person's tag.
    pub(crate) tag: Option<String>,
    /// The machine's own verdict.
    pub(crate) machine: Standing,
    /// What counts as it is held.
    pub(crate) held: Option<Standing>,
}

impl Member {
    /// An item as it is held.
    pub(crate) fn of(row: &work_item::Model) -> Result<Self, DbErr> {
        let method = row.method()?;
        Ok(Self {
            id: Some(row.id),
            external_id: row.external_id.clone(),
            kind: row.kind()?,
            parent: row.parent.clone(),
            tag: row.category.clone().filter(|_| method == Method::Tag),
            machine: (row.machine_category.clone(), row.machine_method()?),
            held: Some((row.category.clone(), method)),
        })
    }

    /// The category that it has by itself.
    fn own(&self) -> Option<&str> {
        self.tag.as_deref().or(self.machine.0.as_deref())
    }
}

/// Items of one source of which something changes, with all from which they inherit and all that inherit
/// from them.
#[derive(Default)]
pub(crate) struct Family {
    members: Vec<Member>,
    /// The place of each by its id at the source.
    places: HashMap<String, usize>,
    settled: Vec<Standing>,
}

impl Family {
    /// The items of a source of which something changes, as they are to be.
    pub(crate) async fn gather(
        tx: &DatabaseTransaction,
        source_id: i32,
        changed: Vec<Member>,
    ) -> Result<Self, DbErr> {
        let mut family = Self::default();
        for member in changed {
            family.add(member);
        }
        family.climb(tx, source_id).await?;
        family.descend(tx, source_id).await?;
        family.settle();
        Ok(family)
    }

    fn add(&mut self, member: Member) {
        self.places.insert(member.external_id.clone(), self.members.len());
        self.members.push(member);
    }

    /// Adds all from which something may come down: one question for each step upwards, and few items have
    /// more than two above them.
    async fn climb(&mut self, tx: &DatabaseTransaction, source_id: i32) -> Result<(), DbErr> {
        let mut next = 0;
        while next < self.members.len() {
            let untagged = self.members[next..].iter().filter(|member| member.tag.is_none());
            let parents: HashSet<String> = untagged.filter_map(|member| member.parent.clone()).collect();
            next = self.members.len();
            let unknown = parents.into_iter().filter(|parent| !self.places.contains_key(parent));
            let unknown: Vec<String> = unknown.collect();
            for found in relatives(tx, source_id, Column::ExternalId, unknown).await? {
                self.add(found);
            }
        }
        Ok(())
    }

    /// Adds all to whom something may come down: one question for each step downwards.
    async fn descend(&mut self, tx: &DatabaseTransaction, source_id: i32) -> Result<(), DbErr> {
        let mut next = 0;
        while next < self.members.len() {
            let above = self.members[next..].iter().map(|member| member.external_id.clone()).collect();
            next = self.members.len();
            for found in relatives(tx, source_id, Column::Parent, above).await? {
                if found.tag.is_none() && !self.places.contains_key(&found.external_id) {
                    self.add(found);
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self) {
        let parents: Vec<Option<usize>> = self.members.iter().map(|member| self.parent(member)).collect();
        let tagged: Vec<bool> = self.members.iter().map(|member| member.tag.is_some()).collect();
        let has_category: Vec<bool> = self.members.iter().map(|member| member.own().is_some()).collect();
        let places = self.members.iter().zip(origins(&parents, &tagged, &has_category)).enumerate();
        let settled = places.map(|(place, (member, origin))| {
            let inherited = self.members[origin].own().filter(|_| origin != place);
            let (machine, method) = &member.machine;
            let (category, method) = settle(member.tag.as_deref(), inherited, (machine.as_deref(), *method));
            (category.map(str::to_owned), method)
        });
        self.settled = settled.collect();
    }

    /// The place of what passes its category on to a member.
    fn parent(&self, member: &Member) -> Option<usize> {
        let place = *self.places.get(member.parent.as_ref()?)?;
        member.kind.inherits_from(self.members[place].kind).then_some(place)
    }

    /// What counts for a member.
    pub(crate) fn standing(&self, external_id: &str) -> Option<&Standing> {
        self.settled.get(*self.places.get(external_id)?)
    }

    /// The held items for which something else counts than before, but for those that the caller writes.
    pub(crate) fn followers(&self, written: &HashSet<i64>) -> HashMap<i64, Standing> {
        self.members
            .iter()
            .zip(&self.settled)
            .filter(|(member, settled)| member.held.as_ref() != Some(*settled))
            .filter_map(|(member, settled)| Some((member.id?, settled.clone())))
            .filter(|(id, _)| !written.contains(id))
            .collect()
    }
}

/// Gives items what they take over, and puts the difference on the rollup. `sources` are names by id.
pub(crate) async fn follow(
    tx: &DatabaseTransaction,
    followers: &HashMap<i64, Standing>,
    sources: &BTreeMap<i32, String>,
    rates: &EffortRates,
    deltas: &mut Deltas,
) -> Result<(), DbErr> {
    let ids: Vec<i64> = followers.keys().copied().collect();
    let mut changes = Vec::with_capacity(ids.len());
    for mut item in held::locked_by_id(tx, &ids).await?.into_values() {
        let Some((category, method)) = followers.get(&item.row.id) else { continue };
        let source = sources.get(&item.row.source_id).map_or("", String::as_str);
        deltas.subtract(&item, source);
        item.row.category.clone_from(category);
        item.row.method = method.as_str().to_owned();
        item.row.worth = item.row.worth_now(rates)?;
        deltas.add(&item, source);
        changes.push(VerdictChange::of(item.row)?);
    }
    update_verdicts(tx, changes).await
}

/// Holds these sources until the transaction ends; see the order of locks above.
pub(crate) async fn hold_sources(
    tx: &DatabaseTransaction,
    ids: impl IntoIterator<Item = i32>,
) -> Result<(), DbErr> {
    source::Entity::find()
        .filter(source::Column::Id.is_in(ids))
        .order_by_asc(source::Column::Id)
        // Not against those who only refer to the source in rows of their own.
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    Ok(())
}

/// Holds the sources of these items.
pub(crate) async fn hold_sources_of(tx: &DatabaseTransaction, items: &[i64]) -> Result<(), DbErr> {
    let sources: Vec<i32> = work_item::Entity::find()
        .select_only()
        .column(Column::SourceId)
        .distinct()
        .filter(is_among(tx, Column::Id, items.iter().copied())?)
        .into_tuple()
        .all(tx)
        .await?;
    hold_sources(tx, sources).await
}

/// Holds all sources.
pub(crate) async fn hold_all_sources(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    let all: Vec<i32> =
        source::Entity::find().select_only().column(source::Column::Id).into_tuple().all(tx).await?;
    hold_sources(tx, all).await
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    external_id: String,
    kind: String,
    parent: Option<String>,
    category: Option<String>,
    method: String,
    machine_category: Option<String>,
    machine_method: String,
}

impl TryFrom<Row> for Member {
    type Error = DbErr;

    fn try_from(row: Row) -> Result<Self, DbErr> {
        let unreadable = |reason| unreadable(format!("item {}: {reason}", row.id));
        let method: Method = row.method.parse().map_err(unreadable)?;
        Ok(Self {
            id: Some(row.id),
            external_id: row.external_id,
            kind: row.kind.parse().map_err(unreadable)?,
            parent: row.parent,
            tag: row.category.clone().filter(|_| method == Method::Tag),
            machine: (row.machine_category, row.machine_method.parse().map_err(unreadable)?),
            held: Some((row.category, method)),
        })
    }
}

/// Items of a source with one of these values in a column, as they are held.
async fn relatives(
    tx: &DatabaseTransaction,
    source_id: i32,
    column: Column,
    values: Vec<String>,
) -> Result<Vec<Member>, DbErr> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let among: SimpleExpr = is_among(tx, column, values)?;
    let rows: Vec<Row> = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ExternalId,
            Column::Kind,
            Column::Parent,
            Column::Category,
            Column::Method,
            Column::MachineCategory,
            Column::MachineMethod,
        ])
        .filter(Column::SourceId.eq(source_id))
        .filter(among)
        .order_by_asc(Column::Id)
        .into_model()
        .all(tx)
        .await?;
    rows.into_iter().map(Member::try_from).collect()
}

/// Whose verdict counts for each item of a family: its own place, or that of the ancestor from which it
/// inherits. Every slice has one value for each item; a parent is the place of one that is held and passes
/// on, and `has_category` tells of the item's own tag or machine's verdict.
pub(crate) fn origins(parents: &[Option<usize>], tagged: &[bool], has_category: &[bool]) -> Vec<usize> {
    const UNKNOWN: usize = usize::MAX;
    const ON_THE_WAY: usize = usize::MAX - 1;
    let mut origins = vec![UNKNOWN; parents.len()];
    let parent = |item: usize| parents[item].filter(|_| !tagged[item]);
    let mut way = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while origins[at] == UNKNOWN {
            origins[at] = ON_THE_WAY;
            way.push(at);
            match parent(at) {
                Some(above) => at = above,
                None => break,
            }
        }
        if origins[at] == ON_THE_WAY && parent(at).is_some() {
            // The way came back to `at`, so all behind it go round in a circle.
            while let Some(member) = way.pop() {
                origins[member] = member;
                if member == at {
                    break;
                }
            }
        }
        while let Some(item) = way.pop() {
            let origin = parent(item).map(|above| origins[above]);
            origins[item] = origin.filter(|origin| has_category[*origin]).unwrap_or(item);
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items by their place: the parent's, and "t" for tagged, "m" for a machine's category, "-" for none.
    fn check(items: &[(Option<usize>, &str)], expected: &[usize]) {
        let parents: Vec<_> = items.iter().map(|item| item.0).collect();
        let tagged: Vec<_> = items.iter().map(|item| item.1 == "t").collect();
        let has_category: Vec<_> = items.iter().map(|item| item.1 != "-").collect();
        assert_eq!(origins(&parents, &tagged, &has_category), expected);
    }

    #[test]
    fn a_child_takes_what_counts_for_its_parent_and_that_may_come_from_further_up() {
        check(&[(None, "m"), (Some(0), "m"), (Some(1), "-")], &[0, 0, 0]);
        check(&[(Some(1), "m"), (Some(2), "-"), (None, "t")], &[2, 2, 2]);
    }

    #[test]
    fn a_tag_stops_what_comes_from_above_and_goes_on_downwards() {
        check(&[(None, "t"), (Some(0), "t"), (Some(1), "m")], &[0, 1, 1]);
    }

    #[test]
    fn an_unclassified_parent_tells_nothing() {
        check(&[(None, "-"), (Some(0), "-"), (Some(1), "m"), (Some(2), "-")], &[0, 1, 2, 2]);
    }

    #[test]
    fn who_goes_round_in_a_circle_inherits_nothing_but_passes_on() {
        check(&[(Some(0), "m")], &[0]);
        check(&[(Some(3), "m"), (Some(0), "m"), (Some(1), "-"), (Some(1), "m")], &[0, 1, 1, 3]);
    }

    #[test]
    fn a_tag_cuts_a_circle() {
        check(&[(Some(1), "m"), (Some(2), "-"), (Some(1), "t")], &[2, 2, 2]);
    }
}
