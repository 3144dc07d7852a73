//! The tokenizer that lies in a GGUF: byte-level BPE (`gpt2`) or SentencePiece BPE (`llama`), and its control tokens.
//!
//! Text is text: the names of control tokens in it (`<|im_end|>`, `<eos>`) are spelled like any other words, so that an
//! article can't end its own prompt. Prompts put control tokens in by id.

use super::error::LlmError;
use super::gguf::Gguf;
use super::sentencepiece::{SPACE_MARK, SentencePieceBpe};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashMap;
use tokenizers::SplitDelimiterBehavior;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};

/// How words are cut before the merges where `tokenizer.ggml.pre` is `qwen2`; as in llama.cpp and the publisher's files.
const QWEN2_WORDS: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Values of `tokenizer.ggml.token_type` that stand for text.
const NORMAL: i64 = 1;
const USER_DEFINED: i64 = 4;
const BYTE: i64 = 6;

enum Words {
    ByteLevel(Box<tokenizers::Tokenizer>),
    SentencePiece { bpe: SentencePieceBpe, space_prefix: bool },
}

/// Text to ids and ids to bytes.
pub struct Tokenizer {
    words: Words,
    /// Strings that are one token each wherever they stand in a text (runs of line ends in Gemma).
    user_defined: Option<(AhoCorasick, Vec<u32>)>,
    /// What each id puts into the text; nothing for control tokens.
    bytes: Vec<Box<[u8]>>,
    /// Tokens that stand for no text, by their names.
    control: HashMap<String, u32>,
    /// Put before each prompt, where the model wants it.
    bos: Option<u32>,
    /// Ends an output.
    eos: Option<u32>,
}

impl Tokenizer {
    /// Builds the tokenizer from the metadata of `gguf`.
    ///
    /// # Errors
    /// [`LlmError::Metadata`] for missing or unknown entries, [`LlmError::Tokenizer`] where they don't fit together.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, LlmError> {
        let error = |message: String| LlmError::Tokenizer { path: gguf.path().to_owned(), message };
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let types = gguf.integers("tokenizer.ggml.token_type")?;
        if types.len() != tokens.len() {
            return Err(error(format!("{} tokens and {} token types", tokens.len(), types.len())));
        }
        if u32::try_from(tokens.len()).is_err() {
            return Err(error(format!("{} tokens are too many", tokens.len())));
        }
        let typed = || (0u32..).zip(tokens.iter().copied()).zip(types.iter().copied());
        let of_type = |wanted: i64| typed().filter(move |(_, kind)| *kind == wanted).map(|(token, _)| token);

        const MODEL: &str = "tokenizer.ggml.model";
        let (words, bytes) = match gguf.required(MODEL, gguf.string(MODEL)?)? {
            "gpt2" => {
                let spell = byte_of_character();
                let bytes = typed().map(|((_, token), kind)| match kind {
                    NORMAL => token.chars().filter_map(|character| spell.get(&character).copied()).collect(),
                    USER_DEFINED => token.as_bytes().into(),
                    _ => Box::default(),
                });
                (Words::ByteLevel(Box::new(byte_level(gguf, &tokens, &error)?)), bytes.collect())
            }
            "llama" => {
                let scores = gguf.floats("tokenizer.ggml.scores")?;
                if scores.len() != tokens.len() {
                    return Err(error(format!("{} tokens and {} scores", tokens.len(), scores.len())));
                }
                let mut byte_ids = HashMap::new();
                for (id, token) in of_type(BYTE) {
                    let byte = byte_piece(token).ok_or_else(|| error(format!("`{token}` is no byte")))?;
                    byte_ids.insert(byte, id);
                }
                let mut byte_table = Box::new([0; 256]);
                for (byte, slot) in (0..=u8::MAX).zip(byte_table.iter_mut()) {
                    *slot = *byte_ids.get(&byte).ok_or_else(|| error(format!("byte {byte} has no token")))?;
                }
                let pieces = of_type(NORMAL).map(|(id, token)| (token.to_owned(), (id, scores[id as usize])));
                let bytes = typed().map(|((_, token), kind)| match kind {
                    NORMAL => token.replace(SPACE_MARK, " ").into_bytes().into(),
                    USER_DEFINED => token.as_bytes().into(),
                    BYTE => byte_piece(token).into_iter().collect(),
                    _ => Box::default(),
                });
                let space_prefix = gguf.boolean("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
                let bpe = SentencePieceBpe::new(pieces.collect(), byte_table);
                (Words::SentencePiece { bpe, space_prefix }, bytes.collect())
            }
            other => return Err(gguf.metadata_error(MODEL, format!("expected `gpt2` or `llama`, found `{other}`"))),
        };
        let (ids, names): (Vec<u32>, Vec<&str>) = of_type(USER_DEFINED).filter(|(_, name)| !name.is_empty()).unzip();
        let user_defined = if ids.is_empty() {
            None
        } else {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names);
            Some((automaton.map_err(|cause| error(cause.to_string()))?, ids))
        };
        let control = typed()
            .filter(|(_, kind)| ![NORMAL, USER_DEFINED, BYTE].contains(kind))
            .map(|((id, name), _)| (name.to_owned(), id))
            .collect();
        let special = |key: &str| -> Result<Option<u32>, LlmError> {
            match gguf.unsigned(key)? {
                Some(id) if id >= tokens.len() => {
                    Err(gguf.metadata_error(key, format!("{id} is not in the vocabulary")))
                }
                // Below the number of tokens, which fits.
                id => Ok(id.map(|id| id as u32)),
            }
        };
        // Where the switch is missing, SentencePiece models want it and byte-level ones do not.
        let add_bos = match gguf.boolean("tokenizer.ggml.add_bos_token")? {
            Some(switch) => switch,
            None => matches!(words, Words::SentencePiece { .. }),
        };
        let bos = special("tokenizer.ggml.bos_token_id")?.filter(|_| add_bos);
        let eos = special("tokenizer.ggml.eos_token_id")?;
        Ok(Self { words, user_defined, bytes, control, bos, eos })
    }

    /// The ids of `text`; nothing is put before or after them.
    ///
    /// # Errors
    /// What the library said, if it failed on this text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut ids = Vec::new();
        let mut done = 0;
        if let Some((automaton, user_defined)) = &self.user_defined {
            for found in automaton.find_iter(text) {
                self.encode_words(&text[done..found.start()], &mut ids)?;
                ids.push(user_defined[found.pattern().as_usize()]);
                done = found.end();
            }
        }
        self.encode_words(&text[done..], &mut ids)?;
        Ok(ids)
    }

    fn encode_words(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        match &self.words {
            Words::ByteLevel(tokenizer) => {
                let encoding = tokenizer.encode_fast(text, false).map_err(|cause| cause.to_string())?;
                ids.extend_from_slice(encoding.get_ids());
            }
            Words::SentencePiece { bpe, space_prefix } => {
                let marked = text.replace(' ', SPACE_MARK);
                let prefix = if *space_prefix && ids.is_empty() { SPACE_MARK } else { "" };
                bpe.encode(&format!("{prefix}{marked}"), ids);
            }
        }
        Ok(())
    }

    /// What `id` puts into the text: any bytes, not always whole characters; nothing for control tokens.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], |bytes| bytes)
    }

    /// The text of `ids`. Bytes that make no character become U+FFFD, except for a character cut off at the end, which
    /// is left out.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.bytes(id)).copied().collect();
        let whole = match bytes.utf8_chunks().last() {
            Some(last) if !last.invalid().is_empty() && is_cut_off(last.invalid()) => {
                bytes.len() - last.invalid().len()
            }
            _ => bytes.len(),
        };
        String::from_utf8_lossy(&bytes[..whole]).into_owned()
    }

    /// The id of the control token called `name`.
    pub fn control(&self, name: &str) -> Option<u32> {
        self.control.get(name).copied()
    }

    /// What stands before each prompt, if the model wants it.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// What ends an output.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// No tokens at all.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// `bytes`, invalid as they stand, could have become a character with more bytes.
fn is_cut_off(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

fn byte_level(
    gguf: &Gguf,
    tokens: &[&str],
    error: &impl Fn(String) -> LlmError,
) -> Result<tokenizers::Tokenizer, LlmError> {
    const PRE: &str = "tokenizer.ggml.pre";
    match gguf.required(PRE, gguf.string(PRE)?)? {
        "qwen2" => {}
        other => return Err(gguf.metadata_error(PRE, format!("expected `qwen2`, found `{other}`"))),
    }
    let merges = gguf.strings("tokenizer.ggml.merges")?.into_iter().map(|merge| {
        let pair = merge.split_once(' ').ok_or_else(|| error(format!("`{merge}` is not a merge")))?;
        Ok((pair.0.to_owned(), pair.1.to_owned()))
    });
    let merges = merges.collect::<Result<Vec<_>, LlmError>>()?;
    let vocabulary: Vocab = tokens.iter().map(|token| (*token).to_owned()).zip(0u32..).collect();
    // Without a token for each byte, the library would drop what it can't spell.
    if let Some(character) =
        byte_of_character().into_keys().find(|character| !vocabulary.contains_key(&character.to_string()))
    {
        return Err(error(format!("the byte-level character `{character}` has no token")));
    }
    let to_error = |cause: tokenizers::Error| error(cause.to_string());
    let bpe = BPE::builder().vocab_and_merges(vocabulary, merges);
    let mut tokenizer = tokenizers::Tokenizer::new(bpe.build().map_err(to_error)?);
    let words = SplitPattern::Regex(QWEN2_WORDS.to_owned());
    let words = Split::new(words, SplitDelimiterBehavior::Isolated, false).map_err(to_error)?;
    let byte_level = ByteLevel::new(false, false, false);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![words.into(), byte_level.into()])));
    Ok(tokenizer)
}

/// GPT-2's spelling of bytes: printable Latin-1 characters stand for themselves, the others for U+0100 and on.
fn byte_of_character() -> HashMap<char, u8> {
    let mut moved = 0x100u32..;
    (0..=u8::MAX)
        .filter_map(|byte| match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => Some((char::from(byte), byte)),
            // 68 of them, all below U+0144.
            _ => moved.next().and_then(char::from_u32).map(|character| (character, byte)),
        })
        .collect()
}

/// `<0x0A>` is 10.
fn byte_piece(piece: &str) -> Option<u8> {
    u8::from_str_radix(piece.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_spellings() {
        let spell = byte_of_character();
        assert_eq!(spell.len(), 256);
        let rows = [('Ġ', b' '), ('Ċ', b'\n'), ('!', b'!'), ('ÿ', 0xff), ('Ø', 0xd8)];
        let failures: Vec<_> = rows.iter().filter(|(character, byte)| spell.get(character) != Some(byte)).collect();
        assert!(failures.is_empty(), "{failures:?}");
        assert_eq!((byte_piece("<0x0A>"), byte_piece("<0xZZ>"), byte_piece("A")), (Some(10), None, None));
    }

    #[test]
    fn cut_off_characters() {
        let rows: [(&[u8], bool); 4] = [(&[0xd8], true), (&[0xe2, 0x80], true), (&[0xff], false), (&[0x80], false)];
        let failures: Vec<_> = rows.iter().filter(|(bytes, expected)| is_cut_off(bytes) != *expected).collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
