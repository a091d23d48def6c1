//! XLSX files, written here with another library than the one that reads them.

use chrono::{TimeZone, Utc};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use crate::{Bench, MAPPING, counts, table::HEADER};

fn header(sheet: &mut Worksheet) {
    for (column, name) in (0..).zip(HEADER.trim().split(',')) {
        sheet.write(0, column, name).unwrap();
    }
}

/// A row with a number for a key, dates as Excel holds them, and effort as a number.
fn row(sheet: &mut Worksheet, at: u32, key: f64) {
    let date = Format::new().set_num_format("dd/mm/yy hh:mm");
    let at_nine = |day: u8| ExcelDateTime::from_ymd(2026, 7, day).unwrap().and_hms(9, 10, 0).unwrap();
    sheet.write(at, 0, key).unwrap();
    sheet.write(at, 1, "Fault").unwrap();
    sheet.write(at, 2, "Printer on strike").unwrap();
    sheet.write(at, 3, "Closed").unwrap();
    sheet.write_with_format(at, 7, at_nine(1), &date).unwrap();
    sheet.write_with_format(at, 8, at_nine(2), &date).unwrap();
    sheet.write(at, 10, "03/07/2026 09:10").unwrap();
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_sheet_becomes_items_with_its_dates_and_numbers() {
    let bench = Bench::new().await;
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        header(sheet);
        row(sheet, 1, 42.0);
        sheet.write(1, 11, 90.5).unwrap();
        row(sheet, 3, 43.0);
        sheet.write(3, 3, "Lost").unwrap();
    });
    let report = bench.import(MAPPING, "requests.xlsx", &bytes).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0, 1));
    let held = bench.held().await;
    assert_eq!(held["42"].opened_at, Utc.with_ymd_and_hms(2026, 7, 1, 8, 10, 0).unwrap());
    assert_eq!(held["42"].finished_on.unwrap().to_string(), "2026-07-02");
    assert_eq!(held["42"].seconds, Some(5430));
    insta::assert_snapshot!(std::fs::read_to_string(bench.rejects()).unwrap(), @r#"
    line,record,reason
    4,43,"state: ""Lost"" is not in fields.state.values"
    "#);
    assert_eq!(counts(&bench.import(MAPPING, "requests.xlsx", &bytes).await.unwrap()), (0, 0, 1, 0, 1));
}

#[tokio::test]
async fn the_clock_of_a_workbook_counts_as_hours_and_minutes() {
    let bench = Bench::new().await;
    let mapping = MAPPING.replace("unit = \"minutes\"", "unit = \"hh:mm\"");
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        header(sheet);
        for (at, format, days) in [(1, "hh:mm", 0.0625), (2, "[h]:mm", 1.25)] {
            row(sheet, at, f64::from(at));
            sheet.write_with_format(at, 11, days, &Format::new().set_num_format(format)).unwrap();
        }
    });
    bench.import(&mapping, "requests.xlsx", &bytes).await.unwrap();
    let held = bench.held().await;
    assert_eq!((held["1"].seconds, held["2"].seconds), (Some(5_400), Some(108_000)));
}

#[tokio::test]
async fn the_first_sheet_in_sight_is_read_unless_another_is_named() {
    let bench = Bench::new().await;
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet().set_name("Archive").unwrap();
        header(sheet);
        row(sheet, 1, 1.0);
        sheet.set_hidden(true);
        let sheet = book.add_worksheet().set_name("Requests").unwrap();
        sheet.set_active(true);
        header(sheet);
        row(sheet, 1, 2.0);
        book.add_worksheet().set_name("Notes").unwrap();
    });
    let refusal =
        bench.refusal(&format!("file.sheet = \"Requests 2\"\n{MAPPING}"), "requests.xlsx", &bytes).await;
    insta::assert_snapshot!(refusal, @r#"requests.xlsx has no sheet "Requests 2"; its sheets are "Archive", "Requests", "Notes""#);
    let report = bench.import(MAPPING, "requests.xlsx", &bytes).await.unwrap();
    insta::assert_snapshot!(report.notes.join("\n"), @r#"
    Read the sheet "Requests" only; not "Notes".
    Hidden and not read: "Archive".
    "#);
    assert_eq!(bench.held().await.keys().collect::<Vec<_>>(), ["2"]);
    for choice in ["\"Archive\"", "1"] {
        bench.import(&format!("file.sheet = {choice}\n{MAPPING}"), "requests.xlsx", &bytes).await.unwrap();
        assert_eq!(bench.held().await.len(), 2);
    }
}
