//! Files that are wrong as a whole: one sentence, and nothing is stored.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::{Bench, MAPPING, counts, table::HEADER};

const ROW: &str = "R1,Fault,Café,New,,,,01/07/2026 09:00,,,01/07/2026 11:00,\n";

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn files_that_are_wrong_as_a_whole_are_refused_in_a_sentence() {
    let bench = Bench::new().await;
    let refusal = async |name: &str, bytes: &[u8]| bench.refusal(MAPPING, name, bytes).await;
    insta::assert_snapshot!(refusal("empty.csv", b"").await, @"empty.csv is empty");
    insta::assert_snapshot!(refusal("blank.csv", b"\n\n,,\n").await, @"blank.csv is empty");
    insta::assert_snapshot!(refusal("packed-empty.csv.gz", &gzip("")).await, @"packed-empty.csv.gz is empty");
    insta::assert_snapshot!(refusal("header.csv", HEADER.as_bytes()).await, @"header.csv has a header and no rows");
    insta::assert_snapshot!(refusal("page.csv", b"<!DOCTYPE html><html>").await, @"page.csv is a web page, perhaps the service desk's sign-in page; sign in and export the list again");
    insta::assert_snapshot!(refusal("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1").await, @"old.xls is an old Excel or a password-protected workbook; save it as .xlsx or CSV");
    insta::assert_snapshot!(refusal("broken.xlsx", b"PK\x03\x04 and no more").await, @"broken.xlsx is not a workbook that can be read: Zip error: invalid Zip archive: Could not find EOCD");
    insta::assert_snapshot!(refusal("other.csv", b"Number,Subject\nR1,x\n").await, @r#"other.csv has no column "Type", which the mapping names for fields.kind; its columns are Number, Subject"#);
    insta::assert_snapshot!(refusal("semicolons.csv", HEADER.replace(',', ";").as_bytes()).await, @r#"semicolons.csv has no column "Number", which the mapping names for fields.external_id; its columns are Number;Type;Subject;State;Ward;Directorate;Priority;Opened;Resolved;Closed;Updated;Minutes (one only: perhaps file.delimiter is not what it should be)"#);
    let twice = HEADER.replace("Ward", "Subject");
    insta::assert_snapshot!(refusal("twice.csv", format!("{twice}{ROW}").as_bytes()).await, @r#"twice.csv has more than one column "Subject", so which one fields.title means is open; rename one of them"#);
    insta::assert_snapshot!(refusal("nul.csv", b"Num\0ber,x\n1,2\n").await, @"nul.csv, line 1: the header holds a NUL character; the file is damaged or not a text file");
    let unknown = ROW.replace("New", "Lost");
    insta::assert_snapshot!(refusal("lost.csv", format!("{HEADER}{unknown}").as_bytes()).await, @r#"none of the 1 rows of lost.csv could be read; the first is line 2: state: "Lost" is not in fields.state.values (FOLDER/rejects.csv lists them all)"#);
}

#[tokio::test]
async fn a_file_that_is_not_there_or_a_folder_is_named() {
    let bench = Bench::new().await;
    let missing = bench.import_path(MAPPING, bench.folder.path().join("no.csv")).await.unwrap_err();
    assert_eq!(missing.to_string(), "cannot read no.csv");
    let folder = bench.import_path(MAPPING, bench.folder.path().to_owned()).await.unwrap_err();
    assert!(folder.to_string().ends_with(" is a folder; name a file in it"), "{folder}");
}

#[tokio::test]
async fn compressed_data_that_is_cut_short_or_damaged_stores_nothing() {
    let bench = Bench::new().await;
    let rows: String = (0..5_000).map(|n| ROW.replace("R1", &format!("R{}", n * 7_919 % 5_000))).collect();
    let whole = gzip(&format!("{HEADER}{rows}"));
    let cut = bench.refusal(MAPPING, "requests.csv.gz", &whole[..whole.len() - 40]).await;
    insta::assert_snapshot!(cut, @"requests.csv.gz is cut short: its compressed data ends in the middle; fetch or copy it again");
    let mut damaged = whole.clone();
    let end = damaged.len() - 8;
    damaged[end] ^= 0xff;
    insta::assert_snapshot!(bench.refusal(MAPPING, "requests.csv.gz", &damaged).await, @"requests.csv.gz holds damaged compressed data; fetch or copy it again");
    let report = bench.import(MAPPING, "requests.csv.gz", &whole).await.unwrap();
    assert_eq!(counts(&report), (5_000, 0, 0, 0, 0));
}

#[tokio::test]
async fn every_encoding_gives_the_same_items() {
    let text = format!("{HEADER}{ROW}");
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [text.clone().into_bytes(), [b"\xff\xfe".to_vec(), utf_16].concat(), windows, gzip(&text)] {
        let bench = Bench::new().await;
        bench.import(MAPPING, "requests.csv", &bytes).await.unwrap();
        assert_eq!(bench.held().await["R1"].title.as_deref(), Some("Café"));
    }
}

#[tokio::test]
async fn tabs_are_read_in_a_file_that_is_named_for_them() {
    let bench = Bench::new().await;
    let text = format!("{HEADER}{ROW}").replace(',', "\t");
    let report = bench.import(MAPPING, "requests.tsv", text.as_bytes()).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0, 0));
}

fn import_bytes(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new().await;
        let first = bench.import(MAPPING, "requests.csv", bytes).await;
        let second = bench.import(MAPPING, "requests.csv", bytes).await;
        match (first, second) {
            (Ok(first), Ok(second)) => {
                assert_eq!((second.added, second.changed, second.stale), (0, 0, 0));
                assert_eq!(second.unchanged, first.added);
                assert_eq!(first.added + first.rejected, first.rows);
            }
            (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
            (first, second) => panic!("not the same twice: {first:?} and {second:?}"),
        }
    });
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn any_bytes_under_a_good_header_are_read_or_refused(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)
    ) {
        import_bytes(&[HEADER.as_bytes(), &bytes].concat());
        import_bytes(&bytes);
    }

    #[test]
    fn any_rows_give_the_same_twice(
        rows in proptest::collection::vec((0..9u8, "(New|Closed|Lost|)", 0..29u8, "[0-9]{0,3}", "[a-z\",\n]{0,5}"), 1..30)
    ) {
        let rows: String = rows
            .into_iter()
            .map(|(id, state, day, minutes, text)| {
                format!("R{id},Fault,{text},{state},,,,01/07/2026 09:00,0{}/07/2026 10:00,,{day}/07/2026 11:00,{minutes}\n", day % 9)
            })
            .collect();
        import_bytes(format!("{HEADER}{rows}").as_bytes());
    }
}
