//! The best of a row of logits and the logarithm of its sum of exponentials, block of columns by block of columns, so
//! that whole rows are never written.

use super::isa::{Isa, Kernel};
use super::lanes::exp;
use super::simd::{LANES, Simd};

/// What is known of a row so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowScan {
    /// Best first; of equal ones the lower column first.
    pub best: Vec<(f32, u32)>,
    /// Of each block the largest logit, and the sum of the exponentials of the differences to it.
    largest: Vec<f32>,
    sums: Vec<f32>,
}

/// Reads a block of `width` columns from `first` of each row (rows, width; a multiple of 16), keeping the `count` best of
/// each. Columns of minus infinity count as not there.
pub(crate) fn scan(isa: Isa, block: &[f32], width: usize, first: usize, count: usize, rows: &mut [RowScan]) {
    isa.run(Scan { block, width, first, count, rows });
}

struct Scan<'a> {
    block: &'a [f32],
    width: usize,
    first: usize,
    count: usize,
    rows: &'a mut [RowScan],
}

impl Kernel for Scan<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (logits, row) in self.block.chunks_exact(self.width).zip(self.rows) {
            row.read(s, logits, self.first, self.count);
        }
    }
}

impl RowScan {
    #[inline(always)]
    fn read<S: Simd>(&mut self, s: S, logits: &[f32], first: usize, count: usize) {
        let mut lanes = s.splat(f32::NEG_INFINITY);
        for chunk in logits.chunks_exact(LANES) {
            lanes = s.max(s.load_some(chunk, 0.0), lanes);
        }
        let largest = s.largest(lanes);
        if largest == f32::NEG_INFINITY {
            // Nothing, or nothing that is a number.
            if logits.iter().any(|x| x.is_nan()) {
                self.largest.push(f32::NAN);
                self.sums.push(f32::NAN);
            }
            return;
        }
        let shift = s.splat(largest);
        let mut sum = s.splat(0.0);
        for chunk in logits.chunks_exact(LANES) {
            sum = s.add(sum, exp(s, s.sub(s.load_some(chunk, 0.0), shift)));
        }
        self.largest.push(largest);
        self.sums.push(s.sum(sum));
        let full = self.best.len() == count;
        if full && self.best.last().is_some_and(|&(worst, _)| largest <= worst) {
            return;
        }
        self.insert(s, logits, first, count);
    }

    #[inline(always)]
    fn insert<S: Simd>(&mut self, s: S, logits: &[f32], first: usize, count: usize) {
        let mut threshold = match self.best.last() {
            Some(&(worst, _)) if self.best.len() == count => worst,
            _ => f32::NEG_INFINITY,
        };
        for (index, chunk) in logits.chunks_exact(LANES).enumerate() {
            let mut mask = s.greater(s.load_some(chunk, 0.0), s.splat(threshold));
            while mask != 0 {
                let lane = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let logit = chunk[lane];
                if self.best.len() == count && logit <= threshold {
                    continue;
                }
                let place = self.best.partition_point(|&(other, _)| other >= logit);
                self.best.insert(place, (logit, (first + index * LANES + lane) as u32));
                self.best.truncate(count);
                if self.best.len() == count {
                    threshold = self.best[count - 1].0;
                }
            }
        }
    }

    /// The logarithm of the sum of exponentials of all columns; minus infinity where there were none, not a number where
    /// one was not a number.
    pub(crate) fn log_sum_exp(&self) -> f32 {
        let largest = self.largest.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a });
        if largest == f32::NEG_INFINITY {
            return largest;
        }
        let terms = self.largest.iter().zip(&self.sums);
        let sum: f64 = terms.map(|(block, sum)| f64::from(sum * (block - largest).exp())).sum();
        largest + sum.ln() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_sorting_and_summing_all(
            blocks in 1_usize..9,
            logits in proptest::collection::vec(prop_oneof![8 => -20_f32..20.0, 1 => Just(f32::NEG_INFINITY), 1 => Just(7.0)], 9 * 32),
            count in 1_usize..12,
        ) {
            let logits = &logits[..blocks * 32];
            let mut all: Vec<(f32, u32)> = logits.iter().zip(0..).map(|(&x, id)| (x, id)).collect();
            all.retain(|(x, _)| *x != f32::NEG_INFINITY);
            let sum: f64 = all.iter().map(|(x, _)| f64::from(*x).exp()).sum();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            all.truncate(count);
            for isa in Isa::available() {
                let mut rows = [RowScan::default()];
                for (index, block) in logits.chunks(32).enumerate() {
                    scan(isa, block, 32, index * 32, count, &mut rows);
                }
                prop_assert_eq!(&rows[0].best, &all);
                prop_assert!((f64::from(rows[0].log_sum_exp()) - sum.ln()).abs() < 2e-6);
            }
        }
    }

    #[test]
    fn no_number_is_told() {
        for isa in Isa::available() {
            for place in [0, 5, 31] {
                let mut logits = [1.0; 32];
                logits[place] = f32::NAN;
                let mut rows = [RowScan::default()];
                scan(isa, &logits, 32, 0, 3, &mut rows);
                assert!(rows[0].log_sum_exp().is_nan());
            }
            let mut rows = [RowScan::default()];
            scan(isa, &[f32::NAN; 32], 32, 0, 3, &mut rows);
            assert!(rows[0].log_sum_exp().is_nan());
        }
    }
}
