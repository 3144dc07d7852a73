//! What can go wrong between a briefing and its files.

use super::Format;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A briefing could not be rendered, read or written.
#[derive(Debug, Error)]
pub enum RenderError {
    /// `--format` names something unknown.
    #[error("unknown format {name:?}")]
    UnknownFormat {
        /// What was asked for.
        name: String,
    },
    /// A span does not lie in its text, or the words recorded beside it are others.
    #[error("the briefing of {article:?} contradicts itself: {what} [{start}, {end}) does not stand in its text")]
    Span {
        /// Id of the article.
        article: String,
        /// Which part of the briefing.
        what: String,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
    /// A briefing can't be written as JSON.
    #[error("the briefing can't be written as JSON")]
    Json(#[source] serde_json::Error),
    /// A page can't be made.
    #[error("the page can't be made")]
    Template(#[from] minijinja::Error),
    /// A row of the quote sheet can't be written.
    #[error("the quote sheet {path:?} can't be written")]
    Csv {
        /// The sheet.
        path: PathBuf,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// Reading or writing failed.
    #[error("{action} {path:?} failed")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is JSON, but no briefing.
    #[error("{path:?} is no {} briefing", crate::brief::SCHEMA)]
    NotABriefing {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The briefing was written by another version of the program.
    #[error("{path:?} has the schema {found:?}, expected {:?}", crate::brief::SCHEMA)]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: String,
    },
    /// An article has the name of one of the folder's own files.
    #[error("{path:?} is the briefing of an article, and the index needs its name")]
    NameTaken {
        /// The briefing that stands in the way.
        path: PathBuf,
    },
}

impl RenderError {
    /// What mends it, where a user can.
    pub fn hint(&self) -> Option<String> {
        match self {
            RenderError::UnknownFormat { .. } => {
                let names: Vec<_> = Format::NAMES.iter().map(|(name, _)| *name).collect();
                Some(format!("formats are {}; JSON is always written", names.join(", ")))
            }
            RenderError::Span { .. } => {
                Some("the briefing was changed after it was written; `mujaz brief --force` writes it again".into())
            }
            RenderError::NotABriefing { .. } | RenderError::Schema { .. } => {
                Some("`mujaz brief --force` writes the briefing again in this version's schema".into())
            }
            RenderError::Io { path, source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Some(format!("is {} the folder that was given as --out?", path.display())),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some(format!("make {} readable and writable", there(path).display()))
                }
                io::ErrorKind::StorageFull => Some("the disk is full; the work so far is kept".into()),
                _ => None,
            },
            RenderError::NameTaken { .. } => Some("rename the input: `index` is the name of the folder's index".into()),
            RenderError::Json(_) | RenderError::Template(_) | RenderError::Csv { .. } => None,
        }
    }
}

/// The path, or the nearest folder above it that exists: what is not there yet can't be mended.
fn there(path: &Path) -> &Path {
    path.ancestors().find(|above| above.exists()).unwrap_or(path)
}
