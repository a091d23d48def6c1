//! Whether a source's fields still mean what they meant.

use std::collections::BTreeMap;

use crate::{
    Month, MonthRange,
    watch::{Alarm, FieldChange, FieldRow},
};

/// Months before the last one that tell what is usual.
const MONTHS_USUAL: u16 = 6;
/// A value is common if it came in at least so many of them.
const MONTHS_COMMON: usize = 5;
/// ... and so often a month, by which its chance to be missing by itself is below 1 in 20,000, were records
/// independent of each other. They are not, so twice of what that would need.
const COMMON: f64 = 10.0;
/// A source delivers if it gave at least this part of what it usually gives.
const DELIVERS: f64 = 0.5;
/// Records that make a new value more than a slip, and the part of all records that they must be.
const NUMBERS: i64 = 20;
const PART: f64 = 0.02;
/// A source that is known for fewer months has no usual values.
const MONTHS_KNOWN: usize = 3;

/// Each value of a field, and how many records had it in each month.
type Values<'a> = BTreeMap<&'a str, BTreeMap<Month, i64>>;

pub(super) fn changes(last: Month, rows: &[FieldRow]) -> Vec<Alarm> {
    let usual = MonthRange::ending(last.plus(-1), MONTHS_USUAL);
    let mut fields: BTreeMap<(&str, &str), Values<'_>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.items > 0 && (row.month == last || usual.contains(row.month))) {
        let values = fields.entry((&row.source, &row.field)).or_default();
        *values.entry(&row.value).or_default().entry(row.month).or_default() += row.items;
    }
    let mut found = Vec::new();
    for ((source, field), values) in fields {
        let in_month =
            |month: Month| -> i64 { values.values().filter_map(|months| months.get(&month)).sum() };
        let before: Vec<i64> = usual.months().map(in_month).filter(|items| *items > 0).collect();
        if before.len() < MONTHS_KNOWN {
            continue;
        }
        let now = in_month(last);
        // What is usual in a month, scaled to how much came in the last one.
        let scale = now as f64 / before.iter().sum::<i64>() as f64;
        let delivers = scale * before.len() as f64 >= DELIVERS;
        for (value, months) in &values {
            let held: i64 = months.iter().filter(|(month, _)| **month != last).map(|(_, items)| items).sum();
            let seen = months.keys().filter(|month| **month != last).count();
            let items = months.get(&last).copied().unwrap_or_default();
            let vanished = items == 0 && delivers && seen >= MONTHS_COMMON && held as f64 * scale >= COMMON;
            let appeared = seen == 0 && items >= NUMBERS && items as f64 >= PART * now as f64;
            let change = match (vanished, appeared) {
                (true, _) => FieldChange::Vanished,
                (_, true) => FieldChange::Appeared,
                _ => continue,
            };
            found.push(Alarm::SourceChanged {
                source: source.to_owned(),
                field: field.to_owned(),
                value: (*value).to_owned(),
                change,
                month: last.first_day(),
                items: if vanished { held / before.len() as i64 } else { items },
            });
        }
    }
    found
}
