//! Days as the trust lives them: working days, England's bank holidays, Patch Tuesday, the changeover
//! of resident doctors, and British Summer Time.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Offset, TimeZone, Utc, Weekday};
use chrono_tz::Europe::London;

const OPENS_AT: i64 = 8 * 3600;
const CLOSES_AT: i64 = 18 * 3600;
const DAY: i64 = 86_400;

/// One day of the simulated span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    pub(crate) working: bool,
    /// What to take off local seconds to arrive at UTC.
    offset: i32,
}

/// The span of days, with room to look things up by index.
pub(crate) struct Calendar {
    days: Vec<Day>,
}

impl Calendar {
    pub(crate) fn new(first: NaiveDate, last: NaiveDate) -> Self {
        let days = first.iter_days().take_while(|date| *date <= last).map(Day::of).collect();
        Self { days }
    }

    pub(crate) fn days(&self) -> &[Day] {
        &self.days
    }

    /// The end of the last day, in local seconds.
    pub(crate) fn end(&self) -> i64 {
        self.days.last().map_or(0, |day| local_midnight(day.date) + DAY)
    }

    fn at(&self, local: i64) -> Option<&Day> {
        let first = local_midnight(self.days.first()?.date);
        self.days.get(usize::try_from((local - first).div_euclid(DAY)).ok()?)
    }

    /// Turns local seconds into the instant. The hour that the clocks repeat or skip is off by one
    /// hour, which no figure can notice.
    pub(crate) fn utc(&self, local: i64) -> i64 {
        local - self.at(local).map_or(0, |day| i64::from(day.offset))
    }

    /// The way back, off by that hour too.
    pub(crate) fn local(&self, utc: i64) -> i64 {
        utc + self.at(utc).map_or(0, |day| i64::from(day.offset))
    }

    /// Adds seconds of opening hours (8:00 to 18:00 on working days); `None` beyond the last day.
    pub(crate) fn add_working(&self, from: i64, seconds: i64) -> Option<i64> {
        let mut now = from;
        let mut left = seconds;
        loop {
            let midnight = now - now.rem_euclid(DAY);
            if self.at(now)?.working {
                now = now.max(midnight + OPENS_AT);
                let room = (midnight + CLOSES_AT - now).max(0);
                if left < room {
                    return Some(now + left);
                }
                left -= room;
            }
            now = midnight + DAY;
        }
    }
}

impl Day {
    fn of(date: NaiveDate) -> Self {
        let noon = date.and_time(NaiveTime::MIN) + chrono::Duration::hours(12);
        let offset = London.offset_from_utc_datetime(&noon).fix().local_minus_utc();
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        Self { date, working: !weekend && !is_bank_holiday(date), offset }
    }
}

/// Seconds since 1970 of a day's first moment, as the clock on the wall counts them.
pub(crate) fn local_midnight(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// The instant as the clock on the wall shows it.
pub(crate) fn london(seconds: i64) -> Option<DateTime<chrono_tz::Tz>> {
    Some(DateTime::<Utc>::from_timestamp(seconds, 0)?.with_timezone(&London))
}

/// England's bank holidays by their rules; proclaimed extra ones are left out.
pub(crate) fn is_bank_holiday(date: NaiveDate) -> bool {
    let easter = easter_sunday(date.year());
    let first_monday_of_may = nth_weekday(date.year(), 5, Weekday::Mon, 1);
    Some(date) == easter.checked_sub_days(Days::new(2))
        || Some(date) == easter.checked_add_days(Days::new(1))
        || Some(date) == first_monday_of_may
        || Some(date) == last_monday(date.year(), 5)
        || Some(date) == last_monday(date.year(), 8)
        || is_winter_holiday(date)
}

/// New Year's Day, Christmas Day and Boxing Day, or the weekday that stands in for them.
fn is_winter_holiday(date: NaiveDate) -> bool {
    let weekday = date.weekday();
    match (date.month(), date.day()) {
        (1, 1) => !matches!(weekday, Weekday::Sat | Weekday::Sun),
        (1, 2 | 3) => weekday == Weekday::Mon,
        (12, 25 | 26) => !matches!(weekday, Weekday::Sat | Weekday::Sun),
        // Christmas Day on a Saturday or Sunday moves past Boxing Day, and so does Boxing Day.
        (12, 27) => matches!(weekday, Weekday::Mon | Weekday::Tue),
        (12, 28) => matches!(weekday, Weekday::Mon | Weekday::Tue),
        _ => false,
    }
}

/// The anonymous Gregorian computus.
fn easter_sunday(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs()).unwrap_or(NaiveDate::MIN)
}

fn nth_weekday(year: i32, month: u32, weekday: Weekday, nth: u8) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)
}

fn last_monday(year: i32, month: u32) -> Option<NaiveDate> {
    nth_weekday(year, month, Weekday::Mon, 5).or_else(|| nth_weekday(year, month, Weekday::Mon, 4))
}

/// Days since the latest Patch Tuesday, the second Tuesday of a month.
pub(crate) fn days_since_patch_tuesday(date: NaiveDate) -> i64 {
    let this_month = nth_weekday(date.year(), date.month(), Weekday::Tue, 2);
    let latest = match this_month {
        Some(tuesday) if tuesday <= date => Some(tuesday),
        _ => date
            .checked_sub_months(Months::new(1))
            .and_then(|before| nth_weekday(before.year(), before.month(), Weekday::Tue, 2)),
    };
    latest.map_or(0, |tuesday| (date - tuesday).num_days())
}

/// Days from this year's changeover of resident doctors in that month (its first Wednesday);
/// negative before it.
pub(crate) fn days_from_changeover(date: NaiveDate, month: u32) -> i64 {
    nth_weekday(date.year(), month, Weekday::Wed, 1).map_or(i64::MAX, |day| (date - day).num_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_bank_holidays_are_those_that_gov_uk_lists() {
        let listed = [
            "2025-01-01",
            "2025-04-18",
            "2025-04-21",
            "2025-05-05",
            "2025-05-26",
            "2025-08-25",
            "2025-12-25",
            "2025-12-26",
            "2026-01-01",
            "2026-04-03",
            "2026-04-06",
            "2026-05-04",
            "2026-05-25",
            "2026-08-31",
            "2026-12-25",
            "2026-12-28",
            "2027-01-01",
            "2027-03-26",
            "2027-03-29",
            "2027-05-03",
            "2027-05-31",
            "2027-08-30",
            "2027-12-27",
            "2027-12-28",
            "2028-01-03",
        ];
        let computed: Vec<String> = day("2025-01-01")
            .iter_days()
            .take_while(|date| *date < day("2028-02-01"))
            .filter(|date| is_bank_holiday(*date))
            .map(|date| date.to_string())
            .collect();
        assert_eq!(computed, listed);
    }

    #[test]
    fn patch_tuesday_and_changeover_fall_where_they_should() {
        assert_eq!(days_since_patch_tuesday(day("2026-11-10")), 0);
        assert_eq!(days_since_patch_tuesday(day("2026-11-09")), 27);
        assert_eq!(days_from_changeover(day("2026-08-05"), 8), 0);
        assert_eq!(days_from_changeover(day("2026-08-03"), 8), -2);
    }

    #[test]
    fn working_time_skips_nights_and_holidays_and_ends_with_the_span() {
        let calendar = Calendar::new(day("2025-12-01"), day("2026-01-31"));
        let late_on_christmas_eve = local_midnight(day("2025-12-24")) + 17 * 3600;
        let two_hours_later = calendar.add_working(late_on_christmas_eve, 7200);
        assert_eq!(two_hours_later, Some(local_midnight(day("2025-12-29")) + 9 * 3600));
        assert_eq!(calendar.add_working(late_on_christmas_eve, 400 * 3600), None);
    }

    #[test]
    fn summer_time_is_an_hour_ahead_of_utc() {
        let calendar = Calendar::new(day("2026-06-01"), day("2026-12-31"));
        let june = local_midnight(day("2026-06-10")) + 9 * 3600;
        let december = local_midnight(day("2026-12-10")) + 9 * 3600;
        assert_eq!(calendar.utc(june), june - 3600);
        assert_eq!(calendar.utc(december), december);
    }
}
