//! `config.json` and `generation_config.json`: what the network is, and how it decodes unless told otherwise.

use super::Seq2SeqError;
use super::generate::{EarlyStopping, GenerationSettings};
use candle_nn::Activation;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Model types that are built in.
pub const MODEL_TYPES: [&str; 1] = ["marian"];

/// The longest sequence if `generation_config.json` names none: transformers' 20 new tokens and the start.
const DEFAULT_MAX_LENGTH: usize = 21;

/// Everything that the folder's configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The network.
    pub network: NetworkConfig,
    /// Decoding, as `generate` takes it from the folder.
    pub generation: GenerationSettings,
}

/// The network of the BART-like families.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkConfig {
    /// Width of the hidden states.
    pub d_model: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Attention heads of the encoder.
    pub encoder_heads: usize,
    /// Attention heads of the decoder.
    pub decoder_heads: usize,
    /// Inner width of the encoder's feed-forward layers.
    pub encoder_ffn: usize,
    /// Inner width of the decoder's feed-forward layers.
    pub decoder_ffn: usize,
    /// Between the two feed-forward layers.
    pub activation: Activation,
    /// Rows of the encoder's embedding.
    pub source_vocabulary: usize,
    /// Rows of the decoder's embedding and columns of the logits.
    pub target_vocabulary: usize,
    /// Longest sequence on either side, in tokens.
    pub max_positions: usize,
    /// What embeddings are multiplied by.
    pub embedding_scale: f64,
    /// One embedding for both sides.
    pub shared_embeddings: bool,
    /// Where the layer norms stand.
    pub norm: NormPlacement,
    /// A layer norm after the embeddings.
    pub embedding_norm: bool,
    /// A layer norm at the end of each stack.
    pub final_norm: bool,
    /// How positions enter.
    pub positions: PositionKind,
    /// A bias on the logits (`final_logits_bias`).
    pub logits_bias: bool,
}

/// Where a layer's norms stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormPlacement {
    /// After the residual sum (Marian, BART).
    Post,
    /// Before the sublayer (mBART, Pegasus, M2M100).
    Pre,
}

/// How positions enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionKind {
    /// Marian's and Pegasus's sinusoid: sines in the first half, cosines in the second, no offset.
    Sinusoidal,
}

impl Config {
    /// Reads `config.json` and, where it is there, `generation_config.json` of `folder`.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: no such file, no JSON, a field that is missing or out of range, another model type.
    pub fn from_folder(folder: &Path) -> Result<Self, Seq2SeqError> {
        let path = folder.join("config.json");
        let fields = read_object(&path)?;
        let raw: RawNetwork = serde_json::from_value(Value::Object(fields.clone()))
            .map_err(|error| Seq2SeqError::Config { path: path.clone(), message: error.to_string() })?;
        if !MODEL_TYPES.contains(&raw.model_type.as_str()) {
            return Err(Seq2SeqError::UnknownModelType {
                path,
                found: raw.model_type,
                supported: MODEL_TYPES.to_vec(),
            });
        }
        let network = raw.checked().map_err(|message| Seq2SeqError::Config { path: path.clone(), message })?;
        let settings_path = folder.join("generation_config.json");
        // Before 2023 the settings stood in config.json.
        let (settings_path, settings) = if settings_path.is_file() {
            let settings = read_object(&settings_path)?;
            (settings_path, settings)
        } else {
            (path, fields)
        };
        let raw: RawGeneration = serde_json::from_value(Value::Object(settings))
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

#[derive(Deserialize)]
struct RawNetwork {
    model_type: String,
    d_model: usize,
    encoder_layers: usize,
    decoder_layers: usize,
    encoder_attention_heads: usize,
    decoder_attention_heads: usize,
    encoder_ffn_dim: usize,
    decoder_ffn_dim: usize,
    activation_function: String,
    vocab_size: usize,
    decoder_vocab_size: Option<usize>,
    max_position_embeddings: usize,
    #[serde(default)]
    scale_embedding: bool,
    share_encoder_decoder_embeddings: Option<bool>,
}

/// Sizes beyond this are mistakes: no model has a million heads.
const LARGEST_SIZE: usize = 1 << 24;

impl RawNetwork {
    fn checked(self) -> Result<NetworkConfig, String> {
        let target_vocabulary = self.decoder_vocab_size.unwrap_or(self.vocab_size);
        let sizes = [
            ("d_model", self.d_model),
            ("encoder_layers", self.encoder_layers),
            ("decoder_layers", self.decoder_layers),
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
            ("encoder_ffn_dim", self.encoder_ffn_dim),
            ("decoder_ffn_dim", self.decoder_ffn_dim),
            ("vocab_size", self.vocab_size),
            ("decoder_vocab_size", target_vocabulary),
            ("max_position_embeddings", self.max_position_embeddings),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
            return Err(format!("{name} is {size}, expected 1 to {LARGEST_SIZE}"));
        }
        for (name, heads) in [
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
        ] {
            if !self.d_model.is_multiple_of(heads) {
                return Err(format!("d_model {} can't be divided by {name} {heads}", self.d_model));
            }
        }
        let activation = match self.activation_function.as_str() {
            "relu" => Activation::Relu,
            "swish" | "silu" => Activation::Silu,
            // The exact one, by the error function, as in transformers.
            "gelu" => Activation::Gelu,
            other => return Err(format!("the activation_function `{other}` is not supported")),
        };
        let shared_embeddings = self.share_encoder_decoder_embeddings.unwrap_or(true);
        if shared_embeddings && target_vocabulary != self.vocab_size {
            return Err(format!(
                "shared embeddings, but vocab_size {} and decoder_vocab_size {target_vocabulary}",
                self.vocab_size
            ));
        }
        Ok(NetworkConfig {
            embedding_scale: if self.scale_embedding { (self.d_model as f64).sqrt() } else { 1.0 },
            d_model: self.d_model,
            encoder_layers: self.encoder_layers,
            decoder_layers: self.decoder_layers,
            encoder_heads: self.encoder_attention_heads,
            decoder_heads: self.decoder_attention_heads,
            encoder_ffn: self.encoder_ffn_dim,
            decoder_ffn: self.decoder_ffn_dim,
            activation,
            source_vocabulary: self.vocab_size,
            target_vocabulary,
            max_positions: self.max_position_embeddings,
            shared_embeddings,
            // Marian's. transformers ignores `normalize_before`, `normalize_embedding` and their like there.
            norm: NormPlacement::Post,
            embedding_norm: false,
            final_norm: false,
            positions: PositionKind::Sinusoidal,
            logits_bias: true,
        })
    }
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
struct RawGeneration {
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
    fn checked(self, network: &NetworkConfig) -> Result<GenerationSettings, String> {
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
