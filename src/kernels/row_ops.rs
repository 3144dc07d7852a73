//! Work on rows of numbers, one row after the other: sums, layer norm, softmax, quantisation.

use super::isa::{Isa, Kernel};
use super::lanes::exp;
use super::simd::{LANES, Simd};

/// Scales and shifts of a layer norm.
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

impl Norm {
    /// Normalises each row of `input` (rows, width) into `output`, in two passes: mean, then variance.
    pub(crate) fn forward(&self, isa: Isa, input: &[f32], output: &mut [f32]) {
        isa.run(NormRows { norm: self, input, output });
    }

    /// The same in place.
    pub(crate) fn forward_in_place(&self, isa: Isa, rows: &mut [f32]) {
        isa.run(NormInPlace { norm: self, rows });
    }
}

struct NormRows<'a> {
    norm: &'a Norm,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for NormRows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let width = self.norm.weight.len();
        for (row, output) in self.input.chunks_exact(width).zip(self.output.chunks_exact_mut(width)) {
            output.copy_from_slice(row);
            norm_row(s, self.norm, output);
        }
    }
}

struct NormInPlace<'a> {
    norm: &'a Norm,
    rows: &'a mut [f32],
}

impl Kernel for NormInPlace<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for row in self.rows.chunks_exact_mut(self.norm.weight.len()) {
            norm_row(s, self.norm, row);
        }
    }
}

#[inline(always)]
fn norm_row<S: Simd>(s: S, norm: &Norm, row: &mut [f32]) {
    let count = row.len() as f32;
    let mean = s.splat(sum(s, row) / count);
    let mut squares = s.splat(0.0);
    for chunk in row.chunks(LANES) {
        // Lanes behind the end differ from the mean by nothing.
        let difference = if chunk.len() == LANES {
            s.sub(s.load_some(chunk, 0.0), mean)
        } else {
            let mut ends = [0.0; LANES];
            s.store_some(&mut ends[..chunk.len()], s.sub(s.load_some(chunk, 0.0), mean));
            s.load_some(&ends, 0.0)
        };
        squares = s.fma(difference, difference, squares);
    }
    let scale = s.splat(1.0 / (s.sum(squares) / count + norm.epsilon).sqrt());
    for ((x, weight), bias) in row.chunks_mut(LANES).zip(norm.weight.chunks(LANES)).zip(norm.bias.chunks(LANES)) {
        let normed = s.mul(s.sub(s.load_some(x, 0.0), mean), scale);
        s.store_some(x, s.fma(normed, s.load_some(weight, 0.0), s.load_some(bias, 0.0)));
    }
}

#[inline(always)]
fn sum<S: Simd>(s: S, row: &[f32]) -> f32 {
    let mut total = s.splat(0.0);
    for chunk in row.chunks(LANES) {
        total = s.add(total, s.load_some(chunk, 0.0));
    }
    s.sum(total)
}

/// Scores to weights that sum to one: softmax of `scale` times the row's first `count` numbers; what stands behind them,
/// up to a multiple of 16, becomes zero.
#[inline(always)]
pub(crate) fn softmax<S: Simd>(s: S, row: &mut [f32], count: usize, scale: f32) {
    let padded = count.next_multiple_of(LANES);
    row[count..padded].fill(f32::NEG_INFINITY);
    let row = &mut row[..padded];
    let mut largest = s.splat(f32::NEG_INFINITY);
    for chunk in row.chunks_exact(LANES) {
        largest = s.max(largest, s.load_some(chunk, 0.0));
    }
    let shift = s.splat(-s.largest(largest) * scale);
    let scale = s.splat(scale);
    let mut total = s.splat(0.0);
    for chunk in row.chunks_exact_mut(LANES) {
        let power = exp(s, s.fma(s.load_some(chunk, 0.0), scale, shift));
        total = s.add(total, power);
        s.store_some(chunk, power);
    }
    // `exp` has a smallest value, 1e-38: what the padding adds is far below a rounding of the sum, which is 1 or more.
    let factor = s.splat(1.0 / s.sum(total));
    for chunk in row.chunks_exact_mut(LANES) {
        s.store_some(chunk, s.mul(s.load_some(chunk, 0.0), factor));
    }
    row[count..].fill(0.0);
}

/// Bytes of a row of weights with their scale: byte b stands for (b - 128) * scale.
///
/// The scale is the largest magnitude / 127; not a number where the row holds anything that is not finite.
#[inline(always)]
pub(crate) fn quantize_weights<S: Simd>(s: S, row: &[f32], bytes: &mut [u8]) -> f32 {
    let (low, high) = range(s, row);
    let largest = high.max(-low);
    if !largest.is_finite() {
        bytes.fill(128);
        return f32::NAN;
    }
    let factor = 127.0 / largest;
    if !factor.is_finite() {
        // Nothing but zeros, as nearly as such numbers differ.
        bytes.fill(128);
        return 0.0;
    }
    store_rounded(s, row, bytes, (0.0, factor), 127.0);
    largest / 127.0
}

/// What the bytes of a row of activations stand for: byte b for (b - 128) * scale + offset.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ByteRange {
    pub scale: f32,
    pub offset: f32,
}

/// Bytes of a row of activations: 0 is its smallest number, 255 its largest. Behind an activation function, where
/// numbers lie on one side of zero, the steps are half as wide as they would be if zero had to be in the middle.
///
/// The scale is not a number where the row holds anything that is not finite.
#[inline(always)]
pub(crate) fn quantize_activations<S: Simd>(s: S, row: &[f32], bytes: &mut [u8]) -> ByteRange {
    let (low, high) = range(s, row);
    let scale = (high - low) / 255.0;
    let inverse = 1.0 / scale;
    if !scale.is_finite() || !inverse.is_finite() {
        // Not numbers, or all the same one, as nearly as such numbers differ.
        bytes.fill(128);
        let scale = if scale.is_finite() { 0.0 } else { f32::NAN };
        return ByteRange { scale, offset: low };
    }
    let offset = 128_f32.mul_add(scale, low);
    store_rounded(s, row, bytes, (offset, inverse), 128.0);
    ByteRange { scale, offset }
}

/// The smallest and the largest number of a row; not numbers where the row holds anything that is not finite.
#[inline(always)]
fn range<S: Simd>(s: S, row: &[f32]) -> (f32, f32) {
    let Some(&first) = row.first() else { return (0.0, 0.0) };
    let mut low = s.splat(first);
    let mut high = low;
    let mut check = s.splat(0.0);
    for chunk in row.chunks(LANES) {
        let x = s.load_some(chunk, first);
        low = s.min(low, x);
        high = s.max(high, x);
        // Zero for every finite number.
        check = s.fma(x, s.splat(0.0), check);
    }
    if s.sum(check) != 0.0 {
        return (f32::NAN, f32::NAN);
    }
    (-s.largest(s.sub(s.splat(0.0), low)), s.largest(high))
}

/// (x - offset) * factor, which a rounding may lift over the limits -`least` and 127; rounded, and 128 added.
#[inline(always)]
fn store_rounded<S: Simd>(s: S, row: &[f32], bytes: &mut [u8], (offset, factor): (f32, f32), least: f32) {
    let (offset, factor) = (s.splat(offset), s.splat(factor));
    let (low, high) = (s.splat(-least), s.splat(127.0));
    for (chunk, bytes) in row.chunks(LANES).zip(bytes.chunks_mut(LANES)) {
        let x = s.mul(s.sub(s.load_some(chunk, 0.0), offset), factor);
        let x = s.max(low, s.min(high, x));
        if bytes.len() == LANES {
            // SAFETY: 16 bytes of room.
            unsafe { s.store_bytes(bytes.as_mut_ptr(), x) };
        } else {
            let mut sixteen = [0; LANES];
            // SAFETY: 16 bytes of room.
            unsafe { s.store_bytes(sixteen.as_mut_ptr(), x) };
            let count = bytes.len();
            bytes.copy_from_slice(&sixteen[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Softmax<'a>(&'a mut Vec<f32>, usize, f32);

    impl Kernel for Softmax<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            softmax(s, self.0, self.1, self.2);
        }
    }

    /// Weights with their scale, activations with theirs.
    struct Quantize<'a>(&'a [f32], &'a mut [u8], &'a mut [u8]);

    impl Kernel for Quantize<'_> {
        type Output = (f32, ByteRange);
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> (f32, ByteRange) {
            (quantize_weights(s, self.0, self.1), quantize_activations(s, self.0, self.2))
        }
    }

    /// As bytes stand for them, with the steps of each.
    fn there_and_back(isa: Isa, row: &[f32]) -> [(Vec<f32>, f32, Vec<u8>); 2] {
        let (mut weights, mut activations) = (vec![0; row.len()], vec![0; row.len()]);
        let (scale, range) = isa.run(Quantize(row, &mut weights, &mut activations));
        let numbers = |bytes: &[u8], scale: f32, offset: f32| -> Vec<f32> {
            bytes.iter().map(|byte| (f32::from(*byte) - 128.0) * scale + offset).collect()
        };
        [
            (numbers(&weights, scale, 0.0), scale, weights),
            (numbers(&activations, range.scale, range.offset), range.scale, activations),
        ]
    }

    proptest! {
        #[test]
        fn layer_norm_as_the_formula(
            (row, weight, bias) in (1_usize..80).prop_flat_map(|width| {
                let numbers = || proptest::collection::vec(-2_f32..2.0, width);
                (numbers(), numbers(), numbers())
            }),
            offset in -3_f32..3.0,
        ) {
            let row: Vec<f32> = row.iter().map(|x| x + offset).collect();
            let count = row.len() as f64;
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
            let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
            let norm = Norm { weight: weight.clone(), bias: bias.clone(), epsilon: 1e-5 };
            let mut plain = vec![0.0; row.len()];
            norm.forward(Isa::Generic, &row, &mut plain);
            for (i, found) in plain.iter().enumerate() {
                let scale = (variance + 1e-5).sqrt();
                let wanted = (f64::from(row[i]) - mean) / scale * f64::from(weight[i]) + f64::from(bias[i]);
                // Rounding the mean shifts a row; the smallest variance makes 300 times that of it.
                prop_assert!((f64::from(*found) - wanted).abs() < 6e-4, "{found} {wanted}");
            }
            for isa in Isa::available() {
                let mut found = row.clone();
                norm.forward_in_place(isa, &mut found);
                prop_assert_eq!(&found, &plain, "{}", isa);
            }
        }

        #[test]
        fn softmax_as_the_formula(scores in proptest::collection::vec(-30_f32..30.0, 1..70), scale in 0.05_f32..1.0) {
            let count = scores.len();
            let powers: Vec<f64> = scores.iter().map(|&x| (f64::from(x) * f64::from(scale)).exp()).collect();
            let total: f64 = powers.iter().sum();
            for isa in Isa::available() {
                let mut found = scores.clone();
                found.resize(count.next_multiple_of(LANES), 9.0);
                isa.run(Softmax(&mut found, count, scale));
                for (found, power) in found.iter().zip(&powers) {
                    prop_assert!((f64::from(*found) - power / total).abs() < 2e-6, "{found} {}", power / total);
                }
                prop_assert!(found[count..].iter().all(|&x| x == 0.0));
            }
        }

        #[test]
        fn bytes_are_the_nearest(row in proptest::collection::vec(-5_f32..5.0, 1..70), middle in -9_f32..9.0) {
            let row: Vec<f32> = row.iter().map(|x| x + middle).collect();
            let largest = row.iter().fold(0_f32, |a, x| a.max(x.abs()));
            let (low, high) = row.iter().fold((row[0], row[0]), |(low, high), x| (low.min(*x), high.max(*x)));
            let plain = there_and_back(Isa::Generic, &row);
            for isa in Isa::available() {
                let found = there_and_back(isa, &row);
                prop_assert_eq!(&found, &plain, "{}", isa);
                prop_assert_eq!(found[0].1, largest / 127.0);
                prop_assert_eq!(found[1].1, (high - low) / 255.0);
                for (back, scale, _) in &found {
                    for (x, back) in row.iter().zip(back) {
                        // Half a step, and roundings of numbers up to 14.
                        prop_assert!((x - back).abs() <= scale * 0.5001 + 4e-6, "{x} {back}");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_without_numbers_and_equal_ones() {
        for isa in Isa::available() {
            for same in [0.0, 3.5, -1e-40, 1e-38] {
                let [weights, activations] = there_and_back(isa, &[same; 20]);
                assert!(weights.0.iter().all(|back| (back - same).abs() <= same.abs() * 1e-6 + 1e-36));
                assert_eq!(activations.0, [same; 20]);
            }
            // Smaller differences than a step can be.
            let [weights, activations] = there_and_back(isa, &[0.0, 1e-42, 1e-38]);
            assert!(weights.0.iter().chain(&activations.0).all(|back| back.abs() < 1e-36));
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut row = [1.0; 20];
                row[3] = bad;
                let [weights, activations] = there_and_back(isa, &row);
                assert!(weights.1.is_nan() && activations.1.is_nan());
            }
        }
    }
}
