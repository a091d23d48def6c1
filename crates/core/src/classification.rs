use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    CategoryId, Kind, Taxonomy, WorkItem,
    model::{Guess, Model},
    rules::{Match, RuleSet},
};

/// How a category was arrived at. They are tried in this order; the first that answers wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A person said so. Always wins.
    Tag,
    /// The piece of work that it belongs to has a category.
    Inherited,
    /// A rule matched.
    Rule,
    /// The model that learned from people's tags was sure enough.
    Model,
    /// Nothing but the kind was known.
    KindDefault,
    /// Nothing told.
    Unclassified,
}

impl Method {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Tag, Self::Inherited, Self::Rule, Self::Model, Self::KindDefault, Self::Unclassified];

    /// The word in the database and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Inherited => "inherited",
            Self::Rule => "rule",
            Self::Model => "model",
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

/// What the machine made of a piece of work by itself, and why: without people's tags, and without the
/// piece of work that it belongs to ([`settle`] looks at those).
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `None` is unclassified.
    pub category: Option<CategoryId>,
    /// How it was arrived at: a rule, the model, the kind's default, or not at all.
    pub method: Method,
    /// The name of the rule, where one matched.
    pub rule: Option<String>,
    /// How likely the category is right, from 0 to 1, as the model was calibrated on people's tags. `None`
    /// for every other method: how often those are right is measured by the audit, not claimed.
    pub confidence: Option<f64>,
    /// A sentence for people: which rule matched what, or which words point where.
    pub reason: String,
}

/// The category that counts, and how it was arrived at: a person's tag, else that of the piece of work
/// that it belongs to, else the machine's own verdict. A parent that is itself unclassified tells nothing.
pub fn settle<'a>(
    tag: Option<&'a str>,
    parent: Option<&'a str>,
    machine: (Option<&'a str>, Method),
) -> (Option<&'a str>, Method) {
    match (tag, parent) {
        (Some(tag), _) => (Some(tag), Method::Tag),
        (None, Some(parent)) => (Some(parent), Method::Inherited),
        (None, None) => machine,
    }
}

/// What answered, before anything is put into words: a scan of a million items asks for no sentence.
#[derive(Clone, Debug)]
pub enum Decision<'a> {
    /// A rule.
    Rule(Match<'a>),
    /// The model.
    Model(Guess<'a>),
    /// The default of the kind.
    KindDefault(Kind, &'a CategoryId),
    /// Nothing.
    Unclassified(Kind),
}

impl<'a> Decision<'a> {
    /// `None` is unclassified.
    pub fn category(&self) -> Option<&'a CategoryId> {
        match self {
            Self::Rule(found) => Some(&found.rule.category),
            Self::Model(guess) => Some(guess.category),
            Self::KindDefault(_, category) => Some(category),
            Self::Unclassified(_) => None,
        }
    }

    /// How it was arrived at.
    pub fn method(&self) -> Method {
        match self {
            Self::Rule(_) => Method::Rule,
            Self::Model(_) => Method::Model,
            Self::KindDefault(..) => Method::KindDefault,
            Self::Unclassified(_) => Method::Unclassified,
        }
    }

    /// The name of the rule, where one matched.
    pub fn rule(&self) -> Option<&'a str> {
        match self {
            Self::Rule(found) => Some(&found.rule.name),
            _ => None,
        }
    }

    /// See [`Verdict::confidence`].
    pub fn confidence(&self) -> Option<f64> {
        match self {
            Self::Model(guess) => Some(guess.confidence),
            _ => None,
        }
    }

    /// The same with its sentence. `item` is what was decided on.
    pub fn verdict(&self, item: &WorkItem) -> Verdict {
        Verdict {
            category: self.category().cloned(),
            method: self.method(),
            rule: self.rule().map(ToOwned::to_owned),
            confidence: self.confidence(),
            reason: match self {
                Self::Rule(found) => found.reason(item),
                Self::Model(guess) => guess.reason(item),
                Self::KindDefault(kind, _) => {
                    format!("no rule matched; this is what {} is by default", one(*kind))
                }
                Self::Unclassified(kind) => {
                    format!("no rule matched, and {} says too little by itself", one(*kind))
                }
            },
        }
    }
}

/// The kind with its article.
fn one(kind: Kind) -> String {
    match kind {
        Kind::Incident => format!("an {kind}"),
        Kind::Patching => format!("{kind} work"),
        _ => format!("a {kind}"),
    }
}

/// Gives every piece of work its verdict: the first rule that matches, else the model where it is sure
/// enough, else the default of its kind, else unclassified. Sees exactly what is stored, so the same
/// verdict comes out tomorrow.
#[derive(Debug)]
pub struct Classifier {
    rules: RuleSet,
    model: Option<Model>,
    taxonomy: Taxonomy,
}

impl Classifier {
    /// Rules, and perhaps a model, that go with this taxonomy.
    pub fn new(rules: RuleSet, model: Option<Model>, taxonomy: Taxonomy) -> Self {
        Self { rules, model, taxonomy }
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The model, where enough was tagged to train one.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// The taxonomy.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// What answers for one piece of work.
    pub fn decide(&self, item: &WorkItem) -> Decision<'_> {
        if let Some(found) = self.rules.first_match(item) {
            return Decision::Rule(found);
        }
        // A model may be older than the taxonomy: what it learned of categories that are gone says nothing.
        let guess = self.model.as_ref().and_then(|model| model.guess(item));
        if let Some(guess) = guess.filter(|guess| self.taxonomy.category(guess.category).is_some()) {
            return Decision::Model(guess);
        }
        match self.taxonomy.kind_default(item.kind) {
            Some(category) => Decision::KindDefault(item.kind, category),
            None => Decision::Unclassified(item.kind),
        }
    }

    /// The verdict on one piece of work, with its sentence.
    pub fn classify(&self, item: &WorkItem) -> Verdict {
        self.decide(item).verdict(item)
    }
}
