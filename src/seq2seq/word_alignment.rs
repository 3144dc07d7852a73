//! Words of a translation and the words of the source that they came from, by cross-attention.

use crate::translate::AlignedRange;
use std::ops::Range;

/// For each token the word that it ends in, counted from 0; `None` for tokens that add nothing to the text (language
/// codes, the end). `prefix_text` gives the text of the first N tokens.
fn words_of_tokens<E>(count: usize, prefix_text: impl Fn(usize) -> Result<String, E>) -> Result<Vec<Option<usize>>, E> {
    let mut before = prefix_text(0)?;
    let mut words = Vec::with_capacity(count);
    for end in 1..=count {
        let text = prefix_text(end)?;
        let word = text.split_whitespace().count().checked_sub(1);
        words.push(word.filter(|_| text != before));
        before = text;
    }
    Ok(words)
}

/// Bytes of the words of `text`.
fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| start(word)..start(word) + word.len()).collect()
}

/// One side of a translated text: its words, and which of them each token belongs to.
pub(super) struct Side {
    words: Vec<Range<usize>>,
    of_tokens: Vec<Option<usize>>,
}

impl Side {
    /// `decode` gives the text of the first N of `count` tokens. `None` where their words are not those of `text` (the
    /// tokenizer changed white space, or a word before the text tells the language).
    ///
    /// # Errors
    /// As `decode`.
    pub(super) fn new<E>(
        text: &str,
        count: usize,
        decode: impl Fn(usize) -> Result<String, E>,
    ) -> Result<Option<Self>, E> {
        let words = word_ranges(text);
        let of_tokens = words_of_tokens(count, decode)?;
        let decoded = of_tokens.iter().flatten().max().map_or(0, |last| last + 1);
        Ok((decoded == words.len()).then_some(Self { words, of_tokens }))
    }
}

/// The word of the source that each word of the target heeds most. `weights` has a row for each token of the target after
/// the first (the decoder's start), with a number for each token of the source.
pub(super) fn align(source: &Side, target: &Side, weights: &[Vec<f32>]) -> Vec<AlignedRange> {
    // (words of the target, words of the source)
    let mut heeded = vec![vec![0.0_f32; source.words.len()]; target.words.len()];
    for (row, word) in weights.iter().zip(target.of_tokens.iter().skip(1)) {
        let Some(word) = word else { continue };
        for (weight, of) in row.iter().zip(&source.of_tokens) {
            if let Some(of) = of {
                heeded[*word][*of] += weight;
            }
        }
    }
    let most = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)));
    let ranges = heeded.iter().zip(&target.words);
    ranges
        .filter_map(|(row, range)| {
            Some(AlignedRange { source: source.words[most(row)?].clone(), target: range.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(text: &str, tokens: &[&str]) -> Option<Side> {
        let decode = |count: usize| Ok::<_, ()>(tokens[..count].concat().replace('▁', " ").trim().to_owned());
        Side::new(text, tokens.len(), decode).unwrap()
    }

    #[test]
    fn each_word_has_the_word_it_heeds_most() {
        let source = side("قال  الوزير", &["▁قال", "▁ال", "وزير", ""]).unwrap();
        let target = side("the minister said", &["", "▁the", "▁mini", "ster", "▁said", ""]).unwrap();
        let weights = [
            [0.1, 0.5, 0.1, 0.3],
            [0.4, 0.2, 0.3, 0.1], // "mini" alone would go to the second word only with "ال" and "وزير" together
            [0.1, 0.1, 0.7, 0.1],
            [0.8, 0.0, 0.1, 0.1],
            [0.0, 0.0, 0.0, 1.0],
        ]
        .map(|row| row.to_vec());
        let minister = "قال  ".len().."قال  الوزير".len();
        let said = 0.."قال".len();
        let found: Vec<_> = align(&source, &target, &weights).into_iter().map(|one| (one.source, one.target)).collect();
        assert_eq!(found, [(minister.clone(), 0..3), (minister, 4..12), (said, 13..17)]);
    }

    #[test]
    fn words_that_do_not_match_give_no_side() {
        assert!(side("one two", &["▁<2en>", "▁one", "▁two"]).is_none());
        assert!(side("one two", &["▁one▁two▁three"]).is_none());
        assert!(side("", &[""]).is_some());
    }
}
