//! Edits of a rules file's text, so that comments, order and layout survive.

use super::RuleError;
use crate::Taxonomy;

/// Why an edit was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text could not be read before the edit, or what the edit makes of it could not.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// No rule has that name.
    #[error("there is no rule \"{0}\"; it may have been renamed or removed meanwhile")]
    NoSuchRule(String),
}

/// The text of one rule, from its `[[rule]]` to its last line; `None` if no rule has that name.
pub fn rule_text<'t>(_text: &'t str, _name: &str) -> Option<&'t str> {
    None
}

/// Puts a rule (its text, see [`NewRule::to_toml`](super::NewRule::to_toml)) before another; at the end
/// where `before` is `None`.
pub fn add_rule(
    text: &str,
    _rule: &str,
    _before: Option<&str>,
    _taxonomy: &Taxonomy,
) -> Result<String, EditError> {
    Ok(text.to_owned())
}

/// Puts another text (one rule, perhaps with a new name) in the place of the rule with that name.
pub fn replace_rule(text: &str, _name: &str, _rule: &str, _taxonomy: &Taxonomy) -> Result<String, EditError> {
    Ok(text.to_owned())
}

/// Takes out the rule with that name, and the comment that stands right above it.
pub fn remove_rule(text: &str, _name: &str, _taxonomy: &Taxonomy) -> Result<String, EditError> {
    Ok(text.to_owned())
}

/// Moves a rule before another; to the end where `before` is `None`.
pub fn move_rule(
    text: &str,
    _name: &str,
    _before: Option<&str>,
    _taxonomy: &Taxonomy,
) -> Result<String, EditError> {
    Ok(text.to_owned())
}
