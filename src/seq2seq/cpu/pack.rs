//! From the checkpoint to packed weights: each matrix is read row by row, by all threads, and packed as it is read, so
//! that no matrix is ever in memory as it lies in the file.

use super::packed_file::{PackedFile, PackedWriter};
use super::{CpuModel, CpuType};
use crate::checkpoint::Checkpoint;
use crate::kernels::attention::Heads;
use crate::kernels::linear::{Linear, WeightType};
use crate::kernels::row_ops::Norm;
use crate::kernels::{Activation, Isa};
use crate::seq2seq::Seq2SeqError;
use crate::seq2seq::config::NetworkConfig;
use crate::seq2seq::families::bart_like::Stack;
use crate::seq2seq::families::bart_like_names::{
    EmbeddingNames, Form, HeadSide, LinearNames, Positions, Reader, logits_bias,
};
use crate::seq2seq::layers::LAYER_NORM_EPSILON;
use crate::seq2seq::positions;
use candle_core::bail;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Result<T> = std::result::Result<T, Seq2SeqError>;

/// Heads are stored as wide as whole vectors.
const VECTOR: usize = 16;

/// Weights of the kernels.
#[derive(Debug)]
pub(super) struct Packed;

impl Form for Packed {
    /// Packed as an output projection is, which it may be at the same time.
    type Embedding = Arc<Linear>;
    type Positions = Vec<f32>;
    type Linear = Linear;
    type Norm = Norm;
}

impl CpuModel {
    /// Reads and packs the weights of `checkpoint`, in the threads of the pool that this is called in. Matrices of 8-bit
    /// integers come from the packed file beside it, if there is one.
    ///
    /// # Errors
    /// Weights that are missing or misshapen; for 8-bit integers, such that are not finite.
    pub fn load(checkpoint: &Checkpoint, config: &NetworkConfig, kind: CpuType, isa: Isa) -> Result<Self> {
        let packed = if kind == CpuType::Int8 { PackedFile::open(checkpoint)? } else { None };
        Self::read(checkpoint, config, (kind, isa), packed.as_ref().map_or(Beside::Nothing, Beside::Read))
    }

    /// Packs the weights of `checkpoint` into 8-bit integers and writes them into a file beside it, which
    /// [`CpuModel::load`] reads from then on. Returns the file's path and its bytes.
    ///
    /// # Errors
    /// As [`CpuModel::load`], and a folder that can't be written.
    pub fn write_packed(checkpoint: &Checkpoint, config: &NetworkConfig, isa: Isa) -> Result<(PathBuf, u64)> {
        let writer = Mutex::new(PackedWriter::create(checkpoint)?);
        Self::read(checkpoint, config, (CpuType::Int8, isa), Beside::Write(&writer))?;
        writer.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
    }

    fn read(
        checkpoint: &Checkpoint,
        config: &NetworkConfig,
        (kind, isa): (CpuType, Isa),
        beside: Beside<'_>,
    ) -> Result<Self> {
        let names = EmbeddingNames::of(checkpoint, config)?;
        let packer = |heads| Packer { checkpoint, weights: kind.weights(), isa, heads, beside };
        let encoder_heads = heads(config.d_model, config.encoder_heads);
        let decoder_heads = heads(config.d_model, config.decoder_heads);
        let (encoder_reader, decoder_reader) = (packer(encoder_heads), packer(decoder_heads));
        let matrix = |name: &str, vocabulary, bias: Option<&[f32]>| {
            decoder_reader.matrix(&[name], (vocabulary, config.d_model), HeadSide::Neither, bias)
        };
        let bias = match logits_bias(checkpoint, config) {
            Some(name) => Some(checkpoint.floats(name, &[1, config.target_vocabulary])?),
            None => None,
        };
        let head = matrix(names.head, config.target_vocabulary, bias.as_deref())?;
        let head = Arc::new(head.with_columns_beyond(f32::NEG_INFINITY));
        let target = match names.target == names.head {
            true => head.clone(),
            false => Arc::new(matrix(names.target, config.target_vocabulary, None)?),
        };
        let source = match names.source == names.target {
            true => target.clone(),
            false => Arc::new(matrix(names.source, config.source_vocabulary, None)?),
        };
        let encoder = Stack::load(&encoder_reader, config, "encoder", source)?;
        let decoder = Stack::load(&decoder_reader, config, "decoder", target)?;
        let (config, profile) = (config.clone(), OnceLock::new());
        Ok(Self { config, isa, kind, encoder, encoder_heads, decoder, decoder_heads, head, profile })
    }
}

/// `count` heads of a model of this width, as they are stored.
fn heads(width: usize, count: usize) -> Heads {
    let head = width / count;
    Heads { count, width: head.next_multiple_of(VECTOR), scale: (head as f64).powf(-0.5) as f32 }
}

/// The activation of the kernels.
pub(super) fn activation(activation: candle_nn::Activation) -> candle_core::Result<Activation> {
    Ok(match activation {
        candle_nn::Activation::Relu => Activation::Relu,
        candle_nn::Activation::Silu | candle_nn::Activation::Swish => Activation::Silu,
        candle_nn::Activation::Gelu => Activation::Gelu,
        candle_nn::Activation::NewGelu => Activation::GeluTanh,
        other => bail!("the activation {other:?} has no kernel"),
    })
}

/// The file of packed weights beside a checkpoint.
#[derive(Clone, Copy)]
enum Beside<'f> {
    Nothing,
    Read(&'f PackedFile),
    Write(&'f Mutex<PackedWriter>),
}

/// Reads layers of one side.
struct Packer<'c> {
    checkpoint: &'c Checkpoint,
    weights: WeightType,
    isa: Isa,
    heads: Heads,
    beside: Beside<'c>,
}

impl Reader for Packer<'_> {
    type Form = Packed;

    fn checkpoint(&self) -> &Checkpoint {
        self.checkpoint
    }

    fn linear(&self, names: &LinearNames<'_>) -> Result<Linear> {
        let weights: Vec<String> = names.prefixes.iter().map(|prefix| format!("{prefix}.weight")).collect();
        let weights: Vec<&str> = weights.iter().map(String::as_str).collect();
        let mut bias = Vec::new();
        for prefix in names.prefixes {
            bias.extend(self.checkpoint.floats(&format!("{prefix}.bias"), &[names.outputs])?);
        }
        if names.heads == HeadSide::Outputs {
            bias = widened(&bias, self.head_width(names.outputs), self.heads.width);
        }
        self.matrix(&weights, (names.outputs, names.inputs), names.heads, Some(&bias))
    }

    fn norm(&self, prefix: &str, width: usize) -> Result<Norm> {
        let read = |part: &str| self.checkpoint.floats(&format!("{prefix}.{part}"), &[width]);
        Ok(Norm { weight: read("weight")?, bias: read("bias")?, epsilon: LAYER_NORM_EPSILON })
    }

    fn positions(&self, table: Positions<'_>) -> Result<Vec<f32>> {
        match table {
            Positions::Named { name, shape } => Ok(self.checkpoint.floats(name, &shape)?),
            Positions::Computed { kind, max_positions, width } => Ok(positions::computed(kind, max_positions, width)?),
        }
    }
}

impl Packer<'_> {
    /// The matrices `names` of `(outputs, inputs)` each, one below the other. Heads on either side are as wide as they
    /// are stored, with zeros behind their own numbers.
    fn matrix(
        &self,
        names: &[&str],
        (outputs, inputs): (usize, usize),
        side: HeadSide,
        bias: Option<&[f32]>,
    ) -> Result<Linear> {
        let (rows, columns) = match side {
            HeadSide::Neither => (outputs, inputs),
            HeadSide::Outputs => (self.heads.row(), inputs),
            HeadSide::Inputs => (outputs, self.heads.row()),
        };
        let read = |wanted: Range<usize>, numbers: &mut Vec<f32>| -> Result<()> {
            let mut at = wanted.start;
            while at < wanted.end {
                let (name, row) = (names[at / rows], at % rows);
                let end = (row + wanted.end - at).min(rows);
                at += end - row;
                match side {
                    HeadSide::Outputs if rows != outputs => {
                        self.append_spread(name, (outputs, inputs), row..end, numbers)?
                    }
                    HeadSide::Inputs if columns != inputs => {
                        let mut narrow = Vec::new();
                        self.checkpoint.append_rows(name, (outputs, inputs), row..end, &mut narrow)?;
                        numbers.extend(widened(&narrow, self.head_width(inputs), self.heads.width));
                    }
                    _ => self.checkpoint.append_rows(name, (outputs, inputs), row..end, numbers)?,
                }
            }
            Ok(())
        };
        let shape = (names.len() * rows, columns);
        let stored_as = names.join("+");
        let packed = match self.beside {
            Beside::Read(file) => {
                self.checkpoint.expect_names(names);
                file.linear(&stored_as, shape, bias)?
            }
            Beside::Nothing | Beside::Write(_) => Linear::pack(self.isa, self.weights, shape, bias, read)?,
        };
        if !packed.is_finite() {
            let name = names.join("`, `");
            return Err(candle_core::Error::Msg(format!(
                "`{name}` holds weights that are not finite: they can't be made 8-bit integers"
            ))
            .into());
        }
        if let Beside::Write(writer) = self.beside {
            writer.lock().unwrap_or_else(PoisonError::into_inner).append(&stored_as, &packed)?;
        }
        Ok(packed)
    }

    /// Appends rows of a matrix whose rows are heads; `rows` counts them as they are stored.
    fn append_spread(
        &self,
        name: &str,
        (outputs, inputs): (usize, usize),
        rows: Range<usize>,
        numbers: &mut Vec<f32>,
    ) -> Result<()> {
        let own = self.head_width(outputs);
        let mut at = rows.start;
        while at < rows.end {
            let (head, place) = (at / self.heads.width, at % self.heads.width);
            let end = (place + rows.end - at).min(self.heads.width);
            let (first, last) = (place.min(own), end.min(own));
            self.checkpoint.append_rows(name, (outputs, inputs), head * own + first..head * own + last, numbers)?;
            numbers.resize(numbers.len() + (end - place - (last - first)) * inputs, 0.0);
            at += end - place;
        }
        Ok(())
    }

    /// Numbers of a head as the checkpoint has them, where all heads have `all`.
    fn head_width(&self, all: usize) -> usize {
        all / self.heads.count
    }
}

/// Groups of `own` numbers with zeros behind each, `stored` in all.
fn widened(numbers: &[f32], own: usize, stored: usize) -> Vec<f32> {
    let mut wide = vec![0.0; numbers.len() / own * stored];
    for (to, from) in wide.chunks_exact_mut(stored).zip(numbers.chunks_exact(own)) {
        to[..own].copy_from_slice(from);
    }
    wide
}
