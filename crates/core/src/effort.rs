use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Kind;

/// A group needs this many items with logged effort before its median stands in for the others.
const ENOUGH_LOGGED: u64 = 20;

/// Work that somebody logged on an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffortEntry {
    /// When it was done. `None` where the source only gives a total: that counts on the day on which
    /// the item was finished, and not before.
    pub at: Option<DateTime<Utc>>,
    /// Seconds of work; negative where the source corrects an earlier entry.
    pub seconds: i64,
}

/// How many finished items of one kind and team logged exactly this effort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedSample {
    /// Kind of the items.
    pub kind: Kind,
    /// Team of the items, where known.
    pub team: Option<String>,
    /// Their logged effort in seconds.
    pub seconds: i64,
    /// How many items.
    pub items: u64,
}

/// The effort in seconds that stands in for a finished item on which nobody logged any: the median of
/// its kind and team, else of its kind, else the configured default (DESIGN section 4.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffortRates {
    by_kind_and_team: BTreeMap<Kind, BTreeMap<String, i64>>,
    by_kind: BTreeMap<Kind, i64>,
    defaults: BTreeMap<Kind, i64>,
}

impl EffortRates {
    /// Only the configured defaults, in seconds; kinds left out count as an hour.
    pub fn from_defaults(defaults: BTreeMap<Kind, i64>) -> Self {
        Self { defaults, ..Self::default() }
    }

    /// Medians of what was logged, with these defaults behind them. Medians are rounded to whole
    /// minutes, which is the precision in which people log.
    pub fn learn(defaults: BTreeMap<Kind, i64>, samples: &[LoggedSample]) -> Self {
        let mut by_team: BTreeMap<(Kind, &str), BTreeMap<i64, u64>> = BTreeMap::new();
        let mut by_kind: BTreeMap<Kind, BTreeMap<i64, u64>> = BTreeMap::new();
        for sample in samples {
            *by_kind.entry(sample.kind).or_default().entry(sample.seconds).or_default() += sample.items;
            if let Some(team) = &sample.team {
                *by_team.entry((sample.kind, team)).or_default().entry(sample.seconds).or_default() +=
                    sample.items;
            }
        }
        let mut rates = Self::from_defaults(defaults);
        for (kind, counts) in by_kind {
            if let Some(median) = median_of_enough(&counts) {
                rates.by_kind.insert(kind, median);
            }
        }
        for ((kind, team), counts) in by_team {
            if let Some(median) = median_of_enough(&counts) {
                rates.by_kind_and_team.entry(kind).or_default().insert(team.to_owned(), median);
            }
        }
        rates
    }

    /// Seconds of work to assume for one finished item of this kind and team.
    pub fn estimate(&self, kind: Kind, team: Option<&str>) -> i64 {
        team.and_then(|team| self.by_kind_and_team.get(&kind)?.get(team))
            .or_else(|| self.by_kind.get(&kind))
            .or_else(|| self.defaults.get(&kind))
            .copied()
            .unwrap_or(3600)
    }
}

/// The median in seconds, to the minute; of an even number the lower middle one, so that it is always
/// an effort that somebody really logged.
fn median_of_enough(counts: &BTreeMap<i64, u64>) -> Option<i64> {
    let all: u64 = counts.values().sum();
    if all < ENOUGH_LOGGED {
        return None;
    }
    let middle = all.div_ceil(2);
    let mut seen = 0;
    for (seconds, items) in counts {
        seen += items;
        if seen >= middle {
            return Some((seconds + 30).div_euclid(60) * 60);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(team: &str, seconds: i64, items: u64) -> LoggedSample {
        LoggedSample { kind: Kind::Incident, team: Some(team.to_owned()), seconds, items }
    }

    #[test]
    fn a_team_with_enough_logged_items_has_its_own_median() {
        let rates = EffortRates::learn(BTreeMap::new(), &[sample("Desk", 600, 15), sample("Desk", 1200, 6)]);
        assert_eq!(rates.estimate(Kind::Incident, Some("Desk")), 600);
    }

    #[test]
    fn a_small_team_borrows_the_median_of_its_kind_and_a_silent_kind_its_default() {
        let defaults = BTreeMap::from([(Kind::Project, 7200)]);
        let rates = EffortRates::learn(defaults, &[sample("Desk", 600, 19), sample("Web", 900, 19)]);
        assert_eq!(rates.estimate(Kind::Incident, Some("Desk")), 600);
        assert_eq!(rates.estimate(Kind::Incident, None), 600);
        assert_eq!(rates.estimate(Kind::Project, Some("Desk")), 7200);
        assert_eq!(rates.estimate(Kind::Change, None), 3600);
    }
}
