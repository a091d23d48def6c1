use std::collections::BTreeMap;

/// How far two people who re-tagged the same work agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Pieces of work that both re-tagged.
    pub pairs: u32,
    /// Those on which they gave the same answer.
    pub agreed: u32,
    /// Cohen's kappa: how much of the agreement that chance would not have given was reached, 1 being all
    /// of it. `None` where chance alone would have given all, or there are no pairs.
    pub kappa: Option<f64>,
}

/// Compares answers pair by pair: categories, or the sides that they lie on.
pub fn agreement<L: Ord>(pairs: &[(L, L)]) -> Agreement {
    let mut labels: BTreeMap<&L, (u32, u32)> = BTreeMap::new();
    let mut agreed = 0;
    for (one, other) in pairs {
        labels.entry(one).or_default().0 += 1;
        labels.entry(other).or_default().1 += 1;
        agreed += u32::from(one == other);
    }
    let all = pairs.len() as f64;
    let by_chance =
        labels.values().map(|(one, other)| f64::from(*one) * f64::from(*other)).sum::<f64>() / (all * all);
    let kappa = (f64::from(agreed) / all - by_chance) / (1.0 - by_chance);
    Agreement { pairs: pairs.len() as u32, agreed, kappa: kappa.is_finite().then_some(kappa) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_takes_away_what_chance_would_have_agreed_on() {
        // Cohen's table of two people and two answers: 20 + 15 alike of 50, by chance a half.
        let table = [(("yes", "yes"), 20), (("yes", "no"), 5), (("no", "yes"), 10), (("no", "no"), 15)];
        let pairs: Vec<(&str, &str)> =
            table.iter().flat_map(|(pair, times)| std::iter::repeat_n(*pair, *times)).collect();
        let found = agreement(&pairs);
        assert_eq!((found.pairs, found.agreed), (50, 35));
        assert!((found.kappa.unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn kappa_is_not_known_where_chance_could_not_fail() {
        assert_eq!(agreement(&[("a", "a"), ("a", "a")]), Agreement { pairs: 2, agreed: 2, kappa: None });
        assert_eq!(agreement::<u8>(&[]), Agreement { pairs: 0, agreed: 0, kappa: None });
    }

    #[test]
    fn people_who_never_agree_have_a_kappa_below_zero() {
        assert!((agreement(&[("a", "b"), ("b", "a")]).kappa.unwrap() + 1.0).abs() < 1e-12);
    }
}
