//! One key of the keyboard for each category, the same wherever people sort work.

use std::collections::BTreeMap;

use waterline_core::{CategoryId, Taxonomy};

/// Keys that do something else where people sort work.
const TAKEN: &str = "jkuxhmnrs";

/// Gives each category a letter of its name that no other has: first letters go first, then those of its
/// other words, then any. What is left gets a digit, never 0; more categories than keys go without.
pub(crate) fn category_keys(taxonomy: &Taxonomy) -> BTreeMap<CategoryId, char> {
    let mut keys: BTreeMap<CategoryId, char> = BTreeMap::new();
    let candidates: [fn(&str) -> Vec<char>; 4] = [
        |name| name.chars().take(1).collect(),
        |name| name.split_whitespace().filter_map(|word| word.chars().next()).collect(),
        |name| name.chars().collect(),
        |_| ('1'..='9').collect(),
    ];
    for letters in candidates {
        for category in taxonomy.categories() {
            if keys.contains_key(&category.id) {
                continue;
            }
            let free = letters(&category.name.to_lowercase()).into_iter().find(|key| {
                key.is_ascii_alphanumeric() && !TAKEN.contains(*key) && keys.values().all(|used| used != key)
            });
            if let Some(key) = free {
                keys.insert(category.id.clone(), key);
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(taxonomy: &Taxonomy) -> String {
        let keys = category_keys(taxonomy);
        let line = |category: &waterline_core::Category| {
            format!("{} {}", keys.get(&category.id).copied().unwrap_or(' '), category.name)
        };
        taxonomy.categories().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_category_has_a_key_of_its_own() {
        let taxonomy = Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap();
        insta::assert_snapshot!(keys_of(&taxonomy), @r"
        e New digital products
        i Improvements asked for
        o Rolling out and training
        d Design and advice
        f Fixing what broke
        a Accounts, starters and leavers
        v Devices, printing and phones
        t Routine requests
        1 Routine changes
        p Patching
        c Cyber security
        l Keeping legacy systems going
        b Servers, networks and backups
        g Audit and information governance
        2 Suppliers and contracts
        ");
    }

    #[test]
    fn where_keys_run_out_a_category_goes_without() {
        let mut text = String::new();
        for number in 0..40 {
            let side = if number % 2 == 0 { "visible" } else { "ktlo" };
            text.push_str(&format!("[[category]]\nid = \"c{number}\"\nname = \"A\"\nside = \"{side}\"\n"));
        }
        assert_eq!(category_keys(&Taxonomy::parse(&text).unwrap()).len(), 10);
    }
}
