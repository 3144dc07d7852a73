//! The [`Translator`] over an encoder-decoder checkpoint's folder.

use super::config::{Config, Network};
use super::cpu::CpuType;
use super::engine::{Compute, Engine, Path as ComputePath};
use super::error::Seq2SeqError;
use super::forced::ForcedLengths;
use super::generate::{GenerateError, GenerationOverrides, GenerationSettings, Sequence, generate};
use super::long_input;
use super::word_alignment::{Side, align};
use crate::checkpoint::Checkpoint;
use crate::llm::Workers;
use crate::tokenizer::{Languages, TextError, Tokenizer};
use crate::translate::{
    AlignedRange, BatchError, Cancel, Flag, Hypothesis, Limits, ModelIdentity, RowError, Translation, Translator,
    TranslatorInfo, Unit,
};
use candle_core::Device;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Sources that one worker decodes together on tensors.
const PREFERRED_BATCH: usize = 32;

/// Rows that one worker decodes together in 8-bit integers. Weights are read once for all of them, and worked through so
/// fast that many rows pay.
const INT8_ROWS: usize = 256;

/// The same for floats.
const F32_ROWS: usize = 128;

/// Sources of that at most: keys and values of more take memory and save little time. Those of floats are twice as large.
const INT8_SOURCES: usize = 96;

/// The same for floats.
const F32_SOURCES: usize = 48;

/// Sources longer than this are decoded alone on tensors: `gemm` cuts longer sums over keys in pieces whose size depends on the
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
    /// The arithmetic.
    pub compute: Compute,
    /// The decoder's layer (counted from 0) whose cross-attention gives [`Translation::alignment`]; with
    /// [`Compute::Plain`] only.
    pub alignment_layer: Option<usize>,
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
            max_batch_tokens: 8192,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            compute: Compute::default(),
            alignment_layer: None,
            languages: Languages::default(),
        }
    }
}

/// Indices of sources that were decoded together, and what became of them.
pub type DecodedBatch = (Vec<usize>, Result<Vec<Vec<Sequence>>, GenerateError>);

/// An encoder-decoder model that translates.
pub struct Seq2SeqTranslator {
    engine: Engine,
    network: Network,
    path: ComputePath,
    tokenizer: Tokenizer,
    settings: GenerationSettings,
    alignment_layer: Option<usize>,
    max_batch_tokens: usize,
    workers: Workers,
    load_time: Duration,
    info: TranslatorInfo,
}

/// Packs the weights of the checkpoint in `folder` into 8-bit integers and writes them into a file beside them, which
/// is read from then on where a translator computes in 8-bit integers. Returns the file's path and its bytes.
///
/// # Errors
/// As [`Seq2SeqTranslator::load`], and a folder that can't be written.
pub fn write_packed(folder: &Path) -> Result<(PathBuf, u64), Seq2SeqError> {
    let config = Config::from_folder(folder)?;
    let path = ComputePath::choose(Compute::Int8, &config.network, &Device::Cpu)?;
    let checkpoint = Checkpoint::open(folder, &Device::Cpu, path.tensors())?;
    Engine::write_packed(&checkpoint, &config.network)
}

impl Seq2SeqTranslator {
    /// Reads the checkpoint in `folder` for `device`.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: a file that is missing, damaged, of another kind, or does not fit to the others.
    pub fn load(folder: &Path, options: &Seq2SeqOptions, device: &Device) -> Result<Self, Seq2SeqError> {
        let config = Config::from_folder(folder)?;
        let mut settings = settings(folder, &config, options)?;
        let path = ComputePath::choose(options.compute, &config.network, device)?;
        let info = info(&settings, options, path, device);
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
        let checkpoint = Checkpoint::open(folder, device, path.tensors())?;
        let start = Instant::now();
        let no_threads = |error: rayon::ThreadPoolBuildError| Seq2SeqError::Workers {
            count: options.workers,
            message: error.to_string(),
        };
        let engine = {
            // These threads end before those of the workers begin.
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(options.workers.max(1)).build().map_err(no_threads)?;
            pool.install(|| Engine::load(&checkpoint, &config.network, options.compute))?
        };
        let load_time = start.elapsed();
        if !config.not_obeyed.is_empty() {
            log::warn!("{}: settings that are not obeyed: {}", folder.display(), config.not_obeyed.join(", "));
        }
        let unexpected = checkpoint.unexpected();
        if !unexpected.is_empty() {
            log::warn!("{}: tensors that the network does not have: {}", folder.display(), unexpected.join(", "));
        }
        log::info!(
            "{} runs in {} on {}; weights read and packed in {:.2} s",
            folder.display(),
            path.dtype(),
            path.device(device),
            load_time.as_secs_f64()
        );
        if let Some(layer) = options.alignment_layer {
            // One step through the network shows whether the layer is there and the path can show it.
            engine.alignment(&[0], &[settings.start, 0], layer).map_err(|error| Seq2SeqError::Config {
                path: folder.to_owned(),
                message: format!("no alignment: {error}"),
            })?;
        }
        let workers = Workers::new(options.workers).map_err(no_threads)?;
        Ok(Self {
            engine,
            network: config.network,
            path,
            tokenizer,
            settings,
            alignment_layer: options.alignment_layer,
            max_batch_tokens: options.max_batch_tokens,
            workers,
            load_time,
            info,
        })
    }

    /// What a translator from `folder` says of itself; reads the configuration, not the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: a configuration that is missing or makes no sense.
    pub fn describe(folder: &Path, options: &Seq2SeqOptions, device: &Device) -> Result<TranslatorInfo, Seq2SeqError> {
        let config = Config::from_folder(folder)?;
        let path = ComputePath::choose(options.compute, &config.network, device)?;
        Ok(info(&settings(folder, &config, options)?, options, path, device))
    }

    /// The weights.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How long the weights took to be read and packed.
    pub fn load_time(&self) -> Duration {
        self.load_time
    }

    /// Batches that are decoded at the same time.
    pub fn workers(&self) -> usize {
        self.workers.count()
    }

    /// Ids that a source may hold are below this.
    pub fn source_vocabulary(&self) -> usize {
        self.network.source_vocabulary()
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
        decode(&self.engine, sources, settings, cancel)
    }

    /// Decodes sources given as ids on all workers, in batches as [`Translator::translate`] does: each batch as indices
    /// with what became of it.
    pub fn decode_all(&self, sources: &[Vec<u32>], cancel: &Cancel) -> Vec<DecodedBatch> {
        self.in_batches(sources, |_, ids| self.decode(ids, &self.settings, cancel))
    }

    /// As [`Seq2SeqTranslator::decode_all`], with as many tokens for each source as `lengths` says: for measurements.
    ///
    /// # Errors
    /// A length that the model has no positions for, in words.
    pub fn decode_to_lengths(&self, sources: &[Vec<u32>], lengths: &[usize]) -> Result<Vec<DecodedBatch>, String> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        if let Some(most) = self.network.max_positions().filter(|&most| longest > most) {
            return Err(format!("{longest} tokens are asked for, the model has {most} positions"));
        }
        let settings = GenerationSettings {
            min_length: 0,
            max_length: longest + 2,
            forced_eos: Vec::new(),
            ..self.settings.clone()
        };
        Ok(self.in_batches(sources, |indices, ids| {
            let lengths: Vec<usize> = indices.iter().map(|&index| lengths[index]).collect();
            let mut decoder = ForcedLengths::new(self.engine.start(ids)?, &settings.end, &lengths);
            generate(&mut decoder, ids.len(), &settings, &Cancel::new())
        }))
    }

    /// Runs `decode` on batches of `sources`, on all workers.
    fn in_batches(
        &self,
        sources: &[Vec<u32>],
        decode: impl Fn(&[usize], &[&[u32]]) -> Result<Vec<Vec<Sequence>>, GenerateError> + Sync,
    ) -> Vec<DecodedBatch> {
        let lengths: Vec<usize> = sources.iter().map(Vec::len).collect();
        let batches = self.batches(&lengths);
        let decoded = self.workers.map(&batches, |batch| {
            let ids: Vec<&[u32]> = batch.iter().map(|&index| sources[index].as_slice()).collect();
            decode(batch, &ids)
        });
        batches.into_iter().zip(decoded).collect()
    }

    /// Sources that one worker decodes together.
    fn preferred_batch(&self) -> usize {
        match self.path {
            ComputePath::Tensors(_) => PREFERRED_BATCH,
            ComputePath::Cpu(kind, _) => {
                let (rows, most) = match kind {
                    CpuType::Int8 => (INT8_ROWS, INT8_SOURCES),
                    CpuType::F32 => (F32_ROWS, F32_SOURCES),
                };
                (rows / self.settings.beams).clamp(1, most)
            }
        }
    }

    /// Indices of `lengths` in batches: longest first, each within the budget of places and of a size that gives
    /// every worker something.
    fn batches(&self, lengths: &[usize]) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
        let most = lengths.len().div_ceil(self.workers.count()).min(self.preferred_batch());
        let longest_shared = if matches!(self.path, ComputePath::Tensors(_)) { LONGEST_SHARED } else { usize::MAX };
        let mut batches: Vec<Vec<usize>> = Vec::new();
        for index in order {
            if let Some(batch) = batches.last_mut()
                && lengths[batch[0]] <= longest_shared
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

    /// The ids of `text`, in parts where it is longer than the model takes.
    fn parts(&self, text: &str) -> Result<Vec<Vec<u32>>, RowError> {
        let encode = |text: &str| self.tokenizer.encode(text).map_err(|error| RowError::Model(error.to_string()));
        let limit = self.limits().max_source_tokens;
        let ids = encode(text)?;
        if ids.len() <= limit {
            return Ok(vec![ids]);
        }
        let parts = long_input::split(text, limit, |part| self.count_tokens(part));
        let parts = parts.into_iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        if parts.iter().any(|part| part.len() > limit) {
            return Err(RowError::TooLong { tokens: ids.len(), limit });
        }
        Ok(parts)
    }

    /// Which words of `unit` became which words of `translation`. Empty for texts that were split, and where the words
    /// that the tokens spell are not the words of the text.
    fn alignment(&self, unit: &Unit, source: &[u32], translation: &Translation) -> Result<Vec<AlignedRange>, RowError> {
        let failed = |error: &dyn std::fmt::Display| RowError::Model(error.to_string());
        let target = translation.token_ids.as_slice();
        let Some(layer) = self.alignment_layer.filter(|_| !target.is_empty()) else { return Ok(Vec::new()) };
        let side = |text: &str, ids: &[u32]| {
            Side::new(text, ids.len(), |count| self.tokenizer.decode(&ids[..count])).map_err(|error| failed(&error))
        };
        let (Some(source_side), Some(target_side)) = (side(&unit.text, source)?, side(&translation.text, target)?)
        else {
            return Ok(Vec::new());
        };
        let weights = self.engine.alignment(source, target, layer).map_err(|error| failed(&error))?;
        Ok(align(&source_side, &target_side, &weights))
    }

    /// One translation of the sequences of all parts of a text, each list best first.
    fn translation(&self, tokens_in: usize, parts: Vec<Vec<Sequence>>) -> Result<Translation, TextError> {
        let mut flags = Vec::new();
        if parts.len() > 1 {
            flags.push(Flag::SourceSplit);
        }
        let ranks = parts.iter().map(Vec::len).min().unwrap_or(0);
        let mut best = None;
        let mut n_best = Vec::new();
        for rank in 0..ranks {
            let sequences: Vec<&Sequence> = parts.iter().map(|part| &part[rank]).collect();
            let texts = sequences.iter().map(|sequence| self.tokenizer.decode(&sequence.ids));
            let texts = texts.collect::<Result<Vec<String>, _>>()?;
            let (ids, score) = long_input::join(&sequences);
            let hypothesis = Hypothesis { text: texts.join(" "), score: Some(score) };
            if rank == 0 {
                if sequences.iter().any(|sequence| sequence.ids.len() >= self.settings.max_length) {
                    flags.push(Flag::OutputTruncated);
                }
                best = Some((hypothesis, ids));
            } else {
                n_best.push(hypothesis);
            }
        }
        let Some((Hypothesis { text, score }, token_ids)) = best else {
            flags.push(Flag::EmptyOutput);
            return Ok(Translation { flags, tokens_in, ..Translation::default() });
        };
        if text.trim().is_empty() {
            flags.push(Flag::EmptyOutput);
        }
        let tokens_out = token_ids.len() - parts.len();
        Ok(Translation { text, score, flags, tokens_in, tokens_out, token_ids, n_best, ..Translation::default() })
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

fn info(settings: &GenerationSettings, options: &Seq2SeqOptions, path: ComputePath, device: &Device) -> TranslatorInfo {
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
            dtype: path.dtype().to_owned(),
            decoding,
        },
        device: path.device(device),
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
            preferred_batch: self.preferred_batch() * self.workers.count(),
            in_step: true,
            verbatim: true,
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        // A text that can't be cut fails when it is translated; its bytes are a bound for its tokens.
        self.tokenizer.encode(text).map_or(text.len(), |ids| ids.len())
    }

    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        let mut parts: Vec<Vec<u32>> = Vec::with_capacity(units.len());
        let mut counts: Vec<Result<usize, RowError>> = Vec::with_capacity(units.len());
        for unit in units {
            counts.push(self.parts(&unit.text).map(|of_unit| {
                let count = of_unit.len();
                parts.extend(of_unit);
                count
            }));
        }
        let mut of_parts: Vec<Result<Vec<Sequence>, RowError>> = parts.iter().map(|_| Ok(Vec::new())).collect();
        for (indices, decoded) in self.decode_all(&parts, cancel) {
            match decoded {
                Ok(decoded) => {
                    for (index, sequences) in indices.into_iter().zip(decoded) {
                        of_parts[index] = Ok(sequences);
                    }
                }
                Err(GenerateError::Cancelled) => return Err(BatchError::Cancelled),
                Err(error) => {
                    let message = error.to_string();
                    if message.to_lowercase().contains("out of memory") {
                        return Err(BatchError::OutOfMemory { device: self.info.device.clone(), message });
                    }
                    for index in indices {
                        of_parts[index] = Err(RowError::Model(message.clone()));
                    }
                }
            }
        }
        // The parts lie one unit after the other.
        let mut of_parts = of_parts.into_iter().zip(&parts);
        let row = |(counted, unit): (Result<usize, RowError>, &Unit)| -> Result<Translation, RowError> {
            let (sequences, sources): (Vec<_>, Vec<&Vec<u32>>) = of_parts.by_ref().take(counted?).unzip();
            let tokens_in = sources.iter().map(|ids| ids.len()).sum();
            let sequences = sequences.into_iter().collect::<Result<Vec<_>, _>>()?;
            let translation = self.translation(tokens_in, sequences);
            let mut translation = translation.map_err(|error| RowError::Model(error.to_string()))?;
            if let [source] = sources[..] {
                translation.alignment = self.alignment(unit, source, &translation)?;
            }
            Ok(translation)
        };
        Ok(counts.into_iter().zip(units).map(row).collect())
    }
}

/// Decodes sources given as ids: up to `settings.n_best` sequences for each, best first. All sources are one batch.
///
/// # Errors
/// [`GenerateError`].
pub fn decode(
    engine: &Engine,
    sources: &[&[u32]],
    settings: &GenerationSettings,
    cancel: &Cancel,
) -> Result<Vec<Vec<Sequence>>, GenerateError> {
    generate(&mut engine.start(sources)?, sources.len(), settings, cancel)
}
