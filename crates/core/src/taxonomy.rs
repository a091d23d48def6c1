use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::Kind;

/// Above or below the waterline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Work that the trust can see: new things, improvements, roll-outs, advice.
    Visible,
    /// Work that keeps the lights on.
    Ktlo,
}

impl Side {
    /// The word in metrics, in the database and in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Ktlo => "ktlo",
        }
    }
}

/// The short, lasting name of a category, for example `routine_change`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryId(String);

impl CategoryId {
    /// Takes any name; whether the taxonomy knows it is for [`Taxonomy::category`] to say.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CategoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One sort of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its lasting name.
    pub id: CategoryId,
    /// What people call it, for example "Fixing what broke".
    pub name: String,
    /// One sentence on what belongs here.
    pub description: String,
    /// Which side of the waterline it lies on.
    pub side: Side,
}

/// Why a taxonomy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TaxonomyError {
    /// Not the TOML we expect; the message names the line.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A side without a category would make every share 0% or 100%.
    #[error("the taxonomy has no category on the {} side; give at least one", .0.as_str())]
    EmptySide(Side),
    /// Two categories of one name.
    #[error("the taxonomy names the category \"{0}\" twice; each id stands once")]
    Twice(CategoryId),
    /// An id that cannot be a metric label or part of an address.
    #[error("the category id \"{0}\" has other characters than a-z, 0-9 and _")]
    BadId(CategoryId),
    /// A kind default that points nowhere.
    #[error("kind_defaults.{kind} names the category \"{category}\", which the taxonomy does not have")]
    UnknownDefault {
        /// The kind whose default it is.
        kind: Kind,
        /// The category that does not exist.
        category: CategoryId,
    },
}

/// All categories, in the order in which they are shown, and what a kind of work is when nothing else
/// tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxonomy {
    categories: Vec<Category>,
    kind_defaults: BTreeMap<Kind, CategoryId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxonomyFile {
    #[serde(default)]
    kind_defaults: BTreeMap<Kind, CategoryId>,
    category: Vec<CategoryEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryEntry {
    id: CategoryId,
    name: String,
    #[serde(default)]
    description: String,
    side: Side,
}

impl Taxonomy {
    /// Reads the text of a taxonomy file (`config/taxonomy.toml` shows the shape).
    pub fn parse(text: &str) -> Result<Self, TaxonomyError> {
        let file: TaxonomyFile = toml::from_str(text)?;
        let mut categories: Vec<Category> = Vec::with_capacity(file.category.len());
        for CategoryEntry { id, name, description, side } in file.category {
            if id.as_str().is_empty()
                || !id.as_str().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            {
                return Err(TaxonomyError::BadId(id));
            }
            if categories.iter().any(|known| known.id == id) {
                return Err(TaxonomyError::Twice(id));
            }
            categories.push(Category { id, name, description, side });
        }
        for side in [Side::Visible, Side::Ktlo] {
            if !categories.iter().any(|category| category.side == side) {
                return Err(TaxonomyError::EmptySide(side));
            }
        }
        let taxonomy = Self { categories, kind_defaults: file.kind_defaults };
        for (kind, category) in &taxonomy.kind_defaults {
            if taxonomy.category(category).is_none() {
                return Err(TaxonomyError::UnknownDefault { kind: *kind, category: category.clone() });
            }
        }
        Ok(taxonomy)
    }

    /// All categories in the order of the file.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category of this name, if there is one.
    pub fn category(&self, id: &CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == *id)
    }

    /// Which side a category lies on; `None` for a category that the taxonomy no longer has.
    pub fn side(&self, id: &CategoryId) -> Option<Side> {
        self.category(id).map(|category| category.side)
    }

    /// What a piece of work of this kind is when nothing else tells.
    pub fn kind_default(&self, kind: Kind) -> Option<&CategoryId> {
        self.kind_defaults.get(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Taxonomy::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_default_taxonomy_is_sound() {
        let taxonomy = Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap();
        assert_eq!(taxonomy.categories().len(), 15);
        assert_eq!(taxonomy.side(&CategoryId::new("advice")), Some(Side::Visible));
        assert_eq!(taxonomy.side(&CategoryId::new("supplier")), Some(Side::Ktlo));
        assert_eq!(taxonomy.kind_default(Kind::Request), None);
    }

    #[test]
    fn bad_taxonomies_are_refused_in_a_sentence() {
        let visible = "[[category]]\nid = \"a\"\nname = \"A\"\nside = \"visible\"\n";
        assert!(error(visible).contains("no category on the ktlo side"));
        assert!(error(&format!("{visible}{visible}")).contains("twice"));
        assert!(
            error("[[category]]\nid = \"A b\"\nname = \"\"\nside = \"ktlo\"\n").contains("other characters")
        );
        let both = format!("{visible}[[category]]\nid = \"b\"\nname = \"B\"\nside = \"ktlo\"\n");
        assert!(
            error(&format!("[kind_defaults]\nproject = \"x\"\n{both}")).contains("kind_defaults.project")
        );
        assert!(error(&format!("colour = 1\n{both}")).contains("colour"));
    }
}
