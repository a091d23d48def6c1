//! The board's figure: how much of the work shows, and what the figure rests on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    Basis, CategoryId, Month, MonthRange, Side, Tally, Taxonomy,
    audit::{Audit, ShareError, share_error},
};

/// Work done in one month by one group, of one category: what every report of the store is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRow {
    /// The calendar month in the reporting zone.
    pub month: Month,
    /// The team, department… that the report is broken down by; empty where it is not, and `None`
    /// where the source did not say.
    pub group: Option<String>,
    /// `None` is unclassified.
    pub category: Option<CategoryId>,
    /// How much.
    pub tally: Tally,
}

/// Visible work as a part of all work, with its bounds. All are ratios from 0 to 1, and `None` where
/// no work was done at all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Visible ÷ (visible + ktlo + unclassified).
    pub value: f64,
    /// All unclassified work counted as keeping the lights on. Equal to `value` by definition.
    pub lower: f64,
    /// All unclassified work counted as visible.
    pub upper: f64,
    /// Unclassified ÷ all.
    pub unclassified: f64,
    /// The part of all effort that is estimated, not logged, whatever the basis.
    pub estimated: f64,
    /// How much work there was in all, in items or seconds.
    pub total: i64,
}

/// One category's part.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryFigure {
    /// `None` is unclassified.
    pub category: Option<CategoryId>,
    /// Which side; `None` for unclassified.
    pub side: Option<Side>,
    /// What people call it.
    pub name: String,
    /// How much.
    pub tally: Tally,
    /// Part of all work on the chosen basis, from 0 to 1.
    pub part: f64,
}

/// One month's figure; `share` is `None` where no work was finished.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthFigure {
    /// The month.
    pub month: Month,
    /// Its share.
    pub share: Option<Share>,
    /// How far that may be from the truth.
    pub error: ShareError,
}

/// Work items held ÷ what the sources say they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Items that we hold, over the feeds whose source told its total.
    pub held: i64,
    /// What those sources said that they have.
    pub upstream: i64,
    /// Feeds whose source did not tell, so that nothing is known about their coverage.
    pub feeds_unknown: i64,
    /// Records that came but could not be read, in all feeds.
    pub rejected: i64,
    /// The pull that succeeded longest ago among the sources' last ones; `None` if one never did.
    pub last_success: Option<DateTime<Utc>>,
}

impl Coverage {
    /// From 0 to 1; `None` where no source told its total. Above 1 cannot be: a source that has fewer
    /// than we hold has removed some, and we keep those.
    pub fn ratio(&self) -> Option<f64> {
        (self.upstream > 0).then(|| (self.held as f64 / self.upstream as f64).min(1.0))
    }
}

/// Everything that the board's first page shows of one period on one basis.
#[derive(Clone, Debug, PartialEq)]
pub struct Iceberg {
    /// Whole months.
    pub period: MonthRange,
    /// Effort or items.
    pub basis: Basis,
    /// The figure; `None` where no work was finished.
    pub share: Option<Share>,
    /// How far that may be from the truth.
    pub error: ShareError,
    /// The same months of the year before; `None` where nothing is held of one of those months.
    pub year_before: Option<Share>,
    /// Visible categories, then unclassified, then ktlo, each in the order of the taxonomy.
    pub categories: Vec<CategoryFigure>,
    /// Each month of the period.
    pub months: Vec<MonthFigure>,
}

impl Iceberg {
    /// Works it out from rows that cover `period` and the year before it, in any order; rows outside
    /// both are ignored. Work under a category that the taxonomy no longer has counts as unclassified.
    /// `audits` are those that drew from any month of the period, the newest last; none where nothing was
    /// audited.
    pub fn new(
        period: MonthRange,
        basis: Basis,
        rows: &[WorkRow],
        taxonomy: &Taxonomy,
        audits: &[Audit],
    ) -> Self {
        let within = |range: MonthRange| rows.iter().filter(move |row| range.contains(row.month));
        let year_before = period.year_before();
        let complete = year_before.months().all(|month| rows.iter().any(|row| row.month == month));
        let of = |range: MonthRange| {
            let share = share(within(range), basis, taxonomy);
            (share, share_error(range, basis, share.as_ref(), audits, taxonomy))
        };
        let (share_of_period, error) = of(period);
        Self {
            period,
            basis,
            share: share_of_period,
            error,
            year_before: complete.then(|| share(within(year_before), basis, taxonomy)).flatten(),
            categories: category_figures(within(period), basis, taxonomy),
            months: period
                .months()
                .map(|month| {
                    let (share, error) = of(MonthRange::ending(month, 1));
                    MonthFigure { month, share, error }
                })
                .collect(),
        }
    }
}

/// The share of these rows; `None` where they hold no work on this basis.
pub fn share<'a>(
    rows: impl Iterator<Item = &'a WorkRow>,
    basis: Basis,
    taxonomy: &Taxonomy,
) -> Option<Share> {
    let mut visible = Tally::default();
    let mut unclassified = Tally::default();
    let mut all = Tally::default();
    for row in rows {
        all += row.tally;
        match row.category.as_ref().and_then(|id| taxonomy.side(id)) {
            Some(Side::Visible) => visible += row.tally,
            Some(Side::Ktlo) => {}
            None => unclassified += row.tally,
        }
    }
    let total = all.on(basis);
    if total <= 0 {
        return None;
    }
    let part = |amount: i64| amount as f64 / total as f64;
    let value = part(visible.on(basis));
    Some(Share {
        value,
        lower: value,
        upper: part(visible.on(basis) + unclassified.on(basis)),
        unclassified: part(unclassified.on(basis)),
        estimated: if all.seconds() > 0 { all.estimated_seconds as f64 / all.seconds() as f64 } else { 0.0 },
        total,
    })
}

pub(crate) fn category_figures<'a>(
    rows: impl Iterator<Item = &'a WorkRow>,
    basis: Basis,
    taxonomy: &Taxonomy,
) -> Vec<CategoryFigure> {
    let mut tallies: BTreeMap<Option<&CategoryId>, Tally> = BTreeMap::new();
    let mut all = Tally::default();
    for row in rows {
        let known = row.category.as_ref().filter(|id| taxonomy.category(id).is_some());
        *tallies.entry(known).or_default() += row.tally;
        all += row.tally;
    }
    let total = all.on(basis);
    let figure = |category: Option<&CategoryId>, side: Option<Side>, name: &str| {
        let tally = tallies.get(&category).copied().unwrap_or_default();
        let part = if total > 0 { tally.on(basis) as f64 / total as f64 } else { 0.0 };
        CategoryFigure { category: category.cloned(), side, name: name.to_owned(), tally, part }
    };
    let of_side = |side: Side| {
        taxonomy
            .categories()
            .iter()
            .filter(move |category| category.side == side)
            .map(|category| figure(Some(&category.id), Some(category.side), &category.name))
    };
    of_side(Side::Visible)
        .chain(std::iter::once(figure(None, None, "Not yet classified")))
        .chain(of_side(Side::Ktlo))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taxonomy() -> Taxonomy {
        Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn row(
        at: &str,
        category: Option<&str>,
        items: i64,
        logged_seconds: i64,
        estimated_seconds: i64,
    ) -> WorkRow {
        WorkRow {
            month: month(at),
            group: Some(String::new()),
            category: category.map(CategoryId::new),
            tally: Tally { items, logged_seconds, estimated_seconds },
        }
    }

    #[test]
    fn the_share_counts_unclassified_work_in_the_whole_and_shows_what_it_could_be() {
        let rows = [
            row("2026-10", Some("new_product"), 2, 2000, 0),
            row("2026-10", Some("incident"), 6, 5000, 1000),
            row("2026-10", None, 2, 0, 2000),
        ];
        let share = share(rows.iter(), Basis::Effort, &taxonomy()).unwrap();
        assert_eq!((share.value, share.lower, share.upper), (0.2, 0.2, 0.4));
        assert_eq!((share.unclassified, share.estimated, share.total), (0.2, 0.3, 10_000));
    }

    #[test]
    fn no_work_has_no_share() {
        assert_eq!(share([].iter(), Basis::Items, &taxonomy()), None);
        let berg =
            Iceberg::new(MonthRange::ending(month("2026-10"), 12), Basis::Items, &[], &taxonomy(), &[]);
        assert_eq!((berg.share, berg.months.len()), (None, 12));
    }

    #[test]
    fn a_category_that_left_the_taxonomy_is_unclassified_and_never_lost() {
        let rows = [row("2026-10", Some("gone"), 3, 0, 0), row("2026-10", Some("incident"), 1, 0, 0)];
        let berg =
            Iceberg::new(MonthRange::ending(month("2026-10"), 1), Basis::Items, &rows, &taxonomy(), &[]);
        assert_eq!(berg.share.unwrap().unclassified, 0.75);
        assert_eq!(berg.categories.iter().map(|figure| figure.tally.items).sum::<i64>(), 4);
    }

    #[test]
    fn the_year_before_is_shown_only_when_all_of_it_is_held() {
        let period = MonthRange::ending(month("2026-10"), 1);
        let now = row("2026-10", Some("incident"), 1, 60, 0);
        assert_eq!(
            Iceberg::new(period, Basis::Items, std::slice::from_ref(&now), &taxonomy(), &[]).year_before,
            None
        );
        let then = row("2025-10", Some("advice"), 1, 60, 0);
        assert_eq!(
            Iceberg::new(period, Basis::Items, &[now, then], &taxonomy(), &[]).year_before.unwrap().value,
            1.0
        );
    }

    proptest! {
        #[test]
        fn parts_add_up_and_the_share_lies_within_its_bounds(
            amounts in proptest::collection::vec((0usize..16, 0i64..1000, 0i64..100_000, 0i64..100_000), 1..60),
        ) {
            let taxonomy = taxonomy();
            let rows: Vec<WorkRow> = amounts
                .iter()
                .map(|(which, items, logged, estimated)| {
                    let id = taxonomy.categories().get(*which).map(|category| category.id.as_str());
                    row("2026-10", id, *items, *logged, *estimated)
                })
                .collect();
            for basis in [Basis::Effort, Basis::Items] {
                let berg = Iceberg::new(MonthRange::ending(month("2026-10"), 1), basis, &rows, &taxonomy, &[]);
                let all: Tally = rows.iter().map(|row| row.tally).sum();
                prop_assert_eq!(berg.categories.iter().map(|figure| figure.tally).sum::<Tally>(), all);
                if let Some(share) = berg.share {
                    prop_assert!(0.0 <= share.lower && share.lower <= share.value);
                    prop_assert!(share.value <= share.upper && share.upper <= 1.0);
                    prop_assert!((berg.categories.iter().map(|figure| figure.part).sum::<f64>() - 1.0).abs() < 1e-9);
                    prop_assert!((share.upper - share.lower - share.unclassified).abs() < 1e-9);
                }
            }
        }
    }
}
