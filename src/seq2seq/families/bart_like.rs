//! The encoder-decoder transformer of Marian and its kin, with flags for what differs between them.
//!
//! Source: `modeling_marian.py` and `modeling_bart.py` of transformers 5.23.

use super::columns;
use crate::checkpoint::Checkpoint;
use crate::seq2seq::Seq2SeqError;
use crate::seq2seq::cache::{DecoderState, Encoded, LayerState, SourceLayout};
use crate::seq2seq::config::{HeadKind, NetworkConfig, NormPlacement, PositionKind};
use crate::seq2seq::layers::{KeysValues, LayerNorm, Linear, Scores, attention, probabilities};
use crate::seq2seq::positions;
use candle_core::{DType, Device, Module, Result, Tensor};

/// Weights of a BART-like network. Shared by all workers: decoding changes a [`DecoderState`], never this.
#[derive(Debug)]
pub struct BartLike {
    pub(in crate::seq2seq) config: NetworkConfig,
    pub(in crate::seq2seq) encoder: Stack,
    pub(in crate::seq2seq) decoder: Stack,
    pub(in crate::seq2seq) output: Linear,
    pub(in crate::seq2seq) device: Device,
    pub(in crate::seq2seq) dtype: DType,
}

/// One side of the network.
#[derive(Debug)]
pub(in crate::seq2seq) struct Stack {
    pub(in crate::seq2seq) embedding: Tensor, // (d_model, vocabulary)
    pub(in crate::seq2seq) positions: Tensor, // (rows of PositionKind, d_model)
    pub(in crate::seq2seq) embedding_norm: Option<LayerNorm>,
    pub(in crate::seq2seq) layers: Vec<Layer>,
    pub(in crate::seq2seq) final_norm: Option<LayerNorm>,
    pub(in crate::seq2seq) heads: usize,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct Layer {
    pub(in crate::seq2seq) own: SelfAttention,
    pub(in crate::seq2seq) source: Option<CrossAttention>,
    pub(in crate::seq2seq) feed_forward: FeedForward,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct SelfAttention {
    pub(in crate::seq2seq) queries_keys_values: Linear,
    pub(in crate::seq2seq) output: Linear,
    pub(in crate::seq2seq) norm: LayerNorm,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct CrossAttention {
    pub(in crate::seq2seq) queries: Linear,
    pub(in crate::seq2seq) keys_values: Linear,
    pub(in crate::seq2seq) output: Linear,
    pub(in crate::seq2seq) norm: LayerNorm,
}

#[derive(Debug)]
pub(in crate::seq2seq) struct FeedForward {
    pub(in crate::seq2seq) first: Linear,
    pub(in crate::seq2seq) second: Linear,
    pub(in crate::seq2seq) norm: LayerNorm,
}

impl BartLike {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError::Checkpoint`] naming the tensor that is missing or misshapen.
    pub fn load(checkpoint: &Checkpoint, config: &NetworkConfig) -> std::result::Result<Self, Seq2SeqError> {
        // The largest tensors first: while one is turned round, nothing else is in memory yet.
        let Embeddings { source, target, head } = Embeddings::load(checkpoint, config)?;
        let bias = match config.logits_bias {
            true if checkpoint.has("final_logits_bias") => {
                let bias = checkpoint.tensor("final_logits_bias", &[1, config.target_vocabulary])?;
                Some(bias.reshape(config.target_vocabulary)?)
            }
            _ => None,
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

/// The three large matrices, `(d_model, vocabulary)` each; copies of one another where the checkpoint ties them.
struct Embeddings {
    source: Tensor,
    target: Tensor,
    /// The output projection.
    head: Tensor,
}

impl Embeddings {
    fn load(checkpoint: &Checkpoint, config: &NetworkConfig) -> std::result::Result<Self, Seq2SeqError> {
        const SHARED: &str = "model.shared.weight";
        const ENCODER: &str = "model.encoder.embed_tokens.weight";
        const DECODER: &str = "model.decoder.embed_tokens.weight";
        const HEAD: &str = "lm_head.weight";
        checkpoint.expect_names(&[SHARED, ENCODER, DECODER, HEAD]);
        let read = |names: &[&str], vocabulary| -> std::result::Result<Tensor, Seq2SeqError> {
            let name = checkpoint.find(names)?;
            Ok(checkpoint.transposed(&[name], (vocabulary, config.d_model))?) // (d_model, vocabulary)
        };
        let (source, target) = if config.shared_embeddings {
            let shared = read(&[SHARED, DECODER, ENCODER, HEAD], config.target_vocabulary)?;
            (shared.clone(), shared)
        } else {
            (read(&[ENCODER], config.source_vocabulary)?, read(&[DECODER, HEAD], config.target_vocabulary)?)
        };
        let has_own = checkpoint.has(HEAD) && !checkpoint.same_numbers(HEAD, &[SHARED, DECODER, ENCODER])?;
        let head = match config.head {
            HeadKind::AlwaysTied => {
                if has_own {
                    log::warn!(
                        "{}: {HEAD} differs from the embedding and is ignored: {} ties them",
                        checkpoint.folder().display(),
                        config.model_type.name()
                    );
                }
                target.clone()
            }
            HeadKind::TiedUnlessDifferent if has_own => {
                log::warn!(
                    "{}: {HEAD} differs from the embedding and is taken, though config.json ties them",
                    checkpoint.folder().display()
                );
                read(&[HEAD], config.target_vocabulary)?
            }
            HeadKind::Own if has_own || !checkpoint.has(HEAD) => read(&[HEAD], config.target_vocabulary)?,
            HeadKind::TiedUnlessDifferent | HeadKind::Own => target.clone(),
        };
        Ok(Self { source, target, head })
    }
}

impl Stack {
    fn load(
        checkpoint: &Checkpoint,
        config: &NetworkConfig,
        side: &str,
        embedding: Tensor,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let prefix = format!("model.{side}");
        let width = config.d_model;
        let (count, heads, inner, crosses) = match side {
            "encoder" => (config.encoder_layers, config.encoder_heads, config.encoder_ffn, false),
            _ => (config.decoder_layers, config.decoder_heads, config.decoder_ffn, true),
        };
        let table = format!("{prefix}.embed_positions.weight");
        // Files of older tools hold a table under this name; the network computes its own.
        checkpoint.expect_names(&[&format!("{prefix}.embed_positions.weights")]);
        let rows = config.positions.rows(config.max_positions);
        let computed = match config.positions {
            PositionKind::Sinusoidal if checkpoint.has(&table) => None,
            kind => positions::table(kind, config.max_positions, width, checkpoint.dtype(), checkpoint.device())?,
        };
        let positions = match computed {
            Some(table) => table,
            None => checkpoint.tensor(&table, &[rows, width])?,
        };
        let norm = |wanted: bool, name: &str| {
            wanted.then(|| LayerNorm::load(checkpoint, &format!("{prefix}.{name}"), width)).transpose()
        };
        let layers = (0..count)
            .map(|index| Layer::load(checkpoint, &format!("{prefix}.layers.{index}"), (width, inner), crosses))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            embedding,
            positions,
            embedding_norm: norm(config.embedding_norm, "layernorm_embedding")?,
            layers,
            final_norm: norm(config.final_norm, "layer_norm")?,
            heads,
        })
    }

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

impl Layer {
    fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        (width, inner): (usize, usize),
        crosses: bool,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let linear = |names: &[&str], inputs, outputs| {
            let names: Vec<String> = names.iter().map(|name| format!("{prefix}.{name}")).collect();
            Linear::load(checkpoint, &names, inputs, outputs)
        };
        let norm = |name: &str| LayerNorm::load(checkpoint, &format!("{prefix}.{name}"), width);
        let source = if crosses {
            Some(CrossAttention {
                queries: linear(&["encoder_attn.q_proj"], width, width)?,
                keys_values: linear(&["encoder_attn.k_proj", "encoder_attn.v_proj"], width, width)?,
                output: linear(&["encoder_attn.out_proj"], width, width)?,
                norm: norm("encoder_attn_layer_norm")?,
            })
        } else {
            None
        };
        let own = SelfAttention {
            queries_keys_values: linear(&["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], width, width)?,
            output: linear(&["self_attn.out_proj"], width, width)?,
            norm: norm("self_attn_layer_norm")?,
        };
        let feed_forward = FeedForward {
            first: linear(&["fc1"], width, inner)?,
            second: linear(&["fc2"], inner, width)?,
            norm: norm("final_layer_norm")?,
        };
        Ok(Self { own, source, feed_forward })
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

impl SelfAttention {
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

impl CrossAttention {
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

impl FeedForward {
    fn sublayer(&self, hidden: &Tensor, config: &NetworkConfig) -> Result<Tensor> {
        residual(hidden, &self.norm, config.norm, |normed| {
            let inner = config.activation.forward(&self.first.forward(normed)?)?; // (rows, ffn)
            self.second.forward(&inner)
        })
    }
}
