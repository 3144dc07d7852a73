//! `config.json` and `generation_config.json`: what the network is, and how it decodes unless told otherwise.

mod bart_like;
mod generation;

pub use bart_like::{HeadKind, NetworkConfig, NormPlacement, PositionKind};

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
}

impl ModelType {
    /// Those that are built in, by their names in config.json.
    pub const ALL: [(&'static str, ModelType); 5] = [
        ("marian", ModelType::Marian),
        ("bart", ModelType::Bart),
        ("mbart", ModelType::MBart),
        ("m2m_100", ModelType::M2m100),
        ("pegasus", ModelType::Pegasus),
    ];

    /// `model_type` of config.json.
    pub fn name(self) -> &'static str {
        // ALL holds each.
        Self::ALL.iter().find(|(_, each)| *each == self).map_or("", |(name, _)| name)
    }
}

/// Sizes beyond this are mistakes: no model has a million heads.
const LARGEST_SIZE: usize = 1 << 24;

/// Everything that the folder's configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The network.
    pub network: NetworkConfig,
    /// Decoding, as `generate` takes it from the folder.
    pub generation: GenerationSettings,
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
        let raw: bart_like::RawNetwork =
            serde_json::from_value(Value::Object(fields.clone())).map_err(|error| wrong(error.to_string()))?;
        let network = raw.checked(model_type).map_err(wrong)?;
        let settings_path = folder.join("generation_config.json");
        // Before 2023 the settings stood in config.json.
        let (settings_path, settings) = if settings_path.is_file() {
            let settings = read_object(&settings_path)?;
            (settings_path, settings)
        } else {
            (path, fields)
        };
        let raw: generation::RawGeneration = serde_json::from_value(Value::Object(settings))
            .map_err(|error| Seq2SeqError::Config { path: settings_path.clone(), message: error.to_string() })?;
        let generation =
            raw.checked(&network).map_err(|message| Seq2SeqError::Config { path: settings_path, message })?;
        Ok(Self { network, generation })
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
