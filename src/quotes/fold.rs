//! The folded spelling of a word: what lexicon and text are compared by. The bytes themselves are never changed;
//! a token keeps where it stands in the text beside its folded key.

use crate::article::letters::{TATWEEL, ascii_digit, is_haraka, is_invisible, without_persian_shape};
use unicode_normalization::UnicodeNormalization;

/// Diacritics, tatweel, controls and joiners: they carry no meaning for the comparison.
pub(super) fn is_ignorable(c: char) -> bool {
    // Letters first: most characters are one.
    !matches!(c, '\u{0621}'..='\u{063A}' | '\u{0641}'..='\u{064A}' | ' '..='~')
        && (is_haraka(c) || is_invisible(c) || c == TATWEEL)
}

/// Controls without width: they neither part words nor join them.
pub(super) fn is_control(c: char) -> bool {
    !matches!(c, '\u{0600}'..='\u{064A}' | ' '..='~') && is_invisible(c)
}

/// Appends the folded form of `word` to `out`.
pub(super) fn fold_into(word: &str, out: &mut String) {
    for c in word.chars() {
        match c {
            c if is_ignorable(c) => {}
            // Presentation forms: compatibility decomposition gives the letters, two for a ligature.
            '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => {
                out.extend(std::iter::once(c).nfkc().filter(|c| !is_ignorable(*c)).map(fold_letter));
            }
            c => out.push(fold_letter(c)),
        }
    }
}

fn fold_letter(c: char) -> char {
    match without_persian_shape(c) {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ې' => 'ي',
        'ە' => 'ه',
        c => ascii_digit(c).unwrap_or(c),
    }
}

/// The folded form of `word`.
pub(super) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold_into(word, &mut out);
    out
}

/// `key` without the article and the proclitics before it (`والوزير`, `للوزير` and `الوزير` all give `وزير`).
pub(super) fn without_article(key: &str) -> &str {
    for prefix in ["وال", "فال", "بال", "كال", "ال", "لل", "ولل"] {
        if let Some(rest) = key.strip_prefix(prefix)
            && rest.chars().nth(1).is_some()
        {
            return rest;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        let rows = [
            ("أضافَ", "اضاف"),
            ("قـــال", "قال"),
            ("إلى", "الى"),
            ("الى", "الى"),
            ("تصريحاتٍ", "تصريحات"),
            ("\u{FEFB}عب", "لاعب"),
            ("\u{202B}قال\u{202C}", "قال"),
            ("١٢٣", "123"),
            ("کتاب", "كتاب"),
        ];
        let wrong: Vec<_> = rows.iter().filter(|(word, key)| fold(word) != *key).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn articles() {
        let rows = [
            ("الوزير", "وزير"),
            ("والوزير", "وزير"),
            ("للوزير", "وزير"),
            ("بالوزارة", "وزارة"),
            ("ال", "ال"),
            ("والي", "والي"),
        ];
        let wrong: Vec<_> = rows.iter().filter(|(word, rest)| without_article(word) != *rest).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
