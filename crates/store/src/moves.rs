//! What moves, gathered portion by portion: from where to where, in which months, and examples of it.

use std::collections::BTreeMap;

use waterline_core::{CategoryId, Month, Tally, WorkRow};

use crate::{Flow, plan::Settled, shift::Taxonomies};

/// Examples kept of each flow: if there is only one flow, all are of it.
const KEPT: usize = 10;

/// The category before and after.
type Way = (Option<String>, Option<String>);

#[derive(Default)]
pub(crate) struct Moves {
    flows: BTreeMap<Way, Gathered>,
    /// What comes to each month and category, and what goes.
    months: BTreeMap<(Month, Option<String>), Tally>,
}

#[derive(Default)]
struct Gathered {
    items: u64,
    seconds: i64,
    /// The newest by id, newest first: those that people still know.
    newest: Vec<(i64, i64)>,
}

/// An item to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) id: i64,
    /// The item whose verdict or tag counts for it afterwards.
    pub(crate) origin: i64,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

impl Moves {
    /// Counts an item, if it moves.
    pub(crate) fn count(&mut self, settled: &Settled) {
        if !settled.moves() {
            return;
        }
        let Settled { now, category, origin, work, .. } = settled;
        let flow = self.flows.entry((now.category.clone(), category.clone())).or_default();
        flow.items += 1;
        let place = flow.newest.partition_point(|(id, _)| *id > now.id);
        flow.newest.insert(place, (now.id, *origin));
        flow.newest.truncate(KEPT);
        for &(day, tally) in work {
            flow.seconds += tally.seconds();
            let month = Month::of(day);
            *self.months.entry((month, now.category.clone())).or_default() += -tally;
            *self.months.entry((month, category.clone())).or_default() += tally;
        }
    }

    pub(crate) fn moved(&self) -> u64 {
        self.flows.values().map(|flow| flow.items).sum()
    }

    /// Those that change sides, or become or cease to be unclassified.
    pub(crate) fn moved_side(&self, taxonomies: Taxonomies<'_>) -> u64 {
        let changes = |(from, to): &Way| {
            let before = from.as_deref().and_then(|id| taxonomies.before.side(&CategoryId::new(id)));
            let after = to.as_deref().and_then(|id| taxonomies.after.side(&CategoryId::new(id)));
            before != after
        };
        self.flows.iter().filter(|(way, _)| changes(way)).map(|(_, flow)| flow.items).sum()
    }

    /// Largest first.
    pub(crate) fn flows(&self) -> Vec<Flow> {
        self.by_size()
            .into_iter()
            .map(|((from, to), flow)| Flow {
                from: from.clone().map(CategoryId::new),
                to: to.clone().map(CategoryId::new),
                items: flow.items,
                seconds: flow.seconds,
            })
            .collect()
    }

    fn by_size(&self) -> Vec<(&Way, &Gathered)> {
        let mut flows: Vec<_> = self.flows.iter().collect();
        // Stable, so flows of one size stay in the order of their names.
        flows.sort_by_key(|(_, flow)| std::cmp::Reverse(flow.items));
        flows
    }

    /// One of each flow, the largest first, then a second of each, and so on, up to `most`.
    pub(crate) fn examples(&self, most: usize) -> Vec<Example> {
        let flows = self.by_size();
        let of = |round: usize| {
            flows.iter().filter_map(move |((from, to), flow)| {
                let (id, origin) = *flow.newest.get(round)?;
                Some(Example { id, origin, from: from.clone(), to: to.clone() })
            })
        };
        (0..KEPT).flat_map(of).take(most).collect()
    }

    /// What work was done afterwards, given what was before.
    pub(crate) fn after(&self, before: &[WorkRow]) -> Vec<WorkRow> {
        let moved = self.months.iter().map(|((month, category), tally)| WorkRow {
            month: *month,
            group: Some(String::new()),
            category: category.clone().map(CategoryId::new),
            tally: *tally,
        });
        before.iter().cloned().chain(moved).collect()
    }
}

#[cfg(test)]
mod tests {
    use waterline_core::Method;

    use super::*;
    use crate::corpus::Seen;

    fn moved(id: i64, from: Option<&str>, to: Option<&str>) -> Settled {
        let now = Seen { id, category: from.map(str::to_owned), ..Seen::new() };
        let tally = Tally { items: 1, logged_seconds: 0, estimated_seconds: 600 };
        let work = vec![("2026-10-05".parse().unwrap(), tally)];
        Settled { now, category: to.map(str::to_owned), method: Method::Rule, origin: id, work }
    }

    fn gathered() -> Moves {
        let mut moves = Moves::default();
        for id in 1..=20 {
            moves.count(&moved(id, Some("incident"), Some("access")));
        }
        moves.count(&moved(21, None, Some("access")));
        moves.count(&moved(22, Some("access"), None));
        moves.count(&moved(23, Some("access"), Some("access")));
        moves
    }

    #[test]
    fn examples_are_spread_over_the_flows_and_are_the_newest_of_each() {
        let ids: Vec<i64> = gathered().examples(6).iter().map(|example| example.id).collect();
        assert_eq!(ids, [20, 21, 22, 19, 18, 17]);
        assert_eq!(gathered().examples(100).len(), 12);
    }

    #[test]
    fn flows_are_told_largest_first_and_the_months_come_out_even() {
        let flows: Vec<(u64, i64)> =
            gathered().flows().iter().map(|flow| (flow.items, flow.seconds)).collect();
        assert_eq!(flows, [(20, 12_000), (1, 600), (1, 600)]);
        let total = |rows: &[WorkRow]| rows.iter().map(|row| row.tally.items).sum::<i64>();
        assert_eq!(total(&gathered().after(&[])), 0);
        let access =
            gathered().after(&[]).into_iter().find(|row| row.category == Some(CategoryId::new("access")));
        assert_eq!(access.unwrap().tally.items, 20);
    }
}
