//! What can go wrong with the state folder.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// The job store can't be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// No place for the state is known.
    #[error("the user's state folder is not known")]
    NoHome,
    /// The state folder lies on a network file system, where SQLite's locks can't be relied upon.
    #[error("the state folder {} lies on a network file system ({file_system})", path.display())]
    Network {
        /// The folder.
        path: PathBuf,
        /// Its type, as the system names it.
        file_system: String,
    },
    /// A file or folder of the state failed.
    #[error("{action} {} failed", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is damaged, or no database.
    #[error("the job store {} is damaged", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Another program's database.
    #[error("{} is a database of another program", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A later version of this program wrote it.
    #[error("the job store {} has version {found}; this program knows versions up to {known}", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A statement failed.
    #[error("{action} in the job store {} failed", path.display())]
    Sql {
        /// What was tried.
        action: &'static str,
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

impl LedgerError {
    /// SQLite's error with what it means here.
    pub(super) fn sql(action: &'static str, path: PathBuf, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match source.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Corrupt { path, source },
            _ => Self::Sql { action, path, source },
        }
    }

    /// The same command may go through later: a full disk, another process that holds the database too long.
    pub fn is_temporary(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure};
        match self {
            Self::Sql { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(DiskFull | DatabaseBusy | DatabaseLocked | SystemIoFailure | ReadOnly | CannotOpen)
            ),
            Self::Io { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoHome => Some("name a folder on a local disk with --state DIR".into()),
            Self::Network { .. } => {
                Some("name a folder on a local disk with --state DIR; --out may be on the network".into())
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => Some(FULL.into()),
            Self::Io { .. } => Some("name another folder with --state DIR".into()),
            Self::Corrupt { path, .. } => Some(format!(
                "move it away (mv {0} {0}.damaged) and run again: what is done is read off the briefings, only stored \
                 translations are lost",
                path.display()
            )),
            Self::Foreign { .. } => Some("name another folder with --state DIR".into()),
            Self::Newer { .. } => {
                Some("use the newer mujaz, or another --state DIR: what is done is read off the briefings".into())
            }
            Self::Sql { source, .. } if source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => {
                Some(FULL.into())
            }
            Self::Sql { .. } => Some("look at the disk of the state folder, or name another with --state DIR".into()),
        }
    }
}

const FULL: &str = "the disk is full: make room and run the same command again; the work so far is kept";
