//! The encoder-decoder transformer of Marian and its kin, with flags for what differs between them.
//!
//! Source: `modeling_marian.py` and `modeling_bart.py` of transformers 5.23.

use super::bart_like_names::{EmbeddingNames, Form, Tensors, logits_bias};
use super::columns;
use crate::checkpoint::Checkpoint;
use crate::seq2seq::Seq2SeqError;
use crate::seq2seq::cache::{DecoderState, Encoded, LayerState, SourceLayout};
use crate::seq2seq::config::{NetworkConfig, NormPlacement};
use crate::seq2seq::layers::{KeysValues, LayerNorm, Linear, Scores, attention, probabilities};
use candle_core::{DType, Device, Module, Result, Tensor};

/// Weights of a BART-like network. Shared by all workers: decoding changes a [`DecoderState`], never this.
#[derive(Debug)]
pub struct BartLike {
    config: NetworkConfig,
    encoder: Stack<Tensors>,
    decoder: Stack<Tensors>,
    output: Linear,
    device: Device,
    dtype: DType,
}

/// One side of the network.
#[derive(Debug)]
pub(in crate::seq2seq) struct Stack<F: Form> {
    pub(in crate::seq2seq) embedding: F::Embedding, // (vocabulary, d_model), lying as the form wants it
    pub(in crate::seq2seq) positions: F::Positions, // (rows of PositionKind, d_model)
    pub(in crate::seq2seq) embedding_norm: Option<F::Norm>,
    pub(in crate::seq2seq) layers: Vec<Layer<F>>,
    pub(in crate::seq2seq) final_norm: Option<F::Norm>,
    pub(in crate::seq2seq) heads: usize,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct Layer<F: Form> {
    pub(in crate::seq2seq) own: SelfAttention<F>,
    pub(in crate::seq2seq) source: Option<CrossAttention<F>>,
    pub(in crate::seq2seq) feed_forward: FeedForward<F>,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct SelfAttention<F: Form> {
    pub(in crate::seq2seq) queries_keys_values: F::Linear,
    pub(in crate::seq2seq) output: F::Linear,
    pub(in crate::seq2seq) norm: F::Norm,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct CrossAttention<F: Form> {
    pub(in crate::seq2seq) queries: F::Linear,
    pub(in crate::seq2seq) keys_values: F::Linear,
    pub(in crate::seq2seq) output: F::Linear,
    pub(in crate::seq2seq) norm: F::Norm,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct FeedForward<F: Form> {
    pub(in crate::seq2seq) first: F::Linear,
    pub(in crate::seq2seq) second: F::Linear,
    pub(in crate::seq2seq) norm: F::Norm,
}

impl BartLike {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError::Checkpoint`] naming the tensor that is missing or misshapen.
    pub fn load(checkpoint: &Checkpoint, config: &NetworkConfig) -> std::result::Result<Self, Seq2SeqError> {
        let names = EmbeddingNames::of(checkpoint, config)?;
        // (d_model, vocabulary) each; the largest tensors first: while one is turned round, nothing else is in memory yet.
        let target = checkpoint.transposed(&[names.target], (config.target_vocabulary, config.d_model))?;
        let source = match names.source == names.target {
            true => target.clone(),
            false => checkpoint.transposed(&[names.source], (config.source_vocabulary, config.d_model))?,
        };
        let head = match names.head == names.target {
            true => target.clone(),
            false => checkpoint.transposed(&[names.head], (config.target_vocabulary, config.d_model))?,
        };
        let bias = match logits_bias(checkpoint, config) {
            Some(name) => Some(checkpoint.tensor(name, &[1, config.target_vocabulary])?.flatten_all()?),
            None => None,
        };
        let output = Linear::new(head, bias);
        let encoder = Stack::load(checkpoint, config, "encoder", source)?;
        let decoder = Stack::load(checkpoint, config, "decoder", target)?;
        let (device, dtype) = (checkpoint.device().clone(), checkpoint.dtype());
        Ok(Self { config: config.clone(), encoder, decoder, output, device, dtype })
    }

    /// What the network is.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs the encoder over `sources`; none may be empty or longer than [`NetworkConfig::max_positions`].
    ///
    /// # Errors
    /// A tensor operation failed: an id beyond the vocabulary, no memory.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<Encoded> {
        let lengths: Vec<usize> = sources.iter().map(|ids| ids.len()).collect();
        let layout = SourceLayout::new(&lengths, self.dtype, &self.device)?;
        let positions: Vec<u32> = sources.iter().flat_map(|ids| self.config.positions.rows_of(ids, 0)).collect();
        let mut hidden = self.encoder.embed(&sources.concat(), &positions, &self.config)?; // (rows, d_model)
        for layer in &self.encoder.layers {
            hidden = layer.own.sublayer(&hidden, self.config.norm, |normed, attention| {
                attention.encoder(normed, &layout, self.encoder.heads)
            })?;
            hidden = layer.feed_forward.sublayer(&hidden, &self.config)?;
        }
        if let Some(norm) = &self.encoder.final_norm {
            hidden = norm.forward(&hidden)?;
        }
        Ok(Encoded { hidden, layout, lengths })
    }

    /// The state before the first token: the sources' keys and values, made once for each source.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn start(&self, encoded: &Encoded) -> Result<DecoderState> {
        let mut layers = Vec::with_capacity(self.decoder.layers.len());
        for layer in &self.decoder.layers {
            let Some(cross) = &layer.source else { candle_core::bail!("a decoder layer without cross-attention") };
            let both = cross.keys_values.forward(&encoded.hidden)?; // (rows, 2 * d_model)
            let [keys, values] = columns(&both)?;
            let source = encoded.layout.keys_values(&keys, &values, self.decoder.heads)?;
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
        let place = |token| self.config.positions.rows_of(std::slice::from_ref(token), state.length);
        let positions: Vec<u32> = tokens.iter().flat_map(place).collect();
        let mut hidden = self.decoder.embed(tokens, &positions, &self.config)?; // (rows, d_model)
        for (index, (layer, layer_state)) in self.decoder.layers.iter().zip(&mut state.layers).enumerate() {
            hidden = layer.own.sublayer(&hidden, self.config.norm, |normed, attention| {
                attention.decoder(normed, &mut layer_state.own, self.decoder.heads)
            })?;
            if let Some(cross) = &layer.source {
                hidden = residual(&hidden, &cross.norm, self.config.norm, |normed| {
                    let memory = &layer_state.source;
                    let queries = cross.queries(normed, memory, self.decoder.heads)?;
                    let scores = Scores::scaled(queries.dim(3)?, Some(&state.source_mask));
                    if state.watched == Some(index) {
                        state.heeded = Some(probabilities(&queries, &memory.keys, scores)?);
                    }
                    let mixed = attention(&queries, memory, scores)?; // (sources, heads, beams, head_width)
                    cross.output.forward(&mixed.transpose(1, 2)?.reshape(normed.shape())?)
                })?;
            }
            hidden = layer.feed_forward.sublayer(&hidden, &self.config)?;
        }
        state.length += 1;
        if let Some(norm) = &self.decoder.final_norm {
            hidden = norm.forward(&hidden)?;
        }
        self.output.forward(&hidden) // (rows, vocabulary)
    }
}

impl Stack<Tensors> {
    /// `(rows, d_model)`.
    fn embed(&self, ids: &[u32], positions: &[u32], config: &NetworkConfig) -> Result<Tensor> {
        let device = self.embedding.device();
        let words = self.embedding.index_select(&Tensor::new(ids, device)?, 1)?.t()?; // (rows, d_model)
        let places = self.positions.index_select(&Tensor::new(positions, device)?, 0)?; // (rows, d_model)
        let sum = ((words.contiguous()? * config.embedding_scale)? + places)?;
        match &self.embedding_norm {
            Some(norm) => norm.forward(&sum),
            None => Ok(sum),
        }
    }
}

/// `hidden` plus what `sublayer` makes of it, with the norm where the family has it.
fn residual(
    hidden: &Tensor,
    norm: &LayerNorm,
    placement: NormPlacement,
    sublayer: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    match placement {
        NormPlacement::Post => norm.forward(&(hidden + sublayer(hidden)?)?),
        NormPlacement::Pre => hidden + sublayer(&norm.forward(hidden)?)?,
    }
}

impl SelfAttention<Tensors> {
    fn sublayer(
        &self,
        hidden: &Tensor,
        placement: NormPlacement,
        attend: impl FnOnce(&Tensor, &Self) -> Result<Tensor>,
    ) -> Result<Tensor> {
        residual(hidden, &self.norm, placement, |normed| attend(normed, self))
    }

    /// Every token of a source sees every other.
    fn encoder(&self, hidden: &Tensor, layout: &SourceLayout, heads: usize) -> Result<Tensor> {
        let all = self.queries_keys_values.forward(hidden)?; // (rows, 3 * d_model)
        let [queries, keys, values] = columns(&all)?;
        let queries = layout.spread(&queries, heads)?.transpose(1, 2)?.contiguous()?; // (batch, heads, length, head_width)
        let memory = layout.keys_values(&keys, &values, heads)?;
        let scores = Scores::scaled(queries.dim(3)?, Some(&layout.mask));
        let mixed = attention(&queries, &memory, scores)?;
        self.output.forward(&layout.gather(&mixed)?) // (rows, d_model)
    }

    /// The new token of each row sees the tokens before it, whose keys and values are in `own`.
    fn decoder(&self, hidden: &Tensor, own: &mut Option<KeysValues>, heads: usize) -> Result<Tensor> {
        let (rows, width) = hidden.dims2()?;
        let all = self.queries_keys_values.forward(hidden)?; // (rows, 3 * d_model)
        let [queries, keys, values] = columns(&all)?;
        let head_width = width / heads;
        let queries = queries.reshape((rows, heads, 1, head_width))?;
        let memory = KeysValues::extended(own.take(), &keys, &values, heads)?;
        let mixed = attention(&queries, &memory, Scores::scaled(head_width, None))?.reshape((rows, width))?;
        *own = Some(memory);
        self.output.forward(&mixed)
    }
}

impl CrossAttention<Tensors> {
    /// The beams of a source are queries over one set of keys and values: (sources, heads, beams, head_width).
    fn queries(&self, normed: &Tensor, memory: &KeysValues, heads: usize) -> Result<Tensor> {
        let (rows, width) = normed.dims2()?;
        let sources = memory.keys.dim(0)?;
        self.queries
            .forward(normed)?
            .reshape((sources, rows / sources, heads, width / heads))?
            .transpose(1, 2)?
            .contiguous()
    }
}

impl FeedForward<Tensors> {
    fn sublayer(&self, hidden: &Tensor, config: &NetworkConfig) -> Result<Tensor> {
        residual(hidden, &self.norm, config.norm, |normed| {
            let inner = config.activation.forward(&self.first.forward(normed)?)?; // (rows, ffn)
            self.second.forward(&inner)
        })
    }
}
