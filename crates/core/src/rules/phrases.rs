//! Finds many phrases in a text at once, as whole words.
//!
//! A whole phrase can only stand where each of its words stands as a whole word, so every phrase waits
//! under one word of its own, the rarest among all phrases, and is compared only where that word turns
//! up. For texts of a line this beats an automaton over all phrases, whose tables do not fit the caches.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::fold::{is_whole_words, words};

/// Phrases by one of their words.
#[derive(Debug, Default)]
pub(super) struct PhraseIndex {
    by_word: HashMap<String, Vec<Waiting>, BuildHasherDefault<WordHasher>>,
    /// Phrases without any letter or digit.
    wordless: Vec<Waiting>,
}

/// A phrase that waits for one of its words.
#[derive(Debug)]
struct Waiting {
    phrase: String,
    /// How many bytes of the phrase stand before the word.
    before: usize,
    /// The two bytes behind the word, as far as the phrase goes: these tell most phrases apart.
    behind: [Option<u8>; 2],
    id: usize,
}

impl PhraseIndex {
    /// Indexes folded phrases; a phrase's id is its place among them.
    pub(super) fn new(phrases: &[&str]) -> Self {
        let mut common: HashMap<&str, usize> = HashMap::new();
        for (start, end, phrase) in
            phrases.iter().flat_map(|phrase| words(phrase).map(move |(s, e)| (s, e, phrase)))
        {
            *common.entry(&phrase[start..end]).or_default() += 1;
        }
        let mut index = Self::default();
        for (id, &phrase) in phrases.iter().enumerate() {
            let rarest = words(phrase).min_by_key(|&(start, end)| common.get(&phrase[start..end]));
            let (start, end) = rarest.unwrap_or_default();
            let behind = [end, end + 1].map(|at| phrase.as_bytes().get(at).copied());
            let waiting = Waiting { phrase: phrase.to_owned(), before: start, behind, id };
            match rarest {
                Some((start, end)) => {
                    index.by_word.entry(phrase[start..end].to_owned()).or_default().push(waiting);
                }
                None => index.wordless.push(waiting),
            }
        }
        index
    }

    /// Tells the id of every phrase that the folded text holds, perhaps more than once.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        let bytes = text.as_bytes();
        let mut compare = |waiting: &Waiting, (start, end): (usize, usize)| {
            let follows = |at: usize, byte: Option<u8>| byte.is_none() || bytes.get(at) == byte.as_ref();
            if !follows(end, waiting.behind[0]) || !follows(end + 1, waiting.behind[1]) {
                return;
            }
            let Some(start) = start.checked_sub(waiting.before) else { return };
            let end = start + waiting.phrase.len();
            if bytes.get(start..end) == Some(waiting.phrase.as_bytes()) && is_whole_words(text, start, end) {
                found(waiting.id);
            }
        };
        for word in words(text) {
            if let Some(waiting) = self.by_word.get(&text[word.0..word.1]) {
                waiting.iter().for_each(|waiting| compare(waiting, word));
            }
        }
        if !self.wordless.is_empty() {
            for (start, _) in text.char_indices() {
                self.wordless.iter().for_each(|waiting| compare(waiting, (start, start)));
            }
        }
    }
}

/// Looks at the length and at both ends of a word only, which is quick and tells words apart well enough.
/// Its keys are the words of rules, so nobody can flood it.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
            }
            _ => bytes.iter().fold(0, |ends, byte| ends << 8 | u64::from(*byte)),
        };
        self.0 = (self.0 ^ ends ^ (bytes.len() as u64) << 60).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
