//! Edits of a rules file's text, so that comments, order and layout survive.
//!
//! Everything but the rule itself stays as it is, byte by byte, save that rules stay one blank line
//! apart. What comes out is a rules file that can be read, or there is an error and nothing changed.

use std::ops::Range;

use toml::{Spanned, de::DeValue};

use super::{Rule, RuleError, parse};
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
    /// Something else than one rule was given.
    #[error("give one rule, beginning with [[rule]]; this has {0}")]
    NotOneRule(usize),
    /// The rules of the file cannot be told apart line by line.
    #[error(
        "the file keeps its rules in one list, rule = [...]; write each as [[rule]] to edit them one by one"
    )]
    OneList,
    /// Rules with a `priority` of their own are tried in its order, wherever they stand.
    #[error(
        "\"{rule}\" cannot go before \"{before}\", which has priority {priority}; give it that priority too"
    )]
    Priority {
        /// The rule that was to go first.
        rule: String,
        /// The rule that it was to go before.
        before: String,
        /// The latter's priority.
        priority: i64,
    },
}

/// A rule's lines.
struct Block {
    name: String,
    /// From the comment right above it, if there is one.
    with_comment: usize,
    /// From `[[rule]]` to the end of its last line.
    lines: Range<usize>,
}

/// The text of one rule, from its `[[rule]]` to its last line; `None` if no rule has that name.
pub fn rule_text<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let lines = find(&blocks(text).ok()?, name).ok()?.lines.clone();
    Some(&text[lines])
}

/// Puts a rule (its text, see [`NewRule::to_toml`](super::NewRule::to_toml)) before another; at the end
/// where `before` is `None`.
pub fn add_rule(
    text: &str,
    rule: &str,
    before: Option<&str>,
    taxonomy: &Taxonomy,
) -> Result<String, EditError> {
    let name = only_rule(rule, taxonomy)?.name;
    let at = match before {
        Some(before) => find(&blocks(text)?, before)?.with_comment,
        None => text.len(),
    };
    checked(join(&[&text[..at], rule.trim(), &text[at..]]), &name, before, taxonomy)
}

/// Puts another text (one rule, perhaps with a new name) in the place of the rule with that name. The
/// comment above it stays.
pub fn replace_rule(text: &str, name: &str, rule: &str, taxonomy: &Taxonomy) -> Result<String, EditError> {
    let new_name = only_rule(rule, taxonomy)?.name;
    let lines = find(&blocks(text)?, name)?.lines.clone();
    let edited = format!("{}{}\n{}", &text[..lines.start], rule.trim(), &text[lines.end..]);
    checked(edited, &new_name, None, taxonomy)
}

/// Takes out the rule with that name, and the comment right above it.
pub fn remove_rule(text: &str, name: &str, taxonomy: &Taxonomy) -> Result<String, EditError> {
    let blocks = blocks(text)?;
    let block = find(&blocks, name)?;
    checked(join(&[&text[..block.with_comment], &text[block.lines.end..]]), name, None, taxonomy)
}

/// Moves a rule, and the comment right above it, before another; to the end where `before` is `None`.
pub fn move_rule(
    text: &str,
    name: &str,
    before: Option<&str>,
    taxonomy: &Taxonomy,
) -> Result<String, EditError> {
    let blocks = blocks(text)?;
    let block = find(&blocks, name)?;
    let (from, to) = (block.with_comment, block.lines.end);
    let at = match before {
        Some(before) => find(&blocks, before)?.with_comment,
        None => text.len(),
    };
    let edited = match at {
        at if at < from => join(&[&text[..at], &text[from..to], &text[at..from], &text[to..]]),
        at if at > to => join(&[&text[..from], &text[to..at], &text[from..to], &text[at..]]),
        _ => text.to_owned(),
    };
    checked(edited, name, before.filter(|before| *before != name), taxonomy)
}

/// The one rule of a text.
fn only_rule(rule: &str, taxonomy: &Taxonomy) -> Result<Rule, EditError> {
    let (mut rules, _) = parse::parse(rule, taxonomy)?;
    let count = blocks(rule)?.len();
    rules.pop().filter(|_| count == 1).ok_or(EditError::NotOneRule(count))
}

/// The edited text, if it can be read and the rule goes where it was to go.
fn checked(
    edited: String,
    name: &str,
    before: Option<&str>,
    taxonomy: &Taxonomy,
) -> Result<String, EditError> {
    let (rules, _) = parse::parse(&edited, taxonomy)?;
    let find = |name: &str| rules.iter().find(|rule| rule.name == name);
    if let Some((rule, before)) = find(name).zip(before.and_then(find))
        && rule.number > before.number
    {
        let (rule, before, priority) = (rule.name.clone(), before.name.clone(), before.order);
        return Err(EditError::Priority { rule, before, priority });
    }
    Ok(edited)
}

fn find<'b>(blocks: &'b [Block], name: &str) -> Result<&'b Block, EditError> {
    let name = name.trim();
    blocks.iter().find(|block| block.name == name).ok_or_else(|| EditError::NoSuchRule(name.to_owned()))
}

/// The rules of a file, line by line.
fn blocks(text: &str) -> Result<Vec<Block>, EditError> {
    let fail = |fault: parse::Fault| fault.on_line(text, None);
    let file = parse::read_toml(text).map_err(fail)?;
    let mut blocks: Vec<Block> = Vec::new();
    for entry in parse::rule_tables(file.get_ref()).map_err(fail)? {
        let header = entry.span().start;
        if !text[header..].starts_with("[[") {
            return Err(EditError::OneList);
        }
        let start = text[..header].rfind('\n').map_or(0, |end| end + 1);
        let last = last(entry);
        let end = text[last..].find('\n').map_or(text.len(), |end| last + end + 1);
        let above = blocks.last().map_or(0, |block| block.lines.end);
        let table = entry.get_ref().as_table();
        let name = table.and_then(|table| table.get("name")).map(Spanned::get_ref);
        let name = name.and_then(DeValue::as_str).unwrap_or_default().trim().to_owned();
        blocks.push(Block { name, with_comment: comment_above(text, above..start), lines: start..end });
    }
    Ok(blocks)
}

/// Where the last of a value ends. A table that is spread over lines ends where the last of it does.
fn last(value: &Spanned<DeValue<'_>>) -> usize {
    let parts: Vec<usize> = match value.get_ref() {
        DeValue::Table(table) => table.iter().map(|(_, value)| last(value)).collect(),
        DeValue::Array(list) => list.iter().map(last).collect(),
        _ => Vec::new(),
    };
    parts.into_iter().fold(value.span().end, usize::max)
}

/// Where the comment begins that stands right above the end of these lines.
fn comment_above(text: &str, lines: Range<usize>) -> usize {
    let comment = text[lines.clone()].split_inclusive('\n').rev().take_while(|line| line.starts_with('#'));
    lines.end - comment.map(str::len).sum::<usize>()
}

/// Parts of a file, one blank line apart.
fn join(parts: &[&str]) -> String {
    let blank = |c: char| c == '\n' || c == '\r';
    let mut joined = String::new();
    for part in parts {
        let part = if joined.is_empty() { part } else { part.trim_start_matches(blank) };
        if part.trim().is_empty() {
            continue;
        }
        if !joined.is_empty() {
            joined.truncate(joined.trim_end_matches(blank).len());
            joined.push_str("\n\n");
        }
        joined.push_str(part);
    }
    if !joined.is_empty() && !joined.ends_with('\n') {
        joined.push('\n');
    }
    joined
}
