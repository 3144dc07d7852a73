//! A sentencepiece model (`.spm`, `.model`) as its own library runs it: normalisation, then the best segmentation.
//!
//! Source of the format and of both algorithms: `sentencepiece_model.proto`, `normalizer.cc` and `unigram_model.cc` of
//! google/sentencepiece. Everything that changes a piece is followed to the letter, down to scores in `f32`.

mod normalizer;
mod protobuf;
mod unigram;

use normalizer::Normalizer;
use protobuf::{ModelFile, ModelType};
use unigram::Unigram;

pub use protobuf::PieceKind;

/// The character that stands for a space inside pieces.
pub const SPACE_MARK: char = '\u{2581}';

/// A sentencepiece unigram model.
#[derive(Debug)]
pub struct SentencePiece {
    normalizer: Normalizer,
    unigram: Unigram,
}

impl SentencePiece {
    /// Reads the bytes of a model file.
    ///
    /// # Errors
    /// In words: damaged, or of a kind that is not supported.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let file = ModelFile::parse(bytes)?;
        match file.model_type {
            ModelType::Unigram => {}
            ModelType::Other(number) => {
                return Err(format!("a sentencepiece model of type {number}; unigram is supported"));
            }
        }
        if file.treat_whitespace_as_suffix {
            return Err("marks spaces at the end of words, which is not supported".to_owned());
        }
        let user_defined = file.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined);
        let user_defined = user_defined.map(|piece| piece.text.clone()).collect();
        let normalizer = Normalizer::new(file.normalizer, user_defined)?;
        Ok(Self { normalizer, unigram: Unigram::new(file.pieces, file.byte_fallback)? })
    }

    /// The pieces of `text`. Neighbouring unknown characters are one piece, which the model does not hold.
    pub fn encode(&self, text: &str) -> Vec<String> {
        self.unigram.encode(&self.normalizer.normalize(text))
    }

    /// Whether `piece` is one of the control symbols, which are silent when decoded.
    pub fn is_control(&self, piece: &str) -> bool {
        self.unigram.kind(piece) == Some(PieceKind::Control)
    }
}
