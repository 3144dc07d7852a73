//! How alike two English wordings of the same Arabic words are, from 0 to 1.

use std::collections::BTreeMap;
use std::ops::Range;

/// Words that say little about which passage this is. They count a fifth.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "did",
    "do", "for", "from", "had", "has", "have", "he", "her", "his", "i", "if", "in", "into", "is", "it", "its", "more",
    "my", "no", "not", "of", "on", "one", "or", "our", "over", "s", "said", "she", "so", "such", "t", "than", "that",
    "the", "their", "them", "there", "these", "they", "this", "those", "to", "up", "us", "was", "we", "were", "what",
    "when", "which", "who", "will", "with", "would", "you", "your",
];
const FUNCTION_WORD_WEIGHT: f64 = 0.2;

/// A word of a line: its comparison key and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case.
    pub key: String,
    /// Bytes of the line.
    pub range: Range<usize>,
}

/// Runs of letters and digits.
pub(super) fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (start, c) in line.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let end = start + c.len_utf8();
        match words.last_mut() {
            Some(word) if word.range.end == start => {
                word.key.extend(c.to_lowercase());
                word.range.end = end;
            }
            _ => words.push(Word { key: c.to_lowercase().collect(), range: start..end }),
        }
    }
    words
}

/// A word that can tell a passage from others.
pub(super) fn is_content_word(key: &str) -> bool {
    key.chars().count() >= 2 && FUNCTION_WORDS.binary_search(&key).is_err()
}

/// The larger of two F1 measures: of words (function words at a fifth of the weight) and of character trigrams. The
/// second forgives spellings (`TASS`, `Tass agency`; `Pezeshkian`, `Bezeshkian`), the first the order of words.
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let weight = |word: &Word| if is_content_word(&word.key) { 1.0 } else { FUNCTION_WORD_WEIGHT };
    let weighted = |words: &[Word]| bag(words.iter().map(|word| (word.key.clone(), weight(word))));
    let joined = |words: &[Word]| {
        let mut text = String::from(" ");
        for word in words {
            text.push_str(&word.key);
            text.push(' ');
        }
        let characters: Vec<char> = text.chars().collect();
        bag(characters.windows(3).map(|window| (window.iter().collect(), 1.0)))
    };
    f1(&weighted(&a), &weighted(&b)).max(f1(&joined(&a), &joined(&b)))
}

/// Key to summed weight, in a fixed order so that sums are the same on every run.
fn bag(items: impl Iterator<Item = (String, f64)>) -> BTreeMap<String, f64> {
    let mut bag = BTreeMap::new();
    for (key, weight) in items {
        *bag.entry(key).or_insert(0.0) += weight;
    }
    bag
}

fn f1(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> f64 {
    let both: f64 = a.iter().filter_map(|(key, weight)| b.get(key).map(|other| weight.min(*other))).sum();
    let total: f64 = a.values().sum::<f64>() + b.values().sum::<f64>();
    if total == 0.0 { 0.0 } else { 2.0 * both / total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_are_sorted() {
        assert!(FUNCTION_WORDS.is_sorted());
    }

    #[test]
    fn the_same_passage_is_alike() {
        let rows = [
            ("Soon.", "soon", 0.99, 1.0),
            ("the historic document", "a historic document", 0.8, 1.0),
            ("TASS", "Tass", 0.99, 1.0),
            ("Tehran Times", "The Tehran Times", 0.8, 1.0),
            ("Bezeshkian said", "Pezeshkian said", 0.5, 1.0),
            ("soon", "historic document", 0.0, 0.1),
            ("we will pay the price", "they were at the market", 0.0, 0.35),
            ("", "anything", 0.0, 0.0),
        ];
        let failed: Vec<String> = rows
            .iter()
            .map(|(a, b, low, high)| (a, b, low, high, similarity(a, b)))
            .filter(|(_, _, low, high, score)| score < *low || score > *high)
            .map(|row| format!("{row:?}"))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}
