use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, bail};
use waterline_core::redaction::Redactor;
use waterline_ingestor::import::{
    ImportError, ImportProgress, ImportReport, ImportRequest, Mapping, MappingError, import_file,
    mapping_wanted,
};
use waterline_store::Store;

use crate::{
    args::Import,
    clock,
    config::{self, Config},
    failure::WrongUse,
    output,
    progress::{Task, Unit},
    startup,
    stop::Stop,
    words,
};

pub(crate) async fn run(import: &Import, config: &Config) -> anyhow::Result<()> {
    let mapping = mapping(import)?;
    let mut stop = Stop::on_signals()?;
    let store = startup::open_store(config).await?;
    match stop.or(read_in(import, &mapping, config, &store)).await {
        Some(outcome) => outcome,
        None => {
            store.give_leases_back().await?;
            bail!("stopped when asked to; importing the file again goes on where this ended")
        }
    }
}

fn mapping(import: &Import) -> anyhow::Result<Mapping> {
    let Some(path) = &import.mapping else {
        return Err(match mapping_wanted(&import.file) {
            wanted @ ImportError::NoMapping { .. } => WrongUse(wanted.to_string()).into(),
            unreadable => unreadable.into(),
        });
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the mapping file {}", path.display()))?;
    Mapping::parse(&text).map_err(|error| match &error {
        MappingError::Toml(toml) => anyhow::anyhow!(config::toml_sentence(path, &text, toml)),
        other => anyhow::anyhow!("{}: {other}", path.display()),
    })
}

async fn read_in(import: &Import, mapping: &Mapping, config: &Config, store: &Store) -> anyhow::Result<()> {
    // A file says nothing of patterns of its own, so all that the trust ever configured hold.
    let patterns: Vec<String> =
        config.sources.iter().flat_map(|source| source.redact.iter().cloned()).collect();
    let redactor = Redactor::new(&patterns).context("a source's `redact` cannot be used")?;
    let rejects = import.rejects.clone().unwrap_or_else(|| rejects_of(&import.file));
    let request = ImportRequest {
        path: &import.file,
        source: &import.source,
        mapping,
        text: import.text.into(),
        redactor: &redactor,
        rejects: &rejects,
    };
    let task = Mutex::new(Task::begin(import.file.display().to_string(), Unit::Bytes));
    let told = |progress: ImportProgress| {
        let mut task = task.lock().unwrap_or_else(PoisonError::into_inner);
        task.advance(progress.bytes_read, Some(progress.bytes_total));
    };
    let report = import_file(store, request, &clock::system(), &told).await?;
    Ok(output::print(in_words(import, &report))?)
}

/// In the folder where the command runs: the one that the file lies in may not be ours to write in.
fn rejects_of(file: &Path) -> PathBuf {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    PathBuf::from(format!("{name}.rejects.csv"))
}

fn in_words(import: &Import, report: &ImportReport) -> String {
    let count = |number: u64| words::count(i64::try_from(number).unwrap_or(i64::MAX));
    let mut lines = vec![format!(
        "{}: {} rows hold {} items: {} new, {} changed, {} held already, {} older than what is held.",
        import.file.display(),
        count(report.rows),
        count(report.items),
        count(report.added),
        count(report.changed),
        count(report.unchanged),
        count(report.stale)
    )];
    if let Some(file) = &report.rejects_file {
        lines.push(format!(
            "{} rows could not be read; {} lists each with its line and the reason.",
            count(report.rejected),
            file.display()
        ));
    }
    lines.extend(report.notes.iter().cloned());
    lines.join("\n")
}
