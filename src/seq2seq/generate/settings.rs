//! How to decode: the fields of transformers' `GenerationConfig` that change the ids.

use serde::Serialize;

/// When beam search ends for a source whose beams are all finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlyStopping {
    /// `false`: when the best running beam, at its present length, can't beat the worst finished one.
    Heuristic,
    /// `true`: at once.
    Full,
    /// `"never"`: as `false`, but with a positive length penalty the longest length counts.
    Never,
}

/// See the module. Lengths count the decoder start token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerationSettings {
    /// `decoder_start_token_id`.
    pub start: u32,
    /// `eos_token_id`.
    pub end: Vec<u32>,
    /// `pad_token_id`.
    pub pad: Option<u32>,
    /// `forced_bos_token_id`: the first token after the start.
    pub forced_bos: Option<u32>,
    /// `forced_eos_token_id`: the last token of a sequence that reaches the longest length; empty for none.
    pub forced_eos: Vec<u32>,
    /// Longest sequence.
    pub max_length: usize,
    /// Shortest sequence.
    pub min_length: usize,
    /// `num_beams`; 1 is greedy search.
    pub beams: usize,
    /// `num_return_sequences`.
    pub n_best: usize,
    /// Scores are divided by the number of tokens to this power.
    pub length_penalty: f64,
    /// When beam search ends.
    pub early_stopping: EarlyStopping,
    /// No sequence of this many tokens twice; 0 for no limit.
    pub no_repeat_ngram_size: usize,
    /// Tokens that were there are made this much less likely; 1 for no change.
    pub repetition_penalty: f32,
    /// `bad_words_ids`: never decoded.
    pub bad_words: Vec<Vec<u32>>,
    /// `suppress_tokens`: never decoded.
    pub suppress: Vec<u32>,
    /// `begin_suppress_tokens`: never decoded as the first token that is not forced.
    pub begin_suppress: Vec<u32>,
    /// Scores sum to one again after all the above (`renormalize_logits`).
    pub renormalize: bool,
}

/// Settings that a user sets over the checkpoint's; `None` leaves the checkpoint's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerationOverrides {
    /// [`GenerationSettings::beams`].
    pub beams: Option<usize>,
    /// [`GenerationSettings::length_penalty`].
    pub length_penalty: Option<f64>,
    /// [`GenerationSettings::min_length`].
    pub min_length: Option<usize>,
    /// [`GenerationSettings::max_length`].
    pub max_length: Option<usize>,
    /// [`GenerationSettings::no_repeat_ngram_size`].
    pub no_repeat_ngram_size: Option<usize>,
    /// [`GenerationSettings::repetition_penalty`].
    pub repetition_penalty: Option<f32>,
    /// [`GenerationSettings::early_stopping`].
    pub early_stopping: Option<EarlyStopping>,
    /// [`GenerationSettings::forced_bos`].
    pub forced_bos: Option<u32>,
}

impl GenerationOverrides {
    /// `settings` with what is set here.
    pub fn over(&self, settings: GenerationSettings) -> GenerationSettings {
        GenerationSettings {
            beams: self.beams.unwrap_or(settings.beams),
            length_penalty: self.length_penalty.unwrap_or(settings.length_penalty),
            min_length: self.min_length.unwrap_or(settings.min_length),
            max_length: self.max_length.unwrap_or(settings.max_length),
            no_repeat_ngram_size: self.no_repeat_ngram_size.unwrap_or(settings.no_repeat_ngram_size),
            repetition_penalty: self.repetition_penalty.unwrap_or(settings.repetition_penalty),
            early_stopping: self.early_stopping.unwrap_or(settings.early_stopping),
            forced_bos: self.forced_bos.or(settings.forced_bos),
            ..settings
        }
    }
}

/// More beams than this are a mistake.
const MOST_BEAMS: usize = 64;

impl GenerationSettings {
    /// Whether a sequence ends with `id`.
    pub fn is_end(&self, id: u32) -> bool {
        self.end.contains(&id)
    }

    /// Whether the settings fit together and to a vocabulary of this size.
    ///
    /// # Errors
    /// In words, naming the field.
    pub fn check(&self, vocabulary: usize) -> Result<(), String> {
        let in_range = |id: &u32| (*id as usize) < vocabulary;
        let lists = [
            ("decoder_start_token_id", std::slice::from_ref(&self.start)),
            ("eos_token_id", &self.end),
            ("forced_bos_token_id", self.forced_bos.as_slice()),
            ("forced_eos_token_id", &self.forced_eos),
            ("suppress_tokens", &self.suppress),
            ("begin_suppress_tokens", &self.begin_suppress),
        ];
        for (name, ids) in lists.into_iter().chain(self.bad_words.iter().map(|ids| ("bad_words_ids", ids.as_slice()))) {
            if let Some(id) = ids.iter().find(|id| !in_range(id)) {
                return Err(format!("{name} holds {id}, the vocabulary has {vocabulary} ids"));
            }
        }
        if self.bad_words.iter().any(Vec::is_empty) {
            return Err("bad_words_ids holds an empty list".to_owned());
        }
        if !(1..=MOST_BEAMS).contains(&self.beams) {
            return Err(format!("num_beams is {}, expected 1 to {MOST_BEAMS}", self.beams));
        }
        if !(1..=self.beams).contains(&self.n_best) {
            return Err(format!("{} sequences are asked for, num_beams is {}", self.n_best, self.beams));
        }
        // Beam search keeps two candidates a beam and more; a vocabulary below that is no language.
        if vocabulary < 4 * MOST_BEAMS && vocabulary < (1 + self.end.len()).max(2) * self.beams {
            return Err(format!("num_beams is {}, the vocabulary has {vocabulary} ids", self.beams));
        }
        if self.max_length < 2 {
            return Err(format!("max_length is {}, expected 2 or more", self.max_length));
        }
        if !self.length_penalty.is_finite() {
            return Err("length_penalty is no finite number".to_owned());
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            return Err(format!("repetition_penalty is {}, expected more than 0", self.repetition_penalty));
        }
        Ok(())
    }
}
