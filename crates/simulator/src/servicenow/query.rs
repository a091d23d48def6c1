//! Reads an encoded query (`sysparm_query`) as ServiceNow does, which is to say: a clause that it does
//! not understand is left out without a word, and more rows come back than were asked for.

use chrono::{NaiveDate, NaiveDateTime};

use super::fields;
use crate::record::Table;

/// Alternatives (`^NQ`) of conjunctions (`^`) of choices (`^OR`), and an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) branches: Vec<Vec<Choice>>,
    pub(crate) order: Vec<Order>,
    /// Whether a clause was left out.
    pub(crate) malformed: bool,
}

/// Conditions of which one must hold. Without any, all rows pass.
pub(crate) type Choice = Vec<Condition>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) path: String,
    pub(crate) descending: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) path: String,
    pub(crate) operator: Operator,
    pub(crate) operands: Vec<Operand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    IsEmpty,
    IsNotEmpty,
}

/// What to compare with, read once for all rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Instant(i64),
    Id(u128),
    Text(String),
}

/// Longer spellings first, so that `>=` is not read as `>`.
const OPERATORS: &[(&str, Operator)] = &[
    ("ISNOTEMPTY", Operator::IsNotEmpty),
    ("ISEMPTY", Operator::IsEmpty),
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("IN", Operator::In),
];

impl Query {
    pub(crate) fn parse(text: &str, table: Table) -> Self {
        let mut query = Self { branches: vec![Vec::new()], ..Self::default() };
        for clause in text.split('^').filter(|clause| !clause.is_empty() && *clause != "EQ") {
            if let Some(path) = clause.strip_prefix("ORDERBYDESC") {
                query.order_by(path, true, table);
            } else if let Some(path) = clause.strip_prefix("ORDERBY") {
                query.order_by(path, false, table);
            } else if let Some(clause) = clause.strip_prefix("NQ") {
                query.branches.push(Vec::new());
                query.require(clause, table);
            } else if let Some(clause) = clause.strip_prefix("OR") {
                query.or(clause, table);
            } else {
                query.require(clause, table);
            }
        }
        query
    }

    fn order_by(&mut self, path: &str, descending: bool, table: Table) {
        if fields::is_known(table, path) {
            self.order.push(Order { path: path.to_owned(), descending });
        } else {
            self.malformed = true;
        }
    }

    /// One more condition that must hold. An unreadable one leaves an empty choice, so that an `^OR`
    /// after it does not fall to the condition before.
    fn require(&mut self, clause: &str, table: Table) {
        let condition = Condition::parse(clause, table);
        self.malformed |= condition.is_none();
        if let Some(branch) = self.branches.last_mut() {
            branch.push(condition.into_iter().collect());
        }
    }

    fn or(&mut self, clause: &str, table: Table) {
        let choice = self.branches.last_mut().and_then(|branch| branch.last_mut());
        match (Condition::parse(clause, table), choice) {
            (Some(condition), Some(choice)) => choice.push(condition),
            _ => self.malformed = true,
        }
    }
}

impl Condition {
    /// `None` where the field or the operator is unknown, or a time is none.
    fn parse(clause: &str, table: Table) -> Option<Self> {
        let end = clause.find(|letter: char| {
            !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter))
        })?;
        let (path, rest) = clause.split_at(end);
        let (spelling, operator) = OPERATORS.iter().find(|(spelling, _)| rest.starts_with(spelling))?;
        if !fields::is_known(table, path) {
            return None;
        }
        let rest = rest.strip_prefix(spelling)?;
        let operands = match operator {
            Operator::IsEmpty | Operator::IsNotEmpty => Vec::new(),
            Operator::In => rest.split(',').map(|part| operand(path, part.trim())).collect::<Option<_>>()?,
            _ => vec![operand(path, rest)?],
        };
        Some(Self { path: path.to_owned(), operator: *operator, operands })
    }
}

fn operand(path: &str, text: &str) -> Option<Operand> {
    if fields::is_instant(path) && !text.is_empty() {
        return instant(text).map(Operand::Instant);
    }
    if path == "sys_id" && text.len() == 32 {
        return Some(
            u128::from_str_radix(text, 16).map_or_else(|_| Operand::Text(text.to_owned()), Operand::Id),
        );
    }
    Some(Operand::Text(text.to_owned()))
}

/// Times in a query are UTC, written as `2026-11-01 09:00:00`; a date alone is its first second.
fn instant(text: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .or_else(|_| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(chrono::NaiveTime::MIN))
        })
        .ok()
        .map(|time| time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, Table::Incident)
    }

    #[test]
    fn a_keyset_is_two_branches_in_one_order() {
        let id = "0".repeat(31) + "a";
        let query = parse(&format!(
            "sys_updated_on=2026-11-01 09:00:00^sys_id>{id}^NQsys_updated_on>2026-11-01 09:00:00\
             ^ORDERBYsys_updated_on^ORDERBYsys_id"
        ));
        assert_eq!(query.branches.len(), 2);
        assert_eq!(query.branches[0][1][0].operands, [Operand::Id(10)]);
        assert_eq!(query.branches[1][0][0].operator, Operator::Greater);
        assert_eq!(query.order.len(), 2);
        assert!(!query.malformed);
    }

    #[test]
    fn or_belongs_to_the_condition_before_it() {
        let query = parse("active=true^state=1^ORstate=2^priorityIN1,2");
        let sizes: Vec<usize> = query.branches[0].iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 2, 1]);
        assert_eq!(query.branches[0][2][0].operands.len(), 2);
    }

    #[test]
    fn what_it_does_not_understand_it_leaves_out() {
        for text in ["sys_updated>2026-11-01", "sys_updated_on>=yesterday", "stateWHATEVER3", "nonsense"] {
            let query = parse(text);
            assert!(query.malformed, "{text}");
            assert_eq!(query.branches, [vec![Vec::new()]], "{text}");
        }
    }
}
