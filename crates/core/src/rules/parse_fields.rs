//! What a rule may ask of each sort of field.

use std::{ops::Range, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use toml::{Spanned, de::DeValue};

use super::{
    condition::{Condition, Date, Number, Value},
    fold::fold,
    parse::{Fault, one_of_all},
    question::{Ask, Question, TextField, pattern},
};
use crate::{Kind, State};

type Node<'t> = Spanned<DeValue<'t>>;

/// One question to a field: its name, where it stands, and what it is compared with.
type Operation<'v, 't> = (&'v str, Range<usize>, &'v Node<'t>);

/// A text, where nothing else will do.
pub(super) fn text<'v>(value: &'v Node<'_>, what: &str) -> Result<&'v str, Fault> {
    value
        .get_ref()
        .as_str()
        .ok_or_else(|| Fault::new(&value.span(), format!("{what} is a text in quotation marks")))
}

/// A whole number, where nothing else will do.
pub(super) fn whole_number(value: &Node<'_>, what: &str) -> Result<i64, Fault> {
    let number = value.get_ref().as_integer();
    number
        .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
        .ok_or_else(|| Fault::new(&value.span(), format!("{what} is a whole number")))
}

/// One value or a list of at least one, each with its place.
fn one_or_more<'v, 't>(name: &str, value: &'v Node<'t>) -> Result<&'v [Node<'t>], Fault> {
    match value.get_ref() {
        DeValue::Array(list) if list.is_empty() => {
            Err(Fault::new(&value.span(), format!("the list of \"{name}\" is empty; give at least one")))
        }
        DeValue::Array(list) => Ok(list.as_ref()),
        _ => Ok(std::slice::from_ref(value)),
    }
}

/// What a field is asked: `field = x` is short for `field = { equals = x }`, a list for `one_of`.
fn operations<'v, 't>(name: &str, value: &'v Node<'t>) -> Result<Vec<Operation<'v, 't>>, Fault> {
    let Some(table) = value.get_ref().as_table() else {
        return Ok(vec![("equals", value.span(), value)]);
    };
    if table.is_empty() {
        return Err(Fault::new(&value.span(), format!("\"{name}\" asks nothing")));
    }
    Ok(table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect())
}

fn no_operation(name: &str, operation: &str, at: &Range<usize>, known: &str) -> Fault {
    Fault::new(at, format!("\"{name}\" cannot be asked \"{operation}\"; it can be asked {known}"))
}

fn all(conditions: Vec<Condition>, name: &str, value: &Node<'_>) -> Result<Condition, Fault> {
    one_of_all(conditions).ok_or_else(|| Fault::new(&value.span(), format!("\"{name}\" asks nothing")))
}

/// Conditions on a text.
pub(super) fn texts(name: &str, fields: &'static [TextField], value: &Node<'_>) -> Result<Condition, Fault> {
    let mut conditions = Vec::new();
    for (operation, at, value) in operations(name, value)? {
        let ask = match operation {
            "present" => Ask::Present(yes_or_no(name, value)?),
            "equals" | "one_of" => Ask::Equals(folded_words(operation, value)?),
            "starts_with" => Ask::StartsWith(folded_words(operation, value)?),
            "contains" => Ask::Contains(folded_words(operation, value)?),
            "matches" => Ask::Matches(each_word(operation, value, |word| {
                let refused = |why| format!("\"{word}\" is not a regular expression: {why}");
                pattern(word).map_err(refused)?;
                Ok(word.to_owned())
            })?),
            _ => {
                let known = "contains, equals, one_of, starts_with, matches and present";
                return Err(no_operation(name, operation, &at, known));
            }
        };
        conditions.push(Condition::Text(Question { fields, ask }));
    }
    all(conditions, name, value)
}

fn nothing_in(operation: &str) -> String {
    format!("\"{operation}\" has a text with nothing in it")
}

fn each_word<T>(
    operation: &str,
    value: &Node<'_>,
    mut read: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, Fault> {
    let read_one = |value: &Node<'_>| {
        let word = text(value, &format!("what stands under \"{operation}\""))?;
        read(word).map_err(|problem| Fault::new(&value.span(), problem))
    };
    one_or_more(operation, value)?.iter().map(read_one).collect()
}

fn folded_words(operation: &str, value: &Node<'_>) -> Result<Vec<String>, Fault> {
    each_word(operation, value, |word| {
        Some(fold(word)).filter(|folded| !folded.is_empty()).ok_or_else(|| nothing_in(operation))
    })
}

fn yes_or_no(name: &str, value: &Node<'_>) -> Result<bool, Fault> {
    value
        .get_ref()
        .as_bool()
        .ok_or_else(|| Fault::new(&value.span(), format!("whether \"{name}\" is present is true or false")))
}

/// A condition on the kind.
pub(super) fn kind(value: &Node<'_>) -> Result<Condition, Fault> {
    closed_set("kind", value, Kind::from_str).map(Condition::Kind)
}

/// A condition on the state.
pub(super) fn state(value: &Node<'_>) -> Result<Condition, Fault> {
    let states = [State::Open, State::Finished, State::Withdrawn];
    let read = |word: &str| {
        states.into_iter().find(|state| state.as_str() == word).ok_or_else(|| {
            let known = states.map(State::as_str).join(", ");
            format!("\"{word}\" is not a state; the states are {known}")
        })
    };
    closed_set("state", value, read).map(Condition::State)
}

fn closed_set<T>(
    name: &str,
    value: &Node<'_>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Fault> {
    let mut members = Vec::new();
    for (operation, at, value) in operations(name, value)? {
        if !members.is_empty() || !matches!(operation, "equals" | "one_of") {
            return Err(no_operation(name, operation, &at, "either equals or one_of"));
        }
        members = each_word(name, value, &read)?;
    }
    Ok(members)
}

/// Conditions on a number.
pub(super) fn number(name: &str, number: Number, value: &Node<'_>) -> Result<Condition, Fault> {
    let mut conditions = Vec::new();
    let (mut at_least, mut at_most) = (None, None);
    for (operation, at, value) in operations(name, value)? {
        match operation {
            "present" => {
                let wanted = yes_or_no(name, value)?;
                conditions.push(Condition::Present { value: Value::Number(number), wanted });
            }
            "equals" | "one_of" => {
                let values = one_or_more(name, value)?.iter().map(|value| amount(name, number, value));
                conditions.push(Condition::OneOf { number, values: values.collect::<Result<_, _>>()? });
            }
            "at_least" => at_least = Some(amount(name, number, value)?),
            "at_most" => at_most = Some(amount(name, number, value)?),
            _ => {
                let known = "equals, one_of, at_least, at_most and present";
                return Err(no_operation(name, operation, &at, known));
            }
        }
    }
    if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
        let problem = format!("\"at_least\" of \"{name}\" is more than its \"at_most\"; swap them");
        return Err(Fault::new(&value.span(), problem));
    }
    if at_least.is_some() || at_most.is_some() {
        conditions.push(Condition::Between { number, at_least, at_most });
    }
    all(conditions, name, value)
}

/// A priority as it is; hours, which may have a fraction, as seconds.
fn amount(name: &str, number: Number, value: &Node<'_>) -> Result<i64, Fault> {
    if number == Number::Priority {
        return whole_number(value, "a priority");
    }
    let hours = match value.get_ref() {
        DeValue::Float(hours) => hours.as_str().parse().ok(),
        _ => whole_number(value, name).ok().map(|hours| hours as f64),
    };
    hours
        .filter(|hours: &f64| hours.is_finite())
        .map(|hours| (hours * 3600.0).round() as i64)
        .ok_or_else(|| Fault::new(&value.span(), format!("\"{name}\" is a number of hours, such as 7.5")))
}

/// Conditions on a date. A date without a time begins at midnight UTC.
pub(super) fn date(name: &str, date: Date, value: &Node<'_>) -> Result<Condition, Fault> {
    let known = "from, before and present";
    let mut conditions = Vec::new();
    let (mut from, mut before) = (None, None);
    for (operation, at, value) in operations(name, value)? {
        match operation {
            "present" => {
                let wanted = yes_or_no(name, value)?;
                conditions.push(Condition::Present { value: Value::Date(date), wanted });
            }
            "from" => from = Some(instant(name, value)?),
            "before" => before = Some(instant(name, value)?),
            _ => return Err(no_operation(name, operation, &at, known)),
        }
    }
    if from.zip(before).is_some_and(|(from, before)| from >= before) {
        let problem = format!("\"before\" of \"{name}\" has to be later than its \"from\"");
        return Err(Fault::new(&value.span(), problem));
    }
    if from.is_some() || before.is_some() {
        conditions.push(Condition::During { date, from, before });
    }
    all(conditions, name, value)
}

fn instant(name: &str, value: &Node<'_>) -> Result<DateTime<Utc>, Fault> {
    let written = match value.get_ref() {
        DeValue::Datetime(written) => written.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let day = NaiveDate::parse_from_str(&written, "%Y-%m-%d");
    day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .or_else(|_| DateTime::parse_from_rfc3339(&written).map(|at| at.to_utc()))
        .map_err(|_| {
            let problem = format!("\"{name}\" needs a date, such as 2026-04-01 or 2026-04-01T00:00:00+01:00");
            Fault::new(&value.span(), problem)
        })
}

/// Whether something is known.
pub(super) fn presence(name: &str, wanted: Value, value: &Node<'_>) -> Result<Condition, Fault> {
    let mut conditions = Vec::new();
    for (operation, at, value) in operations(name, value)? {
        if operation != "present" {
            return Err(no_operation(name, operation, &at, "only present"));
        }
        conditions.push(Condition::Present { value: wanted, wanted: yes_or_no(name, value)? });
    }
    all(conditions, name, value)
}
