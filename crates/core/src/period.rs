use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;

/// The time zone in which days begin and end, Europe/London unless configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportingZone(Tz);

impl ReportingZone {
    /// The calendar day of an instant, here.
    pub fn day(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// The calendar month of an instant, here.
    pub fn month(self, instant: DateTime<Utc>) -> Month {
        Month::of(self.day(instant))
    }

    /// The instant as a person here would read it off a clock.
    pub fn local(self, instant: DateTime<Utc>) -> DateTime<Tz> {
        instant.with_timezone(&self.0)
    }

    /// Its IANA name, for example `Europe/London`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Default for ReportingZone {
    fn default() -> Self {
        Self(Tz::Europe__London)
    }
}

impl FromStr for ReportingZone {
    type Err = PeriodError;

    fn from_str(name: &str) -> Result<Self, PeriodError> {
        name.parse().map(Self).map_err(|_| PeriodError::Zone(name.to_owned()))
    }
}

/// Why a period or time zone cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not an IANA name.
    #[error("\"{0}\" is not a time zone; write an IANA name such as Europe/London")]
    Zone(String),
    /// Not `YYYY-MM`.
    #[error("\"{0}\" is not a month; write it as 2026-10")]
    Month(String),
    /// Ends before it begins.
    #[error("the period ends ({last}) before it begins ({first})")]
    Reversed {
        /// Where it begins.
        first: Month,
        /// Where it ends.
        last: Month,
    },
}

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that a day lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day, which is also how the database stores it.
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.plus(1).0.pred_opt().unwrap_or(self.0)
    }

    /// The month so many months later; earlier where negative. Stays put at the ends of the calendar.
    pub fn plus(self, months: i32) -> Self {
        let span = Months::new(months.unsigned_abs());
        let moved =
            if months < 0 { self.0.checked_sub_months(span) } else { self.0.checked_add_months(span) };
        Self(moved.unwrap_or(self.0))
    }

    /// In words for people: "October 2026".
    pub fn in_words(self) -> String {
        self.0.format("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError::Month(text.to_owned());
        // The length keeps "2026-1" and years that no page could show out.
        if text.len() != 7 {
            return Err(wrong());
        }
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").map(Self).map_err(|_| wrong())
    }
}

/// Whole months, from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthRange {
    first: Month,
    last: Month,
}

impl MonthRange {
    /// Refuses a range that ends before it begins.
    pub fn new(first: Month, last: Month) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError::Reversed { first, last });
        }
        Ok(Self { first, last })
    }

    /// This many whole months, the last of them `last`. Zero counts as one.
    pub fn ending(last: Month, months: u16) -> Self {
        Self { first: last.plus(1 - i32::from(months.max(1))), last }
    }

    /// The first month.
    pub fn first(self) -> Month {
        self.first
    }

    /// The last month.
    pub fn last(self) -> Month {
        self.last
    }

    /// How many months.
    pub fn len(self) -> usize {
        self.months().count()
    }

    /// Never; a range holds at least one month.
    pub fn is_empty(self) -> bool {
        false
    }

    /// Each month in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), |month| Some(month.plus(1)))
            .take_while(move |month| *month <= self.last)
    }

    /// Whether a month lies in it.
    pub fn contains(self, month: Month) -> bool {
        self.first <= month && month <= self.last
    }

    /// The same months of the year before.
    pub fn year_before(self) -> Self {
        Self { first: self.first.plus(-12), last: self.last.plus(-12) }
    }

    /// In words for people: "October 2026", or "November 2025 to October 2026".
    pub fn in_words(self) -> String {
        if self.first == self.last {
            self.first.in_words()
        } else {
            format!("{} to {}", self.first.in_words(), self.last.in_words())
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_local_midnight_also_in_summer() {
        let zone = ReportingZone::default();
        let late = Utc.with_ymd_and_hms(2026, 6, 30, 23, 30, 0).unwrap();
        assert_eq!(zone.day(late).to_string(), "2026-07-01");
        assert_eq!(zone.month(late), month("2026-07"));
        let winter = Utc.with_ymd_and_hms(2026, 1, 31, 23, 30, 0).unwrap();
        assert_eq!(zone.day(winter).to_string(), "2026-01-31");
    }

    #[test]
    fn months_count_over_the_turn_of_the_year() {
        let year = MonthRange::ending(month("2026-02"), 12);
        assert_eq!((year.first(), year.len()), (month("2025-03"), 12));
        assert_eq!(year.in_words(), "March 2025 to February 2026");
        assert_eq!(year.year_before().last(), month("2025-02"));
        assert_eq!(month("2024-02").last_day().to_string(), "2024-02-29");
    }

    #[test]
    fn nonsense_is_refused_in_a_sentence() {
        assert_eq!(
            "2026-13".parse::<Month>().unwrap_err().to_string(),
            "\"2026-13\" is not a month; write it as 2026-10"
        );
        assert!("2026-1".parse::<Month>().is_err());
        assert!("London".parse::<ReportingZone>().is_err());
        assert!(MonthRange::new(month("2026-02"), month("2026-01")).is_err());
    }
}
