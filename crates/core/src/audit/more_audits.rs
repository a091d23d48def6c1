use crate::{
    Basis, MonthRange, Share, Taxonomy,
    audit::{
        Audit,
        sampler::{allocate, expected_error},
        share_error::{LEAST_AUDITED, errors, share_error},
        weigh::weigh,
    },
};

/// How many draws the expectation from before the audit counts for.
const PRIOR_DRAWS: f64 = 4.0;

/// How much more a stratum's estimate varies than with equal weights, before enough was drawn to see.
const USUAL_UNEVENNESS: f64 = 1.3;

/// More than this nobody audits.
const MOST: u32 = 100_000;

/// How many more draws bring the 95% interval to plus or minus `half_width` (0.03 is three points), if
/// errors go on as they were. 0 where it is there already; `None` where nothing is known of the work, or
/// where no number that people could audit would do.
///
/// An audit of which nothing is answered yet will do: then it plans on what is usual.
pub fn more_audits_for(
    half_width: f64,
    period: MonthRange,
    basis: Basis,
    share: Option<&Share>,
    audits: &[Audit],
    taxonomy: &Taxonomy,
) -> Option<u32> {
    let error = share_error(period, basis, share, audits, taxonomy);
    if error.measured().is_some_and(|measured| (measured.high - measured.low) / 2.0 <= half_width) {
        return Some(0);
    }
    let newest = audits.last()?;
    let findings = weigh(period, basis, audits, taxonomy);
    if findings.amount <= 0.0 {
        return None;
    }
    let planned = allocate(&newest.frame, MOST);
    let strata: Vec<Stratum> = findings
        .stacks
        .iter()
        .map(|stack| {
            let number: f64 = stack.settled.iter().map(|one| f64::from(one.draw.times)).sum();
            let rates = errors(stack);
            let effective = rates.first().map_or(0.0, |(_, rate)| rate.effective);
            let wrong: f64 = rates.iter().map(|(_, rate)| rate.within()).sum::<f64>().min(1.0);
            let wrong =
                (wrong * effective + expected_error(stack.stratum) * PRIOR_DRAWS) / (effective + PRIOR_DRAWS);
            let uneven = if effective >= PRIOR_DRAWS { number / effective } else { USUAL_UNEVENNESS };
            let part = stack.amount / findings.amount;
            Stratum {
                variance: part * part * wrong * (1.0 - wrong) * uneven,
                number,
                of_more: planned.get(&stack.stratum).map_or(0.0, |draws| f64::from(*draws) / f64::from(MOST)),
            }
        })
        .collect();
    let reached = |more: u32| {
        let variance: f64 =
            strata.iter().map(|one| one.variance / (one.number + f64::from(more) * one.of_more)).sum();
        1.96 * variance.sqrt() <= half_width
    };
    // The smallest number that reaches it.
    let (mut low, mut high) = (LEAST_AUDITED.saturating_sub(error.audited()).max(1), MOST);
    if !reached(high) {
        return None;
    }
    while low < high {
        let middle = low.midpoint(high);
        if reached(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// What one stratum adds to the error.
struct Stratum {
    /// Of the share, from a single draw.
    variance: f64,
    /// Draws settled.
    number: f64,
    /// Of every further draw, this part falls here.
    of_more: f64,
}
