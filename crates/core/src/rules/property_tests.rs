//! The compiled engine against a naive one that knows nothing of automata, bits or candidates.

use chrono::{DateTime, Duration};
use proptest::prelude::*;

use super::{RuleSet, samples::ticket};
use crate::{EffortEntry, Kind, Taxonomy, WorkItem};

/// What one rule asks, as the naive evaluator understands it.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Contains(&'static str, Vec<String>),
    Equals(&'static str, String),
    StartsWith(&'static str, String),
    Matches(&'static str, String),
    Known(&'static str, bool),
    KindIs(Kind),
    PriorityAtMost(u8),
    LoggedAtLeast(u8),
    OpenedFrom(u8),
    All(Vec<Ask>),
    Any(Vec<Ask>),
    Not(Box<Ask>),
}

impl Ask {
    /// As it would stand in a rules file.
    pub(super) fn toml(&self) -> String {
        let list = |asks: &[Self]| asks.iter().map(Self::toml).collect::<Vec<_>>().join(", ");
        match self {
            Self::Contains(field, words) => format!("{{ {field} = {{ contains = {words:?} }} }}"),
            Self::Equals(field, text) => format!("{{ {field} = {text:?} }}"),
            Self::StartsWith(field, text) => format!("{{ {field} = {{ starts_with = {text:?} }} }}"),
            Self::Matches(field, text) => format!("{{ {field} = {{ matches = '^{text}' }} }}"),
            Self::Known(field, known) => format!("{{ {field} = {{ present = {known} }} }}"),
            Self::KindIs(kind) => format!("{{ kind = \"{kind}\" }}"),
            Self::PriorityAtMost(most) => format!("{{ priority = {{ at_most = {most} }} }}"),
            Self::LoggedAtLeast(hours) => format!("{{ logged_hours = {{ at_least = {hours} }} }}"),
            Self::OpenedFrom(day) => format!("{{ opened = {{ from = 1970-01-{:02} }} }}", day + 1),
            Self::All(asks) => format!("{{ all = [{}] }}", list(asks)),
            Self::Any(asks) => format!("{{ any = [{}] }}", list(asks)),
            Self::Not(ask) => format!("{{ not = {} }}", ask.toml()),
        }
    }

    pub(super) fn holds(&self, item: &WorkItem) -> bool {
        match self {
            Self::Contains(field, words) => {
                let holds = |text: &str| words.iter().any(|word| naive_contains(text, &naive_fold(word)));
                texts(item, field).iter().any(|text| holds(text))
            }
            Self::Equals(field, wanted) => texts(item, field).contains(&naive_fold(wanted)),
            Self::StartsWith(field, wanted) | Self::Matches(field, wanted) => {
                texts(item, field).iter().any(|text| text.starts_with(&naive_fold(wanted)))
            }
            Self::Known("parent", known) => item.parent.is_some() == *known,
            Self::Known(field, known) => texts(item, field).is_empty() != *known,
            Self::KindIs(kind) => item.kind == *kind,
            Self::PriorityAtMost(most) => item.priority.is_some_and(|priority| priority <= *most),
            Self::LoggedAtLeast(hours) => {
                item.logged_seconds().is_some_and(|seconds| seconds >= i64::from(*hours) * 3600)
            }
            Self::OpenedFrom(day) => item.opened_at.timestamp() >= i64::from(*day) * 86_400,
            Self::All(asks) => asks.iter().all(|ask| ask.holds(item)),
            Self::Any(asks) => asks.iter().any(|ask| ask.holds(item)),
            Self::Not(ask) => !ask.holds(item),
        }
    }
}

fn texts(item: &WorkItem, field: &str) -> Vec<String> {
    let chosen: Vec<&String> = match field {
        "text" => item.title.iter().chain(&item.description).collect(),
        "title" => item.title.iter().collect(),
        "team" => item.team.iter().collect(),
        "label" => item.labels.iter().collect(),
        other => panic!("the naive evaluator has no field {other}"),
    };
    chosen.into_iter().map(|text| naive_fold(text)).filter(|text| !text.is_empty()).collect()
}

fn naive_fold(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn naive_contains(text: &str, word: &str) -> bool {
    let (text, word): (Vec<char>, Vec<char>) = (text.chars().collect(), word.chars().collect());
    (0..text.len()).any(|start| {
        let end = start + word.len();
        let is_letter =
            |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
        text.get(start..end) == Some(&word[..]) && !is_letter(start.checked_sub(1)) && !is_letter(Some(end))
    })
}

fn phrase() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec!["print", "printer", "EPR", "é", "new", "new  report", "PC"]);
    prop::collection::vec(words, 1..3).prop_map(|words| words.join(" "))
}

fn text() -> impl Strategy<Value = String> {
    let pieces =
        vec!["print", "Printer", "epr", "É", "new", "report", "pc", " ", "  ", "\t", "-", ".", "s", "\n"];
    prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    let field = || prop::sample::select(vec!["text", "title", "team", "label"]);
    let leaf = prop_oneof![
        4 => (field(), prop::collection::vec(phrase(), 1..4)).prop_map(|(field, words)| Ask::Contains(field, words)),
        1 => (field(), phrase()).prop_map(|(field, text)| Ask::Equals(field, text)),
        1 => (field(), phrase()).prop_map(|(field, text)| Ask::StartsWith(field, text)),
        1 => (field(), prop::sample::select(vec!["new", "p", "epr "]))
            .prop_map(|(field, text)| Ask::Matches(field, text.trim().to_owned())),
        1 => (prop::sample::select(vec!["title", "team", "label", "parent"]), any::<bool>())
            .prop_map(|(field, known)| Ask::Known(field, known)),
        1 => kind().prop_map(Ask::KindIs),
        1 => (1_u8..5).prop_map(Ask::PriorityAtMost),
        1 => (0_u8..4).prop_map(Ask::LoggedAtLeast),
        1 => (0_u8..4).prop_map(Ask::OpenedFrom),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Ask::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Ask::Any),
            inner.prop_map(|ask| Ask::Not(Box::new(ask))),
        ]
    })
}

prop_compose! {
    pub(super) fn item()(
        title in prop::option::of(text()),
        description in prop::option::of(text()),
        team in prop::option::of(text()),
        labels in prop::collection::vec(text(), 0..3),
        kind in kind(),
        priority in prop::option::of(1_u8..6),
        hours in prop::option::of(0_i64..5),
        has_parent in any::<bool>(),
        opened_seconds in 0_i64..400_000,
    ) -> WorkItem {
        let opened_at = DateTime::UNIX_EPOCH + Duration::seconds(opened_seconds);
        WorkItem {
            title,
            description,
            team,
            priority,
            labels,
            parent: has_parent.then(|| "0".to_owned()),
            opened_at,
            updated_at: opened_at,
            logged: hours.map(|hours| EffortEntry { at: None, seconds: hours * 3600 }).into_iter().collect(),
            ..ticket(kind, "")
        }
    }
}

fn compile(asks: &[(i64, Ask)]) -> RuleSet {
    let taxonomy = Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
    let mut text = String::new();
    for (place, (priority, ask)) in asks.iter().enumerate() {
        let when = ask.toml();
        text.push_str(&format!(
            "[[rule]]\nname = \"{place}\"\ncategory = \"access\"\npriority = {priority}\nwhen = {when}\n"
        ));
    }
    RuleSet::parse(&text, &taxonomy).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

proptest! {
    #[test]
    fn the_first_rule_that_holds_wins_as_a_naive_reader_finds_it(
        asks in prop::collection::vec((0_i64..3, ask()), 1..8),
        items in prop::collection::vec(item(), 1..8),
    ) {
        let rules = compile(&asks);
        let mut in_order: Vec<_> = asks.iter().enumerate().collect();
        in_order.sort_by_key(|(_, (priority, _))| *priority);
        for item in &items {
            let wanted = in_order.iter().find(|(_, (_, ask))| ask.holds(item)).map(|(place, _)| place.to_string());
            let found = rules.first_match(item);
            prop_assert_eq!(found.map(|found| found.rule.name.clone()), wanted, "{:?}", item);
            let all = in_order.iter().filter(|(_, (_, ask))| ask.holds(item)).map(|(place, _)| place.to_string());
            let found: Vec<_> = rules.matches(item).into_iter().map(|rule| rule.name.clone()).collect();
            prop_assert_eq!(found, all.collect::<Vec<_>>(), "{:?}", item);
            if let Some(found) = rules.first_match(item) {
                prop_assert!(!found.reason(item).contains("  ") && !found.reason(item).ends_with(' '));
            }
        }
    }

    #[test]
    fn no_text_makes_the_rules_panic_and_the_verdict_stays_the_same(
        mut item in item(),
        title in "\\PC{0,40}|(printer|'|’|\u{301}|\u{200b}|É|ß|İ| |\\x00){0,12}",
    ) {
        let asks = [(0, Ask::Contains("text", vec!["printer".to_owned(), "é".to_owned(), "ß".to_owned()]))];
        let rules = compile(&asks);
        item.title = Some(title);
        let reason = || rules.first_match(&item).map(|found| found.reason(&item));
        prop_assert_eq!(reason(), reason());
    }

    #[test]
    fn no_rules_file_makes_the_reader_panic(text in "(\\[\\[rule\\]\\]\n|name|when|=|\"a\"|\\{|\\}|\\[|\\]|\\.|1|é|\n| |text|kind){0,20}") {
        let taxonomy = Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
        let _ = RuleSet::parse(&text, &taxonomy);
    }
}
