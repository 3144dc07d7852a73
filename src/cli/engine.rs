//! From `--profile`, `--translator` and the settings file to a translator that is loaded when it is needed.

use super::failure::Failure;
use super::{Globals, config, hub};
use crate::hub::{Engine, HubError, LocatedModel, PromptStyle as AskStyle, find_with, locate_with};
use crate::llm::{LlmError, LlmOptions, LlmTranslator, PromptStyle};
use crate::seq2seq::generate::GenerationOverrides;
use crate::seq2seq::{Seq2SeqOptions, Seq2SeqTranslator};
use crate::translate::{LazyTranslator, LoadError, Translator};
use candle_core::Device;
use clap::{Args, ValueEnum};

/// Which model, and where it runs.
#[derive(Debug, Clone, Default, Args)]
pub struct ModelArgs {
    /// Model by profile (see `mujaz models list`)
    #[arg(long, value_name = "NAME", env = "MUJAZ_PROFILE", conflicts_with = "translator")]
    profile: Option<String>,
    /// Model by name, Hub id, GGUF file or folder
    #[arg(long, value_name = "ID|DIR", visible_alias = "model")]
    translator: Option<String>,
    /// Where the model runs; this build has no GPU code
    #[arg(long, value_enum, default_value_t)]
    device: DeviceName,
    /// Beams of the search, for encoder-decoder models [default: the model's own setting]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    beams: Option<u8>,
    /// Hypotheses for each text; set by the subcommands that show them.
    #[arg(skip)]
    pub n_best: Option<u8>,
    /// Texts translated at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
}

/// Devices of this build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DeviceName {
    /// The best that is there.
    #[default]
    Auto,
    /// The processor.
    Cpu,
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
    let name = match &args.translator {
        Some(name) => name.clone(),
        None => {
            let profile = args.profile.as_deref().or(config.settings.profile.as_deref());
            catalogue.profile(profile.unwrap_or(catalogue.default_profile())).map_err(hub_failure)?.translator.clone()
        }
    };
    let located = match if_missing {
        IfMissing::Fail => find_with(&name, &catalogue, &settings),
        IfMissing::Fetch => locate_with(&name, &catalogue, &settings),
    };
    let located = located.map_err(hub_failure)?;
    match located.engine {
        Engine::Gguf if args.beams.is_some() || args.n_best.is_some() => {
            Err(Failure::usage(anyhow::anyhow!("{} is a language model: it decodes without beams", located.name))
                .hint("leave --beams and --n-best out"))
        }
        Engine::Gguf => language_model(located, args.workers),
        Engine::EncoderDecoder => encoder_decoder(located, args),
    }
}

fn encoder_decoder(located: LocatedModel, args: &ModelArgs) -> Result<LazyTranslator, Failure> {
    let device = Device::Cpu;
    let LocatedModel { name, path, sha256, revision, manifest, engine: _ } = located;
    let mut options = Seq2SeqOptions {
        revision,
        sha256: Some(sha256),
        unreliable: manifest.is_none().then(|| unknown_quality(&name)),
        generation: GenerationOverrides { beams: args.beams.map(usize::from), ..GenerationOverrides::default() },
        n_best: args.n_best.map_or(1, usize::from),
        ..Seq2SeqOptions::new(manifest.map_or(name.clone(), |manifest| manifest.hub_id))
    };
    if let Some(workers) = args.workers {
        options.workers = workers.into();
    }
    let info = Seq2SeqTranslator::describe(&path, &options, &device).map_err(|error| {
        let hint = error.hint();
        Failure::model(error).maybe_hint(hint)
    })?;
    Ok(LazyTranslator::new(info, move || match Seq2SeqTranslator::load(&path, &options, &device) {
        Ok(translator) => Ok(Box::new(translator) as Box<dyn Translator>),
        Err(error) => Err(LoadError { model: name.clone(), hint: error.hint(), source: Box::new(error) }),
    }))
}

fn unknown_quality(name: &str) -> String {
    format!("how well {name} translates Arabic is not known to this program")
}

fn language_model(located: LocatedModel, workers: Option<u16>) -> Result<LazyTranslator, Failure> {
    let device = Device::Cpu;
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
    if let Some(workers) = workers {
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
