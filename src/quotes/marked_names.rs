//! Marked names inside other words: of whom somebody is a member, whom somebody is close to or meets, and what stands
//! beside another name in marks.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::class;
use super::marks::MarkedSpan;
use super::not_speech::introduced_alone;
use super::tokens::Kind;

/// Longest such name, in words.
const LONGEST: usize = 4;
/// Names told one after the other.
const CHAIN: usize = 5;

/// `القوات التابعة لـ«…»`, `قيادي في «…»`, `كل من «…»`: a group or a person is named in marks.
pub(super) fn group_named(document: &Document, span: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let first = span.open + 1;
    let words = document.word_count(span.open, span.close);
    if !(1..=LONGEST).contains(&words) || span.open < 2 || tokens.list[first].verb.is_some() {
        return false;
    }
    let preposition = tokens.key(span.open - 1);
    let before = span.open - 2;
    let word = without_article(tokens.stem(before));
    let stem = ["ين", "ون", "ات", "ان", "ة", "ا"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    let is_one_of = |list: &[&str]| list.contains(&word) || list.contains(&stem);
    // `قائد «…»`: whose leader he is. `قائد «عظيم»` is a remark: what has a leader has the article somewhere.
    let definite = tokens.list[first].definite || tokens.list[span.close - 1].definite;
    if definite && !tokens.list[span.open - 1].definite && LED.contains(&preposition) {
        return true;
    }
    match preposition {
        "ب" => is_one_of(&["مرتبط", "صلة", "علاقة", "ملتحق"]),
        "ل" => is_one_of(&[
            "تابع",
            "موال",
            "موالي",
            "خاضع",
            "مملوك",
            "حليف",
            "مبايع",
            "مناصر",
            "هجوم",
            "قيادي",
            "مقر",
            "معقل",
        ]),
        "الى" => is_one_of(&[
            "منتم",
            "منتمي",
            "منتسب",
            "منضم",
            "ينتم",
            "ينتمي",
            "تنتمي",
            "ينتمون",
            "انضم",
            "انضمام",
            "انتماء",
        ]),
        "على" => is_one_of(&["محسوب"]),
        "من" => is_one_of(&[
            "بدعم",
            "بتمويل",
            "كل",
            "كلا",
            "مقرب",
            "قريب",
            "مدعوم",
            "منشق",
            "عناصر",
            "مسلح",
            "مقاتل",
            "عضو",
            "قيادي",
        ]),
        "عن" => is_one_of(&["نائب", "ممثل", "منشق", "مرشح"]),
        "مع" => is_one_of(&[
            "لقاء",
            "لقاءات",
            "تحالف",
            "متحالف",
            "حوار",
            "اجتماع",
            "مباراة",
            "مفاوضات",
            "تنسيق",
            "تعاون",
            "علاقة",
            "علاقات",
            "اشتباك",
        ]),
        "في" => {
            (tokens.is(before, class::TITLE | class::INDEFINITE)
                || is_one_of(&["قيادي", "عضو", "مسؤول", "ناشط", "لاعب"]))
                && (tokens.list[first].definite || tokens.is(first, class::ORG))
        }
        // `المباراة بين «…» و«…»`
        "بين" => {
            let next = span.after() + 1;
            words <= 2
                && tokens.key(span.after()) == "و"
                && document.span_at(next).is_some_and(|next| document.word_count(next.open, next.close) <= 2)
        }
        // The dual or plural of what has such names.
        "قنوات" | "قناتي" | "قناتا" | "صحف" | "صحيفتي" | "صحيفتا" | "حركتي" | "حركتا" | "حزبي" | "حزبا" | "تنظيمي"
        | "تنظيما" | "جماعتي" | "جماعتا" | "ناديي" | "فريقي" | "شركتي" | "شركتا" => {
            true
        }
        "قبل" => definite && tokens.key(before) == "من",
        _ => false,
    }
}

/// What a group has: people of its own and places.
const LED: [&str; 38] = [
    "قائد",
    "زعيم",
    "رئيس",
    "مؤسس",
    "مقاتل",
    "مقاتلي",
    "مقاتلو",
    "مسلحي",
    "مسلحو",
    "عناصر",
    "عنصر",
    "ممثل",
    "ممثلي",
    "ممثلو",
    "نواب",
    "وزراء",
    "مرشح",
    "مرشحي",
    "جمهور",
    "جماهير",
    "مشجعي",
    "لاعب",
    "لاعبي",
    "لاعبو",
    "مدرب",
    "حارس",
    "مهاجم",
    "اتباع",
    "انصار",
    "مؤيدي",
    "مناصري",
    "وفد",
    "خلايا",
    "كوادر",
    "فصائل",
    "كتائب",
    "مقر",
    "معاقل",
];

/// `قناتا «…» و«…»`: behind a name in marks and `و`.
pub(super) fn beside_name(document: &Document, span: &MarkedSpan) -> bool {
    let spans = &document.marks.spans;
    let mut this = spans.partition_point(|other| other.open < span.open);
    let short = |index: usize| document.word_count(spans[index].open, spans[index].close) <= LONGEST;
    for _ in 0..CHAIN {
        if this == 0 || this >= spans.len() || !short(this) || !joined(document, &spans[this - 1], &spans[this]) {
            return false;
        }
        this -= 1;
        if short(this) && introduced_alone(document, &spans[this]) {
            return true;
        }
    }
    false
}

/// Only `و`, a comma or both stand between the two.
fn joined(document: &Document, first: &MarkedSpan, second: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let between = first.after()..second.open;
    !first.unclosed
        && first.close < second.open
        && (1..=2).contains(&between.len())
        && between.clone().all(|index| tokens.kind(index) == Kind::Comma || tokens.key(index) == "و")
}
