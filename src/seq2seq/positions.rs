//! Tables of positions.

use candle_core::{DType, Device, Result, Tensor};

/// Marian's and Pegasus's sinusoid, `(positions, width)`: the angle of position p and pair i is p / 10000^(2i / width);
/// sines fill the first half, cosines the second (`MarianSinusoidalPositionalEmbedding` of transformers).
pub(super) fn sinusoidal(positions: usize, width: usize, dtype: DType, device: &Device) -> Result<Tensor> {
    let sines = width.div_ceil(2);
    let mut table = vec![0_f32; positions * width];
    for (position, row) in table.chunks_exact_mut(width).enumerate() {
        for (column, value) in row.iter_mut().enumerate() {
            let pair = if column < sines { column } else { column - sines };
            let angle = position as f64 / 10000_f64.powf((2 * pair) as f64 / width as f64);
            *value = if column < sines { angle.sin() } else { angle.cos() } as f32;
        }
    }
    Tensor::from_vec(table, (positions, width), device)?.to_dtype(dtype) // (positions, width)
}
