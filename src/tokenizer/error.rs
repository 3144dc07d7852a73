//! What can be wrong with a tokenizer's files.

use std::path::PathBuf;
use thiserror::Error;

/// An error of this module; [`TokenizerError::hint`] says what mends it.
#[derive(Debug, Error)]
pub enum TokenizerError {
    /// A file can't be read.
    #[error("can't read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is damaged, or of a kind that is not supported.
    #[error("{}: {message}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was expected.
        message: String,
    },
}

impl TokenizerError {
    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            TokenizerError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "a Marian folder holds source.spm, target.spm and vocab.json beside the weights"
            }
            TokenizerError::Io { .. } => return None,
            TokenizerError::Content { .. } => {
                "fetch the file again; it must come from the same repository as the weights"
            }
        };
        Some(hint.to_owned())
    }
}
