//! Products of floats: panels of 32 outputs, summed in the order of the inputs.

use super::{BLOCK, LANES, Linear, Output, Rows};
use crate::kernels::aligned::Aligned;
use crate::kernels::isa::Kernel;
use crate::kernels::simd::Simd;
use rayon::prelude::*;
use std::ops::Range;

/// Weights by panels: (outputs / 32, inputs, 32).
#[derive(Debug)]
pub(super) struct FloatWeights {
    panels: Aligned<f32>,
    inputs: usize,
}

impl FloatWeights {
    /// Packs the rows of outputs; outputs behind the last are zero.
    pub(super) fn pack<E: Send>(
        rows: Rows<impl Fn(Range<usize>, &mut Vec<f32>) -> Result<(), E> + Sync>,
    ) -> Result<Self, E> {
        let inputs = rows.inputs;
        let mut panels = Aligned::zeros(rows.outputs.next_multiple_of(BLOCK) * inputs);
        let parts = panels.par_chunks_mut((rows.of_part() * inputs).max(1)).enumerate();
        parts.try_for_each_init(Vec::new, |numbers, (part, panels)| {
            rows.read_part(part, numbers)?;
            for (panel, rows) in panels.chunks_exact_mut(BLOCK * inputs).zip(numbers.chunks(BLOCK * inputs)) {
                for (input, to) in panel.chunks_exact_mut(BLOCK).enumerate() {
                    for (to, x) in to.iter_mut().zip(rows[input..].iter().step_by(inputs)) {
                        *to = *x;
                    }
                }
            }
            Ok(())
        })?;
        Ok(Self { panels, inputs })
    }

    pub(super) fn row(&self, index: usize, factor: f32, row: &mut [f32]) {
        let panel = &self.panels[index / BLOCK * BLOCK * self.inputs..];
        for (to, x) in row.iter_mut().zip(panel[index % BLOCK..].iter().step_by(BLOCK)) {
            *to = x * factor;
        }
    }
}

/// `input` times columns of `weights`.
pub(super) struct Product<'a, 'o> {
    pub layer: &'a Linear,
    pub weights: &'a FloatWeights,
    pub input: &'a [f32],
    pub columns: Range<usize>,
    pub output: &'a mut Output<'o>,
}

/// Rows of a tile: 24 sums in registers.
const TILE: usize = 12;

impl Kernel for Product<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let inputs = self.weights.inputs;
        let rows = self.input.len() / inputs;
        let mut sums = [[0.0; BLOCK]; TILE];
        for column in self.columns.clone().step_by(BLOCK) {
            let panel = &self.weights.panels[column * inputs..][..BLOCK * inputs];
            let bias = &self.layer.bias[column..][..BLOCK];
            let count = (self.columns.end - column).min(BLOCK);
            let mut row = 0;
            while row < rows {
                let (tile, input) = ((rows - row).min(TILE), &self.input[row * inputs..]);
                match tile {
                    12.. => multiply::<S, 12>(s, input, panel, inputs, &mut sums),
                    8.. => multiply::<S, 8>(s, input, panel, inputs, &mut sums),
                    4.. => multiply::<S, 4>(s, input, panel, inputs, &mut sums),
                    2.. => multiply::<S, 2>(s, input, panel, inputs, &mut sums),
                    _ => multiply::<S, 1>(s, input, panel, inputs, &mut sums),
                }
                let tile = [12, 8, 4, 2, 1].into_iter().find(|size| *size <= tile).unwrap_or(1);
                for (offset, sums) in sums[..tile].iter().enumerate() {
                    for half in (0..count).step_by(LANES) {
                        let x = s.add(s.load_some(&sums[half..], 0.0), s.load_some(&bias[half..], 0.0));
                        let place = column - self.columns.start + half;
                        self.output.write(s, row + offset, place, count - half, x);
                    }
                }
                row += tile;
            }
        }
    }
}

/// `ROWS` rows of `input` times a panel.
#[inline(always)]
fn multiply<S: Simd, const ROWS: usize>(
    s: S,
    input: &[f32],
    panel: &[f32],
    inputs: usize,
    sums: &mut [[f32; BLOCK]; TILE],
) {
    assert!(input.len() >= ROWS * inputs && panel.len() >= inputs * BLOCK);
    let mut low = [s.splat(0.0); ROWS];
    let mut high = [s.splat(0.0); ROWS];
    for index in 0..inputs {
        // SAFETY: within the panel and the rows, whose lengths were checked.
        unsafe {
            let weights = panel.as_ptr().add(index * BLOCK);
            let (first, second) = (s.load(weights), s.load(weights.add(LANES)));
            for row in 0..ROWS {
                let x = s.splat(*input.as_ptr().add(row * inputs + index));
                low[row] = s.fma(x, first, low[row]);
                high[row] = s.fma(x, second, high[row]);
            }
        }
    }
    for row in 0..ROWS {
        s.store_some(&mut sums[row][..LANES], low[row]);
        s.store_some(&mut sums[row][LANES..], high[row]);
    }
}
