//! Finds all words, phrases and regular expressions of all rules in a work item's texts at once.

use std::{cell::OnceCell, collections::HashMap};

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};

use super::fold::{fold, fold_into, is_whole_words};
use crate::WorkItem;

/// A field of a work item that holds text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextField {
    Title,
    Description,
    Department,
    Team,
    System,
    SourceCategory,
    Label,
    Reference,
}

/// How many text fields there are.
const FIELDS: usize = 8;

impl TextField {
    /// The fields that a name in a rules file stands for; `text` stands for two.
    pub(super) fn named(name: &str) -> Option<&'static [Self]> {
        Some(match name {
            "text" => &[Self::Title, Self::Description],
            "title" => &[Self::Title],
            "description" => &[Self::Description],
            "department" => &[Self::Department],
            "team" => &[Self::Team],
            "system" => &[Self::System],
            "source_category" => &[Self::SourceCategory],
            "label" => &[Self::Label],
            "reference" => &[Self::Reference],
            _ => return None,
        })
    }

    /// What it is called in a reason.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Department => "department",
            Self::Team => "team",
            Self::System => "system",
            Self::SourceCategory => "source category",
            Self::Label => "label",
            Self::Reference => "reference",
        }
    }

    /// The values that an item holds: one at most, save for labels.
    fn values(self, item: &WorkItem) -> impl Iterator<Item = &str> {
        let one = match self {
            Self::Title => item.title.as_deref(),
            Self::Description => item.description.as_deref(),
            Self::Department => item.department.as_deref(),
            Self::Team => item.team.as_deref(),
            Self::System => item.system.as_deref(),
            Self::SourceCategory => item.source_category.as_deref(),
            Self::Reference => Some(item.reference.as_str()),
            Self::Label => None,
        };
        let many: &[String] = if self == Self::Label { &item.labels } else { &[] };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}

/// Where a phrase stands in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PhraseId(usize);

impl PhraseId {
    /// Its place among all phrases, from 0.
    pub(super) fn place(self) -> usize {
        self.0
    }
}

/// Where a regular expression stands in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PatternId(usize);

/// Gathers the phrases and patterns of all rules while they are read.
#[derive(Default)]
pub(super) struct Vocabulary {
    phrases: Vec<String>,
    known: HashMap<String, PhraseId>,
    patterns: Vec<String>,
    searched: Vec<TextField>,
}

impl Vocabulary {
    /// Notes a phrase to look for in these fields; `None` if nothing of it is left once folded.
    pub(super) fn phrase(&mut self, phrase: &str, fields: &[TextField]) -> Option<PhraseId> {
        let folded = fold(phrase);
        if folded.is_empty() {
            return None;
        }
        for field in fields {
            if !self.searched.contains(field) {
                self.searched.push(*field);
            }
        }
        let next = PhraseId(self.phrases.len());
        let id = *self.known.entry(folded).or_insert_with_key(|folded| {
            self.phrases.push(folded.clone());
            next
        });
        Some(id)
    }

    /// Notes a regular expression, or says what is wrong with it.
    pub(super) fn pattern(&mut self, pattern: &str) -> Result<PatternId, String> {
        compile(pattern).map_err(|error| last_line(&error))?;
        self.patterns.push(pattern.to_owned());
        Ok(PatternId(self.patterns.len() - 1))
    }

    /// Compiles everything noted so far.
    pub(super) fn compile(self) -> Result<TextIndex, String> {
        let automaton = AhoCorasick::new(&self.phrases).map_err(|error| error.to_string())?;
        let set = RegexSetBuilder::new(&self.patterns)
            .case_insensitive(true)
            .build()
            .map_err(|error| last_line(&error))?;
        let patterns = self.patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>();
        Ok(TextIndex {
            automaton,
            set,
            patterns: patterns.map_err(|error| last_line(&error))?,
            phrases: self.phrases,
            searched: self.searched,
        })
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).build()
}

/// The regex crate draws the fault over several lines; the last one says it in words.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next_back().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The automata over all rules.
#[derive(Debug)]
pub(super) struct TextIndex {
    automaton: AhoCorasick,
    phrases: Vec<String>,
    set: RegexSet,
    /// The members of `set` one by one: a set says which matched, but not where.
    patterns: Vec<Regex>,
    /// The fields in which any rule looks for phrases.
    searched: Vec<TextField>,
}

impl TextIndex {
    /// How many phrases there are.
    pub(super) fn phrase_count(&self) -> usize {
        self.phrases.len()
    }

    /// Reads an item's texts once. `on_hit` hears of every phrase found, possibly more than once.
    pub(super) fn read<'a>(&'a self, item: &'a WorkItem, mut on_hit: impl FnMut(PhraseId)) -> Reading<'a> {
        let words = self.phrases.len().div_ceil(64);
        let mut hits = vec![0_u64; words * FIELDS];
        let reading = Reading::new(item, self);
        for &field in &self.searched {
            let text = reading.folded(field);
            for found in self.automaton.find_overlapping_iter(text) {
                if is_whole_words(text, found.start(), found.end()) {
                    let phrase = found.pattern().as_usize();
                    hits[field as usize * words + phrase / 64] |= 1 << (phrase % 64);
                    on_hit(PhraseId(phrase));
                }
            }
        }
        Reading { hits, ..reading }
    }
}

/// One item's texts, folded where somebody asked for them, and what was found in them.
pub(super) struct Reading<'a> {
    /// The item itself.
    pub(super) item: &'a WorkItem,
    index: &'a TextIndex,
    /// Values of a field, each on a line of its own; a folded value has no line breaks.
    folded: [OnceCell<String>; FIELDS],
    /// For each field one bit per phrase.
    hits: Vec<u64>,
    matches: [OnceCell<Vec<SetMatches>>; FIELDS],
}

impl<'a> Reading<'a> {
    fn new(item: &'a WorkItem, index: &'a TextIndex) -> Self {
        Self { item, index, folded: Default::default(), hits: Vec::new(), matches: Default::default() }
    }

    fn folded(&self, field: TextField) -> &str {
        self.folded[field as usize].get_or_init(|| {
            let mut folded = String::new();
            for value in field.values(self.item) {
                if !folded.is_empty() {
                    folded.push('\n');
                }
                folded.reserve(value.len());
                fold_into(value, &mut folded);
            }
            folded
        })
    }

    /// The folded values of a field.
    pub(super) fn values(&self, field: TextField) -> impl Iterator<Item = &str> {
        self.folded(field).split('\n').filter(|value| !value.is_empty())
    }

    /// Whether a phrase stands in a field.
    pub(super) fn contains(&self, field: TextField, PhraseId(phrase): PhraseId) -> bool {
        let words = self.index.phrases.len().div_ceil(64);
        self.hits[field as usize * words + phrase / 64] & (1 << (phrase % 64)) != 0
    }

    /// The phrase itself, folded.
    pub(super) fn phrase(&self, PhraseId(phrase): PhraseId) -> &str {
        &self.index.phrases[phrase]
    }

    /// Whether a regular expression matches a value of a field. All expressions are tried at once, and
    /// only once a rule asks.
    pub(super) fn matches(&self, field: TextField, PatternId(pattern): PatternId) -> bool {
        let matches = self.matches[field as usize]
            .get_or_init(|| self.values(field).map(|value| self.index.set.matches(value)).collect());
        matches.iter().any(|found| found.matched(pattern))
    }

    /// What a regular expression matched in a field.
    pub(super) fn matched_text(&self, field: TextField, PatternId(pattern): PatternId) -> Option<&str> {
        self.values(field).find_map(|value| Some(self.index.patterns[pattern].find(value)?.as_str()))
    }
}
