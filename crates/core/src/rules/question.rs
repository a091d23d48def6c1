//! What a rule asks of a work item's texts.

use regex::{Regex, RegexBuilder};

use super::fold::is_whole_words;
use crate::WorkItem;

/// A field of a work item that holds text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl TextField {
    /// All of them, each at the place that its number says.
    pub(super) const ALL: [Self; 8] = [
        Self::Title,
        Self::Description,
        Self::Department,
        Self::Team,
        Self::System,
        Self::SourceCategory,
        Self::Label,
        Self::Reference,
    ];

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
    pub(super) fn values(self, item: &WorkItem) -> impl Iterator<Item = &str> {
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

/// One question to one or two fields; it is answered where a value of either field answers it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) fields: &'static [TextField],
    pub(super) ask: Ask,
}

/// What a value is asked. All texts but regular expressions are folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// It holds one of these as whole words.
    Contains(Vec<String>),
    /// It is one of these.
    Equals(Vec<String>),
    /// It starts with one of these.
    StartsWith(Vec<String>),
    /// One of these regular expressions finds something in it.
    Matches(Vec<String>),
    /// It is there at all, or is not.
    Present(bool),
}

/// What answered a question, in words.
pub(super) enum Evidence {
    /// Something that was found in a text.
    Found(String),
    /// Something that is known or not.
    Known(String),
}

/// Whether a folded text holds a folded phrase as whole words.
pub(super) fn holds_phrase(text: &str, phrase: &str) -> bool {
    // Every place, since the one that overlaps a part of a word may hide the one that does not.
    let places = text.char_indices().filter(|(start, _)| text[*start..].starts_with(phrase));
    places.map(|(start, _)| start).any(|start| is_whole_words(text, start, start + phrase.len()))
}

/// Compiles a regular expression as rules understand it, or says what is wrong with it.
pub(super) fn pattern(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).case_insensitive(true).build().map_err(|error| {
        // The regex crate draws the fault over several lines; the last one says it in words.
        let text = error.to_string();
        let line = text.lines().next_back().unwrap_or_default();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    })
}
