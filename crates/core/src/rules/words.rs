//! The conditions of a rule as a sentence, for people who do not read TOML.

use chrono::{DateTime, Utc};

use super::{
    Rule, RuleSet,
    condition::{Condition, Date, Number, Value},
    question::{Ask, Question, TextField},
};

impl RuleSet {
    /// What a rule of this set asks for: `the title has ‘reset password’ and the kind is request`. Of a
    /// list longer than `most` only so many are told, and how many more there are.
    pub fn in_words(&self, rule: &Rule, most: usize) -> String {
        let conditions = self.conditions.get(rule.number.wrapping_sub(1));
        conditions.map(|condition| Teller { most }.tell(condition, false).words).unwrap_or_default()
    }
}

/// How the parts of a clause hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    /// It has no parts.
    One,
    And,
    Or,
}

struct Clause {
    words: String,
    joint: Joint,
    /// Where it is told: texts first, then the rest, and last what must not be.
    rank: u8,
}

struct Teller {
    most: usize,
}

impl Teller {
    fn tell(&self, condition: &Condition, negated: bool) -> Clause {
        let rank = |place: u8| if negated { 2 } else { place };
        let one = |words| Clause { words, joint: Joint::One, rank: rank(1) };
        match condition {
            // That not all hold means that one does not.
            Condition::All(list) => self.join(list, if negated { Joint::Or } else { Joint::And }, negated),
            Condition::Any(list) => self.join(list, if negated { Joint::And } else { Joint::Or }, negated),
            Condition::Not(condition) => self.tell(condition, !negated),
            Condition::Text(question) => Clause { rank: rank(0), ..one(self.question(question, negated)) },
            Condition::Kind(kinds) => {
                one(format!("the kind {} {}", is(negated), self.or(kinds.iter().map(ToString::to_string))))
            }
            Condition::State(states) => {
                let states = states.iter().map(|state| state.as_str().to_owned());
                one(format!("the state {} {}", is(negated), self.or(states)))
            }
            Condition::Present { value, wanted } => one(known(*value, *wanted != negated).to_owned()),
            Condition::OneOf { number, values } => {
                let values = values.iter().map(|value| amount(*number, *value));
                one(format!("{} {} {}", name(*number), is(negated), self.or(values)))
            }
            Condition::Between { number, at_least, at_most } => {
                one(format!("{} {} {}", name(*number), is(negated), range(*number, *at_least, *at_most)))
            }
            Condition::During { date, from, before } => one(during(*date, *from, *before, negated)),
        }
    }

    fn join(&self, list: &[Condition], joint: Joint, negated: bool) -> Clause {
        let mut clauses: Vec<Clause> = list.iter().map(|condition| self.tell(condition, negated)).collect();
        // What takes brackets reads best at the end.
        let bracketed = |clause: &Clause| clause.joint != Joint::One && clause.joint != joint;
        clauses.sort_by_key(|clause| (bracketed(clause), clause.rank));
        if clauses.len() == 1
            && let Some(only) = clauses.pop()
        {
            return only;
        }
        let rank = clauses.first().map_or(0, |clause| clause.rank);
        let words = clauses
            .into_iter()
            .map(|clause| if bracketed(&clause) { format!("({})", clause.words) } else { clause.words });
        let words: Vec<String> = words.collect();
        Clause { words: words.join(if joint == Joint::And { " and " } else { " or " }), joint, rank }
    }

    fn question(&self, question: &Question, negated: bool) -> String {
        let quoted = |list: &[String]| self.or(list.iter().map(|text| format!("‘{text}’")));
        let several = matches!(question.fields, [TextField::Label]) || question.fields.len() > 1;
        let subject = subject(question.fields, negated);
        // "No label has" and "neither … nor … has" say it already.
        let verb = |plain, not| if negated && !several { not } else { plain };
        match &question.ask {
            Ask::Contains(list) => format!("{subject} {} {}", verb("has", "does not have"), quoted(list)),
            Ask::Equals(list) => format!("{subject} {} {}", verb("is", "is not"), quoted(list)),
            Ask::StartsWith(list) => {
                format!("{subject} {} {}", verb("starts with", "does not start with"), quoted(list))
            }
            Ask::Matches(list) => {
                let verb = verb("fits the pattern", "does not fit the pattern");
                format!("{subject} {verb} {}", quoted(list))
            }
            Ask::Present(wanted) => {
                let absent = *wanted == negated;
                let subject = self::subject(question.fields, absent);
                format!("{subject} {}", if absent && !several { "is not known" } else { "is known" })
            }
        }
    }

    /// "a", "a or b", "a, b or c", "a, b or 12 more".
    fn or(&self, list: impl ExactSizeIterator<Item = String>) -> String {
        let all = list.len();
        // "or 1 more" would be no shorter than what it hides.
        let told = if all > self.most.saturating_add(1) { self.most.max(1) } else { all };
        let mut words: Vec<String> = list.take(told).collect();
        if told < all {
            words.push(format!("{} more", all - told));
        }
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => String::new(),
        }
    }
}

fn subject(fields: &[TextField], negated: bool) -> String {
    match fields {
        [TextField::Label] => format!("{} label", if negated { "no" } else { "a" }),
        [only] => format!("the {}", only.as_str()),
        several => {
            let names: Vec<&str> = several.iter().map(|field| field.as_str()).collect();
            if negated {
                format!("neither {}", names.join(" nor "))
            } else {
                format!("the {}", names.join(" or "))
            }
        }
    }
}

fn is(negated: bool) -> &'static str {
    if negated { "is not" } else { "is" }
}

fn known(value: Value, known: bool) -> &'static str {
    match (value, known) {
        (Value::Number(Number::Priority), true) => "the priority is known",
        (Value::Number(Number::Priority), false) => "the priority is not known",
        (Value::Number(Number::Logged), true) => "effort was logged",
        (Value::Number(Number::Logged), false) => "no effort was logged",
        (Value::Date(Date::Opened), true) => "the day of opening is known",
        (Value::Date(Date::Opened), false) => "the day of opening is not known",
        (Value::Date(Date::Finished), true) => "it is finished",
        (Value::Date(Date::Finished), false) => "it is not finished",
        (Value::Parent, true) => "it belongs to other work",
        (Value::Parent, false) => "it belongs to no other work",
    }
}

fn name(number: Number) -> &'static str {
    match number {
        Number::Priority => "the priority",
        Number::Logged => "the logged effort",
    }
}

fn amount(number: Number, value: i64) -> String {
    match number {
        Number::Priority => value.to_string(),
        // Two places of an hour are less than a minute.
        Number::Logged => format!("{} h", (value as f64 / 36.0).round() / 100.0),
    }
}

fn range(number: Number, at_least: Option<i64>, at_most: Option<i64>) -> String {
    let told = |value| amount(number, value);
    match (at_least, at_most) {
        (Some(least), Some(most)) => format!("between {} and {}", told(least), told(most)),
        (Some(least), None) => format!("at least {}", told(least)),
        (None, Some(most)) => format!("at most {}", told(most)),
        (None, None) => "anything".to_owned(),
    }
}

fn during(date: Date, from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>, negated: bool) -> String {
    let happened = match date {
        Date::Opened => "opened",
        Date::Finished => "finished",
    };
    let bounds = [("on or after", from), ("before", before)];
    let bounds: Vec<String> =
        bounds.into_iter().filter_map(|(word, at)| Some(format!("{word} {}", day(at?)))).collect();
    format!("it was {}{happened} {}", if negated { "not " } else { "" }, bounds.join(" and "))
}

/// A rule that names a day means its first moment in the file's own offset; other moments are told whole.
fn day(at: DateTime<Utc>) -> String {
    let midnight = at.time() == chrono::NaiveTime::MIN;
    at.format(if midnight { "%-d %B %Y" } else { "%-d %B %Y at %H:%M UTC" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Taxonomy;

    fn told(when: &str, most: usize) -> String {
        let taxonomy = Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
        let text = format!("[[rule]]\nname = \"R\"\ncategory = \"access\"\n{when}\n");
        let rules = RuleSet::parse(&text, &taxonomy).unwrap();
        rules.in_words(&rules.rules()[0], most)
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let all = |when| told(when, usize::MAX);
        insta::assert_snapshot!(all("when.title.contains = [\"Reset  Password\"]\nwhen.kind = \"request\""), @"the title has ‘reset password’ and the kind is request");
        insta::assert_snapshot!(all("when.text.contains = [\"a\", \"b\"]\nwhen.not.text.contains = [\"c\", \"d\"]"), @"the title or description has ‘a’ or ‘b’ and neither title nor description has ‘c’ or ‘d’");
        insta::assert_snapshot!(all("when.kind = [\"task\", \"change\"]\nwhen.any = [{ team = \"Desk\" }, { system.present = false }]"), @"the kind is task or change and (the team is ‘desk’ or the system is not known)");
        insta::assert_snapshot!(all("when.not.any = [{ department.starts_with = \"ward\" }, { label = [\"vip\"] }]"), @"the department does not start with ‘ward’ and no label is ‘vip’");
        insta::assert_snapshot!(all("when.not = { text.present = true, kind = \"task\" }"), @"the kind is not task or neither title nor description is known");
        insta::assert_snapshot!(all("when.label.contains = \"x\"\nwhen.priority = { at_least = 1, at_most = 2 }\nwhen.parent.present = false"), @"a label has ‘x’ and it belongs to no other work and the priority is between 1 and 2");
        insta::assert_snapshot!(all("when.logged_hours.at_least = 7.5\nwhen.not.priority = [3, 4]\nwhen.state = \"finished\""), @"the logged effort is at least 7.5 h and the state is finished and the priority is not 3 or 4");
        insta::assert_snapshot!(all("when.opened = { from = 2026-04-01, before = 2026-05-01T09:30:00Z }\nwhen.title.matches = '^a|b$'"), @"the title fits the pattern ‘^a|b$’ and it was opened on or after 1 April 2026 and before 1 May 2026 at 09:30 UTC");
        insta::assert_snapshot!(all("when.not.all = [{ reference.starts_with = \"CHG\" }, { finished.present = true }]"), @"the reference does not start with ‘chg’ or it is not finished");
    }

    #[test]
    fn of_a_long_list_the_first_are_told_and_how_many_more_there_are() {
        let when = "when.text.contains = [\"a\", \"b\", \"c\", \"d\", \"e\"]";
        assert_eq!(told(when, 2), "the title or description has ‘a’, ‘b’ or 3 more");
        assert_eq!(told(when, 4), "the title or description has ‘a’, ‘b’, ‘c’, ‘d’ or ‘e’");
    }
}
