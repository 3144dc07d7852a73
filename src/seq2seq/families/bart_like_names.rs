//! How checkpoints name the parts of a BART-like network, whatever form the parts are read in: tensors, or weights packed
//! for the processor's kernels.

use super::bart_like::{CrossAttention, FeedForward, Layer, SelfAttention, Stack};
use crate::checkpoint::Checkpoint;
use crate::seq2seq::Seq2SeqError;
use crate::seq2seq::config::{HeadKind, NetworkConfig, PositionKind};
use crate::seq2seq::layers::{LayerNorm, Linear};
use crate::seq2seq::positions;
use candle_core::Tensor;
use std::fmt::Debug;

type Result<T> = std::result::Result<T, Seq2SeqError>;

/// What the parts of a network are made of.
pub(in crate::seq2seq) trait Form: Debug {
    /// The matrix of an embedding.
    type Embedding: Debug;
    /// A table of positions.
    type Positions: Debug;
    /// A linear layer.
    type Linear: Debug;
    /// A layer norm.
    type Norm: Debug;
}

/// Reads parts in one form.
pub(in crate::seq2seq) trait Reader {
    /// What it makes.
    type Form: Form;
    /// Where it reads.
    fn checkpoint(&self) -> &Checkpoint;
    /// A linear layer with its bias.
    fn linear(&self, names: &LinearNames<'_>) -> Result<<Self::Form as Form>::Linear>;
    /// A layer norm.
    fn norm(&self, prefix: &str, width: usize) -> Result<<Self::Form as Form>::Norm>;
    /// A table `(rows, width)`: computed, or read under its name.
    fn positions(&self, table: Positions<'_>) -> Result<<Self::Form as Form>::Positions>;
}

/// Linear layers that read the same input; their outputs stand side by side.
pub(in crate::seq2seq) struct LinearNames<'a> {
    pub prefixes: &'a [String],
    pub inputs: usize,
    /// Of each.
    pub outputs: usize,
    pub heads: HeadSide,
}

/// Which side of a linear layer is cut into heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::seq2seq) enum HeadSide {
    Neither,
    Inputs,
    Outputs,
}

/// Where the positions of a side come from.
pub(in crate::seq2seq) enum Positions<'a> {
    Computed { kind: PositionKind, max_positions: usize, width: usize },
    Named { name: &'a str, shape: [usize; 2] },
}

/// Tensors of the plain path.
#[derive(Debug)]
pub(in crate::seq2seq) struct Tensors;

impl Form for Tensors {
    type Embedding = Tensor; // (d_model, vocabulary)
    type Positions = Tensor;
    type Linear = Linear;
    type Norm = LayerNorm;
}

impl Reader for Checkpoint {
    type Form = Tensors;

    fn checkpoint(&self) -> &Checkpoint {
        self
    }

    fn linear(&self, names: &LinearNames<'_>) -> Result<Linear> {
        Linear::load(self, names.prefixes, names.inputs, names.outputs)
    }

    fn norm(&self, prefix: &str, width: usize) -> Result<LayerNorm> {
        Ok(LayerNorm::load(self, prefix, width)?)
    }

    fn positions(&self, table: Positions<'_>) -> Result<Tensor> {
        match table {
            Positions::Named { name, shape } => Ok(self.tensor(name, &shape)?),
            Positions::Computed { kind, max_positions, width } => {
                Ok(positions::table(kind, max_positions, width, self.dtype(), self.device())?)
            }
        }
    }
}

/// The tensors of the three large matrices, `(vocabulary, d_model)` each: the same name where the network ties them.
pub(in crate::seq2seq) struct EmbeddingNames {
    pub source: &'static str,
    pub target: &'static str,
    /// The output projection.
    pub head: &'static str,
}

impl EmbeddingNames {
    /// Which they are in `checkpoint`.
    ///
    /// # Errors
    /// One is missing, or can't be read.
    pub(in crate::seq2seq) fn of(checkpoint: &Checkpoint, config: &NetworkConfig) -> Result<Self> {
        const SHARED: &str = "model.shared.weight";
        const ENCODER: &str = "model.encoder.embed_tokens.weight";
        const DECODER: &str = "model.decoder.embed_tokens.weight";
        const HEAD: &str = "lm_head.weight";
        checkpoint.expect_names(&[SHARED, ENCODER, DECODER, HEAD]);
        let (source, target) = if config.shared_embeddings {
            let shared = checkpoint.find(&[SHARED, DECODER, ENCODER, HEAD])?;
            (shared, shared)
        } else {
            (ENCODER, checkpoint.find(&[DECODER, HEAD])?)
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
                target
            }
            HeadKind::TiedUnlessDifferent if has_own => {
                log::warn!(
                    "{}: {HEAD} differs from the embedding and is taken, though config.json ties them",
                    checkpoint.folder().display()
                );
                HEAD
            }
            // Where there is none, it is asked for all the same: the error names it.
            HeadKind::Own if has_own || !checkpoint.has(HEAD) => HEAD,
            HeadKind::TiedUnlessDifferent | HeadKind::Own => target,
        };
        Ok(Self { source, target, head })
    }
}

/// The tensor of the bias on the logits, where the network has one and the checkpoint holds it.
pub(in crate::seq2seq) fn logits_bias(checkpoint: &Checkpoint, config: &NetworkConfig) -> Option<&'static str> {
    const NAME: &str = "final_logits_bias";
    (config.logits_bias && checkpoint.has(NAME)).then_some(NAME)
}

impl<F: Form> Stack<F> {
    /// Reads the side `side`, `encoder` or `decoder`.
    ///
    /// # Errors
    /// What [`Reader`] says.
    pub(in crate::seq2seq) fn load<R: Reader<Form = F>>(
        reader: &R,
        config: &NetworkConfig,
        side: &str,
        embedding: F::Embedding,
    ) -> Result<Self> {
        let checkpoint = reader.checkpoint();
        let prefix = format!("model.{side}");
        let width = config.d_model;
        let (count, heads, inner, crosses) = match side {
            "encoder" => (config.encoder_layers, config.encoder_heads, config.encoder_ffn, false),
            _ => (config.decoder_layers, config.decoder_heads, config.decoder_ffn, true),
        };
        let table = format!("{prefix}.embed_positions.weight");
        // Files of older tools hold a table under this name; the network computes its own.
        checkpoint.expect_names(&[&format!("{prefix}.embed_positions.weights")]);
        let named = Positions::Named { name: &table, shape: [config.positions.rows(config.max_positions), width] };
        let positions = match config.positions {
            PositionKind::Learned => named,
            PositionKind::Sinusoidal if checkpoint.has(&table) => named,
            kind => Positions::Computed { kind, max_positions: config.max_positions, width },
        };
        let norm =
            |wanted: bool, name: &str| wanted.then(|| reader.norm(&format!("{prefix}.{name}"), width)).transpose();
        let layer = |index| Layer::load(reader, &format!("{prefix}.layers.{index}"), (width, inner), crosses);
        Ok(Self {
            embedding,
            positions: reader.positions(positions)?,
            embedding_norm: norm(config.embedding_norm, "layernorm_embedding")?,
            layers: (0..count).map(layer).collect::<Result<_>>()?,
            final_norm: norm(config.final_norm, "layer_norm")?,
            heads,
        })
    }
}

impl<F: Form> Layer<F> {
    fn load<R: Reader<Form = F>>(
        reader: &R,
        prefix: &str,
        (width, inner): (usize, usize),
        crosses: bool,
    ) -> Result<Self> {
        let linear = |names: &[&str], inputs, outputs, heads| {
            let prefixes: Vec<String> = names.iter().map(|name| format!("{prefix}.{name}")).collect();
            reader.linear(&LinearNames { prefixes: &prefixes, inputs, outputs, heads })
        };
        let into_heads = |names: &[&str]| linear(names, width, width, HeadSide::Outputs);
        let out_of_heads = |name: &str| linear(&[name], width, width, HeadSide::Inputs);
        let norm = |name: &str| reader.norm(&format!("{prefix}.{name}"), width);
        let source = if crosses {
            Some(CrossAttention {
                queries: into_heads(&["encoder_attn.q_proj"])?,
                keys_values: into_heads(&["encoder_attn.k_proj", "encoder_attn.v_proj"])?,
                output: out_of_heads("encoder_attn.out_proj")?,
                norm: norm("encoder_attn_layer_norm")?,
            })
        } else {
            None
        };
        let own = SelfAttention {
            queries_keys_values: into_heads(&["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"])?,
            output: out_of_heads("self_attn.out_proj")?,
            norm: norm("self_attn_layer_norm")?,
        };
        let feed_forward = FeedForward {
            first: linear(&["fc1"], width, inner, HeadSide::Neither)?,
            second: linear(&["fc2"], inner, width, HeadSide::Neither)?,
            norm: norm("final_layer_norm")?,
        };
        Ok(Self { own, source, feed_forward })
    }
}
