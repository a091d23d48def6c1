//! How likely chance alone is to do what was seen.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// One month's part of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    /// How many of them.
    pub(super) hits: f64,
    /// How many in all.
    pub(super) all: f64,
}

impl Month {
    /// The part on a scale on which chance varies alike everywhere: near 0 as much as near a half.
    fn level(self) -> f64 {
        (self.hits / self.all).clamp(0.0, 1.0).sqrt().asin()
    }
}

/// The chance that months as unruly as those `before` rise (or fall, for the other tail) to the level of
/// those `after`, or beyond: Student's t on the months. `None` with fewer than six months before, or none
/// after.
///
/// How much months vary is what they varied before, or what items drawn by lot would vary, if that is more:
/// six months can look alike by luck.
pub(super) fn chance_of_rise(before: &[Month], after: &[Month]) -> Option<f64> {
    let mean = |months: &[Month], of: &dyn Fn(&Month) -> f64| {
        months.iter().map(of).sum::<f64>() / months.len() as f64
    };
    if before.len() < 6 || after.is_empty() {
        return None;
    }
    let usual = mean(before, &|month| month.level());
    let now = mean(after, &|month| month.level());
    let freedom = before.len() as f64 - 1.0;
    let varied = before.iter().map(|month| (month.level() - usual).powi(2)).sum::<f64>() / freedom;
    let by_lot = |months: &[Month]| mean(months, &|month| 0.25 / month.all);
    let variance =
        varied.max(by_lot(before)) / before.len() as f64 + varied.max(by_lot(after)) / after.len() as f64;
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(student.sf((now - usual) / variance.sqrt()))
}

/// The chance that something normal lies at least so many standard deviations above its mean.
pub(super) fn chance_above(deviations: f64) -> f64 {
    Normal::standard().sf(deviations)
}
