//! Figures of a period, broken down: what the command line prints, and the files that people keep.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    Basis, Coverage, Dimension, Kind, MonthRange, Share, Side, Tally, Taxonomy, WorkRow,
    audit::{Audit, ShareError, share_error},
    iceberg::category_figures,
    share,
};

/// By what figures are broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// Sorts of work.
    Category,
    /// Calendar months.
    Month,
    /// What the store keeps a rollup of: teams, departments, systems, sources, kinds.
    Dimension(Dimension),
}

impl Breakdown {
    /// All that people can ask for, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Category,
        Self::Dimension(Dimension::Team),
        Self::Dimension(Dimension::Department),
        Self::Dimension(Dimension::System),
        Self::Dimension(Dimension::Source),
        Self::Dimension(Dimension::Kind),
        Self::Month,
    ];

    /// The word in addresses, on the command line and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Month => "month",
            Self::Dimension(dimension) => dimension.as_str(),
        }
    }

    /// Which rows of the store it is made of.
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Category | Self::Month => Dimension::All,
            Self::Dimension(dimension) => dimension,
        }
    }

    /// Whether a group can be so small that its figure is about a person.
    fn is_of_people(self) -> bool {
        matches!(self, Self::Dimension(Dimension::Team | Dimension::Department))
    }
}

impl fmt::Display for Breakdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Breakdown {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|by| by.as_str() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("\"{word}\" is not a breakdown; figures go by {known}")
        })
    }
}

/// One group's figure.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFigure {
    /// Its lasting name: a category's id, a month as 2026-10, else what the source calls it. `None` for
    /// what stands for no single group: unclassified, not stated, and merged groups.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Which side it lies on; only categories do.
    pub side: Option<Side>,
    /// How much.
    pub tally: Tally,
    /// Part of all work of the period on the chosen basis, from 0 to 1.
    pub part: f64,
    /// The share of its own work; `None` where it did none, and for categories, which have one side.
    pub share: Option<Share>,
}

impl GroupFigure {
    /// The part of its effort that is estimated, not logged; `None` where there was no effort.
    pub fn estimated(&self) -> Option<f64> {
        let seconds = self.tally.seconds();
        (seconds > 0).then(|| self.tally.estimated_seconds as f64 / seconds as f64)
    }
}

/// What figures rest on besides the work itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// How much of what the sources have is held.
    pub coverage: Coverage,
    /// The audits that drew from any month of the period, the newest last; none where nothing was audited.
    pub audits: &'a [Audit],
}

/// The figures of a period with all that they rest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Whole months.
    pub period: MonthRange,
    /// Effort or items.
    pub basis: Basis,
    /// What a group is.
    pub by: Breakdown,
    /// All work together. Its `part` is 1, or 0 where there was none.
    pub all: GroupFigure,
    /// How far the share of `all` may be from the truth. That of a group is not measured: audits are drawn
    /// from all work, so that few of them fall on one group.
    pub error: ShareError,
    /// Categories, kinds and months in their own order, every one of them; other groups by how much
    /// they did, then the merged ones, then what the source did not state.
    pub groups: Vec<GroupFigure>,
    /// How much of what the sources have is held.
    pub coverage: Coverage,
}

impl Figures {
    /// Works them out from rows of `by.dimension()`; rows outside the period are ignored. Teams and
    /// departments with fewer than `smallest_group` items are merged, so that no figure is a person's.
    pub fn new(
        period: MonthRange,
        basis: Basis,
        by: Breakdown,
        rows: &[WorkRow],
        taxonomy: &Taxonomy,
        evidence: Evidence<'_>,
        smallest_group: u32,
    ) -> Self {
        let mut rows: Vec<WorkRow> = rows.iter().filter(|row| period.contains(row.month)).cloned().collect();
        let merged = merged_name(smallest_group);
        if by.is_of_people() {
            rows = merge_small_groups(rows, smallest_group);
        }
        let tally: Tally = rows.iter().map(|row| row.tally).sum();
        let measure = Measure { basis, taxonomy, total: tally.on(basis) };
        let groups = match by {
            Breakdown::Category => measure.categories(&rows),
            Breakdown::Month => period
                .months()
                .map(|month| {
                    let of_month = rows.iter().filter(|row| row.month == month);
                    measure.group(Some(month.to_string()), month.in_words(), of_month)
                })
                .collect(),
            Breakdown::Dimension(Dimension::Kind) => Kind::ALL
                .into_iter()
                .map(|kind| {
                    let of_kind = rows.iter().filter(|row| row.group.as_deref() == Some(kind.as_str()));
                    measure.group(Some(kind.to_string()), capitalised(kind.as_str()), of_kind)
                })
                .collect(),
            Breakdown::Dimension(_) => measure.by_amount(&rows, &merged),
        };
        let all = measure.group(Some("all".to_owned()), "All work".to_owned(), rows.iter());
        let error = share_error(period, basis, all.share.as_ref(), evidence.audits, taxonomy);
        Self { period, basis, by, all, error, groups, coverage: evidence.coverage }
    }
}

/// What a measure of one period needs to know.
struct Measure<'a> {
    basis: Basis,
    taxonomy: &'a Taxonomy,
    total: i64,
}

impl Measure<'_> {
    fn part(&self, tally: Tally) -> f64 {
        if self.total > 0 { tally.on(self.basis) as f64 / self.total as f64 } else { 0.0 }
    }

    fn group<'r>(
        &self,
        id: Option<String>,
        name: String,
        rows: impl Iterator<Item = &'r WorkRow> + Clone,
    ) -> GroupFigure {
        let tally: Tally = rows.clone().map(|row| row.tally).sum();
        let share = share(rows, self.basis, self.taxonomy);
        GroupFigure { id, name, side: None, tally, part: self.part(tally), share }
    }

    fn categories(&self, rows: &[WorkRow]) -> Vec<GroupFigure> {
        category_figures(rows.iter(), self.basis, self.taxonomy)
            .into_iter()
            .map(|figure| GroupFigure {
                id: figure.category.map(|id| id.to_string()),
                name: figure.name,
                side: figure.side,
                tally: figure.tally,
                part: figure.part,
                share: None,
            })
            .collect()
    }

    fn by_amount(&self, rows: &[WorkRow], merged: &str) -> Vec<GroupFigure> {
        let mut of_group: BTreeMap<Option<&str>, Vec<&WorkRow>> = BTreeMap::new();
        for row in rows {
            of_group.entry(row.group.as_deref()).or_default().push(row);
        }
        let rank = |group: Option<&str>| match group {
            Some(name) if name != merged => 0,
            Some(_) => 1,
            None => 2,
        };
        let mut figures: Vec<(u8, GroupFigure)> = of_group
            .into_iter()
            .map(|(group, rows)| {
                let id = group.filter(|name| *name != merged).map(ToOwned::to_owned);
                let name = group.unwrap_or("Not stated").to_owned();
                (rank(group), self.group(id, name, rows.into_iter()))
            })
            .collect();
        // Stable, so that equals stay in the order of their names.
        figures.sort_by_key(|(rank, figure)| (*rank, -figure.tally.on(self.basis)));
        figures.into_iter().map(|(_, figure)| figure).collect()
    }
}

/// Puts all groups with fewer than `smallest` items over all these rows into one, so that no figure is
/// about a person (DESIGN section 4.8). Work whose group is not stated stays apart: it names nobody.
pub fn merge_small_groups(rows: Vec<WorkRow>, smallest: u32) -> Vec<WorkRow> {
    let mut items: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        if let Some(group) = &row.group {
            *items.entry(group.clone()).or_default() += row.tally.items;
        }
    }
    let merged = merged_name(smallest);
    rows.into_iter()
        .map(|mut row| {
            if row.group.as_ref().is_some_and(|group| items[group] < i64::from(smallest)) {
                row.group = Some(merged.clone());
            }
            row
        })
        .collect()
}

fn merged_name(smallest: u32) -> String {
    format!("Groups with fewer than {smallest} items")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{CategoryId, Month};

    fn taxonomy() -> Taxonomy {
        Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn row(at: &str, group: Option<&str>, category: Option<&str>, items: i64) -> WorkRow {
        WorkRow {
            month: month(at),
            group: group.map(ToOwned::to_owned),
            category: category.map(CategoryId::new),
            tally: Tally { items, logged_seconds: items * 600, estimated_seconds: items * 200 },
        }
    }

    fn figures(by: &str, rows: &[WorkRow]) -> Figures {
        let period = MonthRange::new(month("2026-09"), month("2026-10")).unwrap();
        let by = by.parse().unwrap();
        Figures::new(period, Basis::Items, by, rows, &taxonomy(), Evidence::default(), 5)
    }

    fn names(figures: &Figures) -> Vec<(&str, i64)> {
        figures.groups.iter().map(|group| (group.name.as_str(), group.tally.items)).collect()
    }

    #[test]
    fn groups_stand_by_how_much_they_did_and_small_ones_are_merged_behind_them() {
        let rows = [
            row("2026-09", Some("Integration"), Some("incident"), 6),
            row("2026-10", Some("Service desk"), Some("incident"), 9),
            row("2026-10", Some("Service desk"), Some("improvement"), 1),
            row("2026-10", Some("Dr Who"), Some("incident"), 4),
            row("2026-10", Some("One person"), None, 3),
            row("2026-10", None, Some("incident"), 2),
            row("2026-08", Some("Dr Who"), Some("incident"), 400),
        ];
        let figures = figures("team", &rows);
        assert_eq!(
            names(&figures),
            [
                ("Service desk", 10),
                ("Integration", 6),
                ("Groups with fewer than 5 items", 7),
                ("Not stated", 2)
            ]
        );
        assert_eq!(figures.groups[0].share.unwrap().value, 0.1);
        assert_eq!(figures.groups[2].id, None);
        assert_eq!((figures.all.tally.items, figures.all.part), (25, 1.0));
        assert_eq!(figures.all.estimated(), Some(0.25));
    }

    #[test]
    fn systems_name_nobody_and_are_never_merged() {
        let rows = [row("2026-10", Some("PACS"), Some("incident"), 1)];
        assert_eq!(names(&figures("system", &rows)), [("PACS", 1)]);
    }

    #[test]
    fn every_month_kind_and_category_has_its_line_also_without_work() {
        let rows = [row("2026-10", Some("incident"), Some("incident"), 1)];
        assert_eq!(names(&figures("month", &rows)), [("September 2026", 0), ("October 2026", 1)]);
        assert_eq!(figures("month", &rows).groups[0].share, None);
        let kinds = figures("kind", &rows);
        assert_eq!((kinds.groups.len(), names(&kinds)[0]), (7, ("Incident", 1)));
        let categories = figures("category", &rows);
        assert_eq!((categories.groups.len(), categories.groups[4].id.as_deref()), (16, None));
    }

    #[test]
    fn no_work_has_no_share_and_no_estimate() {
        let figures = figures("category", &[]);
        assert_eq!((figures.all.share, figures.all.part, figures.all.estimated()), (None, 0.0, None));
    }

    #[test]
    fn an_unknown_breakdown_is_refused_in_a_sentence() {
        assert_eq!(
            "colour".parse::<Breakdown>().unwrap_err(),
            "\"colour\" is not a breakdown; figures go by category, team, department, system, source, kind, month"
        );
        assert!("all".parse::<Breakdown>().is_err());
    }

    proptest! {
        #[test]
        fn merging_loses_no_work_and_leaves_no_small_group(
            amounts in proptest::collection::vec((0u8..9, 0usize..16, 0i64..9), 0..40),
        ) {
            let taxonomy = taxonomy();
            let rows: Vec<WorkRow> = amounts
                .iter()
                .map(|(group, category, items)| {
                    let id = taxonomy.categories().get(*category).map(|category| category.id.as_str());
                    let group = (*group > 0).then(|| format!("Team {group}"));
                    row("2026-10", group.as_deref(), id, *items)
                })
                .collect();
            let all: Tally = rows.iter().map(|row| row.tally).sum();
            let figures = figures("team", &rows);
            prop_assert_eq!(figures.groups.iter().map(|group| group.tally).sum::<Tally>(), all);
            prop_assert!(figures.groups.iter().all(|group| group.id.is_none() || group.tally.items >= 5));
        }
    }
}
