//! Whether two pieces of work are of one sort, told from their titles.

use crate::{WorkItem, redaction::markers};

/// Words of dates, which say when and not what.
const CALENDAR: [&str; 35] = [
    "jan",
    "january",
    "feb",
    "february",
    "mar",
    "march",
    "apr",
    "april",
    "jun",
    "june",
    "jul",
    "july",
    "aug",
    "august",
    "sep",
    "sept",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
    "mon",
    "monday",
    "tue",
    "tuesday",
    "wed",
    "wednesday",
    "thu",
    "thursday",
    "fri",
    "friday",
    "saturday",
    "sunday",
];

/// A number that alike pieces of work share: the same kind, and titles that differ in nothing but digits,
/// references, dates, redaction markers, punctuation and case. 0 where the title says nothing; never
/// negative. It is FNV-1a over the kind and the words of the title, so it may be stored: it changes only
/// if this function does.
pub fn likeness(item: &WorkItem) -> i64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.add(item.kind.as_str().bytes());
    let mut says_something = false;
    for word in telling_words(item.title.as_deref().unwrap_or_default()) {
        says_something = true;
        hash.add([b' ']);
        hash.add(word.bytes());
    }
    // A database's integers are signed, and 0 is taken.
    if says_something { ((hash.0 >> 1) as i64).max(1) } else { 0 }
}

/// The words of a title that tell what it is about, in lower case and order: not markers that redaction
/// left, numbers, references or dates. A word of letters and up to three digits counts without them.
fn telling_words(title: &str) -> impl Iterator<Item = String> {
    let mut rest = title;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[');
            if rest.is_empty() {
                return None;
            }
            if rest.starts_with('[')
                && let Some(after) = markers().find_map(|marker| rest.strip_prefix(marker))
            {
                rest = after;
                continue;
            }
            rest = rest.strip_prefix('[').unwrap_or(rest);
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            if let Some(word) = telling(word) {
                return Some(word);
            }
        }
    })
}

/// Whether a word of a title says what it is about, and is no number, reference or part of a date.
pub(crate) fn tells(word: &str) -> bool {
    telling(word).is_some()
}

fn telling(word: &str) -> Option<String> {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    if word.is_empty() || digits > 3 || word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let letters: String = word.chars().filter(|c| !c.is_ascii_digit()).flat_map(char::to_lowercase).collect();
    (!CALENDAR.contains(&letters.as_str())).then_some(letters)
}

struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::{Kind, State};

    fn of(kind: Kind, title: Option<&str>) -> i64 {
        likeness(&WorkItem {
            external_id: "1".to_owned(),
            reference: "INC0000001".to_owned(),
            kind,
            title: title.map(ToOwned::to_owned),
            description: None,
            state: State::Open,
            department: None,
            team: None,
            system: None,
            priority: None,
            source_category: None,
            source_status: None,
            labels: Vec::new(),
            parent: None,
            opened_at: DateTime::UNIX_EPOCH,
            finished_at: None,
            updated_at: DateTime::UNIX_EPOCH,
            logged: Vec::new(),
        })
    }

    #[test]
    fn numbers_references_dates_markers_punctuation_and_case_make_no_difference() {
        let one = of(Kind::Request, Some("Reset password for ward 12"));
        for alike in [
            "Reset password for Ward 7",
            "  RESET password - for Ward7!",
            "Reset password for ward [phone] (INC0012345)",
            "Reset password [NHS number] for ward, 3rd August 2026",
            "12/08/2026 Reset password for ward 9b",
        ] {
            assert_eq!(of(Kind::Request, Some(alike)), one, "{alike}");
        }
        for other in [
            "Reset password for ward printer",
            "Password reset for ward 12",
            "[EPR] Reset password for ward 12",
        ] {
            assert_ne!(of(Kind::Request, Some(other)), one, "{other}");
        }
        assert_ne!(of(Kind::Incident, Some("Reset password for ward 12")), one);
    }

    #[test]
    fn a_title_that_says_nothing_is_like_no_other() {
        for title in [None, Some(""), Some(" - "), Some("INC0012345"), Some("[email] 12/08/2026"), Some("[")]
        {
            assert_eq!(of(Kind::Incident, title), 0, "{title:?}");
        }
    }

    #[test]
    fn the_number_is_the_same_on_every_machine_and_in_every_version() {
        assert_eq!(of(Kind::Incident, Some("Printer on ward 12 jammed")), 8_910_512_780_810_904_036);
    }

    proptest! {
        #[test]
        fn no_number_is_negative_and_no_title_makes_it_panic(title in "\\PC{0,30}|(\\[|\\]|\\[email\\]|é|İ|1| |a){0,15}") {
            prop_assert!(of(Kind::Task, Some(&title)) >= 0);
        }
    }
}
