//! Reads a rule of the simple form back from its text, so that a page can ask about it again.

use serde::Deserialize;

use super::NewRule;
use crate::{CategoryId, Kind};

/// A rules file with one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    category: CategoryId,
    priority: Option<i64>,
    when: When,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    title: Option<Contains>,
    text: Option<Contains>,
    kind: Option<OneOrMore<Kind>>,
    team: Option<Names>,
    department: Option<Names>,
    system: Option<Names>,
    priority: Option<OneOrMore<u8>>,
    all: Option<Vec<Texts>>,
    not: Option<Texts>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    title: Option<Contains>,
    text: Option<Contains>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contains {
    contains: OneOrMore<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Plain(OneOrMore<String>),
    Equals(Equals),
    OneOf(OneOf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Equals {
    equals: OneOrMore<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneOf {
    one_of: OneOrMore<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    fn list(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

impl Names {
    fn list(self) -> Vec<String> {
        match self {
            Self::Plain(names)
            | Self::Equals(Equals { equals: names })
            | Self::OneOf(OneOf { one_of: names }) => names.list(),
        }
    }
}

/// The one of a list that may be empty; `None` where there are several. An array would not do: those
/// that do not fit into it are passed over without a word.
fn only<T>(mut list: Vec<T>) -> Option<Option<T>> {
    let one = list.pop();
    list.is_empty().then_some(one)
}

impl NewRule {
    /// The rule that a text of exactly one rule holds; `None` where it says something that the simple
    /// form cannot.
    pub fn from_toml(text: &str) -> Option<Self> {
        let File { rule } = toml::from_str(text).ok()?;
        let Entry { name, category, priority, when } = only(rule)??;
        // The simple form looks for all its words in the same place.
        let mut everywhere = None;
        let mut words_in = |texts: Texts| {
            let (contains, here) = match (texts.title, texts.text) {
                (None, None) => return Some(Vec::new()),
                (Some(contains), None) => (contains, false),
                (None, Some(contains)) => (contains, true),
                (Some(_), Some(_)) => return None,
            };
            (*everywhere.get_or_insert(here) == here).then(|| contains.contains.list())
        };
        let words = words_in(Texts { title: when.title, text: when.text })?;
        let also = words_in(only(when.all.unwrap_or_default())?.unwrap_or_default())?;
        let without = words_in(when.not.unwrap_or_default())?;
        let names = |names: Option<Names>| names.map(Names::list).unwrap_or_default();
        Some(Self {
            name,
            category,
            words,
            also,
            without,
            in_description: everywhere.unwrap_or(true),
            kinds: when.kind.map(OneOrMore::list).unwrap_or_default(),
            teams: names(when.team),
            departments: names(when.department),
            systems: names(when.system),
            priorities: when.priority.map(OneOrMore::list).unwrap_or_default(),
            order: priority,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(when: &str) -> Option<NewRule> {
        NewRule::from_toml(&format!("[[rule]]\nname = \"R\"\ncategory = \"access\"\n{when}\n"))
    }

    #[test]
    fn a_simple_rule_is_read_and_another_is_left_alone() {
        let read = rule(
            "priority = 50\nwhen.title.contains = [\"a\", \"b\"]\nwhen.not.title.contains = \"c\"\n\
             when.all = [{ title.contains = [\"d\"] }]\nwhen.kind = \"task\"\nwhen.team = { one_of = [\"Desk\"] }",
        )
        .unwrap();
        assert_eq!(
            (read.words.join(" "), read.also.join(" "), read.without.join(" ")),
            ("a b".to_owned(), "d".to_owned(), "c".to_owned())
        );
        assert_eq!((read.in_description, read.order, read.kinds), (false, Some(50), vec![Kind::Task]));
        assert_eq!(read.teams, ["Desk"]);
        for richer in [
            "when.title.contains = \"a\"\nwhen.not.text.contains = \"b\"",
            "when.title = { contains = \"a\", matches = \"b\" }",
            "when.title.starts_with = \"a\"",
            "when.not.kind = \"task\"",
            "when.any = [{ kind = \"task\" }]",
            "when.all = [{ title.contains = \"a\" }, { title.contains = \"b\" }]",
            "when.system.present = false",
            "when.state = \"open\"",
        ] {
            assert_eq!(rule(richer), None, "{richer}");
        }
    }

    fn texts() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[a-z\"'\\\\ ]{0,6}[a-z]", 0..4)
    }

    proptest! {
        #[test]
        fn what_the_simple_form_writes_it_reads_again(
            (words, also, without) in (texts(), texts(), texts()),
            (teams, departments, systems) in (texts(), texts(), texts()),
            kinds in proptest::sample::subsequence(Kind::ALL.to_vec(), 0..3),
            priorities in proptest::collection::vec(1_u8..6, 0..3),
            order in proptest::option::of(1_i64..200),
            in_description in any::<bool>(),
        ) {
            let wordless = words.is_empty() && also.is_empty() && without.is_empty();
            let rule = NewRule {
                name: "It's \"R\"".to_owned(),
                category: CategoryId::new("access"),
                // Without words there is no place to look in.
                in_description: in_description || wordless,
                words, also, without, teams, departments, systems, kinds, priorities, order,
            };
            prop_assert_eq!(NewRule::from_toml(&rule.to_toml()), Some(rule));
        }
    }
}
