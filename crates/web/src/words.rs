//! Numbers, dates and amounts as people read them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use waterline_core::ReportingZone;

/// The same words as in the pictures.
pub(crate) use waterline_charts::percent;

/// "20,769"
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut words = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        words.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// "1 item", "20,769 items"
pub(crate) fn items(number: i64) -> String {
    plural(number, "item")
}

/// "1 rule", "176 rules"
pub(crate) fn plural(number: i64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{} {word}s", count(number)) }
}

/// Whole hours: "1,234". What is there is never shown as nothing.
pub(crate) fn hours(seconds: i64) -> String {
    match seconds {
        1..1800 => "less than 1".to_owned(),
        _ => count((seconds as f64 / 3600.0).round() as i64),
    }
}

/// The effort on one item: "45 min", "2 h", "1 h 30 min".
pub(crate) fn effort(seconds: i64) -> String {
    let minutes = (seconds as f64 / 60.0).round() as i64;
    match (minutes / 60, minutes % 60) {
        (0, 0) if seconds > 0 => "under 1 min".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{} h", count(hours)),
        (hours, minutes) => format!("{} h {minutes} min", count(hours)),
    }
}

/// "6 August 2026"
pub(crate) fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// "6 August 2026 at 14:05", as a clock on the wall there shows it.
pub(crate) fn moment(instant: DateTime<Utc>, zone: ReportingZone) -> String {
    zone.local(instant).format("%-d %B %Y at %H:%M").to_string()
}

/// "3 minutes ago"
pub(crate) fn ago(now: DateTime<Utc>, then: DateTime<Utc>) -> String {
    let passed = now - then;
    if passed < TimeDelta::minutes(1) { "just now".to_owned() } else { format!("{} ago", span(passed)) }
}

/// How long to wait: "1 minute", "15 minutes".
pub(crate) fn wait(now: DateTime<Utc>, until: DateTime<Utc>) -> String {
    span((until - now).max(TimeDelta::minutes(1)) + TimeDelta::seconds(59))
}

/// With a capital where a line begins.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn span(length: TimeDelta) -> String {
    let (number, unit) = match length {
        days if days >= TimeDelta::days(2) => (days.num_days(), "day"),
        hours if hours >= TimeDelta::hours(2) => (hours.num_hours(), "hour"),
        minutes => (minutes.num_minutes(), "minute"),
    };
    plural(number, unit)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!(
            [0, 999, 1000, 20_769, -1_234_567].map(count),
            ["0", "999", "1,000", "20,769", "−1,234,567"]
        );
        assert_eq!([items(1), items(0), items(1200)], ["1 item", "0 items", "1,200 items"]);
        assert_eq!([0, 60, 1800, 5_400, 4_500_000].map(hours), ["0", "less than 1", "1", "2", "1,250"]);
        assert_eq!([20, 2_700, 7_200, 5_400].map(effort), ["under 1 min", "45 min", "2 h", "1 h 30 min"]);
    }

    #[test]
    fn times_are_read_off_the_clock_of_the_reporting_zone() {
        let zone = ReportingZone::default();
        let summer = Utc.with_ymd_and_hms(2026, 8, 6, 13, 5, 0).unwrap();
        assert_eq!(moment(summer, zone), "6 August 2026 at 14:05");
        assert_eq!(date(zone.day(summer)), "6 August 2026");
    }

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        let now = Utc.with_ymd_and_hms(2026, 8, 6, 13, 0, 0).unwrap();
        let told =
            [0, 61, 119, 7_199, 7_200, 172_800, 864_000].map(|s| ago(now, now - TimeDelta::seconds(s)));
        assert_eq!(
            told,
            [
                "just now",
                "1 minute ago",
                "1 minute ago",
                "119 minutes ago",
                "2 hours ago",
                "2 days ago",
                "10 days ago"
            ]
        );
        assert_eq!(wait(now, now + TimeDelta::seconds(61)), "2 minutes");
        assert_eq!(wait(now, now), "1 minute");
    }
}
