//! How far the figures move when verdicts, or the sides of categories, change.

use std::collections::BTreeSet;

use sea_orm::DbErr;
use serde_json::json;
use waterline_core::{Basis, CategoryId, Month, MonthRange, Side, Taxonomy, WorkRow, share};

use crate::error::unreadable;

/// A category that lies on another side in the other taxonomy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideChange {
    /// The category.
    pub category: CategoryId,
    /// Its side now; `None` where the taxonomy in force does not have it.
    pub from: Option<Side>,
    /// Its side then; `None` where the new taxonomy does not have it.
    pub to: Option<Side>,
}

/// A share before and after, from 0 to 1; `None` where no work was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// By what is in force.
    pub before: Option<f64>,
    /// By what was tried.
    pub after: Option<f64>,
}

impl Change {
    /// After minus before, as a ratio: 0.01 is one point.
    pub fn difference(self) -> Option<f64> {
        Some(self.after? - self.before?)
    }
}

/// How a share moves on both bases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// By number of items.
    pub items: Change,
    /// By effort.
    pub effort: Change,
}

/// How the share of one month moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthShift {
    /// The month.
    pub month: Month,
    /// Its share.
    pub shift: Shift,
}

/// As an adoption keeps it.
pub(crate) fn shift_to_text(shift: Shift) -> String {
    let change = |change: Change| json!([change.before, change.after]);
    json!({ "items": change(shift.items), "effort": change(shift.effort) }).to_string()
}

/// Reads what `shift_to_text` wrote.
pub(crate) fn shift_from_text(text: &str) -> Result<Shift, DbErr> {
    let wrong = || unreadable(format!("\"{text}\" is not the shift of an adoption"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let change = |basis: &str| -> Result<Change, DbErr> {
        let [before, after] = value[basis].as_array().map(Vec::as_slice).ok_or_else(wrong)? else {
            return Err(wrong());
        };
        Ok(Change { before: before.as_f64(), after: after.as_f64() })
    };
    Ok(Shift { items: change("items")?, effort: change("effort")? })
}

/// The taxonomy in force, and the one that may follow it.
#[derive(Clone, Copy)]
pub(crate) struct Taxonomies<'a> {
    pub(crate) before: &'a Taxonomy,
    pub(crate) after: &'a Taxonomy,
}

/// How the share of a period moves.
pub(crate) fn shift(
    period: MonthRange,
    before: &[WorkRow],
    after: &[WorkRow],
    taxonomies: Taxonomies<'_>,
) -> Shift {
    let of = |rows: &[WorkRow], basis: Basis, taxonomy: &Taxonomy| {
        share(rows.iter().filter(|row| period.contains(row.month)), basis, taxonomy).map(|share| share.value)
    };
    let change = |basis| Change {
        before: of(before, basis, taxonomies.before),
        after: of(after, basis, taxonomies.after),
    };
    Shift { items: change(Basis::Items), effort: change(Basis::Effort) }
}

/// The same for each month in which work was done.
pub(crate) fn months(before: &[WorkRow], after: &[WorkRow], taxonomies: Taxonomies<'_>) -> Vec<MonthShift> {
    let months: BTreeSet<Month> = before.iter().map(|row| row.month).collect();
    let of = |rows: &[WorkRow], month: Month| -> Vec<WorkRow> {
        rows.iter().filter(|row| row.month == month).cloned().collect()
    };
    months
        .into_iter()
        .map(|month| {
            let (before, after) = (of(before, month), of(after, month));
            MonthShift { month, shift: shift(MonthRange::ending(month, 1), &before, &after, taxonomies) }
        })
        .collect()
}

/// Categories that lie on another side afterwards, in the order of the new taxonomy, then those that are
/// gone.
pub(crate) fn side_changes(taxonomies: Taxonomies<'_>) -> Vec<SideChange> {
    let Taxonomies { before, after } = taxonomies;
    let gone = before.categories().iter().filter(|category| after.category(&category.id).is_none());
    after
        .categories()
        .iter()
        .filter(|category| before.category(&category.id).is_some())
        .chain(gone)
        .map(|category| SideChange {
            category: category.id.clone(),
            from: before.side(&category.id),
            to: after.side(&category.id),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

#[cfg(test)]
mod tests {
    use waterline_core::Tally;

    use super::*;

    const TWO: &str = "[[category]]\nid = \"new\"\nname = \"New\"\nside = \"visible\"\n\
                       [[category]]\nid = \"old\"\nname = \"Old\"\nside = \"ktlo\"\n";

    fn row(month: &str, category: &str, items: i64) -> WorkRow {
        WorkRow {
            month: month.parse().unwrap(),
            group: None,
            category: Some(CategoryId::new(category)),
            tally: Tally { items, logged_seconds: 0, estimated_seconds: 600 * items },
        }
    }

    #[test]
    fn a_category_that_changes_sides_moves_the_share_although_nothing_moves() {
        let third = "[[category]]\nid = \"x\"\nname = \"X\"\nside = \"SIDE\"\n";
        let before = Taxonomy::parse(&format!("{TWO}{}", third.replace("SIDE", "ktlo"))).unwrap();
        let after = Taxonomy::parse(&format!("{TWO}{}", third.replace("SIDE", "visible"))).unwrap();
        let taxonomies = Taxonomies { before: &before, after: &after };
        let rows = [row("2026-09", "x", 1), row("2026-09", "old", 3), row("2026-10", "new", 2)];
        let month = |month: &str, before, after| MonthShift {
            month: month.parse().unwrap(),
            shift: Shift {
                items: Change { before: Some(before), after: Some(after) },
                effort: Change { before: Some(before), after: Some(after) },
            },
        };
        assert_eq!(
            months(&rows, &rows, taxonomies),
            [month("2026-09", 0.0, 0.25), month("2026-10", 1.0, 1.0)]
        );
        let change =
            SideChange { category: CategoryId::new("x"), from: Some(Side::Ktlo), to: Some(Side::Visible) };
        assert_eq!(side_changes(taxonomies), [change]);
    }

    #[test]
    fn a_shift_is_read_as_it_was_kept() {
        let shift = Shift {
            items: Change { before: Some(0.1), after: Some(1.0) },
            effort: Change { before: None, after: Some(0.3) },
        };
        assert_eq!(shift_from_text(&shift_to_text(shift)).unwrap(), shift);
        assert!(shift_from_text("{\"items\": [1]}").is_err());
    }

    #[test]
    fn a_category_that_is_gone_has_no_side_and_a_new_one_moves_nothing() {
        let third = "[[category]]\nid = \"x\"\nname = \"X\"\nside = \"ktlo\"\n";
        let (two, three) =
            (Taxonomy::parse(TWO).unwrap(), Taxonomy::parse(&format!("{TWO}{third}")).unwrap());
        let gone = side_changes(Taxonomies { before: &three, after: &two });
        let change = SideChange { category: CategoryId::new("x"), from: Some(Side::Ktlo), to: None };
        assert_eq!(gone, [change]);
        assert_eq!(side_changes(Taxonomies { before: &two, after: &three }), []);
    }
}
