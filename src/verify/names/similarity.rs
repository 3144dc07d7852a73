//! How well a Latin word can be the sound of an Arabic one: the cheapest alignment of their letters.

use super::letters::{insertion, omission, spellings};
use crate::article::folding::fold;
use unicode_normalization::UnicodeNormalization;

/// Longest words that are compared; letters beyond are left out.
const LONGEST_WORD: usize = 40;
/// A word weighs at least this much, so that a single odd letter does not make a short word another one.
const LEAST_WEIGHT: f32 = 1.0;
/// Another letter in the place of one is at least this far from it.
const LEAST_SUBSTITUTION: f32 = 0.5;
/// A first letter that is another or is not there counts that much more (`Saudi` is not `مسعود`).
const FIRST_LETTER: f32 = 1.3;

/// From 0 (nothing alike) to 1 (written as usual). The Arabic article is optional. 0 where one side has no letters.
pub(super) fn similarity(arabic: &str, latin: &str) -> f64 {
    let latin = latin_letters(latin);
    let word = arabic_letters(arabic);
    let without_article = word.strip_prefix(&['ا', 'ل'][..]).filter(|rest| rest.len() > 1).map(<[char]>::to_vec);
    let best = std::iter::once(word).chain(without_article).map(|word| aligned(&word, &latin)).fold(0.0, f32::max);
    f64::from(best)
}

/// Weight of the letters that Latin script must show: about the number of consonants.
pub(super) fn weight(arabic: &str) -> f32 {
    arabic_letters(arabic).into_iter().map(omission).sum()
}

/// The folded Arabic letters of `word`.
fn arabic_letters(word: &str) -> Vec<char> {
    fold(word).chars().filter(|c| spellings(c.encode_utf8(&mut [0; 4])).next().is_some()).take(LONGEST_WORD).collect()
}

/// Lower-case letters a to z; those with diacritics lose them.
pub(super) fn latin_letters(word: &str) -> Vec<char> {
    word.nfkd().flat_map(char::to_lowercase).flat_map(plain).take(LONGEST_WORD).collect()
}

fn plain(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' | 'ɪ' => "i",
        'ə' => "e",
        _ => "",
    };
    plain.chars().chain(letter.is_ascii_lowercase().then_some(letter))
}

fn aligned(arabic: &[char], latin: &[char]) -> f32 {
    let rows = arabic.len();
    let columns = latin.len();
    let inserted: Vec<f32> = (0..columns)
        .map(|at| insertion(latin[at], at.checked_sub(1).map(|before| latin[before]), at + 1 == columns))
        .collect();
    let arabic_weight: f32 = arabic.iter().map(|letter| omission(*letter)).sum();
    let weight = arabic_weight.max(inserted.iter().sum()).max(LEAST_WEIGHT);
    if rows == 0 || columns == 0 {
        return 0.0;
    }
    let word: String = latin.iter().collect();
    // costs[i][j]: the first i Arabic letters against the first j Latin ones. (arabic + 1, latin + 1)
    let mut costs = vec![vec![f32::INFINITY; columns + 1]; rows + 1];
    costs[0][0] = 0.0;
    for i in 0..=rows {
        let ways: Vec<(usize, f32, &str)> = (1..=2.min(rows - i))
            .flat_map(|letters| {
                let part: String = arabic[i..i + letters].iter().collect();
                spellings(&part).map(|(cost, way)| (letters, cost, way)).collect::<Vec<_>>()
            })
            .collect();
        for j in 0..=columns {
            let here = costs[i][j];
            if here == f32::INFINITY {
                continue;
            }
            let mut reach = |i: usize, j: usize, cost: f32| costs[i][j] = costs[i][j].min(here + cost);
            if j < columns {
                reach(i, j + 1, inserted[j]);
            }
            if i == rows {
                continue;
            }
            let omitted = omission(arabic[i]) * if i == 0 { FIRST_LETTER } else { 1.0 };
            reach(i + 1, j, omitted);
            if j < columns {
                reach(i + 1, j + 1, omitted.max(inserted[j]).max(LEAST_SUBSTITUTION));
            }
            // Latin letters are ASCII: a letter is a byte.
            for (letters, cost, way) in ways.iter().filter(|(_, _, way)| word[j..].starts_with(way)) {
                reach(i + letters, j + way.len(), *cost);
            }
        }
    }
    (1.0 - costs[rows][columns] / weight).max(0.0)
}
