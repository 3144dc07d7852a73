//! `config.json` and `generation_config.json`: what the network is, and how it decodes unless told otherwise.

mod bart_like;
mod generation;
mod t5;

pub use bart_like::{HeadKind, NetworkConfig, NormPlacement, PositionKind};
pub use t5::T5Config;

use super::Seq2SeqError;
use super::generate::GenerationSettings;
use candle_nn::Activation;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A family of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelType {
    /// opus-mt, opus-mt-tc-big.
    Marian,
    /// bart-large-cnn, distilbart.
    Bart,
    /// mBART and mBART-50.
    MBart,
    /// M2M100 and NLLB-200.
    M2m100,
    /// Pegasus.
    Pegasus,
    /// T5, flan-T5, MADLAD-400.
    T5,
    /// mT5.
    Mt5,
}

impl ModelType {
    /// Those that are built in, by their names in config.json.
    pub const ALL: [(&'static str, ModelType); 7] = [
        ("marian", ModelType::Marian),
        ("bart", ModelType::Bart),
        ("mbart", ModelType::MBart),
        ("m2m_100", ModelType::M2m100),
        ("pegasus", ModelType::Pegasus),
        ("t5", ModelType::T5),
        ("mt5", ModelType::Mt5),
    ];

    /// `model_type` of config.json.
    pub fn name(self) -> &'static str {
        // ALL holds each.
        Self::ALL.iter().find(|(_, each)| *each == self).map_or("", |(name, _)| name)
    }
}

/// Sizes beyond this are mistakes: no model has a million heads.
const LARGEST_SIZE: usize = 1 << 24;

/// The longest source that T5 is given, in tokens. Its positions are relative and never run out, but the memory for a
/// source grows with the square of its length.
const LONGEST_T5_SOURCE: usize = 2048;

/// A network of any family.
#[derive(Debug, Clone, PartialEq)]
pub enum Network {
    /// Marian, BART, mBART, M2M100 and NLLB, Pegasus.
    BartLike(NetworkConfig),
    /// T5, flan-T5, mT5, MADLAD-400.
    T5(T5Config),
}

impl Network {
    /// Ids of the source.
    pub fn source_vocabulary(&self) -> usize {
        match self {
            Network::BartLike(config) => config.source_vocabulary,
            Network::T5(config) => config.vocabulary,
        }
    }

    /// Ids of the target: columns of the logits.
    pub fn target_vocabulary(&self) -> usize {
        match self {
            Network::BartLike(config) => config.target_vocabulary,
            Network::T5(config) => config.vocabulary,
        }
    }

    /// Longest source, in tokens.
    pub fn max_source_tokens(&self) -> usize {
        self.max_positions().unwrap_or(LONGEST_T5_SOURCE)
    }

    /// Positions that the network has on either side; `None` for T5, whose positions are relative.
    pub fn max_positions(&self) -> Option<usize> {
        match self {
            Network::BartLike(config) => Some(config.max_positions),
            Network::T5(_) => None,
        }
    }
}

/// Everything that the folder's configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The network.
    pub network: Network,
    /// Decoding, as `generate` takes it from the folder.
    pub generation: GenerationSettings,
    /// Settings of the folder that change what transformers decodes and that are not obeyed here.
    pub not_obeyed: Vec<String>,
}

impl Config {
    /// Reads `config.json` and, where it is there, `generation_config.json` of `folder`.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: no such file, no JSON, a field that is missing or out of range, another model type.
    pub fn from_folder(folder: &Path) -> Result<Self, Seq2SeqError> {
        let path = folder.join("config.json");
        let fields = read_object(&path)?;
        let wrong = |message: String| Seq2SeqError::Config { path: path.clone(), message };
        let name = fields.get("model_type").and_then(Value::as_str).ok_or_else(|| wrong("has no model_type".into()))?;
        let Some(&(_, model_type)) = ModelType::ALL.iter().find(|(known, _)| *known == name) else {
            return Err(Seq2SeqError::UnknownModelType {
                path: path.clone(),
                found: name.to_owned(),
                supported: ModelType::ALL.iter().map(|(name, _)| *name).collect(),
            });
        };
        let object = Value::Object(fields.clone());
        let network = match model_type {
            ModelType::T5 | ModelType::Mt5 => serde_json::from_value::<t5::RawT5>(object)
                .map_err(|error| error.to_string())
                .and_then(|raw| raw.checked(model_type))
                .map(Network::T5),
            _ => serde_json::from_value::<bart_like::RawNetwork>(object)
                .map_err(|error| error.to_string())
                .and_then(|raw| raw.checked(model_type))
                .map(Network::BartLike),
        }
        .map_err(wrong)?;
        let settings_path = folder.join("generation_config.json");
        // Before 2023 the settings stood in config.json.
        let (settings_path, settings) = if settings_path.is_file() {
            let settings = read_object(&settings_path)?;
            (settings_path, settings)
        } else {
            (path, fields)
        };
        let not_obeyed = generation::not_obeyed(&settings);
        let raw: generation::RawGeneration = serde_json::from_value(Value::Object(settings))
            .map_err(|error| Seq2SeqError::Config { path: settings_path.clone(), message: error.to_string() })?;
        let generation =
            raw.checked(&network).map_err(|message| Seq2SeqError::Config { path: settings_path, message })?;
        Ok(Self { network, generation, not_obeyed })
    }
}

fn read_object(path: &Path) -> Result<Map<String, Value>, Seq2SeqError> {
    let text = std::fs::read(path).map_err(|source| Seq2SeqError::Io { path: PathBuf::from(path), source })?;
    let mut fields: Map<String, Value> = serde_json::from_slice(&text)
        .map_err(|error| Seq2SeqError::Config { path: path.to_owned(), message: error.to_string() })?;
    // `null` means "as if it were not there".
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// An activation by its name in config.json (`ACT2FN` of transformers).
fn activation(name: &str) -> Result<Activation, String> {
    match name {
        "relu" => Ok(Activation::Relu),
        "swish" | "silu" => Ok(Activation::Silu),
        // The exact one, by the error function.
        "gelu" => Ok(Activation::Gelu),
        // The one by the hyperbolic tangent.
        "gelu_new" => Ok(Activation::NewGelu),
        other => Err(format!("the activation function `{other}` is not supported")),
    }
}
