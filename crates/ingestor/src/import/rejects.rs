use std::{io, path::Path};

use super::survey::RejectedRow;

/// Writes the rows that were not stored as a CSV file of line, record and reason, over an earlier one.
pub(super) fn write(path: &Path, rejects: &[RejectedRow]) -> io::Result<()> {
    let mut file = csv::Writer::from_path(path).map_err(io::Error::from)?;
    file.write_record(["line", "record", "reason"])?;
    for reject in rejects {
        let record = inert(reject.record.as_deref().unwrap_or_default());
        file.write_record([reject.line.to_string(), record, inert(&reject.reason)])?;
    }
    file.flush()
}

/// Keeps a spreadsheet from running a cell as a formula.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(line: u64, record: Option<&str>, reason: &str) -> RejectedRow {
        RejectedRow { line, record: record.map(str::to_owned), reason: reason.to_owned(), item_stored: false }
    }

    #[test]
    fn rejected_rows_are_listed_and_no_cell_is_a_formula() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects.csv");
        let rejects = [
            rejected(2, Some("INC1"), "state: \"Lost\" is not in fields.state.values"),
            rejected(5, None, "the row has 3 cells, and the header has 7"),
            rejected(9, Some("=HYPERLINK(\"x\")"), "-1 is odd"),
        ];
        write(&path, &rejects).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r#"
        line,record,reason
        2,INC1,"state: ""Lost"" is not in fields.state.values"
        5,,"the row has 3 cells, and the header has 7"
        9,"'=HYPERLINK(""x"")",'-1 is odd
        "#);
    }
}
