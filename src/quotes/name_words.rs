//! Which words of a person's mention are the person's name: what a translation must carry over by sound.
//!
//! Sparing on purpose: a name begins with a word of the list of names or right behind a definite title, and goes on over
//! unknown words. `وزير خارجية فرنسا` has none, `المتحدث بيسكوف` has one. A bare name that nothing introduces
//! is not told from other nouns.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::class;
use super::noun_phrases::HEADS;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{name_like, nisba, verbal_noun_pattern};
use crate::article::Span;

/// Classes of words that are no names unless they are in the list of names.
const NO_NAME: u64 = class::ENDS
    | class::MASDAR
    | class::EVIDENCE
    | class::MEDIUM
    | class::NATIONALITY
    | class::EVENT
    | class::PREPOSITION
    | class::TIME
    | class::DEMONSTRATIVE
    | class::RELATIVE
    | class::NEGATION
    | class::AUXILIARY;
/// Parts of names that English writes in many ways or not at all.
const CONNECTORS: &[&str] =
    &["بن", "ابن", "بنت", "ابنة", "ال", "دي", "دو", "دا", "دل", "ديل", "دوس", "فان", "فون", "لا", "ذي"];
/// What follows a name and is translated, not written by sound, and countries and compass points before one.
const TRANSLATED: &[&str] = &[
    "اول",
    "ثاني",
    "ثالث",
    "رابع",
    "خامس",
    "سادس",
    "سابع",
    "ثامن",
    "تاسع",
    "عاشر",
    "عشر",
    "اب",
    "ابن",
    "اكبر",
    "اصغر",
    "جونيور",
    "سينيور",
    "دبليو",
    "راحل",
    "سابق",
    "حالي",
    "جديد",
    "بشكل",
    "نفسه",
    "ذاته",
    "ايضا",
    "جنوب",
    "شمال",
    "شرق",
    "غرب",
    "وسط",
    "اعلى",
    "عام",
    "عامة",
    "خاص",
    "خاصة",
    "بولندا",
    "هولندا",
    "بلجيكا",
    "سويسرا",
    "استراليا",
    "كندا",
    "كرواتيا",
    "قبرص",
    "صربيا",
    "جورجيا",
    "ارمينيا",
    "اثيوبيا",
    "نيوزيلندا",
    "افريقيا",
    "اوروبا",
    "اسيا",
    "اميركا",
    "امريكا",
    "كوريا",
    "البانيا",
    "بلغاريا",
    "رومانيا",
    "فنلندا",
    "ايرلندا",
    "ايسلندا",
    "اسكتلندا",
    "ويلز",
    "انجلترا",
    "انكلترا",
    "نيويورك",
    "كاليفورنيا",
    "لوس",
    "انجلوس",
    "جنيف",
    "فيينا",
    "بروكسل",
    "موناكو",
    "البندقية",
    "كتالونيا",
];

/// One word of a mention.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// In the list of names.
    Known,
    /// Unknown and without article: a name if the place is right.
    Unknown,
    /// An unknown word with article, or an adjective of origin: a name only behind one.
    Family,
    /// Inside a name, but nothing to look for.
    Connector,
    /// No name.
    Other,
}

/// Where the words of the person's name stand in `mention`, in order; empty where the mention has only titles.
/// A clitic written together with a word is left out; `عبد` and the word behind it are one.
pub fn name_words(mention: &str) -> Vec<Span> {
    let document = Document::new(mention);
    let parts: Vec<Part> = (0..document.tokens.list.len()).map(|index| part(&document, index)).collect();
    let mut found = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        if parts[start] == Part::Other {
            start += 1;
            continue;
        }
        let length = parts[start..].iter().take_while(|part| **part != Part::Other).count();
        if let Some(first) = first_name(&document, &parts, start, start + length) {
            add_words(&document, &parts, (first, start + length), &mut found);
        }
        start += length;
    }
    found
}

fn part(document: &Document, index: usize) -> Part {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    if token.kind != Kind::Word || !crate::article::folding::has_arabic_letter(&tokens.text[token.start..token.end]) {
        return Part::Other;
    }
    let key = if token.proclitic == Proclitic::None { tokens.key(index) } else { tokens.stem(index) };
    let bare = without_article(key);
    if document.marked(index) {
        return Part::Other;
    }
    if CONNECTORS.contains(&key) {
        return Part::Connector;
    }
    if TRANSLATED.contains(&bare) || token.is(HEADS) || token.proclitic == Proclitic::Preposition {
        return Part::Other;
    }
    if token.is(class::NAME) {
        return Part::Known;
    }
    if token.is(NO_NAME) || token.verb.is_some() {
        return Part::Other;
    }
    if is_common_word(key) {
        return Part::Other;
    }
    if name_like(document, index) {
        return Part::Unknown;
    }
    if token.classes == 0 { Part::Family } else { Part::Other }
}

/// An unknown word that looks more like a noun or a verb than like a name: with an attached preposition, a pronoun, an
/// ending of the plural, the prefix of the tenth form. Some names look so, too; they are then not looked for.
fn is_common_word(key: &str) -> bool {
    let attached = key.starts_with("لل") || key.starts_with("بال");
    let pronoun = key.starts_with('ب') && (key.ends_with('ه') || key.ends_with("ها") || key.ends_with("هم"));
    let verbal_noun = key.strip_prefix(['ب', 'ك']).is_some_and(verbal_noun_pattern);
    let plural = key.ends_with("ات") && key.chars().count() > 4;
    attached
        || pronoun
        || verbal_noun
        || plural
        || key.starts_with('ل')
        || key.starts_with("است")
        || key.chars().count() == 1
}

/// `جامعة الملك فلان`, `مستشفى الأمير فلان`: the name before `start` is that of an institution.
fn is_institution(document: &Document, start: usize) -> bool {
    let tokens = &document.tokens;
    let royal =
        |index: usize| matches!(tokens.key(index), "الملك" | "الملكة" | "الامير" | "الاميرة" | "السلطان" | "الشيخ");
    start >= 2 && royal(start - 1) && tokens.is_word(start - 2) && !tokens.list[start - 2].definite
}

/// Where the name begins in the run `start..end` of possible names: at the first known one, or at an unknown word right
/// behind a definite title or its adjective. Elsewhere an unknown word may be any noun (`لاعب برشلونة`).
fn first_name(document: &Document, parts: &[Part], start: usize, end: usize) -> Option<usize> {
    let tokens = &document.tokens;
    let behind_title = |index: usize| {
        index.checked_sub(1).is_some_and(|before| {
            let token = &tokens.list[before];
            token.definite
                && (token.is(HEADS | class::NATIONALITY) || nisba(tokens.key(before)))
                && (0..index).any(|title| tokens.is(title, class::TITLE))
        })
    };
    if is_institution(document, start) {
        return None;
    }
    (start..end).find(|index| parts[*index] == Part::Known || (parts[*index] == Part::Unknown && behind_title(*index)))
}

fn add_words(document: &Document, parts: &[Part], (start, end): (usize, usize), found: &mut Vec<Span>) {
    let tokens = &document.tokens;
    let mut index = start;
    while index < end {
        if parts[index] == Part::Connector {
            index += 1;
            continue;
        }
        let token = &tokens.list[index];
        let mut span = Span { start: token.start, end: token.end };
        if token.proclitic != Proclitic::None
            && let Some(first) = span.slice(tokens.text).chars().next()
        {
            span.start += first.len_utf8();
        }
        if tokens.key(index) == "عبد" && index + 1 < end {
            index += 1;
            span.end = tokens.list[index].end;
        }
        found.push(span);
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_mentions() {
        let rows: &[(&str, &[&str])] = &[
            ("رئيس الجمهورية الإيرانية مسعود بزشكيان", &["مسعود", "بزشكيان"]),
            ("وزيرة النقل سلمى الهادي", &["سلمى", "الهادي"]),
            ("المتحدث باسم الكرملين دميتري بيسكوف", &["دميتري", "بيسكوف"]),
            ("رئيس الوزراء", &[]),
            ("وزير خارجية فرنسا", &[]),
            ("وزيرة الخارجية الألمانية", &[]),
            ("الأمير خالد بن سلمان", &["خالد", "سلمان"]),
            ("الدكتور عبد الرحمن السعدون، أستاذ التاريخ", &["عبد الرحمن", "السعدون"]),
            ("رئيسة البلدية هدى الزيتوني", &["هدى", "الزيتوني"]),
            ("لاعب برشلونة", &[]),
            ("نتنياهو", &["نتنياهو"]),
            ("مفتش المباحث نبيل أوغدن", &["نبيل", "أوغدن"]),
            ("منظمو الاحتجاج", &[]),
            ("مدير مستشفى الأمير سلمان الدكتور وليد الجوهري", &["وليد", "الجوهري"]),
            ("النجم الفرنسي استعاد", &[]),
            ("الطبيب السوري لطب الأسنان", &[]),
            ("الكاتبة سعاد الفقيه مؤلفة «مريم»", &["سعاد", "الفقيه"]),
            ("الوزير بتسليط الضوء", &[]),
            ("المرشد الأعلى للبلاد", &[]),
            ("الملك عبدالله الثاني", &["عبدالله"]),
            ("الرئيس الأميركي جورج دبليو بوش الابن", &["جورج", "بوش"]),
            ("المتحدث بيسكوف", &["بيسكوف"]),
            ("المدير العام لشركة المياه نبيل كركوتلي", &["نبيل", "كركوتلي"]),
            ("", &[]),
            ("CNN", &[]),
        ];
        let words = |mention: &str| -> Vec<String> {
            name_words(mention).iter().map(|span| span.slice(mention).to_owned()).collect()
        };
        let failed: Vec<_> = rows.iter().filter(|row| words(row.0) != row.1).map(|row| (row.0, words(row.0))).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }

    proptest! {
        #[test]
        fn names_are_slices_in_order(mention in "([ابتعوليةمدن]{1,5}[ ،.»]|عبد |بن |و|\\PC){0,12}") {
            let spans = name_words(&mention);
            prop_assert!(spans.iter().all(|span| !span.is_empty() && mention.get(span.start..span.end).is_some()));
            prop_assert!(spans.is_sorted_by(|a, b| a.end <= b.start));
        }
    }
}
