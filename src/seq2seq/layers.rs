//! Linear layers, layer norms and attention: weights only, no state.
//!
//! Batch-invariance (a row's numbers do not depend on its neighbours) rests on three things here: a matrix product is
//! never made for a single row, because `gemm` takes another path for one row than for several; key lengths are padded
//! to a fixed multiple, so that sums over keys are cut into the same lanes; and a product's path is otherwise chosen by
//! the shape of the weights.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::kernels::layer_norm;
use candle_core::{Result, Tensor};

/// Keys of an attention are padded to a multiple of this.
pub(super) const KEY_MULTIPLE: usize = 32;

/// Rows that a matrix product has at least.
const FEWEST_ROWS: usize = 2;

/// `x W + b`, with the weights as `(inputs, outputs)`: rows of the weights then lie side by side, as `gemm` likes it.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub weight: Tensor,       // (inputs, outputs)
    pub bias: Option<Tensor>, // (outputs)
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
        let Self { weight, .. } = Self::load_without_bias(checkpoint, prefixes, inputs, outputs)?;
        let biases = prefixes.iter().map(|prefix| checkpoint.tensor(&format!("{prefix}.bias"), &[outputs]));
        let biases = biases.collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(Self::new(weight, Some(Tensor::cat(&biases, 0)?)))
    }

    /// As [`Linear::load`], for families without biases.
    pub(super) fn load_without_bias(
        checkpoint: &Checkpoint,
        prefixes: &[String],
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, CheckpointError> {
        let names: Vec<String> = prefixes.iter().map(|prefix| format!("{prefix}.weight")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let weight = checkpoint.transposed(&names, (outputs, inputs))?; // (inputs, prefixes * outputs)
        Ok(Self::new(weight, None))
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
pub(super) struct LayerNorm {
    pub weight: Tensor, // (width)
    pub bias: Tensor,   // (width)
}

pub(super) const LAYER_NORM_EPSILON: f32 = 1e-5;

impl LayerNorm {
    pub(super) fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        width: usize,
    ) -> std::result::Result<Self, CheckpointError> {
        let weight = checkpoint.tensor(&format!("{prefix}.weight"), &[width])?;
        let bias = checkpoint.tensor(&format!("{prefix}.bias"), &[width])?;
        Ok(Self { weight, bias })
    }

    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        layer_norm(input, &self.weight, &self.bias, LAYER_NORM_EPSILON)
    }
}

/// Keys and values of an attention. Keys are kept transposed: with rows of keys, `gemm` would choose its path by the
/// number of keys.
#[derive(Debug, Clone)]
pub(super) struct KeysValues {
    pub keys: Tensor,   // (batch, heads, head_width, keys)
    pub values: Tensor, // (batch, heads, keys, head_width)
}

impl KeysValues {
    /// `before` with one more place for each row: keys and values (rows, heads * head_width) each.
    pub(super) fn extended(before: Option<Self>, keys: &Tensor, values: &Tensor, heads: usize) -> Result<Self> {
        let (rows, width) = keys.dims2()?;
        let keys = keys.reshape((rows, heads, width / heads, 1))?;
        let values = values.reshape((rows, heads, 1, width / heads))?;
        Ok(match before {
            None => Self { keys, values },
            Some(before) => Self {
                keys: Tensor::cat(&[&before.keys, &keys], 3)?,
                values: Tensor::cat(&[&before.values, &values], 2)?,
            },
        })
    }
}

/// What is added to the scores of an attention, and what they are multiplied by before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores<'a> {
    pub scale: f64,
    /// By place, (1, heads, queries, keys).
    pub bias: Option<&'a Tensor>,
    /// 0 or minus infinity, (batch, 1, 1, keys).
    pub mask: Option<&'a Tensor>,
}

impl<'a> Scores<'a> {
    /// Scaled dot products of heads of this width.
    pub(super) fn scaled(head_width: usize, mask: Option<&'a Tensor>) -> Self {
        Self { scale: (head_width as f64).powf(-0.5), bias: None, mask }
    }
}

/// How much each query heeds each key, for `queries` (batch, heads, queries, head_width): (batch, heads, queries, keys).
pub(super) fn probabilities(queries: &Tensor, keys: &Tensor, scores: Scores<'_>) -> Result<Tensor> {
    let mut products = queries.matmul(keys)?; // (batch, heads, queries, keys)
    if scores.scale != 1.0 {
        products = (products * scores.scale)?;
    }
    for added in [scores.bias, scores.mask].into_iter().flatten() {
        products = products.broadcast_add(added)?;
    }
    candle_nn::ops::softmax_last_dim(&products)
}

/// Attention of `queries` (batch, heads, queries, head_width). The result has their shape.
pub(super) fn attention(queries: &Tensor, memory: &KeysValues, scores: Scores<'_>) -> Result<Tensor> {
    probabilities(queries, &memory.keys, scores)?.matmul(&memory.values) // (batch, heads, queries, head_width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, IndexOp};
    use proptest::prelude::*;

    fn random(shape: &[usize]) -> Tensor {
        Tensor::randn(0_f32, 1.0, shape, &Device::Cpu).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Promise 4 on the level of one product: a row's numbers, bit for bit, whatever rows stand beside it.
        #[test]
        fn a_row_does_not_see_its_neighbours(
            (inputs, outputs) in prop_oneof![
                Just((32, 48)), Just((48, 32)), Just((512, 512)), Just((512, 1536)), Just((512, 2048)), Just((2048, 512)),
                Just((1024, 3000)), Just((4096, 1024))
            ],
            rows in 1_usize..150,
            first in 0_usize..150,
            count in 1_usize..20,
        ) {
            let layer = Linear::new(random(&[inputs, outputs]), Some(random(&[outputs])));
            let input = random(&[rows, inputs]);
            let together = layer.forward(&input).unwrap();
            let first = first % rows;
            let count = count.min(rows - first);
            let apart = layer.forward(&input.i(first..first + count).unwrap().contiguous().unwrap()).unwrap();
            let expected = together.i(first..first + count).unwrap();
            prop_assert_eq!(apart.to_vec2::<f32>().unwrap(), expected.to_vec2::<f32>().unwrap());
        }

        /// The same for attention: more padding behind the keys changes no bit.
        #[test]
        fn padding_changes_nothing(length in 1_usize..100, more in 0_usize..4, queries in 1_usize..6, seed in 0_usize..3) {
            let (heads, width) = [(2, 16), (8, 64), (4, 8)][seed];
            let padded = length.next_multiple_of(KEY_MULTIPLE);
            let further = padded + more * KEY_MULTIPLE;
            let keys = random(&[1, heads, width, further]);
            let values = random(&[1, heads, further, width]);
            let queries = random(&[1, heads, queries, width]);
            let attend = |padded: usize| {
                let mask: Vec<f32> = (0..padded).map(|key| if key < length { 0.0 } else { f32::NEG_INFINITY }).collect();
                let mask = Tensor::from_vec(mask, (1, 1, 1, padded), &Device::Cpu).unwrap();
                let memory = KeysValues {
                    keys: keys.narrow(3, 0, padded).unwrap().contiguous().unwrap(),
                    values: values.narrow(2, 0, padded).unwrap().contiguous().unwrap(),
                };
                attention(&queries, &memory, Scores::scaled(width, Some(&mask))).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
            };
            prop_assert_eq!(attend(padded), attend(further));
        }
    }
}
