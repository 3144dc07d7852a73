//! What the metadata of a GGUF say about the network: sizes, norms, positions, and what sets one family off another.

use super::error::LlmError;
use super::gguf::Gguf;

/// A family of decoder-only models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Qwen2 and Qwen2.5: biases on queries, keys and values, SiLU, full attention.
    Qwen2,
    /// Gemma 3 (text): scaled embeddings, norms on queries and keys and after each block, GELU, sliding windows.
    Gemma3,
}

impl Architecture {
    const ALL: [Architecture; 2] = [Architecture::Qwen2, Architecture::Gemma3];

    /// Its name in `general.architecture`.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::Qwen2 => "qwen2",
            Architecture::Gemma3 => "gemma3",
        }
    }
}

/// Sizes and constants of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The family.
    pub architecture: Architecture,
    /// Blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width inside the feed-forward part.
    pub feed_forward: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
    /// Words of the vocabulary.
    pub vocabulary: usize,
    /// Longest context of the training, in tokens.
    pub context_length: usize,
    /// Epsilon of the RMS norms.
    pub rms_epsilon: f32,
    /// Base of the rotary positions in layers with full attention.
    pub rope_base: f32,
    /// Base of the rotary positions in layers with a sliding window.
    pub rope_base_sliding: f32,
    /// Tokens that a layer with a sliding window sees, itself included.
    pub sliding_window: Option<usize>,
    /// Each `sliding_pattern`-th layer has full attention (only with `sliding_window`).
    pub sliding_pattern: usize,
}

/// Gemma 3: five layers with a window, then one without. Not among the metadata.
const GEMMA3_SLIDING_PATTERN: usize = 6;
/// Gemma 3: rotary base of the layers with a window. Not among the metadata of most files.
const GEMMA3_ROPE_BASE_SLIDING: f32 = 10_000.0;

impl Config {
    /// Reads the metadata.
    ///
    /// # Errors
    /// [`LlmError::Architecture`] for an unknown family, [`LlmError::Metadata`] for what is missing or senseless.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, LlmError> {
        const ARCHITECTURE: &str = "general.architecture";
        let name = gguf.required(ARCHITECTURE, gguf.string(ARCHITECTURE)?)?;
        let architecture =
            Architecture::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| LlmError::Architecture {
                path: gguf.path().to_owned(),
                found: name.to_owned(),
                supported: Architecture::ALL.map(Architecture::name).join(", "),
            })?;
        let key = |suffix: &str| format!("{name}.{suffix}");
        let size = |suffix: &str| {
            let key = key(suffix);
            match gguf.required(&key, gguf.unsigned(&key)?)? {
                0 => Err(gguf.metadata_error(&key, "is 0")),
                number => Ok(number),
            }
        };
        let float_or = |suffix: &str, default| Ok::<_, LlmError>(gguf.float(&key(suffix))?.unwrap_or(default));

        let (hidden, heads) = (size("embedding_length")?, size("attention.head_count")?);
        let kv_heads = size("attention.head_count_kv")?;
        let head_dim = match gguf.unsigned(&key("attention.key_length"))? {
            Some(length) => length,
            None => hidden / heads,
        };
        if head_dim == 0 || head_dim % 2 == 1 {
            return Err(gguf.metadata_error(&key("attention.key_length"), format!("{head_dim} is not even")));
        }
        if heads % kv_heads != 0 {
            let message = format!("{kv_heads} key heads do not divide {heads} query heads");
            return Err(gguf.metadata_error(&key("attention.head_count_kv"), message));
        }
        let epsilon_key = key("attention.layer_norm_rms_epsilon");
        let rms_epsilon = gguf.required(&epsilon_key, gguf.float(&epsilon_key)?)?;
        let (default_base, sliding_window) = match architecture {
            Architecture::Qwen2 => (10_000.0, None),
            Architecture::Gemma3 => (1_000_000.0, Some(size("attention.sliding_window")?)),
        };
        let vocabulary = match *gguf.tensor_shape("token_embd.weight")? {
            [rows, _] => rows,
            _ => return Err(gguf.metadata_error("token_embd.weight", "is not a matrix")),
        };
        Ok(Self {
            architecture,
            layers: size("block_count")?,
            hidden,
            feed_forward: size("feed_forward_length")?,
            heads,
            kv_heads,
            head_dim,
            vocabulary,
            context_length: size("context_length")?,
            rms_epsilon,
            rope_base: float_or("rope.freq_base", default_base)?,
            rope_base_sliding: float_or("rope.local_freq_base", GEMMA3_ROPE_BASE_SLIDING)?,
            sliding_window,
            sliding_pattern: GEMMA3_SLIDING_PATTERN,
        })
    }

    /// The window of layer `layer` (counted from 0); `None` for full attention.
    pub fn window_of(&self, layer: usize) -> Option<usize> {
        self.sliding_window.filter(|_| !(layer + 1).is_multiple_of(self.sliding_pattern))
    }
}
