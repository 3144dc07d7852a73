//! The decoding part of `generation_config.json` (or of an older `config.json`).

use super::Network;
use crate::seq2seq::generate::{EarlyStopping, GenerationSettings};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest sequence if the configuration names none: transformers' 20 new tokens and the start.
const DEFAULT_MAX_LENGTH: usize = 21;

/// Settings that change what transformers decodes and that are not obeyed here, with the values that change nothing.
const NOT_OBEYED: [(&str, &[f64]); 12] = [
    ("do_sample", &[]),
    ("penalty_alpha", &[0.0]),
    ("num_beam_groups", &[1.0]),
    ("diversity_penalty", &[0.0]),
    ("encoder_no_repeat_ngram_size", &[0.0]),
    ("encoder_repetition_penalty", &[1.0]),
    ("sequence_bias", &[]),
    ("exponential_decay_length_penalty", &[]),
    ("guidance_scale", &[1.0]),
    ("constraints", &[]),
    ("force_words_ids", &[]),
    ("watermarking_config", &[]),
];

/// The settings of `fields` that are not obeyed, as `name = value`.
pub(super) fn not_obeyed(fields: &Map<String, Value>) -> Vec<String> {
    let changes = |name: &str, harmless: &[f64]| match fields.get(name)? {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64().is_some_and(|number| harmless.contains(&number)) => None,
        value => Some(format!("{name} = {value}")),
    };
    NOT_OBEYED.iter().filter_map(|(name, harmless)| changes(name, harmless)).collect()
}

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
    max_new_tokens: Option<usize>,
    min_length: Option<usize>,
    min_new_tokens: Option<usize>,
    num_beams: Option<usize>,
    length_penalty: Option<f64>,
    early_stopping: Option<RawEarlyStopping>,
    no_repeat_ngram_size: Option<usize>,
    repetition_penalty: Option<f32>,
    bad_words_ids: Option<Vec<Vec<u32>>>,
    suppress_tokens: Option<Vec<u32>>,
    begin_suppress_tokens: Option<Vec<u32>>,
    #[serde(default)]
    renormalize_logits: bool,
}

impl RawGeneration {
    pub(super) fn checked(self, network: &Network) -> Result<GenerationSettings, String> {
        let default_max_length =
            network.max_positions().map_or(DEFAULT_MAX_LENGTH, |most| most.min(DEFAULT_MAX_LENGTH));
        let start = self.decoder_start_token_id.or(self.bos_token_id);
        let start = start.ok_or("there is no decoder_start_token_id")?;
        let settings = GenerationSettings {
            start,
            end: self.eos_token_id.map(Ids::into_vec).unwrap_or_default(),
            pad: self.pad_token_id,
            forced_bos: self.forced_bos_token_id,
            forced_eos: self.forced_eos_token_id.map(Ids::into_vec).unwrap_or_default(),
            // New tokens go first, and the start is not new.
            max_length: self
                .max_new_tokens
                .map(|tokens| tokens.saturating_add(1))
                .or(self.max_length)
                .unwrap_or(default_max_length),
            min_length: self.min_new_tokens.map(|tokens| tokens.saturating_add(1)).or(self.min_length).unwrap_or(0),
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
            begin_suppress: self.begin_suppress_tokens.unwrap_or_default(),
            renormalize: self.renormalize_logits,
        };
        settings.check(network.target_vocabulary())?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_not_obeyed_are_named() {
        let fields = serde_json::json!({
            "do_sample": true, "num_beam_groups": 1, "diversity_penalty": 0.0, "encoder_no_repeat_ngram_size": 3,
            "guidance_scale": null, "num_beams": 4, "sequence_bias": [[[1], -2.0]],
        });
        let found = not_obeyed(fields.as_object().unwrap());
        assert_eq!(found, ["do_sample = true", "encoder_no_repeat_ngram_size = 3", "sequence_bias = [[[1],-2.0]]"]);
    }
}
