//! The best few of many.

/// A score and whose it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub score: f32,
    pub id: u32,
}

/// The `count` best of a row, best first; of equal scores the lower id comes first.
pub(super) fn best(scores: &[f32], count: usize) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(count + 1);
    let mut threshold = f32::NEG_INFINITY;
    for (id, &score) in scores.iter().enumerate() {
        if kept.len() == count && score <= threshold {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_sorting_all(scores in proptest::collection::vec(-3_i8..3, 1..60), count in 1_usize..10) {
            let scores: Vec<f32> = scores.iter().map(|&s| if s == -3 { f32::NEG_INFINITY } else { f32::from(s) }).collect();
            let mut all: Vec<_> = scores.iter().enumerate().map(|(id, &score)| Candidate { score, id: id as u32 }).collect();
            all.sort_by(|a, b| b.score.total_cmp(&a.score));
            all.truncate(count);
            prop_assert_eq!(best(&scores, count), all);
        }
    }
}
