//! Decoding to a given length for each source, for measurements: random weights end where they please.

use super::generate::{Candidate, Decoder, RowScores};
use candle_core::Result;

/// A decoder whose sources end after as many tokens as are asked for, the end included, and not before.
pub(super) struct ForcedLengths<D> {
    inner: D,
    end: Vec<u32>,
    /// Steps that the sources that are left have still to go.
    left: Vec<usize>,
}

impl<D: Decoder> ForcedLengths<D> {
    /// `lengths` tokens for each source of `inner`, in their order; `end` are the tokens that end a sequence.
    pub(super) fn new(inner: D, end: &[u32], lengths: &[usize]) -> Self {
        let mut end = end.to_vec();
        end.sort_unstable();
        end.dedup();
        Self { inner, end, left: lengths.to_vec() }
    }
}

impl<D: Decoder> Decoder for ForcedLengths<D> {
    fn vocabulary(&self) -> usize {
        self.inner.vocabulary()
    }

    fn step(&mut self, tokens: &[u32], named: &[Vec<u32>], count: usize) -> Result<Vec<RowScores>> {
        let with_end: Vec<Vec<u32>> = named
            .iter()
            .map(|named| {
                let mut all = [named.as_slice(), &self.end].concat();
                all.sort_unstable();
                all.dedup();
                all
            })
            .collect();
        // The work is done in the last step too, as it would be.
        let answers = self.inner.step(tokens, &with_end, count)?;
        let rows_each = tokens.len() / self.left.len().max(1);
        self.left.iter_mut().for_each(|left| *left = left.saturating_sub(1));
        let rows = answers.into_iter().zip(with_end.iter().zip(named)).enumerate();
        Ok(rows
            .map(|(row, (answer, (asked, named)))| {
                let ends = self.left[row / rows_each] == 0;
                let is_end = |id: &u32| self.end.binary_search(id).is_ok();
                let score = |id: u32, score: f32| match (is_end(&id), ends) {
                    (true, true) => 0.0,
                    (false, false) => score,
                    _ => f32::NEG_INFINITY,
                };
                let of_named = asked.iter().zip(&answer.named).filter(|(id, _)| named.binary_search(id).is_ok());
                let named_scores = of_named.map(|(&id, &logit)| score(id, logit)).collect();
                if !ends {
                    return RowScores { named: named_scores, ..answer };
                }
                let unnamed = self.end.iter().filter(|id| named.binary_search(id).is_err());
                let best: Vec<_> = unnamed.map(|&id| Candidate { score: 0.0, id }).take(1).collect();
                let log_sum_exp = if best.is_empty() { f32::NEG_INFINITY } else { 0.0 };
                RowScores { best, log_sum_exp, named: named_scores }
            })
            .collect())
    }

    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> Result<()> {
        if let Some(sources) = sources {
            self.left = sources.iter().map(|&source| self.left[source as usize]).collect();
        }
        self.inner.select(rows, sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seq2seq::generate::{EarlyStopping, GenerationSettings, generate};
    use crate::translate::Cancel;
    use proptest::prelude::*;

    /// Logits by chance from the row's number and the step; the end often among the best.
    struct Random {
        seed: u32,
        step: u32,
    }

    impl Decoder for Random {
        fn vocabulary(&self) -> usize {
            30
        }
        fn step(&mut self, tokens: &[u32], named: &[Vec<u32>], count: usize) -> Result<Vec<RowScores>> {
            self.step += 1;
            let rows = tokens.iter().zip(named).enumerate();
            Ok(rows
                .map(|(row, (token, named))| {
                    let mut state = self.seed ^ (self.step << 8) ^ ((row as u32) << 20) ^ token;
                    let mut logits: Vec<f32> = (0..30)
                        .map(|_| {
                            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            (state >> 16) as f32 / 8192.0
                        })
                        .collect();
                    logits[2] += 4.0;
                    RowScores::from_logits(&mut logits, named, count)
                })
                .collect())
        }
        fn select(&mut self, _: &[u32], _: Option<&[u32]>) -> Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn every_source_gets_its_length(
            lengths in proptest::collection::vec(1_usize..12, 1..6),
            beams in 1_usize..5,
            bans_the_end in any::<bool>(),
            no_repeat_ngram_size in 0_usize..3,
            early_stopping in prop_oneof![Just(EarlyStopping::Heuristic), Just(EarlyStopping::Full), Just(EarlyStopping::Never)],
            seed in any::<u32>(),
        ) {
            let settings = GenerationSettings {
                start: 0, end: vec![2], pad: None, forced_bos: None, forced_eos: Vec::new(), max_length: 64, min_length: 0,
                beams, n_best: 1, length_penalty: 1.0, early_stopping, no_repeat_ngram_size, repetition_penalty: 1.0,
                bad_words: if bans_the_end { vec![vec![5], vec![2]] } else { vec![vec![5]] }, suppress: Vec::new(),
                begin_suppress: Vec::new(), renormalize: bans_the_end,
            };
            let mut decoder = ForcedLengths::new(Random { seed, step: 0 }, &settings.end, &lengths);
            let found = generate(&mut decoder, lengths.len(), &settings, &Cancel::new()).unwrap();
            for (sequences, length) in found.iter().zip(&lengths) {
                prop_assert_eq!(sequences[0].ids.len() - 1, *length);
                prop_assert_eq!(sequences[0].ids.last(), Some(&2));
            }
        }
    }
}
