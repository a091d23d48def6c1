//! Fills the gaps of a title. Everything is derived from the record, so no text is kept.
//!
//! One title in 200 holds what titles should not hold and do: all of it fictional. NHS numbers begin
//! with 999, the range set aside for tests; telephone numbers are from the ranges that Ofcom keeps
//! for drama; addresses are at example.nhs.uk.

use crate::record::Record;

const DEVICES: &[&str] = &[
    "PC",
    "laptop",
    "desktop",
    "all-in-one PC",
    "tablet",
    "thin client",
    "workstation",
    "reporting workstation",
    "nursing station PC",
];
const ROLES: &[&str] = &[
    "staff nurse",
    "healthcare assistant",
    "resident doctor",
    "consultant",
    "ward clerk",
    "midwife",
    "physiotherapist",
    "medical secretary",
    "radiographer",
    "pharmacist",
    "biomedical scientist",
    "operational manager",
    "student nurse",
    "locum registrar",
    "matron",
];
const SITES: &[&str] = &[
    "the main hospital",
    "the treatment centre",
    "the education centre",
    "the community hub",
    "the south wing",
    "the old infirmary building",
    "the pathology block",
    "Trust Headquarters",
];
const REPORTS: &[&str] = &[
    "length of stay",
    "theatre utilisation",
    "clinic utilisation",
    "outpatient waiting times",
    "bed occupancy",
    "discharges before noon",
    "ambulance handovers",
    "diagnostic waits",
    "sickness absence",
    "referral volumes",
];
const SERVER_SORTS: &[&str] = &["SQL", "APP", "WEB", "FILE", "DC", "INT", "RDS", "IMG"];
const WARDS: &[&str] = &[
    "Ward 1",
    "Ward 2",
    "Ward 3",
    "Ward 4",
    "Ward 5",
    "Ward 6",
    "Ward 7",
    "Ward 8",
    "Ward 9",
    "Ward 10",
    "Ward 11",
    "Ward 12",
    "Ward 14",
    "Ward 15",
    "AMU",
    "ED",
    "ICU",
    "SAU",
    "CCU",
    "Labour Ward",
    "NNU",
];

/// How many titles there are to one with something in it that must be redacted.
const ONE_SLIP_IN: u64 = 200;

/// A few numbers from one, always the same ones.
struct Variants(u64);

impl Variants {
    /// The next step of SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words.get(at).copied().unwrap_or_default()
    }
}

pub(crate) fn title(record: &Record) -> String {
    let mut variants = Variants(u64::from(record.variant));
    let mut text = fill(record, &mut variants);
    if variants.below(ONE_SLIP_IN) == 0 {
        text.push_str(&slip(&mut variants));
    }
    text
}

fn fill(record: &Record, variants: &mut Variants) -> String {
    let mut text = String::with_capacity(64);
    let mut rest = record.template();
    while let Some((before, gap_and_rest)) = rest.split_once('{') {
        let (gap, after) = gap_and_rest.split_once('}').unwrap_or((gap_and_rest, ""));
        text.push_str(before);
        push_gap(&mut text, gap, record, variants);
        rest = after;
    }
    text.push_str(rest);
    text
}

fn push_gap(text: &mut String, gap: &str, record: &Record, variants: &mut Variants) {
    let number = |variants: &mut Variants, low: u64, high: u64| low + variants.below(high - low);
    match gap {
        "system" => text.push_str(record.system_name().unwrap_or("system")),
        "department" => text.push_str(record.department_name().unwrap_or("the department")),
        "ward" => match record.department_name().filter(|name| name.contains("Ward")) {
            Some(ward) => text.push_str(ward),
            None => text.push_str(variants.pick(WARDS)),
        },
        "device" => text.push_str(variants.pick(DEVICES)),
        "role" => text.push_str(variants.pick(ROLES)),
        "site" => text.push_str(variants.pick(SITES)),
        "report" => text.push_str(variants.pick(REPORTS)),
        "asset" => *text += &format!("NMH{:05}", number(variants, 1000, 30_000)),
        "printer" => *text += &format!("PRN-{:04}", number(variants, 1, 900)),
        "ext" => text.push_str(&number(variants, 2000, 7000).to_string()),
        "room" => *text += &format!("{}.{:02}", number(variants, 1, 5), number(variants, 1, 60)),
        "count" => text.push_str(&number(variants, 2, 40).to_string()),
        "kit" => *text += &format!("SW-{}{}", variants.pick(&["A", "B", "C"]), number(variants, 10, 60)),
        "server" => {
            *text += &format!("NMH-{}-{:02}", variants.pick(SERVER_SORTS), number(variants, 1, 40));
        }
        "version" => *text += &format!("{}.{}", number(variants, 2, 12), number(variants, 0, 10)),
        "alert" => text.push_str(&number(variants, 4000, 4999).to_string()),
        // A gap that nobody fills would be seen by a test.
        unknown => text.push_str(unknown),
    }
}

/// Something personal that a caller typed in.
fn slip(variants: &mut Variants) -> String {
    match variants.below(6) {
        0 => format!(" - patient {}", nhs_number(variants, " ")),
        1 => format!(" NHS no {}", nhs_number(variants, "")),
        2 => format!(" (please email ward.clerk{}@example.nhs.uk)", variants.below(90)),
        3 => format!(" call me on 07700 900{:03}", variants.below(1000)),
        4 => format!(" tel 01632 960{:03}", variants.below(1000)),
        _ => format!(" - ring 020 7946 0{:03}", variants.below(1000)),
    }
}

/// A number that no patient has, whose check digit is right.
fn nhs_number(variants: &mut Variants, between: &str) -> String {
    loop {
        let middle = variants.below(1_000_000);
        if let Some(check) = check_digit(999_000_000 + middle) {
            return format!("999{between}{:03}{between}{:03}{check}", middle / 1000, middle % 1000);
        }
    }
}

/// The tenth digit by modulus 11; one number in eleven has none.
fn check_digit(first_nine: u64) -> Option<u64> {
    let mut rest = first_nine;
    let mut sum = 0;
    for weight in 2..=10 {
        sum += weight * (rest % 10);
        rest /= 10;
    }
    match 11 - sum % 11 {
        10 => None,
        11 => Some(0),
        digit => Some(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_published_examples() {
        assert_eq!(check_digit(943_476_591), Some(9));
        assert_eq!(check_digit(987_654_321), Some(0));
        assert_eq!(check_digit(999_123_456), None);
    }
}
