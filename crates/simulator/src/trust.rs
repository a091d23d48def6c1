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
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use chrono::{DateTime, Datelike};

    use super::*;
    use crate::record::Stage;

    #[test]
    fn calibrate() {
        let t = std::time::Instant::now();
        let trust = trust(1.0);
        eprintln!("{:?} {} size {}", t.elapsed(), trust.len(), std::mem::size_of::<Record>());
        let mut months: BTreeMap<(i32, u32), BTreeMap<&str, (f64, u32)>> = BTreeMap::new();
        for r in trust.all() {
            let Some(done) = r.resolved.or(r.closed) else { continue };
            if r.stage == Stage::Cancelled {
                continue;
            }
            let d = DateTime::from_timestamp(done, 0).unwrap();
            let e = months.entry((d.year(), d.month())).or_default().entry(r.truth().unwrap()).or_default();
            e.0 += f64::from(r.effort) / 3600.0;
            e.1 += 1;
        }
        for (m, cats) in &months {
            let all: f64 = cats.values().map(|v| v.0).sum();
            let n: u32 = cats.values().map(|v| v.1).sum();
            let vis: f64 = VISIBLE.iter().filter_map(|c| cats.get(c)).map(|v| v.0).sum();
            let visn: u32 = VISIBLE.iter().filter_map(|c| cats.get(c)).map(|v| v.1).sum();
            eprint!(
                "{m:?} {n:6} {all:8.0}h share {:5.1}% items {:4.1}% ",
                100.0 * vis / all,
                100.0 * f64::from(visn) / f64::from(n)
            );
            for (c, v) in cats {
                eprint!(" {}:{:.0}", &c[..c.len().min(8)], v.0);
            }
            eprintln!();
        }
        for t in Table::ALL {
            eprintln!("{} {}", t.name(), trust.records(t).len());
        }
        let vague = trust
            .all()
            .filter(|r| {
                r.label() == "Other" || r.label() == "General request" || r.template() == "Change as agreed"
            })
            .count();
        eprintln!(
            "vague {vague} logged {} cancelled {} open {}",
            trust.all().filter(|r| r.logged).count(),
            trust.all().filter(|r| r.stage == Stage::Cancelled).count(),
            trust.all().filter(|r| r.closed.is_none()).count()
        );
        let titles: HashSet<&str> = crate::work::all_work().flat_map(|w| w.titles.iter().copied()).collect();
        eprintln!("templates {}", titles.len());
        for r in trust.all().step_by(9970) {
            eprintln!(
                "  {} {:?} {} | {} | {:?}",
                r.reference(),
                r.truth(),
                r.title(),
                r.team_name(),
                r.department_name()
            );
        }
    }

    const VISIBLE: [&str; 4] = ["new_product", "improvement", "rollout", "advice"];

    fn trust(scale: f64) -> Trust {
        let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
        Trust::generate(TrustSettings { seed: 7, last_day, months: 24, scale })
    }
}
