//! Layer norm over the last dimension.
//!
//! candle's own takes the variance as the mean of squares less the square of the mean, in one pass: where a row's mean is
//! large, the digits that transformers keeps are lost there. This one takes two passes and sums in `f64`.

use super::rows::{contiguous, sum};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each row of `input` (…, width); `weight` and `bias` have the
/// shape (width). Exact in `f32` on the CPU; elsewhere candle's.
///
/// # Errors
/// Shapes that don't fit, or the device failed.
pub fn layer_norm(input: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
    let input = input.contiguous()?;
    if input.device().is_cpu() && input.dtype() == candle_core::DType::F32 {
        input.apply_op3_no_bwd(weight, bias, &LayerNorm { epsilon })
    } else {
        candle_nn::ops::layer_norm(&input, weight, bias, epsilon)
    }
}

struct LayerNorm {
    epsilon: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "mujaz-layer-norm"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        input_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (input, weight, bias) =
            (contiguous(input, input_layout)?, contiguous(weight, weight_layout)?, contiguous(bias, bias_layout)?);
        let width = input_layout.dims().last().copied().unwrap_or(0);
        if width == 0 || weight.len() != width || bias.len() != width {
            bail!("layer norm of width {width} with {} weights and {} biases", weight.len(), bias.len());
        }
        let mut output = vec![0_f32; input.len()];
        input.par_chunks(width).zip(output.par_chunks_mut(width)).for_each(|(row, output)| {
            let mean = (sum(row, f64::from) / width as f64) as f32;
            let variance = sum(row, |x| f64::from(x - mean).powi(2)) / width as f64;
            let scale = (1.0 / (variance + f64::from(self.epsilon)).sqrt()) as f32;
            for ((output, x), (weight, bias)) in output.iter_mut().zip(row).zip(weight.iter().zip(bias)) {
                *output = (x - mean) * scale * weight + bias;
            }
        });
        Ok((CpuStorage::F32(output), input_layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use proptest::prelude::*;

    /// The formula, in f64 throughout.
    fn reference(row: &[f32], weight: &[f32], bias: &[f32], epsilon: f64) -> Vec<f64> {
        let count = row.len() as f64;
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
        let scale = (variance + epsilon).sqrt();
        let terms = row.iter().zip(weight).zip(bias);
        terms.map(|((&x, &w), &b)| (f64::from(x) - mean) / scale * f64::from(w) + f64::from(b)).collect()
    }

    proptest! {
        #[test]
        fn as_the_formula(
            rows in 1_usize..5,
            width in 1_usize..70,
            offset in -2_f32..2.0,
            seed in any::<u32>(),
        ) {
            let mut state = seed;
            let mut random = |count: usize, offset: f32| -> Vec<f32> {
                (0..count).map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 8) as f32 / (1 << 23) as f32 - 1.0 + offset
                }).collect()
            };
            let (input, weight, bias) = (random(rows * width, offset), random(width, 0.0), random(width, 0.0));
            let tensor = |numbers: &[f32], shape: &[usize]| Tensor::from_slice(numbers, shape, &Device::Cpu).unwrap();
            let found = layer_norm(&tensor(&input, &[rows, width]), &tensor(&weight, &[width]), &tensor(&bias, &[width]), 1e-5);
            let found = found.unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for (row, found) in input.chunks(width).zip(found.chunks(width)) {
                for (found, wanted) in found.iter().zip(reference(row, &weight, &bias, 1e-5)) {
                    // A mean rounded to f32 shifts a row by up to 1e-7; the smallest variance makes 300 times that of it.
                    prop_assert!((f64::from(*found) - wanted).abs() < 3e-4, "{found} {wanted}");
                }
            }
        }
    }
}
