//! What a piece of work takes over from the one that it belongs to.
//!
//! An item without a tag takes the category that counts of its parent, if the parent is held, has one, and
//! is of a kind that passes it on ([`Kind::inherits_from`]); the parent may have it from its own parent.
//! Items that belong to each other in a circle inherit nothing.

/// Whose verdict counts for each item of a family: its own place, or that of the ancestor from which it
/// inherits. Every slice has one value for each item; a parent is the place of one that is held and passes
/// on, and `has_category` tells of the item's own tag or machine's verdict.
pub(crate) fn origins(parents: &[Option<usize>], tagged: &[bool], has_category: &[bool]) -> Vec<usize> {
    const UNKNOWN: usize = usize::MAX;
    const ON_THE_WAY: usize = usize::MAX - 1;
    let mut origins = vec![UNKNOWN; parents.len()];
    let mut way = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while origins[at] == UNKNOWN {
            origins[at] = ON_THE_WAY;
            way.push(at);
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if origins[at] == ON_THE_WAY && parents[at].is_some() {
            // The way came back to `at`, so all behind it go round in a circle.
            while let Some(member) = way.pop() {
                origins[member] = member;
                if member == at {
                    break;
                }
            }
        }
        while let Some(item) = way.pop() {
            origins[item] = match parents[item].map(|parent| origins[parent]) {
                Some(origin) if !tagged[item] && has_category[origin] => origin,
                _ => item,
            };
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items by their place: the parent's, and "t" for tagged, "m" for a machine's category, "-" for none.
    fn check(items: &[(Option<usize>, &str)], expected: &[usize]) {
        let parents: Vec<_> = items.iter().map(|item| item.0).collect();
        let tagged: Vec<_> = items.iter().map(|item| item.1 == "t").collect();
        let has_category: Vec<_> = items.iter().map(|item| item.1 != "-").collect();
        assert_eq!(origins(&parents, &tagged, &has_category), expected);
    }

    #[test]
    fn a_child_takes_what_counts_for_its_parent_and_that_may_come_from_further_up() {
        check(&[(None, "m"), (Some(0), "m"), (Some(1), "-")], &[0, 0, 0]);
        check(&[(Some(1), "m"), (Some(2), "-"), (None, "t")], &[2, 2, 2]);
    }

    #[test]
    fn a_tag_stops_what_comes_from_above_and_goes_on_downwards() {
        check(&[(None, "t"), (Some(0), "t"), (Some(1), "m")], &[0, 1, 1]);
    }

    #[test]
    fn an_unclassified_parent_tells_nothing() {
        check(&[(None, "-"), (Some(0), "-"), (Some(1), "m"), (Some(2), "-")], &[0, 1, 2, 2]);
    }

    #[test]
    fn who_goes_round_in_a_circle_inherits_nothing_but_passes_on() {
        check(&[(Some(0), "m")], &[0]);
        check(&[(Some(3), "m"), (Some(0), "m"), (Some(1), "-"), (Some(1), "m")], &[0, 1, 1, 3]);
        check(&[(Some(1), "m"), (Some(2), "-"), (Some(1), "t")], &[0, 1, 2]);
    }
}
