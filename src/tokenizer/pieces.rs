//! Tokenizers whose pieces come from sentencepiece and whose ids from `vocab.json`: Marian and M2M100, as transformers'
//! `MarianTokenizer` and `M2M100Tokenizer` (its Python backend) give them.

use super::TokenizerError;
use super::folder::Folder;
use super::language_codes::{M2M100, WMT21};
use super::sentencepiece::{SPACE_MARK, SentencePiece};
use super::special::SpecialToken;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{HashMap, HashSet};

/// Text to ids and back.
#[derive(Debug)]
pub(super) struct PieceTokenizer {
    source: SentencePiece,
    /// Marian's target side, for models with a vocabulary for each side.
    target: Option<SentencePiece>,
    style: Style,
    ids: HashMap<String, u32>,
    words: Vec<Option<String>>,
    unknown: (String, u32),
    added: AddedTokens,
    /// Words that are left out of decoded text, and their ids.
    special: HashSet<String>,
    special_ids: HashSet<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Marian,
    M2m100,
}

/// `vocab.json`.
struct Vocabulary {
    ids: HashMap<String, u32>,
    words: Vec<Option<String>>,
    /// Entries of the file itself.
    size: usize,
}

/// Words that are cut out of a text before it is cut into pieces.
#[derive(Debug)]
struct AddedTokens {
    automaton: AhoCorasick,
    /// By pattern.
    tokens: Vec<(SpecialToken, u32)>,
    ids: HashMap<String, u32>,
    by_id: HashMap<u32, String>,
}

impl PieceTokenizer {
    /// Reads `source.spm`, `target.spm` and `vocab.json` (`target_vocab.json` for models with two vocabularies).
    pub(super) fn marian(folder: &Folder) -> Result<Self, TokenizerError> {
        let source = model(folder, "source.spm")?;
        // With one vocabulary, joining pieces needs no scores; reading the target's shows that the folder is whole.
        let target = model(folder, "target.spm")?;
        let ids: HashMap<String, u32> = folder.json("vocab.json")?;
        let two = folder.flag("separate_vocabs");
        let words = if two { folder.json("target_vocab.json")? } else { ids.clone() };
        let words = by_id(folder, if two { "target_vocab.json" } else { "vocab.json" }, &words)?;
        let defaults = [("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")];
        let vocabulary = Vocabulary { size: ids.len(), ids, words };
        Self::new(folder, Style::Marian, (source, two.then_some(target)), vocabulary, &defaults)
    }

    /// Reads `vocab.json` and `sentencepiece.bpe.model`. The language tokens' ids follow those of `vocab.json`.
    pub(super) fn m2m100(folder: &Folder) -> Result<Self, TokenizerError> {
        let name = folder.sentencepiece_name("sentencepiece.bpe.model").unwrap_or("sentencepiece.bpe.model");
        let source = model(folder, name)?;
        let mut ids: HashMap<String, u32> = folder.json("vocab.json")?;
        let size = ids.len();
        let mut words = by_id(folder, "vocab.json", &ids)?;
        let codes: &[&str] = if folder.text("language_codes") == Some("wmt21") { &WMT21 } else { &M2M100 };
        for (token, id) in codes.iter().map(|code| format!("__{code}__")).zip(size..) {
            words.resize(words.len().max(id + 1), None);
            words[id] = Some(token.clone());
            ids.insert(token, u32::try_from(id).unwrap_or(u32::MAX));
        }
        let defaults = [
            ("bos_token", "<s>"),
            ("eos_token", "</s>"),
            ("unk_token", "<unk>"),
            ("sep_token", "</s>"),
            ("pad_token", "<pad>"),
        ];
        Self::new(folder, Style::M2m100, (source, None), Vocabulary { ids, words, size }, &defaults)
    }

    fn new(
        folder: &Folder,
        style: Style,
        (source, target): (SentencePiece, Option<SentencePiece>),
        Vocabulary { ids, mut words, size }: Vocabulary,
        defaults: &[(&str, &str)],
    ) -> Result<Self, TokenizerError> {
        let tokens = &folder.tokens;
        let need = |word: &str| {
            ids.get(word).copied().ok_or_else(|| folder.content("vocab.json", format!("holds no `{word}`")))
        };
        let name = |attribute: &'static str, default| tokens.name(attribute, default).to_owned();
        let unknown = name("unk_token", "<unk>");
        let unknown = (unknown.clone(), need(&unknown)?);
        need(&name("eos_token", "</s>"))?;
        let defaults: Vec<(&str, SpecialToken)> =
            defaults.iter().map(|(attribute, word)| (*attribute, SpecialToken::bare(word))).collect();
        let mut special: Vec<SpecialToken> = tokens.all_named(&defaults);
        special.extend(tokens.extra_or(tokens.additional.clone()));
        let mut added = Vec::new();
        let mut added_ids: HashMap<String, u32> = HashMap::new();
        for (&id, token) in &tokens.by_id {
            added_ids.insert(token.content.clone(), id);
            added.push((token.clone(), id));
        }
        let known = added_ids.keys().filter(|word| !ids.contains_key(*word)).count();
        let mut next = u32::try_from(size + known).unwrap_or(u32::MAX);
        for token in &special {
            if token.content.is_empty() || added_ids.contains_key(&token.content) {
                continue;
            }
            let listed = ids.get(&token.content).filter(|&&id| (id as usize) < size || style == Style::Marian);
            let id = listed.copied().unwrap_or(next);
            next += u32::from(listed.is_none());
            added_ids.insert(token.content.clone(), id);
            added.push((SpecialToken::flagged(&token.content, Some(false), true), id));
        }
        for (token, id) in &added {
            if words.len() <= *id as usize {
                words.resize(*id as usize + 1, None);
            }
            if words[*id as usize].is_none() {
                words[*id as usize] = Some(token.content.clone());
            }
        }
        let special: HashSet<String> = special.into_iter().map(|token| token.content).collect();
        let id_of = |word: &String| added_ids.get(word).or_else(|| ids.get(word)).copied().unwrap_or(unknown.1);
        let special_ids = special.iter().map(id_of).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(added.iter().map(|(token, _)| &token.content))
            .map_err(|error| folder.content("tokenizer_config.json", error.to_string()))?;
        let by_id = added.iter().map(|(token, id)| (*id, token.content.clone())).collect();
        let added = AddedTokens { automaton, tokens: added, ids: added_ids, by_id };
        Ok(Self { source, target, style, ids, words, unknown, added, special, special_ids })
    }

    /// One more than the largest id.
    pub(super) fn vocabulary_size(&self) -> usize {
        self.words.len()
    }

    /// The id of a word of the vocabulary.
    pub(super) fn id_of(&self, word: &str) -> Option<u32> {
        self.added.ids.get(word).or_else(|| self.ids.get(word)).copied()
    }

    /// Words that choose a language (`__ar__`, `>>ara<<`), in the order of their ids.
    pub(super) fn language_tokens(&self) -> Vec<String> {
        let mut tokens: Vec<(u32, &String)> =
            self.ids.iter().filter(|(word, _)| is_code(word)).map(|(word, id)| (*id, word)).collect();
        tokens.sort_unstable();
        tokens.into_iter().map(|(_, word)| word.clone()).collect()
    }

    /// Ids of `text`, nothing before or after it.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut start = 0;
        let mut strip_left = false;
        for found in self.added.automaton.find_iter(text) {
            let (token, id) = &self.added.tokens[found.pattern().as_usize()];
            let (before, after) = (text[..found.start()].chars().next_back(), text[found.end()..].chars().next());
            let joined = |neighbour: Option<char>| neighbour.is_some_and(|character| character != ' ');
            if token.single_word && (joined(before) || joined(after)) {
                continue;
            }
            self.encode_part(&text[start..found.start()], strip_left, token.lstrip, &mut ids);
            ids.push(*id);
            start = found.end();
            strip_left = token.rstrip;
        }
        self.encode_part(&text[start..], strip_left, false, &mut ids);
        ids
    }

    /// A part without added words. `>>xx<<` in front is one word of Marian's (the target of multilingual models).
    fn encode_part(&self, text: &str, strip_left: bool, strip_right: bool, ids: &mut Vec<u32>) {
        let text = if strip_left { text.trim_start_matches(is_python_space) } else { text };
        let text = if strip_right { text.trim_end_matches(is_python_space) } else { text };
        let is_marian = self.style == Style::Marian;
        let code = if is_marian && text.starts_with(">>") { text.find("<<").map(|at| at + 2) } else { None };
        let (code, text) = text.split_at(code.unwrap_or(0));
        if !code.is_empty() {
            ids.push(self.id(code));
        }
        ids.extend(self.source.encode(text).iter().map(|piece| self.id(piece)));
    }

    fn id(&self, word: &str) -> u32 {
        self.id_of(word).unwrap_or(self.unknown.1)
    }

    /// Text of `ids`, special words left out.
    pub(super) fn decode(&self, ids: &[u32]) -> String {
        let model = self.target.as_ref().unwrap_or(&self.source);
        let mut text = String::new();
        let mut pieces: Vec<&str> = Vec::new();
        for id in ids.iter().filter(|id| !self.special_ids.contains(id)) {
            let word = match (self.added.by_id.get(id), self.words.get(*id as usize)) {
                (Some(word), _) | (None, Some(Some(word))) => word,
                // What the vocabulary does not hold is a number of the sentencepiece model to Marian.
                _ if self.style == Style::Marian => match model.piece(*id) {
                    Some(piece) => piece,
                    None => continue,
                },
                _ => &self.unknown.0,
            };
            if self.special.contains(word) {
                text.push_str(&model.decode(pieces.drain(..)));
                text.push_str(word);
                if self.style == Style::Marian {
                    text.push(' ');
                }
            } else {
                pieces.push(word);
            }
        }
        text.push_str(&model.decode(pieces));
        if self.style == Style::Marian {
            text = text.replace(SPACE_MARK, " ");
        }
        text.trim_matches(is_python_space).to_owned()
    }
}

fn is_code(word: &str) -> bool {
    let inside = |open: &str, close: &str| {
        word.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|code| !code.is_empty())
    };
    inside("__", "__") || inside(">>", "<<")
}

/// What Python's `str.strip` takes for white space.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The words of a vocabulary by id.
fn by_id(folder: &Folder, name: &str, ids: &HashMap<String, u32>) -> Result<Vec<Option<String>>, TokenizerError> {
    let largest = ids.values().max().copied().unwrap_or(0) as usize;
    if largest >= ids.len().saturating_mul(4).max(1024) {
        return Err(folder.content(name, format!("{} words, and ids up to {largest}", ids.len())));
    }
    let mut words = vec![None; largest + 1];
    for (word, &id) in ids {
        words[id as usize] = Some(word.clone());
    }
    Ok(words)
}

fn model(folder: &Folder, name: &str) -> Result<SentencePiece, TokenizerError> {
    SentencePiece::from_bytes(&folder.bytes(name)?).map_err(|message| folder.content(name, message))
}
