//! The tokenizer files of a checkpoint's folder, and which class of transformers would read them.

use super::TokenizerError;
use super::sentencepiece::SentencePieceFile;
use super::special::{Sources, SpecialTokens};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A folder's configuration files, parsed.
pub(super) struct Folder {
    pub path: PathBuf,
    pub config: Map<String, Value>,
    pub tokens: SpecialTokens,
    /// `tokenizer.json`, and where it lies.
    pub tokenizer_json: Option<Value>,
    /// `tokenizer_class` of `tokenizer_config.json`, else of `config.json`.
    class: Option<String>,
    /// `model_type` of `config.json`.
    model_type: String,
}

/// Tokenizer classes of transformers that are built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Marian,
    M2m100,
    Nllb,
    MBart,
    MBart50,
    T5,
    Pegasus,
    /// BART's, too.
    Roberta,
    /// `tokenizer.json` says all.
    File,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, TokenizerError> {
        let object = |name: &str| -> Result<Option<Map<String, Value>>, TokenizerError> { optional(path, name) };
        let config = object("tokenizer_config.json")?.unwrap_or_default();
        let file = config.get("fast_tokenizer_files").and_then(Value::as_array);
        let versioned = file.is_some_and(|names| names.len() > 1);
        if versioned {
            log::warn!("{}: tokenizer.json is read, not its versions for other releases", path.display());
        }
        let tokenizer_json: Option<Value> = optional(path, "tokenizer.json")?;
        let special_tokens_map = object("special_tokens_map.json")?;
        let added_tokens = object("added_tokens.json")?;
        let tokens = SpecialTokens::collect(&Sources {
            config: &config,
            special_tokens_map: special_tokens_map.as_ref(),
            added_tokens: added_tokens.as_ref(),
            tokenizer_json: tokenizer_json.as_ref(),
        });
        let of_model = object("config.json")?.unwrap_or_default();
        let class = config.get("tokenizer_class").or_else(|| of_model.get("tokenizer_class"));
        let class = class.and_then(Value::as_str).map(str::to_owned);
        let model_type = of_model.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { path: path.to_owned(), config, tokens, tokenizer_json, class, model_type })
    }

    /// As `AutoTokenizer` chooses it: the class that the folder names, else the one of the model's type.
    pub(super) fn class(&self) -> Result<Class, TokenizerError> {
        let named = self.class.as_deref().map(|name| name.strip_suffix("Fast").unwrap_or(name));
        let class = match named {
            Some("MarianTokenizer") => Class::Marian,
            Some("M2M100Tokenizer") => Class::M2m100,
            Some("NllbTokenizer") => Class::Nllb,
            Some("MBartTokenizer") => Class::MBart,
            Some("MBart50Tokenizer") => Class::MBart50,
            Some("T5Tokenizer" | "MT5Tokenizer") => Class::T5,
            Some("PegasusTokenizer") => Class::Pegasus,
            Some("BartTokenizer" | "RobertaTokenizer") => Class::Roberta,
            Some("PreTrainedTokenizer" | "TokenizersBackend" | "PythonBackend") => Class::File,
            Some(other) if self.tokenizer_json.is_some() => {
                log::warn!("{}: {other} is not known; tokenizer.json is taken as it is", self.path.display());
                Class::File
            }
            Some(other) => return Err(TokenizerError::Class { folder: self.path.clone(), class: other.to_owned() }),
            None => match self.model_type.as_str() {
                "marian" => Class::Marian,
                "m2m_100" => Class::M2m100,
                "mbart" => Class::MBart,
                "t5" | "mt5" => Class::T5,
                "pegasus" => Class::Pegasus,
                "bart" => Class::Roberta,
                _ => Class::File,
            },
        };
        Ok(class)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.config.get(key).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.config.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn number(&self, key: &str, default: usize) -> usize {
        self.config.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    }

    pub(super) fn content(&self, name: &str, message: impl Into<String>) -> TokenizerError {
        TokenizerError::Content { path: self.path.join(name), message: message.into() }
    }

    /// The files make no tokenizer together.
    pub(super) fn unusable(&self, error: &dyn std::fmt::Display) -> TokenizerError {
        TokenizerError::Content { path: self.path.clone(), message: format!("no usable tokenizer: {error}") }
    }

    pub(super) fn missing(&self, class: &str, expected: &'static str) -> TokenizerError {
        TokenizerError::Missing { folder: self.path.clone(), class: class.to_owned(), expected }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.path.join(name).is_file()
    }

    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, TokenizerError> {
        read(&self.path.join(name))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, TokenizerError> {
        parse(&self.path.join(name), &self.bytes(name)?)
    }

    /// The sentencepiece model called `name`. Without a `tokenizer.json`, transformers prefers a `tokenizer.model`.
    pub(super) fn sentencepiece_name(&self, name: &'static str) -> Option<&'static str> {
        let other = "tokenizer.model";
        if self.tokenizer_json.is_none() && self.has(other) {
            Some(other)
        } else {
            Some(name).filter(|name| self.has(name))
        }
    }

    pub(super) fn sentencepiece(&self, name: &str) -> Result<SentencePieceFile, TokenizerError> {
        SentencePieceFile::from_bytes(&self.bytes(name)?).map_err(|message| self.content(name, message))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TokenizerError> {
    std::fs::read(path).map_err(|source| TokenizerError::Io { path: path.to_owned(), source })
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, TokenizerError> {
    serde_json::from_slice(bytes)
        .map_err(|error| TokenizerError::Content { path: path.to_owned(), message: error.to_string() })
}

fn optional<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, TokenizerError> {
    let path = folder.join(name);
    match read(&path) {
        Ok(bytes) => parse(&path, &bytes).map(Some),
        Err(TokenizerError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
