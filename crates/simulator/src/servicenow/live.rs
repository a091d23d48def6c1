//! The tables as they stand now: they begin as the trust's and can be changed while somebody pages.

use std::{collections::HashMap, ops::Range};

use super::{
    fields::{self, Value},
    query::{Condition, Operand, Operator, Order, Query},
};
use crate::{
    record::{Record, Table},
    trust::Trust,
};

type Key = (i64, u128);

/// Each table sorted by `(updated, sys_id)`, so that a page in that order costs one binary search.
pub(crate) struct Live {
    tables: [Vec<Record>; Table::ALL.len()],
    /// Where to search for a record: positions shift with every change, keys do not.
    keys: HashMap<u128, (Table, i64)>,
}

/// The rows that a request gets to see, before the ACLs.
pub(crate) struct Page<'a> {
    pub(crate) rows: Vec<&'a Record>,
    /// How many there are in all; `None` where nobody wanted to know.
    pub(crate) total: Option<usize>,
    /// Whether there are any behind this page.
    pub(crate) more: bool,
}

/// Which rows of the answer are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) counted: bool,
}

impl Live {
    pub(crate) fn new(trust: &Trust) -> Self {
        let keys = trust.all().map(|record| (record.sys_id, (record.table, record.updated))).collect();
        Self { tables: Table::ALL.map(|table| trust.records(table).to_vec()), keys }
    }

    pub(crate) fn records(&self, table: Table) -> &[Record] {
        &self.tables[table as usize]
    }

    pub(crate) fn by_id(&self, id: u128) -> Option<&Record> {
        let (table, updated) = self.keys.get(&id)?;
        let records = self.records(*table);
        let at = records.binary_search_by_key(&(*updated, id), Record::key).ok()?;
        records.get(at)
    }

    /// By number or by 32 hexadecimal digits.
    pub(crate) fn find(&self, name: &str) -> Option<&Record> {
        if let Some(record) = u128::from_str_radix(name, 16).ok().and_then(|id| self.by_id(id)) {
            return Some(record);
        }
        let table = Table::ALL.into_iter().find(|table| name.starts_with(table.prefix()))?;
        let number: u32 = name.strip_prefix(table.prefix())?.parse().ok()?;
        self.records(table).iter().find(|record| record.number == number)
    }

    pub(crate) fn put(&mut self, record: Record) {
        self.remove(record.sys_id);
        self.keys.insert(record.sys_id, (record.table, record.updated));
        let records = &mut self.tables[record.table as usize];
        let at = records.partition_point(|other| other.key() < record.key());
        records.insert(at, record);
    }

    pub(crate) fn remove(&mut self, id: u128) -> Option<Record> {
        let (table, updated) = self.keys.remove(&id)?;
        let records = &mut self.tables[table as usize];
        let at = records.binary_search_by_key(&(updated, id), Record::key).ok()?;
        Some(records.remove(at))
    }

    pub(crate) fn page(&self, table: Table, query: &Query, window: Window) -> Page<'_> {
        let records = self.records(table);
        let (ranges, exact) = ranges(records, query);
        if !is_stored_order(&query.order) {
            return self.sorted_page(records, query, window);
        }
        if exact {
            return cut(records, &ranges, window);
        }
        let mut matches = ranges
            .into_iter()
            .flat_map(|range| records.get(range).unwrap_or_default())
            .filter(|record| self.passes(record, query));
        let rows: Vec<&Record> = matches.by_ref().skip(window.offset).take(window.limit).collect();
        let behind = if window.counted { matches.count() } else { usize::from(matches.next().is_some()) };
        // Where the offset lies beyond the end, nobody has counted what it skipped.
        let total = if rows.is_empty() && window.offset > 0 {
            records.iter().filter(|record| self.passes(record, query)).count()
        } else {
            window.offset + rows.len() + behind
        };
        Page { rows, total: window.counted.then_some(total), more: behind > 0 }
    }

    /// The general case: look at every row, then sort.
    fn sorted_page<'a>(&'a self, records: &'a [Record], query: &Query, window: Window) -> Page<'a> {
        let keys = |record| query.order.iter().map(|order| SortKey::of(self, record, &order.path)).collect();
        let mut found: Vec<(Vec<SortKey>, &Record)> = records
            .iter()
            .filter(|record| self.passes(record, query))
            .map(|record| (keys(record), record))
            .collect();
        found.sort_by(|(left, _), (right, _)| {
            let ordered = query.order.iter().zip(left.iter().zip(right));
            let compared = ordered.map(
                |(order, (left, right))| {
                    if order.descending { right.cmp(left) } else { left.cmp(right) }
                },
            );
            compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        let total = found.len();
        let rows: Vec<&Record> =
            found.into_iter().skip(window.offset).take(window.limit).map(|(_, record)| record).collect();
        let more = window.offset + rows.len() < total && !rows.is_empty();
        Page { rows, total: window.counted.then_some(total), more }
    }

    fn passes(&self, record: &Record, query: &Query) -> bool {
        query.branches.iter().any(|branch| {
            branch.iter().all(|choice| {
                choice.is_empty() || choice.iter().any(|condition| self.holds(record, condition))
            })
        })
    }

    fn holds(&self, record: &Record, condition: &Condition) -> bool {
        let value = fields::walk(self, record, &condition.path);
        let compared = |operand: &Operand| compare(&value, operand);
        let first = condition.operands.first().map(compared);
        match condition.operator {
            Operator::IsEmpty => value.raw().is_empty(),
            Operator::IsNotEmpty => !value.raw().is_empty(),
            Operator::In => condition
                .operands
                .iter()
                .any(|operand| compared(operand).is_some_and(std::cmp::Ordering::is_eq)),
            Operator::NotEqual => !first.flatten().is_some_and(std::cmp::Ordering::is_eq),
            Operator::Equal => first.flatten().is_some_and(std::cmp::Ordering::is_eq),
            Operator::Greater => first.flatten().is_some_and(std::cmp::Ordering::is_gt),
            Operator::GreaterOrEqual => first.flatten().is_some_and(std::cmp::Ordering::is_ge),
            Operator::Less => first.flatten().is_some_and(std::cmp::Ordering::is_lt),
            Operator::LessOrEqual => first.flatten().is_some_and(std::cmp::Ordering::is_le),
        }
    }
}

/// `None` where the two cannot be compared: an empty time is neither before nor after anything.
fn compare(value: &Value<'_>, operand: &Operand) -> Option<std::cmp::Ordering> {
    match (value, operand) {
        (Value::Instant(at), Operand::Instant(other)) => Some(at.cmp(other)),
        (_, Operand::Instant(_)) => None,
        (value, Operand::Id(id)) => Some(value.raw().as_ref().cmp(format!("{id:032x}").as_str())),
        (value, Operand::Text(text)) => {
            let raw = value.raw();
            match (raw.parse::<i64>(), text.parse::<i64>()) {
                (Ok(number), Ok(other)) => Some(number.cmp(&other)),
                _ => Some(raw.as_ref().cmp(text)),
            }
        }
    }
}

/// What rows are sorted by: instants and numbers by size, the rest as text.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(i64),
    Text(String),
}

impl SortKey {
    fn of(live: &Live, record: &Record, path: &str) -> Self {
        match fields::walk(live, record, path) {
            Value::Instant(at) => Self::Number(at),
            value => match value.raw().parse() {
                Ok(number) if path != "sys_id" => Self::Number(number),
                _ => Self::Text(value.raw().into_owned()),
            },
        }
    }
}

/// No order at all means the stored one here; the real one promises nothing then.
fn is_stored_order(order: &[Order]) -> bool {
    let ascending = order.iter().all(|order| !order.descending);
    let paths: Vec<&str> = order.iter().map(|order| order.path.as_str()).collect();
    ascending && matches!(paths[..], [] | ["sys_updated_on"] | ["sys_updated_on", "sys_id", ..])
}

/// The stretches of the table in which matches can lie, and whether every row in them matches.
fn ranges(records: &[Record], query: &Query) -> (Vec<Range<usize>>, bool) {
    let mut exact = true;
    let mut found = Vec::with_capacity(query.branches.len());
    for branch in &query.branches {
        let (bounds, branch_is_exact) = bounds(branch);
        exact &= branch_is_exact;
        let from = records.partition_point(|record| record.key() < bounds.start);
        let to = records.partition_point(|record| record.key() < bounds.end);
        found.push(from..to.max(from));
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    (merged, exact)
}

/// The keys from and up to which a conjunction can match, and whether it says nothing else.
fn bounds(branch: &[Vec<Condition>]) -> (Range<Key>, bool) {
    let mut bounds = (i64::MIN, 0)..(i64::MAX, u128::MAX);
    let mut exact = true;
    for choice in branch.iter().filter(|choice| !choice.is_empty()) {
        let moment = match &choice[..] {
            [Condition { path, operator, operands }] if path == "sys_updated_on" => match operands[..] {
                [Operand::Instant(at)] => Some((*operator, at)),
                _ => None,
            },
            _ => None,
        };
        match moment {
            Some((operator, at)) => exact &= narrow(&mut bounds, operator, (at, 0), (at + 1, 0)),
            None => exact &= choice.len() == 1 && choice[0].path == "sys_id",
        }
    }
    // Within one second the rows are sorted by their identity, and only there.
    let second = bounds.start.0;
    let one_second = bounds.end == (second.saturating_add(1), 0);
    for condition in branch.iter().filter_map(|choice| match &choice[..] {
        [condition] if condition.path == "sys_id" => Some(condition),
        _ => None,
    }) {
        match condition.operands[..] {
            [Operand::Id(id)] if one_second => {
                let next = id.checked_add(1).map_or((second + 1, 0), |next| (second, next));
                exact &= narrow(&mut bounds, condition.operator, (second, id), next);
            }
            _ => exact = false,
        }
    }
    (bounds, exact)
}

/// Narrows the bounds to keys that compare so with those from `key` up to `next`; whether it could.
fn narrow(bounds: &mut Range<Key>, operator: Operator, key: Key, next: Key) -> bool {
    let (from, to) = match operator {
        Operator::Equal => (Some(key), Some(next)),
        Operator::Greater => (Some(next), None),
        Operator::GreaterOrEqual => (Some(key), None),
        Operator::Less => (None, Some(key)),
        Operator::LessOrEqual => (None, Some(next)),
        _ => return false,
    };
    bounds.start = from.map_or(bounds.start, |from| from.max(bounds.start));
    bounds.end = to.map_or(bounds.end, |to| to.min(bounds.end));
    true
}

/// A page out of stretches that match altogether, by arithmetic alone.
fn cut<'a>(records: &'a [Record], ranges: &[Range<usize>], window: Window) -> Page<'a> {
    let total: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    let mut skip = window.offset;
    let mut rows = Vec::with_capacity(window.limit.min(total));
    for range in ranges {
        let skipped = skip.min(range.len());
        skip -= skipped;
        let wanted = window.limit - rows.len();
        rows.extend(records.get(range.start + skipped..range.end).unwrap_or_default().iter().take(wanted));
    }
    let more = window.offset.saturating_add(rows.len()) < total;
    Page { rows, total: window.counted.then_some(total), more }
}
