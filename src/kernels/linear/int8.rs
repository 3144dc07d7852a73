//! Products of 8-bit integers: exact sums, then one scale and offset for each row and one scale for each output.
//!
//! Weights lie as both `vpdpbusd` and AMX tiles read them: panels of 16 outputs, in them groups of four inputs, in them
//! the four weights of each output.

use super::tiles::{self, Operands, Tile};
use super::{BLOCK, Bytes, LANES, Linear, Output, Rows};
use crate::kernels::aligned::Aligned;
use crate::kernels::isa::{Isa, Kernel};
use crate::kernels::row_ops::quantize_weights;
use crate::kernels::simd::{Portable, Simd};
use rayon::prelude::*;
use std::ops::Range;

/// Inputs of a tile's row: the bytes of a cache line.
pub(super) const DEPTH: usize = 64;

/// Weights of a group.
pub(super) const GROUP: usize = 4;

/// What is made of a matrix, and can be stored.
#[derive(Debug)]
pub(crate) struct Int8Parts {
    /// (outputs / 16, padded inputs / 4, 16, 4)
    pub panels: Aligned<i8>,
    /// What a weight of 1 stands for, (padded outputs).
    pub scales: Aligned<f32>,
    /// Inputs are stored 128 too large: -128 times the sum of each output's weights, (padded outputs).
    pub corrections: Aligned<i32>,
}

impl Int8Parts {
    /// Zeros for a matrix of `(outputs, inputs)`.
    pub(crate) fn zeros((outputs, inputs): (usize, usize)) -> Self {
        let padded = outputs.next_multiple_of(BLOCK);
        Self {
            panels: Aligned::zeros(padded * padded_inputs(inputs)),
            scales: Aligned::zeros(padded),
            corrections: Aligned::zeros(padded),
        }
    }
}

/// 8-bit weights.
#[derive(Debug)]
pub(super) struct Int8Weights {
    pub parts: Int8Parts,
    /// The sum of each output's weights as they stand for numbers: what an offset of 1 in all inputs adds.
    totals: Vec<f32>, // (padded outputs)
    inputs: usize,
}

/// Inputs with zeros behind them, as rows are stored.
pub(super) fn padded_inputs(inputs: usize) -> usize {
    inputs.next_multiple_of(DEPTH)
}

impl Int8Weights {
    /// Rounds and packs the rows of outputs: the largest magnitude of an output becomes 127.
    pub(super) fn pack<E: Send>(
        isa: Isa,
        rows: Rows<impl Fn(Range<usize>, &mut Vec<f32>) -> Result<(), E> + Sync>,
    ) -> Result<Self, E> {
        let inputs = rows.inputs;
        let depth = padded_inputs(inputs);
        let mut parts = Int8Parts::zeros((rows.outputs, inputs));
        let Int8Parts { panels, scales, corrections } = &mut parts;
        let count = rows.of_part();
        panels
            .par_chunks_mut((count * depth).max(1))
            .zip(corrections.par_chunks_mut(count))
            .zip(scales.par_chunks_mut(count))
            .enumerate()
            .try_for_each_init(Vec::new, |numbers, (part, ((panels, corrections), scales))| {
                rows.read_part(part, numbers)?;
                isa.run(PackRows { rows: numbers, inputs, panels, corrections, scales });
                Ok(())
            })?;
        Ok(Self::of(parts, inputs))
    }

    /// Weights of rows of `inputs` that were packed before.
    pub(super) fn of(parts: Int8Parts, inputs: usize) -> Self {
        let total = |(correction, scale): (&i32, &f32)| (-correction / 128) as f32 * scale;
        let totals = parts.corrections.iter().zip(&*parts.scales).map(total).collect();
        Self { parts, totals, inputs }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.parts.scales.iter().all(|scale| scale.is_finite())
    }

    pub(super) fn row(&self, index: usize, factor: f32, row: &mut [f32]) {
        let depth = padded_inputs(self.inputs);
        let panel = &self.parts.panels[index / LANES * LANES * depth..][..LANES * depth];
        let groups = panel[index % LANES * GROUP..].chunks(LANES * GROUP);
        let scale = self.parts.scales[index];
        for (to, group) in row.chunks_mut(GROUP).zip(groups) {
            for (to, weight) in to.iter_mut().zip(group) {
                *to = f32::from(*weight) * scale * factor;
            }
        }
    }
}

/// Rows of weights into panels.
struct PackRows<'a> {
    rows: &'a [f32],
    inputs: usize,
    panels: &'a mut [i8],
    corrections: &'a mut [i32],
    scales: &'a mut [f32],
}

impl Kernel for PackRows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let depth = padded_inputs(self.inputs);
        // Zero is stored as 128.
        let mut bytes = vec![128; depth];
        let outputs = self.corrections.iter_mut().zip(self.scales);
        for (index, (row, (correction, scale))) in self.rows.chunks_exact(self.inputs).zip(outputs).enumerate() {
            *scale = quantize_weights(s, row, &mut bytes[..self.inputs]);
            let panel = &mut self.panels[index / LANES * LANES * depth..][..LANES * depth];
            let groups = panel[index % LANES * GROUP..].chunks_mut(LANES * GROUP);
            let mut sum = 0;
            for (group, bytes) in groups.zip(bytes.chunks_exact(GROUP)) {
                for (weight, byte) in group.iter_mut().zip(bytes) {
                    *weight = (byte ^ 128) as i8;
                    sum += i32::from(*weight);
                }
            }
            *correction = -128 * sum;
        }
    }
}

/// One product with everything it needs.
pub(super) struct Product<'a, 'o> {
    layer: &'a Linear,
    weights: &'a Int8Weights,
    bytes: &'a Bytes,
    rows: usize,
    columns: Range<usize>,
    output: &'a mut Output<'o>,
}

/// The first `rows` rows of `bytes` times columns of `weights`.
pub(super) fn product(
    isa: Isa,
    layer: &Linear,
    weights: &Int8Weights,
    (bytes, rows): (&Bytes, usize),
    columns: Range<usize>,
    output: &mut Output<'_>,
) {
    let product = Product { layer, weights, bytes, rows, columns, output };
    match isa {
        // SAFETY: such a value is proof of the instruction set.
        #[cfg(target_arch = "x86_64")]
        Isa::Amx => unsafe { super::amx::run(product) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { tiles::run_avx512(product) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { tiles::run_avx2(product) },
        _ => product.run(Portable, tiles::Plain),
    }
}

/// Sums of a tile: rows of two panels' outputs.
#[repr(C, align(64))]
pub(super) struct Sums(pub [[i32; BLOCK]; tiles::MOST_ROWS]);

impl Product<'_, '_> {
    /// Block of columns by block of columns, so that weights are read once; in it tile of rows by tile of rows.
    #[inline(always)]
    pub(super) fn run<S: Simd, T: Tile>(self, s: S, tile: T) {
        let depth = padded_inputs(self.weights.inputs);
        assert!(self.bytes.bytes.len() >= self.rows.next_multiple_of(LANES) * depth && self.bytes.stride == depth);
        let mut sums = Sums([[0; BLOCK]; tiles::MOST_ROWS]);
        for column in self.columns.clone().step_by(BLOCK) {
            let panels = &self.weights.parts.panels[column * depth..][..BLOCK * depth];
            let corrections = &self.weights.parts.corrections[column..][..BLOCK];
            let scales = &self.weights.parts.scales[column..][..BLOCK];
            let totals = &self.weights.totals[column..][..BLOCK];
            let bias = &self.layer.bias[column..][..BLOCK];
            let count = (self.columns.end - column).min(BLOCK);
            let mut first = 0;
            while first < self.rows {
                let rows = (self.rows - first).min(T::ROWS);
                // SAFETY: the bytes hold whole tiles of rows, the panels two panels, both of this depth.
                unsafe {
                    let bytes = self.bytes.bytes.as_ptr().add(first * depth);
                    let (panels, corrections) = (panels.as_ptr(), corrections.as_ptr());
                    tile.sums(Operands { bytes, rows, panels, corrections, depth }, &mut sums);
                }
                for (row, sums) in sums.0[..rows].iter().enumerate() {
                    let range = self.bytes.ranges[first + row];
                    let (row_scale, offset) = (s.splat(range.scale), s.splat(range.offset));
                    for half in (0..count).step_by(LANES) {
                        // SAFETY: 16 sums and corrections stand from each half.
                        let sum = unsafe { s.load_integer_sums(sums[half..].as_ptr(), corrections[half..].as_ptr()) };
                        let scaled = s.mul(sum, s.load_some(&scales[half..], 0.0));
                        let rest = s.fma(s.load_some(&totals[half..], 0.0), offset, s.load_some(&bias[half..], 0.0));
                        let x = s.fma(scaled, row_scale, rest);
                        let place = column - self.columns.start + half;
                        self.output.write(s, first + row, place, count - half, x);
                    }
                }
                first += rows;
            }
        }
    }
}
