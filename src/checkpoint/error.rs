//! What can be wrong with a checkpoint's files.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// An error of this module; [`CheckpointError::hint`] says what mends it.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// A file can't be read.
    #[error("can't read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No weights in the folder.
    #[error("{} holds no weights: expected model.safetensors or pytorch_model.bin, whole or in shards", .folder.display())]
    NoWeights {
        /// The folder.
        folder: PathBuf,
    },
    /// A weight file is cut off, damaged, or asks for what a weight file must not ask for.
    #[error("{}: {message}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected.
        message: String,
    },
    /// A tensor that the network needs is not there.
    #[error("{}: there is no tensor `{}`", .folder.display(), .names.join("` or `"))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// Names under which it was looked for.
        names: Vec<String>,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{}: the tensor `{name}` has the shape {found:?}, config.json asks for {expected:?}", .folder.display())]
    Shape {
        /// The folder.
        folder: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What the configuration asks for.
        expected: Vec<usize>,
    },
    /// A tensor could not be made.
    #[error("{}: the tensor `{name}` can't be made", .folder.display())]
    Tensor {
        /// The folder.
        folder: PathBuf,
        /// The tensor.
        name: String,
        /// Why.
        #[source]
        source: Box<candle_core::Error>,
    },
}

impl CheckpointError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError {
        let path = path.to_owned();
        move |source| CheckpointError::Io { path, source }
    }

    pub(super) fn damaged(path: &Path, message: impl Into<String>) -> CheckpointError {
        CheckpointError::Damaged { path: path.to_owned(), message: message.into() }
    }

    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            CheckpointError::NoWeights { .. } => "name the folder that holds config.json and the weights",
            CheckpointError::Damaged { .. } => "fetch the file again: the download may have been cut off",
            CheckpointError::Missing { .. } | CheckpointError::Shape { .. } => {
                "config.json and the weights must come from the same repository"
            }
            CheckpointError::Io { .. } | CheckpointError::Tensor { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
