//! Decoder-only language models from GGUF files as a [`Translator`](crate::translate::Translator).
//!
//! ```text
//! Unit ─► prompts (fixed prefix, text, suffix) ─► tokenizer ─► model: prefix state cloned, rest prefilled
//!      ─► generate (greedy, stop, loop guard) ─► clean ─► Translation
//! ```
//! Weights ([`model::Model`]) are shared and never change; what a text needs is a [`model::DecoderState`] of its own.
//! One text at a time a worker: nothing of one text can reach another.

pub mod clean;
pub mod config;
pub mod error;
pub mod generate;
pub mod gguf;
pub mod model;
pub mod prompts;
mod sentencepiece;
pub mod tokenizer;
mod translator;
mod weights;
mod workers;

pub use error::LlmError;
pub use prompts::PromptStyle;
pub use translator::{LlmOptions, LlmTranslator, device_name};
pub(crate) use workers::Workers;
pub use workers::use_one_thread_a_product;
