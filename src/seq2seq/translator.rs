//! The [`Translator`] over an encoder-decoder checkpoint's folder.

use super::cache::DecoderState;
use super::config::{Config, Network};
use super::error::Seq2SeqError;
use super::families::Model;
use super::generate::{Decoder, GenerateError, GenerationOverrides, GenerationSettings, Sequence, generate};
use crate::checkpoint::Checkpoint;
use crate::llm::{Workers, device_name};
use crate::tokenizer::{Languages, TextError, Tokenizer};
use crate::translate::{
    BatchError, Cancel, Flag, Hypothesis, Limits, ModelIdentity, RowError, Translation, Translator, TranslatorInfo,
    Unit,
};
use candle_core::{DType, Device};
use std::path::Path;

/// Sources that one worker decodes together.
const PREFERRED_BATCH: usize = 32;

/// Sources longer than this are decoded alone: `gemm` cuts longer sums over keys in pieces whose size depends on the
/// padded length, and so on the neighbours.
const LONGEST_SHARED: usize = 512;

/// How a model is named and decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Seq2SeqOptions {
    /// Model id or folder name, for the signature.
    pub model: String,
    /// Commit on the Hub; `None` for local files.
    pub revision: Option<String>,
    /// SHA-256 of the weights, if it is known.
    pub sha256: Option<String>,
    /// Why the output must not be relied upon, if that is known.
    pub unreliable: Option<String>,
    /// What is set over the checkpoint's own settings.
    pub generation: GenerationOverrides,
    /// Hypotheses for each source.
    pub n_best: usize,
    /// Places (sources times the longest of them) that are decoded together.
    pub max_batch_tokens: usize,
    /// Batches that are decoded at the same time, each on one thread.
    pub workers: usize,
    /// Source and target, for models that have several.
    pub languages: Languages,
}

impl Seq2SeqOptions {
    /// The checkpoint's own settings.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            revision: None,
            sha256: None,
            unreliable: None,
            generation: GenerationOverrides::default(),
            n_best: 1,
            max_batch_tokens: 2048,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            languages: Languages::default(),
        }
    }
}

/// An encoder-decoder model that translates.
pub struct Seq2SeqTranslator {
    model: Model,
    network: Network,
    tokenizer: Tokenizer,
    settings: GenerationSettings,
    max_batch_tokens: usize,
    workers: Workers,
    info: TranslatorInfo,
}

impl Seq2SeqTranslator {
    /// Reads the checkpoint in `folder` for `device`, to be run in 32-bit floating point.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: a file that is missing, damaged, of another kind, or does not fit to the others.
    pub fn load(folder: &Path, options: &Seq2SeqOptions, device: &Device) -> Result<Self, Seq2SeqError> {
        let config = Config::from_folder(folder)?;
        let mut settings = settings(folder, &config, options)?;
        let info = info(&settings, options, device);
        let tokenizer = Tokenizer::from_folder(folder, &options.languages)?;
        if tokenizer.vocabulary_size() > config.network.source_vocabulary() {
            return Err(Seq2SeqError::Config {
                path: folder.to_owned(),
                message: format!(
                    "the tokenizer has ids up to {}, but vocab_size is {} in config.json",
                    tokenizer.vocabulary_size() - 1,
                    config.network.source_vocabulary()
                ),
            });
        }
        // A model with one target names it in its settings.
        let own = options.generation.forced_bos.is_none() && options.languages.target.is_some();
        if own || settings.forced_bos.is_none() {
            settings.forced_bos = tokenizer.forced_bos().or(settings.forced_bos);
        }
        let checkpoint = Checkpoint::open(folder, device, DType::F32)?;
        let model = Model::load(&checkpoint, &config.network)?;
        if !config.not_obeyed.is_empty() {
            log::warn!("{}: settings that are not obeyed: {}", folder.display(), config.not_obeyed.join(", "));
        }
        let unexpected = checkpoint.unexpected();
        if !unexpected.is_empty() {
            log::warn!("{}: tensors that the network does not have: {}", folder.display(), unexpected.join(", "));
        }
        let workers = Workers::new(options.workers)
            .map_err(|error| Seq2SeqError::Workers { count: options.workers, message: error.to_string() })?;
        Ok(Self {
            model,
            network: config.network,
            tokenizer,
            settings,
            max_batch_tokens: options.max_batch_tokens,
            workers,
            info,
        })
    }

    /// What a translator from `folder` says of itself; reads the configuration, not the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: a configuration that is missing or makes no sense.
    pub fn describe(folder: &Path, options: &Seq2SeqOptions, device: &Device) -> Result<TranslatorInfo, Seq2SeqError> {
        let config = Config::from_folder(folder)?;
        Ok(info(&settings(folder, &config, options)?, options, device))
    }

    /// The network.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The tokenizer of the folder.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Decoding, as the folder and the options have it.
    pub fn settings(&self) -> &GenerationSettings {
        &self.settings
    }

    /// Decodes sources given as ids: up to `settings.n_best` sequences for each, best first. All sources are one batch.
    ///
    /// # Errors
    /// [`GenerateError`].
    pub fn decode(
        &self,
        sources: &[&[u32]],
        settings: &GenerationSettings,
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Sequence>>, GenerateError> {
        decode(&self.model, sources, settings, cancel)
    }

    /// Indices of `lengths` in batches: longest first, each within the budget of places and of a size that gives
    /// every worker something.
    fn batches(&self, lengths: &[usize]) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
        let most = lengths.len().div_ceil(self.workers.count()).min(PREFERRED_BATCH);
        let mut batches: Vec<Vec<usize>> = Vec::new();
        for index in order {
            if let Some(batch) = batches.last_mut()
                && lengths[batch[0]] <= LONGEST_SHARED
                && batch.len() < most
                && (batch.len() + 1) * lengths[batch[0]] <= self.max_batch_tokens
            {
                batch.push(index);
            } else {
                batches.push(vec![index]);
            }
        }
        batches
    }

    fn translation(&self, tokens_in: usize, mut sequences: Vec<Sequence>) -> Result<Translation, TextError> {
        let others = sequences.split_off(sequences.len().min(1));
        let Some(Sequence { ids, score }) = sequences.pop() else {
            return Ok(Translation { flags: vec![Flag::EmptyOutput], tokens_in, ..Translation::default() });
        };
        let text = self.text(&ids)?;
        let mut flags = Vec::new();
        if ids.len() >= self.settings.max_length {
            flags.push(Flag::OutputTruncated);
        }
        if text.is_empty() {
            flags.push(Flag::EmptyOutput);
        }
        let hypothesis =
            |sequence: Sequence| Ok(Hypothesis { text: self.text(&sequence.ids)?, score: Some(sequence.score) });
        Ok(Translation {
            text,
            score: Some(score),
            flags,
            tokens_in,
            tokens_out: ids.len() - 1,
            token_ids: ids,
            n_best: others.into_iter().map(hypothesis).collect::<Result<_, TextError>>()?,
            ..Translation::default()
        })
    }

    /// One line: a unit is one line, and so is its translation.
    fn text(&self, ids: &[u32]) -> Result<String, TextError> {
        Ok(self.tokenizer.decode(ids)?.replace(['\n', '\r'], " "))
    }
}

/// The folder's settings with the options', within what the network has positions for.
fn settings(folder: &Path, config: &Config, options: &Seq2SeqOptions) -> Result<GenerationSettings, Seq2SeqError> {
    let mut settings = options.generation.over(config.generation.clone());
    settings.n_best = options.n_best;
    // The last token is never read, so it needs no position.
    if let Some(most) = config.network.max_positions().map(|positions| positions + 1)
        && settings.max_length > most
    {
        log::warn!("max_length {} is beyond the model's positions; {most} is taken", settings.max_length);
        settings.max_length = most;
    }
    settings
        .check(config.network.target_vocabulary())
        .map_err(|message| Seq2SeqError::Config { path: folder.join("generation_config.json"), message })?;
    Ok(settings)
}

fn info(settings: &GenerationSettings, options: &Seq2SeqOptions, device: &Device) -> TranslatorInfo {
    // Settings are numbers, lists and words: they always have a JSON form.
    let mut decoding = serde_json::to_value(settings).unwrap_or_default();
    let languages = [("source_lang", &options.languages.source), ("target_lang", &options.languages.target)];
    for (name, code) in languages.into_iter().filter_map(|(name, code)| Some((name, code.as_ref()?))) {
        decoding[name] = code.as_str().into();
    }
    TranslatorInfo {
        identity: ModelIdentity {
            model: options.model.clone(),
            revision: options.revision.clone(),
            sha256: options.sha256.clone(),
            dtype: "f32".to_owned(),
            decoding,
        },
        device: device_name(device),
        deterministic: device.is_cpu(),
        unreliable: options.unreliable.clone(),
    }
}

impl Translator for Seq2SeqTranslator {
    fn info(&self) -> &TranslatorInfo {
        &self.info
    }

    fn limits(&self) -> Limits {
        Limits {
            max_source_tokens: self.network.max_source_tokens(),
            preferred_batch: PREFERRED_BATCH * self.workers.count(),
            in_step: true,
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        // A text that can't be cut fails when it is translated; its bytes are a bound for its tokens.
        self.tokenizer.encode(text).map_or(text.len(), |ids| ids.len())
    }

    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        let limit = self.limits().max_source_tokens;
        let mut results: Vec<Result<Translation, RowError>> = Vec::with_capacity(units.len());
        let mut sources: Vec<Vec<u32>> = Vec::with_capacity(units.len());
        for unit in units {
            let encoded = self.tokenizer.encode(&unit.text).map_err(|error| RowError::Model(error.to_string()));
            let (result, ids) = match encoded {
                Ok(ids) if ids.len() > limit => (Err(RowError::TooLong { tokens: ids.len(), limit }), Vec::new()),
                Ok(ids) => (Ok(Translation::default()), ids),
                Err(error) => (Err(error), Vec::new()),
            };
            results.push(result);
            sources.push(ids);
        }
        let fitting: Vec<usize> = (0..units.len()).filter(|&index| results[index].is_ok()).collect();
        let lengths: Vec<usize> = fitting.iter().map(|&index| sources[index].len()).collect();
        let mut batches = self.batches(&lengths);
        for place in batches.iter_mut().flatten() {
            *place = fitting[*place];
        }
        let decoded = self.workers.map(&batches, |batch| {
            let ids: Vec<&[u32]> = batch.iter().map(|&index| sources[index].as_slice()).collect();
            self.decode(&ids, &self.settings, cancel)
        });
        for (indices, decoded) in batches.into_iter().zip(decoded) {
            match decoded {
                Ok(decoded) => {
                    for (index, sequences) in indices.into_iter().zip(decoded) {
                        results[index] = self
                            .translation(sources[index].len(), sequences)
                            .map_err(|error| RowError::Model(error.to_string()));
                    }
                }
                Err(GenerateError::Cancelled) => return Err(BatchError::Cancelled),
                Err(error) => {
                    let message = error.to_string();
                    if message.to_lowercase().contains("out of memory") {
                        return Err(BatchError::OutOfMemory { device: self.info.device.clone(), message });
                    }
                    for index in indices {
                        results[index] = Err(RowError::Model(message.clone()));
                    }
                }
            }
        }
        Ok(results)
    }
}

/// Decodes sources given as ids: up to `settings.n_best` sequences for each, best first. All sources are one batch.
///
/// # Errors
/// [`GenerateError`].
pub fn decode(
    model: &Model,
    sources: &[&[u32]],
    settings: &GenerationSettings,
    cancel: &Cancel,
) -> Result<Vec<Vec<Sequence>>, GenerateError> {
    let encoded = model.encode(sources)?;
    let state = model.start(&encoded)?;
    drop(encoded);
    generate(&mut Running { model, state }, sources.len(), settings, cancel)
}

/// A batch that is being decoded.
struct Running<'m> {
    model: &'m Model,
    state: DecoderState,
}

impl Decoder for Running<'_> {
    fn vocabulary(&self) -> usize {
        self.model.target_vocabulary()
    }

    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Vec<f32>> {
        self.model.step(tokens, &mut self.state)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    }

    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> candle_core::Result<()> {
        self.state.select(rows, sources)
    }
}
