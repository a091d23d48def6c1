//! Which verdicts an adoption changes, and what follows for what counts. Dry-run and adoption both ask
//! here, so that the one says what the other does.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr};
use waterline_core::{CategoryId, Classifier, Decision, Method, Tally, rules::Probe};

use crate::{
    Store,
    corpus::{self, Seen},
    inheritance::origins,
    kin::{Kinship, Member, kin},
};

/// Items that are settled at once: some megabytes.
const PORTION: usize = 4096;

/// Rules, taxonomy and model on their way into force.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) rule_set: i32,
    pub(crate) model: Option<i32>,
    pub(crate) classifier: Arc<Classifier>,
}

/// An item whose verdict changes. Small, because there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) id: i64,
    /// Its new category, by place in the taxonomy.
    category: Option<u16>,
    method: Method,
}

/// All items whose verdicts change.
pub(crate) struct Plan {
    pub(crate) candidate: Candidate,
    /// How many were looked at.
    pub(crate) items: u64,
    /// In the order of their ids.
    changed: Vec<Changed>,
}

/// What counts for an item afterwards.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The item as it is now.
    pub(crate) now: Seen,
    /// The category that counts afterwards, and how it is arrived at.
    pub(crate) category: Option<String>,
    pub(crate) method: Method,
    /// The item whose verdict or tag that is: itself, or what it inherits from.
    pub(crate) origin: i64,
    /// What it adds to the figures, if another category counts afterwards.
    pub(crate) work: Vec<(NaiveDate, Tally)>,
}

impl Settled {
    /// Whether another category counts afterwards.
    pub(crate) fn moves(&self) -> bool {
        self.category != self.now.category
    }
}

impl Candidate {
    fn changed(&self, seen: &Seen) -> Option<Changed> {
        let held = &seen.machine;
        let decision = self.classifier.decide(&seen.item);
        let same = decision.category().map(CategoryId::as_str) == held.category.as_deref()
            && decision.method() == held.method
            && decision.rule() == held.rule.as_deref()
            && self.model_of(&decision) == held.model;
        (!same).then(|| Changed { id: seen.id, category: self.place(&decision), method: decision.method() })
    }

    /// The model's number, where the decision is the model's.
    fn model_of(&self, decision: &Decision<'_>) -> Option<i32> {
        self.model.filter(|_| decision.method() == Method::Model)
    }

    fn place(&self, decision: &Decision<'_>) -> Option<u16> {
        let category = decision.category()?;
        let categories = self.classifier.taxonomy().categories();
        categories.iter().position(|known| known.id == *category).and_then(|place| u16::try_from(place).ok())
    }

    fn category(&self, place: u16) -> Option<&str> {
        let categories = self.classifier.taxonomy().categories();
        categories.get(usize::from(place)).map(|category| category.id.as_str())
    }
}

#[derive(Default)]
struct Counted {
    items: u64,
    changed: Vec<Changed>,
}

impl Plan {
    /// Looks at everything that is held. With a probe, only at those items closely that it points at.
    pub(crate) async fn make(
        store: &Store,
        candidate: Candidate,
        probe: Option<Probe>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Self, DbErr> {
        let of = candidate.clone();
        let visit = move |tally: &mut Counted, seen: &Seen| {
            tally.items += 1;
            let rule = seen.machine.rule.as_deref();
            if probe.as_ref().is_none_or(|probe| probe.may_move(&seen.item, rule)) {
                tally.changed.extend(of.changed(seen));
            }
        };
        let tallies = corpus::scan(store, Counted::default, visit, progress).await?;
        let items = tallies.iter().map(|tally| tally.items).sum();
        let mut changed: Vec<Changed> = Vec::new();
        for tally in tallies {
            changed.extend(tally.changed);
        }
        Ok(Self { candidate, items, changed })
    }

    /// The ids of the items whose verdicts change, by portions of which all can be in memory.
    pub(crate) fn portions(&self) -> impl Iterator<Item = impl Iterator<Item = i64>> {
        self.changed.chunks(PORTION).map(|portion| portion.iter().map(|changed| changed.id))
    }

    /// Takes items that were written since they were looked at out of the plan, and puts those whose
    /// verdicts change as they are now into it.
    pub(crate) fn correct(&mut self, rechecked: &[Seen]) {
        let ids: BTreeSet<i64> = rechecked.iter().map(|seen| seen.id).collect();
        self.changed.retain(|changed| !ids.contains(&changed.id));
        self.changed.extend(rechecked.iter().filter_map(|seen| self.candidate.changed(seen)));
        self.changed.sort_unstable_by_key(|changed| changed.id);
    }

    pub(crate) fn changes(&self, id: i64) -> Option<&Changed> {
        let place = self.changed.binary_search_by_key(&id, |changed| changed.id).ok()?;
        self.changed.get(place)
    }

    /// The machine's category of an item afterwards, and how it is arrived at.
    fn machine<'a>(&'a self, member: &'a Member) -> (Option<&'a str>, Method) {
        match self.changes(member.id) {
            Some(changed) => {
                (changed.category.and_then(|place| self.candidate.category(place)), changed.method)
            }
            None => (member.machine_category.as_deref(), member.machine_method),
        }
    }

    /// What counts afterwards for the items of a portion, and for those that inherit from them and are in
    /// no portion themselves: over all portions, each item comes once.
    pub(crate) async fn settle(
        &self,
        db: &impl ConnectionTrait,
        portion: impl IntoIterator<Item = i64>,
    ) -> Result<Vec<Settled>, DbErr> {
        let mut items = corpus::load(db, portion).await?;
        let mut family = Family::default();
        for seen in &items {
            family.add(seen.into());
        }
        family.climb(db).await?;
        let heirs = family.descend(db, items.len(), |id| self.changes(id).is_some()).await?;
        items.extend(corpus::load(db, heirs).await?);
        let tagged: Vec<bool> = family.members.iter().map(Member::is_tagged).collect();
        let has_category: Vec<bool> = family.members.iter().map(|of| self.own(of).0.is_some()).collect();
        let origins = origins(&family.parents, &tagged, &has_category);
        let mut settled = Vec::with_capacity(items.len());
        for now in items {
            let Some(&place) = family.places.get(&now.id) else { continue };
            let origin = &family.members[origins[place]];
            let (category, method) = self.own(origin);
            settled.push(Settled {
                category: category.map(str::to_owned),
                method: if origins[place] == place { method } else { Method::Inherited },
                origin: origin.id,
                work: Vec::new(),
                now,
            });
        }
        let mut work = corpus::work(db, settled.iter().filter(|of| of.moves()).map(|of| &of.now)).await?;
        for of in &mut settled {
            of.work = work.remove(&of.now.id).unwrap_or_default();
        }
        Ok(settled)
    }

    /// The item's own tag, or the machine's verdict on it afterwards.
    fn own<'a>(&'a self, member: &'a Member) -> (Option<&'a str>, Method) {
        if member.is_tagged() { (member.category.as_deref(), Method::Tag) } else { self.machine(member) }
    }
}

/// Items that may pass their categories on to one another.
#[derive(Default)]
struct Family {
    members: Vec<Member>,
    /// The place of the parent, where it is held and of a kind that passes on.
    parents: Vec<Option<usize>>,
    places: HashMap<i64, usize>,
}

impl Family {
    fn add(&mut self, member: Member) -> usize {
        let place = self.members.len();
        self.places.insert(member.id, place);
        self.members.push(member);
        self.parents.push(None);
        place
    }

    /// Adds all ancestors. A tag ends the way: what is above it does not matter.
    async fn climb(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let mut next = 0;
        while next < self.members.len() {
            let asking =
                self.members[next..].iter().filter(|member| member.has_parent && !member.is_tagged());
            let asking: Vec<i64> = asking.map(|member| member.id).collect();
            next = self.members.len();
            if asking.is_empty() {
                break;
            }
            for (child, parent) in kin(db, asking, Kinship::Parent).await? {
                let Some(&child) = self.places.get(&child) else { continue };
                if self.members[child].kind.inherits_from(parent.kind) {
                    let known = self.places.get(&parent.id).copied();
                    self.parents[child] = Some(known.unwrap_or_else(|| self.add(parent)));
                }
            }
        }
        Ok(())
    }

    /// Finds those who may inherit from the first `own` members, but for those that are `elsewhere`.
    async fn descend(
        &mut self,
        db: &impl ConnectionTrait,
        own: usize,
        elsewhere: impl Fn(i64) -> bool,
    ) -> Result<BTreeSet<i64>, DbErr> {
        let untagged = self.members[..own].iter().filter(|member| !member.is_tagged());
        let mut asking: Vec<i64> = untagged.map(|member| member.id).collect();
        let mut heirs = BTreeSet::new();
        while !asking.is_empty() {
            for (parent, child) in kin(db, std::mem::take(&mut asking), Kinship::Child).await? {
                let Some(&parent) = self.places.get(&parent) else { continue };
                let inherits = child.kind.inherits_from(self.members[parent].kind) && !child.is_tagged();
                if !inherits || elsewhere(child.id) {
                    continue;
                }
                let id = child.id;
                let place = match self.places.get(&id) {
                    Some(&place) => place,
                    None => self.add(child),
                };
                self.parents[place] = Some(parent);
                if heirs.insert(id) {
                    asking.push(id);
                }
            }
        }
        Ok(heirs)
    }
}
