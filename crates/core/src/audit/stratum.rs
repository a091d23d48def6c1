use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{CategoryId, Method, Side, Taxonomy};

/// From this confidence on, a guess of the model counts as sure.
const SURE: f64 = 0.9;

/// Work that is about equally likely to be wrong, and wrong in the same direction. Samples are drawn
/// within strata, so that few audits go where little can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    /// Published as visible by a tag, a parent, a rule, or a model that was sure.
    VisibleSure,
    /// Published as visible by a model that was not sure, or by the kind alone.
    VisibleUnsure,
    /// Published as keeping the lights on by a tag, a parent, a rule, or a model that was sure.
    KtloSure,
    /// Published as keeping the lights on by a model that was not sure, or by the kind alone.
    KtloUnsure,
    /// Published as unclassified.
    Unclassified,
}

impl Stratum {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::VisibleSure, Self::VisibleUnsure, Self::KtloSure, Self::KtloUnsure, Self::Unclassified];

    /// Where a piece of work lies. A category that the taxonomy no longer has is unclassified, as it is
    /// in the figures.
    pub fn of(
        category: Option<&CategoryId>,
        method: Method,
        confidence: Option<f64>,
        taxonomy: &Taxonomy,
    ) -> Self {
        let sure = match method {
            Method::Tag | Method::Inherited | Method::Rule => true,
            Method::Model => confidence.is_some_and(|confidence| confidence >= SURE),
            Method::KindDefault | Method::Unclassified => false,
        };
        match (category.and_then(|id| taxonomy.side(id)), sure) {
            (Some(Side::Visible), true) => Self::VisibleSure,
            (Some(Side::Visible), false) => Self::VisibleUnsure,
            (Some(Side::Ktlo), true) => Self::KtloSure,
            (Some(Side::Ktlo), false) => Self::KtloUnsure,
            (None, _) => Self::Unclassified,
        }
    }

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VisibleSure => "visible_sure",
            Self::VisibleUnsure => "visible_unsure",
            Self::KtloSure => "ktlo_sure",
            Self::KtloUnsure => "ktlo_unsure",
            Self::Unclassified => "unclassified",
        }
    }

    /// The side it was published on; `None` for unclassified.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::VisibleSure | Self::VisibleUnsure => Some(Side::Visible),
            Self::KtloSure | Self::KtloUnsure => Some(Side::Ktlo),
            Self::Unclassified => None,
        }
    }
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stratum {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stratum| stratum.as_str() == word)
            .ok_or_else(|| format!("\"{word}\" is not a stratum of an audit"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_lies_where_it_was_published_and_how_surely() {
        let taxonomy = Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
        let of = |category: &str, method, confidence| {
            let id = CategoryId::new(category);
            Stratum::of(Some(&id), method, confidence, &taxonomy)
        };
        assert_eq!(of("advice", Method::Tag, None), Stratum::VisibleSure);
        assert_eq!(of("advice", Method::Model, Some(0.89)), Stratum::VisibleUnsure);
        assert_eq!(of("incident", Method::Model, Some(0.9)), Stratum::KtloSure);
        assert_eq!(of("incident", Method::Model, None), Stratum::KtloUnsure);
        assert_eq!(of("incident", Method::KindDefault, None), Stratum::KtloUnsure);
        assert_eq!(of("left_the_taxonomy", Method::Rule, None), Stratum::Unclassified);
        assert_eq!(Stratum::of(None, Method::Unclassified, None, &taxonomy), Stratum::Unclassified);
    }

    #[test]
    fn the_word_in_the_database_is_read_back() {
        for stratum in Stratum::ALL {
            assert_eq!(stratum.as_str().parse(), Ok(stratum));
        }
        assert_eq!("sure".parse::<Stratum>().unwrap_err(), "\"sure\" is not a stratum of an audit");
    }
}
