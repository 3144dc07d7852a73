//! Marian's tokenizer: pieces from `source.spm`, ids from `vocab.json`, as transformers' `MarianTokenizer` gives them.

use super::TokenizerError;
use super::sentencepiece::{SPACE_MARK, SentencePiece};
use std::collections::HashMap;
use std::path::Path;

/// The words that are taken out of a text before it is cut into pieces.
const SPECIAL: [&str; 3] = ["</s>", "<unk>", "<pad>"];

/// Text to ids and back for Marian models.
#[derive(Debug)]
pub struct MarianTokenizer {
    source: SentencePiece,
    ids: HashMap<String, u32>,
    words: Vec<Option<String>>,
    unknown: u32,
    end: u32,
    /// `</s>`, `<unk>`, `<pad>`: left out of decoded text.
    special: [Option<u32>; 3],
}

impl MarianTokenizer {
    /// Reads `source.spm`, `target.spm` and `vocab.json` of `folder`.
    ///
    /// # Errors
    /// [`TokenizerError`] naming the file.
    pub fn from_folder(folder: &Path) -> Result<Self, TokenizerError> {
        let source = read_model(folder, "source.spm")?;
        // The models share one vocabulary, and joining its pieces needs no scores; reading the target's pieces
        // shows that the folder is whole.
        read_model(folder, "target.spm")?;
        let path = folder.join("vocab.json");
        let content = |message: String| TokenizerError::Content { path: path.clone(), message };
        let text = std::fs::read(&path).map_err(|source| TokenizerError::Io { path: path.clone(), source })?;
        let ids: HashMap<String, u32> = serde_json::from_slice(&text).map_err(|error| content(error.to_string()))?;
        let need = |word: &str| ids.get(word).copied().ok_or_else(|| content(format!("holds no `{word}`")));
        let (unknown, end) = (need("<unk>")?, need("</s>")?);
        let largest = ids.values().max().copied().unwrap_or(0) as usize;
        if largest >= ids.len().saturating_mul(4).max(1024) {
            return Err(content(format!("{} words, and ids up to {largest}", ids.len())));
        }
        let mut words = vec![None; largest + 1];
        for (word, &id) in &ids {
            words[id as usize] = Some(word.clone());
        }
        let special = SPECIAL.map(|word| ids.get(word).copied());
        Ok(Self { source, ids, words, unknown, end, special })
    }

    /// One more than the largest id.
    pub fn vocabulary_size(&self) -> usize {
        self.words.len()
    }

    /// Ids of `text`, `</s>` at the end.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut rest = text;
        while let Some((at, word)) = first_special(rest) {
            self.encode_part(&rest[..at], &mut ids);
            ids.push(self.id(word));
            rest = &rest[at + word.len()..];
        }
        self.encode_part(rest, &mut ids);
        ids.push(self.end);
        ids
    }

    /// A part without special words. `>>xx<<` in front is one word (the target language of multilingual models).
    fn encode_part(&self, text: &str, ids: &mut Vec<u32>) {
        let code = if text.starts_with(">>") { text.find("<<").map(|at| at + 2) } else { None };
        let (code, text) = text.split_at(code.unwrap_or(0));
        if !code.is_empty() {
            ids.push(self.id(code));
        }
        ids.extend(self.source.encode(text).iter().map(|piece| self.id(piece)));
    }

    fn id(&self, word: &str) -> u32 {
        self.ids.get(word).copied().unwrap_or(self.unknown)
    }

    /// Text of `ids`, special words left out.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut text = String::new();
        for id in ids.iter().filter(|&&id| !self.special.contains(&Some(id))) {
            // An id that the vocabulary does not hold has no text.
            let Some(Some(word)) = self.words.get(*id as usize) else { continue };
            if !self.source.is_control(word) {
                text.extend(word.chars().map(|c| if c == SPACE_MARK { ' ' } else { c }));
            }
        }
        text.trim_matches(is_python_space).to_owned()
    }
}

/// What Python's `str.strip` takes for white space.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The first special word of `text` and where it starts.
fn first_special(text: &str) -> Option<(usize, &'static str)> {
    SPECIAL.iter().filter_map(|word| text.find(word).map(|at| (at, *word))).min()
}

fn read_model(folder: &Path, name: &str) -> Result<SentencePiece, TokenizerError> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).map_err(|source| TokenizerError::Io { path: path.clone(), source })?;
    SentencePiece::from_bytes(&bytes).map_err(|message| TokenizerError::Content { path, message })
}
