//! Chance, from a seed. The same seed gives the same trust on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn wide_bits(&mut self) -> u128 {
        (u128::from(self.bits()) << 64) | u128::from(self.bits())
    }

    /// From 0 up to but not including 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An index below `len`; 0 where there is nothing to choose from.
    pub(crate) fn below(&mut self, len: usize) -> usize {
        ((self.unit() * len as f64) as usize).min(len.saturating_sub(1))
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// How long things take: many short, a few very long.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// How many of something happen where `mean` are to be expected.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        // Knuth's product is exact and slow for large means, where the normal approximation is good.
        if mean > 40.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as usize;
        }
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// An urn to draw from by weight in logarithmic time.
pub(crate) struct Urn<T> {
    cumulative: Vec<(u32, T)>,
}

impl<T: Copy> Urn<T> {
    pub(crate) fn new(weighted: impl IntoIterator<Item = (u16, T)>) -> Self {
        let mut sum = 0;
        let cumulative = weighted
            .into_iter()
            .map(|(weight, thing)| {
                sum += u32::from(weight);
                (sum, thing)
            })
            .collect();
        Self { cumulative }
    }

    /// `None` from an empty urn.
    pub(crate) fn draw(&self, dice: &mut Dice) -> Option<T> {
        let (sum, _) = self.cumulative.last()?;
        let mark = dice.unit() * f64::from(*sum);
        let at = self.cumulative.partition_point(|(upto, _)| f64::from(*upto) <= mark);
        self.cumulative.get(at).map(|(_, thing)| *thing)
    }
}
