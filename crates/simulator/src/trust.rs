//! A trust that does not exist, and the records of its IT department's work.

use std::collections::HashMap;

use chrono::NaiveDate;
use waterline_core::CategoryId;

use crate::{
    generator,
    record::{Record, Table},
};

/// Which trust to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrustSettings {
    /// The same seed gives the same trust.
    pub seed: u64,
    /// The last day that has records. Hand in yesterday where the records must lie in the past.
    pub last_day: NaiveDate,
    /// How many whole months there are; where `last_day` ends no month, its part of a month is extra.
    pub months: u32,
    /// 1 is about 200,000 records in 24 months.
    pub scale: f64,
}

/// The trust: its records by table, each table in the order of `(updated, sys_id)`.
#[derive(Debug, PartialEq)]
pub struct Trust {
    tables: [Vec<Record>; Table::ALL.len()],
    truths: HashMap<u128, &'static str>,
}

impl Trust {
    /// Lives through all those months, day by day.
    pub fn generate(settings: TrustSettings) -> Self {
        let records = generator::records(settings);
        let truths = records.iter().filter_map(|record| Some((record.sys_id, record.truth()?))).collect();
        let mut tables: [Vec<Record>; Table::ALL.len()] = Default::default();
        for record in records {
            tables[record.table as usize].push(record);
        }
        for table in &mut tables {
            table.sort_unstable_by_key(Record::key);
            table.shrink_to_fit();
        }
        Self { tables, truths }
    }

    /// All records of a table.
    pub fn records(&self, table: Table) -> &[Record] {
        &self.tables[table as usize]
    }

    /// All records.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.tables.iter().flatten()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.truths.len()
    }

    /// Whether there are none, as with no months.
    pub fn is_empty(&self) -> bool {
        self.truths.is_empty()
    }

    /// The category to which the record truly belongs, by its 32 hexadecimal digits. The simulated
    /// service desk never tells: this is for measuring how well classification does.
    pub fn truth(&self, sys_id: &str) -> Option<CategoryId> {
        let id = u128::from_str_radix(sys_id, 16).ok()?;
        self.truths.get(&id).map(|truth| CategoryId::new(*truth))
    }
}

#[cfg(test)]
mod tests;
