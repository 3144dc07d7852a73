//! Tokenizers of the encoder-decoder models, read from the files as they lie beside the weights.
//!
//! [`MarianTokenizer`]: `source.spm` + `target.spm` + `vocab.json`. [`sentencepiece`] reads the `.spm` files.

mod error;
mod marian;
pub mod sentencepiece;

pub use error::TokenizerError;
pub use marian::MarianTokenizer;
