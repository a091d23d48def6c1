//! How good a model is on tags that it never learned from, and whether a new one is better.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Example, Model, calibration::calibration_error, hash::scatter};
use crate::{CategoryId, Side};

/// Of so many tagged items one is held out.
const ONE_IN: u64 = 5;

/// Whether the tags of this item are for judging models and never for training them. About one in
/// five, for ever: an item never changes over, or a model would be judged by what it learned.
pub fn is_held_out(item: i64) -> bool {
    scatter(item as u64 ^ 0x7761_7465_726c_696e).is_multiple_of(ONE_IN)
}

/// How a model does on held-out tags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Tagged items that it was asked about.
    pub n: usize,
    /// Those on which it was sure enough to answer.
    pub answered: usize,
    /// Answers with the very category of the tag.
    pub right_category: usize,
    /// Answers on the side of the waterline on which the tag lies.
    pub right_side: usize,
    /// How far the confidence of answers is from how often their category is right, from 0 to 1; `None`
    /// without an answer.
    pub calibration_error: Option<f64>,
}

/// Asks a model about held-out tags. `side` is the taxonomy's; tags and answers whose category it no
/// longer has say nothing, as in the ledger. No model answers nothing.
pub fn quality(
    model: Option<&Model>,
    held_out: &[Example<'_>],
    side: impl Fn(&CategoryId) -> Option<Side>,
) -> Quality {
    let mut quality =
        Quality { n: 0, answered: 0, right_category: 0, right_side: 0, calibration_error: None };
    let mut answers = Vec::new();
    for example in held_out {
        let Some(truth) = side(&example.category) else {
            continue;
        };
        quality.n += 1;
        let guess = model.and_then(|model| model.guess(example.item));
        let answer = guess.and_then(|guess| Some((side(guess.category)?, guess)));
        let Some((said, guess)) = answer else {
            continue;
        };
        let right = *guess.category == example.category;
        quality.answered += 1;
        quality.right_category += usize::from(right);
        quality.right_side += usize::from(said == truth);
        answers.push((guess.confidence, right));
    }
    quality.calibration_error = calibration_error(answers);
    quality
}

/// Whether one model does better than another on the same held-out tags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// What the new model gains on an item, on average. Each answer scores 1 on the right side of the
    /// waterline, -1 on the wrong one, and 0 where the model abstains; so from -2 to 2.
    pub mean_gain: f64,
    /// Lower end of the 95% interval of the mean gain.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Whether all of the interval is a gain.
    pub better: bool,
}

/// Compares two models item by item; no model abstains from everything. `side` as for [`quality`].
pub fn is_better(
    new: &Model,
    current: Option<&Model>,
    held_out: &[Example<'_>],
    side: impl Fn(&CategoryId) -> Option<Side>,
) -> Comparison {
    let score = |model: &Model, example: &Example<'_>, truth: Side| {
        let said = model.guess(example.item).and_then(|guess| side(guess.category));
        said.map_or(0.0, |said| if said == truth { 1.0 } else { -1.0 })
    };
    let gains = held_out.iter().filter_map(|example| {
        let truth = side(&example.category)?;
        let before = current.map_or(0.0, |current| score(current, example, truth));
        Some(score(new, example, truth) - before)
    });
    compare(&gains.collect::<Vec<f64>>())
}

/// The paired comparison. To the gains seen, the interval adds the best and the worst possible one
/// once each: a handful of items that all agree must not look like proof.
fn compare(gains: &[f64]) -> Comparison {
    let sum: f64 = gains.iter().sum();
    let mean_gain = if gains.is_empty() { 0.0 } else { sum / gains.len() as f64 };
    let n = (gains.len() + 2) as f64;
    let mean = sum / n;
    let squares = gains.iter().chain(&[2.0, -2.0]).map(|gain| (gain - mean).powi(2)).sum::<f64>();
    let error = (squares / (n - 1.0) / n).sqrt();
    // A t distribution with one degree of freedom or more always exists.
    let reach = StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975)) * error;
    Comparison { mean_gain, low: mean - reach, high: mean + reach, better: mean - reach > 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_item_in_five_is_held_out_for_ever() {
        let held = (0..100_000).filter(|item| is_held_out(*item)).count();
        assert!((19_000..21_000).contains(&held), "{held}");
        // Tags in databases rest on these.
        let first: Vec<i64> = (0..40).filter(|item| is_held_out(*item)).collect();
        assert_eq!(first, [6, 7, 10, 28]);
    }

    #[test]
    fn no_gain_and_little_gain_are_not_better() {
        for gains in [&[][..], &[0.0; 1000], &[2.0], &[1.0; 5], &[1.0, -1.0].repeat(500)] {
            assert!(!compare(gains).better, "{gains:?}");
        }
        let mostly_none = [vec![0.0; 990], vec![2.0, -1.0, 1.0, 1.0]].concat();
        assert!(!compare(&mostly_none).better);
    }

    #[test]
    fn chance_alone_is_better_in_at_most_one_case_of_forty() {
        // Two models of one quality: where they differ, either is right as often as the other.
        let gain = |case: u64, item: u64| {
            [2.0, 1.0, -1.0, -2.0, 0.0, 0.0][(scatter(case * 1000 + item) % 6) as usize]
        };
        let better = (0..4000).filter(|&case| {
            let gains: Vec<f64> = (0..100).map(|item| gain(case, item)).collect();
            compare(&gains).better
        });
        let better = better.count();
        assert!((40..=110).contains(&better), "{better} of 4000");
    }

    #[test]
    fn a_clear_gain_is_better_and_its_mirror_is_not() {
        let gains = [vec![1.0; 30], vec![0.0; 70]].concat();
        let found = compare(&gains);
        assert!(found.better && found.low < 0.3 && 0.3 < found.high, "{found:?}");
        assert!((found.mean_gain - 0.3).abs() < 1e-12);
        let mirrored: Vec<f64> = gains.iter().map(|gain| -gain).collect();
        let lost = compare(&mirrored);
        assert!(!lost.better && (lost.high + found.low).abs() < 1e-12);
    }

    #[test]
    fn the_interval_is_that_of_the_gains_and_both_extremes() {
        // 1, 1, 0, 1, 2, -2: mean 0.5, variance 1.9, t(5) 2.5706.
        let found = compare(&[1.0, 1.0, 0.0, 1.0]);
        let reach = 2.570_581_835_6 * (1.9_f64 / 6.0).sqrt();
        assert!((found.low - (0.5 - reach)).abs() < 1e-6 && (found.high - (0.5 + reach)).abs() < 1e-6);
    }
}
