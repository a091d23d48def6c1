//! Takes patients and people out of text before anything is stored.
//!
//! Prefers to hide too much: a ticket reads as well without its ten-digit number, and a patient's
//! number that slips through cannot be taken back. Hides what has a shape (numbers, addresses, dates
//! next to words); names have none, which is why free text is off unless a source asks for it.

use std::{borrow::Cow, ops::Range};

use regex::{Captures, Regex, RegexBuilder};

use crate::{TextPolicy, WorkItem};

/// The group of the pattern that found something, and what is written in its place.
const MARKERS: [(&str, &str); 8] = [
    ("email", "[email]"),
    ("birth", "[date of birth]"),
    ("birth_after", "[date of birth]"),
    ("hospital", "[hospital number]"),
    ("phone", "[phone]"),
    ("phone_after", "[phone]"),
    ("nhs", "[NHS number]"),
    ("postcode", "[postcode]"),
];

/// What is written where a configured pattern matched.
const HIDDEN: &str = "[hidden]";

/// What may stand in a text where something was taken out.
pub(crate) fn markers() -> impl Iterator<Item = &'static str> {
    MARKERS.into_iter().map(|(_, marker)| marker).chain([HIDDEN])
}

/// Any of the markers, as found in a text.
const ANY_MARKER: &str = r"\[(?:email|date of birth|hospital number|phone|NHS number|postcode|hidden)\]";

/// How far from a number a word may stand that makes it a patient's, in bytes before and after.
const NEAR: (usize, usize) = (30, 20);

/// Why a configured pattern cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedactionError {
    /// Not a regular expression.
    #[error("the redaction pattern \"{pattern}\" is not a regular expression")]
    Invalid {
        /// As configured.
        pattern: String,
        /// What the expression's reader says.
        #[source]
        source: Box<regex::Error>,
    },
    /// A pattern that finds nothing everywhere.
    #[error("the redaction pattern \"{0}\" matches an empty text; ask for at least one character")]
    MatchesNothing(String),
}

/// Replaces what could name a patient or a person by a marker such as `[NHS number]`.
#[derive(Debug)]
pub struct Redactor {
    personal: Regex,
    near_words: Regex,
    markers: Regex,
    configured: Vec<Regex>,
}

impl Redactor {
    /// With patterns of the trust's own besides; upper and lower case are the same in them.
    pub fn new(extra_patterns: &[String]) -> Result<Self, RedactionError> {
        let configured = extra_patterns.iter().map(|pattern| {
            let compiled = compile(pattern)?;
            if compiled.is_match("") {
                return Err(RedactionError::MatchesNothing(pattern.clone()));
            }
            Ok(compiled)
        });
        Ok(Self {
            personal: compile(&personal_pattern())?,
            near_words: compile(r"(?-u:\b)(?:nhs|patients?|pts?|px|hosp|hospital|mrn)(?-u:\b)")?,
            markers: compile(ANY_MARKER)?,
            configured: configured.collect::<Result<_, _>>()?,
        })
    }

    /// The text without what could name a patient or a person. Redacting twice changes nothing more.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        // Hiding one thing can lay another bare (a number glued to it now stands alone), so until
        // nothing is found. Each pass leaves less text outside markers, so this ends.
        while let Some(shorter) = self.pass(&text) {
            text = Cow::Owned(shorter);
        }
        text
    }

    /// Redacts everything that people can type into an item, and drops what the policy does not keep.
    pub fn apply(&self, item: &mut WorkItem, policy: TextPolicy) {
        if policy == TextPolicy::None {
            item.title = None;
        }
        if policy != TextPolicy::Full {
            item.description = None;
        }
        let optional = [
            &mut item.title,
            &mut item.description,
            &mut item.department,
            &mut item.team,
            &mut item.system,
            &mut item.source_category,
            &mut item.source_status,
        ];
        for text in optional.into_iter().flatten().chain(&mut item.labels).chain([&mut item.reference]) {
            if let Cow::Owned(redacted) = self.redact(text) {
                *text = redacted;
            }
        }
    }

    /// The text with everything hidden that shows now; `None` if nothing does.
    fn pass(&self, text: &str) -> Option<String> {
        let mut redacted = String::new();
        let mut kept = 0;
        for part in self.outside_markers(text) {
            for (span, marker) in self.find(&text[part.clone()]) {
                redacted.push_str(&text[kept..part.start + span.start]);
                redacted.push_str(marker);
                kept = part.start + span.end;
            }
        }
        if kept == 0 {
            return None;
        }
        redacted.push_str(&text[kept..]);
        Some(redacted)
    }

    /// What a stretch without markers holds, in order: what has a personal shape, or else whatever the
    /// first configured pattern that matches finds.
    fn find(&self, text: &str) -> Vec<(Range<usize>, &'static str)> {
        let mut found: Vec<_> = Vec::new();
        if text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') {
            let captures = self.personal.captures_iter(text);
            found.extend(captures.filter_map(|captures| self.personal_span(text, &captures)));
        }
        for pattern in &self.configured {
            if found.is_empty() {
                let matches = pattern.find_iter(text).filter(|found| !found.is_empty());
                found.extend(matches.map(|found| (found.range(), HIDDEN)));
            }
        }
        found
    }

    /// The stretches between markers: what a marker says is neither hidden again nor a hint on its
    /// neighbours.
    fn outside_markers(&self, text: &str) -> Vec<Range<usize>> {
        let mut parts = Vec::with_capacity(1);
        let mut start = 0;
        if text.contains('[') {
            for marker in self.markers.find_iter(text) {
                parts.push(start..marker.start());
                start = marker.end();
            }
        }
        parts.push(start..text.len());
        parts
    }

    fn personal_span(&self, text: &str, captures: &Captures<'_>) -> Option<(Range<usize>, &'static str)> {
        let (group, marker) =
            MARKERS.iter().find_map(|(name, marker)| Some((captures.name(name)?, *marker)))?;
        if marker == "[NHS number]" && !self.is_patients(text, group.range()) {
            return None;
        }
        Some((group.range(), marker))
    }

    /// Ten digits are a patient's if they are set out as 3-3-4, if the check digit fits, or if a word
    /// near them says so. Part of a version or an address they are not.
    fn is_patients(&self, text: &str, span: Range<usize>) -> bool {
        let number = &text[span.clone()];
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return true;
        }
        let before = &text[text.floor_char_boundary(span.start.saturating_sub(NEAR.0))..span.start];
        let after = &text[span.end..text.floor_char_boundary(text.len().min(span.end + NEAR.1))];
        if [before, after].iter().any(|near| self.near_words.is_match(near)) {
            return true;
        }
        let glued = |c: Option<char>, beyond: Option<char>| {
            c == Some('.') && beyond.is_some_and(|beyond| beyond.is_ascii_digit())
        };
        let (mut back, mut ahead) = (before.chars().rev(), after.chars());
        let dotted = glued(back.next(), back.next()) || glued(ahead.next(), ahead.next());
        !dotted && has_nhs_check_digit(number)
    }
}

fn compile(pattern: &str) -> Result<Regex, RedactionError> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .map_err(|source| RedactionError::Invalid { pattern: pattern.to_owned(), source: Box::new(source) })
}

/// The NHS number's modulus 11 check (NHS Data Dictionary). One repeated digit is never issued.
fn has_nhs_check_digit(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    let Some((check, rest)) = digits.split_last() else { return false };
    let sum: u32 = rest.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    let repeated = rest.iter().all(|digit| digit == check);
    rest.len() == 9 && !repeated && (11 - sum % 11) % 11 == *check
}

/// Everything with a shape, in one expression. Of two that begin at the same place the first wins.
/// Word boundaries are ASCII ones, which keeps the search linear and fast on any text.
fn personal_pattern() -> String {
    let edge = r"(?-u:\b)";
    let gap = r"[ \t\u{a0}\u{2010}-\u{2015}-]";
    let phone_gap = r"[ \t\u{a0}.()\u{2010}-\u{2015}-]{1,3}";
    let abroad = format!(r"(?:\+|{edge}00)44(?:[ \u{{a0}}.()-]{{0,3}}[0-9]){{9,11}}{edge}");
    let groups = [
        "[0-9]{8,9}".to_owned(),
        format!("[0-9]{{1,4}}{phone_gap}[0-9]{{5,8}}"),
        format!("[0-9]{{1,3}}{phone_gap}[0-9]{{3,4}}{phone_gap}[0-9]{{3,4}}"),
        format!("[0-9]{{3}}(?:{phone_gap}[0-9]{{2}}){{3}}"),
    ]
    .join("|");
    let national = format!(r"(?:\(|{edge})0[1-9](?:{groups}){edge}");
    let month = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let date = [
        r"[0-9]{1,2}[/. -][0-9]{1,2}[/. -][0-9]{2,4}".to_owned(),
        r"[0-9]{4}[/. -][0-9]{1,2}[/. -][0-9]{1,2}".to_owned(),
        format!(r"[0-9]{{1,2}}(?:st|nd|rd|th)?[ .-]*(?:of )?{month}[ ,.'-]*[0-9]{{2,4}}"),
        format!(r"{month}[ .]*[0-9]{{1,2}}(?:st|nd|rd|th)?[ ,.]*[0-9]{{2,4}}"),
        r"[0-9]{8}|[0-9]{6}|[0-9]{4}".to_owned(),
    ]
    .join("|");
    let born = r"(?:d[. ]?o[. ]?b[. ]?|date of birth|birth ?date|birthday|born)";
    let number = r"[ .]{0,2}(?:no|nos|num|number|id|ref)?";
    let hospital = format!(
        "(?:mrn{number}|(?:hosp|hospital|unit|pas|district|patient|pt|k|x|crn|case ?note)[ .-]{{0,2}}(?:no|num|number|id))"
    );
    let area = "AB|AL|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|\
                K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|\
                T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE";
    [
        r"(?P<email>[\p{L}\p{N}._%+'-]+@\p{L}[\p{L}\p{N}-]*(?:\.[\p{L}\p{N}-]+)*)".to_owned(),
        format!(r"{edge}{born}[^0-9\[\]]{{0,20}}?{edge}(?P<birth>{date}){edge}"),
        format!(r"{edge}(?P<birth_after>{date}){edge}[^0-9a-z\[\]]{{0,5}}{born}{edge}"),
        format!(r"{edge}{hospital}[\s.:#=-]{{0,4}}(?:is |was )?(?P<hospital>[a-z]{{0,3}}[0-9][0-9a-z/-]{{3,11}}){edge}"),
        format!("(?P<phone>{abroad}|{national})"),
        format!(r"{edge}(?:tel|telephone|phone|mobile|mob)[ .:#-]{{1,4}}(?:no|number|is)?[ .:]{{0,3}}(?P<phone_after>[0-9](?:[ ]?[0-9]){{5,10}}){edge}"),
        format!(r"{edge}(?P<nhs>[0-9]{{3}}{gap}{{0,3}}[0-9]{{3}}{gap}{{0,3}}[0-9]{{4}}){edge}"),
        format!(r"{edge}(?P<postcode>GIR ?0AA|(?:{area})[0-9][0-9A-Z]?[ \u{{a0}}]{{0,2}}[0-9][ABD-HJLNP-UW-Z]{{2}}){edge}"),
    ]
    .join("|")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    use crate::{Kind, State};

    /// Compiled once: the expression is large, and properties run hundreds of times.
    static REDACTOR: LazyLock<Redactor> =
        LazyLock::new(|| Redactor::new(&["study-[a-z]+".to_owned(), "xyz?".to_owned()]).unwrap());

    #[test]
    fn what_could_name_a_person_is_hidden() {
        let redactor = &*REDACTOR;
        for (text, wanted) in [
            ("Patient 943 476 5919 missing from list", "Patient [NHS number] missing from list"),
            ("NHS no: 9434765919.", "NHS no: [NHS number]."),
            ("943-476-5919 wrong", "[NHS number] wrong"),
            ("943\u{a0}476\u{a0}5919", "[NHS number]"),
            ("merge 9434765919 please", "merge [NHS number] please"),
            ("pt 1234567890 not found", "pt [NHS number] not found"),
            ("1234567890 (NHS)", "[NHS number] (NHS)"),
            ("123 456 7890 shows twice", "[NHS number] shows twice"),
            ("943 4765919", "[NHS number]"),
            ("mail ward.clerk+x@example.nhs.uk, thanks", "mail [email], thanks"),
            ("O'Hara.T@example.org", "[email]"),
            ("root@server1", "[email]"),
            ("ring 01632 960123", "ring [phone]"),
            ("ring (01632) 960 123", "ring [phone]"),
            ("ring 020 7946 0958.", "ring [phone]."),
            ("07700 900123 or 07700900456", "[phone] or [phone]"),
            ("+44 7700 900123", "[phone]"),
            ("+44 (0)20 7946 0958 ext 4021", "[phone] ext 4021"),
            ("00447700900123", "[phone]"),
            ("01632 96 01 23", "[phone]"),
            ("mobile: 496012 please", "mobile: [phone] please"),
            ("lives at ZE1 9XX now", "lives at [postcode] now"),
            ("sw1a1aa", "[postcode]"),
            ("GIR 0AA", "[postcode]"),
            ("DOB 12/03/1956", "DOB [date of birth]"),
            ("D.O.B: 12.3.56", "D.O.B: [date of birth]"),
            ("dob 1956-03-12", "dob [date of birth]"),
            ("born 3 March 1950 in", "born [date of birth] in"),
            ("born on the 3rd of March, 1950", "born on the [date of birth]"),
            ("date of birth was March 3rd 1950", "date of birth was [date of birth]"),
            ("12/03/1956 (DOB)", "[date of birth] (DOB)"),
            ("dob 12031956", "dob [date of birth]"),
            ("born 1950", "born [date of birth]"),
            ("MRN 1234567", "MRN [hospital number]"),
            ("MRN: RXX0012345", "MRN: [hospital number]"),
            ("hosp no. A123456 duplicate", "hosp no. [hospital number] duplicate"),
            ("Hospital number is 445566", "Hospital number is [hospital number]"),
            ("K number 0123456", "K number [hospital number]"),
            ("MRN 943 476 5919", "MRN [NHS number]"),
            (
                "DOB 01/02/1960 NHS 943 476 5919 tel 020 7946 0958",
                "DOB [date of birth] NHS [NHS number] tel [phone]",
            ),
        ] {
            assert_eq!(redactor.redact(text), wanted, "of {text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_kept() {
        let redactor = &*REDACTOR;
        for text in [
            "INC0010023 is a duplicate of INC0010022",
            "RITM0010001 and CHG0030045 and REQ1234567890",
            "Install KB5031455 on all servers",
            "Server 10.20.30.40 down, gateway 192.168.100.254",
            "EPR client 12.4.1.2034 to 12.4.1.2050",
            "build 10.0.22631.4169",
            "PC01234 and LT-004512 and asset tag 0045120",
            "WS04412AB will not start",
            "ext 4021, bleep 1234, room 2.14",
            "Meeting on 12/03/2026 at 10:30",
            "Go-live 2026-11-23 21:05:21",
            "CVE-2024-21412 and CVE-2026-123456",
            "order 1234567890 has arrived",
            "0000000000",
            "port 8443, VLAN 1203, 16 GB",
            "MAC 00:1A:2B:3C:4D:5E",
            "550e8400-e29b-41d4-a716-446655440000",
            "Windows 11 24H2 on N365",
            "@everyone read this",
            "no digit at all, a patient perhaps",
            "9.9434765919",
            "",
        ] {
            assert_eq!(redactor.redact(text), text);
            assert!(matches!(redactor.redact(text), Cow::Borrowed(_)), "{text:?} was copied");
        }
    }

    #[test]
    fn a_configured_pattern_is_hidden_and_a_bad_one_is_refused() {
        let redactor = Redactor::new(&["study-[a-z]+".to_owned(), "hidden".to_owned()]).unwrap();
        assert_eq!(redactor.redact("for STUDY-abc and study-d"), "for [hidden] and [hidden]");
        assert_eq!(redactor.redact("hidden [hidden]"), "[hidden] [hidden]");
        let error = |pattern: &str| Redactor::new(&[pattern.to_owned()]).unwrap_err().to_string();
        insta::assert_snapshot!(error("(a"), @r#"the redaction pattern "(a" is not a regular expression"#);
        insta::assert_snapshot!(error("a*"), @r#"the redaction pattern "a*" matches an empty text; ask for at least one character"#);
    }

    #[test]
    fn the_policy_decides_which_texts_stay_and_every_field_is_redacted() {
        let at = DateTime::UNIX_EPOCH;
        let item = WorkItem {
            external_id: "1".to_owned(),
            reference: "INC0010023".to_owned(),
            kind: Kind::Incident,
            title: Some("Ring 020 7946 0958".to_owned()),
            description: Some("NHS 943 476 5919".to_owned()),
            state: State::Open,
            department: Some("Ward a@example.org".to_owned()),
            team: None,
            system: None,
            priority: None,
            source_category: None,
            source_status: None,
            labels: vec!["943 476 5919".to_owned()],
            parent: None,
            opened_at: at,
            finished_at: None,
            updated_at: at,
            logged: Vec::new(),
        };
        let under = |policy| {
            let mut item = item.clone();
            REDACTOR.apply(&mut item, policy);
            item
        };
        let full = under(TextPolicy::Full);
        assert_eq!(full.title.as_deref(), Some("Ring [phone]"));
        assert_eq!(full.description.as_deref(), Some("NHS [NHS number]"));
        assert_eq!(full.department.as_deref(), Some("Ward [email]"));
        assert_eq!(full.labels, ["[NHS number]"]);
        assert_eq!(full.reference, "INC0010023");
        assert_eq!(under(TextPolicy::Title), WorkItem { description: None, ..full.clone() });
        assert_eq!(under(TextPolicy::None), WorkItem { title: None, description: None, ..full });
    }

    proptest! {
        #[test]
        fn redacting_twice_changes_nothing_more(
            text in r"([0-9]{1,10}|[ ./@\[\]+-]|NHS|dob|born|MRN|a|é|\[email\]|0163|M1 1AA|xyz|\PC){0,30}",
        ) {
            let redactor = &*REDACTOR;
            let once = redactor.redact(&text).into_owned();
            prop_assert_eq!(redactor.redact(&once), once.as_str());
        }

        #[test]
        fn every_valid_nhs_number_is_hidden(nine in 0_u64..1_000_000_000) {
            let number = (0..10)
                .map(|check| format!("{nine:09}{check}"))
                .find(|number| has_nhs_check_digit(number));
            if let Some(number) = number {
                let text = format!("see {number} again");
                prop_assert!(!REDACTOR.redact(&text).contains(&number));
            }
        }
    }
}
