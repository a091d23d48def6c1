//! Whether some people sort comparable work differently from the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    CategoryId,
    watch::{Alarm, TaggerRow, chance::chance_above},
};

/// Fewer tags of one person tell too little.
const LEAST_TAGS: i64 = 30;
/// How often chance alone may raise the alarm, over all people together.
const FALSE_ALARMS: f64 = 0.01;
/// A smaller difference than ten points is taste.
const LEAST_DIFFERENCE: f64 = 0.1;

/// Each person against all others on work that the machine saw alike (Mantel and Haenszel's test, over the
/// machine's categories), in how often they overrule it and how often they call it visible. Whoever stands
/// out furthest is taken out before the others are compared again: beside one who always overrules, all who
/// never do would stand out too.
pub(super) fn differ(rows: &[TaggerRow]) -> Option<Alarm> {
    let mut tags: BTreeMap<u32, i64> = BTreeMap::new();
    for row in rows {
        *tags.entry(row.tagger).or_default() += row.tags;
    }
    let enough: BTreeSet<u32> =
        tags.into_iter().filter(|(_, tags)| *tags >= LEAST_TAGS).map(|(tagger, _)| tagger).collect();
    let counts: [fn(&TaggerRow) -> i64; 2] = [|row| row.overruled, |row| row.visible];
    // Two counts, two directions.
    let limit = FALSE_ALARMS / (4 * enough.len()) as f64;
    let mut out: BTreeSet<u32> = BTreeSet::new();
    loop {
        let others: Vec<&TaggerRow> = rows.iter().filter(|row| !out.contains(&row.tagger)).collect();
        let furthest = enough
            .difference(&out)
            .flat_map(|tagger| counts.iter().map(|count| (deviations(&others, *tagger, *count), *tagger)))
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        match furthest {
            Some((deviations, tagger)) if chance_above(deviations) <= limit => out.insert(tagger),
            _ => break,
        };
    }
    let differing = out.len() as u32;
    (differing > 0).then_some(Alarm::TaggerDiffers { differing, of: enough.len() as u32 })
}

/// How many standard deviations one person lies from all others; 0 where the difference is too small to
/// matter, or there is nobody to compare with.
fn deviations(rows: &[&TaggerRow], tagger: u32, count: fn(&TaggerRow) -> i64) -> f64 {
    let mut alike: BTreeMap<Option<&CategoryId>, [f64; 4]> = BTreeMap::new();
    for row in rows {
        let [own, own_hits, all, hits] = alike.entry(row.machine.as_ref()).or_default();
        *all += row.tags as f64;
        *hits += count(row) as f64;
        if row.tagger == tagger {
            *own += row.tags as f64;
            *own_hits += count(row) as f64;
        }
    }
    let (mut surplus, mut variance, mut compared) = (0.0, 0.0, 0.0);
    for [own, own_hits, all, hits] in alike.into_values() {
        // Work that nobody else tagged, or nobody but others, compares nothing.
        let others = all - own;
        if own <= 0.0 || others <= 0.0 {
            continue;
        }
        surplus += own_hits - own * hits / all;
        variance += own * others * hits * (all - hits) / (all * all * (all - 1.0));
        // A surplus over all is smaller than over the others, since the person is part of all.
        compared += own * others / all;
    }
    let matters = variance > 0.0 && surplus.abs() / compared >= LEAST_DIFFERENCE;
    // Half a tag of continuity: a count jumps, a bell curve does not.
    if matters { (surplus.abs() - 0.5) / variance.sqrt() } else { 0.0 }
}
