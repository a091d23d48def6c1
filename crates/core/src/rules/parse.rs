//! Reads a rules file: TOML to conditions, or one sentence on the line at fault.

use std::{collections::HashMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Rule, RuleError,
    condition::{Condition, Date, Number, Value},
    parse_fields,
    question::TextField,
};
use crate::{CategoryId, Taxonomy};

/// Where a rule stands that does not say: there is room before and after.
pub(super) const USUAL_ORDER: i64 = 100;

/// Names that a `when` table may hold, for the sentence about one that it may not.
const FIELD_NAMES: &str = "text, title, description, kind, state, department, team, system, priority, \
     source_category, label, parent, reference, opened, finished, logged_hours, all, any, not";

/// What is wrong, and where in the text.
pub(super) struct Fault {
    at: usize,
    problem: String,
}

impl Fault {
    pub(super) fn new(at: &Range<usize>, problem: impl Into<String>) -> Self {
        Self { at: at.start, problem: problem.into() }
    }
}

impl Fault {
    /// The same as a sentence on the line of the text at which it lies.
    pub(super) fn on_line(self, text: &str, rule: Option<String>) -> RuleError {
        let line = 1 + text.bytes().take(self.at).filter(|byte| *byte == b'\n').count();
        RuleError { line, rule, problem: self.problem }
    }
}

/// The file as TOML.
pub(super) fn read_toml(text: &str) -> Result<Spanned<DeTable<'_>>, Fault> {
    DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or_default();
        Fault::new(&at, format!("this is not TOML: {}", one_line(error.message())))
    })
}

/// Rules and their conditions in the order in which they are tried.
pub(super) fn parse(text: &str, taxonomy: &Taxonomy) -> Result<(Vec<Rule>, Vec<Condition>), RuleError> {
    let fail = |rule: Option<String>, fault: Fault| fault.on_line(text, rule);
    let file = read_toml(text).map_err(|fault| fail(None, fault))?;
    let mut drafts: Vec<(Rule, Condition)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for entry in rule_tables(file.get_ref()).map_err(|fault| fail(None, fault))? {
        let name = entry.get_ref().as_table().and_then(|table| table.get("name")).map(Spanned::get_ref);
        let name = name.and_then(DeValue::as_str).map(str::to_owned);
        let draft = read_rule(entry, taxonomy).and_then(|draft| {
            let line = fail(None, Fault::new(&entry.span(), "")).line;
            match seen.insert(draft.0.name.clone(), line) {
                None => Ok(draft),
                Some(first) => {
                    Err(Fault::new(&entry.span(), format!("the rule on line {first} has the same name")))
                }
            }
        });
        drafts.push(draft.map_err(|fault| fail(name, fault))?);
    }
    drafts.sort_by_key(|(rule, _)| rule.order);
    for (place, (rule, _)) in drafts.iter_mut().enumerate() {
        rule.number = place + 1;
    }
    Ok(drafts.into_iter().unzip())
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rules as the file has them.
pub(super) fn rule_tables<'f>(file: &'f DeTable<'_>) -> Result<&'f [Spanned<DeValue<'f>>], Fault> {
    let mut rules: &[Spanned<DeValue<'_>>] = &[];
    for (key, value) in file {
        let list = value.get_ref().as_array().filter(|_| key.get_ref() == "rule");
        let Some(list) = list else {
            let problem = format!("\"{}\" has no meaning here; a rule begins with [[rule]]", key.get_ref());
            return Err(Fault::new(&key.span(), problem));
        };
        rules = list.as_ref();
    }
    Ok(rules)
}

fn read_rule(entry: &Spanned<DeValue<'_>>, taxonomy: &Taxonomy) -> Result<(Rule, Condition), Fault> {
    let Some(table) = entry.get_ref().as_table() else {
        return Err(Fault::new(&entry.span(), "a rule begins with [[rule]] and holds keys"));
    };
    let (mut name, mut category, mut order, mut when) = (None, None, USUAL_ORDER, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "name" => name = Some(parse_fields::text(value, "the name of a rule")?.trim().to_owned()),
            "category" => category = Some(read_category(value, taxonomy)?),
            "priority" => order = parse_fields::whole_number(value, "the priority of a rule")?,
            "when" => when = Some(read_when(value)?),
            other => {
                let problem = format!("a rule has no \"{other}\"; it has name, category, priority and when");
                return Err(Fault::new(&key.span(), problem));
            }
        }
    }
    let missing = |what: &str| Fault::new(&entry.span(), format!("the rule has no {what}"));
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
    let category = category.ok_or_else(|| missing("category"))?;
    let when = when.ok_or_else(|| missing("\"when\": say what it applies to"))?;
    Ok((Rule { number: 0, name, category, order }, when))
}

fn read_category(value: &Spanned<DeValue<'_>>, taxonomy: &Taxonomy) -> Result<CategoryId, Fault> {
    let id = CategoryId::new(parse_fields::text(value, "the category of a rule")?);
    if taxonomy.category(&id).is_some() {
        return Ok(id);
    }
    let known: Vec<_> = taxonomy.categories().iter().map(|category| category.id.as_str()).collect();
    let problem = format!("the taxonomy has no category \"{id}\"; it has {}", known.join(", "));
    Err(Fault::new(&value.span(), problem))
}

/// A table of conditions, all of which must hold.
fn read_when(value: &Spanned<DeValue<'_>>) -> Result<Condition, Fault> {
    let Some(table) = value.get_ref().as_table() else {
        let problem = "conditions are a table such as { title = { contains = [\"printer\"] } }";
        return Err(Fault::new(&value.span(), problem));
    };
    let mut conditions = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let condition = match name {
            "all" => Condition::All(read_list(name, value)?),
            "any" => Condition::Any(read_list(name, value)?),
            "not" => Condition::Not(Box::new(read_when(value)?)),
            "kind" => parse_fields::kind(value)?,
            "state" => parse_fields::state(value)?,
            "priority" => parse_fields::number(name, Number::Priority, value)?,
            "logged_hours" => parse_fields::number(name, Number::Logged, value)?,
            "opened" => parse_fields::date(name, Date::Opened, value)?,
            "finished" => parse_fields::date(name, Date::Finished, value)?,
            "parent" => parse_fields::presence(name, Value::Parent, value)?,
            _ => match TextField::named(name) {
                Some(fields) => parse_fields::texts(name, fields, value)?,
                None => {
                    let problem = format!("there is no field \"{name}\"; there are {FIELD_NAMES}");
                    return Err(Fault::new(&key.span(), problem));
                }
            },
        };
        conditions.push(condition);
    }
    one_of_all(conditions)
        .ok_or_else(|| Fault::new(&value.span(), "an empty table of conditions would match every item"))
}

/// All of these as one condition; `None` of none.
pub(super) fn one_of_all(mut conditions: Vec<Condition>) -> Option<Condition> {
    if conditions.len() > 1 {
        return Some(Condition::All(conditions));
    }
    conditions.pop()
}

fn read_list(name: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<Condition>, Fault> {
    let list = value.get_ref().as_array().filter(|list| !list.is_empty());
    let Some(list) = list else {
        let problem = format!("\"{name}\" needs a list of at least one table of conditions");
        return Err(Fault::new(&value.span(), problem));
    };
    list.iter().map(read_when).collect()
}
