//! Products of 8-bit integers: exact sums, then one scale for each row and one for each output.
//!
//! Weights lie as both `vpdpbusd` and AMX tiles read them: panels of 16 outputs, in them groups of four inputs, in them
//! the four weights of each output.

use super::tiles::{self, Tile};
use super::{BLOCK, Bytes, LANES, Linear, Output};
use crate::kernels::aligned::Aligned;
use crate::kernels::isa::Isa;
use crate::kernels::simd::{Portable, Simd};
use std::ops::Range;

/// Inputs of a tile's row: the bytes of a cache line.
pub(super) const DEPTH: usize = 64;

/// Weights of a group.
pub(super) const GROUP: usize = 4;

/// 8-bit weights.
#[derive(Debug)]
pub(super) struct Int8Weights {
    panels: Aligned<i8>, // (outputs / 16, padded inputs / 4, 16, 4)
    /// What a weight of 1 stands for.
    scales: Vec<f32>, // (padded outputs)
    /// Inputs are stored 128 too large: -128 times the sum of each output's weights.
    corrections: Aligned<i32>, // (padded outputs)
    inputs: usize,
}

/// Inputs with zeros behind them, as rows are stored.
pub(super) fn padded_inputs(inputs: usize) -> usize {
    inputs.next_multiple_of(DEPTH)
}

impl Int8Weights {
    /// Rounds and packs `weight` (inputs, outputs): the largest magnitude of an output becomes 127.
    pub(super) fn pack(weight: &[f32], inputs: usize) -> Self {
        let outputs = weight.len() / inputs;
        let padded = outputs.next_multiple_of(BLOCK);
        let depth = padded_inputs(inputs);
        let mut panels = Aligned::zeros(padded * depth);
        let mut corrections = Aligned::zeros(padded);
        let mut scales = vec![0.0; padded];
        let parts = panels.chunks_exact_mut(LANES * depth).zip(corrections.chunks_exact_mut(LANES));
        for (((panel, corrections), scales), first) in
            parts.zip(scales.chunks_exact_mut(LANES)).zip((0..outputs).step_by(LANES))
        {
            let count = (outputs - first).min(LANES);
            let rows = || weight.chunks_exact(outputs).map(|row| &row[first..first + count]);
            let (mut largest, mut check) = ([0_f32; LANES], [0_f32; LANES]);
            for row in rows() {
                for ((largest, check), x) in largest.iter_mut().zip(&mut check).zip(row) {
                    *largest = largest.max(x.abs());
                    // Zero for every finite number.
                    *check += x * 0.0;
                }
            }
            let factors = largest.map(|largest| if largest > 0.0 { 127.0 / largest } else { 0.0 });
            let mut sums = [0; LANES];
            for (input, row) in rows().enumerate() {
                let group = &mut panel[input / GROUP * LANES * GROUP..][..LANES * GROUP];
                for (output, x) in row.iter().enumerate() {
                    let rounded = (x * factors[output]).round_ties_even().clamp(-127.0, 127.0) as i8;
                    group[output * GROUP + input % GROUP] = rounded;
                    sums[output] += i32::from(rounded);
                }
            }
            for output in 0..count {
                scales[output] = if check[output] == 0.0 { largest[output] / 127.0 } else { f32::NAN };
                corrections[output] = -128 * sums[output];
            }
        }
        Self { panels, scales, corrections, inputs }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.scales.iter().all(|scale| scale.is_finite())
    }

    pub(super) fn row(&self, index: usize, factor: f32, row: &mut [f32]) {
        let depth = padded_inputs(self.inputs);
        let panel = &self.panels[index / LANES * LANES * depth..][..LANES * depth];
        let groups = panel[index % LANES * GROUP..].chunks(LANES * GROUP);
        let scale = self.scales[index];
        for (to, group) in row.chunks_mut(GROUP).zip(groups) {
            for (to, weight) in to.iter_mut().zip(group) {
                *to = f32::from(*weight) * scale * factor;
            }
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
            let panels = &self.weights.panels[column * depth..][..BLOCK * depth];
            let corrections = &self.weights.corrections[column..][..BLOCK];
            let scales = &self.weights.scales[column..][..BLOCK];
            let bias = &self.layer.bias[column..][..BLOCK];
            let count = (self.columns.end - column).min(BLOCK);
            let mut first = 0;
            while first < self.rows {
                let rows = (self.rows - first).min(T::ROWS);
                // SAFETY: the bytes hold whole tiles of rows, the panels two panels, both of this depth.
                unsafe {
                    let bytes = self.bytes.bytes.as_ptr().add(first * depth);
                    tile.sums(bytes, rows, panels.as_ptr(), corrections.as_ptr(), depth, &mut sums);
                }
                for (row, sums) in sums.0[..rows].iter().enumerate() {
                    let row_scale = s.splat(self.bytes.scales[first + row]);
                    for half in (0..count).step_by(LANES) {
                        // SAFETY: 16 sums and corrections stand from each half.
                        let sum = unsafe { s.load_integer_sums(sums[half..].as_ptr(), corrections[half..].as_ptr()) };
                        let scaled = s.mul(sum, s.load_some(&scales[half..], 0.0));
                        let x = s.fma(scaled, row_scale, s.load_some(&bias[half..], 0.0));
                        let place = column - self.columns.start + half;
                        self.output.write(s, first + row, place, count - half, x);
                    }
                }
                first += rows;
            }
        }
    }
}
