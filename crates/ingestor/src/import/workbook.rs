//! One sheet of a workbook, as the rows of text that an export as CSV would have had.
//!
//! A workbook is read whole, which Excel's limit of a million rows bounds.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read, Seek},
};

use calamine::{DataRef, ExcelDateTime, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use csv::StringRecord;

use super::{dates::WORKBOOK_FORMAT, mapping::SheetChoice};

/// Rows by their number in the sheet, counted from 1.
pub(super) struct SheetRows {
    pub(super) rows: Vec<(u64, StringRecord)>,
    /// Sentences on what was left out.
    pub(super) notes: Vec<String>,
}

/// Reads the chosen sheet; without a choice, the first one that is not hidden. A problem ends a
/// sentence that begins with the file's name.
pub(super) fn read(file: impl Read + Seek, choice: Option<&SheetChoice>) -> Result<SheetRows, String> {
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(|error| problem(&error))?;
    let sheets: Vec<Sheet> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .cloned()
        .collect();
    let chosen = choose(&sheets, choice)?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut cells = workbook.worksheet_cells_reader(&chosen.name).map_err(|error| problem(&error))?;
    // Cell by cell: a table of the whole sheet would cover every empty cell up to the last used one.
    while let Some(cell) = cells.next_cell().map_err(|error| problem(&error))? {
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        let row = rows.entry(row).or_default();
        let column = column as usize;
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text;
    }
    let rows = rows.into_iter().map(|(row, cells)| (u64::from(row) + 1, StringRecord::from(cells))).collect();
    Ok(SheetRows { rows, notes: notes(&sheets, chosen) })
}

fn choose<'a>(sheets: &'a [Sheet], choice: Option<&SheetChoice>) -> Result<&'a Sheet, String> {
    let found = match choice {
        None => sheets.iter().find(|sheet| sheet.visible == SheetVisible::Visible),
        Some(SheetChoice::Name(name)) => sheets.iter().find(|sheet| sheet.name == *name),
        Some(SheetChoice::Number(number)) => number.checked_sub(1).and_then(|at| sheets.get(at)),
    };
    found.ok_or_else(|| {
        let names = quoted_names(sheets.iter());
        match choice {
            None => "has no sheet that is not hidden; name one as file.sheet in the mapping".to_owned(),
            Some(SheetChoice::Name(name)) => format!("has no sheet \"{name}\"; its sheets are {names}"),
            Some(SheetChoice::Number(number)) => format!("has no sheet {number}; its sheets are {names}"),
        }
    })
}

fn notes(sheets: &[Sheet], chosen: &Sheet) -> Vec<String> {
    let of = |hidden: bool| {
        sheets
            .iter()
            .filter(move |sheet| sheet.name != chosen.name)
            .filter(move |sheet| (sheet.visible != SheetVisible::Visible) == hidden)
    };
    let mut notes = Vec::new();
    if of(false).next().is_some() {
        notes.push(format!("Read the sheet \"{}\" only; not {}.", chosen.name, quoted_names(of(false))));
    }
    if of(true).next().is_some() {
        notes.push(format!("Hidden and not read: {}.", quoted_names(of(true))));
    }
    if chosen.visible != SheetVisible::Visible {
        notes.push(format!("The sheet \"{}\" is hidden in the workbook.", chosen.name));
    }
    notes
}

fn quoted_names<'a>(sheets: impl Iterator<Item = &'a Sheet>) -> String {
    sheets.map(|sheet| format!("\"{}\"", sheet.name)).collect::<Vec<_>>().join(", ")
}

/// A cell's text. A number that lost its leading zeros stays as it is: what it was is not ours to guess.
fn text_of(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTime(serial) => time_text(*serial),
    }
}

/// Dates and times as text that the readers of dates and of effort (`hh:mm`) understand. A clock time
/// without a day is a duration too: that is how Excel keeps "1:30" as typed.
fn time_text(serial: ExcelDateTime) -> String {
    let days = serial.as_f64();
    if serial.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days * 86_400.0).round() as i64;
        if seconds < 0 {
            return days.to_string();
        }
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    moment(serial).map_or_else(|| days.to_string(), |moment| moment.format(WORKBOOK_FORMAT).to_string())
}

/// To the whole second, as Excel shows it: serials are fractions of a day, and seldom meet one exactly.
fn moment(serial: ExcelDateTime) -> Option<NaiveDateTime> {
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())?;
    let exact = date.and_hms_opt(hour.into(), minute.into(), second.into())?;
    exact.checked_add_signed(TimeDelta::seconds(i64::from(milli >= 500)))
}

fn problem(error: &XlsxError) -> String {
    match error {
        XlsxError::Password => "is protected with a password; save it without".to_owned(),
        error => format!("is not a workbook that can be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn serials_are_dates_in_both_systems_and_times_without_a_day_are_durations() {
        for (serial, kind, from_1904, expected) in [
            (46_204.381_944_444_4, DateTime, false, "2026-07-01T09:10:00"),
            (44_742.381_944_444_4, DateTime, true, "2026-07-01T09:10:00"),
            (46_204.0, DateTime, false, "2026-07-01T00:00:00"),
            (0.0625, DateTime, false, "1:30:00"),
            (1.25, TimeDelta, false, "30:00:00"),
            (-1.5, TimeDelta, false, "-1.5"),
            (60.0, DateTime, false, "60"),
        ] {
            assert_eq!(time_text(ExcelDateTime::new(serial, kind, from_1904)), expected, "{serial}");
        }
    }

    #[test]
    fn numbers_are_written_as_people_type_them() {
        assert_eq!(text_of(&DataRef::Float(42.0)), "42");
        assert_eq!(text_of(&DataRef::Float(0.5)), "0.5");
        assert_eq!(text_of(&DataRef::Error(calamine::CellErrorType::NA)), "");
    }
}
