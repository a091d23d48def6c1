//! Dates as exports write them: local times without a zone, in a format that only people agree on.
//!
//! A format and a zone are never guessed. A clock time that came twice (the hour when summer time
//! ends) is read as the first of the two; one that never was (the hour that summer time skips) is
//! shifted forward by the length of the gap, as a clock that was not put forward would show it.

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
    format::{Item, Parsed, StrftimeItems, parse},
};
use chrono_tz::Tz;

/// How cells that are dates in a workbook arrive here, whatever format the workbook shows them in.
pub(super) const WORKBOOK_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// Years outside are misread dates: 16 for 2016, or 1904 for an empty cell.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// Reads dates in the formats and the zone that a mapping states.
#[derive(Clone, Debug)]
pub(super) struct DateReader {
    formats: Vec<Format>,
    zone: Tz,
}

#[derive(Clone, Debug)]
struct Format {
    text: String,
    items: Vec<Item<'static>>,
}

/// What stood in the file: a clock time, or an instant where the text itself gave its offset.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

impl DateReader {
    /// Refuses formats that do not make a whole date, and pairs that read one text as two dates.
    pub(super) fn new(formats: &[String], zone: &str) -> Result<Self, String> {
        let zone: Tz = zone.parse().map_err(|_| {
            format!("zone: \"{zone}\" is not a time zone; write an IANA name such as \"Europe/London\"")
        })?;
        if formats.is_empty() {
            return Err("format: give at least one, for example \"%d/%m/%Y %H:%M\"".to_owned());
        }
        let formats = formats.iter().map(|text| Format::new(text)).collect::<Result<Vec<_>, _>>()?;
        for (at, format) in formats.iter().enumerate() {
            if let Some(other) = formats[at + 1..].iter().find(|other| format.contradicts(other)) {
                return Err(format!(
                    "format: \"{}\" and \"{}\" read the same text as different dates; keep the one that the file uses",
                    format.text, other.text
                ));
            }
        }
        Ok(Self { formats, zone })
    }

    /// The same, and the cells that a workbook itself holds as dates.
    pub(super) fn with_workbook_cells(&self) -> Self {
        let mut reader = self.clone();
        reader.formats.extend(Format::new(WORKBOOK_FORMAT));
        reader
    }

    /// The instant; else what is wrong, as the end of a sentence that began with the field's name.
    pub(super) fn read(&self, text: &str) -> Result<DateTime<Utc>, String> {
        let moment =
            self.formats.iter().find_map(|format| format.read(text)).ok_or_else(|| self.misfit(text))?;
        let year = match moment {
            Moment::Local(local) => local.year(),
            Moment::Instant(instant) => instant.year(),
        };
        if !YEARS.contains(&year) {
            return Err(format!("{} lies in the year {year}", quoted(text)));
        }
        match moment {
            Moment::Local(local) => Ok(instant_of(local, self.zone)),
            Moment::Instant(instant) => Ok(instant),
        }
    }

    fn misfit(&self, text: &str) -> String {
        let formats: Vec<_> = self
            .formats
            .iter()
            .filter(|format| format.text != WORKBOOK_FORMAT)
            .map(|format| format.text.as_str())
            .collect();
        format!("{} is not a date in the format {}", quoted(text), formats.join(" or "))
    }
}

impl Format {
    fn new(text: &str) -> Result<Self, String> {
        let items = StrftimeItems::new(text)
            .parse_to_owned()
            .map_err(|_| format!("format: \"{text}\" holds a code that strftime does not have"))?;
        let format = Self { text: text.to_owned(), items };
        let sample = sample(2001, 12, 31);
        let read = format.read(&format.write(sample));
        let day = match read {
            Some(Moment::Local(local)) => Some(local.date()),
            Some(Moment::Instant(instant)) => Some(instant.date_naive()),
            None => None,
        };
        if day != Some(sample.date_naive()) {
            return Err(format!(
                "format: \"{text}\" does not make a whole date; it needs day, month and year, as \"%d/%m/%Y %H:%M\" has"
            ));
        }
        Ok(format)
    }

    fn write(&self, instant: DateTime<Utc>) -> String {
        instant.format_with_items(self.items.iter()).to_string()
    }

    fn read(&self, text: &str) -> Option<Moment> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        if parsed.offset().is_some() {
            return parsed.to_datetime().ok().map(|instant| Moment::Instant(instant.to_utc()));
        }
        if parsed.timestamp().is_some() {
            return parsed.to_naive_datetime_with_offset(0).ok().map(|utc| Moment::Instant(utc.and_utc()));
        }
        if parsed.hour_mod_12().is_none() {
            return parsed.to_naive_date().ok().map(|day| Moment::Local(day.and_time(NaiveTime::MIN)));
        }
        parsed.to_naive_datetime_with_offset(0).ok().map(Moment::Local)
    }

    /// Whether some text is one date to this format and another to that one.
    fn contradicts(&self, other: &Self) -> bool {
        [(self, other), (other, self)].into_iter().any(|(writer, reader)| {
            let text = writer.write(sample(2001, 2, 3));
            match (writer.read(&text), reader.read(&text)) {
                (Some(meant), Some(read)) => day(meant) != day(read),
                _ => false,
            }
        })
    }
}

fn day(moment: Moment) -> NaiveDate {
    match moment {
        Moment::Local(local) => local.date(),
        Moment::Instant(instant) => instant.date_naive(),
    }
}

fn sample(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 11, 58, 57).single().unwrap_or_default()
}

fn instant_of(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(first) = zone.from_local_datetime(&local).earliest() {
        return first.to_utc();
    }
    // In a gap: go back to a clock time that was, and come forward again in real hours. Gaps last an
    // hour as a rule, and a day where a country crossed the date line.
    (1..=25)
        .map(TimeDelta::hours)
        .find_map(|back| Some((zone.from_local_datetime(&(local - back)).latest()? + back).to_utc()))
        .unwrap_or_else(|| local.and_utc())
}

/// A value from the file in a sentence: short, because a wrongly mapped column can hold anything.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return format!("\"{text}\"");
    }
    let start: String = text.chars().take(MOST).collect();
    format!("\"{start}…\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(formats: &[&str], zone: &str) -> Result<DateReader, String> {
        let formats: Vec<String> = formats.iter().map(|&format| format.to_owned()).collect();
        DateReader::new(&formats, zone)
    }

    fn read(format: &str, zone: &str, text: &str) -> String {
        match reader(&[format], zone).unwrap().read(text) {
            Ok(instant) => instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            Err(problem) => problem,
        }
    }

    #[test]
    fn local_times_become_instants() {
        for (format, zone, text, expected) in [
            ("%d/%m/%Y %H:%M", "UTC", "29/2/2016 01:16", "2016-02-29T01:16:00Z"),
            ("%d/%m/%Y %H:%M", "Europe/London", "01/07/2026 09:30", "2026-07-01T08:30:00Z"),
            ("%d/%m/%Y %H:%M", "Europe/London", "01/01/2026 09:30", "2026-01-01T09:30:00Z"),
            ("%d/%m/%Y", "Europe/London", "01/07/2026", "2026-06-30T23:00:00Z"),
            ("%d-%b-%y %I:%M %p", "UTC", "06-Aug-26 01:05 PM", "2026-08-06T13:05:00Z"),
            ("%Y-%m-%dT%H:%M:%S%z", "Europe/London", "2026-08-06T10:00:00+0200", "2026-08-06T08:00:00Z"),
            ("%s", "Europe/London", "1754470800", "2025-08-06T09:00:00Z"),
        ] {
            assert_eq!(read(format, zone, text), expected, "{text}");
        }
    }

    #[test]
    fn the_hour_that_came_twice_is_the_first_one_and_the_skipped_hour_is_shifted_forward() {
        let format = "%Y-%m-%d %H:%M";
        assert_eq!(read(format, "Europe/London", "2026-10-25 01:30"), "2026-10-25T00:30:00Z");
        assert_eq!(read(format, "Europe/London", "2026-03-29 01:30"), "2026-03-29T01:30:00Z");
        // Samoa left out all of 30 December 2011.
        assert_eq!(read(format, "Pacific/Apia", "2011-12-30 12:00"), "2011-12-30T22:00:00Z");
    }

    #[test]
    fn dates_that_do_not_fit_are_refused_in_words() {
        insta::assert_snapshot!(read("%d/%m/%Y %H:%M", "UTC", "31/02/2016 01:16"), @r#""31/02/2016 01:16" is not a date in the format %d/%m/%Y %H:%M"#);
        insta::assert_snapshot!(read("%d/%m/%Y", "UTC", "06/08/26"), @r#""06/08/26" lies in the year 26"#);
        insta::assert_snapshot!(read("%d/%m/%Y", "UTC", &"a ward telephone that does not ring ".repeat(3)), @r#""a ward telephone that does not ring a wa…" is not a date in the format %d/%m/%Y"#);
    }

    #[test]
    fn unusable_formats_are_refused_in_words() {
        insta::assert_snapshot!(reader(&["%d/%m %H:%M"], "UTC").unwrap_err(), @r#"format: "%d/%m %H:%M" does not make a whole date; it needs day, month and year, as "%d/%m/%Y %H:%M" has"#);
        insta::assert_snapshot!(reader(&["%d/%m/%Y %Q"], "UTC").unwrap_err(), @r#"format: "%d/%m/%Y %Q" holds a code that strftime does not have"#);
        insta::assert_snapshot!(reader(&[], "UTC").unwrap_err(), @r#"format: give at least one, for example "%d/%m/%Y %H:%M""#);
        insta::assert_snapshot!(reader(&["%d/%m/%Y"], "London").unwrap_err(), @r#"zone: "London" is not a time zone; write an IANA name such as "Europe/London""#);
        insta::assert_snapshot!(reader(&["%d/%m/%Y", "%m/%d/%Y"], "UTC").unwrap_err(), @r#"format: "%d/%m/%Y" and "%m/%d/%Y" read the same text as different dates; keep the one that the file uses"#);
        assert!(reader(&["%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d"], "UTC").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", year in "[+-]?[0-9]{1,12}") {
            let reader = reader(&["%d/%m/%Y %H:%M", "%s", "%Y-%m-%dT%H:%M:%S%z"], "Europe/London").unwrap();
            let _ = reader.read(&text);
            let _ = reader.read(&year);
            let _ = reader.read(&format!("01/01/{year} 00:00"));
        }
    }
}
