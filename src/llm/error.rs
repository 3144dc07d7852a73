//! What can be wrong with a language model file, and what mends it.

use std::path::PathBuf;
use thiserror::Error;

/// A GGUF language model could not be loaded or run.
#[derive(Debug, Error)]
pub enum LlmError {
    /// The file can't be opened or read.
    #[error("{path}: can't be read")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system gives no threads.
    #[error("{count} worker threads can't be started: {message}")]
    Workers {
        /// How many were asked for.
        count: usize,
        /// What the system said.
        message: String,
    },
    /// The header is not that of a GGUF file, or it is damaged.
    #[error("{path}: not a sound GGUF file: {message}")]
    Header {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        message: String,
    },
    /// A tensor lies beyond the end of the file.
    #[error("{path}: the file is cut off: tensor `{tensor}` ends at byte {needed}, the file has {length}")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Name of the first tensor that is not whole.
        tensor: String,
        /// Where it should end, in bytes.
        needed: u64,
        /// Length of the file in bytes.
        length: u64,
    },
    /// `general.architecture` names a model that is not built in.
    #[error("{path}: architecture `{found}` is not supported (supported: {supported})")]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What the file says.
        found: String,
        /// Comma-separated list of what is.
        supported: String,
    },
    /// A metadata key is missing or holds something else than was expected.
    #[error("{path}: metadata `{key}`: {message}")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What was expected and what was found.
        message: String,
    },
    /// A tensor is missing or has another shape than the metadata say.
    #[error("{path}: tensor `{tensor}`: {message}")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Its name.
        tensor: String,
        /// What was expected and what was found.
        message: String,
    },
    /// The tokenizer in the file can't be built.
    #[error("{path}: tokenizer: {message}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        message: String,
    },
    /// The prompt style needs what this model does not have.
    #[error("{path}: the prompt style `{style}` needs {needs}")]
    Prompt {
        /// The file.
        path: PathBuf,
        /// The style.
        style: String,
        /// What is missing.
        needs: String,
    },
    /// The computation failed.
    #[error("the model failed while running")]
    Run(#[from] candle_core::Error),
}

impl LlmError {
    /// How a user can mend it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            LlmError::Open { .. } => "check the path, or fetch a model: mujaz models fetch compact",
            LlmError::Header { .. } | LlmError::Truncated { .. } => {
                "the download is not whole or not a GGUF; fetch it again: mujaz models fetch compact"
            }
            LlmError::Architecture { .. } => "take a GGUF of Qwen2 or Qwen2.5, or of Gemma 3 (text)",
            LlmError::Metadata { .. } | LlmError::Tensor { .. } | LlmError::Tokenizer { .. } => {
                "the file was made by an old or foreign converter; take the publisher's own GGUF"
            }
            LlmError::Workers { .. } => "take fewer: --workers 1",
            LlmError::Prompt { .. } => "choose `few_shot` for base models, `chat_translate` for instruction-tuned ones",
            LlmError::Run(_) => return None,
        };
        Some(hint.to_owned())
    }
}
