//! Texts that are longer than the model takes: where they are cut, and how the outputs of the parts are joined.
//!
//! A part is as long as fits, and ends at the best place in it: after a sentence, else after `؛ : ; ،` or a comma, else
//! at a space, else, where a word alone is too long, between two characters.

use super::generate::Sequence;

/// Of the text that fits, the share at the front that is no place to cut: parts shall not become crumbs.
const SHORTEST_PART: usize = 8;

/// Cuts `text` into parts whose `count` is at most `limit`; white space between them is left out. A single character
/// that counts more is a part of its own.
pub fn split(text: &str, limit: usize, count: impl Fn(&str) -> usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fitting = longest_fitting(rest, limit, &count);
        let mut end = if fitting == rest.len() { fitting } else { best_cut(rest, fitting) };
        // What ends at a better place can have more tokens than the longer text that it was cut from.
        while end < rest.len() && count(rest[..end].trim_end()) > limit {
            let shorter = best_cut(rest, end - 1);
            if shorter >= end {
                break;
            }
            end = shorter;
        }
        parts.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    parts
}

/// Bytes of about the longest start of `text` with at most `limit` tokens; one character at least.
fn longest_fitting(text: &str, limit: usize, count: &impl Fn(&str) -> usize) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let border = |at: usize| floor(text, at).max(first);
    let fits = |end: usize| count(text[..end].trim_end()) <= limit;
    // Out by doubling, so that a long rest is never counted as a whole; then in by halves.
    let (mut low, mut high) = (first, border(limit.max(1)));
    while fits(high) {
        low = high;
        if high == text.len() {
            return high;
        }
        // One character at least, however many bytes it has.
        let next = high + text[high..].chars().next().map_or(0, char::len_utf8);
        high = border(high.saturating_mul(2)).max(next);
    }
    while low < high {
        let middle = border(low + (high - low) / 2);
        if middle <= low {
            break;
        }
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The last border between characters at or before byte `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The best place to cut in the first `fitting` bytes.
fn best_cut(text: &str, fitting: usize) -> usize {
    let fitting = floor(text, fitting).max(text.chars().next().map_or(0, char::len_utf8));
    let mut best = [0; 3];
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        if end > fitting {
            break;
        }
        let next = characters.peek().map(|(_, next)| *next);
        let at_word_end = next.is_none_or(char::is_whitespace);
        let class = match character {
            '.' | '!' | '?' | '؟' | '…' | '。' | '۔' if at_word_end => 0,
            // A closing mark belongs to the sentence that it ends.
            '"' | '»' | '”' | ')' if at_word_end && ends_sentence(&text[..at]) => 0,
            '؛' | ';' | ':' | '،' | ',' if at_word_end => 1,
            _ if at_word_end => 2,
            _ => continue,
        };
        best[class] = end;
    }
    let shortest = fitting / SHORTEST_PART;
    best.into_iter().find(|end| *end > shortest).unwrap_or_else(|| between_characters(text, fitting))
}

fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '؟', '…', '۔'])
}

/// Inside a word: not before a mark that belongs to the character in front of it.
fn between_characters(text: &str, fitting: usize) -> usize {
    let joins = |character: char| {
        unicode_normalization::char::is_combining_mark(character)
            || matches!(character, '\u{200d}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
    };
    let places = text[..fitting].char_indices().map(|(at, _)| at).chain([fitting]).rev();
    let fine =
        |at: &usize| *at > 0 && !text[*at..].chars().next().is_some_and(joins) && !text[..*at].ends_with('\u{200d}');
    places.take(16).find(fine).unwrap_or(fitting)
}

/// One sequence of the parts' sequences: the ids one after the other, the score a mean over the tokens.
pub fn join(parts: &[&Sequence]) -> (Vec<u32>, f32) {
    let ids = parts.iter().flat_map(|part| part.ids.iter().copied()).collect();
    let tokens = |part: &Sequence| part.ids.len().saturating_sub(1) as f32;
    let all: f32 = parts.iter().map(|part| tokens(part)).sum();
    let score = parts.iter().map(|part| part.score * tokens(part)).sum::<f32>() / all.max(1.0);
    (ids, score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn characters(text: &str) -> usize {
        text.chars().count()
    }

    #[test]
    fn the_best_place_is_taken() {
        let rows: [(&str, usize, &[&str]); 9] = [
            ("", 10, &[]),
            ("short", 10, &["short"]),
            ("One here. Two there, and more.", 18, &["One here.", "Two there,", "and more."]),
            ("قال: نعم. ثم خرج من القاعة", 14, &["قال: نعم.", "ثم خرج من", "القاعة"]),
            ("«قال نعم.» ثم خرج", 13, &["«قال نعم.»", "ثم خرج"]),
            ("3.5 and 4.5 are numbers", 12, &["3.5 and 4.5", "are numbers"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("aaae\u{301}x", 4, &["aaa", "e\u{301}x"]),
            ("a  b", 1, &["a", "b"]),
        ];
        let failures: Vec<_> = rows
            .iter()
            .map(|(text, limit, wanted)| (text, split(text, *limit, characters), wanted))
            .filter(|(_, found, wanted)| found != *wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_all_fits(text in "[ab ا،.؟\u{301}👍]{0,200}", limit in 1_usize..40) {
            let parts = split(&text, limit, characters);
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
            for part in parts {
                prop_assert!(characters(part) <= limit && !part.is_empty());
            }
        }
    }

    #[test]
    fn joined_scores_are_means_over_tokens() {
        let (one, two) = (Sequence { ids: vec![9, 1, 2, 3], score: -1.0 }, Sequence { ids: vec![9, 4], score: -5.0 });
        let (ids, score) = join(&[&one, &two]);
        assert_eq!(ids, [9, 1, 2, 3, 9, 4]);
        assert!((score + 2.0).abs() < 1e-6);
    }
}
