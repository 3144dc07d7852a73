//! Translation as the rest of the program sees it: units in, translations out, through the [`Translator`] seam.

#[cfg(test)]
pub(crate) mod fake;
pub mod lazy;
pub mod marks;
pub mod store;
pub mod units;

pub use lazy::{LazyTranslator, LoadError};

use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// What a unit is. Engines may prompt or decode by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// A sentence of an article.
    Sentence,
    /// A title or headline.
    Title,
    /// The words of a marked span alone, without the marks.
    MarkedWords,
    /// A speaker's fullest mention.
    Speaker,
}

/// One piece of text to translate, already cleaned for models (one line, no controls).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// The source text.
    pub text: String,
}

/// What an engine noticed about a translation. Written as they are into `flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The source was longer than the model takes; the rest is not translated.
    SourceTruncated,
    /// The source was longer than the model takes; its parts went through the model one by one.
    SourceSplit,
    /// The output reached the length limit before its end.
    OutputTruncated,
    /// Decoding began to loop and was cut.
    Repetition,
    /// The model gave nothing.
    EmptyOutput,
    /// Numbers differ between the sides.
    NumberMismatch,
    /// A person's name in the Arabic has no word of its sound in the English.
    NameMismatch,
    /// Arabic letters were left in the English.
    ArabicLeftover,
    /// A quotation mark of the English could not be mapped to a marked span and was removed.
    UnmappedMarksRemoved,
    /// A marked span of the Arabic has no marked words in the English.
    MarksMissing,
    /// The English is much longer or shorter than the Arabic makes likely.
    LengthRatio,
    /// The model failed on this text; there is no translation.
    NotTranslated,
}

/// A hypothesis beside the best one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hypothesis {
    /// The text.
    pub text: String,
    /// Its score, as [`Translation::score`].
    pub score: Option<f32>,
}

/// Which source bytes gave which target bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedRange {
    /// Bytes of the unit's text.
    pub source: Range<usize>,
    /// Bytes of the translation's text.
    pub target: Range<usize>,
}

/// A translated unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translation {
    /// The target text, one line.
    pub text: String,
    /// Mean log-probability a token (natural logarithm); `None` where the engine does not compute it.
    pub score: Option<f32>,
    /// What the engine noticed.
    pub flags: Vec<Flag>,
    /// Tokens of the source, as the model counts them (prompt left out).
    pub tokens_in: usize,
    /// Tokens decoded.
    pub tokens_out: usize,
    /// Decoded ids.
    pub token_ids: Vec<u32>,
    /// Further hypotheses, best first; empty unless asked for.
    pub n_best: Vec<Hypothesis>,
    /// Word alignment; empty where the engine has none.
    pub alignment: Vec<AlignedRange>,
}

/// One unit failed; its neighbours did not.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum RowError {
    /// The source does not fit into the model.
    #[error("the text has {tokens} tokens, the model takes {limit}")]
    TooLong {
        /// Tokens of the source.
        tokens: usize,
        /// What the model takes.
        limit: usize,
    },
    /// The model failed on this text.
    #[error("the model failed: {0}")]
    Model(String),
    /// The memory does not suffice for this text alone.
    #[error("out of memory on {device} with one text alone: {message}")]
    OutOfMemory {
        /// The device.
        device: String,
        /// What it said.
        message: String,
    },
}

impl RowError {
    /// Stable name for `error.kind` in records.
    pub fn kind(&self) -> &'static str {
        match self {
            RowError::TooLong { .. } => "too_long",
            RowError::Model(_) => "model",
            RowError::OutOfMemory { .. } => "out_of_memory",
        }
    }
}

/// The whole batch failed.
#[derive(Debug, Error)]
pub enum BatchError {
    /// Not enough memory for a batch of this size: try a smaller one.
    #[error("out of memory on {device}: {message}")]
    OutOfMemory {
        /// The device.
        device: String,
        /// What the device said.
        message: String,
    },
    /// [`Cancel`] was set.
    #[error("cancelled")]
    Cancelled,
    /// The device or the model can't go on at all.
    #[error("the model can't be used on {device}: {message}")]
    Device {
        /// The device.
        device: String,
        /// What went wrong.
        message: String,
    },
}

/// Asks running work to stop at the next safe point. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not cancelled.
    pub fn new() -> Self {
        Self::default()
    }
    /// Ask for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    /// Has the stop been asked for?
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a translator can take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest source in tokens.
    pub max_source_tokens: usize,
    /// Units that are worth handing over together.
    pub preferred_batch: usize,
    /// Units of a batch are decoded in step, so that similar lengths together are cheaper.
    pub in_step: bool,
    /// Whoever translates plain lines hands them over character for character: the engine's outputs are those of the
    /// model's own software for this text. Else lines are cleaned first.
    pub verbatim: bool,
}

/// Which model with which settings made the words: goes into the signature of a briefing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ModelIdentity {
    /// Model id or the folder's name.
    pub model: String,
    /// Commit on the Hub; null for local files.
    pub revision: Option<String>,
    /// SHA-256 of the weights; null if it was not computed.
    pub sha256: Option<String>,
    /// Number type of the weights that ran (`q4_k_m`, `f32`, `int8`).
    pub dtype: String,
    /// Decoding settings that change the words.
    pub decoding: serde_json::Value,
}

/// What a translator says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TranslatorInfo {
    /// For the signature.
    pub identity: ModelIdentity,
    /// Where it runs (`cpu/avx512`, `cuda:0`); recorded, not part of the settings.
    pub device: String,
    /// Same text, same settings, same kind of device: same bytes.
    pub deterministic: bool,
    /// Why the output must not be relied upon, for models of which that is known; shown in each briefing.
    pub unreliable: Option<String>,
}

/// The seam between the program and its engines.
pub trait Translator: Send + Sync {
    /// Name, settings, device.
    fn info(&self) -> &TranslatorInfo;
    /// What it takes at once.
    fn limits(&self) -> Limits;
    /// Tokens of `text` as the model counts them.
    fn count_tokens(&self, text: &str) -> usize;
    /// Translates `units`: one result for each, in their order. One bad row fails alone.
    ///
    /// # Errors
    /// [`BatchError`] where the whole batch is lost: memory, cancel, device.
    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError>;
}

/// A score as records write it: 4 digits after the point.
pub fn four_digits(score: f32) -> f64 {
    (f64::from(score) * 1e4).round() / 1e4
}
