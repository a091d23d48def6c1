//! Which pieces of work a new rule set could decide otherwise than the old one.

use std::collections::HashMap;

use super::{RuleSet, matcher::Matcher};
use crate::WorkItem;

/// What lies between two rule sets, ready to be asked of a million items. Looks only at rules that were
/// added, changed or moved, and at those only where they could go before the rule that decided so far.
///
/// The taxonomy and the model must be the same for both: where those differ, everything may move.
#[derive(Debug)]
pub struct Probe {
    /// For each rule of the old set, what became of it.
    old: HashMap<String, Fate>,
    /// The rules of the new set that may now be first somewhere.
    suspects: Vec<Suspect>,
    /// Their conditions; `None` if they cannot be compiled, in which case everything may move.
    matcher: Option<Matcher>,
}

/// What became of a rule of the old set.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It is there as it was.
    Kept { old: usize, new: usize },
    /// It is gone, or says something else.
    Altered,
}

#[derive(Clone, Copy, Debug)]
struct Suspect {
    new: usize,
    /// Where it stood before, if it was there as it is now.
    old: Option<usize>,
}

impl Suspect {
    /// Whether it could go before a rule that was kept and decided so far.
    fn could_overtake(self, (old, new): (usize, usize)) -> bool {
        self.new < new && self.old.is_none_or(|place| place > old)
    }
}

impl Probe {
    /// What lies between these two.
    pub fn new(old: &RuleSet, new: &RuleSet) -> Self {
        let kept = old.kept_in(new);
        let mut fates: HashMap<String, Fate> =
            old.rules().iter().map(|rule| (rule.name.clone(), Fate::Altered)).collect();
        let mut was = vec![None; new.rules().len()];
        for &(old_place, new_place) in &kept {
            fates.insert(new.rules()[new_place].name.clone(), Fate::Kept { old: old_place, new: new_place });
            was[new_place] = Some(old_place);
        }
        let suspects: Vec<Suspect> = was
            .into_iter()
            .enumerate()
            .map(|(new, old)| Suspect { new, old })
            .filter(|suspect| {
                suspect.old.is_none() || kept.iter().any(|&places| suspect.could_overtake(places))
            })
            .collect();
        let conditions: Vec<_> = suspects.iter().map(|suspect| new.conditions[suspect.new].clone()).collect();
        Self { old: fates, suspects, matcher: Matcher::new(&conditions).ok() }
    }

    /// Whether the item's decision may differ. `current_rule` names the rule of the old set that it was
    /// decided by; `None` where no rule matched. Never `false` for an item whose category, method or rule
    /// differs; `true` is certain unless the rule itself was altered.
    pub fn may_move(&self, item: &WorkItem, current_rule: Option<&str>) -> bool {
        let kept = match current_rule.map(|name| self.old.get(name)) {
            None => None,
            Some(Some(Fate::Kept { old, new })) => Some((*old, *new)),
            // A rule of which the old set knows nothing decided under another set.
            Some(Some(Fate::Altered) | None) => return true,
        };
        let could = |suspect: &Suspect| match kept {
            Some(places) => suspect.could_overtake(places),
            // No rule matched so far, so of the rules that are as they were none does.
            None => suspect.old.is_none(),
        };
        if !self.suspects.iter().any(could) {
            return false;
        }
        let Some(matcher) = &self.matcher else { return true };
        matcher.read(item, |reading| reading.holding().any(|place| could(&self.suspects[place])))
    }
}
