//! RMS norm over the last dimension: T5's layer norm, without mean and bias.
//!
//! candle's own sums squares in `f32` from left to right; this one sums in `f64`.

use super::rows::{contiguous, sum};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// `x / sqrt(mean(x²) + epsilon) * weight` for each row of `input` (…, width); `weight` has the shape (width). Exact in
/// `f32` on the CPU; elsewhere candle's.
///
/// # Errors
/// Shapes that don't fit, or the device failed.
pub fn rms_norm(input: &Tensor, weight: &Tensor, epsilon: f32) -> Result<Tensor> {
    let input = input.contiguous()?;
    if input.device().is_cpu() && input.dtype() == candle_core::DType::F32 {
        input.apply_op2_no_bwd(weight, &RmsNorm { epsilon })
    } else {
        candle_nn::ops::rms_norm(&input, weight, epsilon)
    }
}

struct RmsNorm {
    epsilon: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "mujaz-rms-norm"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        input_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (input, weight) = (contiguous(input, input_layout)?, contiguous(weight, weight_layout)?);
        let width = input_layout.dims().last().copied().unwrap_or(0);
        if width == 0 || weight.len() != width {
            bail!("RMS norm of width {width} with {} weights", weight.len());
        }
        let mut output = vec![0_f32; input.len()];
        input.par_chunks(width).zip(output.par_chunks_mut(width)).for_each(|(row, output)| {
            let mean_square = sum(row, |x| f64::from(x).powi(2)) / width as f64;
            let scale = (1.0 / (mean_square + f64::from(self.epsilon)).sqrt()) as f32;
            for ((output, x), weight) in output.iter_mut().zip(row).zip(weight) {
                *output = weight * (x * scale);
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

    proptest! {
        #[test]
        fn as_the_formula(
            row in proptest::collection::vec(-3_f32..3.0, 1..70),
            factor in 0.01_f32..100.0,
            seed in -1_f32..1.0,
        ) {
            let row: Vec<f32> = row.iter().map(|x| x * factor).collect();
            let weight: Vec<f32> = (0..row.len()).map(|index| (seed + index as f32).sin()).collect();
            let tensor = |numbers: &[f32]| Tensor::from_slice(numbers, (1, numbers.len()), &Device::Cpu).unwrap();
            let found = rms_norm(&tensor(&row), &tensor(&weight).flatten_all().unwrap(), 1e-6).unwrap();
            let mean = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / row.len() as f64;
            let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for ((x, w), found) in row.iter().zip(&weight).zip(found) {
                let wanted = f64::from(*x) / (mean + 1e-6).sqrt() * f64::from(*w);
                prop_assert!((f64::from(found) - wanted).abs() < 1e-6 * (1.0 + wanted.abs()), "{found} {wanted}");
            }
        }
    }
}
