//! Folded Arabic: one spelling for the variants of a letter, so that words can be compared.

/// Arabic letters of all blocks (presentation forms included), without digits and punctuation.
pub fn is_arabic_letter(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{870}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{feff}')
}

/// Any Arabic letter in `text`.
pub fn has_arabic_letter(text: &str) -> bool {
    text.chars().any(is_arabic_letter)
}

/// Marks that stand on or between letters and are no letters: harakat, superscript alef, tatweel, bidi controls, joiners.
fn is_ornament(c: char) -> bool {
    matches!(c, '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `word` without ornaments, with alef, hamza, yeh, kaf and teh marbuta forms folded, ASCII digits, lower-case Latin.
pub fn fold(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    word.nfkc()
        .filter(|c| !is_ornament(*c))
        .flat_map(|c| {
            let folded = match c {
                'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
                'ى' | 'ی' | 'ئ' => 'ي',
                'ؤ' => 'و',
                'ة' => 'ه',
                'ک' => 'ك',
                _ => ascii_digit(c).unwrap_or(c),
            };
            folded.to_lowercase()
        })
        .collect()
}

/// The ASCII digit for an Arabic-Indic or extended Arabic-Indic one, or for itself.
pub fn ascii_digit(c: char) -> Option<char> {
    let value = match c {
        '0'..='9' => return Some(c),
        '٠'..='٩' => c as u32 - '٠' as u32,
        '۰'..='۹' => c as u32 - '۰' as u32,
        _ => return None,
    };
    char::from_digit(value, 10)
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
