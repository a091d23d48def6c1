/// Why the store could not do what it was asked. Messages are for the person who reads them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database {url}: {reason}")]
    Open { url: String, reason: String },
    #[error("the database cannot {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: sea_orm::DbErr,
    },
    #[error("the database was laid out by a newer Waterline ({0}); use that version, or a fresh database")]
    NewerSchema(String),
    #[error("the database is not laid out for this version yet; run `waterline db migrate`")]
    NotMigrated,
    #[error(
        "this database keeps its days in {kept}, but the configuration says {configured}; days already stored cannot be moved, so set reporting.zone back or start a fresh database"
    )]
    OtherZone { kept: String, configured: String },
    #[error("another process took over the pull of {source_name}/{feed}; this one stops, nothing is lost")]
    LeaseLost { source_name: String, feed: String },
    #[error("there is already a user called \"{0}\"")]
    UserExists(String),
    #[error("there is no user called \"{0}\"")]
    NoSuchUser(String),
    #[error("{0}")]
    Refused(String),
}
