//! What the library's tokenizers are made of: vocabularies, merges and normalisation maps out of `tokenizer.json` and
//! sentencepiece models.

use super::TokenizerError;
use super::folder::Folder;
use super::sentencepiece::{PieceKind, SPACE_MARK, SentencePieceFile, is_sound_charsmap};
use super::special::SpecialToken;
use serde_json::Value;
use std::collections::HashMap;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Precompiled, Replace};
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{NormalizerWrapper, Tokenizer};

/// Pieces with their scores, and what else a file gives to a class.
pub(super) struct Pieces {
    pub pieces: Vec<(String, f64)>,
    pub charsmap: Option<Precompiled>,
    /// `additional_special_tokens`, which a sentencepiece model sets to its control and user-defined pieces.
    pub additional: Option<Vec<SpecialToken>>,
    /// Read from a sentencepiece model, in its order.
    pub raw: bool,
}

const JSON: &str = "tokenizer.json";

/// From `tokenizer.json` if it is there, else from the sentencepiece model called `name`.
pub(super) fn pieces(
    folder: &Folder,
    name: &'static str,
    class: &str,
    expected: &'static str,
) -> Result<Pieces, TokenizerError> {
    if let Some(json) = &folder.tokenizer_json {
        let vocabulary = json.pointer("/model/vocab").cloned().unwrap_or_default();
        let pieces: Vec<(String, f64)> = serde_json::from_value(vocabulary)
            .map_err(|error| folder.content(JSON, format!("holds no pieces with scores: {error}")))?;
        let charsmap = charsmap_of(folder, json)?;
        return Ok(Pieces { pieces, charsmap, additional: folder.tokens.additional.clone(), raw: false });
    }
    let name = folder.sentencepiece_name(name).ok_or_else(|| folder.missing(class, expected))?;
    let model = folder.sentencepiece(name)?;
    let additional = Some(control_and_defined(&model));
    let charsmap = precompiled(folder, name, &model.precompiled_charsmap)?;
    let pieces = model.pieces.into_iter().map(|(piece, score, _)| (piece, f64::from(score))).collect();
    Ok(Pieces { pieces, charsmap, additional, raw: true })
}

pub(super) fn control_and_defined(model: &SentencePieceFile) -> Vec<SpecialToken> {
    let token = |(piece, _, kind): &(String, f32, PieceKind)| match kind {
        PieceKind::Control => Some(SpecialToken::flagged(piece, Some(false), true)),
        PieceKind::UserDefined => Some(SpecialToken::flagged(piece, Some(false), false)),
        PieceKind::Normal | PieceKind::Unknown | PieceKind::Unused | PieceKind::Byte => None,
    };
    model.pieces.iter().filter_map(token).collect()
}

pub(super) fn precompiled(folder: &Folder, name: &str, map: &[u8]) -> Result<Option<Precompiled>, TokenizerError> {
    if map.is_empty() {
        return Ok(None);
    }
    let damaged = || folder.content(name, "its normalisation map is damaged");
    if !is_sound_charsmap(map) {
        return Err(damaged());
    }
    Precompiled::from(map).map(Some).map_err(|_| damaged())
}

/// The normalisation map inside a `tokenizer.json`.
pub(super) fn charsmap_of(folder: &Folder, json: &Value) -> Result<Option<Precompiled>, TokenizerError> {
    let normalizer = json.get("normalizer").unwrap_or(&Value::Null);
    let steps = match normalizer.get("normalizers").and_then(Value::as_array) {
        Some(steps) => steps.as_slice(),
        None => std::slice::from_ref(normalizer),
    };
    let text = steps.iter().find_map(|step| step.get("precompiled_charsmap").and_then(Value::as_str));
    let Some(text) = text else { return Ok(None) };
    let map = base64(text).ok_or_else(|| folder.content(JSON, "its normalisation map is not base64"))?;
    precompiled(folder, JSON, &map)
}

/// Vocabulary and merges of a BPE model in a `tokenizer.json`.
#[allow(clippy::type_complexity, reason = "the two halves of a BPE model, taken apart by each caller")]
pub(super) fn bpe_of(
    folder: &Folder,
    json: &Value,
) -> Result<(HashMap<String, u32>, Vec<(String, String)>), TokenizerError> {
    let model = json.get("model").unwrap_or(&Value::Null);
    let vocabulary = serde_json::from_value(model.get("vocab").cloned().unwrap_or_default())
        .map_err(|error| folder.content(JSON, format!("holds no vocabulary with ids: {error}")))?;
    let merge = |merge: &Value| match merge {
        Value::String(pair) => pair.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned())),
        pair => serde_json::from_value(pair.clone()).ok(),
    };
    let merges = model.get("merges").and_then(Value::as_array);
    let merges = merges.and_then(|merges| merges.iter().map(merge).collect::<Option<_>>());
    Ok((vocabulary, merges.ok_or_else(|| folder.content(JSON, "holds no merges"))?))
}

/// All ways to make a piece of two, in the order of the pieces, as transformers makes merges of a sentencepiece model.
pub(super) fn merges(model: &SentencePieceFile) -> Vec<(String, String)> {
    let ids: HashMap<&str, usize> =
        model.pieces.iter().enumerate().map(|(id, (piece, ..))| (piece.as_str(), id)).collect();
    let mut merges = Vec::new();
    for (id, (piece, ..)) in model.pieces.iter().enumerate() {
        let mut here: Vec<(usize, usize, &str, &str)> = piece
            .char_indices()
            .skip(1)
            .filter_map(|(middle, _)| {
                let (left, right) = piece.split_at(middle);
                Some((*ids.get(left)?, *ids.get(right)?, left, right))
            })
            .collect();
        here.sort_by_key(|(left, right, ..)| (*left, *right));
        merges.extend(here.into_iter().map(|(_, _, left, right)| (id, left, right)));
    }
    merges.sort_by_key(|(id, left, right)| (*id, left.chars().count(), right.chars().count()));
    merges.into_iter().map(|(_, left, right)| (left.to_owned(), right.to_owned())).collect()
}

/// `tokenizer.json`, as it is.
pub(super) fn file(folder: &Folder) -> Result<Tokenizer, TokenizerError> {
    let json = folder.tokenizer_json.as_ref().ok_or_else(|| folder.missing("PreTrainedTokenizerFast", JSON))?;
    // Refuses a damaged map, which the library would stumble over.
    charsmap_of(folder, json)?;
    let mut tokenizer =
        Tokenizer::from_bytes(folder.bytes(JSON)?).map_err(|error| folder.content(JSON, error.to_string()))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| folder.content(JSON, error.to_string()))?;
    Ok(tokenizer)
}

/// Spaces become visible, one goes in front of each part.
pub(super) fn metaspace() -> Metaspace {
    Metaspace::new(SPACE_MARK, PrependScheme::Always, true)
}

/// Two and more spaces become `content`.
pub(super) fn folded_spaces(content: &str) -> Result<NormalizerWrapper, tokenizers::Error> {
    Ok(Replace::new(ReplacePattern::Regex(" {2,}".to_owned()), content)?.into())
}

/// RFC 4648, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_texts() {
        let rows: [(&str, Option<&[u8]>); 6] = [
            ("", Some(b"")),
            ("bQ==", Some(b"m")),
            ("bXU=", Some(b"mu")),
            ("bXVqYXo=", Some(b"mujaz")),
            ("/+8A", Some(&[0xff, 0xef, 0])),
            ("b*", None),
        ];
        let failures: Vec<_> = rows.iter().filter(|(text, bytes)| base64(text).as_deref() != *bytes).collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
