//! From the plain path's tensors to packed weights.

use super::{CpuModel, CpuType, Cross, Layer, Stack};
use crate::kernels::attention::Heads;
use crate::kernels::linear::{Linear, WeightType};
use crate::kernels::row_ops::Norm;
use crate::kernels::{Activation, Isa};
use crate::seq2seq::families::{BartLike, bart_like};
use crate::seq2seq::layers::{self, LAYER_NORM_EPSILON};
use candle_core::{CpuStorage, Result, Storage, Tensor, bail};
use std::sync::Arc;

/// Heads are stored as wide as whole vectors.
const VECTOR: usize = 16;

impl CpuModel {
    /// Packs the weights of `plain`, which must be 32-bit floats on the processor; each is dropped as it is packed.
    ///
    /// # Errors
    /// Weights elsewhere, of another type, or such that are not finite.
    pub fn pack(plain: BartLike, kind: CpuType, isa: Isa) -> Result<Self> {
        let BartLike { config, encoder, decoder, output, .. } = plain;
        let shared = encoder.embedding.id() == decoder.embedding.id();
        let tied = decoder.embedding.id() == output.weight.id();
        let weights = kind.weights();
        let head = linear(&output, weights)?.with_columns_beyond(f32::NEG_INFINITY);
        drop(output);
        let head = Arc::new(head);
        let table = |tensor: &Tensor| -> Result<Arc<Linear>> {
            Ok(Arc::new(linear(&layers::Linear::new(tensor.clone(), None), weights)?))
        };
        let target = if tied { head.clone() } else { table(&decoder.embedding)? };
        let source = if shared { target.clone() } else { table(&encoder.embedding)? };
        let encoder = Stack::pack(encoder, source, config.d_model, weights)?;
        let decoder = Stack::pack(decoder, target, config.d_model, weights)?;
        Ok(Self { config, isa, kind, encoder, decoder, head })
    }
}

/// The activation of the kernels.
pub(super) fn activation(activation: candle_nn::Activation) -> Result<Activation> {
    Ok(match activation {
        candle_nn::Activation::Relu => Activation::Relu,
        candle_nn::Activation::Silu | candle_nn::Activation::Swish => Activation::Silu,
        candle_nn::Activation::Gelu => Activation::Gelu,
        candle_nn::Activation::NewGelu => Activation::GeluTanh,
        other => bail!("the activation {other:?} has no kernel"),
    })
}

impl Stack {
    fn pack(plain: bart_like::Stack, embedding: Arc<Linear>, width: usize, kind: WeightType) -> Result<Self> {
        let bart_like::Stack { embedding: _, positions, embedding_norm, layers, final_norm, heads } = plain;
        let head = width / heads;
        let scale = (head as f64).powf(-0.5) as f32;
        let heads = Heads { count: heads, width: head.next_multiple_of(VECTOR), scale };
        // In their order: a layer's tensors are dropped before the next is packed.
        let layers = layers.into_iter().map(|layer| Layer::pack(layer, heads, kind)).collect::<Result<_>>()?;
        Ok(Self {
            embedding,
            positions: numbers(&positions)?,
            embedding_norm: embedding_norm.as_ref().map(norm).transpose()?,
            layers,
            final_norm: final_norm.as_ref().map(norm).transpose()?,
            heads,
        })
    }
}

impl Layer {
    fn pack(plain: bart_like::Layer, heads: Heads, kind: WeightType) -> Result<Self> {
        let bart_like::Layer { own, source, feed_forward } = plain;
        let source = match &source {
            None => None,
            Some(cross) => Some(Cross {
                queries: into_heads(&cross.queries, heads, kind)?,
                keys_values: into_heads(&cross.keys_values, heads, kind)?,
                output: out_of_heads(&cross.output, heads, kind)?,
                norm: norm(&cross.norm)?,
            }),
        };
        Ok(Self {
            queries_keys_values: into_heads(&own.queries_keys_values, heads, kind)?,
            own_output: out_of_heads(&own.output, heads, kind)?,
            own_norm: norm(&own.norm)?,
            source,
            first: linear(&feed_forward.first, kind)?,
            second: linear(&feed_forward.second, kind)?,
            norm: norm(&feed_forward.norm)?,
        })
    }
}

fn linear(plain: &layers::Linear, kind: WeightType) -> Result<Linear> {
    let bias = plain.bias.as_ref().map(numbers).transpose()?;
    let inputs = plain.weight.dim(0)?;
    with_numbers(&plain.weight, |weight| checked(Linear::new(weight, bias.as_deref(), inputs, kind)))?
}

/// A layer whose outputs are heads: each is as wide as it is stored, with zeros behind it.
fn into_heads(plain: &layers::Linear, heads: Heads, kind: WeightType) -> Result<Linear> {
    let (inputs, outputs) = plain.weight.dims2()?;
    // Queries, keys and values stand side by side.
    let width = head_width(heads, outputs, plain.weight.dim(0)?);
    if width == heads.width {
        return linear(plain, kind);
    }
    let spread = |row: &[f32]| -> Vec<f32> {
        let pad = |head: &[f32]| [head, &vec![0.0; heads.width - width]].concat();
        row.chunks_exact(width).flat_map(pad).collect()
    };
    let bias = plain.bias.as_ref().map(numbers).transpose()?.map(|bias| spread(&bias));
    let weight: Vec<f32> = numbers(&plain.weight)?.chunks_exact(outputs).flat_map(spread).collect();
    checked(Linear::new(&weight, bias.as_deref(), inputs, kind))
}

/// A layer whose inputs are heads.
fn out_of_heads(plain: &layers::Linear, heads: Heads, kind: WeightType) -> Result<Linear> {
    let (inputs, outputs) = plain.weight.dims2()?;
    let width = inputs / heads.count;
    if width == heads.width {
        return linear(plain, kind);
    }
    let bias = plain.bias.as_ref().map(numbers).transpose()?;
    let pad = |head: &[f32]| [head, &vec![0.0; (heads.width - width) * outputs]].concat();
    let weight: Vec<f32> = numbers(&plain.weight)?.chunks_exact(width * outputs).flat_map(pad).collect();
    checked(Linear::new(&weight, bias.as_deref(), heads.row(), kind))
}

/// Width of a head in a layer that makes one or several sets of heads out of `model` inputs.
fn head_width(heads: Heads, outputs: usize, model: usize) -> usize {
    outputs / (heads.count * (outputs / model))
}

fn checked(layer: Linear) -> Result<Linear> {
    if !layer.is_finite() {
        bail!("weights that are not finite can't be made 8-bit integers");
    }
    Ok(layer)
}

fn norm(plain: &layers::LayerNorm) -> Result<Norm> {
    Ok(Norm { weight: numbers(&plain.weight)?, bias: numbers(&plain.bias)?, epsilon: LAYER_NORM_EPSILON })
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    with_numbers(tensor, <[f32]>::to_vec)
}

/// Runs `read` on the numbers of a tensor without a copy where they lie in a row.
fn with_numbers<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> T) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(numbers)), Some((start, end))) => Ok(read(&numbers[start..end])),
        _ => bail!("weights to be packed are 32-bit floats on the processor"),
    }
}
