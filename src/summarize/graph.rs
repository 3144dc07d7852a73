//! Which sentences are alike and which are central: tf-idf vectors, cosine similarity, and PageRank over that graph
//! (LexRank with continuous weights: Erkan and Radev, 2004, <https://doi.org/10.1613/jair.1523>).

use std::collections::BTreeMap;

/// A sentence as a vector: word number to weight, length 1, by rising word number.
pub(super) type Vector = Vec<(usize, f64)>;

const DAMPING: f64 = 0.85;
const ITERATIONS: usize = 60;

/// One tf-idf vector for each bag of words; inverse frequency counts the bags themselves. An empty bag gives an empty
/// vector.
pub(super) fn vectors(bags: &[Vec<String>]) -> Vec<Vector> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for word in bags.iter().flatten() {
        let next = numbers.len();
        numbers.entry(word).or_insert(next);
    }
    let mut bags_with = vec![0usize; numbers.len()];
    let counts: Vec<BTreeMap<usize, usize>> = bags
        .iter()
        .map(|bag| {
            let mut counts = BTreeMap::new();
            for word in bag {
                *counts.entry(numbers[word.as_str()]).or_insert(0) += 1;
            }
            for word in counts.keys() {
                bags_with[*word] += 1;
            }
            counts
        })
        .collect();
    let rarity = |word: usize| (1.0 + bags.len() as f64 / bags_with[word] as f64).ln();
    counts
        .into_iter()
        .map(|counts| {
            let weighted: Vector =
                counts.into_iter().map(|(word, count)| (word, (1.0 + (count as f64).ln()) * rarity(word))).collect();
            let length = weighted.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            weighted.into_iter().map(|(word, weight)| (word, weight / length)).collect()
        })
        .collect()
}

/// Cosine of two vectors of length 1 (0 where one is empty).
pub(super) fn cosine(a: &Vector, b: &Vector) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some((left, x)), Some((right, y))) = (a.get(i), b.get(j)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += x * y;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

/// PageRank of each sentence, scaled so that the highest is 1. `alike` is square and symmetric; its diagonal is ignored.
pub(super) fn centrality(alike: &[Vec<f64>]) -> Vec<f64> {
    let count = alike.len();
    let totals: Vec<f64> =
        (0..count).map(|from| (0..count).filter(|to| *to != from).map(|to| alike[from][to]).sum()).collect();
    let mut rank = vec![1.0 / count as f64; count];
    for _ in 0..ITERATIONS {
        // Sentences like no other share their rank with all.
        let lost: f64 = (0..count).filter(|from| totals[*from] == 0.0).map(|from| rank[from]).sum();
        let next = |to: usize| {
            let gained: f64 = (0..count)
                .filter(|from| *from != to && totals[*from] > 0.0)
                .map(|from| rank[from] * alike[from][to] / totals[from])
                .sum();
            (1.0 - DAMPING + DAMPING * lost) / count as f64 + DAMPING * gained
        };
        rank = (0..count).map(next).collect();
    }
    let highest = rank.iter().copied().fold(0.0, f64::max);
    rank.into_iter().map(|value| if highest > 0.0 { value / highest } else { value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(words: &str) -> Vec<String> {
        words.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_sentence_that_shares_most_words_is_central() {
        let vectors = vectors(&[bag("a b c d"), bag("a b x y"), bag("c d z w"), bag("q r s t"), vec![]]);
        let alike: Vec<Vec<f64>> =
            vectors.iter().map(|left| vectors.iter().map(|right| cosine(left, right)).collect()).collect();
        let rank = centrality(&alike);
        assert_eq!(rank[0], 1.0);
        assert!(rank[1] > rank[3] && rank[2] > rank[3], "{rank:?}");
        assert!((cosine(&vectors[0], &vectors[0]) - 1.0).abs() < 1e-12);
        assert!(centrality(&[]).is_empty());
    }
}
