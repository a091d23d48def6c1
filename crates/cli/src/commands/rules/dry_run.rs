//! What a dry-run found, for people and for programs.

use serde_json::json;
use waterline_core::{CategoryId, Side};
use waterline_store::{Change, DryRun, Flow, MovedExample, Shift, SideChange};

use crate::words::{count, hours, percent};

/// Months that a person looks at; all are in the JSON.
const MONTHS_SHOWN: usize = 24;

pub(crate) fn table(run: &DryRun) -> String {
    let number = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
    let mut lines = vec![format!(
        "Rule set {}, tried on {} items: {} would move, {} of them to another side of the waterline.",
        run.rule_set,
        number(run.items),
        number(run.moved),
        number(run.moved_side)
    )];
    lines.extend(run.sides.iter().map(turned));
    if run.moved > 0 {
        lines.push(String::new());
        let heading = ["From", "To", "Items", "Hours"].map(str::to_owned).to_vec();
        lines.extend(aligned(std::iter::once(heading).chain(run.flows.iter().map(flow)), 2));
    }
    if run.moved > 0 || !run.sides.is_empty() {
        lines.push(String::new());
        lines.push(format!(
            "The visible share of the last twelve complete months: {} of effort, {} of items.",
            change(run.year.effort),
            change(run.year.items)
        ));
        lines.push(String::new());
        let heading = ["Month", "Effort now", "then", "Items now", "then"].map(str::to_owned).to_vec();
        let moved = run.months.iter().filter(|month| moves(&month.shift));
        let skipped = moved.clone().count().saturating_sub(MONTHS_SHOWN);
        let months = moved.skip(skipped).map(|month| {
            let Shift { items, effort } = month.shift;
            let shares = [effort.before, effort.after, items.before, items.after].map(part);
            std::iter::once(month.month.to_string()).chain(shares).collect()
        });
        lines.extend(aligned(std::iter::once(heading).chain(months), 1));
    }
    lines.extend(run.examples.iter().flat_map(example));
    lines.join("\n")
}

fn moves(shift: &Shift) -> bool {
    [shift.items, shift.effort].iter().any(|change| change.before != change.after)
}

fn turned(change: &SideChange) -> String {
    let side = |side: Option<Side>| match side {
        Some(Side::Visible) => "visible work",
        Some(Side::Ktlo) => "keeping the lights on",
        None => "unclassified",
    };
    format!(
        "{} counts as {} now, and would count as {}.",
        change.category,
        side(change.from),
        side(change.to)
    )
}

fn name(category: Option<&CategoryId>) -> String {
    category.map_or("unclassified", CategoryId::as_str).to_owned()
}

fn flow(flow: &Flow) -> Vec<String> {
    vec![
        name(flow.from.as_ref()),
        name(flow.to.as_ref()),
        count(i64::try_from(flow.items).unwrap_or(i64::MAX)),
        hours(flow.seconds),
    ]
}

fn part(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

fn change(change: Change) -> String {
    match change.difference() {
        None => "not known".to_owned(),
        Some(difference) => {
            format!("{} to {} ({:+.1} points)", part(change.before), part(change.after), difference * 100.0)
        }
    }
}

fn example(example: &MovedExample) -> [String; 4] {
    let title = example.title.as_deref().unwrap_or("(no title is kept)");
    [
        String::new(),
        format!("{} {title}", example.reference),
        format!("  now  {}: {}", name(example.from.as_ref()), example.reason_before),
        format!("  then {}: {}", name(example.to.as_ref()), example.reason_after),
    ]
}

/// The first `texts` columns to the left, numbers to the right.
fn aligned(rows: impl Iterator<Item = Vec<String>>, texts: usize) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column < texts { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

/// Part of the agreement with whoever reads it: keys are only ever added. Ratios run from 0 to 1, times are
/// seconds, and what is not known is `null`.
pub(crate) fn json(run: &DryRun) -> serde_json::Result<String> {
    let change = |change: Change| json!({ "before": change.before, "after": change.after });
    let shift = |shift: Shift| json!({ "effort": change(shift.effort), "items": change(shift.items) });
    let id = |category: &Option<CategoryId>| category.as_ref().map(|id| id.as_str().to_owned());
    serde_json::to_string_pretty(&json!({
        "rule_set": run.rule_set,
        "model": run.model,
        "items": run.items,
        "moved": run.moved,
        "moved_side": run.moved_side,
        "flows": run.flows.iter().map(|flow| json!({
            "from": id(&flow.from),
            "to": id(&flow.to),
            "items": flow.items,
            "seconds": flow.seconds,
        })).collect::<Vec<_>>(),
        "sides": run.sides.iter().map(|change| json!({
            "category": change.category.as_str(),
            "from": change.from.map(Side::as_str),
            "to": change.to.map(Side::as_str),
        })).collect::<Vec<_>>(),
        "year": shift(run.year),
        "months": run.months.iter().map(|month| json!({
            "month": month.month.to_string(),
            "shift": shift(month.shift),
        })).collect::<Vec<_>>(),
        "examples": run.examples.iter().map(|example| json!({
            "reference": example.reference,
            "kind": example.kind.as_str(),
            "title": example.title,
            "from": id(&example.from),
            "to": id(&example.to),
            "reason_before": example.reason_before,
            "reason_after": example.reason_after,
        })).collect::<Vec<_>>(),
    }))
}
