//! What can be wrong with a tokenizer's files, or with the languages that it is asked for.

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
    /// None of the files that such a tokenizer is read from.
    #[error("{}: no tokenizer files for a {class}: {expected}", .folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The tokenizer's class, as transformers names it.
        class: String,
        /// The files.
        expected: &'static str,
    },
    /// The tokenizer is of a class that is not built in.
    #[error("{}: tokenizer class `{class}` is not supported", .folder.display())]
    Class {
        /// The folder.
        folder: PathBuf,
        /// The class.
        class: String,
    },
    /// The model does not know a language.
    #[error("the model has no language `{code}`; near: {}", .near.join(", "))]
    Language {
        /// What was asked for.
        code: String,
        /// Codes of the model, the likeliest first.
        near: Vec<String>,
    },
    /// The model has one pair of languages, or none to choose from.
    #[error("the model has no language codes to choose from, and `{code}` is asked for{told}")]
    NoLanguages {
        /// What was asked for.
        code: String,
        /// What the folder says of its languages; empty if nothing.
        told: String,
    },
}

impl TokenizerError {
    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            TokenizerError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "tokenizer files lie beside the weights: for Marian source.spm, target.spm and vocab.json, for M2M100 \
                 vocab.json and sentencepiece.bpe.model"
            }
            TokenizerError::Io { .. } => return None,
            TokenizerError::Content { .. } | TokenizerError::Missing { .. } => {
                "fetch the files again; they must come from the same repository as the weights"
            }
            TokenizerError::Class { .. } => "a tokenizer.json beside the weights is read for every class",
            TokenizerError::Language { .. } => {
                "--source-lang and --target-lang take BCP-47 codes (ar, en, arz) or the model's own (arb_Arab, ar_AR)"
            }
            TokenizerError::NoLanguages { .. } => "leave --source-lang and --target-lang out",
        };
        Some(hint.to_owned())
    }
}

/// A text that the tokenizer could not process.
#[derive(Debug, Error)]
#[error("the tokenizer failed: {0}")]
pub struct TextError(pub String);
