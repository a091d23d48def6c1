//! What a rule asks of a work item, whether an item answers it, and what to say about it.

use chrono::{DateTime, Utc};

use super::{
    matcher::{Leaf, Reading},
    question::{Evidence, Question},
};
use crate::{Kind, State, WorkItem};

/// A condition. A field that is not known fulfils none but `Present { wanted: false }`, and `Not`. `T` is
/// what is asked of texts: a [`Question`] as it was written, or its compiled form in the matcher.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition<T = Question> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Kind(Vec<Kind>),
    State(Vec<State>),
    Text(T),
    /// The value is known, or it is not.
    Present {
        value: Value,
        wanted: bool,
    },
    /// The number is one of these.
    OneOf {
        number: Number,
        values: Vec<i64>,
    },
    /// The number lies in this range, both ends included.
    Between {
        number: Number,
        at_least: Option<i64>,
        at_most: Option<i64>,
    },
    /// The date lies in this range, `before` excluded.
    During {
        date: Date,
        from: Option<DateTime<Utc>>,
        before: Option<DateTime<Utc>>,
    },
}

/// A number that an item may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Priority,
    /// In seconds.
    Logged,
}

impl Number {
    fn of(self, item: &WorkItem) -> Option<i64> {
        match self {
            Self::Priority => item.priority.map(i64::from),
            Self::Logged => item.logged_seconds(),
        }
    }
}

/// A date that an item may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Date {
    Opened,
    Finished,
}

impl Date {
    fn of(self, item: &WorkItem) -> Option<DateTime<Utc>> {
        match self {
            Self::Opened => Some(item.opened_at),
            Self::Finished => item.finished_at,
        }
    }
}

/// Something other than text that may be known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(Number),
    Date(Date),
    Parent,
}

impl Value {
    fn is_known(self, item: &WorkItem) -> bool {
        match self {
            Self::Number(number) => number.of(item).is_some(),
            Self::Date(date) => date.of(item).is_some(),
            Self::Parent => item.parent.is_some(),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Number(Number::Priority) => "priority",
            Self::Number(Number::Logged) => "logged effort",
            Self::Date(Date::Opened) => "opening date",
            Self::Date(Date::Finished) => "finishing date",
            Self::Parent => "parent",
        }
    }
}

impl Condition<Leaf> {
    /// Whether the item answers it.
    pub(super) fn holds(&self, reading: &Reading<'_>) -> bool {
        let item = reading.item;
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(reading)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(reading)),
            Self::Not(condition) => !condition.holds(reading),
            Self::Kind(kinds) => kinds.contains(&item.kind),
            Self::State(states) => states.contains(&item.state),
            Self::Text(leaf) => reading.answers(leaf),
            Self::Present { value, wanted } => value.is_known(item) == *wanted,
            Self::OneOf { number, .. } | Self::Between { number, .. } => self.takes_number(number.of(item)),
            Self::During { date, .. } => self.takes_date(date.of(item)),
        }
    }

    /// Says in a few words what in the item answers it: what was found in texts first.
    pub(super) fn evidence(&self, reading: &Reading<'_>) -> String {
        let (mut texts, mut others) = (Vec::new(), Vec::new());
        self.gather(reading, &mut texts, &mut others);
        texts.append(&mut others);
        match texts.split_last() {
            None => "nothing that it excludes".to_owned(),
            Some((only, [])) => only.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        }
    }

    fn gather(&self, reading: &Reading<'_>, texts: &mut Vec<String>, others: &mut Vec<String>) {
        let item = reading.item;
        match self {
            Self::All(conditions) => {
                for condition in conditions {
                    condition.gather(reading, texts, others);
                }
            }
            Self::Any(conditions) => {
                if let Some(first) = conditions.iter().find(|condition| condition.holds(reading)) {
                    first.gather(reading, texts, others);
                }
            }
            Self::Not(_) => {}
            Self::Kind(_) => others.push(format!("kind {}", item.kind)),
            Self::State(_) => others.push(format!("state {}", item.state.as_str())),
            Self::Text(leaf) => match reading.evidence(leaf) {
                Evidence::Found(found) => texts.push(found),
                Evidence::Known(known) => others.push(known),
            },
            Self::Present { value, wanted } => others.push(presence(value.as_str(), *wanted)),
            Self::OneOf { number, .. } | Self::Between { number, .. } => {
                others.extend(number.of(item).map(|value| match number {
                    Number::Priority => format!("priority {value}"),
                    Number::Logged => format!("{:.1} hours logged", value as f64 / 3600.0),
                }));
            }
            Self::During { date, .. } => others.extend(date.of(item).map(|at| match date {
                Date::Opened => format!("opened on {}", at.format("%-d %B %Y")),
                Date::Finished => format!("finished on {}", at.format("%-d %B %Y")),
            })),
        }
    }
}

impl<T> Condition<T> {
    /// Whether a condition on a number holds for this one; `None` is not known.
    pub(super) fn takes_number(&self, number: Option<i64>) -> bool {
        number.is_some_and(|number| match self {
            Self::OneOf { values, .. } => values.contains(&number),
            Self::Between { at_least, at_most, .. } => {
                at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most)
            }
            _ => false,
        })
    }

    /// Whether a condition on a date holds for this one; `None` is not known.
    pub(super) fn takes_date(&self, date: Option<DateTime<Utc>>) -> bool {
        date.is_some_and(|date| match self {
            Self::During { from, before, .. } => {
                from.is_none_or(|from| date >= from) && before.is_none_or(|before| date < before)
            }
            _ => false,
        })
    }

    /// The same with something else asked of texts. Cheap conditions come first in every list, since the
    /// first that settles the matter ends it.
    pub(super) fn compile<U>(&self, text: &mut impl FnMut(&T) -> (u8, U)) -> (u8, Condition<U>) {
        let list = |conditions: &[Self], text: &mut _| {
            let mut list: Vec<_> = conditions.iter().map(|condition| condition.compile(text)).collect();
            list.sort_by_key(|(cost, _)| *cost);
            let cost = list.last().map_or(0, |(cost, _)| *cost);
            (cost, list.into_iter().map(|(_, condition)| condition).collect())
        };
        let cheap = |condition| (0, condition);
        match self {
            Self::All(conditions) => {
                let (cost, conditions) = list(conditions, text);
                (cost, Condition::All(conditions))
            }
            Self::Any(conditions) => {
                let (cost, conditions) = list(conditions, text);
                (cost, Condition::Any(conditions))
            }
            Self::Not(condition) => {
                let (cost, condition) = condition.compile(text);
                (cost, Condition::Not(Box::new(condition)))
            }
            Self::Text(question) => {
                let (cost, leaf) = text(question);
                (cost, Condition::Text(leaf))
            }
            Self::Kind(kinds) => cheap(Condition::Kind(kinds.clone())),
            Self::State(states) => cheap(Condition::State(states.clone())),
            Self::Present { value, wanted } => cheap(Condition::Present { value: *value, wanted: *wanted }),
            Self::OneOf { number, values } => {
                cheap(Condition::OneOf { number: *number, values: values.clone() })
            }
            Self::Between { number, at_least, at_most } => {
                cheap(Condition::Between { number: *number, at_least: *at_least, at_most: *at_most })
            }
            Self::During { date, from, before } => {
                cheap(Condition::During { date: *date, from: *from, before: *before })
            }
        }
    }

    /// Whether it can hold, and whether it can fail, for some item of this kind.
    pub(super) fn for_kind(&self, kind: Kind) -> (bool, bool) {
        match self {
            Self::Kind(kinds) => (kinds.contains(&kind), !kinds.contains(&kind)),
            Self::Not(condition) => {
                let (holds, fails) = condition.for_kind(kind);
                (fails, holds)
            }
            Self::All(conditions) => conditions
                .iter()
                .map(|condition| condition.for_kind(kind))
                .fold((true, false), |(holds, fails), (one_holds, one_fails)| {
                    (holds && one_holds, fails || one_fails)
                }),
            Self::Any(conditions) => conditions
                .iter()
                .map(|condition| condition.for_kind(kind))
                .fold((false, true), |(holds, fails), (one_holds, one_fails)| {
                    (holds || one_holds, fails && one_fails)
                }),
            _ => (true, true),
        }
    }
}

/// `no system`, or `a known system`.
pub(super) fn presence(name: &str, wanted: bool) -> String {
    format!("{} {name}", if wanted { "a known" } else { "no" })
}
