use sea_orm::DbErr;

/// Why the store could not do what it was asked. Messages are for the person who reads them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Asked to read from a database that nothing was ever written to.
    #[error("there is no database at {0} yet; a pull or an import makes it, or the path is wrong")]
    Missing(String),
    /// There is nothing to work with. The address is shown without its password.
    #[error("cannot open the database {url}: {reason}")]
    Open {
        /// Where it should be.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database did not do as told; nothing of the unfinished work is kept.
    #[error("the database cannot {doing}")]
    Database {
        /// What it was told, to follow "cannot".
        doing: &'static str,
        /// What it answered.
        #[source]
        source: DbErr,
    },
    /// An older Waterline must not write into a newer layout.
    #[error("the database was laid out by a newer Waterline ({0}); use that version, or a fresh database")]
    NewerSchema(String),
    /// The layout is older, and this role may not change it.
    #[error(
        "the database is not laid out for this version yet, and this user may not do it; run `waterline db migrate` as one who may"
    )]
    NotMigrated,
    /// Days are stored; another zone would mix two sorts of days.
    #[error(
        "this database keeps its days in {kept}, but the configuration says {configured}; days already stored cannot be moved, so set reporting.zone back or start a fresh database"
    )]
    OtherZone {
        /// The zone of the days already stored.
        kept: String,
        /// The zone that was asked for.
        configured: String,
    },
    /// The lease ran out and somebody else began a run.
    #[error("another process took over the pull of {source_name}/{feed}; this one stops, nothing is lost")]
    LeaseLost {
        /// The source.
        source_name: String,
        /// Its feed.
        feed: String,
    },
    /// Names are unique.
    #[error("there is already a user called \"{0}\"")]
    UserExists(String),
    /// Perhaps misspelt.
    #[error("there is no user called \"{0}\"")]
    NoSuchUser(String),
    /// Not allowed, or makes no sense; the sentence says why.
    #[error("{0}")]
    Refused(String),
}

/// Says what the database was doing when it failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, DbErr> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { doing, source })
    }
}

/// For a word in the database that this version does not know.
pub(crate) fn unreadable(reason: String) -> DbErr {
    DbErr::Type(reason)
}
