use serde::Deserialize;

use super::dates::quoted;

/// More than fifty people's year on one item is a misread unit.
const MOST_HOURS: f64 = 100_000.0;

/// In what a column states effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum EffortUnit {
    #[serde(rename = "seconds")]
    Seconds,
    #[serde(rename = "minutes")]
    Minutes,
    #[serde(rename = "hours")]
    Hours,
    /// `1:30` or `1:30:00`; hours may pass 24.
    #[serde(rename = "hh:mm")]
    Clock,
}

impl EffortUnit {
    /// Seconds of work; `None` for nought, which is what service desks write where nobody logged any.
    pub(super) fn read(self, text: &str) -> Result<Option<i64>, String> {
        let seconds = match self {
            Self::Seconds => decimal(text),
            Self::Minutes => decimal(text).map(|minutes| minutes * 60.0),
            Self::Hours => decimal(text).map(|hours| hours * 3600.0),
            Self::Clock => clock(text),
        };
        let seconds = seconds.ok_or_else(|| format!("{} is not {}", quoted(text), self.in_words()))?;
        if !(0.0..=MOST_HOURS * 3600.0).contains(&seconds) {
            return Err(format!("{} is not plausible as {}", quoted(text), self.in_words()));
        }
        let seconds = seconds.round() as i64;
        Ok((seconds > 0).then_some(seconds))
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Seconds => "a number of seconds",
            Self::Minutes => "a number of minutes",
            Self::Hours => "a number of hours",
            Self::Clock => "hours and minutes as 1:30",
        }
    }
}

fn decimal(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes = sixtieth(parts.next()?)?;
    let seconds = parts.next().map_or(Some(0), sixtieth)?;
    parts.next().is_none().then(|| f64::from(hours) * 3600.0 + f64::from(minutes * 60 + seconds))
}

fn sixtieth(text: &str) -> Option<u32> {
    text.parse().ok().filter(|part| *part < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effort_is_read_in_its_unit() {
        for (unit, text, expected) in [
            (EffortUnit::Seconds, "5400", Some(5400)),
            (EffortUnit::Minutes, "90", Some(5400)),
            (EffortUnit::Hours, "1.5", Some(5400)),
            (EffortUnit::Clock, "1:30", Some(5400)),
            (EffortUnit::Clock, "01:30:00", Some(5400)),
            (EffortUnit::Clock, "125:15", Some(450_900)),
            (EffortUnit::Minutes, "0", None),
            (EffortUnit::Clock, "00:00", None),
        ] {
            assert_eq!(unit.read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn effort_that_does_not_fit_is_refused_in_words() {
        insta::assert_snapshot!(EffortUnit::Hours.read("1,5").unwrap_err(), @r#""1,5" is not a number of hours"#);
        insta::assert_snapshot!(EffortUnit::Minutes.read("-5").unwrap_err(), @r#""-5" is not plausible as a number of minutes"#);
        insta::assert_snapshot!(EffortUnit::Hours.read("1e300").unwrap_err(), @r#""1e300" is not plausible as a number of hours"#);
        for text in ["1:60", "1", "1:2:3:4", "-1:00", ":30", "NaN", "inf"] {
            assert!(EffortUnit::Clock.read(text).is_err(), "{text}");
        }
        assert!(EffortUnit::Seconds.read("NaN").is_err());
    }
}
