//! Conditions compiled together: which of them hold for a work item.
//!
//! One pass over each text finds all phrases of all conditions, and only the conditions that can then
//! hold for that kind of work are looked at one by one. Nothing is allocated for an item: a thread keeps
//! its buffers from one item to the next.

use std::{cell::RefCell, collections::HashMap};

use regex::Regex;

use super::{
    condition::{Condition, presence},
    fold::fold_into,
    phrases::PhraseIndex,
    question::{Ask, Evidence, Question, TextField, holds_phrase, pattern},
};
use crate::{Kind, WorkItem};

/// How many text fields there are.
const FIELDS: usize = TextField::ALL.len();

/// A question to texts, compiled.
#[derive(Debug)]
pub(super) struct Leaf {
    question: Question,
    form: LeafForm,
}

#[derive(Debug)]
enum LeafForm {
    /// Answered while the texts are read; the bit that says so.
    Bit(usize),
    /// Answered when somebody asks.
    Plain,
    /// Answered when somebody asks, by any of these.
    Patterns(Vec<Regex>),
}

/// What finding a phrase, or a whole value, in a field tells.
#[derive(Clone, Debug, Default)]
struct Targets {
    /// The questions that it answers.
    bits: Vec<usize>,
    /// The conditions that may hold because of it.
    places: Vec<usize>,
}

/// Conditions compiled together.
#[derive(Debug)]
pub(super) struct Matcher {
    conditions: Vec<Condition<Leaf>>,
    index: PhraseIndex,
    /// For each field and phrase of the index, what finding it there tells; empty for a field in
    /// which no condition looks for phrases.
    phrases: [Vec<Targets>; FIELDS],
    /// For each field, what a whole value of it tells.
    values: [HashMap<String, Targets>; FIELDS],
    /// The fields that any condition reads.
    read: Vec<TextField>,
    /// How many questions are answered by bits.
    bits: usize,
    /// The conditions that may hold without anything being found.
    always_tried: Vec<u64>,
    /// For each kind, the conditions that can hold for it.
    by_kind: [Vec<u64>; Kind::ALL.len()],
}

/// One item's texts and what was found in them, in buffers that outlive the item.
#[derive(Default)]
struct Scratch {
    /// Values of a field, each on a line of its own; a folded value has no line breaks.
    folded: [String; FIELDS],
    bits: Vec<u64>,
    candidates: Vec<u64>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Matcher {
    /// Compiles conditions, or says in a few words why they cannot be.
    pub(super) fn new(conditions: &[Condition]) -> Result<Self, String> {
        let mut build = Build::default();
        let mut compiled = Vec::with_capacity(conditions.len());
        for condition in conditions {
            compiled.push(condition.compile(&mut |question| build.leaf(question)).1);
        }
        if let Some(problem) = build.problem {
            return Err(problem);
        }
        let words = conditions.len().div_ceil(64);
        let mut always_tried = vec![0; words];
        let mut triggers = vec![Vec::new(); build.bits.len()];
        for (place, condition) in compiled.iter().enumerate() {
            match condition.required_bits() {
                Some(bits) => bits.into_iter().for_each(|bit| triggers[bit].push(place)),
                None => set(&mut always_tried, place),
            }
        }
        let by_kind = Kind::ALL.map(|kind| {
            let mut possible = vec![0; words];
            for (place, _) in compiled.iter().enumerate().filter(|(_, condition)| condition.for_kind(kind).0)
            {
                set(&mut possible, place);
            }
            possible
        });
        let mut phrases: Vec<&str> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut phrase_targets: [Vec<Targets>; FIELDS] = Default::default();
        let mut values: [HashMap<String, Targets>; FIELDS] = Default::default();
        for (bit, question) in build.bits.iter().enumerate() {
            for &field in question.fields {
                match &question.ask {
                    Ask::Contains(wanted) => {
                        for phrase in wanted {
                            let id = *known.entry(phrase).or_insert_with(|| {
                                phrases.push(phrase);
                                phrases.len() - 1
                            });
                            let targets = &mut phrase_targets[field as usize];
                            targets.resize(targets.len().max(id + 1), Targets::default());
                            targets[id].tell(bit, &triggers[bit]);
                        }
                    }
                    Ask::Equals(wanted) => {
                        for value in wanted {
                            let targets = values[field as usize].entry(value.clone()).or_default();
                            targets.tell(bit, &triggers[bit]);
                        }
                    }
                    _ => {}
                }
            }
        }
        for targets in phrase_targets.iter_mut().filter(|targets| !targets.is_empty()) {
            targets.resize(phrases.len(), Targets::default());
        }
        Ok(Self {
            index: PhraseIndex::new(&phrases),
            conditions: compiled,
            phrases: phrase_targets,
            values,
            read: TextField::ALL.into_iter().filter(|field| build.read[*field as usize]).collect(),
            bits: build.bits.len(),
            always_tried,
            by_kind,
        })
    }

    /// Reads an item's texts once and hands on what can be said of them.
    pub(super) fn read<R>(&self, item: &WorkItem, then: impl FnOnce(&Reading<'_>) -> R) -> R {
        SCRATCH.with_borrow_mut(|scratch| {
            self.fill(scratch, item);
            then(&Reading { item, matcher: self, scratch })
        })
    }

    fn fill(&self, scratch: &mut Scratch, item: &WorkItem) {
        let Scratch { folded, bits, candidates } = scratch;
        bits.clear();
        bits.resize(self.bits.div_ceil(64), 0);
        candidates.clone_from(&self.always_tried);
        let mut tell = |targets: &Targets| {
            targets.bits.iter().for_each(|&bit| set(bits, bit));
            targets.places.iter().for_each(|&place| set(candidates, place));
        };
        for &field in &self.read {
            let text = &mut folded[field as usize];
            text.clear();
            for value in field.values(item) {
                let end = text.len();
                if end > 0 {
                    text.push('\n');
                }
                let start = text.len();
                fold_into(value, text);
                if text.len() == start {
                    text.truncate(end);
                }
            }
            let values = &self.values[field as usize];
            if !values.is_empty() {
                text.split('\n').filter_map(|value| values.get(value)).for_each(&mut tell);
            }
            let phrases = &self.phrases[field as usize];
            if !phrases.is_empty() {
                self.index.find(text, |id| tell(&phrases[id]));
            }
        }
        for (word, possible) in candidates.iter_mut().zip(&self.by_kind[item.kind as usize]) {
            *word &= possible;
        }
    }
}

/// Gathers the questions of all conditions while they are compiled.
#[derive(Default)]
struct Build {
    bits: Vec<Question>,
    known: HashMap<Question, usize>,
    read: [bool; FIELDS],
    problem: Option<String>,
}

impl Build {
    /// What a question costs to answer, next to others, and its compiled form.
    fn leaf(&mut self, question: &Question) -> (u8, Leaf) {
        for &field in question.fields {
            self.read[field as usize] = true;
        }
        let (cost, form) = match &question.ask {
            Ask::Contains(_) | Ask::Equals(_) => {
                let next = self.bits.len();
                let bit = *self.known.entry(question.clone()).or_insert_with_key(|question| {
                    self.bits.push(question.clone());
                    next
                });
                (1, LeafForm::Bit(bit))
            }
            Ask::Present(_) | Ask::StartsWith(_) => (2, LeafForm::Plain),
            Ask::Matches(patterns) => {
                let patterns: Result<Vec<_>, _> = patterns.iter().map(|text| pattern(text)).collect();
                (
                    3,
                    LeafForm::Patterns(patterns.unwrap_or_else(|problem| {
                        self.problem = Some(problem);
                        Vec::new()
                    })),
                )
            }
        };
        (cost, Leaf { question: question.clone(), form })
    }
}

impl Targets {
    fn tell(&mut self, bit: usize, places: &[usize]) {
        if !self.bits.contains(&bit) {
            self.bits.push(bit);
            self.places.extend_from_slice(places);
        }
    }
}

impl Condition<Leaf> {
    /// Bits of which at least one must be set for this to hold; `None` if it may hold without any.
    fn required_bits(&self) -> Option<Vec<usize>> {
        match self {
            Self::Text(Leaf { form: LeafForm::Bit(bit), .. }) => Some(vec![*bit]),
            Self::All(conditions) => conditions
                .iter()
                .filter_map(|condition| Some((condition.rarity(), condition.required_bits()?)))
                .min_by_key(|(rarity, _)| *rarity)
                .map(|(_, bits)| bits),
            Self::Any(conditions) => {
                let each: Option<Vec<_>> = conditions.iter().map(Self::required_bits).collect();
                each.map(|bits| bits.concat())
            }
            _ => None,
        }
    }

    /// How many texts would do: the fewer, the rarer they are found.
    fn rarity(&self) -> usize {
        match self {
            Self::Text(Leaf { question, .. }) => match &question.ask {
                Ask::Contains(texts) | Ask::Equals(texts) => texts.len(),
                _ => usize::MAX,
            },
            Self::All(conditions) => conditions.iter().map(Self::rarity).min().unwrap_or(usize::MAX),
            Self::Any(conditions) => conditions.iter().map(Self::rarity).fold(0, usize::saturating_add),
            _ => usize::MAX,
        }
    }
}

fn set(bits: &mut [u64], place: usize) {
    bits[place / 64] |= 1 << (place % 64);
}

/// The places of the bits that are set, in order.
fn places(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        let rest = |bits: &u64| Some(bits & (bits - 1)).filter(|rest| *rest != 0);
        std::iter::successors(Some(bits).filter(|bits| *bits != 0), rest)
            .map(move |bits| word * 64 + bits.trailing_zeros() as usize)
    })
}

/// One item that has been read.
pub(super) struct Reading<'a> {
    /// The item itself.
    pub(super) item: &'a WorkItem,
    matcher: &'a Matcher,
    scratch: &'a Scratch,
}

impl Reading<'_> {
    /// The places of the conditions that hold, in order.
    pub(super) fn holding(&self) -> impl Iterator<Item = usize> {
        places(&self.scratch.candidates).filter(|&place| self.matcher.conditions[place].holds(self))
    }

    /// Says what answers the condition at this place.
    pub(super) fn evidence_for(&self, place: usize) -> String {
        self.matcher.conditions[place].evidence(self)
    }

    /// Whether the item's texts answer a question.
    pub(super) fn answers(&self, leaf: &Leaf) -> bool {
        match &leaf.form {
            LeafForm::Bit(bit) => self.scratch.bits[bit / 64] & (1 << (bit % 64)) != 0,
            LeafForm::Patterns(patterns) => self
                .values(&leaf.question)
                .any(|(_, value)| patterns.iter().any(|pattern| pattern.is_match(value))),
            LeafForm::Plain => match &leaf.question.ask {
                Ask::Present(wanted) => self.values(&leaf.question).next().is_some() == *wanted,
                Ask::StartsWith(prefixes) => self
                    .values(&leaf.question)
                    .any(|(_, value)| prefixes.iter().any(|prefix| value.starts_with(prefix.as_str()))),
                _ => false,
            },
        }
    }

    /// What answers it, in words.
    pub(super) fn evidence(&self, leaf: &Leaf) -> Evidence {
        let values = || self.values(&leaf.question);
        let first = |texts: &[String], answers: fn(&str, &str) -> bool| {
            leaf.question.fields.iter().find_map(|&field| {
                let of_field = || values().filter(|(of, _)| *of == field);
                let text = texts.iter().find(|text| of_field().any(|(_, value)| answers(value, text)))?;
                Some((text.clone(), field.as_str()))
            })
        };
        let evidence = match (&leaf.question.ask, &leaf.form) {
            (Ask::Present(wanted), _) => {
                let name = leaf.question.fields.first().map_or("text", |field| field.as_str());
                return Evidence::Known(presence(name, *wanted));
            }
            (Ask::Contains(phrases), _) => {
                first(phrases, holds_phrase).map(|(phrase, field)| format!("\"{phrase}\" in the {field}"))
            }
            (Ask::Equals(wanted), _) => first(wanted, |value, wanted| value == wanted)
                .map(|(value, field)| format!("the {field} \"{value}\"")),
            (Ask::StartsWith(prefixes), _) => first(prefixes, |value, prefix| value.starts_with(prefix))
                .map(|(prefix, field)| format!("\"{prefix}\" at the start of the {field}")),
            (Ask::Matches(_), LeafForm::Patterns(patterns)) => values().find_map(|(field, value)| {
                let found = patterns.iter().find_map(|pattern| pattern.find(value))?;
                Some(format!("\"{}\" in the {}", found.as_str(), field.as_str()))
            }),
            (Ask::Matches(_), _) => None,
        };
        Evidence::Found(evidence.unwrap_or_default())
    }

    /// The folded values of the fields that a question is put to.
    fn values(&self, question: &Question) -> impl Iterator<Item = (TextField, &str)> {
        question.fields.iter().flat_map(|&field| {
            let values = self.scratch.folded[field as usize].split('\n');
            values.filter(|value| !value.is_empty()).map(move |value| (field, value))
        })
    }
}
