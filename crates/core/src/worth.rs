//! What a person's tag on a piece of work is worth to the figures: the queue of taggers is sorted by it.

use crate::{Method, State};

/// How often a verdict puts work on the wrong side of the waterline, from 0 to 1. These only sort a queue:
/// no figure rests on them, and how often they are really wrong is what the audit measures.
///
/// A rule says what somebody meant by it, and reads nothing but words; what a parent says is as good.
const RULE_IS_WRONG: f64 = 0.05;
const PARENT_IS_WRONG: f64 = 0.05;
/// A kind says how a record came in, not what it was about: of changes and projects many are misfiled.
const KIND_IS_WRONG: f64 = 0.3;
/// Nothing is known, and there are two sides.
const NOTHING_IS_KNOWN: f64 = 0.5;

/// By how many seconds the figures may be wrong for want of a tag on this piece of work: its effort, times
/// how likely it lies on the wrong side. `seconds` is what counts for it or, while it is open, what would
/// count if it were finished now. 0 for what a person tagged and for what was withdrawn; finished work is
/// worth a second at least, because it counts as an item even where it took no time.
pub fn worth_seconds(method: Method, confidence: Option<f64>, state: State, seconds: i64) -> i64 {
    if state == State::Withdrawn {
        return 0;
    }
    let wrong = match method {
        Method::Tag => return 0,
        Method::Inherited => PARENT_IS_WRONG,
        Method::Rule => RULE_IS_WRONG,
        Method::Model => confidence.map_or(NOTHING_IS_KNOWN, |confidence| 1.0 - confidence),
        Method::KindDefault => KIND_IS_WRONG,
        Method::Unclassified => NOTHING_IS_KNOWN,
    };
    let least = i64::from(state == State::Finished);
    ((seconds.max(0) as f64 * wrong).round() as i64).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(method: Method, confidence: Option<f64>, seconds: i64) -> i64 {
        worth_seconds(method, confidence, State::Finished, seconds)
    }

    #[test]
    fn the_less_is_known_and_the_longer_it_took_the_more_a_tag_is_worth() {
        let known = [
            (Method::Rule, None),
            (Method::Model, Some(0.9)),
            (Method::KindDefault, None),
            (Method::Model, Some(0.6)),
            (Method::Unclassified, None),
        ];
        let worth = known.map(|(method, confidence)| finished(method, confidence, 3600));
        assert_eq!(worth, [180, 360, 1080, 1440, 1800]);
        assert_eq!(finished(Method::Unclassified, None, 7200), 3600);
        assert_eq!(finished(Method::Inherited, None, 3600), finished(Method::Rule, None, 3600));
    }

    #[test]
    fn what_is_tagged_or_withdrawn_needs_no_tag() {
        assert_eq!(finished(Method::Tag, None, 3600), 0);
        assert_eq!(worth_seconds(Method::Unclassified, None, State::Withdrawn, 3600), 0);
    }

    #[test]
    fn finished_work_without_effort_still_counts_as_an_item() {
        assert_eq!(finished(Method::Rule, None, 0), 1);
        assert_eq!(finished(Method::Rule, None, -600), 1);
        assert_eq!(worth_seconds(Method::Rule, None, State::Open, 0), 0);
    }
}
