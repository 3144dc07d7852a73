//! The [`Translator`] over a GGUF model: one text at a time, the fixed prefix of each prompt computed once.

use super::clean::clean;
use super::config::Config;
use super::error::LlmError;
use super::generate::{GenerateError, Generated, Limits as GenerateLimits, NextToken, Stop, greedy};
use super::gguf::Gguf;
use super::model::{DecoderState, Model};
use super::prompts::{Piece, Prompt, PromptStyle, TURN_END, TURN_START, prompt};
use super::tokenizer::Tokenizer;
use super::workers::Workers;
use crate::kernels::Isa;
use crate::translate::{
    BatchError, Cancel, Flag, Limits, ModelIdentity, RowError, Translation, Translator, TranslatorInfo, Unit, UnitKind,
};
use candle_core::Device;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How a model is named, asked and bounded.
#[derive(Debug, Clone, PartialEq)]
pub struct LlmOptions {
    /// Model id or file name, for the signature.
    pub model: String,
    /// Commit on the Hub; `None` for local files.
    pub revision: Option<String>,
    /// SHA-256 of the file, if it is known.
    pub sha256: Option<String>,
    /// How the model is asked.
    pub prompt: PromptStyle,
    /// Longest context in tokens: prompt, text and output together.
    pub context_length: usize,
    /// Most tokens of an output: this many …
    pub max_new_tokens_base: usize,
    /// … and this many for each token of the source.
    pub max_new_tokens_per_source_token: usize,
    /// Why the output must not be relied upon, if that is known.
    pub unreliable: Option<String>,
    /// Texts that are worked on at the same time, each by a thread of its own. Same words with any number.
    pub workers: usize,
    /// Compute the fixed prefix of a prompt once and not for each text. Same words either way.
    pub reuse_prefix: bool,
}

impl LlmOptions {
    /// The usual bounds.
    pub fn new(model: impl Into<String>, prompt: PromptStyle) -> Self {
        Self {
            model: model.into(),
            revision: None,
            sha256: None,
            prompt,
            context_length: 2048,
            max_new_tokens_base: 32,
            max_new_tokens_per_source_token: 3,
            unreliable: None,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            reuse_prefix: true,
        }
    }
}

/// A GGUF language model that translates.
pub struct LlmTranslator {
    model: Model,
    tokenizer: Tokenizer,
    options: LlmOptions,
    info: TranslatorInfo,
    stop_ids: Vec<u32>,
    workers: Workers,
    prompts: HashMap<UnitKind, TokenPrompt>,
    /// What the model makes of the prefix of each kind of prompt, filled as kinds come up.
    prefixes: Mutex<HashMap<UnitKind, DecoderState>>,
}

/// A prompt in tokens.
struct TokenPrompt {
    prefix: Vec<u32>,
    lead: &'static str,
    tail: &'static str,
    suffix: Vec<u32>,
}

/// Texts of a batch for each worker: enough that a worker with short texts does not wait long for the others, few enough
/// that little is lost when a run is interrupted.
const TEXTS_A_WORKER: usize = 4;

const KINDS: [UnitKind; 4] = [UnitKind::Sentence, UnitKind::Title, UnitKind::MarkedWords, UnitKind::Speaker];

impl LlmTranslator {
    /// Reads the model at `path` for `device`.
    ///
    /// # Errors
    /// [`LlmError`]: unreadable, damaged or unsupported file, or a prompt style that the model has no tokens for.
    pub fn load(path: &Path, options: LlmOptions, device: &Device) -> Result<Self, LlmError> {
        let mut gguf = Gguf::open(path)?;
        let config = Config::from_gguf(&gguf)?;
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        if tokenizer.len() > config.vocabulary {
            let message = format!("{} tokens, the embedding has {} rows", tokenizer.len(), config.vocabulary);
            return Err(LlmError::Tokenizer { path: path.to_owned(), message });
        }
        let info = info(&gguf, &config, &options, device)?;
        let prompts = KINDS
            .into_iter()
            .map(|kind| Ok((kind, TokenPrompt::new(&tokenizer, prompt(options.prompt, kind), &options, path)?)))
            .collect::<Result<_, LlmError>>()?;
        // End of turn is not `eos` in every file.
        let stop_ids = [tokenizer.eos(), tokenizer.control(TURN_END), tokenizer.control("<|endoftext|>")];
        let stop_ids = stop_ids.into_iter().chain([tokenizer.control("<end_of_turn>"), tokenizer.control("<eos>")]);
        let stop_ids = stop_ids.flatten().collect();
        let model = Model::load(&mut gguf, config, options.context_length, device)?;
        let workers = Workers::new(options.workers)
            .map_err(|error| LlmError::Workers { count: options.workers, message: error.to_string() })?;
        Ok(Self { model, tokenizer, options, info, stop_ids, workers, prompts, prefixes: Mutex::default() })
    }

    /// What a translator from the file at `path` says of itself; reads the header, not the weights.
    ///
    /// # Errors
    /// [`LlmError`]: unreadable, damaged or unsupported file.
    pub fn describe(path: &Path, options: &LlmOptions, device: &Device) -> Result<TranslatorInfo, LlmError> {
        let gguf = Gguf::open(path)?;
        info(&gguf, &Config::from_gguf(&gguf)?, options, device)
    }

    /// The tokenizer of the file.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The network.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// All tokens that the model reads before it answers about `unit`.
    ///
    /// # Errors
    /// [`RowError::Model`] if the text can't be tokenised.
    pub fn prompt_ids(&self, unit: &Unit) -> Result<Vec<u32>, RowError> {
        let prompt = &self.prompts[&unit.kind];
        Ok([prompt.prefix.clone(), self.rest_of_prompt(prompt, unit)?].concat())
    }

    fn rest_of_prompt(&self, prompt: &TokenPrompt, unit: &Unit) -> Result<Vec<u32>, RowError> {
        let text = [prompt.lead, unit.text.as_str(), prompt.tail].concat();
        let mut ids = self.tokenizer.encode(&text).map_err(RowError::Model)?;
        ids.extend_from_slice(&prompt.suffix);
        Ok(ids)
    }

    /// The state after the prefix for `kind`.
    fn prefix_state(&self, kind: UnitKind) -> candle_core::Result<DecoderState> {
        let compute = || {
            let mut state = self.model.new_state();
            self.model.forward(&self.prompts[&kind].prefix, &mut state).map(|_| state)
        };
        if !self.options.reuse_prefix {
            return compute();
        }
        // A thread that panicked while it held the lock left whole entries behind: each is inserted complete.
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = prefixes.get(&kind) {
            return Ok(state.clone());
        }
        let state = compute()?;
        prefixes.insert(kind, state.clone());
        Ok(state)
    }

    fn translate_unit(&self, unit: &Unit, cancel: &Cancel) -> Result<Result<Translation, RowError>, BatchError> {
        let prompt = &self.prompts[&unit.kind];
        let (source, rest) = match (self.tokenizer.encode(&unit.text), self.rest_of_prompt(prompt, unit)) {
            (Ok(source), Ok(rest)) => (source, rest),
            (Err(message), _) => return Ok(Err(RowError::Model(message))),
            (_, Err(error)) => return Ok(Err(error)),
        };
        let (tokens, limit) = (source.len(), self.limits().max_source_tokens);
        if tokens > limit {
            return Ok(Err(RowError::TooLong { tokens, limit }));
        }
        let room = self.model.context_length().saturating_sub(prompt.prefix.len() + rest.len());
        let max_new_tokens =
            (self.options.max_new_tokens_base + self.options.max_new_tokens_per_source_token * tokens).min(room);
        let limits = GenerateLimits { max_new_tokens, stop_ids: self.stop_ids.clone() };
        let generated = self.prefix_state(unit.kind).map_err(GenerateError::from).and_then(|state| {
            greedy(&mut Running { model: &self.model, state }, &self.tokenizer, &rest, &limits, cancel)
        });
        match generated {
            Ok(generated) => Ok(Ok(translation(&unit.text, tokens, generated))),
            Err(GenerateError::Cancelled) => Err(BatchError::Cancelled),
            Err(GenerateError::Model(error)) => {
                let message = error.to_string();
                if message.to_lowercase().contains("out of memory") {
                    Err(BatchError::OutOfMemory { device: self.info.device.clone(), message })
                } else {
                    Ok(Err(RowError::Model(message)))
                }
            }
        }
    }
}

fn info(gguf: &Gguf, config: &Config, options: &LlmOptions, device: &Device) -> Result<TranslatorInfo, LlmError> {
    Ok(TranslatorInfo {
        identity: ModelIdentity {
            model: options.model.clone(),
            revision: options.revision.clone(),
            sha256: options.sha256.clone(),
            dtype: file_type_name(gguf.unsigned("general.file_type")?),
            decoding: serde_json::json!({
                "search": "greedy",
                "prompt": options.prompt.name(),
                "context_length": options.context_length.min(config.context_length),
                "max_new_tokens_base": options.max_new_tokens_base,
                "max_new_tokens_per_source_token": options.max_new_tokens_per_source_token,
            }),
        },
        device: device_name(device),
        deterministic: device.is_cpu(),
        unreliable: options.unreliable.clone(),
    })
}

impl Translator for LlmTranslator {
    fn info(&self) -> &TranslatorInfo {
        &self.info
    }

    fn limits(&self) -> Limits {
        // The longest prompt, the source once in the prompt, and an output of the same length.
        let longest = self.prompts.values().map(|prompt| prompt.prefix.len() + prompt.suffix.len()).max();
        let around = longest.unwrap_or(0) + 16 + self.options.max_new_tokens_base;
        Limits {
            max_source_tokens: self.model.context_length().saturating_sub(around) / 2,
            preferred_batch: TEXTS_A_WORKER * self.workers.count(),
            in_step: false,
            verbatim: false,
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        // No token is shorter than a byte: where the tokenizer fails, the bytes are an upper bound.
        self.tokenizer.encode(text).map_or(text.len(), |ids| ids.len())
    }

    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        self.workers.map(units, |unit| self.translate_unit(unit, cancel)).into_iter().collect()
    }
}

struct Running<'m> {
    model: &'m Model,
    state: DecoderState,
}

impl NextToken for Running<'_> {
    fn logits(&mut self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        self.model.forward(ids, &mut self.state)?.to_vec1()
    }
}

impl TokenPrompt {
    fn new(tokenizer: &Tokenizer, prompt: Prompt, options: &LlmOptions, path: &Path) -> Result<Self, LlmError> {
        let encode = |pieces: &[Piece]| {
            let mut ids = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Control(name) => ids.push(tokenizer.control(name).ok_or_else(|| LlmError::Prompt {
                        path: path.to_owned(),
                        style: options.prompt.name().to_owned(),
                        needs: format!("the tokens `{TURN_START}` and `{TURN_END}`"),
                    })?),
                    Piece::Text(text) => ids.extend(
                        tokenizer
                            .encode(text)
                            .map_err(|message| LlmError::Tokenizer { path: path.to_owned(), message })?,
                    ),
                }
            }
            Ok::<Vec<u32>, LlmError>(ids)
        };
        let mut prefix: Vec<u32> = tokenizer.bos().into_iter().collect();
        prefix.extend(encode(&prompt.prefix)?);
        Ok(Self { prefix, lead: prompt.lead, tail: prompt.tail, suffix: encode(&prompt.suffix)? })
    }
}

fn translation(source: &str, tokens_in: usize, generated: Generated) -> Translation {
    let text = clean(source, &generated.text);
    let mut flags = Vec::new();
    match generated.stop {
        Stop::End => {}
        Stop::Length => flags.push(Flag::OutputTruncated),
        Stop::Loop => flags.push(Flag::Repetition),
    }
    if text.is_empty() {
        flags.push(Flag::EmptyOutput);
    }
    Translation {
        text,
        score: generated.score,
        flags,
        tokens_in,
        tokens_out: generated.ids.len(),
        token_ids: generated.ids,
        ..Translation::default()
    }
}

/// Name of `general.file_type` (llama.cpp's `LLAMA_FTYPE_…`).
fn file_type_name(file_type: Option<usize>) -> String {
    let name = match file_type {
        Some(0) => "f32",
        Some(1) => "f16",
        Some(2) => "q4_0",
        Some(3) => "q4_1",
        Some(7) => "q8_0",
        Some(8) => "q5_0",
        Some(9) => "q5_1",
        Some(10) => "q2_k",
        Some(11) => "q3_k_s",
        Some(12) => "q3_k_m",
        Some(13) => "q3_k_l",
        Some(14) => "q4_k_s",
        Some(15) => "q4_k_m",
        Some(16) => "q5_k_s",
        Some(17) => "q5_k_m",
        Some(18) => "q6_k",
        Some(32) => "bf16",
        _ => "gguf",
    };
    name.to_owned()
}

/// Where the model runs. On processors the instruction set is part of it, by the name
/// that [`Isa`] has for it: kernels, and so speed, differ by it.
pub fn device_name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => format!("cpu/{}", Isa::of_vectors()),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
    }
}
