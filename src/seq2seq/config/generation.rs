//! The decoding part of `generation_config.json` (or of an older `config.json`).

use super::NetworkConfig;
use crate::seq2seq::generate::{EarlyStopping, GenerationSettings};
use serde::Deserialize;

/// The longest sequence if the configuration names none: transformers' 20 new tokens and the start.
const DEFAULT_MAX_LENGTH: usize = 21;

/// One id or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

impl Ids {
    fn into_vec(self) -> Vec<u32> {
        match self {
            Ids::One(id) => vec![id],
            Ids::Many(ids) => ids,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawEarlyStopping {
    Flag(bool),
    Word(String),
}

#[derive(Deserialize)]
pub(super) struct RawGeneration {
    decoder_start_token_id: Option<u32>,
    bos_token_id: Option<u32>,
    eos_token_id: Option<Ids>,
    pad_token_id: Option<u32>,
    forced_bos_token_id: Option<u32>,
    forced_eos_token_id: Option<Ids>,
    max_length: Option<usize>,
    min_length: Option<usize>,
    num_beams: Option<usize>,
    length_penalty: Option<f64>,
    early_stopping: Option<RawEarlyStopping>,
    no_repeat_ngram_size: Option<usize>,
    repetition_penalty: Option<f32>,
    bad_words_ids: Option<Vec<Vec<u32>>>,
    suppress_tokens: Option<Vec<u32>>,
    #[serde(default)]
    renormalize_logits: bool,
}

impl RawGeneration {
    pub(super) fn checked(self, network: &NetworkConfig) -> Result<GenerationSettings, String> {
        let vocabulary = network.target_vocabulary;
        let start = self.decoder_start_token_id.or(self.bos_token_id);
        let start = start.ok_or("there is no decoder_start_token_id")?;
        let settings = GenerationSettings {
            start,
            end: self.eos_token_id.map(Ids::into_vec).unwrap_or_default(),
            pad: self.pad_token_id,
            forced_bos: self.forced_bos_token_id,
            forced_eos: self.forced_eos_token_id.map(Ids::into_vec).unwrap_or_default(),
            max_length: self.max_length.unwrap_or(DEFAULT_MAX_LENGTH.min(network.max_positions)),
            min_length: self.min_length.unwrap_or(0),
            beams: self.num_beams.unwrap_or(1),
            n_best: 1,
            length_penalty: self.length_penalty.unwrap_or(1.0),
            early_stopping: match self.early_stopping {
                None | Some(RawEarlyStopping::Flag(false)) => EarlyStopping::Heuristic,
                Some(RawEarlyStopping::Flag(true)) => EarlyStopping::Full,
                Some(RawEarlyStopping::Word(word)) if word == "never" => EarlyStopping::Never,
                Some(RawEarlyStopping::Word(word)) => {
                    return Err(format!("early_stopping is `{word}`, expected true, false or \"never\""));
                }
            },
            no_repeat_ngram_size: self.no_repeat_ngram_size.unwrap_or(0),
            repetition_penalty: self.repetition_penalty.unwrap_or(1.0),
            bad_words: self.bad_words_ids.unwrap_or_default(),
            suppress: self.suppress_tokens.unwrap_or_default(),
            renormalize: self.renormalize_logits,
        };
        settings.check(vocabulary)?;
        Ok(settings)
    }
}
