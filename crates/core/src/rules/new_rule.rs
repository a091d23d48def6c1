//! A rule in the simple form that a page can ask for, and the first draft of one.

use toml::Value;

use super::{
    RuleSet,
    fold::{fold, words},
    parse::USUAL_ORDER,
    question::holds_phrase,
};
use crate::{CategoryId, Kind, WorkItem, likeness::tells, redaction::markers};

/// Words that say little of what a piece of work is about.
const STOP_WORDS: &str = " a about after again all also am an and any are as asap asked at back be because \
    been before being both but by call called can cannot could day days did do does doing done down due \
    during each else etc ever every few for from further get getting give given go goes going got had has \
    have having he hello help her here hi him his how if in into is it its just keep keeps know last let like \
    made make many may me might month more most much must my need needed needs no nor not now of off on \
    once one only onto or other our out over own per please possible re ref regarding request required same \
    see she should since so some still such team thank thanks than that the their them then there these \
    they this those through to today tomorrow too under until up upon urgent us use used user users using \
    very via want wants was we week were what when where which while who whom why will with within without \
    would yesterday yet you your ward wards bay room clinic site floor department dept hospital staff issue \
    issues problem problems ticket query ";

/// A rule in the simple form. All that is not empty must hold; of each list, one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// A name that no other rule has.
    pub name: String,
    /// What it makes of a piece of work.
    pub category: CategoryId,
    /// Words and phrases to look for.
    pub words: Vec<String>,
    /// Words and phrases of which one must be there as well.
    pub also: Vec<String>,
    /// Words and phrases that must not be there.
    pub without: Vec<String>,
    /// Whether words are looked for in the description too, not only in the title.
    pub in_description: bool,
    /// Kinds of work.
    pub kinds: Vec<Kind>,
    /// Teams, by their whole name.
    pub teams: Vec<String>,
    /// Departments, by their whole name.
    pub departments: Vec<String>,
    /// Systems, by their whole name.
    pub systems: Vec<String>,
    /// The source's priorities.
    pub priorities: Vec<u8>,
    /// The rule's place: a lower number is tried first; `None` is the usual 100.
    pub order: Option<i64>,
}

impl NewRule {
    /// A rule that asks nothing yet.
    pub fn named(name: impl Into<String>, category: CategoryId) -> Self {
        Self {
            name: name.into(),
            category,
            words: Vec::new(),
            also: Vec::new(),
            without: Vec::new(),
            in_description: false,
            kinds: Vec::new(),
            teams: Vec::new(),
            departments: Vec::new(),
            systems: Vec::new(),
            priorities: Vec::new(),
            order: None,
        }
    }

    /// As it stands in a rules file. Not checked: a rule that asks nothing is refused when it is read.
    pub fn to_toml(&self) -> String {
        let text = |text: &str| Value::from(text).to_string();
        let list = |texts: &[String]| {
            let texts: Vec<_> = texts.iter().map(|one| text(one)).collect();
            format!("[{}]", texts.join(", "))
        };
        let field = if self.in_description { "text" } else { "title" };
        let mut lines = vec![
            "[[rule]]".to_owned(),
            format!("name = {}", text(&self.name)),
            format!("category = {}", text(self.category.as_str())),
        ];
        lines.extend(self.order.map(|order| format!("priority = {order}")));
        let mut ask = |texts: &[String], start: &str, end: &str| {
            if !texts.is_empty() {
                lines.push(format!("when.{start}{}{end}", list(texts)));
            }
        };
        ask(&self.words, &format!("{field}.contains = "), "");
        ask(&self.also, &format!("all = [{{ {field}.contains = "), " }]");
        ask(&self.without, &format!("not.{field}.contains = "), "");
        ask(&self.kinds.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>(), "kind = ", "");
        ask(&self.teams, "team = ", "");
        ask(&self.departments, "department = ", "");
        ask(&self.systems, "system = ", "");
        if !self.priorities.is_empty() {
            let priorities: Vec<_> = self.priorities.iter().map(ToString::to_string).collect();
            lines.push(format!("when.priority = [{}]", priorities.join(", ")));
        }
        lines.join("\n") + "\n"
    }
}

/// A first draft of a rule that gives this item, and what is like it, that category; and the name of the
/// rule before which it must stand to be heard (`None`: the end will do). `None` where the item says too
/// little about itself: a rule on its kind alone would claim everything.
pub fn suggest_rule(
    item: &WorkItem,
    category: &CategoryId,
    rules: &RuleSet,
) -> Option<(NewRule, Option<String>)> {
    let mut phrases = distinctive_phrases(item.title.as_deref().unwrap_or_default()).into_iter();
    let mut rule = NewRule { kinds: vec![item.kind], ..NewRule::named("", category.clone()) };
    let name = match (phrases.next(), &item.system) {
        (Some(phrase), _) => {
            // One word alone says too little.
            let also = if phrase.contains([' ', '-']) { None } else { phrases.next() };
            rule.words = vec![phrase.clone()];
            rule.also = also.clone().into_iter().collect();
            also.map_or(phrase.clone(), |also| format!("{phrase}, {also}"))
        }
        (None, Some(system)) if !fold(system).is_empty() => {
            rule.systems = vec![system.clone()];
            format!("{}: {}", system.trim(), item.kind)
        }
        _ => return None,
    };
    rule.name = unused(&name, rules);
    let before = rules.first_match(item).map(|found| found.rule);
    rule.order = before.map(|rule| rule.order).filter(|order| *order != USUAL_ORDER);
    Some((rule, before.map(|rule| rule.name.clone())))
}

/// What tells a title from others: runs of telling words, the longest first.
fn distinctive_phrases(title: &str) -> Vec<String> {
    let cut = markers().fold(title.to_owned(), |title, marker| title.replace(marker, " | "));
    let folded = fold(&cut);
    let mut runs: Vec<Vec<(usize, usize)>> = vec![Vec::new()];
    for (start, end) in words(&folded) {
        let word = &folded[start..end];
        let goes_on = runs
            .last()
            .and_then(|run| run.last())
            .is_some_and(|&(_, before): &(usize, usize)| matches!(&folded[before..start], " " | "-"));
        if !goes_on {
            runs.push(Vec::new());
        }
        if !tells(word) || word.len() < 2 || STOP_WORDS.contains(&format!(" {word} ")) {
            runs.push(Vec::new());
        } else if let Some(run) = runs.last_mut()
            && run.len() < 4
        {
            run.push((start, end));
        }
    }
    runs.retain(|run| !run.is_empty());
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    let phrase = |run: &Vec<(usize, usize)>| {
        let (start, end) = (run.first()?.0, run.last()?.1);
        // "don't" is one word to a rule, "don" and "t" are not.
        Some(folded[start..end].to_owned()).filter(|phrase| holds_phrase(&fold(title), phrase))
    };
    runs.iter().filter_map(phrase).collect()
}

/// The name with a capital, and a number if a rule has it already.
fn unused(name: &str, rules: &RuleSet) -> String {
    let mut letters = name.chars();
    let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let taken = |name: &str| rules.rules().iter().any(|rule| rule.name == name);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}
