//! Shifts of the mix that come right after something that may have changed the counting.

use std::collections::BTreeMap;

use crate::{
    Category, CategoryId, Month, MonthRange, Side, Taxonomy, WorkRow,
    watch::{
        Alarm, Cause, Event, EventKind, Part, WatchInput,
        chance::{self, chance_of_rise},
    },
};

/// How often chance alone may find the unclassified band grown: once in a hundred months.
const FALSE_ALARMS: f64 = 0.01;
/// How often chance alone may find a shift after an event. Half of that: months with few items of a
/// category lie less evenly than the t distribution thinks, and in simulation 1% came out as just 1%.
const FALSE_SHIFTS: f64 = 0.005;
/// Smaller shifts than a point are nobody's business.
const LEAST_SHIFT: f64 = 0.01;
/// Over so many months before an event is looked for what is usual.
const MONTHS_BEFORE: u16 = 12;
/// For so many months after an event it is looked whether the mix shifted.
const MONTHS_AFTER: u16 = 3;
/// Months before, for the unclassified band.
const MONTHS_USUAL: u16 = 6;

/// Shifts after events, and what putting rules in force moved by itself.
pub(super) fn shifts(input: &WatchInput<'_>, taxonomy: &Taxonomy) -> Vec<Alarm> {
    let recent = |event: &&Event| Month::of(event.day) > input.last.plus(-i32::from(MONTHS_AFTER));
    let events: Vec<&Event> = input.events.iter().filter(recent).collect();
    let moved = events.iter().filter_map(|event| match event.what {
        EventKind::RuleSetAdopted { number, moved: Some(moved) } if moved.abs() > LEAST_SHIFT => {
            Some(Alarm::RulesMovedShare { number, day: event.day, moved })
        }
        EventKind::RuleSetAdopted { .. } | EventKind::TargetSet => None,
    });
    let parts: Vec<(Part, Vec<&CategoryId>)> = parts(taxonomy);
    // Many looks find something sooner or later: each event, part and direction gets its part of the
    // chance. An event is looked at anew every month that it is recent.
    let looks = 2.0 * (events.len() * parts.len()) as f64;
    let shifted = events.iter().flat_map(|event| {
        parts.iter().filter_map(move |(part, categories)| {
            shift(input, event, part, categories).filter(|(_, chance)| *chance <= FALSE_SHIFTS / looks)
        })
    });
    moved.chain(shifted.map(|(alarm, _)| alarm)).collect()
}

fn parts(taxonomy: &Taxonomy) -> Vec<(Part, Vec<&CategoryId>)> {
    let visible = taxonomy.categories().iter().filter(|category| category.side == Side::Visible);
    let alone = |category: &Category| Part::Category { id: category.id.clone(), name: category.name.clone() };
    std::iter::once((Part::Visible, visible.map(|category| &category.id).collect()))
        .chain(taxonomy.categories().iter().map(|category| (alone(category), vec![&category.id])))
        .collect()
}

/// How one part of the mix moved after one event, and the chance that it did so by itself. The month of the
/// event belongs to neither side.
fn shift(
    input: &WatchInput<'_>,
    event: &Event,
    part: &Part,
    categories: &[&CategoryId],
) -> Option<(Alarm, f64)> {
    let month = Month::of(event.day);
    let within = |row: &WorkRow| row.category.as_ref().is_some_and(|id| categories.contains(&id));
    let before = monthly(input.rows, MonthRange::ending(month.plus(-1), MONTHS_BEFORE), within);
    let after = monthly(input.rows, MonthRange::new(month.plus(1), input.last).ok()?, within);
    let rise = chance_of_rise(&before, &after)?;
    let (before, after) = (level(&before), level(&after));
    let cause = match event.what {
        EventKind::TargetSet => Cause::TargetSet,
        EventKind::RuleSetAdopted { number, .. } => Cause::RuleSetAdopted(number),
    };
    let alarm = Alarm::MixShift { cause, day: event.day, part: part.clone(), before, after };
    ((after - before).abs() >= LEAST_SHIFT).then_some((alarm, rise.min(1.0 - rise)))
}

/// Whether more of the last month's work is unclassified than usual.
pub(super) fn unclassified(input: &WatchInput<'_>, taxonomy: &Taxonomy) -> Option<Alarm> {
    let within = |row: &WorkRow| row.category.as_ref().is_none_or(|id| taxonomy.category(id).is_none());
    let before = monthly(input.rows, MonthRange::ending(input.last.plus(-1), MONTHS_USUAL), within);
    let last = monthly(input.rows, MonthRange::ending(input.last, 1), within);
    let chance = chance_of_rise(&before, &last)?;
    let (before, now) = (level(&before), level(&last));
    (chance <= FALSE_ALARMS && now - before >= LEAST_SHIFT).then(|| Alarm::UnclassifiedGrows {
        month: input.last.first_day(),
        before,
        now,
    })
}

/// Items finished in each month that had any.
fn monthly(rows: &[WorkRow], range: MonthRange, within: impl Fn(&WorkRow) -> bool) -> Vec<chance::Month> {
    let mut months: BTreeMap<Month, chance::Month> = BTreeMap::new();
    for row in rows.iter().filter(|row| range.contains(row.month)) {
        let month = months.entry(row.month).or_insert(chance::Month { hits: 0.0, all: 0.0 });
        let items = row.tally.items as f64;
        month.all += items;
        if within(row) {
            month.hits += items;
        }
    }
    months.into_values().filter(|month| month.all > 0.0).collect()
}

fn level(months: &[chance::Month]) -> f64 {
    months.iter().map(|month| month.hits / month.all).sum::<f64>() / months.len() as f64
}
