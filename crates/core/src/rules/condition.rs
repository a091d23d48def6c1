//! What a rule asks of a work item, whether an item answers it, and what to say about it.

use chrono::{DateTime, Utc};

use super::text_index::{PatternId, PhraseId, Reading, TextField};
use crate::{Kind, State, WorkItem};

/// A condition. A field that is not known fulfils none but `Present { wanted: false }`, and `Not`.
#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Kind(Vec<Kind>),
    State(Vec<State>),
    /// One of the fields holds one of the phrases as whole words.
    Contains {
        fields: &'static [TextField],
        phrases: Vec<PhraseId>,
    },
    /// A value of the fields is one of these, all folded.
    Equals {
        fields: &'static [TextField],
        values: Vec<String>,
    },
    /// A value of the fields starts with one of these, all folded.
    StartsWith {
        fields: &'static [TextField],
        prefixes: Vec<String>,
    },
    /// A value of the fields matches one of the regular expressions.
    Matches {
        fields: &'static [TextField],
        patterns: Vec<PatternId>,
    },
    /// One of the text fields is known, or none is.
    TextPresent {
        fields: &'static [TextField],
        wanted: bool,
    },
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

impl Condition {
    /// Whether the item answers it.
    pub(super) fn holds(&self, reading: &Reading<'_>) -> bool {
        let item = reading.item;
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(reading)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(reading)),
            Self::Not(condition) => !condition.holds(reading),
            Self::Kind(kinds) => kinds.contains(&item.kind),
            Self::State(states) => states.contains(&item.state),
            Self::TextPresent { fields, wanted } => {
                fields.iter().any(|&field| reading.values(field).next().is_some()) == *wanted
            }
            Self::Present { value, wanted } => value.is_known(item) == *wanted,
            Self::OneOf { number, values } => number.of(item).is_some_and(|number| values.contains(&number)),
            Self::Between { number, at_least, at_most } => number.of(item).is_some_and(|number| {
                at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most)
            }),
            Self::During { date, from, before } => date.of(item).is_some_and(|date| {
                from.is_none_or(|from| date >= from) && before.is_none_or(|before| date < before)
            }),
            Self::Contains { fields, phrases } => first_phrase(reading, fields, phrases).is_some(),
            Self::Equals { fields, values } => first_equal(reading, fields, values).is_some(),
            Self::StartsWith { fields, prefixes } => first_prefix(reading, fields, prefixes).is_some(),
            Self::Matches { fields, patterns } => first_pattern(reading, fields, patterns).is_some(),
        }
    }

    /// Phrases of which at least one must be found for this to hold; `None` if it may hold without any.
    pub(super) fn required_phrases(&self) -> Option<Vec<PhraseId>> {
        match self {
            Self::Contains { phrases, .. } => Some(phrases.clone()),
            Self::All(conditions) => {
                conditions.iter().filter_map(Self::required_phrases).min_by_key(Vec::len)
            }
            Self::Any(conditions) => {
                let each: Option<Vec<_>> = conditions.iter().map(Self::required_phrases).collect();
                each.map(|phrases| phrases.concat())
            }
            _ => None,
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
            Self::TextPresent { fields, wanted } => {
                let name = fields.first().map_or("text", |field| field.as_str());
                others.push(presence(name, *wanted));
            }
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
            Self::Contains { fields, phrases } => {
                texts.extend(first_phrase(reading, fields, phrases).map(|(field, phrase)| {
                    format!("\"{}\" in the {}", reading.phrase(phrase), field.as_str())
                }));
            }
            Self::Equals { fields, values } => texts.extend(
                first_equal(reading, fields, values)
                    .map(|(field, value)| format!("the {} \"{value}\"", field.as_str())),
            ),
            Self::StartsWith { fields, prefixes } => texts.extend(
                first_prefix(reading, fields, prefixes)
                    .map(|(field, prefix)| format!("\"{prefix}\" at the start of the {}", field.as_str())),
            ),
            Self::Matches { fields, patterns } => texts.extend(
                first_pattern(reading, fields, patterns)
                    .and_then(|(field, pattern)| Some((field, reading.matched_text(field, pattern)?)))
                    .map(|(field, found)| format!("\"{found}\" in the {}", field.as_str())),
            ),
        }
    }
}

fn presence(name: &str, wanted: bool) -> String {
    format!("{} {name}", if wanted { "a known" } else { "no" })
}

fn first_phrase(
    reading: &Reading<'_>,
    fields: &[TextField],
    phrases: &[PhraseId],
) -> Option<(TextField, PhraseId)> {
    fields.iter().find_map(|&field| {
        phrases.iter().find(|&&phrase| reading.contains(field, phrase)).map(|&phrase| (field, phrase))
    })
}

fn first_equal<'r>(
    reading: &Reading<'_>,
    fields: &[TextField],
    wanted: &'r [String],
) -> Option<(TextField, &'r str)> {
    fields.iter().find_map(|&field| {
        let equal = |wanted: &&String| reading.values(field).any(|value| value == wanted.as_str());
        wanted.iter().find(equal).map(|wanted| (field, wanted.as_str()))
    })
}

fn first_prefix<'r>(
    reading: &Reading<'_>,
    fields: &[TextField],
    prefixes: &'r [String],
) -> Option<(TextField, &'r str)> {
    fields.iter().find_map(|&field| {
        let starts = |prefix: &&String| reading.values(field).any(|value| value.starts_with(prefix.as_str()));
        prefixes.iter().find(starts).map(|prefix| (field, prefix.as_str()))
    })
}

fn first_pattern(
    reading: &Reading<'_>,
    fields: &[TextField],
    patterns: &[PatternId],
) -> Option<(TextField, PatternId)> {
    fields.iter().find_map(|&field| {
        patterns.iter().find(|&&pattern| reading.matches(field, pattern)).map(|&pattern| (field, pattern))
    })
}
