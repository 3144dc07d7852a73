//! What can go wrong between a folder and a running encoder-decoder model.

use crate::checkpoint::CheckpointError;
use crate::tokenizer::TokenizerError;
use std::path::PathBuf;
use thiserror::Error;

/// An error of this module; [`Seq2SeqError::hint`] says what mends it.
#[derive(Debug, Error)]
pub enum Seq2SeqError {
    /// A configuration file can't be read.
    #[error("can't read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A configuration file that makes no sense.
    #[error("{}: {message}", .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What was expected.
        message: String,
    },
    /// A kind of model that is not built in.
    #[error("{}: the model type `{found}` is not supported (supported: {})", .path.display(), .supported.join(", "))]
    UnknownModelType {
        /// The file.
        path: PathBuf,
        /// `model_type` of config.json.
        found: String,
        /// What there is.
        supported: Vec<&'static str>,
    },
    /// The weights.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tokenizer.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Threads can't be made.
    #[error("{count} workers can't be started: {message}")]
    Workers {
        /// How many were asked for.
        count: usize,
        /// What the system says.
        message: String,
    },
    /// The environment asks for an instruction set that is not there.
    #[error(transparent)]
    Isa(#[from] crate::kernels::IsaError),
    /// 8-bit integers where there are none.
    #[error("there are no 8-bit integers for {place}")]
    NoInt8 {
        /// A device or a family.
        place: String,
    },
    /// Packed weights beside a checkpoint can't be read.
    #[error("{} can't be read", .path.display())]
    PackedFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Packed weights can't be written.
    #[error("{} can't be written", .path.display())]
    WritePackedFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A tensor operation failed.
    #[error("the model can't be made")]
    Tensor(#[from] candle_core::Error),
}

impl Seq2SeqError {
    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Seq2SeqError::Io { .. } => Some("name the folder that holds config.json and the weights".to_owned()),
            Seq2SeqError::Config { .. } => Some("fetch the file again from the model's repository".to_owned()),
            Seq2SeqError::UnknownModelType { .. } => Some("`mujaz models list` shows what runs".to_owned()),
            Seq2SeqError::Checkpoint(error) => error.hint(),
            Seq2SeqError::Tokenizer(error) => error.hint(),
            Seq2SeqError::Workers { .. } => Some("take fewer with --workers N".to_owned()),
            Seq2SeqError::Isa(_) => Some(format!("unset {} to take the best", crate::kernels::ISA_VARIABLE)),
            Seq2SeqError::NoInt8 { .. } => Some("take --dtype f32, or auto".to_owned()),
            Seq2SeqError::PackedFile { .. } => {
                Some("delete the file, or write it anew with `mujaz models pack`".to_owned())
            }
            Seq2SeqError::WritePackedFile { .. } => {
                Some("packed weights lie in the model's folder: it must be writable and have room".to_owned())
            }
            Seq2SeqError::Tensor(_) => None,
        }
    }
}
