//! The error of the share: what to re-tag blind, and what the answers say about the published figure.

mod evidence;
mod frame;
mod sampler;
mod share_error;
mod stratum;

pub use evidence::{Answer, Audit, Draw, Settled, Truth, settle_answers};
pub use frame::{Cell, Frame, Unit};
pub use sampler::{Sampler, WorkChanged};
pub use share_error::{LEAST_AUDITED, MeasuredShare, ShareError, share_error};
pub use stratum::Stratum;
