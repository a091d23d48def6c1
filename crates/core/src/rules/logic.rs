//! What can be said of conditions without any item: that they contradict one another, or that one set
//! of them follows from another.
//!
//! Conditions are written out as cases, each a list of things that must hold or must not. Never wrong
//! when it says "never" or "always", but it does not see everything: of two regular expressions it only
//! knows whether they are written alike, and a condition of very many cases it leaves alone.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    condition::{Condition, Date, Number, Value},
    fold::is_whole_words,
    question::{Ask, Question, TextField, holds_phrase, pattern},
};
use crate::{Kind, State};

/// More cases than this are left alone.
const MOST_CASES: usize = 64;

/// Something that is neither a list nor negated, and whether it must hold or must not.
#[derive(Clone, Copy, Debug)]
struct Literal<'c> {
    condition: &'c Condition,
    holds: bool,
}

/// Things that must all be so.
type Case<'c> = Vec<Literal<'c>>;

/// A condition written out: it holds exactly where one of the cases does.
#[derive(Debug)]
pub(super) struct Cases<'c>(Vec<Case<'c>>);

impl<'c> Cases<'c> {
    /// Writes a condition out, save for cases that cannot be; `None` where there are too many.
    pub(super) fn of(condition: &'c Condition) -> Option<Self> {
        let mut cases = cases(condition, true)?;
        cases.retain(|case| !impossible(case));
        for case in &mut cases {
            // What is least likely to follow from another rule comes first, and ends the search there.
            case.sort_by_key(|literal| (!literal.holds, !matches!(literal.condition, Condition::Text(_))));
        }
        Some(Self(cases))
    }

    /// Whether no item at all can fulfil it.
    pub(super) fn never_hold(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every item that fulfils this fulfils the other as well.
    pub(super) fn imply(&self, other: &Self) -> bool {
        let mut with = Vec::new();
        self.0.iter().all(|case| {
            other.0.iter().any(|wanted| {
                wanted.iter().all(|literal| {
                    with.clone_from(case);
                    with.push(Literal { holds: !literal.holds, ..*literal });
                    impossible(&with)
                })
            })
        })
    }
}

fn cases(condition: &Condition, holds: bool) -> Option<Vec<Case<'_>>> {
    match (condition, holds) {
        (Condition::Not(condition), _) => cases(condition, !holds),
        (Condition::All(list), true) | (Condition::Any(list), false) => {
            list.iter().try_fold(vec![Vec::new()], |so_far: Vec<Case<'_>>, condition| {
                let more = cases(condition, holds)?;
                let joined = so_far.iter().flat_map(|case| {
                    more.iter().map(move |more| case.iter().chain(more).copied().collect::<Case<'_>>())
                });
                Some(joined.collect::<Vec<_>>()).filter(|cases| cases.len() <= MOST_CASES)
            })
        }
        (Condition::Any(list), true) | (Condition::All(list), false) => {
            let each: Option<Vec<_>> = list.iter().map(|condition| cases(condition, holds)).collect();
            each.map(|cases| cases.concat()).filter(|cases| cases.len() <= MOST_CASES)
        }
        (condition, holds) => Some(vec![vec![Literal { condition, holds }]]),
    }
}

fn impossible(case: &[Literal<'_>]) -> bool {
    no_kind(case)
        || no_state(case)
        || no_number(case, Number::Priority)
        || no_number(case, Number::Logged)
        || no_date(case, Date::Opened)
        || no_date(case, Date::Finished)
        || (!parent_may_be(case, true) && !parent_may_be(case, false))
        || no_text(case)
        || no_value(case)
}

fn no_kind(case: &[Literal<'_>]) -> bool {
    !Kind::ALL.into_iter().any(|kind| {
        case.iter().all(|literal| match literal.condition {
            Condition::Kind(kinds) => kinds.contains(&kind) == literal.holds,
            _ => true,
        })
    })
}

fn no_state(case: &[Literal<'_>]) -> bool {
    ![State::Open, State::Finished, State::Withdrawn].into_iter().any(|state| {
        // An item has a finishing date exactly where it is finished.
        let finished = state == State::Finished;
        case.iter().all(|literal| match literal.condition {
            Condition::State(states) => states.contains(&state) == literal.holds,
            Condition::Present { value: Value::Date(Date::Finished), wanted } => {
                finished == (*wanted == literal.holds)
            }
            Condition::During { date: Date::Finished, .. } => finished || !literal.holds,
            _ => true,
        })
    })
}

/// Tries the number around every bound, and none at all: between bounds nothing changes.
fn no_number(case: &[Literal<'_>], of: Number) -> bool {
    let about = |literal: &&Literal<'_>| match literal.condition {
        Condition::OneOf { number, .. } | Condition::Between { number, .. } => *number == of,
        Condition::Present { value, .. } => *value == Value::Number(of),
        _ => false,
    };
    let mut tries = vec![None, Some(0)];
    for literal in case.iter().filter(about) {
        let bounds = match literal.condition {
            Condition::OneOf { values, .. } => values.clone(),
            Condition::Between { at_least, at_most, .. } => at_least.iter().chain(at_most).copied().collect(),
            _ => Vec::new(),
        };
        tries.extend(bounds.iter().flat_map(|bound| [-1, 0, 1].map(|step| bound.checked_add(step))));
    }
    // A priority is a small number by its type.
    tries.retain(|number| number.is_none_or(|number| of == Number::Logged || u8::try_from(number).is_ok()));
    !tries.into_iter().any(|number| {
        case.iter().filter(about).all(|literal| match literal.condition {
            Condition::Present { wanted, .. } => (number.is_some() == *wanted) == literal.holds,
            condition => condition.takes_number(number) == literal.holds,
        })
    })
}

fn no_date(case: &[Literal<'_>], of: Date) -> bool {
    let about = |literal: &&Literal<'_>| match literal.condition {
        Condition::During { date, .. } => *date == of,
        Condition::Present { value, .. } => *value == Value::Date(of),
        _ => false,
    };
    let mut tries: Vec<Option<DateTime<Utc>>> = vec![Some(DateTime::UNIX_EPOCH)];
    // Whatever came in was opened at some time.
    tries.extend((of == Date::Finished).then_some(None));
    for literal in case.iter().filter(about) {
        if let Condition::During { from, before, .. } = literal.condition {
            for bound in from.iter().chain(before) {
                tries.extend([Some(*bound), bound.checked_sub_signed(TimeDelta::nanoseconds(1))]);
            }
        }
    }
    !tries.into_iter().any(|date| {
        case.iter().filter(about).all(|literal| match literal.condition {
            Condition::Present { wanted, .. } => (date.is_some() == *wanted) == literal.holds,
            condition => condition.takes_date(date) == literal.holds,
        })
    })
}

fn parent_may_be(case: &[Literal<'_>], known: bool) -> bool {
    case.iter().all(|literal| match literal.condition {
        Condition::Present { value: Value::Parent, wanted } => (known == *wanted) == literal.holds,
        _ => true,
    })
}

/// The questions to texts of a case, with what must come of them. That something is not there says that
/// it is not so that it is there.
fn questions<'c>(case: &'c [Literal<'_>]) -> impl Iterator<Item = (&'c Question, bool)> {
    case.iter().filter_map(|literal| match literal.condition {
        Condition::Text(question) => Some((question, literal.holds != (question.ask == Ask::Present(false)))),
        _ => None,
    })
}

/// Whether something must be found from which follows what must not.
fn no_text(case: &[Literal<'_>]) -> bool {
    let wanted = || questions(case).filter(|(_, holds)| *holds);
    questions(case)
        .filter(|(_, holds)| !holds)
        .any(|(unwanted, _)| wanted().any(|(wanted, _)| follows(unwanted, wanted)))
}

/// Whether a field that holds one value must equal something that the rest of the case forbids.
fn no_value(case: &[Literal<'_>]) -> bool {
    questions(case).any(|(question, holds)| {
        let (Ask::Equals(values), [field]) = (&question.ask, question.fields) else { return false };
        if !holds || *field == TextField::Label {
            return false;
        }
        let fits = |value: &String| {
            questions(case).filter(|(other, _)| other.fields.contains(field)).all(|(other, holds)| {
                // What one of two fields does not answer the other may.
                (holds && other.fields.len() > 1) || answers(&other.ask, value) == holds
            })
        };
        !values.iter().any(fits)
    })
}

/// Whether a known value answers; presence is asked as "is it there".
fn answers(ask: &Ask, value: &str) -> bool {
    match ask {
        Ask::Contains(phrases) => phrases.iter().any(|phrase| holds_phrase(value, phrase)),
        Ask::Equals(values) => values.iter().any(|one| one == value),
        Ask::StartsWith(prefixes) => prefixes.iter().any(|prefix| value.starts_with(prefix.as_str())),
        Ask::Matches(patterns) => {
            patterns.iter().any(|text| pattern(text).is_ok_and(|pattern| pattern.is_match(value)))
        }
        Ask::Present(_) => true,
    }
}

/// Whether an item that answers `known` answers `question` as well.
fn follows(question: &Question, known: &Question) -> bool {
    if !known.fields.iter().all(|field| question.fields.contains(field)) {
        return false;
    }
    match (&known.ask, &question.ask) {
        (Ask::Present(_), Ask::Present(_)) | (_, Ask::Present(_)) => true,
        (Ask::Equals(values), ask) => values.iter().all(|value| answers(ask, value)),
        (Ask::Contains(found), Ask::Contains(phrases)) => {
            found.iter().all(|found| phrases.iter().any(|phrase| phrase_in_phrase(found, phrase)))
        }
        (Ask::StartsWith(starts), Ask::StartsWith(prefixes)) => {
            starts.iter().all(|start| prefixes.iter().any(|prefix| start.starts_with(prefix.as_str())))
        }
        (Ask::StartsWith(starts), Ask::Contains(phrases)) => {
            starts.iter().all(|start| phrases.iter().any(|phrase| phrase_in_start(start, phrase)))
        }
        (Ask::Matches(known), Ask::Matches(patterns)) => {
            known.iter().all(|pattern| patterns.contains(pattern))
        }
        _ => false,
    }
}

/// Whether a text that holds the one phrase holds the other.
fn phrase_in_phrase(found: &str, phrase: &str) -> bool {
    // An apostrophe at the edge may turn out to stand within a word.
    found == phrase || (!found.starts_with('\'') && !found.ends_with('\'') && holds_phrase(found, phrase))
}

/// Whether a text that starts like this holds the phrase: its last word must end before the start does.
fn phrase_in_start(start: &str, phrase: &str) -> bool {
    let ends = |end: usize| start[end..].starts_with(|c: char| !c.is_alphanumeric() && c != '\'');
    let mut places = start.match_indices(phrase).map(|(at, _)| (at, at + phrase.len()));
    places.any(|(at, end)| ends(end) && is_whole_words(start, at, end))
}
