//! Tokenizers that the `tokenizers` crate runs, put together as transformers' classes put them together: the vocabulary
//! and the merges from `tokenizer.json`, a sentencepiece model or `vocab.json` + `merges.txt`; the steps around them from
//! the class, whatever the file says.

use super::classes::{mbart, nllb, pegasus, roberta, t5};
use super::folder::{Class, Folder};
use super::library_files::{file, metaspace};
use super::special::{SpecialToken, to_add};
use super::{TextError, TokenizerError};
use tokenizers::{AddedToken, ModelWrapper, Tokenizer};

/// Text to ids and back.
pub(super) struct LibraryTokenizer {
    tokenizer: Tokenizer,
    /// The file's own words go around a text.
    templates: bool,
    /// Before and after each text.
    prefix: Vec<u32>,
    suffix: Vec<u32>,
}

impl LibraryTokenizer {
    /// Builds the tokenizer of `class`; Marian and M2M100 are no business of this module.
    pub(super) fn new(folder: &Folder, class: Class) -> Result<Self, TokenizerError> {
        match class {
            Class::T5 => t5(folder),
            Class::Pegasus => pegasus(folder),
            Class::MBart | Class::MBart50 => mbart(folder, class),
            Class::Nllb => nllb(folder),
            Class::Roberta => roberta(folder),
            Class::File | Class::Marian | Class::M2m100 => Self::finish(folder, file(folder)?, true, &[], &[], &[]),
        }
    }

    /// A tokenizer that `build` makes, with the folder's special tokens added; the ids of `suffix` end each text.
    pub(super) fn assemble(
        folder: &Folder,
        defaults: &[(&str, SpecialToken)],
        extra: &[SpecialToken],
        suffix: &[&str],
        build: impl FnOnce() -> Result<Tokenizer, tokenizers::Error>,
    ) -> Result<Self, TokenizerError> {
        let mut tokenizer = build().map_err(|error| folder.unusable(&error))?;
        if tokenizer.get_decoder().is_none() {
            tokenizer.with_decoder(Some(metaspace()));
        }
        Self::finish(folder, tokenizer, false, defaults, extra, suffix)
    }

    fn finish(
        folder: &Folder,
        mut tokenizer: Tokenizer,
        templates: bool,
        defaults: &[(&str, SpecialToken)],
        extra: &[SpecialToken],
        suffix: &[&str],
    ) -> Result<Self, TokenizerError> {
        let named = folder.tokens.all_named(defaults);
        let mut present: Vec<(u32, AddedToken)> = tokenizer.get_added_tokens_decoder().into_iter().collect();
        present.sort_unstable_by_key(|(id, _)| *id);
        let present: Vec<AddedToken> = present.into_iter().map(|(_, token)| token).collect();
        tokenizer
            .add_tokens(to_add(&folder.tokens, &named, extra, &present))
            .map_err(|error| folder.unusable(&error))?;
        let need = |token: &&str| tokenizer.token_to_id(token).ok_or_else(|| folder.unusable(&format!("no `{token}`")));
        let suffix = suffix.iter().map(need).collect::<Result<_, _>>()?;
        Ok(Self { tokenizer, templates, prefix: Vec::new(), suffix })
    }

    pub(super) fn vocabulary_size(&self) -> usize {
        // Ids of added tokens can lie beyond a gap.
        let added = self.tokenizer.get_added_tokens_decoder();
        let beyond = added.keys().max().map_or(0, |id| *id as usize + 1);
        self.tokenizer.get_vocab_size(true).max(beyond)
    }

    pub(super) fn id_of(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// Tokens of the vocabulary that `is_code` takes for a language, in the order of their ids.
    pub(super) fn language_tokens(&self, is_code: impl Fn(&str) -> bool) -> Vec<String> {
        let mut tokens: Vec<(u32, String)> = self
            .tokenizer
            .get_vocab(true)
            .into_iter()
            .filter(|(token, _)| is_code(token))
            .map(|(t, id)| (id, t))
            .collect();
        tokens.sort_unstable();
        tokens.into_iter().map(|(_, token)| token).collect()
    }

    /// Puts `ids` before and after each text from now on.
    pub(super) fn surround(&mut self, prefix: Vec<u32>, suffix: Vec<u32>) {
        (self.prefix, self.suffix) = (prefix, suffix);
    }

    pub(super) fn suffix(&self) -> &[u32] {
        &self.suffix
    }

    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let encoding = self.tokenizer.encode_fast(text, self.templates).map_err(text_error)?;
        Ok([self.prefix.as_slice(), encoding.get_ids(), self.suffix.as_slice()].concat())
    }

    pub(super) fn decode(&self, ids: &[u32]) -> Result<String, TextError> {
        self.tokenizer.decode(ids, true).map_err(text_error)
    }

    /// Whether the model is BPE, whose decoded text is never cleaned up.
    pub(super) fn is_bpe(&self) -> bool {
        matches!(self.tokenizer.get_model(), ModelWrapper::BPE(_))
    }
}

fn text_error(error: tokenizers::Error) -> TextError {
    TextError(error.to_string())
}
