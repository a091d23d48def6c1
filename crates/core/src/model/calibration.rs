//! From how far an item lies on each class's side to probabilities that can be taken at their word.

use super::SURE_ENOUGH;

/// Rounds of the fit; it settles in about twenty.
const ROUNDS: usize = 60;
/// Bins of the calibration error, each a tenth wide, as in Guo et al. 2017, "On Calibration of Modern
/// Neural Networks".
const BINS: usize = 10;

/// Platt's scaling for several classes: the probabilities are the softmax of `slope * decision +
/// offset`, with one slope for all classes and an offset for each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calibration {
    pub(super) slope: f64,
    pub(super) offsets: Vec<f64>,
}

/// Decisions on examples that the deciding weights were not trained on, and what was right.
pub(super) struct OutOfFold<'a> {
    /// As many for each example as there are classes.
    pub(super) decisions: &'a [f32],
    pub(super) labels: &'a [usize],
    pub(super) classes: usize,
}

impl OutOfFold<'_> {
    /// What the probabilities should be: nearly all on the right class. The rest goes to the others, as
    /// if each had been seen once more, so that a handful of examples never looks like certainty (Platt
    /// 1999, section 2.2).
    fn target(&self, class: usize, label: usize, counts: &[f64]) -> f64 {
        let seen = counts[label];
        let others = (self.classes - 1) as f64;
        if class == label { (seen + 1.0) / (seen + 2.0) } else { 1.0 / ((seen + 2.0) * others) }
    }
}

impl Calibration {
    /// Newton's method, by turns on the slope and on all offsets.
    pub(super) fn fit(held: &OutOfFold<'_>) -> Self {
        let mut fitted = Self { slope: 2.0, offsets: vec![0.0; held.classes] };
        let mut counts = vec![0.0; held.classes];
        for &label in held.labels {
            counts[label] += 1.0;
        }
        let mut probabilities = Vec::with_capacity(held.classes);
        for round in 0..ROUNDS {
            let (mut pull, mut bend) = (0.0, 1e-9);
            let mut pulls = vec![0.0; held.classes];
            let mut bends = vec![1e-9; held.classes];
            for (decisions, &label) in held.decisions.chunks_exact(held.classes).zip(held.labels) {
                fitted.probabilities(decisions, &mut probabilities);
                let (mut mean, mut square) = (0.0, 0.0);
                for (class, (&decision, &probability)) in decisions.iter().zip(&probabilities).enumerate() {
                    let decision = f64::from(decision);
                    let excess = probability - held.target(class, label, &counts);
                    mean += probability * decision;
                    square += probability * decision * decision;
                    pull += excess * decision;
                    pulls[class] += excess;
                    bends[class] += probability * (1.0 - probability);
                }
                bend += square - mean * mean;
            }
            if round % 2 == 0 {
                fitted.slope = (fitted.slope - pull / bend).clamp(0.01, 100.0);
            } else {
                // Half of each step: together the offsets bend at most twice as much as one by one.
                for (offset, (pull, bend)) in fitted.offsets.iter_mut().zip(pulls.iter().zip(&bends)) {
                    *offset -= (0.5 * pull / bend).clamp(-1.0, 1.0);
                }
            }
        }
        fitted
    }

    /// From which probability on each class is worth naming, where it must be named or not and its F1 is
    /// to be as high as can be: half of that F1 (Lipton, Elkan and Naryanaswamy 2014, "Optimal
    /// Thresholding of Classifiers to Maximize F1 Measure", theorem 1). Never so low that the model is
    /// sure enough of the contrary: where many tags are mistaken, that F1 looks lower than it is.
    pub(super) fn thresholds(&self, held: &OutOfFold<'_>) -> Vec<f64> {
        let mut of_class = vec![Vec::with_capacity(held.labels.len()); held.classes];
        let mut probabilities = Vec::with_capacity(held.classes);
        for decisions in held.decisions.chunks_exact(held.classes) {
            self.probabilities(decisions, &mut probabilities);
            for (all, &probability) in of_class.iter_mut().zip(&probabilities) {
                all.push(probability);
            }
        }
        of_class
            .into_iter()
            .map(|probabilities| (best_f1(probabilities) / 2.0).max(1.0 - SURE_ENOUGH))
            .collect()
    }

    fn probabilities(&self, decisions: &[f32], probabilities: &mut Vec<f64>) {
        probabilities.clear();
        let scaled = decisions.iter().zip(&self.offsets);
        probabilities.extend(scaled.map(|(&decision, offset)| self.slope * f64::from(decision) + offset));
        let highest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for probability in probabilities.iter_mut() {
            *probability = (*probability - highest).exp();
        }
        let sum: f64 = probabilities.iter().sum();
        for probability in probabilities.iter_mut() {
            *probability /= sum;
        }
    }
}

/// The highest F1 to be expected of naming the likeliest, how many ever those are.
fn best_f1(mut probabilities: Vec<f64>) -> f64 {
    probabilities.sort_by(|one, other| other.total_cmp(one));
    let expected: f64 = probabilities.iter().sum();
    let (mut found, mut best) = (0.0, 0.0_f64);
    for (before, probability) in probabilities.iter().enumerate() {
        found += probability;
        best = best.max(2.0 * found / ((before + 1) as f64 + expected));
    }
    best
}

/// How far confidence lies from how often it is right, on average over bins of confidence; `None`
/// without an answer. Zero means that of all answers with 90% confidence nine in ten are right.
pub(super) fn calibration_error(answers: impl IntoIterator<Item = (f64, bool)>) -> Option<f64> {
    let mut bins = [(0_usize, 0.0, 0_usize); BINS];
    for (confidence, right) in answers {
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += confidence;
        bin.2 += usize::from(right);
    }
    let all: usize = bins.iter().map(|(count, ..)| count).sum();
    let apart: f64 = bins.iter().map(|(_, sum, right)| (sum - *right as f64).abs()).sum();
    (all > 0).then(|| apart / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash::scatter;

    /// From 0 to 1, the same for a number.
    fn chance(number: u64) -> f64 {
        (scatter(number) >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn a_fit_finds_the_slope_and_the_offset_that_made_the_labels() {
        // Two classes whose decisions mirror each other, as those of two machines do.
        let (slope, offset) = (3.0, -1.0);
        let (mut decisions, mut labels) = (Vec::new(), Vec::new());
        for number in 0..10_000 {
            let decision = (chance(2 * number) * 4.0 - 2.0) as f32;
            decisions.extend([-decision, decision]);
            let odds = (2.0 * slope * f64::from(decision) + offset).exp();
            labels.push(usize::from(chance(2 * number + 1) < odds / (1.0 + odds)));
        }
        let fitted = Calibration::fit(&OutOfFold { decisions: &decisions, labels: &labels, classes: 2 });
        assert!((fitted.slope - slope).abs() < 0.2, "{fitted:?}");
        assert!((fitted.offsets[1] - fitted.offsets[0] - offset).abs() < 0.2, "{fitted:?}");
    }

    #[test]
    fn a_handful_of_perfect_decisions_is_not_certainty() {
        let decisions = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0];
        let held = OutOfFold { decisions: &decisions, labels: &[0, 1, 0, 1], classes: 2 };
        let mut probabilities = Vec::new();
        Calibration::fit(&held).probabilities(&[1.0, -1.0], &mut probabilities);
        assert!((probabilities[0] - 0.75).abs() < 0.01, "{probabilities:?}");
    }

    #[test]
    fn the_best_f1_is_that_of_naming_the_likeliest() {
        // Naming the first two: 2 * 1.4 / (2 + 1.6).
        assert!((best_f1(vec![0.2, 0.9, 0.5]) - 2.8 / 3.6).abs() < 1e-12);
        assert_eq!(best_f1(vec![0.0, 1.0, 1.0]), 1.0);
    }

    #[test]
    fn confidence_that_is_as_often_right_as_it_says_has_no_error() {
        let answers = (0..10).map(|answer| (0.9, answer > 0));
        assert!(calibration_error(answers).unwrap() < 1e-12);
        let answers = (0..10).map(|answer| (1.0, answer > 3));
        assert!((calibration_error(answers).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(calibration_error([]), None);
    }
}
