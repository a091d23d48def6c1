//! The error of the share: what to re-tag blind, and what the answers say about the published figure.
//!
//! **What is drawn.** A unit is what one piece of work did in one month, because that is what a month's
//! figure is made of. Units are drawn at random within five strata ([`Stratum`]: side and how sure the
//! verdict was), with replacement, half by effort and half by items ([`Sampler`]). One sample so serves both
//! bases. Drawing by effort alone would hardly ever meet the small items that make up the other basis, and
//! the other way round; the half-and-half lets no unit weigh more than twice the average on either.
//!
//! **What is estimated.** The stratified difference estimator of DESIGN section 4.4: the published share,
//! plus for each stratum its part of the work times the rate of errors that people found in it, minus where
//! the published side was visible. It is without bias whatever the quality of the verdicts, and where the
//! verdicts are good the errors are few and the interval is short. Averaging the answers alone would need
//! several times as many.
//!
//! **Its interval.** Errors of a stratum all point the same way, so each stratum is a weighted proportion:
//! its interval is Jeffreys' with a smaller prior on Kish's effective number of draws, which stands also
//! where no error was seen. The strata's intervals are put together by squaring distances on each side
//! separately (MOVER; Zou and Donner, 2008). A normal interval would be simpler
//! and wrong: where 99% is right and nothing unclassified, it held the truth in 43% of periods with 60 draws
//! and in 68% with 150, because too few errors are seen to tell how they vary.
//!
//! **How well it holds** (`simulation_tests`; 60 scenarios of 2,000 periods each, effort lognormal). With 75%,
//! 60% and 90% of the work right it covers the truth in 93% to 97% of periods from 60 draws on (92.8% in the
//! worst of them), and with 95% right from 150 on. Above that it covers too much, 97% to 100%, where errors are so rare that a sample
//! meets about one or none of them (99% right; 95% with 60 draws): no interval can begin at the point
//! estimate and be shorter there.
//!
//! **What it takes on trust.** Answers are right. They never reach the figures by the back door: an audit's
//! answer must not become a tag nor train the model, or the audited units would be right and the others not.
//! Units are answered in random order, so that the answered part of a sample is a sample. Work on which
//! people cannot tell errs like the rest of its stratum; how much there was is said beside the interval.

mod agreement;
mod dice;
mod evidence;
mod frame;
mod more_audits;
mod quality;
mod rate;
mod sampler;
mod share_error;
mod stratum;
mod weigh;

pub use agreement::{Agreement, agreement};
#[cfg(test)]
pub(crate) use dice::Dice;
pub use evidence::{Answer, Audit, Draw, Settled, Truth, settle_answers};
pub use frame::{Cell, Frame, Unit};
pub use more_audits::more_audits_for;
pub use quality::{CategoryQuality, Proportion, quality_by_category};
pub use sampler::{Sampler, WorkChanged};
pub use share_error::{LEAST_AUDITED, MeasuredShare, ShareError, share_error};
pub use stratum::Stratum;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod simulation_tests;
