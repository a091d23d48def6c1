//! A file of rows: what it is by its first bytes, whatever its name says, and its rows from the start
//! as often as they are asked for.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;

use super::{
    encoding::{self, Utf8Reader},
    error::ImportError,
    mapping::FileOptions,
    workbook::{self, SheetRows},
};

/// A file that was looked at and can be read.
pub(super) struct RowFile {
    path: PathBuf,
    /// Its name without folders, as sentences call it.
    pub(super) name: String,
    /// Size in bytes as it lies on the disk.
    pub(super) bytes: u64,
    content: Content,
}

enum Content {
    Text { gzip: bool, encoding: &'static Encoding, delimiter: u8 },
    Sheet(SheetRows),
}

/// One row that is not blank.
pub(super) struct Row {
    /// Counted from 1 after the header: the row's identity, as two rows can share a line.
    pub(super) number: u64,
    /// Where it begins in the file, counted from 1.
    pub(super) line: u64,
    /// Where it ends; differs where a quoted cell spans lines.
    pub(super) last_line: u64,
    pub(super) cells: StringRecord,
}

impl RowFile {
    /// Looks at the file. Where only its whole text tells the encoding, reads it to its end.
    pub(super) fn open(path: &Path, options: &FileOptions) -> Result<Self, ImportError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let unreadable = |source| ImportError::Read { file: name.clone(), source };
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        if meta.is_dir() {
            return Err(ImportError::file(&name, "is a folder; name a file in it"));
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(512).read_to_end(&mut start)).map_err(unreadable)?;
        if let Some(problem) = not_a_table(&start) {
            return Err(ImportError::file(&name, problem));
        }
        let content = if start.starts_with(b"PK\x03\x04") {
            let file = File::open(path).map_err(unreadable)?;
            let sheet = workbook::read(file, options.sheet.as_ref());
            Content::Sheet(sheet.map_err(|problem| ImportError::file(&name, problem))?)
        } else {
            let gzip = start.starts_with(b"\x1f\x8b");
            let plain = plain_text(path, gzip, Arc::default()).map_err(unreadable)?;
            let encoding = encoding::settle(options.encoding, plain)
                .map_err(|source| ImportError::reading(&name, source))?;
            let delimiter = options.delimiter.map_or_else(|| usual_delimiter(&name), |set| set.0);
            Content::Text { gzip, encoding, delimiter }
        };
        Ok(Self { path: path.to_owned(), name, bytes: meta.len(), content })
    }

    pub(super) fn is_workbook(&self) -> bool {
        matches!(self.content, Content::Sheet(_))
    }

    /// Sentences on what of a workbook is left out.
    pub(super) fn notes(&self) -> &[String] {
        match &self.content {
            Content::Text { .. } => &[],
            Content::Sheet(sheet) => &sheet.notes,
        }
    }

    /// The rows from the first one on, with the header already read.
    pub(super) fn rows(&self) -> Result<Rows<'_>, ImportError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let reader = match &self.content {
            Content::Sheet(sheet) => Reader::Sheet(sheet.rows.iter()),
            Content::Text { gzip, encoding, delimiter } => {
                let plain = plain_text(&self.path, *gzip, Arc::clone(&bytes_read))
                    .map_err(|source| ImportError::Read { file: self.name.clone(), source })?;
                let mut csv = ReaderBuilder::new();
                csv.delimiter(*delimiter).has_headers(false).flexible(true);
                Reader::Csv(Box::new(csv.from_reader(Utf8Reader::new(plain, encoding))))
            }
        };
        let mut rows = Rows { file: self, header: Vec::new(), reader, given: 0, bytes_read };
        let Some(header) = rows.next_cells()? else {
            return Err(ImportError::file(&self.name, "is empty"));
        };
        rows.header = header.cells.iter().map(|name| name.trim().to_owned()).collect();
        if rows.header.iter().any(|name| name.contains('\0')) {
            let problem = "the header holds a NUL character; the file is damaged or not a text file";
            return Err(ImportError::Line {
                file: self.name.clone(),
                line: header.line,
                problem: problem.to_owned(),
            });
        }
        Ok(rows)
    }
}

/// Reads a file's rows in order.
pub(super) struct Rows<'a> {
    file: &'a RowFile,
    /// Column names, trimmed.
    pub(super) header: Vec<String>,
    reader: Reader<'a>,
    given: u64,
    bytes_read: Arc<AtomicU64>,
}

enum Reader<'a> {
    Csv(Box<csv::Reader<Utf8Reader<PlainText>>>),
    Sheet(std::slice::Iter<'a, (u64, StringRecord)>),
}

type PlainText = Box<dyn Read + Send>;

struct Cells {
    line: u64,
    last_line: u64,
    cells: StringRecord,
}

impl Rows<'_> {
    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        let Some(Cells { line, last_line, mut cells }) = self.next_cells()? else { return Ok(None) };
        self.given += 1;
        if matches!(self.reader, Reader::Sheet(_)) {
            // A sheet does not keep the empty cells at the end of a row; a text file does.
            while cells.len() < self.header.len() {
                cells.push_field("");
            }
        }
        Ok(Some(Row { number: self.given, line, last_line, cells }))
    }

    /// How much of the file's bytes was read.
    pub(super) fn bytes_read(&self) -> u64 {
        match &self.reader {
            Reader::Csv(_) => self.bytes_read.load(Ordering::Relaxed),
            // A workbook is in memory: what is left of it in rows, as bytes.
            Reader::Sheet(left) => {
                let left = left.len() as u64;
                self.file.bytes.saturating_mul(self.given + 1) / (self.given + 1 + left)
            }
        }
    }

    fn next_cells(&mut self) -> Result<Option<Cells>, ImportError> {
        loop {
            let found = match &mut self.reader {
                Reader::Sheet(rows) => rows.next().map(|(line, cells)| Cells {
                    line: *line,
                    last_line: *line,
                    cells: cells.clone(),
                }),
                Reader::Csv(reader) => {
                    let mut cells = StringRecord::new();
                    let more =
                        reader.read_record(&mut cells).map_err(|error| unread(&self.file.name, error))?;
                    // The record's own position is that of its first cell, the reader's the line after it.
                    let end = reader.position().line();
                    let line = cells.position().map_or(end, csv::Position::line);
                    let last_line = if reader.is_done() { end } else { end.saturating_sub(1) };
                    more.then_some(Cells { line, last_line: last_line.max(line), cells })
                }
            };
            match found {
                Some(row) if row.cells.iter().all(|cell| cell.trim().is_empty()) => {}
                found => return Ok(found),
            }
        }
    }
}

/// Opens the file for reading from its start, unpacked, and counts the bytes that come off the disk.
fn plain_text(path: &Path, gzip: bool, read: Arc<AtomicU64>) -> io::Result<PlainText> {
    let file = BufReader::with_capacity(64 * 1024, Counted { file: File::open(path)?, read });
    Ok(if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What people hand over instead of an export, by its first bytes.
fn not_a_table(start: &[u8]) -> Option<&'static str> {
    if start.is_empty() {
        return Some("is empty");
    }
    if start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Some("is an old Excel or a password-protected workbook; save it as .xlsx or CSV");
    }
    if start.starts_with(b"%PDF") {
        return Some("is a PDF; export the list as CSV or XLSX");
    }
    let text = String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    (text.starts_with("<!doctype html") || text.starts_with("<html")).then_some(
        "is a web page, perhaps the service desk's sign-in page; sign in and export the list again",
    )
}

fn usual_delimiter(name: &str) -> u8 {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.ends_with(".tsv") || name.ends_with(".tab") { b'\t' } else { b',' }
}

fn unread(file: &str, error: csv::Error) -> ImportError {
    let line = error.position().map(csv::Position::line);
    match (error.into_kind(), line) {
        (ErrorKind::Io(source), _) => ImportError::reading(file, source),
        (_, Some(line)) => ImportError::Line {
            file: file.to_owned(),
            line,
            problem: "cannot be read as separated values".to_owned(),
        },
        (_, None) => ImportError::file(file, "cannot be read as separated values"),
    }
}
