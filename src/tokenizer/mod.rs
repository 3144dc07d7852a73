//! Tokenizers of the encoder-decoder models, read from the files as they lie beside the weights.
//!
//! ```text
//! Folder (configuration files) ─► Class ─┬► pieces::PieceTokenizer   (Marian, M2M100: sentencepiece + vocab.json)
//!                                        └► library::LibraryTokenizer (tokenizer.json, sentencepiece, merges.txt)
//! Languages ─► prefix, suffix, forced first token
//! ```
//!
//! Ids and texts are those of transformers 5.23, whose classes decide what a folder's files mean.

mod classes;
mod error;
mod folder;
mod language_codes;
mod languages;
mod library;
mod library_files;
mod pieces;
pub mod sentencepiece;
mod special;

pub use error::{TextError, TokenizerError};
pub use languages::Languages;

use folder::{Class, Folder};
use library::LibraryTokenizer;
use pieces::PieceTokenizer;
use std::path::Path;

/// Text to ids and back, for one source language and one target language.
pub struct Tokenizer {
    backend: Backend,
    /// Goes before each text: MADLAD's `<2en> `, Marian's `>>eng<< `.
    text_prefix: String,
    /// Words that a text may start with in the place of `text_prefix`.
    text_prefixes: Vec<String>,
    forced_bos: Option<u32>,
    clean_up: bool,
}

enum Backend {
    Pieces { tokenizer: Box<PieceTokenizer>, prefix: Vec<u32>, suffix: Vec<u32> },
    Library(Box<LibraryTokenizer>),
}

impl Tokenizer {
    /// Reads the tokenizer of a checkpoint's folder.
    ///
    /// # Errors
    /// [`TokenizerError`] naming the file, or the language that the model does not have.
    pub fn from_folder(folder: &Path, languages: &Languages) -> Result<Self, TokenizerError> {
        let folder = Folder::open(folder)?;
        let class = folder.class()?;
        let clean_up = folder.flag("clean_up_tokenization_spaces");
        let mut tokenizer = match class {
            Class::Marian | Class::M2m100 => {
                let is_marian = class == Class::Marian;
                let tokenizer =
                    if is_marian { PieceTokenizer::marian(&folder) } else { PieceTokenizer::m2m100(&folder) }?;
                let end = folder.tokens.name("eos_token", "</s>");
                let suffix = tokenizer.id_of(end).into_iter().collect();
                let tokenizer = Box::new(tokenizer);
                Self::new(Backend::Pieces { tokenizer, prefix: Vec::new(), suffix }, clean_up)
            }
            _ => {
                let library = LibraryTokenizer::new(&folder, class)?;
                // Cleaning was made for models of whole words; transformers leaves it out for BPE.
                let forced = folder.flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output");
                let clean_up = clean_up && (forced || !library.is_bpe());
                Self::new(Backend::Library(Box::new(library)), clean_up)
            }
        };
        tokenizer.set_languages(&folder, class, languages)?;
        Ok(tokenizer)
    }

    fn new(backend: Backend, clean_up: bool) -> Self {
        Self { backend, text_prefix: String::new(), text_prefixes: Vec::new(), forced_bos: None, clean_up }
    }

    fn set_languages(&mut self, folder: &Folder, class: Class, languages: &Languages) -> Result<(), TokenizerError> {
        match class {
            Class::Nllb | Class::MBart | Class::MBart50 | Class::M2m100 => {
                let tokens = self.language_tokens(class);
                if tokens.is_empty() {
                    return Err(
                        folder.unusable(&"the language codes are not in the vocabulary; tokenizer.json has them")
                    );
                }
                let source = languages::resolve(languages.source(), &tokens)?;
                let target = languages::resolve(languages.target(), &tokens)?;
                self.forced_bos = self.id_of(target);
                let source: Vec<u32> = self.id_of(source).into_iter().collect();
                let at_the_end = class == Class::MBart || class == Class::Nllb && folder.flag("legacy_behaviour");
                match &mut self.backend {
                    Backend::Pieces { prefix, .. } => *prefix = source,
                    Backend::Library(library) => {
                        let end = library.suffix().to_vec();
                        if at_the_end {
                            library.surround(Vec::new(), [end, source].concat());
                        } else {
                            library.surround(source, end);
                        }
                    }
                }
                Ok(())
            }
            Class::Marian | Class::T5 | Class::File => self.set_text_prefix(folder, class, languages),
            Class::Pegasus | Class::Roberta => refuse(folder, languages),
        }
    }

    /// MADLAD is told the target by a word before the text, and so are Marian models with several targets. Marian models
    /// with one target have no such word by default, whatever their vocabulary holds.
    fn set_text_prefix(&mut self, folder: &Folder, class: Class, languages: &Languages) -> Result<(), TokenizerError> {
        let tokens = self.language_tokens(class);
        if tokens.is_empty() {
            return refuse(folder, languages);
        }
        if class != Class::Marian || languages.target.is_some() {
            self.text_prefix = format!("{} ", languages::resolve(languages.target(), &tokens)?);
        }
        self.text_prefixes = tokens;
        Ok(())
    }

    fn language_tokens(&self, class: Class) -> Vec<String> {
        let is_code = |token: &str| match class {
            Class::Nllb => language_codes::NLLB.contains(&token),
            Class::MBart | Class::MBart50 => language_codes::MBART50.contains(&token),
            _ => token.starts_with("<2") && token.ends_with('>') && token.len() > 3,
        };
        match &self.backend {
            Backend::Pieces { tokenizer, .. } => tokenizer.language_tokens(),
            Backend::Library(library) => library.language_tokens(is_code),
        }
    }

    fn id_of(&self, word: &str) -> Option<u32> {
        match &self.backend {
            Backend::Pieces { tokenizer, .. } => tokenizer.id_of(word),
            Backend::Library(library) => library.id_of(word),
        }
    }

    /// One more than the largest id.
    pub fn vocabulary_size(&self) -> usize {
        match &self.backend {
            Backend::Pieces { tokenizer, .. } => tokenizer.vocabulary_size(),
            Backend::Library(library) => library.vocabulary_size(),
        }
    }

    /// The first token after the decoder's start, for models that are told the target language in this way.
    pub fn forced_bos(&self) -> Option<u32> {
        self.forced_bos
    }

    /// Ids of `text`, with what the model wants before and after it.
    ///
    /// # Errors
    /// What the library said, if it failed on this text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let told = self.text_prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()));
        let prefixed;
        let text = if self.text_prefix.is_empty() || told {
            text
        } else {
            prefixed = format!("{}{text}", self.text_prefix);
            &prefixed
        };
        match &self.backend {
            Backend::Pieces { tokenizer, prefix, suffix } => {
                Ok([prefix.as_slice(), &tokenizer.encode(text), suffix.as_slice()].concat())
            }
            Backend::Library(library) => library.encode(text),
        }
    }

    /// Text of `ids`, special words left out.
    ///
    /// # Errors
    /// What the library said, if it failed on these ids.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TextError> {
        let text = match &self.backend {
            Backend::Pieces { tokenizer, .. } => tokenizer.decode(ids),
            Backend::Library(library) => library.decode(ids)?,
        };
        Ok(if self.clean_up { cleaned(text) } else { text })
    }
}

/// Models without language codes can't be told languages.
fn refuse(folder: &Folder, languages: &Languages) -> Result<(), TokenizerError> {
    let asked = [(&languages.source, "source_lang"), (&languages.target, "target_lang")];
    for (code, key) in asked.into_iter().filter_map(|(code, key)| Some((code.as_ref()?, key))) {
        let own = folder.text(key).map(str::to_owned);
        if own.as_ref().is_some_and(|own| languages::resolve(code, std::slice::from_ref(own)).is_ok()) {
            continue;
        }
        let told = own.map(|own| format!("; its {key} is {own}")).unwrap_or_default();
        return Err(TokenizerError::NoLanguages { code: code.clone(), told });
    }
    Ok(())
}

/// `clean_up_tokenization` of transformers.
fn cleaned(mut text: String) -> String {
    const REPLACED: [(&str, &str); 10] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    for (from, to) in REPLACED {
        text = text.replace(from, to);
    }
    text
}
