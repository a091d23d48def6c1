use std::{io, path::PathBuf};

use waterline_store::StoreError;

/// Why a file was not imported. Nothing of it is in the ledger then, except after
/// [`ImportError::Store`] and [`ImportError::Changed`], which keep the whole batches written before:
/// importing the file again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The system does not give us the file.
    #[error("cannot read {file}")]
    Read {
        /// The file's name.
        file: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something is wrong with the file as a whole.
    #[error("{file} {problem}")]
    File {
        /// The file's name.
        file: String,
        /// The rest of the sentence.
        problem: String,
    },
    /// Something is wrong with the file as a whole, and a line shows it.
    #[error("{file}, line {line}: {problem}")]
    Line {
        /// The file's name.
        file: String,
        /// Counted from 1.
        line: u64,
        /// A sentence.
        problem: String,
    },
    /// Nobody said what the columns mean.
    #[error(
        "{file} needs a mapping file that says what its columns mean; give it with --mapping FILE\n\
         \n\
         Its columns are {columns}.\n\
         \n\
         A mapping to begin with, guessed from those names; check every line before using it:\n\
         \n\
         {skeleton}"
    )]
    NoMapping {
        /// The file's name.
        file: String,
        /// The columns found.
        columns: String,
        /// The text of a mapping file to edit.
        skeleton: String,
    },
    /// Every row was rejected, so most likely the mapping is wrong.
    #[error(
        "none of the {rows} rows of {file} could be read; the first is line {line}: {reason} ({} lists them all)",
        rejects.display()
    )]
    NothingReadable {
        /// The file's name.
        file: String,
        /// How many rows it has.
        rows: u64,
        /// The line of the first one.
        line: u64,
        /// What is wrong with that one.
        reason: String,
        /// Where all are listed.
        rejects: PathBuf,
    },
    /// The second reading found something else than the first.
    #[error("{file} changed while it was being read; import it again")]
    Changed {
        /// The file's name.
        file: String,
    },
    /// Another process holds the lease.
    #[error("another process is importing into {0}; try again when it has finished")]
    Busy(String),
    /// The list of rejected rows has no place.
    #[error("cannot write the rejected rows to {}", path.display())]
    Rejects {
        /// Where it should have been.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The ledger refused.
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
