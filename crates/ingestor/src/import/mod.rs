//! Imports an export of a service desk: CSV (also gzipped) or XLSX, with a mapping file that says what
//! its columns mean.
//!
//! A file is read twice. The first reading understands every row and stores nothing; what is wrong
//! with the file as a whole comes to light there, and rows that cannot be read go into the file of
//! rejects. The second one stores the rows that count, in batches. Memory holds the keys, not the rows
//! (a workbook is the exception). Importing the same file twice changes nothing, and an older export
//! never overwrites a newer one. Ticket text reaches neither an error nor the file of rejects.

mod dates;
mod effort;
mod encoding;
mod error;
mod extract;
mod file;
mod mapping;
mod rejects;
mod skeleton;
mod survey;
mod workbook;

use std::path::{Path, PathBuf};

use waterline_core::{Clock, TextPolicy, WorkItem, redaction::Redactor};
use waterline_store::{Batch, BatchOutcome, Reject, RunMode, RunOutcome, RunTicket, Store, Traffic};

pub use self::{
    error::ImportError,
    mapping::{Mapping, MappingError},
    skeleton::mapping_wanted,
};
use self::{
    extract::Extractor,
    file::RowFile,
    survey::{RejectedRow, Survey, survey},
};

/// The connector of a source that is filled from files, and its one feed.
const CONNECTOR: &str = "import";
const FEED: &str = "file";

/// Items in one transaction.
const BATCH: usize = 1_000;

/// What to import, and how.
pub struct ImportRequest<'a> {
    /// CSV, TSV, either of them gzipped, or XLSX; told by its content.
    pub path: &'a Path,
    /// Name of the source in the ledger.
    pub source: &'a str,
    /// What the columns mean.
    pub mapping: &'a Mapping,
    /// How much of the text is kept.
    pub text: TextPolicy,
    /// Takes patients and people out of it.
    pub redactor: &'a Redactor,
    /// Where rows that cannot be read are listed; written only when there are any.
    pub rejects: &'a Path,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows in the file that were not blank.
    pub rows: u64,
    /// Different pieces of work in it, whether they could be read or not.
    pub items: u64,
    /// Not held before.
    pub added: u64,
    /// Held in another version before.
    pub changed: u64,
    /// The same version was held already.
    pub unchanged: u64,
    /// Older than what is held, so left alone.
    pub stale: u64,
    /// Rows that were not stored.
    pub rejected: u64,
    /// Lists them.
    pub rejects_file: Option<PathBuf>,
    /// Sentences for the person who imports, on what was left out.
    pub notes: Vec<String>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// Of `bytes_total`.
    pub bytes_read: u64,
    /// Twice the size of the file, which is read twice.
    pub bytes_total: u64,
    /// Rows understood (first reading) or stored (second reading).
    pub rows: u64,
}

/// Imports one file. The file is read on the calling task, between writes.
pub async fn import_file(
    store: &Store,
    request: ImportRequest<'_>,
    clock: &Clock,
    progress: &(dyn Fn(ImportProgress) + Send + Sync),
) -> Result<ImportReport, ImportError> {
    let file = RowFile::open(request.path, &request.mapping.file)?;
    let mut rows = file.rows()?;
    let extractor = Extractor::new(request.mapping, &file, &rows.header)?;
    let told = |before: u64, read: u64, rows: u64| {
        if rows.is_multiple_of(BATCH as u64) {
            progress(ImportProgress { bytes_read: before + read, bytes_total: 2 * file.bytes, rows });
        }
    };
    let survey = survey(&mut rows, &extractor, request.mapping.rows, request.redactor, |rows, count| {
        told(0, rows.bytes_read(), count);
    })?;
    let rejects_file = settle_rejects(&file, &survey, request.rejects)?;
    let import = Import { store, request: &request, clock, file: &file, survey: &survey };
    let outcome = import.run(&extractor, |read, count| told(file.bytes, read, count)).await?;
    Ok(ImportReport {
        rows: survey.rows,
        items: survey.items,
        added: outcome.added,
        changed: outcome.changed,
        unchanged: outcome.unchanged,
        stale: outcome.stale,
        rejected: survey.rejects.len() as u64,
        rejects_file,
        notes: import.notes(),
    })
}

/// Writes the file of rejects where there are any. Refuses a file of which nothing is left.
fn settle_rejects(file: &RowFile, survey: &Survey, path: &Path) -> Result<Option<PathBuf>, ImportError> {
    if survey.rows == 0 {
        return Err(ImportError::file(&file.name, "has a header and no rows"));
    }
    let Some(first) = survey.rejects.first() else { return Ok(None) };
    rejects::write(path, &survey.rejects)
        .map_err(|source| ImportError::Rejects { path: path.to_owned(), source })?;
    if survey.keep.is_empty() {
        return Err(ImportError::NothingReadable {
            file: file.name.clone(),
            rows: survey.rows,
            line: first.line,
            reason: first.reason.clone(),
            rejects: path.to_owned(),
        });
    }
    Ok(Some(path.to_owned()))
}

/// The second reading.
struct Import<'a> {
    store: &'a Store,
    request: &'a ImportRequest<'a>,
    clock: &'a Clock,
    file: &'a RowFile,
    survey: &'a Survey,
}

impl Import<'_> {
    async fn run(
        &self,
        extractor: &Extractor<'_>,
        progress: impl Fn(u64, u64),
    ) -> Result<BatchOutcome, ImportError> {
        let source = self.request.source;
        let source_id = self
            .store
            .register_source(source, CONNECTOR, self.request.text, false, &[FEED], (self.clock)())
            .await?;
        let mode = if self.absence_means_gone() { RunMode::Full } else { RunMode::Incremental };
        let ticket = self
            .store
            .begin_run(source_id, FEED, mode, (self.clock)())
            .await?
            .ok_or_else(|| ImportError::Busy(source.to_owned()))?;
        let written = self.write(&ticket, extractor, progress).await;
        let outcome = match &written {
            Ok(_) => RunOutcome::Drained,
            Err(error) => RunOutcome::Failed(error.to_string()),
        };
        self.store.finish_run(&ticket, outcome, Traffic::default(), (self.clock)()).await?;
        written
    }

    /// A row that cannot be read may be about any item, so a snapshot with rejects proves no absence.
    fn absence_means_gone(&self) -> bool {
        self.request.mapping.snapshot && self.survey.rejects.is_empty()
    }

    async fn write(
        &self,
        ticket: &RunTicket,
        extractor: &Extractor<'_>,
        progress: impl Fn(u64, u64),
    ) -> Result<BatchOutcome, ImportError> {
        let mut sum = BatchOutcome::default();
        let mut rejects = self.survey.rejects.iter().map(|reject| self.quarantined(reject));
        let mut items = Vec::with_capacity(BATCH);
        let (mut kept, mut read) = (0, 0);
        let mut rows = self.file.rows()?;
        while let Some(row) = rows.next()? {
            read += 1;
            if self.survey.keep.contains(&row.number) {
                kept += 1;
                let item = self.item(extractor, &row).map_err(|_| self.changed())?;
                items.push(self.redacted(item));
            }
            if items.len() == BATCH {
                let batch = Batch {
                    items: std::mem::take(&mut items),
                    rejects: rejects.by_ref().take(BATCH).collect(),
                    ..Batch::default()
                };
                self.send(ticket, batch, &mut sum).await?;
            }
            progress(rows.bytes_read(), read);
        }
        if kept != self.survey.keep.len() {
            return Err(self.changed());
        }
        loop {
            let mut batch = Batch {
                items: std::mem::take(&mut items),
                rejects: rejects.by_ref().take(BATCH).collect(),
                ..Batch::default()
            };
            let last = batch.rejects.len() < BATCH;
            // Only a snapshot knows how much the source has; another file is a part of unknown size.
            batch.upstream_total = (last && self.request.mapping.snapshot).then_some(self.survey.items);
            self.send(ticket, batch, &mut sum).await?;
            if last {
                break;
            }
        }
        self.store.refresh_estimates().await?;
        Ok(sum)
    }

    async fn send(
        &self,
        ticket: &RunTicket,
        batch: Batch,
        sum: &mut BatchOutcome,
    ) -> Result<(), ImportError> {
        let outcome = self.store.write_batch(ticket, batch, (self.clock)()).await?;
        sum.added += outcome.added;
        sum.changed += outcome.changed;
        sum.unchanged += outcome.unchanged;
        sum.stale += outcome.stale;
        Ok(())
    }

    fn item(&self, extractor: &Extractor<'_>, row: &file::Row) -> Result<WorkItem, String> {
        extractor.item(row, extractor.key(row)?, extractor.updated_at(row)?)
    }

    fn redacted(&self, mut item: WorkItem) -> WorkItem {
        self.request.redactor.apply(&mut item, self.request.text);
        item
    }

    /// Under the row's key, so that a later import of a readable version clears it; under its place
    /// where it has no key, or where another row of the same key is stored.
    fn quarantined(&self, reject: &RejectedRow) -> Reject {
        let record = match &reject.record {
            Some(key) if !reject.item_stored => key.clone(),
            _ => format!("{} line {}", self.file.name, reject.line),
        };
        Reject { record, reason: reject.reason.clone() }
    }

    fn changed(&self) -> ImportError {
        ImportError::Changed { file: self.file.name.clone() }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.file.notes().to_vec();
        if self.request.mapping.snapshot && !self.absence_means_gone() {
            notes.push(
                "Items that the file lacks were not marked as gone, because some of its rows could not be read."
                    .to_owned(),
            );
        }
        notes
    }
}
