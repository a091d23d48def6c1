//! Which figures an address asks for: the basis and the months. The page, the file of figures and the
//! metrics all read it here, so that they speak of the same months.

use serde::Deserialize;
use waterline_core::{Basis, Iceberg, Month, MonthRange};

use crate::{app::Site, problem::PageError};

/// How many months one may choose to see.
pub(crate) const LENGTHS: [u16; 5] = [1, 3, 6, 12, 24];
/// Unless asked otherwise: a whole year, so that the seasons of a hospital even out.
const USUAL_LENGTH: u16 = 12;
/// One bad date in a source must not make a list of a thousand months.
const MONTHS_OFFERED_MAX: usize = 120;

/// The query of `/` and `/figures.csv`, as it came.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FigureQuery {
    basis: Option<String>,
    to: Option<String>,
    months: Option<String>,
}

impl FigureQuery {
    /// So many months to the end of this one, from the fields of a form.
    pub(crate) fn ending(to: Option<&str>, months: Option<&str>) -> Self {
        Self { basis: None, to: to.map(str::to_owned), months: months.map(str::to_owned) }
    }
}

/// What is asked for, and what there is to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) basis: Basis,
    pub(crate) period: MonthRange,
    /// `None` while nothing is held.
    pub(crate) held: Option<MonthRange>,
    /// The month that is not over.
    pub(crate) current: Month,
}

impl Choice {
    /// Reads a query against what is held.
    pub(crate) fn read(
        query: &FigureQuery,
        held: Option<MonthRange>,
        current: Month,
    ) -> Result<Self, PageError> {
        let basis = match filled(query.basis.as_ref()) {
            None | Some("effort") => Basis::Effort,
            Some("items") => Basis::Items,
            Some(other) => {
                return Err(PageError::BadInput(format!(
                    "\"{other}\" is not a way to count; work is counted by effort or by items."
                )));
            }
        };
        let last = match filled(query.to.as_ref()) {
            Some(text) => text.parse().map_err(|e| PageError::BadInput(format!("{e}.")))?,
            None => last_complete_month(held, current),
        };
        let months = match filled(query.months.as_ref()) {
            None => USUAL_LENGTH,
            Some(text) => text.parse().ok().filter(|length| LENGTHS.contains(length)).ok_or_else(|| {
                PageError::BadInput(format!(
                    "\"{text}\" is not a number of months; choose 1, 3, 6, 12 or 24."
                ))
            })?,
        };
        Ok(Self { basis, period: MonthRange::ending(last, months), held, current })
    }

    /// Reads a query against what the ledger holds now.
    pub(crate) async fn ask(site: &Site, query: &FigureQuery) -> Result<Self, PageError> {
        let held = site.app.store.months_held().await?;
        let current = site.app.store.zone().month((site.app.clock)());
        Self::read(query, held, current)
    }

    /// The figure that is asked for.
    pub(crate) async fn iceberg(&self, site: &Site) -> Result<Iceberg, PageError> {
        let rows = site.app.store.work_done(self.with_year_before(), waterline_core::Dimension::All).await?;
        let audits = site.app.store.audits(self.period).await?;
        let in_force = site.app.store.in_force().await?;
        Ok(Iceberg::new(self.period, self.basis, &rows, in_force.classifier.taxonomy(), &audits))
    }

    /// The months of which rows are needed.
    pub(crate) fn with_year_before(&self) -> MonthRange {
        let from = self.period.year_before().first();
        MonthRange::new(from, self.period.last()).unwrap_or(self.period)
    }

    /// The address of the same figures, by the other basis or as a file.
    pub(crate) fn address(&self, path: &str, basis: Basis) -> String {
        format!("{path}?basis={}&to={}&months={}", basis.as_str(), self.period.last(), self.period.len())
    }

    /// The months that one may choose as the last, newest first. The chosen one is always among them.
    pub(crate) fn months_offered(&self) -> Vec<Month> {
        let mut months: Vec<Month> = self
            .held
            .iter()
            .flat_map(|held| held.months())
            .filter(|month| *month <= self.current)
            .chain(std::iter::once(self.period.last()))
            .collect();
        months.sort_unstable();
        months.dedup();
        months.reverse();
        months.truncate(MONTHS_OFFERED_MAX);
        months
    }
}

/// The newest month that is over and has work, so that no half month looks like a fall.
fn last_complete_month(held: Option<MonthRange>, current: Month) -> Month {
    let before = current.plus(-1);
    held.map_or(before, |held| held.last().min(before).max(held.first()))
}

/// What a form sends for a field that nobody filled in counts as absent.
fn filled(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn held(first: &str, last: &str) -> Option<MonthRange> {
        Some(MonthRange::new(month(first), month(last)).unwrap())
    }

    fn query(basis: &str, to: &str, months: &str) -> FigureQuery {
        let field = |text: &str| Some(text.to_owned());
        FigureQuery { basis: field(basis), to: field(to), months: field(months) }
    }

    fn read(query: &FigureQuery, held: Option<MonthRange>) -> Result<Choice, String> {
        Choice::read(query, held, month("2026-11")).map_err(|e| e.to_string())
    }

    #[test]
    fn unasked_it_is_the_last_twelve_complete_months_by_effort() {
        for unasked in [FigureQuery::default(), query("", " ", "")] {
            let choice = read(&unasked, held("2024-11", "2026-11")).unwrap();
            assert_eq!(choice.basis, Basis::Effort);
            assert_eq!(choice.period.in_words(), "November 2025 to October 2026");
        }
        let old = read(&FigureQuery::default(), held("2024-01", "2025-03")).unwrap();
        assert_eq!(old.period.last(), month("2025-03"));
    }

    #[test]
    fn a_ledger_that_began_this_month_shows_this_month() {
        let choice = read(&FigureQuery::default(), held("2026-11", "2026-11")).unwrap();
        assert_eq!(choice.period.last(), month("2026-11"));
        assert_eq!(read(&FigureQuery::default(), None).unwrap().period.last(), month("2026-10"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_a_sentence() {
        assert!(read(&query("hours", "", ""), None).unwrap_err().contains("by effort or by items"));
        assert!(read(&query("", "2026-13", ""), None).unwrap_err().contains("is not a month"));
        assert!(read(&query("", "", "7"), None).unwrap_err().contains("choose 1, 3, 6, 12 or 24"));
    }

    #[test]
    fn the_choice_comes_back_in_the_address() {
        let choice = read(&query("items", "2026-03", "3"), held("2024-11", "2026-11")).unwrap();
        assert_eq!(choice.address("/", Basis::Effort), "/?basis=effort&to=2026-03&months=3");
        assert_eq!(choice.with_year_before().first(), month("2025-01"));
    }

    #[test]
    fn months_are_offered_newest_first_without_those_to_come() {
        let choice = read(&query("", "2023-01", "1"), held("2026-09", "2027-05")).unwrap();
        let offered: Vec<String> = choice.months_offered().iter().map(ToString::to_string).collect();
        assert_eq!(offered, ["2026-11", "2026-10", "2026-09", "2023-01"]);
    }
}
