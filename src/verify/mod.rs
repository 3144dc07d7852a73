//! Checks of the English against the Arabic. Each says what it looked at; what nothing checks stays `None` in the records.

pub mod names;
pub mod numbers;
pub mod summary;

use crate::article::folding::has_arabic_letter;
use crate::article::letters::is_arabic_letter;
use crate::quotes::Attribution;
use crate::translate::Flag;
use crate::translate::marks::is_mark;
use std::ops::Range;

/// Fewest Arabic words for the length check: below, one word more or less says nothing.
const LENGTH_CHECK_MIN_WORDS: usize = 6;
/// English words for one Arabic word. Wide on purpose: it finds lost clauses and loops, not style. In professional
/// translations of news and encyclopaedia sentences (1,997 pairs of FLORES and NTREX) 16 lie outside: 5 terse headlines,
/// the others lines with a wrong partner or without spaces.
const LENGTH_RATIO: std::ops::RangeInclusive<f64> = 0.6..=2.6;

/// What is wrong with `english` as the translation of the Arabic sentence, in the order of [`Flag`].
pub fn sentence_flags(arabic: &str, english: &str) -> Vec<Flag> {
    let mut flags = Vec::new();
    if !numbers::compare(arabic, english).agree() {
        flags.push(Flag::NumberMismatch);
    }
    if has_arabic_letter(english) {
        flags.push(Flag::ArabicLeftover);
    }
    if length_is_unlikely(arabic, english) {
        flags.push(Flag::LengthRatio);
    }
    flags
}

/// The English is much longer or shorter than the Arabic makes likely. Never so for short or mainly Latin sentences.
pub fn length_is_unlikely(arabic: &str, english: &str) -> bool {
    let source = arabic.split_whitespace().filter(|word| word.chars().any(is_arabic_letter)).count();
    let target = english.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    source >= LENGTH_CHECK_MIN_WORDS && !LENGTH_RATIO.contains(&(target as f64 / source as f64))
}

/// The reported words are byte slices of the article's text, the pieces in order and inside the whole.
pub fn is_verbatim(article_text: &str, quote: &Attribution) -> bool {
    let whole = quote.content.span();
    let content = article_text.get(whole.start..whole.end).is_some_and(|slice| slice == quote.content.text);
    let pieces = quote.spans.iter().all(|span| {
        article_text.get(span.start..span.end).is_some() && whole.start <= span.start && span.end <= whole.end
    });
    content && pieces && quote.spans.is_sorted_by(|a, b| a.end <= b.start)
}

/// Every quotation mark of `english` stands right before or right after one of `recorded`, and each of those has both.
/// ASCII `'` is an apostrophe in the English of this program.
pub fn marks_are_recorded(english: &str, recorded: &[Range<usize>]) -> bool {
    let opening = |at: usize| recorded.iter().any(|range| range.start == at);
    let closing = |at: usize| recorded.iter().any(|range| range.end == at);
    let marks = || english.char_indices().filter(|(_, c)| *c != '\'' && is_mark(*c));
    let known = marks().all(|(at, c)| opening(at + c.len_utf8()) || closing(at));
    let both = recorded.iter().all(|range| {
        let before = english.get(..range.start).and_then(|text| text.chars().next_back());
        let after = english.get(range.end..).and_then(|text| text.chars().next());
        matches!((before, after), (Some('"'), Some('"')) | (Some('‘'), Some('’')))
    });
    known && both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_outside_records_are_found() {
        // The English, where records stand in it, is it fine?
        type Row = (&'static str, &'static [(usize, usize)], bool);
        let rows: &[Row] = &[
            ("no marks, don't", &[], true),
            ("a \"b\" c", &[(3, 4)], true),
            ("a \"b\" c", &[], false),
            ("a \"b c", &[(3, 4)], false),
            ("a “b” c", &[], false),
            ("\"a ‘b’ c\"", &[(1, 12)], false),
            ("\"a ‘b’ c\"", &[(1, 12), (6, 7)], true),
            ("a b c", &[(2, 3)], false),
        ];
        let fine = |english: &str, recorded: &[(usize, usize)]| {
            let recorded: Vec<Range<usize>> = recorded.iter().map(|(start, end)| *start..*end).collect();
            marks_are_recorded(english, &recorded)
        };
        let failed: Vec<_> = rows.iter().filter(|row| fine(row.0, row.1) != row.2).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }

    #[test]
    fn flags_of_a_sentence() {
        let rows: &[(&str, &str, &[Flag])] = &[
            (
                "وصل الوفد إلى العاصمة صباح اليوم بعد رحلة طويلة",
                "The delegation reached the capital this morning after a long trip",
                &[],
            ),
            ("وصل الوفد إلى العاصمة صباح اليوم بعد رحلة طويلة", "The delegation", &[Flag::LengthRatio]),
            ("وصل الوفد", "The delegation of the country arrived here today", &[]),
            ("قتل 15 جنديا", "16 soldiers were killed", &[Flag::NumberMismatch]),
            ("قتل 15 جنديا", "15 جنديا were killed", &[Flag::ArabicLeftover]),
        ];
        let failed: Vec<_> =
            rows.iter().filter(|(arabic, english, flags)| sentence_flags(arabic, english) != *flags).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}
