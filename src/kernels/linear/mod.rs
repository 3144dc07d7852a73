//! Linear layers over weights that are packed once: `x W^T + b`, with an activation or a sum into what is there.
//!
//! A row's numbers depend on that row alone, bit for bit, whatever rows stand beside it and whatever instruction set it
//! is: floats are summed in the order of the inputs for each output, and sums of 8-bit products are exact.

#[cfg(target_arch = "x86_64")]
mod amx;
mod float;
mod int8;
mod tiles;

#[cfg(target_arch = "x86_64")]
pub(crate) use amx::is_allowed as amx_is_allowed;

use super::aligned::Aligned;
use super::isa::{Isa, Kernel};
use super::lanes::{Activation, activate};
use super::row_ops::{ByteRange, quantize_activations};
use super::simd::{LANES, Simd};
use float::FloatWeights;
pub(crate) use int8::Int8Parts;
use int8::Int8Weights;
use std::ops::Range;

/// Columns of a block: two vectors of outputs.
pub(crate) const BLOCK: usize = 2 * LANES;

/// Number types of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeightType {
    /// 32-bit floats.
    F32,
    /// 8-bit integers with a scale for each output; inputs become 8-bit integers with a scale and an offset for each
    /// row.
    Int8,
}

/// A linear layer.
#[derive(Debug)]
pub(crate) struct Linear {
    weights: Weights,
    /// One for each output, and `beyond` behind them up to whole blocks.
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

#[derive(Debug)]
enum Weights {
    F32(FloatWeights),
    Int8(Int8Weights),
}

/// Rows that a layer is applied to, made ready by [`Linear::prepare`].
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    bytes: Aligned<u8>,     // (rows, stride)
    ranges: Vec<ByteRange>, // (rows)
    stride: usize,
}

/// Where a layer writes: row after row, `stride` numbers from one to the next.
pub(crate) struct Output<'a> {
    pub data: &'a mut [f32],
    pub stride: usize,
    pub mode: Mode,
}

/// What happens to a product and its bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Replaces what was there.
    Set,
    /// Is added to what was there.
    Add,
    /// Goes through an activation.
    Activate(Activation),
}

impl Linear {
    /// Packs a matrix of `(outputs, inputs)`. `read` appends the rows that it is asked for; the threads of the present
    /// pool ask, each for a few rows at a time.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn pack<E: Send>(
        isa: Isa,
        kind: WeightType,
        (outputs, inputs): (usize, usize),
        bias: Option<&[f32]>,
        read: impl Fn(Range<usize>, &mut Vec<f32>) -> Result<(), E> + Sync,
    ) -> Result<Self, E> {
        let rows = Rows { outputs, inputs, read };
        let weights = match kind {
            WeightType::F32 => Weights::F32(FloatWeights::pack(rows)?),
            WeightType::Int8 => Weights::Int8(Int8Weights::pack(isa, rows)?),
        };
        Ok(Self { weights, bias: padded_bias(bias, outputs), inputs, outputs })
    }

    /// A layer of weights that were packed before, by [`Linear::int8`]; `parts` are those of this shape.
    pub(crate) fn from_int8(parts: Int8Parts, (outputs, inputs): (usize, usize), bias: Option<&[f32]>) -> Self {
        let weights = Weights::Int8(Int8Weights::of(parts, inputs));
        Self { weights, bias: padded_bias(bias, outputs), inputs, outputs }
    }

    /// The packed weights, if they are 8-bit integers.
    pub(crate) fn int8(&self) -> Option<&Int8Parts> {
        match &self.weights {
            Weights::F32(_) => None,
            Weights::Int8(weights) => Some(&weights.parts),
        }
    }

    /// The same with `value` in the columns behind the last, which are written where an output is a multiple of
    /// [`BLOCK`] wide.
    pub(crate) fn with_columns_beyond(mut self, value: f32) -> Self {
        self.bias[self.outputs..].fill(value);
        self
    }

    /// Outputs of a row.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Whether all weights are numbers; a row of 8-bit weights that holds others has no scale.
    pub(crate) fn is_finite(&self) -> bool {
        match &self.weights {
            Weights::F32(_) => true,
            Weights::Int8(weights) => weights.is_finite(),
        }
    }

    /// The weights of output `index`, times `factor`.
    pub(crate) fn weights_of(&self, index: usize, factor: f32, row: &mut [f32]) {
        match &self.weights {
            Weights::F32(weights) => weights.row(index, factor, row),
            Weights::Int8(weights) => weights.row(index, factor, row),
        }
    }

    /// Makes the rows of `input` ready; only 8-bit weights need that.
    pub(crate) fn prepare(&self, isa: Isa, input: &[f32], bytes: &mut Bytes) {
        if matches!(self.weights, Weights::Int8(_)) {
            bytes.stride = int8::padded_inputs(self.inputs);
            let rows = input.len() / self.inputs;
            // Kernels read whole tiles of rows.
            bytes.bytes.grow(rows.next_multiple_of(LANES) * bytes.stride);
            bytes.ranges.resize(rows.max(bytes.ranges.len()), ByteRange::default());
            isa.run(Quantize { input, width: self.inputs, bytes });
        }
    }

    /// Columns `columns` (whole blocks, but for the last) of the rows that [`Linear::prepare`] made ready. The first
    /// column is written at the start of a row.
    pub(crate) fn columns(
        &self,
        isa: Isa,
        input: &[f32],
        bytes: &Bytes,
        columns: Range<usize>,
        output: &mut Output<'_>,
    ) {
        debug_assert!(columns.start.is_multiple_of(BLOCK));
        let rows = input.len() / self.inputs;
        debug_assert!(rows == 0 || output.data.len() >= (rows - 1) * output.stride + columns.len());
        match &self.weights {
            Weights::F32(weights) => isa.run(float::Product { layer: self, weights, input, columns, output }),
            Weights::Int8(weights) => int8::product(isa, self, weights, (bytes, rows), columns, output),
        }
    }

    /// All columns of `input`, (rows, inputs) to (rows, outputs).
    pub(crate) fn forward(&self, isa: Isa, input: &[f32], bytes: &mut Bytes, data: &mut [f32], mode: Mode) {
        self.prepare(isa, input, bytes);
        self.columns(isa, input, bytes, 0..self.outputs, &mut Output { data, stride: self.outputs, mode });
    }
}

/// A bias with zeros behind it, up to whole blocks.
fn padded_bias(bias: Option<&[f32]>, outputs: usize) -> Vec<f32> {
    let mut padded = vec![0.0; outputs.next_multiple_of(BLOCK)];
    if let Some(bias) = bias {
        padded[..outputs].copy_from_slice(bias);
    }
    padded
}

/// A matrix as [`Linear::pack`] is given it.
struct Rows<R> {
    outputs: usize,
    inputs: usize,
    read: R,
}

impl<R> Rows<R> {
    /// Numbers that are read at a time.
    const PART: usize = 1 << 16;

    /// Rows that are read at a time, whole blocks.
    fn of_part(&self) -> usize {
        (Self::PART / self.inputs.max(1)).next_multiple_of(BLOCK).max(BLOCK)
    }

    /// Reads part `index` into `numbers`.
    fn read_part<E>(&self, index: usize, numbers: &mut Vec<f32>) -> Result<(), E>
    where
        R: Fn(Range<usize>, &mut Vec<f32>) -> Result<(), E>,
    {
        let first = index * self.of_part();
        let wanted = first..(first + self.of_part()).min(self.outputs);
        numbers.clear();
        (self.read)(wanted.clone(), numbers)?;
        debug_assert_eq!(numbers.len(), wanted.len() * self.inputs);
        Ok(())
    }
}

struct Quantize<'a> {
    input: &'a [f32],
    width: usize,
    bytes: &'a mut Bytes,
}

impl Kernel for Quantize<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let rows = self.input.chunks_exact(self.width);
        let bytes = self.bytes.bytes.chunks_exact_mut(self.bytes.stride);
        for ((row, bytes), range) in rows.zip(bytes).zip(&mut self.bytes.ranges) {
            *range = quantize_activations(s, row, &mut bytes[..row.len()]);
        }
    }
}

impl Output<'_> {
    /// Writes 16 columns of a row, or as many as there are.
    #[inline(always)]
    fn write<S: Simd>(&mut self, s: S, row: usize, column: usize, count: usize, x: S::Lanes) {
        let start = row * self.stride + column;
        let to = &mut self.data[start..start + count.min(LANES)];
        let x = match self.mode {
            Mode::Set => x,
            Mode::Add => s.add(s.load_some(to, 0.0), x),
            Mode::Activate(activation) => activate(s, activation, x),
        };
        s.store_some(to, x);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::kernels) fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    /// The formula, in f64.
    fn plain(weight: &[f32], bias: &[f32], input: &[f32], inputs: usize) -> Vec<f64> {
        let row = |x: &[f32]| -> Vec<f64> {
            let outputs = weight.chunks(inputs).zip(bias);
            let dot = |w: &[f32]| w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
            outputs.map(|(w, b)| dot(w) + f64::from(*b)).collect()
        };
        input.chunks(inputs).flat_map(row).collect()
    }

    fn packed(isa: Isa, weight: &[f32], bias: Option<&[f32]>, inputs: usize, kind: WeightType) -> Linear {
        let read = |rows: Range<usize>, numbers: &mut Vec<f32>| {
            numbers.extend_from_slice(&weight[rows.start * inputs..rows.end * inputs]);
            Ok::<(), std::convert::Infallible>(())
        };
        Linear::pack(isa, kind, (weight.len() / inputs, inputs), bias, read).unwrap()
    }

    /// What 8-bit inputs stand for: 256 steps from the smallest to the largest of a row.
    fn rounded_inputs(rows: &[f32], width: usize) -> Vec<f32> {
        let round = |row: &[f32]| -> Vec<f32> {
            let (low, high) = row.iter().fold((row[0], row[0]), |(low, high), x| (low.min(*x), high.max(*x)));
            let step = (high - low) / 255.0;
            let middle = 128_f32.mul_add(step, low);
            let steps = |x: f32| ((x - middle) * (1.0 / step)).round_ties_even().clamp(-128.0, 127.0);
            row.iter().map(|x| if step > 0.0 { steps(*x).mul_add(step, middle) } else { low }).collect()
        };
        rows.chunks(width).flat_map(round).collect()
    }

    /// What 8-bit weights stand for.
    fn rounded(rows: &[f32], width: usize) -> Vec<f32> {
        let round = |row: &[f32]| -> Vec<f32> {
            let scale = row.iter().fold(0_f32, |a, x| a.max(x.abs())) / 127.0;
            let inverse = if scale > 0.0 { 127.0 / row.iter().fold(0_f32, |a, x| a.max(x.abs())) } else { 0.0 };
            row.iter().map(|x| (x * inverse).round_ties_even() * scale).collect()
        };
        rows.chunks(width).flat_map(round).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn as_the_formula_on_every_instruction_set(
            rows in 1_usize..70, inputs in 1_usize..200, outputs in 1_usize..100, seed in any::<u32>(),
        ) {
            let (weight, bias) = (numbers(inputs * outputs, seed), numbers(outputs, seed ^ 1));
            let input = numbers(rows * inputs, seed ^ 2);
            let before = numbers(rows * outputs, seed ^ 3);
            for kind in [WeightType::F32, WeightType::Int8] {
                let wanted = match kind {
                    WeightType::F32 => plain(&weight, &bias, &input, inputs),
                    WeightType::Int8 => plain(&rounded(&weight, inputs), &bias, &rounded_inputs(&input, inputs), inputs),
                };
                let mut generic = Vec::new();
                for isa in Isa::available() {
                    let layer = packed(isa, &weight, Some(&bias), inputs, kind);
                    let mut bytes = Bytes::default();
                    let mut found = vec![f32::NAN; rows * outputs];
                    layer.forward(isa, &input, &mut bytes, &mut found, Mode::Set);
                    for (found, wanted) in found.iter().zip(&wanted) {
                        prop_assert!((f64::from(*found) - wanted).abs() < 1e-4, "{isa} {kind:?}: {found} {wanted}");
                    }
                    // Bit for bit the same: instruction sets, single rows, parts of the columns.
                    if generic.is_empty() {
                        generic = found.clone();
                    }
                    prop_assert_eq!(&found, &generic, "{} {:?}", isa, kind);
                    let row = seed as usize % rows;
                    let mut alone = vec![0.0; outputs];
                    layer.forward(isa, &input[row * inputs..][..inputs], &mut bytes, &mut alone, Mode::Set);
                    prop_assert_eq!(&alone, &found[row * outputs..][..outputs]);
                    let mut sum = before.clone();
                    layer.forward(isa, &input, &mut bytes, &mut sum, Mode::Add);
                    for ((sum, before), found) in sum.iter().zip(&before).zip(&found) {
                        prop_assert_eq!(*sum, before + found);
                    }
                    let mut positive = vec![0.0; rows * outputs];
                    layer.forward(isa, &input, &mut bytes, &mut positive, Mode::Activate(Activation::Relu));
                    prop_assert!(positive.iter().zip(&found).all(|(p, x)| *p == x.max(0.0)));
                    if outputs > BLOCK {
                        let stride = BLOCK * outputs.div_ceil(BLOCK);
                        let mut part = vec![0.0; rows * stride];
                        let output = &mut Output { data: &mut part, stride, mode: Mode::Set };
                        layer.columns(isa, &input, &bytes, BLOCK..outputs, output);
                        for row in 0..rows {
                            prop_assert_eq!(&part[row * stride..][..outputs - BLOCK], &found[row * outputs + BLOCK..][..outputs - BLOCK]);
                        }
                    }
                }
            }
        }

        #[test]
        fn rows_of_weights_come_back(inputs in 1_usize..150, outputs in 1_usize..70, seed in any::<u32>()) {
            let weight = numbers(inputs * outputs, seed);
            let index = seed as usize % outputs;
            let mut row = vec![0.0; inputs];
            for isa in Isa::available() {
                packed(isa, &weight, None, inputs, WeightType::F32).weights_of(index, 1.0, &mut row);
                prop_assert_eq!(&row, &weight[index * inputs..][..inputs]);
                packed(isa, &weight, None, inputs, WeightType::Int8).weights_of(index, 1.0, &mut row);
                prop_assert_eq!(&row, &rounded(&weight[index * inputs..][..inputs], inputs));
            }
        }
    }

    #[test]
    fn no_number_stays_no_number() {
        for kind in [WeightType::F32, WeightType::Int8] {
            let layer = packed(Isa::Generic, &numbers(96 * 40, 1), None, 96, kind);
            let mut input = numbers(2 * 96, 2);
            input[100] = f32::NAN;
            for isa in Isa::available() {
                let mut found = vec![0.0; 80];
                layer.forward(isa, &input, &mut Bytes::default(), &mut found, Mode::Set);
                assert!(found[..40].iter().all(|x| x.is_finite()) && found[40..].iter().all(|x| x.is_nan()));
            }
        }
        for isa in Isa::available() {
            assert!(!packed(isa, &[1.0, f32::NAN], None, 1, WeightType::Int8).is_finite());
        }
    }

    /// Matrices of several parts, their rows read in whatever order.
    #[test]
    fn parts_come_together() {
        let (outputs, inputs) = (700, 300);
        let weight = numbers(outputs * inputs, 5);
        for kind in [WeightType::F32, WeightType::Int8] {
            let layer = packed(Isa::Generic, &weight, None, inputs, kind);
            let mut row = vec![0.0; inputs];
            for (index, wanted) in weight.chunks(inputs).enumerate() {
                layer.weights_of(index, 1.0, &mut row);
                match kind {
                    WeightType::F32 => assert_eq!(row, wanted),
                    WeightType::Int8 => assert_eq!(row, rounded(wanted, inputs)),
                }
            }
        }
        let refused = Linear::pack(Isa::Generic, WeightType::Int8, (outputs, inputs), None, |rows, numbers| {
            numbers.resize(rows.len() * inputs, 0.0);
            if rows.end == outputs { Err("damaged") } else { Ok(()) }
        });
        assert_eq!(refused.err(), Some("damaged"));
    }
}
