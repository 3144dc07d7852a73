//! What the kernels over rows share.

use candle_core::{CpuStorage, Layout, Result, bail};

/// Sums that run side by side. Fixed, so that a row's result depends on the row alone.
const LANES: usize = 8;

/// The numbers of a contiguous tensor.
pub(super) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(numbers)) => Ok(&numbers[start..end]),
        _ => bail!("the kernel needs contiguous f32"),
    }
}

/// The sum of `term` over a row.
pub(super) fn sum(row: &[f32], term: impl Fn(f32) -> f64) -> f64 {
    let mut lanes = [0_f64; LANES];
    let mut blocks = row.chunks_exact(LANES);
    for block in &mut blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += term(x);
        }
    }
    lanes.iter().sum::<f64>() + blocks.remainder().iter().map(|&x| term(x)).sum::<f64>()
}
