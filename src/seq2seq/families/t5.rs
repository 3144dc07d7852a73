//! T5, flan-T5, mT5 and MADLAD-400: no biases, RMS norms before the sublayers, attention scores that are not scaled, and
//! positions as a learned bias on the scores by distance.
//!
//! Source: `modeling_t5.py` and `modeling_mt5.py` of transformers 5.23.

use super::columns;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::kernels::rms_norm;
use crate::seq2seq::Seq2SeqError;
use crate::seq2seq::cache::{DecoderState, Encoded, LayerState, SourceLayout};
use crate::seq2seq::config::T5Config;
use crate::seq2seq::layers::{KeysValues, Linear, Scores, attention, probabilities};
use candle_core::{DType, Device, Module, Result, Tensor};

/// Weights of a T5 network. Shared by all workers: decoding changes a [`DecoderState`], never this.
#[derive(Debug)]
pub struct T5 {
    config: T5Config,
    embedding: Tensor, // (d_model, vocabulary)
    encoder: Stack,
    decoder: Stack,
    output: Linear,
    device: Device,
    dtype: DType,
}

/// One side of the network.
#[derive(Debug)]
struct Stack {
    layers: Vec<Layer>,
    final_norm: RmsNorm,
    /// Bias on the scores by bucket of distance; all layers share that of the first.
    distances: Tensor, // (buckets, heads)
}

#[derive(Debug)]
struct Layer {
    own: SelfAttention,
    source: Option<CrossAttention>,
    feed_forward: FeedForward,
}

#[derive(Debug)]
struct SelfAttention {
    queries_keys_values: Linear,
    output: Linear,
    norm: RmsNorm,
}

#[derive(Debug)]
struct CrossAttention {
    queries: Linear,
    keys_values: Linear,
    output: Linear,
    norm: RmsNorm,
}

#[derive(Debug)]
struct FeedForward {
    /// With a gate, both halves side by side.
    first: Linear,
    second: Linear,
    norm: RmsNorm,
}

#[derive(Debug)]
struct RmsNorm {
    weight: Tensor, // (d_model)
    epsilon: f32,
}

impl RmsNorm {
    fn load(checkpoint: &Checkpoint, prefix: &str, config: &T5Config) -> std::result::Result<Self, CheckpointError> {
        let weight = checkpoint.tensor(&format!("{prefix}.weight"), &[config.d_model])?;
        Ok(Self { weight, epsilon: config.epsilon })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        rms_norm(input, &self.weight, self.epsilon)
    }
}

/// T5's attention scores are not scaled.
fn scores<'a>(bias: Option<&'a Tensor>, mask: Option<&'a Tensor>) -> Scores<'a> {
    Scores { scale: 1.0, bias, mask }
}

impl T5 {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError::Checkpoint`] naming the tensor that is missing or misshapen.
    pub fn load(checkpoint: &Checkpoint, config: &T5Config) -> std::result::Result<Self, Seq2SeqError> {
        const SHARED: &str = "shared.weight";
        const ENCODER: &str = "encoder.embed_tokens.weight";
        const DECODER: &str = "decoder.embed_tokens.weight";
        const HEAD: &str = "lm_head.weight";
        checkpoint.expect_names(&[
            SHARED,
            ENCODER,
            DECODER,
            HEAD,
            // The original T5 files hold one that no network uses.
            "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
        ]);
        let shape = (config.vocabulary, config.d_model);
        let name = checkpoint.find(&[SHARED, DECODER, ENCODER, HEAD])?;
        let embedding = checkpoint.transposed(&[name], shape)?; // (d_model, vocabulary)
        // transformers ties the head where the file holds none, or one with the same numbers.
        let own_head = checkpoint.has(HEAD) && !checkpoint.same_numbers(HEAD, &[SHARED, DECODER, ENCODER])?;
        let head = if own_head { checkpoint.transposed(&[HEAD], shape)? } else { embedding.clone() };
        let encoder = Stack::load(checkpoint, config, "encoder", config.encoder_layers)?;
        let decoder = Stack::load(checkpoint, config, "decoder", config.decoder_layers)?;
        let (device, dtype) = (checkpoint.device().clone(), checkpoint.dtype());
        Ok(Self { config: config.clone(), embedding, encoder, decoder, output: Linear::new(head, None), device, dtype })
    }

    /// What the network is.
    pub fn config(&self) -> &T5Config {
        &self.config
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs the encoder over `sources`; none may be empty.
    ///
    /// # Errors
    /// A tensor operation failed: an id beyond the vocabulary, no memory.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<Encoded> {
        let lengths: Vec<usize> = sources.iter().map(|ids| ids.len()).collect();
        let layout = SourceLayout::new(&lengths, self.dtype, &self.device)?;
        let mut hidden = self.embed(&sources.concat())?; // (rows, d_model)
        let length = layout.padded_length;
        let bias = self.bias(&self.encoder.distances, length, 0..length, true)?; // (1, heads, length, length)
        for layer in &self.encoder.layers {
            let mixed = layer.own.encoder(&layer.own.norm.forward(&hidden)?, &layout, &bias, &self.config)?;
            hidden = (hidden + mixed)?;
            hidden = layer.feed_forward.forward(&hidden, &self.config)?;
        }
        Ok(Encoded { hidden: self.encoder.final_norm.forward(&hidden)?, layout, lengths })
    }

    /// The state before the first token: the sources' keys and values, made once for each source.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn start(&self, encoded: &Encoded) -> Result<DecoderState> {
        let mut layers = Vec::with_capacity(self.decoder.layers.len());
        for layer in &self.decoder.layers {
            let Some(cross) = &layer.source else { candle_core::bail!("a decoder layer without cross-attention") };
            let both = cross.keys_values.forward(&encoded.hidden)?; // (rows, 2 * heads * d_kv)
            let [keys, values] = columns(&both)?;
            let source = encoded.layout.keys_values(&keys, &values, self.config.heads)?;
            layers.push(LayerState { own: None, source });
        }
        Ok(DecoderState::new(layers, encoded.layout.mask.clone()))
    }

    /// Reads one token in each row and gives the logits of the next, `(rows, vocabulary)`. The number of rows is a
    /// multiple of the number of sources in `state`.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn step(&self, tokens: &[u32], state: &mut DecoderState) -> Result<Tensor> {
        let mut hidden = self.embed(tokens)?; // (rows, d_model)
        let place = state.length;
        let bias = self.bias(&self.decoder.distances, place + 1, place..place + 1, false)?; // (1, heads, 1, place + 1)
        for (index, (layer, layer_state)) in self.decoder.layers.iter().zip(&mut state.layers).enumerate() {
            let normed = layer.own.norm.forward(&hidden)?;
            let mixed = layer.own.decoder(&normed, &mut layer_state.own, &bias, &self.config)?;
            hidden = (hidden + mixed)?;
            if let Some(cross) = &layer.source {
                let normed = cross.norm.forward(&hidden)?;
                let queries = cross.queries(&normed, &layer_state.source, &self.config)?;
                let scores = scores(None, Some(&state.source_mask));
                if state.watched == Some(index) {
                    state.heeded = Some(probabilities(&queries, &layer_state.source.keys, scores)?);
                }
                let mixed = attention(&queries, &layer_state.source, scores)?; // (sources, heads, beams, d_kv)
                let rows = mixed.transpose(1, 2)?.reshape((tokens.len(), self.config.heads * self.config.d_kv))?;
                hidden = (hidden + cross.output.forward(&rows)?)?;
            }
            hidden = layer.feed_forward.forward(&hidden, &self.config)?;
        }
        state.length += 1;
        let mut hidden = self.decoder.final_norm.forward(&hidden)?;
        if self.config.output_scale != 1.0 {
            hidden = (hidden * self.config.output_scale)?;
        }
        self.output.forward(&hidden) // (rows, vocabulary)
    }

    /// `(rows, d_model)`.
    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.embedding.index_select(&Tensor::new(ids, &self.device)?, 1)?.t()?.contiguous()
    }

    /// The bias on the scores of the queries at the places `queries` and the first `keys` keys, (1, heads, queries, keys).
    fn bias(
        &self,
        distances: &Tensor,
        keys: usize,
        queries: std::ops::Range<usize>,
        both_ways: bool,
    ) -> Result<Tensor> {
        let (rows, T5Config { heads, buckets, max_distance, .. }) = (queries.len(), &self.config);
        let bucket = |query: usize, key: usize| bucket(query, key, both_ways, *buckets, *max_distance);
        let chosen: Vec<u32> = queries.flat_map(|query| (0..keys).map(move |key| bucket(query, key))).collect();
        distances
            .index_select(&Tensor::new(chosen, &self.device)?, 0)? // (queries * keys, heads)
            .reshape((1, rows, keys, *heads))?
            .permute((0, 3, 1, 2))?
            .contiguous() // (1, heads, queries, keys)
    }
}

/// The row of the distance table for a query and a key: small distances have a row each, larger ones share rows by their
/// logarithm. Both ways, the upper half is for keys behind the query; else such keys count as near.
///
/// In `f32` as in transformers, where a rounding decides at the borders.
fn bucket(query: usize, key: usize, both_ways: bool, buckets: usize, max_distance: usize) -> u32 {
    let (buckets, first, distance) = match both_ways {
        true => (buckets / 2, if key > query { buckets / 2 } else { 0 }, query.abs_diff(key)),
        false => (buckets, 0, query.saturating_sub(key)),
    };
    let exact = buckets / 2;
    if distance < exact {
        return (first + distance) as u32;
    }
    let logarithm = f64::from(distance as f32 / exact as f32).ln() as f32;
    let part = logarithm / (max_distance as f64 / exact as f64).ln() as f32 * (buckets - exact) as f32;
    (first + (exact + part as usize).min(buckets - 1)) as u32
}

impl Stack {
    fn load(
        checkpoint: &Checkpoint,
        config: &T5Config,
        side: &str,
        count: usize,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let layers = (0..count)
            .map(|index| Layer::load(checkpoint, &format!("{side}.block.{index}.layer"), config, side == "decoder"))
            .collect::<std::result::Result<_, _>>()?;
        let table = format!("{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        Ok(Self {
            layers,
            final_norm: RmsNorm::load(checkpoint, &format!("{side}.final_layer_norm"), config)?,
            distances: checkpoint.tensor(&table, &[config.buckets, config.heads])?,
        })
    }
}

impl Layer {
    fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        config: &T5Config,
        crosses: bool,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let linear = |names: &[&str], inputs, outputs| {
            let names: Vec<String> = names.iter().map(|name| format!("{prefix}.{name}")).collect();
            Linear::load_without_bias(checkpoint, &names, inputs, outputs)
        };
        let norm = |place: usize| RmsNorm::load(checkpoint, &format!("{prefix}.{place}.layer_norm"), config);
        let (width, inner, heads) = (config.d_model, config.d_ff, config.heads * config.d_kv);
        let own = ["0.SelfAttention.q", "0.SelfAttention.k", "0.SelfAttention.v"];
        let own = SelfAttention {
            queries_keys_values: linear(&own, width, heads)?,
            output: linear(&["0.SelfAttention.o"], heads, width)?,
            norm: norm(0)?,
        };
        let source = if crosses {
            Some(CrossAttention {
                queries: linear(&["1.EncDecAttention.q"], width, heads)?,
                keys_values: linear(&["1.EncDecAttention.k", "1.EncDecAttention.v"], width, heads)?,
                output: linear(&["1.EncDecAttention.o"], heads, width)?,
                norm: norm(1)?,
            })
        } else {
            None
        };
        let place = if crosses { 2 } else { 1 };
        let dense = |name: &str| format!("{place}.DenseReluDense.{name}");
        let (gate, linear_half) = (dense("wi_0"), dense("wi_1"));
        let feed_forward = FeedForward {
            first: match config.gated {
                true => linear(&[&gate, &linear_half], width, inner)?,
                false => linear(&[&dense("wi")], width, inner)?,
            },
            second: linear(&[&dense("wo")], inner, width)?,
            norm: norm(place)?,
        };
        Ok(Self { own, source, feed_forward })
    }
}

impl SelfAttention {
    /// Every token of a source sees every other.
    fn encoder(&self, normed: &Tensor, layout: &SourceLayout, bias: &Tensor, config: &T5Config) -> Result<Tensor> {
        let [queries, keys, values] = columns(&self.queries_keys_values.forward(normed)?)?; // (rows, heads * d_kv)
        let queries = layout.spread(&queries, config.heads)?.transpose(1, 2)?.contiguous()?; // (batch, heads, length, d_kv)
        let memory = layout.keys_values(&keys, &values, config.heads)?;
        let mixed = attention(&queries, &memory, scores(Some(bias), Some(&layout.mask)))?;
        self.output.forward(&layout.gather(&mixed)?) // (rows, d_model)
    }

    /// The new token of each row sees the tokens before it, whose keys and values are in `own`.
    fn decoder(
        &self,
        normed: &Tensor,
        own: &mut Option<KeysValues>,
        bias: &Tensor,
        config: &T5Config,
    ) -> Result<Tensor> {
        let rows = normed.dim(0)?;
        let [queries, keys, values] = columns(&self.queries_keys_values.forward(normed)?)?; // (rows, heads * d_kv)
        let queries = queries.reshape((rows, config.heads, 1, config.d_kv))?;
        let memory = KeysValues::extended(own.take(), &keys, &values, config.heads)?;
        let mixed = attention(&queries, &memory, scores(Some(bias), None))?;
        *own = Some(memory);
        self.output.forward(&mixed.reshape((rows, config.heads * config.d_kv))?) // (rows, d_model)
    }
}

impl CrossAttention {
    /// The beams of a source are queries over one set of keys and values: (sources, heads, beams, d_kv).
    fn queries(&self, normed: &Tensor, memory: &KeysValues, config: &T5Config) -> Result<Tensor> {
        let sources = memory.keys.dim(0)?;
        let beams = normed.dim(0)? / sources;
        self.queries
            .forward(normed)?
            .reshape((sources, beams, config.heads, config.d_kv))?
            .transpose(1, 2)?
            .contiguous()
    }
}

impl FeedForward {
    fn forward(&self, hidden: &Tensor, config: &T5Config) -> Result<Tensor> {
        let inner = self.first.forward(&self.norm.forward(hidden)?)?; // (rows, d_ff), with a gate (rows, 2 * d_ff)
        let inner = match config.gated {
            true => {
                let [gate, other] = columns(&inner)?; // (rows, d_ff)
                (config.activation.forward(&gate)? * other)?
            }
            false => config.activation.forward(&inner)?,
        };
        hidden + self.second.forward(&inner)?
    }
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn buckets_of_distances() {
        // Read off transformers' `_relative_position_bucket` with 32 buckets and 128 as the largest distance.
        let both = |query, key| bucket(query, key, true, 32, 128);
        let past = |query, key| bucket(query, key, false, 32, 128);
        let rows = [
            (both(5, 5), 0),
            (both(5, 4), 1),
            (both(5, 6), 17),
            (both(20, 12), 8),
            (both(100, 84), 10),
            (both(0, 127), 31),
            (both(0, 4000), 31),
            (past(5, 5), 0),
            (past(5, 9), 0),
            (past(30, 15), 15),
            (past(64, 32), 21),
            (past(200, 3), 31),
        ];
        let failures: Vec<_> = rows.iter().enumerate().filter(|(_, (found, wanted))| found != wanted).collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
