use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CategoryId, Taxonomy, WorkItem, rules::RuleSet};

/// How a category was arrived at. They are tried in this order; the first that answers wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A person said so. Always wins.
    Tag,
    /// A rule matched.
    Rule,
    /// Nothing but the kind was known.
    KindDefault,
    /// Nothing told.
    Unclassified,
}

impl Method {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Tag, Self::Rule, Self::KindDefault, Self::Unclassified];

    /// The word in the database and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Rule => "rule",
            Self::KindDefault => "kind_default",
            Self::Unclassified => "unclassified",
        }
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == word)
            .ok_or_else(|| format!("\"{word}\" is not a way of classifying"))
    }
}

/// What the machine made of a piece of work, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `None` is unclassified.
    pub category: Option<CategoryId>,
    /// How it was arrived at; never [`Method::Tag`], which is a person's.
    pub method: Method,
    /// A sentence for people: which rule matched what.
    pub reason: String,
}

/// Gives every piece of work its verdict: the first rule that matches, else the default of its kind,
/// else unclassified. Sees exactly what is stored, so the same verdict comes out tomorrow.
#[derive(Debug)]
pub struct Classifier {
    rules: RuleSet,
    taxonomy: Taxonomy,
}

impl Classifier {
    /// Rules that were read against the same taxonomy.
    pub fn new(rules: RuleSet, taxonomy: Taxonomy) -> Self {
        Self { rules, taxonomy }
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The taxonomy.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// The verdict on one piece of work.
    pub fn classify(&self, item: &WorkItem) -> Verdict {
        if let Some(found) = self.rules.first_match(item) {
            return Verdict {
                category: Some(found.rule.category.clone()),
                method: Method::Rule,
                reason: found.reason,
            };
        }
        match self.taxonomy.kind_default(item.kind) {
            Some(category) => Verdict {
                category: Some(category.clone()),
                method: Method::KindDefault,
                reason: format!("no rule matched; this is what a {} is by default", item.kind),
            },
            None => Verdict {
                category: None,
                method: Method::Unclassified,
                reason: format!("no rule matched, and a {} says too little by itself", item.kind),
            },
        }
    }
}
