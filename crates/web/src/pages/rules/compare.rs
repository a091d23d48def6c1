//! What differs between two rule sets, rule by rule.

use std::collections::BTreeSet;

use actix_web::web::{Data, Query};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;
use waterline_core::rules::Rule;

use super::{Numbered, address, category_name, number_in};
use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Debug, Deserialize)]
pub(crate) struct CompareQuery {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Template, WebTemplate)]
#[template(path = "pages/rules_compare.html")]
pub(crate) struct ComparePage {
    layout: Layout,
    from: i32,
    to: i32,
    changes: Changes,
    /// The other way round.
    swapped: String,
}

/// All that differs.
pub(super) struct Changes {
    pub(super) added: Vec<RuleWords>,
    pub(super) removed: Vec<RuleWords>,
    pub(super) changed: Vec<Changed>,
    pub(super) moved: Vec<MovedRule>,
    /// Whether the categories themselves differ.
    pub(super) taxonomy: bool,
}

/// A rule in words.
pub(super) struct RuleWords {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) category: String,
    pub(super) words: Vec<Piece>,
    /// Where it is edited, in the newer of the two.
    pub(super) edit: String,
}

/// Part of a sentence; `marked` is what the other sentence does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) marked: bool,
}

pub(super) struct Changed {
    pub(super) before: RuleWords,
    pub(super) after: RuleWords,
}

pub(super) struct MovedRule {
    pub(super) name: String,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) edit: String,
}

/// `GET /rules/compare`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<CompareQuery>,
) -> Result<ComparePage, PageError> {
    let what = "which two rule sets to compare";
    let from = Numbered::read(&site, number_in(query.from.as_deref(), what)?).await?;
    let to = Numbered::read(&site, number_in(query.to.as_deref(), what)?).await?;
    Ok(ComparePage {
        layout: Layout::new(&site, &visit, Place::Rules).await?,
        changes: Changes::between(&from, &to),
        swapped: address(
            "/rules/compare",
            &[("from", &to.number.to_string()), ("to", &from.number.to_string())],
        ),
        from: from.number,
        to: to.number,
    })
}

impl Changes {
    pub(super) fn between(from: &Numbered, to: &Numbered) -> Self {
        let found = from.rules.difference(&to.rules);
        let rules = |set: &'_ Numbered, names: &[String]| -> Vec<RuleWords> {
            names.iter().filter_map(|name| Some(RuleWords::new(set, rule(set, name)?))).collect()
        };
        let changed = rules(from, &found.changed).into_iter().zip(rules(to, &found.changed));
        let moved = found.moved.iter().filter_map(|name| {
            Some(MovedRule {
                name: name.clone(),
                from: rule(from, name)?.number,
                to: rule(to, name)?.number,
                edit: edit_address(to, name),
            })
        });
        Self {
            added: rules(to, &found.added),
            removed: rules(from, &found.removed),
            changed: changed.map(|(before, after)| Changed::new(before, after)).collect(),
            moved: moved.collect(),
            taxonomy: from.texts.taxonomy != to.texts.taxonomy,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.moved.is_empty()
            && !self.taxonomy
    }

    /// Names of the rules that are new or say something else than before.
    pub(super) fn touched(&self) -> BTreeSet<&str> {
        let changed = self.changed.iter().map(|one| one.after.name.as_str());
        let moved = self.moved.iter().map(|one| one.name.as_str());
        self.added.iter().map(|one| one.name.as_str()).chain(changed).chain(moved).collect()
    }
}

fn rule<'s>(set: &'s Numbered, name: &str) -> Option<&'s Rule> {
    set.rules.rules().iter().find(|rule| rule.name == name)
}

fn edit_address(set: &Numbered, name: &str) -> String {
    address("/rules/edit", &[("from", &set.number.to_string()), ("rule", name)])
}

impl RuleWords {
    fn new(set: &Numbered, rule: &Rule) -> Self {
        let words = words::capital(&set.rules.in_words(rule, usize::MAX));
        Self {
            number: rule.number,
            name: rule.name.clone(),
            category: category_name(&set.taxonomy, Some(&rule.category)),
            words: vec![Piece { text: words, marked: false }],
            edit: edit_address(set, &rule.name),
        }
    }

    fn sentence(&self) -> String {
        self.words.iter().map(|piece| piece.text.as_str()).collect()
    }
}

impl Changed {
    fn new(mut before: RuleWords, mut after: RuleWords) -> Self {
        let (old, new) = (before.sentence(), after.sentence());
        before.words = marked(&old, &new);
        after.words = marked(&new, &old);
        Self { before, after }
    }
}

/// Marks the quoted words of a sentence that another sentence does not have.
fn marked(sentence: &str, other: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((start, end)) = quoted(rest) {
        let text = &rest[start..end];
        pieces.push(Piece { text: rest[..start].to_owned(), marked: false });
        pieces.push(Piece { text: text.to_owned(), marked: !other.contains(text) });
        rest = &rest[end..];
    }
    pieces.push(Piece { text: rest.to_owned(), marked: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// Where the first quotation lies, with its marks.
fn quoted(text: &str) -> Option<(usize, usize)> {
    let start = text.find('‘')?;
    let end = start + text[start..].find('’')? + '’'.len_utf8();
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_that_the_other_sentence_lacks_are_marked() {
        let pieces = marked("The title has ‘a’ or ‘b’ and the kind is task", "The title has ‘a’");
        let marks: Vec<_> = pieces.iter().filter(|piece| piece.marked).map(|piece| &*piece.text).collect();
        assert_eq!(marks, ["‘b’"]);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, "The title has ‘a’ or ‘b’ and the kind is task");
        assert_eq!(marked("An open ‘quote", "").len(), 1);
    }
}
