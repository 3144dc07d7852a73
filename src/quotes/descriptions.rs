//! Descriptions that name nobody, of somebody who was named: `كاتبة المقال`, in a review of the press, is the one whose
//! article is told of; `المغني الشاب` is the artist who spoke last.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::class;
use super::mentions::Mention;
use super::noun_phrases::noun_phrase;
use super::record::SpeakerKind;
use super::resolve::Entity;
use super::same_title::is_origin;
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

/// `mention` may describe `last`, who was named: a calling or a kinship with an adjective of age, fame or origin, and
/// `last` bears no other title.
pub(super) fn describes_bearer(document: &Document, mention: &Mention, last: &Entity) -> bool {
    let [head, adjective] = match &mention.words[..] {
        [head, adjective] | [head, adjective, _] => [head.as_str(), adjective.as_str()],
        _ => return false,
    };
    let person = |kind| kind == SpeakerKind::Person;
    if !document.tokens.list[mention.tokens.0].definite
        || !mention.names.is_empty()
        || mention.plural
        || !person(mention.kind)
        || !person(last.kind)
        || last.names.is_empty()
        || !(is_origin(adjective)
            || document.tokens.is(mention.tokens.0 + 1, class::NATIONALITY)
            || ADJECTIVES.contains(&adjective))
    {
        return false;
    }
    let (start, end) = last.fullest.tokens;
    let mut titles =
        (start..end).filter(|index| document.tokens.is(*index, class::TITLE | class::INDEFINITE | class::ORG));
    last.words.iter().any(|word| word == head)
        || CALLINGS.contains(&head)
            && titles.all(|index| GENERAL.contains(&without_article(document.tokens.key(index))))
}

/// Adjectives that tell a person's age or fame.
const ADJECTIVES: [&str; 10] = ["شاب", "شابة", "اكبر", "كبرى", "اصغر", "صغرى", "مخضرم", "مخضرمة", "شهير", "شهيرة"];

/// What somebody does or is to others, in which there may be many: no office, which is one person's.
const CALLINGS: [&str; 44] = [
    "مغني",
    "مغنية",
    "مطرب",
    "مطربة",
    "فنان",
    "فنانة",
    "نجم",
    "نجمة",
    "لاعب",
    "لاعبة",
    "مهاجم",
    "مدافع",
    "حارس",
    "مدرب",
    "مدربة",
    "بطل",
    "بطلة",
    "عداء",
    "عداءة",
    "كاتب",
    "كاتبة",
    "روائي",
    "روائية",
    "شاعر",
    "شاعرة",
    "مخرج",
    "مخرجة",
    "ملحن",
    "منتج",
    "منتجة",
    "مصمم",
    "مصممة",
    "باحث",
    "باحثة",
    "عالم",
    "عالمة",
    "طبيب",
    "طبيبة",
    "ناشط",
    "ناشطة",
    "ابن",
    "ابنة",
    "اب",
    "ام",
];

/// Titles that say nothing about what somebody does.
const GENERAL: [&str; 10] = ["فنان", "فنانة", "نجم", "نجمة", "شاب", "شابة", "سيد", "سيدة", "كابتن", "دكتور"];
