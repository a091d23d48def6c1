//! The form in which texts are compared: lower case, single spaces, plain apostrophes and hyphens.

/// Appends the folded form of `text`. Rules and tickets both go through here, so a phrase copied out
/// of a word processor still meets one typed at a ward desk. Never writes a line break: that sets
/// apart the values of a field which has several.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    let start = folded.len();
    if is_plain(text.as_bytes()) {
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
        return;
    }
    let mut space_due = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space_due = folded.len() > start;
            continue;
        }
        if matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}') {
            continue; // Soft hyphens and zero-width characters come along with copied text.
        }
        if space_due {
            folded.push(' ');
            space_due = false;
        }
        match c {
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => folded.push('\''),
            '\u{2010}'..='\u{2015}' => folded.push('-'),
            _ => folded.extend(c.to_lowercase()),
        }
    }
}

/// Whether folding has nothing to do but lower the case, as with nearly every title.
fn is_plain(text: &[u8]) -> bool {
    let space_at = |byte: Option<&u8>| byte == Some(&b' ');
    text.iter().all(|byte| (b' '..0x7f).contains(byte))
        && text.windows(2).all(|pair| pair != b"  ")
        && !space_at(text.first())
        && !space_at(text.last())
}

/// The folded form of one value.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Whether `start..end` of a folded text is made of whole words. An apostrophe between letters belongs
/// to the word ("can" is not in "can't"), save for the possessive: "ward" is in "ward's printer".
pub(super) fn is_whole_words(text: &str, start: usize, end: usize) -> bool {
    let (before, found, after) = (&text[..start], &text[start..end], &text[end..]);
    let opens_in_word = found.chars().next().is_some_and(is_word) && ends_in_word(before);
    let closes_in_word = found.chars().next_back().is_some_and(is_word) && continues_word(after);
    !opens_in_word && !closes_in_word
}

fn ends_in_word(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some('\'') => back.next().is_some_and(is_word),
        last => last.is_some_and(is_word),
    }
}

fn continues_word(after: &str) -> bool {
    let mut ahead = after.chars();
    match ahead.next() {
        Some('\'') => match ahead.next() {
            Some('s') => ahead.next().is_some_and(is_word),
            next => next.is_some_and(is_word),
        },
        next => next.is_some_and(is_word),
    }
}

/// Where the words of a text start and end: the longest runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    // The first place from `at` on whose character is of a word, or is not; the end if there is none.
    let seek = move |mut at: usize, word: bool| {
        while let Some(byte) = text.as_bytes().get(at) {
            let (is_word, length) = match byte.is_ascii() {
                true => (byte.is_ascii_alphanumeric(), 1),
                false => text[at..].chars().next().map_or((false, 1), |c| (is_word(c), c.len_utf8())),
            };
            if is_word == word {
                break;
            }
            at += length;
        }
        at
    };
    std::iter::from_fn(move || {
        let start = seek(at, true);
        at = seek(start, false);
        (start < at).then_some((start, at))
    })
}

/// Letters, digits, and the accents that stand as characters of their own after a letter.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_white_space_and_typographic_marks_are_folded() {
        assert_eq!(fold("  Can’t \u{a0}\tLOG\u{2011}IN\r\nÉlan\u{200b} "), "can't log-in élan");
        assert_eq!(fold("\u{200b} \n"), "");
    }

    #[test]
    fn words_are_whole_at_letters_digits_and_inner_apostrophes() {
        let whole = |text: &str, word: &str| {
            let start = text.find(word).unwrap();
            is_whole_words(text, start, start + word.len())
        };
        assert!(whole("reset password, please", "password"));
        assert!(whole("(password)", "password"));
        assert!(whole("the ward's printer", "ward"));
        assert!(whole("all users' files", "users"));
        assert!(whole("he said 'printer'", "printer"));
        assert!(whole("uses c++11", "c++"));
        assert!(!whole("passwords", "password"));
        assert!(!whole("i can't print", "can"));
        assert!(!whole("o'brien", "brien"));
        assert!(!whole("caf\u{65}\u{301}", "cafe"));
        assert!(!whole("printeré", "printer"));
        assert!(!whole("win11", "win"));
    }
}
