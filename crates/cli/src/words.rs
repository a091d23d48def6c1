//! Numbers as people read them. Seconds and ratios end here.

use indicatif::HumanCount;

/// 12,345
pub(crate) fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}

/// Whole hours; work that would round to none shows as "<1".
pub(crate) fn hours(seconds: i64) -> String {
    let rounded = (seconds as f64 / 3600.0).round() as i64;
    if rounded == 0 && seconds > 0 { "<1".to_owned() } else { count(rounded) }
}

/// 12.3%
pub(crate) fn percent(ratio: f64) -> String {
    format!("{:.1}%", ratio * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!((count(-1_234_567).as_str(), count(0).as_str()), ("-1,234,567", "0"));
        assert_eq!((hours(1799).as_str(), hours(0).as_str(), hours(5400).as_str()), ("<1", "0", "2"));
        assert_eq!((percent(0.2).as_str(), percent(1.0).as_str()), ("20.0%", "100.0%"));
    }
}
