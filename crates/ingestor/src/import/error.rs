use std::{io, path::PathBuf};

use waterline_store::StoreError;

/// Why a file was not imported. Nothing of it is in the ledger then, except after
/// [`ImportError::Store`] and [`ImportError::Changed`], which keep the whole batches written before:
/// importing the file again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read {file}")]
    Read {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("{file} {problem}")]
    File { file: String, problem: String },
    #[error("{file}, line {line}: {problem}")]
    Line { file: String, line: u64, problem: String },
    #[error(
        "{file} needs a mapping file that says what its columns mean; give it with --mapping FILE\n\
         \n\
         Its columns are {columns}.\n\
         \n\
         A mapping to begin with, guessed from those names; check every line before using it:\n\
         \n\
         {skeleton}"
    )]
    NoMapping { file: String, columns: String, skeleton: String },
    #[error(
        "none of the {rows} rows of {file} could be read; the first is line {line}: {reason} ({} lists them all)",
        rejects.display()
    )]
    NothingReadable { file: String, rows: u64, line: u64, reason: String, rejects: PathBuf },
    #[error("{file} changed while it was being read; import it again")]
    Changed { file: String },
    #[error("another process is importing into {0}; try again when it has finished")]
    Busy(String),
    #[error("cannot write the rejected rows to {}", path.display())]
    Rejects {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    pub(super) fn file(file: &str, problem: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), problem: problem.into() }
    }

    /// Reading stopped in the middle: says what it means where the kind of the error tells.
    pub(super) fn reading(file: &str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::file(
                file,
                "is cut short: its compressed data ends in the middle; fetch or copy it again",
            ),
            io::ErrorKind::InvalidInput => {
                Self::file(file, "holds damaged compressed data; fetch or copy it again")
            }
            io::ErrorKind::InvalidData => Self::file(file, source.to_string()),
            _ => Self::Read { file: file.to_owned(), source },
        }
    }
}
