//! The encoder-decoder engine: a Hugging Face checkpoint's folder in, token ids as transformers' `generate` gives them.
//!
//! ```text
//! config.json ─► Config ─┐
//! weights ─► Checkpoint ─┴► cpu::CpuModel (packed for the processor's kernels) or families::Model (tensors)
//! source ids ─► encode ─► state (keys and values, owned by the batch) ─► generate::{greedy, beam} ─► ids
//! ```

pub mod cache;
pub mod config;
pub mod cpu;
mod engine;
mod error;
pub mod families;
mod forced;
pub mod generate;
mod layers;
pub mod long_input;
mod positions;
mod translator;
mod word_alignment;

pub use config::{Config, ModelType};
pub use engine::{Compute, Engine};
pub use error::Seq2SeqError;
pub use translator::{Seq2SeqOptions, Seq2SeqTranslator, decode, write_packed};
