//! `waterline evaluate` as a shell sees it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::{fmt::Write, fs, process::Command};

use serde_json::Value;

/// Rows of `title,body,side`, of which so many in ten have a title that tells.
fn rows(count: usize, telling: usize) -> String {
    let mut rows = "\u{feff}title,body,side\n".to_owned();
    for row in 0..count {
        let visible = row % 2 == 0;
        let title = match (row % 10 < telling, visible) {
            (false, _) => "please help",
            (true, true) => "new dashboard for the board, please",
            (true, false) => "password reset",
        };
        let side = if visible { "visible" } else { "ktlo" };
        writeln!(rows, "\"{title}\",\"ward {}\nthanks\",{side}", row % 7).unwrap();
    }
    rows
}

/// Code, standard output and standard error of an evaluation of these files.
fn evaluate(train: &[u8], test: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.csv"), train).unwrap();
    fs::write(folder.path().join("test.csv"), test).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .args(["evaluate", "--train", "train.csv", "--test", "test.csv"])
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const COLUMNS: [&str; 4] = ["--text", "title,body", "--label", "side"];

fn figures(train: &str, test: &str) -> Value {
    let (code, out, error) = evaluate(train.as_bytes(), test.as_bytes(), &COLUMNS);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn one_json_object_is_printed_with_every_figure() {
    let figures = figures(&rows(120, 10), &rows(30, 10));
    let names = ["n", "accuracy", "precision", "recall", "f1", "calibration_error", "items_per_second"];
    assert_eq!(figures.as_object().unwrap().len(), names.len());
    assert!(names.iter().all(|name| figures[name].is_number()), "{figures}");
    assert_eq!((figures["n"].as_u64(), figures["f1"].as_f64()), (Some(30), Some(1.0)));
    assert!(figures["calibration_error"].as_f64().unwrap() < 0.1);
    assert!(figures["items_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn every_row_gets_a_label_and_precision_and_recall_are_those_of_visible() {
    // Most rows tell nothing; half of those are visible, and to name all of them makes the best F1.
    let figures = figures(&rows(600, 4), &rows(300, 4));
    let figure = |name: &str| figures[name].as_f64().unwrap();
    let (precision, recall) = (figure("precision"), figure("recall"));
    assert_eq!(figure("n"), 300.0);
    assert!((figure("f1") - 2.0 * precision * recall / (precision + recall)).abs() < 1e-9);
    assert!(recall > 0.95 && (0.6..0.65).contains(&precision), "{figures}");
}

#[test]
fn the_same_files_give_the_same_figures() {
    let without_speed = || {
        let mut figures = figures(&rows(90, 7), &rows(60, 7));
        figures["items_per_second"].take();
        figures
    };
    assert_eq!(without_speed(), without_speed());
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_name_line_and_column() {
    let good = rows(30, 10);
    let bad_label = "title,body,side\n\"two\nlines\",b,visible\nt,b,maybe\n";
    let cases: [(&str, &str, &str); 8] = [
        ("", &good, "train.csv is empty"),
        (&good, "title,body,side\n", "test.csv has no rows below the names of its columns"),
        (bad_label, &good, "train.csv, line 4, column \"side\": \"maybe\" is neither visible nor ktlo"),
        (&good, "title,body,side\nt,b,\n", "test.csv, line 2, column \"side\": \"\" is neither"),
        (
            &good,
            "title,body,side\nt,visible\n",
            "test.csv, line 2: the row has 2 columns, but the first line names 3",
        ),
        ("title,body,side\na,b,visible\n", &good, "at least 4 tagged items to learn from; there are 1"),
        (
            &"title,body,side\na,b,ktlo\n".replace("a,b,ktlo\n", &"a,b,ktlo\n".repeat(9)),
            &good,
            "are \"ktlo\"",
        ),
        (&good, "title,side\nt,ktlo\n", "test.csv has no column \"body\"; its columns are: title, side"),
    ];
    for (train, test, sentence) in cases {
        let (code, out, error) = evaluate(train.as_bytes(), test.as_bytes(), &COLUMNS);
        assert_eq!((code > 0, out.as_str()), (true, ""), "{error}");
        assert!(error.contains(sentence), "{error}");
    }
    let (code, _, error) = evaluate(good.as_bytes(), b"title,body,side\nt\xff,b,ktlo\n", &COLUMNS);
    assert_eq!(code, 1);
    assert!(error.contains("test.csv, line 2: the text is not UTF-8"), "{error}");
}

#[test]
fn wrong_use_ends_with_2() {
    let good = rows(30, 10);
    let cases: [(&[&str], &str); 4] = [
        (&["--text", "title"], "--label"),
        (&["--label", "side"], "--text"),
        (
            &["--text", "title,words", "--label", "side"],
            "train.csv has no column \"words\"; its columns are: title, body, side",
        ),
        (&["--text", "title,side", "--label", "side"], "\"side\" is the label"),
    ];
    for (arguments, sentence) in cases {
        let (code, out, error) = evaluate(good.as_bytes(), good.as_bytes(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (code, _, error) = {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_waterline"))
            .args(["evaluate", "--train", "nowhere.csv", "--test", "nowhere.csv"])
            .args(COLUMNS)
            .current_dir(folder.path())
            .env_clear()
            .output()
            .unwrap();
        (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(code, 1);
    assert!(error.contains("cannot read nowhere.csv"), "{error}");
}
