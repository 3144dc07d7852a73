//! Cleaning: the form of a text that a translation model is given. Spans never point into it.

use super::letters::{TATWEEL, ascii_digit, is_haraka, is_invisible, without_persian_shape};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// One line for a model, trimmed.
///
/// Presentation forms and ligatures become plain letters (NFKC on their two blocks only, so that `…` or `²` stay as
/// they are), a hamza or madda written as a mark of its own joins its letter, Persian `ی ک` become `ي ك`, all digits
/// become ASCII with `٫` and `٬` between them as `.` and `,`. Vowel marks, tatweel, controls, bidi controls and
/// zero-width characters go; each run of white space becomes one space. Quotation marks stay.
pub fn for_model(text: &str) -> String {
    let mut line = ModelLine { text: String::with_capacity(text.len()), space: false };
    for character in text.chars() {
        if matches!(character, '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}') {
            std::iter::once(character).nfkc().for_each(|plain| line.push(plain));
        } else {
            line.push(character);
        }
    }
    line.text
}

struct ModelLine {
    text: String,
    /// White space was read since the last character of `text`.
    space: bool,
}

impl ModelLine {
    fn push(&mut self, character: char) {
        if character.is_whitespace() {
            self.space = true;
        } else if matches!(character, '\u{0653}'..='\u{0655}') {
            self.join_hamza_or_madda(character);
        } else if !(is_haraka(character) || character == TATWEEL || is_invisible(character)) {
            if std::mem::take(&mut self.space) && !self.text.is_empty() {
                self.text.push(' ');
            }
            match ascii_digit(character) {
                Some(digit) => self.push_digit(digit),
                None if character == '٪' => self.text.push('%'),
                None => self.text.push(without_persian_shape(character)),
            }
        }
    }

    /// `ا` + U+0654 is `أ`; on a letter without such a form the mark goes as vowels do.
    fn join_hamza_or_madda(&mut self, mark: char) {
        let joined = self.text.chars().next_back().and_then(|letter| compose(letter, mark));
        if let (false, Some(joined)) = (self.space, joined) {
            self.text.pop();
            self.text.push(joined);
        }
    }

    fn push_digit(&mut self, digit: char) {
        let mut before = self.text.chars().rev();
        let separator = match before.next() {
            Some('٫') => Some('.'),
            Some('٬') => Some(','),
            _ => None,
        };
        if let (Some(separator), true) = (separator, before.next().is_some_and(|c| c.is_ascii_digit())) {
            self.text.pop();
            self.text.push(separator);
        }
        self.text.push(digit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        let rows: &[(&str, &str)] = &[
            ("  قال\u{00A0}الوزير\r\n\tنعم  ", "قال الوزير نعم"),
            ("الـــعـــربـــيـــة", "العربية"),
            ("تصريحاتٍ أنّ نصّ مُحَمَّد", "تصريحات أن نص محمد"),
            ("\u{FEFF}\u{202B}خبر\u{202C} \u{200F}عاجل\u{200E}", "خبر عاجل"),
            ("ﻣﺼﺮ ﻻ ﷲ", "مصر لا الله"),
            ("ايران در تهران کیهان", "ايران در تهران كيهان"),
            ("کیهان ی", "كيهان ي"),
            ("٣٫٥ و١٬٢٠٠ و۴۵٪", "3.5 و1,200 و45%"),
            ("٫٥ ٣٫ ٣٬أ", "٫5 3٫ 3٬أ"),
            ("ا\u{0654}حمد آ ا\u{0653}ن مسو\u{0654}ول", "أحمد آ آن مسؤول"),
            ("«قال» \"نعم\" “لا” …", "«قال» \"نعم\" “لا” …"),
            ("\u{0}\u{1}أ\u{7f}ب\u{85}ج", "أب ج"),
            ("می\u{200C}شود", "ميشود"),
            ("ﹰ", ""),
            ("", ""),
            (" \u{200B} ", ""),
        ];
        let wrong: Vec<_> =
            rows.iter().filter(|(raw, clean)| for_model(raw) != *clean).map(|(raw, _)| (raw, for_model(raw))).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    proptest! {
        #[test]
        fn leaves_one_clean_line(raw in "[\\PC\u{0}-\u{20}\u{640}-\u{670}\u{6CC}\u{200B}-\u{202E}\u{FB50}-\u{FEFF}]{0,80}") {
            let clean = for_model(&raw);
            prop_assert!(!clean.chars().any(|c| c == TATWEEL || is_haraka(c) || is_invisible(c) || c.is_control()));
            prop_assert!(!clean.contains("  ") && clean.trim() == clean);
            prop_assert!(clean.chars().all(|c| c == ' ' || !c.is_whitespace()));
            prop_assert_eq!(for_model(&clean), clean);
        }
    }
}
