//! When a fetch is asked for again: the waits of one request, and how long they are.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::FetchError;

/// How patient the runner is. Tests use milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct RunnerLimits {
    /// How often a request that found no proper answer is sent again.
    pub retries: u32,
    /// The wait before the first of those; each further one is twice as long, give or take a quarter, so
    /// that several processes do not come back together.
    pub first_retry: Duration,
    /// How often in a row a source may make us wait for the same batch.
    pub rate_limit_waits: u32,
    /// The longest single wait.
    pub longest_wait: Duration,
    /// More batches than any feed has; beyond it something goes round in circles.
    pub batches: u64,
}

impl Default for RunnerLimits {
    fn default() -> Self {
        Self {
            retries: 5,
            first_retry: Duration::from_secs(1),
            rate_limit_waits: 20,
            longest_wait: Duration::from_secs(3600),
            batches: 100_000,
        }
    }
}

/// The patience that is left for one batch.
#[derive(Debug)]
pub(crate) struct Patience {
    limits: RunnerLimits,
    retries: u32,
    waits: u32,
    dice: StdRng,
}

/// What to do about a failed fetch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The source asked for this wait.
    Throttled(Duration),
    /// It may work after this wait.
    Retry(Duration),
    GiveUp,
}

impl Patience {
    pub(crate) fn new(limits: RunnerLimits, seed: u64) -> Self {
        Self { limits, retries: 0, waits: 0, dice: StdRng::seed_from_u64(seed) }
    }

    pub(crate) fn after(&mut self, error: &FetchError, now: DateTime<Utc>) -> Then {
        let RunnerLimits { first_retry, longest_wait, .. } = self.limits;
        match error {
            FetchError::RateLimited { retry_at, .. } if self.waits < self.limits.rate_limit_waits => {
                self.waits += 1;
                let asked = (*retry_at - now).max(TimeDelta::zero()).to_std().unwrap_or_default();
                // "Retry at once" from a source that just said "too many" is not to be taken at its word.
                Then::Throttled(asked.max(first_retry).min(longest_wait))
            }
            FetchError::Transient { .. } if self.retries < self.limits.retries => {
                let doubled = first_retry.saturating_mul(2_u32.saturating_pow(self.retries));
                self.retries += 1;
                Then::Retry(doubled.mul_f64(self.dice.random_range(0.75..1.25)).min(longest_wait))
            }
            FetchError::RateLimited { .. } | FetchError::Transient { .. } | FetchError::Refused { .. } => {
                Then::GiveUp
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap()
    }

    fn limited(seconds: i64) -> FetchError {
        FetchError::RateLimited { endpoint: String::new(), retry_at: now() + TimeDelta::seconds(seconds) }
    }

    #[test]
    fn waits_double_and_end() {
        let mut patience = Patience::new(RunnerLimits::default(), 7);
        let transient = FetchError::Transient { endpoint: String::new(), reason: String::new() };
        for seconds in [1.0, 2.0, 4.0, 8.0, 16.0] {
            let Then::Retry(wait) = patience.after(&transient, now()) else { panic!("gave up early") };
            assert!((seconds * 0.75..seconds * 1.25).contains(&wait.as_secs_f64()), "{wait:?}");
        }
        assert_eq!(patience.after(&transient, now()), Then::GiveUp);
    }

    #[test]
    fn a_source_is_waited_for_as_it_asks_but_not_for_ever() {
        let limits = RunnerLimits { rate_limit_waits: 3, ..RunnerLimits::default() };
        let mut patience = Patience::new(limits, 7);
        assert_eq!(patience.after(&limited(90), now()), Then::Throttled(Duration::from_secs(90)));
        assert_eq!(patience.after(&limited(-5), now()), Then::Throttled(Duration::from_secs(1)));
        assert_eq!(patience.after(&limited(90_000), now()), Then::Throttled(Duration::from_secs(3600)));
        assert_eq!(patience.after(&limited(1), now()), Then::GiveUp);
    }

    #[test]
    fn what_only_a_person_mends_is_not_asked_again() {
        let refused = FetchError::Refused { endpoint: String::new(), reason: String::new() };
        assert_eq!(Patience::new(RunnerLimits::default(), 7).after(&refused, now()), Then::GiveUp);
    }
}
