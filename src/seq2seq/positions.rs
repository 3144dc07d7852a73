//! Tables of positions.

use super::config::PositionKind;
use candle_core::{DType, Device, Result, Tensor, bail};

/// The table of `kind` for sequences of up to `max_positions` tokens, `(rows, width)`.
///
/// # Errors
/// The kind is a learned one.
pub(super) fn computed(kind: PositionKind, max_positions: usize, width: usize) -> Result<Vec<f32>> {
    let rows = kind.rows(max_positions);
    Ok(match kind {
        PositionKind::Sinusoidal => sinusoidal(rows, width),
        PositionKind::CountedSinusoidal { padding } => counted_sinusoidal(rows, width, padding as usize),
        PositionKind::Learned => bail!("learned positions are not computed"),
    })
}

/// [`computed`] as a tensor.
///
/// # Errors
/// As there, and no memory.
pub(super) fn table(
    kind: PositionKind,
    max_positions: usize,
    width: usize,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let numbers = computed(kind, max_positions, width)?;
    Tensor::from_vec(numbers, (kind.rows(max_positions), width), device)?.to_dtype(dtype) // (rows, width)
}

/// Marian's and Pegasus's: the angle of position p and pair i is p / 10000^(2i / width); sines fill the first half,
/// cosines the second (`MarianSinusoidalPositionalEmbedding` of transformers).
fn sinusoidal(rows: usize, width: usize) -> Vec<f32> {
    let sines = width.div_ceil(2);
    let mut table = vec![0_f32; rows * width];
    for (position, row) in table.chunks_exact_mut(width).enumerate() {
        for (column, value) in row.iter_mut().enumerate() {
            let pair = if column < sines { column } else { column - sines };
            let angle = position as f64 / 10000_f64.powf((2 * pair) as f64 / width as f64);
            *value = if column < sines { angle.sin() } else { angle.cos() } as f32;
        }
    }
    table
}

/// M2M100's: the angle of position p and pair i is p · exp(−i · ln 10000 / (width / 2 − 1)); the row of padding and the
/// last column of an odd width are zero (`M2M100SinusoidalPositionalEmbedding` of transformers).
///
/// Angles are rounded to `f32` as there: at position 1000 that moves a sine by up to 3e-5.
fn counted_sinusoidal(rows: usize, width: usize, padding: usize) -> Vec<f32> {
    let half = width / 2;
    let step = (10000_f64.ln() / (half as f64 - 1.0)) as f32;
    let frequencies: Vec<f32> = (0..half).map(|pair| f64::from(pair as f32 * -step).exp() as f32).collect();
    let mut table = vec![0_f32; rows * width];
    for (position, row) in table.chunks_exact_mut(width).enumerate().filter(|(position, _)| *position != padding) {
        for (pair, frequency) in frequencies.iter().enumerate() {
            let angle = f64::from(position as f32 * frequency);
            row[pair] = angle.sin() as f32;
            row[half + pair] = angle.cos() as f32;
        }
    }
    table
}
