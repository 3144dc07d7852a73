//! The encoder-decoder engine: a Hugging Face checkpoint's folder in, token ids as transformers' `generate` gives them.
//!
//! ```text
//! config.json ─► Config ─┐
//! weights ─► Checkpoint ─┴► families::Model (weights only, shared by all workers)
//! source ids ─► encode ─► DecoderState (keys and values, owned by the batch) ─► generate::{greedy, beam} ─► ids
//! ```

pub mod cache;
pub mod config;
mod error;
pub mod families;
pub mod generate;
mod layers;
mod positions;
mod translator;

pub use config::{Config, ModelType};
pub use error::Seq2SeqError;
pub use translator::{Seq2SeqOptions, Seq2SeqTranslator, decode};
