//! Which draws tell about a period, and how much each of them stands for.

use std::collections::BTreeMap;

use crate::{
    Basis, Month, MonthRange, Side, Taxonomy,
    audit::{Audit, Draw, Frame, Stratum, Truth},
};

/// A draw that people settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed<'a> {
    pub(super) draw: &'a Draw,
    /// What it stands for: its unit's amount ÷ the chance to draw it, in such a measure that a stratum's
    /// weights add up to its number of draws on average.
    pub(super) weight: f64,
    /// What the weight is on average over all that could have been drawn in its place. 1 where only one
    /// audit drew from the period.
    pub(super) expected: f64,
    /// Whether it is published as visible now.
    pub(super) published: bool,
    /// Whether it truly is visible.
    pub(super) visible: bool,
}

/// What is known about one stratum of a period.
#[derive(Clone, Debug)]
pub(super) struct Stack<'a> {
    pub(super) stratum: Stratum,
    /// How much work it holds, in items or seconds.
    pub(super) amount: f64,
    /// What people settled of it. Each counts `draw.times` times.
    pub(super) settled: Vec<Weighed<'a>>,
}

/// What audits tell about a period on one basis.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings<'a> {
    /// The strata that hold work.
    pub(super) stacks: Vec<Stack<'a>>,
    /// Work in the months that audits drew from, in items or seconds.
    pub(super) amount: f64,
    /// Units that people settled.
    pub(super) audited: u32,
    /// Units on which they could not tell.
    pub(super) cannot_tell: u32,
}

/// Collects what audits tell about the months of `period`.
///
/// Months are put together by which audits drew from them. Within such a stretch every draw is one of a
/// sample with known chances, so that its stratum's total is estimated without bias; how much work the
/// stretch holds is taken from the newest of its frames.
pub(super) fn weigh<'a>(
    period: MonthRange,
    basis: Basis,
    audits: &'a [Audit],
    taxonomy: &Taxonomy,
) -> Findings<'a> {
    let mut stretches: BTreeMap<Vec<usize>, Vec<Month>> = BTreeMap::new();
    for month in period.months() {
        let holds = |frame: &Frame| frame.cells.iter().any(|cell| cell.month == month);
        let drew: Vec<usize> = (0..audits.len()).filter(|index| holds(&audits[*index].frame)).collect();
        if !drew.is_empty() {
            stretches.entry(drew).or_default().push(month);
        }
    }
    let mut findings = Findings::default();
    for stratum in Stratum::ALL {
        let mut parts = Vec::new();
        for (drew, months) in &stretches {
            let within = |month: Month| months.contains(&month);
            let newest = drew.last().map(|index| &audits[*index].frame);
            let amount = newest.map_or(0.0, |frame| on(basis, frame.totals(stratum, within)));
            let mut settled = Vec::new();
            for audit in drew.iter().map(|index| &audits[*index]) {
                let ours = |draw: &&Draw| draw.stratum == stratum && within(draw.month);
                let weight = weight_of(&audit.frame, stratum, basis, within);
                for draw in audit.draws.iter().filter(ours) {
                    let truth = match &draw.truth {
                        Truth::Category(id) => taxonomy.side(id),
                        Truth::CannotTell => None,
                        Truth::Pending => continue,
                    };
                    // What a category meant that the taxonomy no longer has, nobody can tell either.
                    let Some(truth) = truth else {
                        findings.cannot_tell += 1;
                        continue;
                    };
                    findings.audited += 1;
                    let published = draw.published.as_ref().and_then(|id| taxonomy.side(id));
                    settled.push(Weighed {
                        draw,
                        weight: weight(draw),
                        expected: 1.0,
                        published: published == Some(Side::Visible),
                        visible: truth == Side::Visible,
                    });
                }
            }
            parts.push((amount, settled));
        }
        findings.stacks.extend(stack(stratum, parts));
    }
    // Folded from zero, because the sum of no floats is minus zero, and people would read that.
    findings.amount = findings.stacks.iter().fold(0.0, |sum, stack| sum + stack.amount);
    findings
}

fn on(basis: Basis, (items, seconds): (i64, i64)) -> f64 {
    match basis {
        Basis::Items => items as f64,
        Basis::Effort => seconds as f64,
    }
}

/// The weight of a draw of this stratum among those that fell on these months: 1 on average over all
/// units there that it could have been.
fn weight_of(
    frame: &Frame,
    stratum: Stratum,
    basis: Basis,
    within: impl Fn(Month) -> bool,
) -> impl Fn(&Draw) -> f64 {
    let (all_items, all_seconds) = frame.totals(stratum, |_| true);
    let part = |amount: i64, all: i64| if all > 0 { amount as f64 / all as f64 } else { 0.0 };
    let chance = move |(items, seconds): (i64, i64)| part(items, all_items) + part(seconds, all_seconds);
    let here = frame.totals(stratum, within);
    move |draw| {
        let unit = (draw.items.max(0), draw.seconds.max(0));
        let (amount, likely) = (on(basis, here), chance(unit));
        if amount > 0.0 && likely > 0.0 { on(basis, unit) / amount * chance(here) / likely } else { 0.0 }
    }
}

/// Puts the stretches of one stratum together; each draw weighs by how much work it stands for. A
/// stretch of which nothing is settled is taken to err like the others.
fn stack(stratum: Stratum, parts: Vec<(f64, Vec<Weighed<'_>>)>) -> Option<Stack<'_>> {
    let draws = |settled: &[Weighed<'_>]| settled.iter().map(|one| f64::from(one.draw.times)).sum::<f64>();
    let amount: f64 = parts.iter().map(|(amount, _)| amount).sum();
    let seen: f64 = parts.iter().filter(|(_, settled)| !settled.is_empty()).map(|(amount, _)| amount).sum();
    let all_draws: f64 = parts.iter().map(|(_, settled)| draws(settled)).sum();
    let settled = parts.into_iter().flat_map(|(amount, settled)| {
        let expected = if seen > 0.0 { amount / seen * all_draws / draws(&settled) } else { 0.0 };
        settled.into_iter().map(move |one| Weighed { weight: one.weight * expected, expected, ..one })
    });
    (amount > 0.0).then(|| Stack { stratum, amount, settled: settled.collect() })
}
