//! Linear layers, layer norms and attention: weights only, no state.
//!
//! Batch-invariance (a row's numbers do not depend on its neighbours) rests on three things here: a matrix product is
//! never made for a single row, because `gemm` takes another path for one row than for several; key lengths are padded
//! to a fixed multiple, so that sums over keys are cut into the same lanes; and a product's path is otherwise chosen by
//! the shape of the weights.

use crate::checkpoint::{Checkpoint, CheckpointError};
use candle_core::{Module, Result, Tensor};

/// Keys of an attention are padded to a multiple of this.
pub(super) const KEY_MULTIPLE: usize = 32;

/// Rows that a matrix product has at least.
const FEWEST_ROWS: usize = 2;

/// `x W + b`, with the weights as `(inputs, outputs)`: rows of the weights then lie side by side, as `gemm` likes it.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    weight: Tensor, // (inputs, outputs)
    bias: Option<Tensor>, // (outputs)
}

impl Linear {
    pub(super) fn new(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias }
    }

    /// The layers at `prefixes`, which read the same input, as one: their outputs stand side by side.
    pub(super) fn load(
        checkpoint: &Checkpoint,
        prefixes: &[String],
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, super::Seq2SeqError> {
        let mut weights = Vec::new();
        let mut biases = Vec::new();
        for prefix in prefixes {
            let weight = checkpoint.tensor(&format!("{prefix}.weight"), &[outputs, inputs])?;
            weights.push(weight.t()?); // (inputs, outputs)
            biases.push(checkpoint.tensor(&format!("{prefix}.bias"), &[outputs])?);
        }
        let weight = Tensor::cat(&weights, 1)?.contiguous()?; // (inputs, prefixes * outputs)
        Ok(Self::new(weight, Some(Tensor::cat(&biases, 0)?)))
    }

    /// `(rows, inputs)` to `(rows, outputs)`.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let rows = input.dim(0)?;
        let product = if rows < FEWEST_ROWS {
            let padded = input.pad_with_zeros(0, 0, FEWEST_ROWS - rows)?; // (FEWEST_ROWS, inputs)
            padded.matmul(&self.weight)?.narrow(0, 0, rows)?
        } else {
            input.matmul(&self.weight)?
        }; // (rows, outputs)
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}

/// Layer norm with transformers' epsilon for these families.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm(candle_nn::LayerNorm);

impl LayerNorm {
    pub(super) fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        width: usize,
    ) -> std::result::Result<Self, CheckpointError> {
        let weight = checkpoint.tensor(&format!("{prefix}.weight"), &[width])?;
        let bias = checkpoint.tensor(&format!("{prefix}.bias"), &[width])?;
        Ok(Self(candle_nn::LayerNorm::new(weight, bias, 1e-5)))
    }

    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.0.forward(input)
    }
}

/// Keys and values of an attention. Keys are kept transposed: with rows of keys, `gemm` would choose its path by the
/// number of keys.
#[derive(Debug, Clone)]
pub(super) struct KeysValues {
    pub keys: Tensor,   // (batch, heads, head_width, keys)
    pub values: Tensor, // (batch, heads, keys, head_width)
}

/// Scaled dot-product attention of `queries` (batch, heads, queries, head_width); `mask` is added to the scores and has
/// the shape (batch, 1, 1, keys). The result has the shape of the queries.
pub(super) fn attention(queries: &Tensor, memory: &KeysValues, mask: Option<&Tensor>) -> Result<Tensor> {
    let head_width = queries.dim(3)?;
    let scores = (queries.matmul(&memory.keys)? * (head_width as f64).powf(-0.5))?; // (batch, heads, queries, keys)
    let scores = match mask {
        Some(mask) => scores.broadcast_add(mask)?,
        None => scores,
    };
    candle_nn::ops::softmax_last_dim(&scores)?.matmul(&memory.values) // (batch, heads, queries, head_width)
}
