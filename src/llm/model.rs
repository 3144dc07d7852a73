//! The network: embeddings, blocks, output, for both families; the state of a text is kept apart from the weights.
//!
//! Not `candle_transformers::models::{quantized_qwen2, quantized_gemma3}` (0.11.1), for what stands in their source:
//! - Gemma 3 has SiLU there where the model has GELU (tanh), masks everything before a chunk when tokens are added to
//!   a filled cache, forgets the sliding window when decoding, and makes a 131,072-row rotary table a layer (2.4 GB);
//! - Qwen2 can't be cloned or rewound, so a prompt's fixed prefix would be computed again for each text, and both turn
//!   the embedding table into f32 (0.9 GB).

use super::config::{Architecture, Config};
use super::error::LlmError;
use super::gguf::Gguf;
use super::weights::{Linear, Norm};
use candle_core::quantized::QTensor;
use candle_core::{D, Device, Result, Tensor};
use std::sync::Arc;

/// Weights and constants. Shared by all texts; nothing in it changes.
pub struct Model {
    config: Config,
    device: Device,
    /// Longest context in tokens: what the rotary tables are made for.
    context_length: usize,
    embedding: Arc<QTensor>, // (vocabulary, hidden)
    blocks: Vec<Block>,
    output_norm: Norm,
    output: Linear,
    rotary: Rotary,
    rotary_sliding: Option<Rotary>,
}

struct Block {
    attention_norm: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<Norm>,
    key_norm: Option<Norm>,
    attention_output: Linear,
    post_attention_norm: Option<Norm>,
    feed_forward_norm: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
    post_feed_forward_norm: Option<Norm>,
    window: Option<usize>,
}

/// Keys and values of the tokens so far: all that a text leaves behind in a [`Model`]. Cloning is cheap (tensors are
/// shared and never written to again), so that one state for a fixed prefix serves every text.
#[derive(Clone)]
pub struct DecoderState {
    /// For each layer keys and values, both (kv_heads, tokens, head_dim).
    layers: Vec<Option<(Tensor, Tensor)>>,
    tokens: usize,
}

impl DecoderState {
    /// Tokens so far.
    pub fn tokens(&self) -> usize {
        self.tokens
    }
}

impl Model {
    /// Reads the weights from `gguf` for contexts of at most `context_length` tokens (less if the model was trained on
    /// less).
    ///
    /// # Errors
    /// [`LlmError`] for missing tensors, other shapes than the metadata say, or failed reads.
    pub fn load(
        gguf: &mut Gguf,
        config: Config,
        context_length: usize,
        device: &Device,
    ) -> std::result::Result<Self, LlmError> {
        let context_length = context_length.min(config.context_length);
        let embedding = Arc::new(gguf.tensor("token_embd.weight", &[config.vocabulary, config.hidden], device)?);
        let output = match gguf.has_tensor("output.weight") {
            true => Linear::load(gguf, "output", (config.hidden, config.vocabulary), false, device)?,
            false => Linear::tied(&embedding)?,
        };
        let output_norm = Norm::load(gguf, "output_norm", config.hidden, config.rms_epsilon, device)?;
        let blocks = (0..config.layers)
            .map(|layer| Block::load(gguf, &config, layer, device))
            .collect::<std::result::Result<_, _>>()?;
        let rotary = Rotary::new(config.head_dim, config.rope_base, context_length, device)?;
        let rotary_sliding = match config.sliding_window {
            Some(_) => Some(Rotary::new(config.head_dim, config.rope_base_sliding, context_length, device)?),
            None => None,
        };
        let device = device.clone();
        Ok(Self { config, device, context_length, embedding, blocks, output_norm, output, rotary, rotary_sliding })
    }

    /// Sizes and constants.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Longest context in tokens.
    pub fn context_length(&self) -> usize {
        self.context_length
    }

    /// A state without tokens.
    pub fn new_state(&self) -> DecoderState {
        DecoderState { layers: vec![None; self.blocks.len()], tokens: 0 }
    }

    /// Adds `ids` (at least one) to `state` and gives the logits (vocabulary) for the token after the last one.
    ///
    /// # Errors
    /// An id beyond the vocabulary, a context that grows too long, or a failure of the device. `state` is then as it
    /// was or holds a part of `ids` and must not be used again.
    pub fn forward(&self, ids: &[u32], state: &mut DecoderState) -> Result<Tensor> {
        let (start, count) = (state.tokens, ids.len());
        if count == 0 || start + count > self.context_length {
            candle_core::bail!("{count} tokens after {start} do not fit into a context of {}", self.context_length)
        }
        if let Some(id) = ids.iter().find(|&&id| id as usize >= self.config.vocabulary) {
            candle_core::bail!("token {id} is beyond the vocabulary of {}", self.config.vocabulary)
        }
        let mut hidden = self.embedding.embedding(&Tensor::new(ids, &self.device)?)?; // (count, hidden)
        if self.config.architecture == Architecture::Gemma3 {
            hidden = (hidden * (self.config.hidden as f64).sqrt())?;
        }
        for (block, slot) in self.blocks.iter().zip(&mut state.layers) {
            let normed = block.attention_norm.forward(&hidden)?;
            hidden = (hidden + self.attention(block, &normed, start, slot)?)?;
            let normed = block.feed_forward_norm.forward(&hidden)?;
            hidden = (hidden + self.feed_forward(block, &normed)?)?;
        }
        state.tokens = start + count;
        let last = self.output_norm.forward(&hidden.narrow(0, count - 1, 1)?)?; // (1, hidden)
        self.output.forward(&last)?.squeeze(0) // (vocabulary)
    }

    /// `inputs` (count, hidden), the first of them at position `start`.
    fn attention(
        &self,
        block: &Block,
        inputs: &Tensor,
        start: usize,
        slot: &mut Option<(Tensor, Tensor)>,
    ) -> Result<Tensor> {
        let Config { heads, kv_heads, head_dim, .. } = self.config;
        let count = inputs.dim(0)?;
        let rotary = match (block.window, &self.rotary_sliding) {
            (Some(_), Some(sliding)) => sliding,
            _ => &self.rotary,
        };
        let split = |projected: Tensor, heads: usize, norm: Option<&Norm>| -> Result<Tensor> {
            let by_head = projected.reshape((count, heads, head_dim))?;
            let by_head = match norm {
                Some(norm) => norm.forward(&by_head)?,
                None => by_head,
            };
            by_head.transpose(0, 1)?.contiguous() // (heads, count, head_dim)
        };
        let query = split(block.query.forward(inputs)?, heads, block.query_norm.as_ref())?;
        let key = split(block.key.forward(inputs)?, kv_heads, block.key_norm.as_ref())?;
        let value = split(block.value.forward(inputs)?, kv_heads, None)?;
        let (query, key) = (rotary.forward(&query, start)?, rotary.forward(&key, start)?);
        let (keys, values) = match slot.take() {
            None => (key, value),
            Some((keys, values)) => (Tensor::cat(&[&keys, &key], 1)?, Tensor::cat(&[&values, &value], 1)?),
        };
        *slot = Some((keys.clone(), values.clone())); // (kv_heads, start + count, head_dim)

        // Each key head serves a group of query heads: their rows lie together, so no key is copied.
        let total = start + count;
        let group = heads / kv_heads;
        let query = (query.reshape((kv_heads, group * count, head_dim))? * (1.0 / (head_dim as f64).sqrt()))?;
        let scores = query.matmul(&keys.t()?)?; // (kv_heads, group * count, total)
        let scores = match mask(start, count, block.window, &self.device)? {
            None => scores,
            Some(mask) => scores.reshape((kv_heads, group, count, total))?.broadcast_add(&mask)?.reshape((
                kv_heads,
                group * count,
                total,
            ))?,
        };
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        let mixed = weights.matmul(&values)?; // (kv_heads, group * count, head_dim)
        let mixed = mixed.reshape((heads, count, head_dim))?.transpose(0, 1)?; // (count, heads, head_dim)
        let output = block.attention_output.forward(&mixed.reshape((count, heads * head_dim))?)?;
        match &block.post_attention_norm {
            Some(norm) => norm.forward(&output),
            None => Ok(output),
        }
    }

    fn feed_forward(&self, block: &Block, inputs: &Tensor) -> Result<Tensor> {
        let gate = block.gate.forward(inputs)?; // (count, feed_forward)
        let gate = match self.config.architecture {
            Architecture::Qwen2 => gate.silu()?,
            Architecture::Gemma3 => gate.gelu()?,
        };
        let output = block.down.forward(&(gate * block.up.forward(inputs)?)?)?;
        match &block.post_feed_forward_norm {
            Some(norm) => norm.forward(&output),
            None => Ok(output),
        }
    }
}

/// What is added to the scores (count, start + count): 0 where a token sees another, else −∞. `None`: it sees all.
fn mask(start: usize, count: usize, window: Option<usize>, device: &Device) -> Result<Option<Tensor>> {
    let total = start + count;
    if count == 1 && window.is_none_or(|window| total <= window) {
        return Ok(None);
    }
    let entry = |row: usize, column: usize| {
        let position = start + row;
        let seen = column <= position && window.is_none_or(|window| position - column < window);
        if seen { 0.0 } else { f32::NEG_INFINITY }
    };
    let entries: Vec<f32> = (0..count).flat_map(|row| (0..total).map(move |column| entry(row, column))).collect();
    Tensor::from_vec(entries, (count, total), device).map(Some)
}

impl Block {
    fn load(gguf: &mut Gguf, config: &Config, layer: usize, device: &Device) -> std::result::Result<Self, LlmError> {
        let Config { hidden, feed_forward, heads, kv_heads, head_dim, rms_epsilon, .. } = *config;
        let gemma = config.architecture == Architecture::Gemma3;
        let biases = config.architecture == Architecture::Qwen2;
        let name = |part: &str| format!("blk.{layer}.{part}");
        let mut linear = |part: &str, sizes, bias| Linear::load(gguf, &name(part), sizes, bias, device);
        let query = linear("attn_q", (hidden, heads * head_dim), biases)?;
        let key = linear("attn_k", (hidden, kv_heads * head_dim), biases)?;
        let value = linear("attn_v", (hidden, kv_heads * head_dim), biases)?;
        let attention_output = linear("attn_output", (heads * head_dim, hidden), false)?;
        let gate = linear("ffn_gate", (hidden, feed_forward), false)?;
        let up = linear("ffn_up", (hidden, feed_forward), false)?;
        let down = linear("ffn_down", (feed_forward, hidden), false)?;
        let mut norm = |part: &str, width| Norm::load(gguf, &name(part), width, rms_epsilon, device);
        let attention_norm = norm("attn_norm", hidden)?;
        let feed_forward_norm = norm("ffn_norm", hidden)?;
        let mut gemma_norm = |part: &str, width| if gemma { norm(part, width).map(Some) } else { Ok(None) };
        Ok(Self {
            attention_norm,
            query,
            key,
            value,
            query_norm: gemma_norm("attn_q_norm", head_dim)?,
            key_norm: gemma_norm("attn_k_norm", head_dim)?,
            attention_output,
            post_attention_norm: gemma_norm("post_attention_norm", hidden)?,
            feed_forward_norm,
            gate,
            up,
            down,
            post_feed_forward_norm: gemma_norm("post_ffw_norm", hidden)?,
            window: config.window_of(layer),
        })
    }
}

/// Rotary positions (the two halves of a head turned against each other), as tables for each position.
struct Rotary {
    cos: Tensor, // (context, head_dim / 2)
    sin: Tensor, // (context, head_dim / 2)
}

impl Rotary {
    fn new(head_dim: usize, base: f32, context_length: usize, device: &Device) -> Result<Self> {
        let frequencies: Vec<f32> =
            (0..head_dim).step_by(2).map(|index| base.powf(-(index as f32) / head_dim as f32)).collect();
        let frequencies = Tensor::new(frequencies, device)?.unsqueeze(0)?; // (1, head_dim / 2)
        let positions = Tensor::arange(0f32, context_length as f32, device)?.unsqueeze(D::Minus1)?; // (context, 1)
        let angles = positions.broadcast_mul(&frequencies)?; // (context, head_dim / 2)
        Ok(Self { cos: angles.cos()?, sin: angles.sin()? })
    }

    /// Turns `by_head` (heads, count, head_dim), the first of them at position `start`.
    fn forward(&self, by_head: &Tensor, start: usize) -> Result<Tensor> {
        let count = by_head.dim(1)?;
        let (cos, sin) = (self.cos.narrow(0, start, count)?, self.sin.narrow(0, start, count)?);
        candle_nn::rotary_emb::rope(&by_head.unsqueeze(0)?, &cos, &sin)?.squeeze(0)
    }
}
