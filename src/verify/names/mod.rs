//! Does the English carry the names of the Arabic? Words are compared by sound: consonants by the ways in which Latin
//! script writes them, vowels nearly free. A name that nobody can check says nothing (`None`).

mod letters;
mod similarity;
mod speakers;

pub use speakers::{NamedMention, named_mentions, speaker_is_named};

use crate::article::folding::fold;
use similarity::{latin_letters, similarity, weight};

/// Least [`similarity`] of the same name. Chosen on Wikidata and Google name pairs: 98 to 99 % of the spellings of one
/// name reach it, 0.3 % of pairs of other names of like length do (at 0.65: 99 % and 0.6 %; at 0.8: 97 % and 0.1 %).
const SAME_NAME: f64 = 0.725;
/// Least similarity of several Arabic words with one English word (`جين بينغ`, Jinping).
const SAME_JOINED_NAME: f64 = 0.85;
/// Least weight of an Arabic word that can be told from others.
const LEAST_WEIGHT: f32 = 1.5;
/// Most words of one side that are written as one word on the other.
const LONGEST_JOIN: usize = 3;

/// Names that English does not write by sound.
const EQUIVALENTS: &[(&str, &[&str])] = &[
    ("يوحنا", &["john"]),
    ("بولس", &["paul"]),
    ("بطرس", &["peter"]),
    ("بندكت", &["benedict"]),
    ("بنديكتوس", &["benedict"]),
    ("يسوع", &["jesus"]),
    ("عيسي", &["jesus"]),
    ("موسي", &["moses"]),
    ("داود", &["david"]),
    ("ابراهيم", &["abraham"]),
    ("يعقوب", &["jacob", "james"]),
    ("مريم", &["mary"]),
    ("ايوب", &["job"]),
    ("يونان", &["jonah"]),
    ("متي", &["matthew"]),
];

/// The English words that may be names, ready to be looked through.
struct EnglishNames {
    /// Single words first.
    words: Vec<String>,
    /// Two or three neighbours written as one word.
    joined: Vec<String>,
}

impl EnglishNames {
    /// Words of `english` with a capital, or all of them where there is none.
    fn new(english: &str) -> Self {
        let pieces: Vec<&str> = english
            .split(|c: char| !(c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c)))
            .filter(|piece| !piece.is_empty())
            .collect();
        let cased = pieces.iter().any(|piece| piece.starts_with(char::is_uppercase));
        let joins = |length: usize| {
            pieces
                .windows(length)
                .filter(|window| !cased || window.iter().any(|piece| piece.starts_with(char::is_uppercase)))
                .map(|window| latin_letters(&window.concat()).into_iter().collect::<String>())
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
        };
        Self { words: joins(1), joined: (2..=LONGEST_JOIN).flat_map(joins).collect() }
    }

    /// Some word has the sound of the Arabic name word.
    fn contains(&self, name: &str) -> bool {
        let key = fold(name);
        let equivalents = EQUIVALENTS.iter().filter(|(arabic, _)| *arabic == key).flat_map(|(_, english)| *english);
        equivalents.into_iter().any(|english| self.words.iter().any(|word| word == english))
            || self.words.iter().chain(&self.joined).any(|word| similarity(name, word) >= SAME_NAME)
    }

    /// Some single word has the sound of several Arabic words together.
    fn contains_joined(&self, names: &[&str]) -> bool {
        let name = names.concat();
        self.words.iter().any(|word| similarity(&name, word) >= SAME_JOINED_NAME)
    }
}

/// Which of the Arabic name words `english` does not carry; `None` where no word of them can be told from others.
pub fn missing<'n>(names: &[&'n str], english: &str) -> Option<Vec<&'n str>> {
    let checked: Vec<usize> = (0..names.len()).filter(|index| weight(names[*index]) >= LEAST_WEIGHT).collect();
    if checked.is_empty() {
        return None;
    }
    let english = EnglishNames::new(english);
    let in_join = |index: usize| {
        (2..=LONGEST_JOIN).any(|length| {
            (index.saturating_sub(length - 1)..=index)
                .filter_map(|start| names.get(start..start + length))
                .any(|window| english.contains_joined(window))
        })
    };
    let is_missing = |index: &usize| !english.contains(names[*index]) && !in_join(*index);
    Some(checked.into_iter().filter(is_missing).map(|index| names[index]).collect())
}

#[cfg(test)]
mod tests;
