//! How well labels were told apart: what `waterline evaluate` prints.

use super::calibration::calibration_error;
use crate::Side;

/// One label that was given, beside the right one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// The right one.
    pub truth: Side,
    /// The one given.
    pub said: Side,
    /// How likely it is right, from 0 to 1.
    pub confidence: f64,
}

/// How well they were given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// How many there are.
    pub n: usize,
    /// The part of all labels that is right.
    pub accuracy: f64,
    /// The part of all labels `visible` that is right; 0 where none was given, as scikit-learn has it.
    pub precision: f64,
    /// The part of all that is truly visible which was found; 0 where nothing is.
    pub recall: f64,
    /// The harmonic mean of precision and recall; 0 where nothing was found.
    pub f1: f64,
    /// How far confidence lies from how often it is right, on average over ten bins of confidence.
    pub calibration_error: f64,
}

impl Evaluation {
    /// `None` where nothing was labelled.
    pub fn new(labels: &[Labelled]) -> Option<Self> {
        let count = |wanted: &dyn Fn(&Labelled) -> bool| labels.iter().filter(|label| wanted(label)).count();
        let found = count(&|label| label.said == Side::Visible && label.truth == Side::Visible);
        let said = count(&|label| label.said == Side::Visible);
        let there = count(&|label| label.truth == Side::Visible);
        let part = |some: usize, all: usize| if all == 0 { 0.0 } else { some as f64 / all as f64 };
        let answers = labels.iter().map(|label| (label.confidence, label.said == label.truth));
        Some(Self {
            n: labels.len(),
            calibration_error: calibration_error(answers)?,
            accuracy: part(count(&|label| label.said == label.truth), labels.len()),
            precision: part(found, said),
            recall: part(found, there),
            f1: part(2 * found, said + there),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Ktlo, Visible};

    fn evaluate(labels: &[(Side, Side, f64)]) -> Evaluation {
        let labels = labels.iter().map(|&(truth, said, confidence)| Labelled { truth, said, confidence });
        Evaluation::new(&labels.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn figures_are_those_worked_out_by_hand() {
        let found = evaluate(&[
            (Visible, Visible, 0.95),
            (Visible, Visible, 0.95),
            (Visible, Ktlo, 0.55),
            (Ktlo, Visible, 0.55),
            (Ktlo, Ktlo, 0.95),
            (Ktlo, Ktlo, 0.95),
            (Ktlo, Ktlo, 0.55),
            (Ktlo, Visible, 0.75),
        ]);
        assert_eq!((found.n, found.accuracy, found.precision), (8, 5.0 / 8.0, 0.5));
        assert_eq!((found.recall, found.f1), (2.0 / 3.0, 4.0 / 7.0));
        // In the bin of 0.95: 4 of 4 are right; of 0.55: 1 of 3; of 0.75: 0 of 1.
        let apart = (4.0 - 4.0 * 0.95) + (3.0 * 0.55 - 1.0) + 0.75;
        assert!((found.calibration_error - apart / 8.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_found_is_zero_and_nothing_asked_is_none() {
        let found = evaluate(&[(Visible, Ktlo, 1.0), (Ktlo, Ktlo, 1.0)]);
        assert_eq!((found.precision, found.recall, found.f1), (0.0, 0.0, 0.0));
        assert_eq!(evaluate(&[(Ktlo, Ktlo, 1.0)]).recall, 0.0);
        assert_eq!(Evaluation::new(&[]), None);
    }
}
