//! What the model sees of a work item: its words, pairs of neighbouring words, the pieces of words, and
//! whole values of fields. Each field has a namespace of its own, save that pieces are shared between
//! title and description.

use std::ops::Range;

use super::hash::{Hash, join};
use crate::WorkItem;

/// A field that the model reads. The numbers are namespaces in stored models, so they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Title = 1,
    Description = 2,
    Department = 3,
    Team = 4,
    System = 5,
    SourceCategory = 6,
    Label = 7,
    Kind = 8,
}

impl Field {
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
            Self::Kind => "kind",
        }
    }
}

/// Added to a field's number.
const PAIR: u8 = 0x20;
const VALUE: u8 = 0x40;
/// Where the pieces of all words are.
const PIECE: u8 = 0x60;

/// Bytes of a word that are read: no language has longer ones, but encoded attachments do.
const LONGEST_WORD: usize = 48;
/// Words of one text that are read: a description says early on what it is about, and this bounds the
/// memory that training needs.
const MOST_WORDS: usize = 1000;
/// Letters in a piece. Runs of four give the best of the F1 that three to five give together, at a
/// third of their number.
const PIECE_LETTERS: usize = 4;

/// One thing by which the model knows an item.
pub(super) enum Feature<'a> {
    /// A word: its lower-case letters in UTF-8, and where it stands in the field's text.
    Word { field: Field, key: u64, letters: &'a [u8], place: Range<usize> },
    /// The word told last and the one before it.
    Pair { key: u64 },
    /// The whole of a field, regardless of case.
    Value { field: Field, key: u64 },
}

/// Tells every feature of an item, in the order of its texts.
pub(super) fn read(item: &WorkItem, mut tell: impl FnMut(Feature<'_>)) {
    if let Some(title) = &item.title {
        read_words(Field::Title, title, &mut tell);
    }
    if let Some(description) = &item.description {
        read_words(Field::Description, description, &mut tell);
    }
    let single = [
        (Field::Department, &item.department),
        (Field::Team, &item.team),
        (Field::System, &item.system),
        (Field::SourceCategory, &item.source_category),
    ];
    for (field, text) in single {
        if let Some(text) = text {
            tell(value(field, text));
        }
    }
    for label in &item.labels {
        tell(value(Field::Label, label));
    }
    tell(value(Field::Kind, item.kind.as_str()));
}

fn value(field: Field, text: &str) -> Feature<'static> {
    let hash = Hash::new(VALUE | field as u8);
    let hash = text.bytes().fold(hash, |hash, byte| hash.with(byte.to_ascii_lowercase()));
    Feature::Value { field, key: hash.finish() }
}

/// A word while it is read.
struct Word {
    field: Field,
    letters: [u8; LONGEST_WORD],
    length: usize,
    hash: Hash,
    place: Range<usize>,
}

impl Word {
    fn new(field: Field) -> Self {
        Self { field, letters: [0; LONGEST_WORD], length: 0, hash: Hash::new(field as u8), place: 0..0 }
    }

    fn push(&mut self, at: Range<usize>, letters: &[u8]) {
        if self.length == 0 {
            self.place.start = at.start;
        }
        self.place.end = at.end;
        if let Some(free) = self.letters.get_mut(self.length..self.length + letters.len()) {
            free.copy_from_slice(letters);
            self.length += letters.len();
            self.hash = self.hash.with_all(letters);
        }
    }

    /// Tells what was read, and its pair with the word before; gives its key.
    fn close(&mut self, before: Option<u64>, tell: &mut impl FnMut(Feature<'_>)) -> u64 {
        let key = self.hash.finish();
        let letters = &self.letters[..self.length];
        tell(Feature::Word { field: self.field, key, letters, place: self.place.clone() });
        if let Some(before) = before {
            tell(Feature::Pair { key: join(PAIR | self.field as u8, before, key) });
        }
        self.length = 0;
        self.hash = Hash::new(self.field as u8);
        key
    }
}

fn read_words(field: Field, text: &str, tell: &mut impl FnMut(Feature<'_>)) {
    let mut word = Word::new(field);
    let mut before = None;
    let mut left = MOST_WORDS;
    for (at, c) in text.char_indices() {
        let here = at..at + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            word.push(here, &[c.to_ascii_lowercase() as u8]);
        } else if !c.is_ascii() && c.is_alphanumeric() {
            for lower in c.to_lowercase() {
                word.push(here.clone(), lower.encode_utf8(&mut [0; 4]).as_bytes());
            }
        } else if word.length > 0 && !is_inside_word(c) {
            before = Some(word.close(before, tell));
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }
    if word.length > 0 {
        word.close(before, tell);
    }
}

/// Apostrophes and accents after a letter: "can't" is one word, however it was typed.
fn is_inside_word(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{300}'..='\u{36f}')
}

/// Tells the pieces of a word: runs of its letters, with a mark at either end. A misspelt word shares
/// most of its pieces with the right one.
pub(super) fn pieces(letters: &[u8], mut tell: impl FnMut(u64)) {
    let mut bytes = [0_u8; LONGEST_WORD + 2];
    bytes[0] = b'<';
    bytes[1..=letters.len()].copy_from_slice(letters);
    bytes[letters.len() + 1] = b'>';
    let bytes = &bytes[..letters.len() + 2];
    // Where a letter begins that may have several bytes; the end counts too.
    let begins = |at: usize| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80);
    for start in (0..bytes.len()).filter(|&at| begins(at)) {
        let mut hash = Hash::new(PIECE);
        let mut letters = 0;
        for (at, &byte) in bytes.iter().enumerate().skip(start) {
            hash = hash.with(byte);
            letters += usize::from(begins(at + 1));
            if letters == PIECE_LETTERS {
                tell(hash.finish());
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::titled;

    fn told(item: &WorkItem) -> Vec<String> {
        let mut told = Vec::new();
        read(item, |feature| {
            told.push(match feature {
                Feature::Word { letters, place, .. } => {
                    let written = item.title.as_ref().and_then(|title| title.get(place));
                    format!("{} as {}", String::from_utf8_lossy(letters), written.unwrap_or("?"))
                }
                Feature::Pair { .. } => "pair".to_owned(),
                Feature::Value { field, .. } => field.as_str().to_owned(),
            });
        });
        told
    }

    #[test]
    fn words_are_lower_case_and_keep_their_place() {
        assert_eq!(
            told(&titled("Can\u{2019}t PRINT (É\u{301}lan's) x")),
            [
                "cant as Can\u{2019}t",
                "print as PRINT",
                "pair",
                "élans as É\u{301}lan's",
                "pair",
                "x as x",
                "pair",
                "kind"
            ]
        );
        assert_eq!(told(&titled("... !")), ["kind"]);
    }

    #[test]
    fn long_words_and_long_texts_are_cut() {
        let long = "é".repeat(100);
        assert_eq!(told(&titled(&long))[0], format!("{} as {long}", "é".repeat(LONGEST_WORD / 2)));
        assert_eq!(told(&titled(&"word ".repeat(5000))).len(), MOST_WORDS * 2);
    }

    #[test]
    fn one_text_in_two_fields_is_two_features() {
        let key = |item: &WorkItem| {
            let mut keys = Vec::new();
            read(item, |feature| {
                if let Feature::Word { key, .. } | Feature::Value { key, .. } = feature {
                    keys.push(key);
                }
            });
            keys[0]
        };
        let mut described = titled("printer");
        described.description = described.title.take();
        let mut done_by = titled("");
        done_by.team = Some("Printer".to_owned());
        let mut about = titled("");
        about.system = Some("printer".to_owned());
        let keys = [titled("printer"), described, done_by, about].map(|item| key(&item));
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key));
        }
    }

    #[test]
    fn pieces_are_runs_of_four_letters_and_ends() {
        let of = |word: &str| {
            let mut keys = Vec::new();
            pieces(word.as_bytes(), |key| keys.push(key));
            keys
        };
        assert_eq!(of("password").len(), 7);
        assert_eq!(of("pc").len(), 1);
        assert_eq!(of("x").len(), 0);
        assert_eq!(of("élan").len(), 3);
        let shared = of("pasword").into_iter().filter(|key| of("password").contains(key)).count();
        assert_eq!(shared, 4);
    }
}
