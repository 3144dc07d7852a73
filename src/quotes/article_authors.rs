//! `كاتبة المقال`, `معد التقرير`: in a review of the press, the one whose article is told of and who was named with it.

use super::document::Document;
use super::lexicon::class;
use super::mentions::Mention;
use super::noun_phrases::noun_phrase;
use super::tokens::{Kind, Proclitic};

/// Tokens looked back at for the article and its author.
const LOOK_BACK: usize = 300;
/// Words between the article and its author (`مقالا في صفحة الرأي لفلان`).
const BETWEEN: usize = 5;

/// Tokens of the person who was named as the author of the last article before `mention`, which calls them its author;
/// `None` where it does not, or where nobody was named.
pub(super) fn author_before(document: &Document, mention: &Mention) -> Option<(usize, usize)> {
    let words: Vec<&str> = mention.words.iter().map(String::as_str).collect();
    let calls = match words[..] {
        ["كاتب" | "كاتبة" | "معد" | "معدة" | "صاحب" | "صاحبة", written] => is_written(written),
        ["كاتب" | "كاتبة"] => true,
        _ => false,
    };
    if !calls || !mention.names.is_empty() {
        return None;
    }
    let tokens = &document.tokens;
    let start = mention.tokens.0;
    (start.saturating_sub(LOOK_BACK)..start)
        .rev()
        .filter(|at| is_written(tokens.key(*at)))
        .find_map(|at| named_author(document, at, start))
}

/// The author named behind the article at token `at`: `مقالا لفلان`, `تقريرا أعدته فلانة`, `مقال بقلم فلان`.
fn named_author(document: &Document, at: usize, limit: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    for index in at + 1..(at + 2 + BETWEEN).min(limit) {
        if tokens.kind(index) != Kind::Word || document.marked(index) {
            return None;
        }
        let by = matches!(tokens.key(index), "كتبه" | "كتبته" | "كتبها" | "كتبتها" | "اعده" | "اعدته" | "بقلم");
        let of = tokens.list[index].proclitic == Proclitic::Preposition && tokens.key(index).starts_with('ل');
        let start = if by { index + 1 } else { index };
        if (by || of) && (tokens.is(start, class::NAME | class::TITLE) || document.family_name(start)) {
            let end = noun_phrase(document, start, true).filter(|end| *end <= limit)?;
            let named = (start..end).any(|index| tokens.is(index, class::NAME) || document.family_name(index));
            return named.then_some((start, end));
        }
    }
    None
}

/// An article, by its folded word in any case.
fn is_written(word: &str) -> bool {
    let word = word.strip_prefix("ال").unwrap_or(word);
    matches!(
        word,
        "مقال"
            | "مقالا"
            | "مقالة"
            | "تقرير"
            | "تقريرا"
            | "تحليل"
            | "تحليلا"
            | "تحقيق"
            | "تحقيقا"
            | "افتتاحية"
    )
}
