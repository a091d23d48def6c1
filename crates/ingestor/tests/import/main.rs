//! Files in, ledger out: imports into a real store.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy takes helpers of integration tests for production code"
)]

mod files;
mod table;
mod uci;
mod versions;
mod workbooks;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use chrono::{TimeZone, Utc};
use waterline_core::{Clock, Kind, ReportingZone, TextPolicy, redaction::Redactor};
use waterline_ingestor::import::{ImportError, ImportReport, ImportRequest, Mapping, import_file};
use waterline_store::{FeedStatus, ItemFilter, ItemView, RuleTexts, Settings, Store};

const MAPPING: &str = include_str!("../fixtures/requests.toml");

/// A store, a folder for files, and everything else that an import needs.
struct Bench {
    folder: tempfile::TempDir,
    store: Store,
    redactor: Redactor,
    text: TextPolicy,
}

fn clock() -> Clock {
    Arc::new(|| Utc.with_ymd_and_hms(2026, 11, 2, 9, 0, 0).unwrap())
}

impl Bench {
    async fn new() -> Self {
        let taxonomy = include_str!("../../../../config/taxonomy.toml").to_owned();
        let settings = Settings {
            url: "sqlite::memory:".to_owned(),
            zone: ReportingZone::default(),
            default_effort: BTreeMap::from([(Kind::Incident, 3600)]),
            first_rules: RuleTexts { taxonomy, rules: String::new() },
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            store: Store::open(settings, clock()()).await.unwrap(),
            redactor: Redactor::new(&[]).unwrap(),
            text: TextPolicy::Title,
        }
    }

    fn rejects(&self) -> PathBuf {
        self.folder.path().join("rejects.csv")
    }

    /// Imports these bytes as a file of this name into the source "desk".
    async fn import(&self, mapping: &str, name: &str, bytes: &[u8]) -> Result<ImportReport, ImportError> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        self.import_path(mapping, path).await
    }

    async fn import_path(&self, mapping: &str, path: PathBuf) -> Result<ImportReport, ImportError> {
        let mapping = Mapping::parse(mapping).unwrap();
        let request = ImportRequest {
            path: &path,
            source: "desk",
            mapping: &mapping,
            text: self.text,
            redactor: &self.redactor,
            rejects: &self.rejects(),
        };
        import_file(&self.store, request, &clock(), &|_| ()).await
    }

    /// The sentence with which an import of these bytes fails. Nothing of it may be held.
    async fn refusal(&self, mapping: &str, name: &str, bytes: &[u8]) -> String {
        let error = self.import(mapping, name, bytes).await.unwrap_err();
        assert!(self.held().await.is_empty(), "{name} left something behind");
        error.to_string().replace(&self.folder.path().display().to_string(), "FOLDER")
    }

    async fn held(&self) -> BTreeMap<String, ItemView> {
        let mut all = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.store.items(&ItemFilter::default(), after.as_deref(), 500).await.unwrap();
            all.extend(page.items.into_iter().map(|item| (item.reference.clone(), item)));
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    async fn feed(&self) -> FeedStatus {
        let mut statuses = self.store.feed_statuses(clock()()).await.unwrap();
        assert_eq!(statuses.len(), 1);
        statuses.remove(0)
    }
}

/// Added, changed, unchanged, stale, rejected.
fn counts(report: &ImportReport) -> (u64, u64, u64, u64, u64) {
    (report.added, report.changed, report.unchanged, report.stale, report.rejected)
}
