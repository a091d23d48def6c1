use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::NaiveDate;

use crate::args::Demo;

/// The demo's database. Its name says which trust it holds, because a trust that ends on another day, or
/// has another size, has other tickets.
pub(super) struct Ledger {
    pub(super) file: PathBuf,
    pub(super) last_day: NaiveDate,
}

impl Ledger {
    fn new(folder: &Path, last_day: NaiveDate, scale: f64) -> Self {
        Self { file: folder.join(format!("{last_day}{}", ending(scale))), last_day }
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.file.display())
    }
}

fn ending(scale: f64) -> String {
    format!("-scale-{scale}.db")
}

/// The newest database of this scale, so that what was tagged by hand stays; else, or when asked to
/// begin afresh, a new one for the trust that ends yesterday.
pub(super) fn ledger(demo: &Demo, yesterday: NaiveDate) -> anyhow::Result<Ledger> {
    let folder = &demo.data;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let ending = ending(demo.scale);
    let held =
        days_held(folder, &ending).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    if !demo.fresh {
        let last_day = held.into_iter().max().unwrap_or(yesterday);
        return Ok(Ledger::new(folder, last_day, demo.scale));
    }
    for last_day in held {
        let file = Ledger::new(folder, last_day, demo.scale).file;
        // SQLite's two companions are there only while, or after, somebody used it.
        for file in [file.with_extension("db-wal"), file.with_extension("db-shm"), file] {
            if file.exists() {
                fs::remove_file(&file).with_context(|| format!("cannot delete {}", file.display()))?;
            }
        }
    }
    Ok(Ledger::new(folder, yesterday, demo.scale))
}

fn days_held(folder: &Path, ending: &str) -> std::io::Result<Vec<NaiveDate>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let day: Option<NaiveDate> =
            name.to_str().and_then(|name| name.strip_suffix(ending)).and_then(|day| day.parse().ok());
        days.extend(day);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_demo_goes_on_with_its_trust_until_it_is_told_to_begin_afresh() {
        let folder = tempfile::tempdir().unwrap();
        let demo = |fresh, scale| Demo { port: 0, data: folder.path().join("demo"), fresh, scale };
        let name = |ledger: &Ledger| ledger.file.file_name().unwrap().to_str().unwrap().to_owned();

        let first = ledger(&demo(false, 1.0), day("2026-11-01")).unwrap();
        assert_eq!(name(&first), "2026-11-01-scale-1.db");
        fs::write(&first.file, "").unwrap();
        fs::write(first.file.with_extension("db-wal"), "").unwrap();
        fs::write(folder.path().join("demo/notes.txt"), "mine").unwrap();

        assert_eq!(ledger(&demo(false, 1.0), day("2026-11-09")).unwrap().last_day, day("2026-11-01"));
        assert_eq!(ledger(&demo(true, 0.5), day("2026-11-09")).unwrap().last_day, day("2026-11-09"));
        assert!(first.file.exists());

        let fresh = ledger(&demo(true, 1.0), day("2026-11-09")).unwrap();
        assert_eq!(name(&fresh), "2026-11-09-scale-1.db");
        let left: Vec<_> = fs::read_dir(folder.path().join("demo")).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
