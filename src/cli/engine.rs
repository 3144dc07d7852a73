//! From `--profile`, `--translator` and the settings file to a translator that is loaded when it is needed.

use super::device::DeviceChoice;
use super::failure::Failure;
use super::missing_model::MissingModel;
use super::progress::printable;
use super::{Globals, config, hub};
use crate::hub::{
    Catalogue, EXTRACTIVE, Engine, HubError, LocatedModel, PromptStyle as AskStyle, Settings, find_with, locate_with,
};
use crate::llm::{LlmError, LlmOptions, LlmTranslator, PromptStyle};
use crate::seq2seq::generate::{EarlyStopping, GenerationOverrides};
use crate::seq2seq::{Compute, Seq2SeqError, Seq2SeqOptions, Seq2SeqTranslator};
use crate::summarize::{Abstractive, Extractive, Reads, Summarizer};
use crate::tokenizer::Languages;
use crate::translate::{LazyTranslator, LoadError, Translator};
use candle_core::Device;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which model, and where it runs.
#[derive(Debug, Clone, Default, Args)]
pub struct ModelArgs {
    /// Model by profile (see `mujaz models list`)
    #[arg(long, value_name = "NAME", env = "MUJAZ_PROFILE", conflicts_with = "translator")]
    profile: Option<String>,
    /// Model by name, Hub id, GGUF file or folder
    #[arg(long, value_name = "ID|DIR", visible_alias = "model")]
    translator: Option<String>,
    /// Where the model runs: auto, cpu or cuda:N; GPUs need a build with --features cuda
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    /// Number type, for encoder-decoder models; auto: int8 where the processor is good at it
    #[arg(long, value_enum, default_value_t, env = "MUJAZ_DTYPE")]
    dtype: DtypeName,
    /// Hypotheses for each text; set by the subcommands that show them.
    #[arg(skip)]
    pub n_best: Option<u8>,
    /// The decoder's layer that word alignments come from; likewise.
    #[arg(skip)]
    pub alignment: Option<u16>,
    /// Language of the source: BCP-47 (ar, arz) or the model's own code (arb_Arab) [default: ar]
    #[arg(long, value_name = "CODE")]
    source_lang: Option<String>,
    /// Language of the output: BCP-47 (en) or the model's own code (eng_Latn) [default: en]
    #[arg(long, value_name = "CODE")]
    target_lang: Option<String>,
    #[command(flatten)]
    decoding: DecodingArgs,
    /// Texts translated at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
}

/// How encoder-decoder models decode; what is not given is the model's own setting.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Decoding (encoder-decoder models; default: the model's own settings)")]
struct DecodingArgs {
    /// Beams of the search
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    beams: Option<u8>,
    /// Longest output in tokens, the start included
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(2..))]
    max_length: Option<u32>,
    /// Shortest output in tokens, the start included
    #[arg(long, value_name = "TOKENS")]
    min_length: Option<u32>,
    /// Above 0: longer outputs score better than without
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    length_penalty: Option<f64>,
    /// No sequence of N tokens twice in an output; 0: no limit
    #[arg(long, value_name = "N")]
    no_repeat_ngram_size: Option<u16>,
    /// Above 1: tokens that were there are less likely
    #[arg(long, value_name = "X")]
    repetition_penalty: Option<f32>,
    /// When beam search ends
    #[arg(long, value_enum, value_name = "WHEN")]
    early_stopping: Option<EarlyStoppingName>,
}

/// transformers' words for [`EarlyStopping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EarlyStoppingName {
    /// As soon as all beams are finished
    True,
    /// When a better output is unlikely
    False,
    /// When a better output is impossible
    Never,
}

impl DecodingArgs {
    fn overrides(&self) -> GenerationOverrides {
        let length = |tokens: Option<u32>| tokens.map(|tokens| tokens as usize);
        GenerationOverrides {
            beams: self.beams.map(usize::from),
            length_penalty: self.length_penalty,
            min_length: length(self.min_length),
            max_length: length(self.max_length),
            no_repeat_ngram_size: self.no_repeat_ngram_size.map(usize::from),
            repetition_penalty: self.repetition_penalty,
            early_stopping: self.early_stopping.map(|name| match name {
                EarlyStoppingName::True => EarlyStopping::Full,
                EarlyStoppingName::False => EarlyStopping::Heuristic,
                EarlyStoppingName::Never => EarlyStopping::Never,
            }),
            forced_bos: None,
        }
    }
}

/// Number types of encoder-decoder models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DtypeName {
    /// int8 on processors with kernels for it, else f32.
    #[default]
    Auto,
    /// 32-bit floats: token ids as transformers gives them.
    F32,
    /// 16-bit floats, slow on processors.
    F16,
    /// 16-bit floats with the range of 32-bit ones, slow on processors.
    Bf16,
    /// 8-bit integers.
    Int8,
}

/// Whether a model that is not on this machine may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// Fetch it, unless offline.
    Fetch,
    /// Say so.
    Fail,
}

/// The translator that flags, environment and settings ask for; described, not loaded.
///
/// # Errors
/// [`Failure`] for names that are unknown and for models that are not there or can't be read.
pub fn translator(
    args: &ModelArgs,
    config: &config::Config,
    globals: &Globals,
    if_missing: IfMissing,
) -> Result<LazyTranslator, Failure> {
    let hub::Models { catalogue, settings } = hub::open(globals, config)?;
    let name = translator_name(args, config, &catalogue)?;
    let located = located(&name, &catalogue, &settings, if_missing)?;
    let languages = args.source_lang.is_some() || args.target_lang.is_some();
    match located.engine {
        Engine::Gguf if languages => Err(Failure::usage(anyhow::anyhow!(
            "{} is a language model: it translates Arabic to English",
            located.name
        ))
        .hint("leave --source-lang and --target-lang out")),
        Engine::Gguf if args.alignment.is_some() => {
            Err(Failure::usage(anyhow::anyhow!("{} is a language model: it has no cross-attention", located.name))
                .hint("leave --alignment out"))
        }
        Engine::Gguf if args.decoding != DecodingArgs::default() || args.n_best.is_some() => {
            Err(Failure::usage(anyhow::anyhow!("{} is a language model: it decodes without beams", located.name))
                .hint("leave --beams, --n-best and the other flags of decoding out"))
        }
        Engine::Gguf => language_model(located, args),
        Engine::EncoderDecoder => encoder_decoder(located, args, globals),
    }
}

/// The name of the translation model that flags, environment and settings ask for.
fn translator_name(args: &ModelArgs, config: &config::Config, catalogue: &Catalogue) -> Result<String, Failure> {
    Ok(match &args.translator {
        Some(name) => name.clone(),
        None => profile(args, config, catalogue)?.translator.clone(),
    })
}

/// The translator if it is on this machine, else what is known about it.
///
/// # Errors
/// As [`translator`], but for models that are not there.
pub fn translator_if_here(
    args: &ModelArgs,
    config: &config::Config,
    globals: &Globals,
) -> Result<Result<LazyTranslator, MissingModel>, Failure> {
    let hub::Models { catalogue, .. } = hub::open(globals, config)?;
    let name = translator_name(args, config, &catalogue)?;
    MissingModel::or(translator(args, config, globals, IfMissing::Fail), &name, &catalogue)
}

fn profile<'c>(
    args: &ModelArgs,
    config: &config::Config,
    catalogue: &'c Catalogue,
) -> Result<&'c crate::hub::Profile, Failure> {
    let name = args.profile.as_deref().or(config.settings.profile.as_deref());
    catalogue.profile(name.unwrap_or(catalogue.default_profile())).map_err(hub_failure)
}

fn located(
    name: &str,
    catalogue: &Catalogue,
    settings: &Settings,
    if_missing: IfMissing,
) -> Result<LocatedModel, Failure> {
    let located = match if_missing {
        IfMissing::Fail => find_with(name, catalogue, settings),
        IfMissing::Fetch => locate_with(name, catalogue, settings),
    };
    located.map_err(hub_failure)
}

/// The summarizing model that flags, environment and settings ask for; described, not loaded.
///
/// # Errors
/// [`Failure`] for names that are unknown, for models that are not there or can't be read, and for such that don't
/// summarize.
pub fn summarizer(
    args: &ModelArgs,
    config: &config::Config,
    globals: &Globals,
    if_missing: IfMissing,
) -> Result<LazyTranslator, Failure> {
    let hub::Models { catalogue, .. } = hub::open(globals, config)?;
    let name = match &args.translator {
        Some(name) => name.clone(),
        None => {
            let profile = profile(args, config, &catalogue)?;
            if profile.summarizer == EXTRACTIVE {
                let message = format!("the profile {} summarizes without a model", profile.name);
                return Err(Failure::usage(anyhow::anyhow!(message))
                    .hint("--model ID|DIR names a summarizing model; mujaz models list shows some"));
            }
            profile.summarizer.clone()
        }
    };
    Ok(summarizing_model(&name, args, (config, globals), if_missing)?.0)
}

fn summarizing_model(
    name: &str,
    args: &ModelArgs,
    (config, globals): (&config::Config, &Globals),
    if_missing: IfMissing,
) -> Result<(LazyTranslator, SummarizingModel), Failure> {
    let hub::Models { catalogue, settings } = hub::open(globals, config)?;
    let located = located(name, &catalogue, &settings, if_missing)?;
    if located.engine != Engine::EncoderDecoder {
        return Err(Failure::usage(anyhow::anyhow!(
            "{} is a language model, which this program does not summarize with",
            located.name
        ))
        .hint("name an encoder-decoder model: bart-large-cnn, mt5-multilingual-xlsum, or a folder"));
    }
    let model = SummarizingModel::of(&located)?;
    Ok((encoder_decoder(located, args, globals)?, model))
}

/// What a summarizing model reads, and what it is told.
pub struct SummarizingModel {
    reads: Reads,
    prefix: String,
}

impl SummarizingModel {
    /// From the manifest's languages, else from the model's type: BART, Pegasus and T5 were trained on English, the
    /// others on many languages. T5 is told its task by `task_specific_params.summarization.prefix`.
    fn of(located: &LocatedModel) -> Result<Self, Failure> {
        let path = located.path.join("config.json");
        let failed = |error: anyhow::Error| Failure::model(error.context(format!("{} can't be read", path.display())));
        let text = std::fs::read(&path).map_err(|error| failed(error.into()))?;
        let config: serde_json::Value = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
        let model_type = config["model_type"].as_str().unwrap_or_default();
        let arabic = match &located.manifest {
            Some(manifest) => manifest.languages.source.iter().any(|code| code == "ar"),
            None => !matches!(model_type, "bart" | "pegasus" | "t5"),
        };
        let prefix = config.pointer("/task_specific_params/summarization/prefix").and_then(|prefix| prefix.as_str());
        Ok(Self {
            reads: if arabic { Reads::Arabic } else { Reads::English },
            prefix: prefix.filter(|_| model_type == "t5").unwrap_or_default().to_owned(),
        })
    }
}

/// How `mujaz brief` summarizes.
pub enum SummarizerPlan {
    /// Sentences of the article.
    Extractive,
    /// A model writes.
    Model(Box<LazyTranslator>, SummarizingModel),
}

impl SummarizerPlan {
    /// `name` is `extractive`, or a model by name, Hub id or folder.
    ///
    /// # Errors
    /// As [`summarizer`].
    pub fn new(
        name: &str,
        args: &ModelArgs,
        settings: (&config::Config, &Globals),
        if_missing: IfMissing,
    ) -> Result<Self, Failure> {
        if name == EXTRACTIVE {
            return Ok(Self::Extractive);
        }
        // The translator's flags are not the summarizer's.
        let own = ModelArgs { device: args.device, workers: args.workers, ..ModelArgs::default() };
        let (lazy, model) = summarizing_model(name, &own, settings, if_missing)?;
        Ok(Self::Model(Box::new(lazy), model))
    }

    /// The plan if its model is on this machine, else what is known about that.
    ///
    /// # Errors
    /// As [`summarizer`], but for models that are not there.
    pub fn if_here(
        name: &str,
        args: &ModelArgs,
        (config, globals): (&config::Config, &Globals),
    ) -> Result<Result<Self, MissingModel>, Failure> {
        let hub::Models { catalogue, .. } = hub::open(globals, config)?;
        MissingModel::or(Self::new(name, args, (config, globals), IfMissing::Fail), name, &catalogue)
    }

    /// The summarizer; `translator` translates summaries in Arabic.
    pub fn summarizer(self, translator: &LazyTranslator) -> Box<dyn Summarizer + '_> {
        let extractive = Extractive::default();
        match self {
            Self::Extractive => Box::new(extractive),
            Self::Model(model, SummarizingModel { reads, prefix }) => {
                Box::new(Abstractive { model: *model, reads, prefix, translator, extractive })
            }
        }
    }
}

/// The model behind `lazy`, loaded.
///
/// # Errors
/// [`Failure`] where it can't be.
pub fn loaded(lazy: &LazyTranslator) -> Result<&dyn Translator, Failure> {
    lazy.get().map_err(|error| {
        let hint = error.hint.clone();
        Failure::model(error).maybe_hint(hint)
    })
}

/// What `mujaz bench` measures.
pub struct BenchModel {
    pub name: String,
    pub dtype: DtypeName,
    pub beams: Option<u8>,
    pub workers: Option<u16>,
}

/// An encoder-decoder model, loaded.
///
/// # Errors
/// As [`translator`], and for models of another kind.
pub fn encoder_decoder_model(
    model: BenchModel,
    config: &config::Config,
    globals: &Globals,
) -> Result<Seq2SeqTranslator, Failure> {
    let hub::Models { catalogue, settings } = hub::open(globals, config)?;
    let located = located(&model.name, &catalogue, &settings, IfMissing::Fetch)?;
    if located.engine != Engine::EncoderDecoder {
        return Err(Failure::usage(anyhow::anyhow!(
            "{} is a language model, not an encoder-decoder model",
            located.name
        ))
        .hint("scripts/compare-llama-cpp measures language models"));
    }
    let decoding = DecodingArgs { beams: model.beams, ..DecodingArgs::default() };
    let args = ModelArgs { dtype: model.dtype, workers: model.workers, decoding, ..ModelArgs::default() };
    let (path, options) = encoder_decoder_options(located, &args)?;
    Seq2SeqTranslator::load(&path, &options, &Device::Cpu).map_err(seq2seq_failure)
}

/// A model that can't be loaded.
pub fn seq2seq_failure(error: Seq2SeqError) -> Failure {
    let hint = error.hint();
    Failure::model(error).maybe_hint(hint)
}

/// The folder of the model, and how the flags want it.
fn encoder_decoder_options(located: LocatedModel, args: &ModelArgs) -> Result<(PathBuf, Seq2SeqOptions), Failure> {
    let LocatedModel { name, path, sha256, revision, manifest, engine: _ } = located;
    let mut options = Seq2SeqOptions {
        revision,
        sha256: Some(sha256),
        unreliable: manifest.is_none().then(|| unknown_quality(&name)),
        generation: args.decoding.overrides(),
        n_best: args.n_best.map_or(1, usize::from),
        compute: match args.dtype {
            DtypeName::Auto | DtypeName::F32 if args.alignment.is_some() => Compute::Plain,
            _ if args.alignment.is_some() => {
                return Err(
                    Failure::usage(anyhow::anyhow!("word alignment is computed in f32")).hint("leave --dtype out")
                );
            }
            DtypeName::Auto => Compute::Auto,
            DtypeName::F32 => Compute::F32,
            DtypeName::F16 => Compute::F16,
            DtypeName::Bf16 => Compute::Bf16,
            DtypeName::Int8 => Compute::Int8,
        },
        alignment_layer: args.alignment.map(usize::from),
        languages: Languages { source: args.source_lang.clone(), target: args.target_lang.clone() },
        ..Seq2SeqOptions::new(manifest.map_or(name.clone(), |manifest| manifest.hub_id))
    };
    if let Some(workers) = args.workers {
        options.workers = workers.into();
    }
    Ok((path, options))
}

fn encoder_decoder(located: LocatedModel, args: &ModelArgs, globals: &Globals) -> Result<LazyTranslator, Failure> {
    let device = args.device.open()?;
    let name = located.name.clone();
    let (path, options) = encoder_decoder_options(located, args)?;
    let info = Seq2SeqTranslator::describe(&path, &options, &device).map_err(seq2seq_failure)?;
    // What was not asked for is told, once, when the model is needed.
    let told = (args.dtype == DtypeName::Auto && !globals.quiet)
        .then(|| format!("{} runs in {} on {}", info.identity.model, info.identity.dtype, info.device));
    Ok(LazyTranslator::new(info, move || {
        if let Some(told) = &told {
            eprintln!("{}", printable(told));
        }
        match Seq2SeqTranslator::load(&path, &options, &device) {
            Ok(translator) => Ok(Box::new(translator) as Box<dyn Translator>),
            Err(error) => Err(LoadError { model: name.clone(), hint: error.hint(), source: Box::new(error) }),
        }
    }))
}

fn unknown_quality(name: &str) -> String {
    format!("how well {name} translates Arabic is not known to this program")
}

fn language_model(located: LocatedModel, args: &ModelArgs) -> Result<LazyTranslator, Failure> {
    let device = args.device.open()?;
    let LocatedModel { name, path, sha256, revision, manifest, engine: _ } = located;
    let prompt = match manifest.as_ref().and_then(|manifest| manifest.prompt) {
        Some(AskStyle::Chat) => PromptStyle::ChatTranslate,
        Some(AskStyle::FewShot) => PromptStyle::FewShot,
        None => PromptStyle::of_file(&path).map_err(model_failure)?,
    };
    let unreliable = match &manifest {
        Some(manifest) => manifest.unreliable.clone(),
        None => Some(unknown_quality(&name)),
    };
    let model = manifest.map_or(name.clone(), |manifest| manifest.hub_id);
    let mut options = LlmOptions { revision, sha256: Some(sha256), unreliable, ..LlmOptions::new(model, prompt) };
    if let Some(workers) = args.workers {
        options.workers = workers.into();
    }
    let info = LlmTranslator::describe(&path, &options, &device).map_err(model_failure)?;
    Ok(LazyTranslator::new(info, move || match LlmTranslator::load(&path, options.clone(), &device) {
        Ok(translator) => Ok(Box::new(translator) as Box<dyn Translator>),
        Err(error) => Err(LoadError { model: name.clone(), hint: error.hint(), source: Box::new(error) }),
    }))
}

fn model_failure(error: LlmError) -> Failure {
    let hint = error.hint();
    Failure::model(error).maybe_hint(hint)
}

/// A name that nothing has is wrong usage; everything else is a model that can't be used.
pub fn hub_failure(error: HubError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        HubError::UnknownModel { .. }
        | HubError::UnknownProfile { .. }
        | HubError::Setting { .. }
        | HubError::Manifest { .. }
        | HubError::LockFile { .. } => Failure::usage(error),
        _ if error.is_temporary() => Failure::temporary(error),
        _ => Failure::model(error),
    };
    failure.maybe_hint(hint)
}
