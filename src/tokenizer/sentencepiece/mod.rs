//! A sentencepiece model (`.spm`, `.model`) as its own library runs it: normalisation, then segmentation by a unigram
//! model or by byte-pair encoding.
//!
//! Source of the format and of the algorithms: `sentencepiece_model.proto`, `normalizer.cc`, `unigram_model.cc`,
//! `bpe_model.cc` and `sentencepiece_processor.cc` of google/sentencepiece. Everything that changes a piece is followed
//! to the letter, down to scores in `f32`.

mod bpe;
mod normalizer;
mod protobuf;
mod unigram;

use bpe::Bpe;
use normalizer::{Normalizer, UserDefined};
use protobuf::{ModelFile, ModelType};
use std::collections::HashMap;
use std::ops::Range;
use unigram::Unigram;

pub use protobuf::PieceKind;

/// The character that stands for a space inside pieces.
pub const SPACE_MARK: char = '\u{2581}';

/// A sentencepiece model that cuts texts.
#[derive(Debug)]
pub struct SentencePiece {
    normalizer: Normalizer,
    model: Model,
    pieces: Vec<String>,
    kinds: HashMap<String, PieceKind>,
    byte_fallback: bool,
    unknown_surface: String,
}

#[derive(Debug)]
enum Model {
    Unigram(Unigram),
    Bpe(Bpe),
}

/// A part of a normalised text.
#[derive(Debug)]
struct Segment {
    range: Range<usize>,
    /// No piece of the model.
    unknown: bool,
}

/// What a model's file holds, for those who run it with other code.
#[derive(Debug)]
pub struct SentencePieceFile {
    /// Text, score and kind of each piece; the index is its id.
    pub pieces: Vec<(String, f32, PieceKind)>,
    /// `normalizer_spec.precompiled_charsmap`, checked; empty for none.
    pub precompiled_charsmap: Vec<u8>,
}

impl SentencePieceFile {
    /// Reads the bytes of a model file.
    ///
    /// # Errors
    /// In words: damaged, or of a kind that is not supported.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let file = ModelFile::parse(bytes)?;
        let map = file.normalizer.precompiled_charsmap.clone();
        // Refuses a damaged map.
        Normalizer::new(file.normalizer, UserDefined::default())?;
        if let ModelType::Other(number) = file.model_type {
            return Err(unsupported(number));
        }
        Ok(Self {
            pieces: file.pieces.into_iter().map(|piece| (piece.text, piece.score, piece.kind)).collect(),
            precompiled_charsmap: map,
        })
    }
}

/// Whether a `precompiled_charsmap` can be searched without leaving it.
pub fn is_sound_charsmap(map: &[u8]) -> bool {
    normalizer::CharsMap::parse(map).is_some()
}

fn unsupported(model_type: u64) -> String {
    format!("a sentencepiece model of type {model_type}; unigram and BPE are supported")
}

impl SentencePiece {
    /// Reads the bytes of a model file.
    ///
    /// # Errors
    /// In words: damaged, or of a kind that is not supported.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let file = ModelFile::parse(bytes)?;
        if file.treat_whitespace_as_suffix {
            return Err("marks spaces at the end of words, which is not supported".to_owned());
        }
        if file.denormalizes {
            return Err("has a map for decoded text, which is not supported".to_owned());
        }
        if !file.pieces.iter().any(|piece| piece.kind == PieceKind::Unknown) {
            return Err("holds no piece for unknown characters".to_owned());
        }
        let user_defined = file.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined);
        let user_defined = UserDefined::new(user_defined.map(|piece| piece.text.clone()));
        let normalizer = Normalizer::new(file.normalizer, user_defined.clone())?;
        let model = match file.model_type {
            ModelType::Unigram => Model::Unigram(Unigram::new(&file.pieces)?),
            ModelType::Bpe => Model::Bpe(Bpe::new(&file.pieces, user_defined)),
            ModelType::Other(number) => return Err(unsupported(number)),
        };
        Ok(Self {
            normalizer,
            model,
            kinds: file.pieces.iter().map(|piece| (piece.text.clone(), piece.kind)).collect(),
            pieces: file.pieces.into_iter().map(|piece| piece.text).collect(),
            byte_fallback: file.byte_fallback,
            unknown_surface: file.unknown_surface,
        })
    }

    /// The pieces of `text`. Neighbouring unknown characters are one piece, which the model does not hold.
    pub fn encode(&self, text: &str) -> Vec<String> {
        let text = self.normalizer.normalize(text);
        let segments = match &self.model {
            Model::Unigram(unigram) => unigram.encode(&text),
            Model::Bpe(bpe) => bpe.encode(&text),
        };
        let mut pieces: Vec<String> = Vec::with_capacity(segments.len());
        let mut after_unknown = false;
        for Segment { range, unknown } in segments {
            let piece = &text[range];
            if unknown && self.byte_fallback {
                pieces.extend(piece.bytes().map(|byte| format!("<0x{byte:02X}>")));
            } else if let (true, true, Some(last)) = (unknown, after_unknown, pieces.last_mut()) {
                last.push_str(piece);
            } else {
                pieces.push(piece.to_owned());
            }
            after_unknown = unknown;
        }
        pieces
    }

    /// The text of `pieces`: control pieces are silent, what the model does not hold stands as it is.
    pub fn decode<'p>(&self, pieces: impl IntoIterator<Item = &'p str>) -> String {
        let mut text = String::new();
        let mut bytes: Vec<u8> = Vec::new();
        let (mut at_start, mut space_dropped) = (true, false);
        for piece in pieces {
            let kind = self.kinds.get(piece).copied();
            if kind == Some(PieceKind::Byte) {
                bytes.extend(byte_of(piece));
                continue;
            }
            flush(&mut bytes, &mut text);
            if space_dropped || !text.is_empty() {
                at_start = false;
            }
            space_dropped = false;
            match kind {
                Some(PieceKind::Control) => {}
                Some(PieceKind::Unknown) => text.push_str(&self.unknown_surface),
                None => text.push_str(piece),
                Some(_) => {
                    let mut piece = piece;
                    if at_start
                        && self.normalizer.drops_first_space()
                        && let Some(rest) = piece.strip_prefix(SPACE_MARK)
                    {
                        piece = rest;
                        space_dropped = !self.normalizer.removes_extra_spaces();
                    }
                    text.extend(piece.chars().map(|c| if c == SPACE_MARK { ' ' } else { c }));
                }
            }
        }
        flush(&mut bytes, &mut text);
        text
    }

    /// The piece with the model's own number `id`.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.pieces.get(id as usize).map(String::as_str)
    }
}

/// `<0x0A>` is 10.
fn byte_of(piece: &str) -> Option<u8> {
    u8::from_str_radix(piece.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

/// Bytes that make no character become one U+FFFD each.
fn flush(bytes: &mut Vec<u8>, text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    bytes.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use protobuf::NormalizerSpec;

    #[test]
    fn decoded_pieces() {
        let kinds = [
            ("<unk>", PieceKind::Unknown),
            ("</s>", PieceKind::Control),
            ("▁a", PieceKind::Normal),
            ("b▁c", PieceKind::Normal),
            ("▁", PieceKind::Normal),
            ("<0xD8>", PieceKind::Byte),
            ("<0xA7>", PieceKind::Byte),
        ];
        let spec = NormalizerSpec {
            precompiled_charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_whitespaces: false,
            escape_whitespaces: true,
        };
        let model = SentencePiece {
            normalizer: Normalizer::new(spec, UserDefined::default()).unwrap(),
            model: Model::Bpe(Bpe::new(&[], UserDefined::default())),
            pieces: Vec::new(),
            kinds: kinds.map(|(text, kind)| (text.to_owned(), kind)).into(),
            byte_fallback: true,
            unknown_surface: "?".to_owned(),
        };
        let rows: [(&[&str], &str); 7] = [
            (&[], ""),
            (&["▁a", "b▁c", "</s>", "▁a"], "ab c a"),
            (&["</s>", "▁a"], "a"),
            (&["▁", "▁a"], " a"),
            (&["<0xD8>", "<0xA7>", "▁a"], "ا a"),
            (&["<0xA7>", "<0xD8>"], "\u{fffd}\u{fffd}"),
            (&["▁x", "<unk>", "▁a"], "▁x? a"),
        ];
        let failures: Vec<_> = rows
            .iter()
            .map(|(pieces, wanted)| (pieces, model.decode(pieces.iter().copied()), wanted))
            .filter(|(_, got, wanted)| got != *wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
