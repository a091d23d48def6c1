use std::{fs::File, path::Path, time::Instant};

use anyhow::{Context, anyhow, bail};
use chrono::DateTime;
use serde::Serialize;
use waterline_core::{
    CategoryId, Kind, Side, State, WorkItem,
    model::{Evaluation, Example, Labelled, Model},
};

use crate::{args::Evaluate, failure::WrongUse, output};

/// The same files give the same figures.
const SEED: u64 = 1;

/// What is printed, in this order.
#[derive(Serialize)]
struct Printed {
    n: usize,
    accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    calibration_error: f64,
    items_per_second: f64,
}

pub(crate) fn run(evaluate: &Evaluate) -> anyhow::Result<()> {
    let train = read(&evaluate.train, evaluate)?;
    let test = read(&evaluate.test, evaluate)?;
    let examples: Vec<Example<'_>> = train.iter().map(Row::example).collect();
    let model = Model::train(&examples, SEED).with_context(|| {
        format!("{}, column \"{}\": nothing to learn", evaluate.train.display(), evaluate.label)
    })?;
    let visible = category(Side::Visible);
    let start = Instant::now();
    let answers: Vec<(bool, f64)> = test.iter().map(|row| model.is_of(&row.item, &visible)).collect();
    let seconds = start.elapsed().as_secs_f64();
    let labels: Vec<Labelled> = test.iter().zip(answers).map(|(row, answer)| row.labelled(answer)).collect();
    let Some(found) = Evaluation::new(&labels) else {
        bail!(no_rows(&evaluate.test));
    };
    let printed = Printed {
        n: found.n,
        accuracy: found.accuracy,
        precision: found.precision,
        recall: found.recall,
        f1: found.f1,
        calibration_error: found.calibration_error,
        // A clock may be too coarse for a few rows.
        items_per_second: (found.n as f64 / seconds.max(1e-9)).round(),
    };
    Ok(output::print(serde_json::to_string(&printed)?)?)
}

/// A row of a file.
struct Row {
    item: WorkItem,
    side: Side,
}

impl Row {
    fn example(&self) -> Example<'_> {
        Example { item: &self.item, category: category(self.side) }
    }

    fn labelled(&self, (visible, probability): (bool, f64)) -> Labelled {
        let (said, confidence) =
            if visible { (Side::Visible, probability) } else { (Side::Ktlo, 1.0 - probability) };
        Labelled { truth: self.side, said, confidence }
    }
}

/// There are no categories in these files, so each side is one.
fn category(side: Side) -> CategoryId {
    CategoryId::new(side.as_str())
}

/// Reads a file whole.
fn read(path: &Path, evaluate: &Evaluate) -> anyhow::Result<Vec<Row>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().map_err(|error| unreadable(path, &error))?;
    // Spreadsheets put a byte order mark before the first name.
    let names: Vec<String> =
        header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    if names.is_empty() {
        bail!("{shown} is empty; it needs a line with the names of its columns, and rows below");
    }
    let place = |name: &str| {
        let wrong =
            || WrongUse(format!("{shown} has no column \"{name}\"; its columns are: {}", names.join(", ")));
        names.iter().position(|other| other == name.trim()).ok_or_else(wrong)
    };
    let label = place(&evaluate.label)?;
    let texts = evaluate.text.iter().map(|name| place(name)).collect::<Result<Vec<usize>, _>>()?;
    if texts.contains(&label) {
        let name = &names[label];
        return Err(WrongUse(format!("\"{name}\" is the label; as --text it would give itself away")).into());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(path, &error))?;
        let said = record.get(label).unwrap_or_default().trim();
        let Some(side) = [Side::Visible, Side::Ktlo].into_iter().find(|side| side.as_str() == said) else {
            let line = record.position().map_or(0, csv::Position::line);
            let name = &names[label];
            bail!("{shown}, line {line}, column \"{name}\": \"{said}\" is neither visible nor ktlo");
        };
        let mut texts = texts.iter().map(|&text| record.get(text).unwrap_or_default());
        let title = texts.next().unwrap_or_default().to_owned();
        rows.push(Row { item: item(title, texts.collect::<Vec<_>>().join("\n")), side });
    }
    if rows.is_empty() {
        bail!(no_rows(path));
    }
    Ok(rows)
}

fn no_rows(path: &Path) -> String {
    format!("{} has no rows below the names of its columns", path.display())
}

/// A work item of which nothing but its text is known.
fn item(title: String, description: String) -> WorkItem {
    WorkItem {
        external_id: String::new(),
        reference: String::new(),
        kind: Kind::Task,
        title: Some(title),
        description: Some(description),
        state: State::Open,
        department: None,
        team: None,
        system: None,
        priority: None,
        source_category: None,
        labels: Vec::new(),
        source_status: None,
        parent: None,
        opened_at: DateTime::UNIX_EPOCH,
        finished_at: None,
        updated_at: DateTime::UNIX_EPOCH,
        logged: Vec::new(),
    }
}

/// The csv crate counts fields and bytes; people look at lines.
fn unreadable(path: &Path, error: &csv::Error) -> anyhow::Error {
    let shown = path.display();
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            anyhow!(
                "{shown}, line {line}: the row has {len} columns, but the first line names {expected_len}"
            )
        }
        csv::ErrorKind::Utf8 { .. } => {
            anyhow!("{shown}, line {line}: the text is not UTF-8; save the file as \"CSV UTF-8\"")
        }
        _ => anyhow!("cannot read {shown}: {error}"),
    }
}
