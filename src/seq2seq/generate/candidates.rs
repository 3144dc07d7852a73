//! What a search sees of a row of scores: its best few, the columns that processors touch, and the sum of the others.
//! A row of a whole vocabulary need never be written.

use super::GenerationSettings;
use super::processors::{Scores, apply};

/// A score and whose it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// A logit, or what became of it.
    pub score: f32,
    /// The token.
    pub id: u32,
}

/// What a decoder says of one row's next token.
#[derive(Debug, Clone, PartialEq)]
pub struct RowScores {
    /// The best logits but for the named columns, best first; of equal ones the lower id first. Fewer than were asked
    /// for where there are no more above minus infinity.
    pub best: Vec<Candidate>,
    /// Logarithm of the sum of the exponentials of all logits but for the named columns.
    pub log_sum_exp: f32,
    /// The logits of the named columns.
    pub named: Vec<f32>,
}

impl RowScores {
    /// From all logits of a row: the plain way.
    pub fn from_logits(logits: &mut [f32], named: &[u32], count: usize) -> Self {
        let taken = named.iter().map(|&id| std::mem::replace(&mut logits[id as usize], f32::NEG_INFINITY)).collect();
        Self { best: best(logits, count), log_sum_exp: log_sum_exp(logits), named: taken }
    }
}

/// The columns that the settings touch after `ids`, in ascending order.
pub(super) fn touched(settings: &GenerationSettings, ids: &[u32]) -> Vec<u32> {
    let mut touched = Touched(Vec::new());
    apply(settings, ids, &mut touched);
    touched.0.sort_unstable();
    touched.0.dedup();
    touched.0
}

struct Touched(Vec<u32>);

impl Scores for Touched {
    fn change(&mut self, id: u32, _: impl Fn(f32) -> f32) {
        self.0.push(id);
    }
    fn force(&mut self, _: &[u32]) {}
    fn normalize(&mut self) {}
}

/// A row of scores of which only the interesting columns are there.
pub(super) struct SparseRow {
    /// Columns that processors touch, by id.
    named: Vec<Candidate>,
    /// The best of the others, best first.
    others: Vec<Candidate>,
    /// Of all others.
    log_sum_exp: f32,
}

impl SparseRow {
    /// `named` as it was asked for.
    pub(super) fn new(row: RowScores, named: &[u32]) -> Self {
        let named = named.iter().zip(row.named).map(|(&id, score)| Candidate { score, id }).collect();
        Self { named, others: row.best, log_sum_exp: row.log_sum_exp }
    }

    /// Logarithm of the sum of the exponentials of the whole row.
    pub(super) fn log_sum_exp(&self) -> f32 {
        let largest =
            self.named.iter().fold(self.log_sum_exp, |a, named| if named.score > a { named.score } else { a });
        if largest == f32::NEG_INFINITY {
            return 0.0;
        }
        let term = |x: f32| f64::from(x - largest).exp();
        let sum = term(self.log_sum_exp) + self.named.iter().map(|named| term(named.score)).sum::<f64>();
        largest + sum.ln() as f32
    }

    /// The `count` best of the row, best first; of equal scores the lower id comes first.
    pub(super) fn best(mut self, count: usize, vocabulary: usize) -> Vec<Candidate> {
        let mut best = self.others;
        best.append(&mut self.named);
        best.retain(|candidate| candidate.score > f32::NEG_INFINITY);
        best.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        best.truncate(count);
        let mut id = 0;
        // All that is not there is minus infinity, in the order of ids.
        while best.len() < count && id < vocabulary as u32 {
            if !best.iter().any(|candidate| candidate.id == id) {
                best.push(Candidate { score: f32::NEG_INFINITY, id });
            }
            id += 1;
        }
        best
    }
}

impl Scores for SparseRow {
    fn change(&mut self, id: u32, change: impl Fn(f32) -> f32) {
        // What is not there was ruled out by `force` before.
        if let Ok(place) = self.named.binary_search_by_key(&id, |candidate| candidate.id) {
            self.named[place].score = change(self.named[place].score);
        }
    }

    fn force(&mut self, ids: &[u32]) {
        self.others.clear();
        self.log_sum_exp = f32::NEG_INFINITY;
        self.named = ids.iter().map(|&id| Candidate { score: 0.0, id }).collect();
        self.named.sort_unstable_by_key(|candidate| candidate.id);
        self.named.dedup_by_key(|candidate| candidate.id);
    }

    fn normalize(&mut self) {
        let shift = self.log_sum_exp();
        self.log_sum_exp -= shift;
        self.named.iter_mut().chain(&mut self.others).for_each(|candidate| candidate.score -= shift);
    }
}

/// The `count` best of a row, best first; of equal scores the lower id comes first. Minus infinity is never among them.
fn best(scores: &[f32], count: usize) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(count + 1);
    let mut threshold = f32::NEG_INFINITY;
    for (id, &score) in scores.iter().enumerate() {
        if score <= threshold || score.is_nan() {
            continue;
        }
        // After all that are as good.
        let place = kept.partition_point(|candidate| candidate.score >= score);
        kept.insert(place, Candidate { score, id: id as u32 });
        kept.truncate(count);
        if kept.len() == count {
            threshold = kept[count - 1].score;
        }
    }
    kept
}

/// Logarithm of the sum of exponentials; minus infinity where there is nothing above it, not a number where one is not.
fn log_sum_exp(scores: &[f32]) -> f32 {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a });
    if largest == f32::NEG_INFINITY {
        return largest;
    }
    // Blocks in f32, their sums in f64: exact enough, and the same whatever stands in the other rows.
    let sum: f64 =
        scores.chunks(256).map(|block| f64::from(block.iter().map(|s| (s - largest).exp()).sum::<f32>())).sum();
    largest + sum.ln() as f32
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::seq2seq::generate::tests::any_settings;
    use proptest::prelude::*;

    /// Processors on a whole row: the reference.
    pub(in crate::seq2seq::generate) struct FullRow<'a>(pub &'a mut [f32]);

    impl Scores for FullRow<'_> {
        fn change(&mut self, id: u32, change: impl Fn(f32) -> f32) {
            self.0[id as usize] = change(self.0[id as usize]);
        }
        fn force(&mut self, ids: &[u32]) {
            self.0.fill(f32::NEG_INFINITY);
            ids.iter().for_each(|&id| self.0[id as usize] = 0.0);
        }
        fn normalize(&mut self) {
            let shift = log_sum_exp(self.0);
            if shift != f32::NEG_INFINITY {
                self.0.iter_mut().for_each(|score| *score -= shift);
            }
        }
    }

    fn sorted(scores: &[f32], count: usize) -> Vec<Candidate> {
        let mut all: Vec<_> = scores.iter().zip(0..).map(|(&score, id)| Candidate { score, id }).collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        all.truncate(count);
        all
    }

    proptest! {
        /// What the search sees is what it would see of whole rows, for all processors and both orders of them.
        #[test]
        fn as_whole_rows(
            settings in any_settings(),
            logits in proptest::collection::vec(-6_f32..6.0, 12..40),
            ids in proptest::collection::vec(0_u32..12, 1..9),
            suppress in proptest::collection::vec(0_u32..12, 0..3),
            count in 1_usize..10,
            normalize_first in any::<bool>(),
        ) {
            let settings = GenerationSettings { suppress, ..settings };
            let named = touched(&settings, &ids);
            let scores = RowScores::from_logits(&mut logits.clone(), &named, count);
            let mut row = SparseRow::new(scores, &named);
            let mut full = logits.clone();
            if normalize_first {
                row.normalize();
                FullRow(&mut full).normalize();
            }
            apply(&settings, &ids, &mut row);
            apply(&settings, &ids, &mut FullRow(&mut full));
            let sum = log_sum_exp(&full);
            if sum != f32::NEG_INFINITY {
                prop_assert!((row.log_sum_exp() - sum).abs() < 1e-5);
            }
            let found = row.best(count, logits.len());
            let wanted = sorted(&full, count);
            for (found, wanted) in found.iter().zip(&wanted) {
                prop_assert!(found.score == wanted.score || (found.score - wanted.score).abs() < 1e-5, "{found:?} {wanted:?}");
                // Near-ties may change places where the sums differ in their last digit.
                prop_assert!(found.id == wanted.id || (full[found.id as usize] - wanted.score).abs() < 1e-5, "{found:?} {wanted:?}");
            }
            prop_assert_eq!(found.len(), wanted.len());
        }

        #[test]
        fn as_sorting_all(scores in proptest::collection::vec(-3_i8..3, 1..60), count in 1_usize..10) {
            let scores: Vec<f32> = scores.iter().map(|&s| if s == -3 { f32::NEG_INFINITY } else { f32::from(s) }).collect();
            let mut wanted = sorted(&scores, count);
            wanted.retain(|candidate| candidate.score > f32::NEG_INFINITY);
            prop_assert_eq!(best(&scores, count), wanted);
        }
    }
}
