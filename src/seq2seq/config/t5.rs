//! The network part of `config.json` for T5, flan-T5, mT5 and MADLAD-400.
//!
//! Source of the defaults: `configuration_t5.py` and `configuration_mt5.py` of transformers 5.23.

use super::{LARGEST_SIZE, ModelType};
use candle_nn::Activation;
use serde::Deserialize;

/// A network of the T5 families.
#[derive(Debug, Clone, PartialEq)]
pub struct T5Config {
    /// Width of the hidden states.
    pub d_model: usize,
    /// Width of an attention head; heads times it need not be `d_model`.
    pub d_kv: usize,
    /// Inner width of the feed-forward layers.
    pub d_ff: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Rows of the embedding and columns of the logits.
    pub vocabulary: usize,
    /// Rows of the relative position table.
    pub buckets: usize,
    /// Distance from which on all keys share the last bucket.
    pub max_distance: usize,
    /// Between the two feed-forward layers.
    pub activation: Activation,
    /// The activated half is multiplied with a second one (`gated-…`).
    pub gated: bool,
    /// Epsilon of the layer norms.
    pub epsilon: f32,
    /// What the decoder's output is multiplied by before the output projection.
    pub output_scale: f64,
}

#[derive(Deserialize)]
pub(super) struct RawT5 {
    d_model: usize,
    d_kv: Option<usize>,
    d_ff: usize,
    num_layers: usize,
    num_decoder_layers: Option<usize>,
    num_heads: usize,
    vocab_size: usize,
    relative_attention_num_buckets: Option<usize>,
    relative_attention_max_distance: Option<usize>,
    layer_norm_epsilon: Option<f32>,
    feed_forward_proj: Option<String>,
    dense_act_fn: Option<String>,
    is_gated_act: Option<bool>,
    tie_word_embeddings: Option<bool>,
    scale_decoder_outputs: Option<bool>,
}

impl RawT5 {
    pub(super) fn checked(self, model_type: ModelType) -> Result<T5Config, String> {
        let (d_kv, decoder_layers) = (self.d_kv.unwrap_or(64), self.num_decoder_layers.unwrap_or(self.num_layers));
        let buckets = self.relative_attention_num_buckets.unwrap_or(32);
        let max_distance = self.relative_attention_max_distance.unwrap_or(128);
        let sizes = [
            ("d_model", self.d_model),
            ("d_kv", d_kv),
            ("d_ff", self.d_ff),
            ("num_layers", self.num_layers),
            ("num_decoder_layers", decoder_layers),
            ("num_heads", self.num_heads),
            ("vocab_size", self.vocab_size),
            ("relative_attention_num_buckets", buckets),
            ("relative_attention_max_distance", max_distance),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
            return Err(format!("{name} is {size}, expected 1 to {LARGEST_SIZE}"));
        }
        // The encoder halves the buckets, each side halves them again, and distances are compared by logarithm.
        if buckets < 4 || max_distance <= buckets / 2 {
            return Err(format!(
                "relative_attention_num_buckets is {buckets} and relative_attention_max_distance {max_distance}: \
                 expected 4 buckets or more, and a distance beyond half of them"
            ));
        }
        let is_mt5 = model_type == ModelType::Mt5;
        let projection =
            self.feed_forward_proj.unwrap_or_else(|| if is_mt5 { "gated-gelu" } else { "relu" }.to_owned());
        let (gated, name) = match projection.strip_prefix("gated-") {
            // Their gelu is the one by the hyperbolic tangent.
            Some("gelu") => (true, "gelu_new"),
            Some(name) => (true, name),
            None => (false, projection.as_str()),
        };
        // transformers sets these two from `feed_forward_proj` first, and then from the file.
        let activation = super::activation(self.dense_act_fn.as_deref().unwrap_or(name))?;
        // There `tie_word_embeddings` says whether the output is scaled, not whether weights are tied; mT5 never scales.
        let scaled = !is_mt5 && self.scale_decoder_outputs.unwrap_or(self.tie_word_embeddings != Some(false));
        Ok(T5Config {
            d_model: self.d_model,
            d_kv,
            d_ff: self.d_ff,
            encoder_layers: self.num_layers,
            decoder_layers,
            heads: self.num_heads,
            vocabulary: self.vocab_size,
            buckets,
            max_distance,
            activation,
            gated: self.is_gated_act.unwrap_or(gated),
            epsilon: self.layer_norm_epsilon.unwrap_or(1e-6),
            output_scale: if scaled { (self.d_model as f64).powf(-0.5) } else { 1.0 },
        })
    }
}
