//! Folded Arabic: one spelling for the variants of a letter, so that words can be compared.

use super::letters::{TATWEEL, ascii_digit, is_arabic_letter, is_haraka, is_invisible, without_persian_shape};
use unicode_normalization::UnicodeNormalization;

/// Any Arabic letter in `text`.
pub fn has_arabic_letter(text: &str) -> bool {
    text.chars().any(is_arabic_letter)
}

/// `word` without vowel marks, tatweel and invisible signs, with alef, hamza, yeh and teh marbuta forms folded, ASCII
/// digits, lower-case Latin.
pub fn fold(word: &str) -> String {
    word.nfkc()
        .filter(|c| !is_haraka(*c) && !is_invisible(*c) && *c != TATWEEL)
        .flat_map(|c| {
            let folded = match without_persian_shape(c) {
                'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
                'ى' | 'ئ' => 'ي',
                'ؤ' => 'و',
                'ة' => 'ه',
                plain => ascii_digit(plain).unwrap_or(plain),
            };
            folded.to_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_fold_to_one() {
        let rows = [
            ("الإتّفاقيّة", "الاتفاقيه"),
            ("إلى", "الي"),
            ("مئة", "ميه"),
            ("بـ", "ب"),
            ("٢٠٢٤", "2024"),
            ("ﻻ", "لا"),
            ("\u{202b}تاس\u{202c}", "تاس"),
            ("BBC", "bbc"),
        ];
        let failed: Vec<_> =
            rows.iter().filter(|(word, key)| fold(word) != *key).map(|row| (row, fold(row.0))).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}
