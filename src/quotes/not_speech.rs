//! Marked words that are nobody's reported words: names, titles, irony, slogans, scripture, terms.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::class;
use super::marked_names::{beside_name, group_named};
use super::marks::MarkedSpan;
use super::record::NotSpeechKind;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::person_in_marks;
use std::collections::{HashMap, HashSet};

/// How often each marked text stands in the article, folded.
pub(super) struct MarkedTexts {
    counts: HashMap<String, usize>,
}

/// The folded words of a marked span.
pub(super) fn folded(document: &Document, span: &MarkedSpan) -> String {
    let mut key = String::new();
    for index in span.open + 1..span.close.min(document.tokens.list.len()) {
        key.push_str(without_article(document.tokens.key(index)));
        key.push(' ');
    }
    key
}

/// One past the last token of the headline; 0 where the first line is too long to be one.
pub(super) fn headline_end(document: &Document) -> usize {
    let tokens = &document.tokens;
    (0..tokens.list.len().min(40)).find(|index| tokens.kind(*index) == Kind::Newline).unwrap_or(0)
}

impl MarkedTexts {
    pub fn new(document: &Document) -> Self {
        let mut counts = HashMap::new();
        // A headline says again what the text says.
        let headline = headline_end(document);
        let short = |span: &&MarkedSpan| span.open >= headline && document.word_count(span.open, span.close) <= 12;
        for span in document.marks.spans.iter().filter(short) {
            *counts.entry(folded(document, span)).or_insert(0) += 1;
        }
        // A single word without article that the journalist writes without marks, too, is a name or a term.
        let singles: HashSet<&str> = document
            .marks
            .spans
            .iter()
            .filter(|span| span.close == span.open + 2)
            .map(|span| document.tokens.key(span.open + 1))
            .collect();
        for index in headline..if singles.is_empty() { headline } else { document.tokens.list.len() } {
            let (token, key) = (&document.tokens.list[index], document.tokens.key(index));
            let plain = token.kind == Kind::Word && token.classes == 0 && !token.definite;
            if plain && singles.contains(key) && !document.marked(index) {
                *counts.entry(format!("{key} ")).or_insert(0) += 1;
            }
        }
        Self { counts }
    }

    fn repeated(&self, document: &Document, span: &MarkedSpan) -> bool {
        self.counts.get(&folded(document, span)).is_some_and(|count| *count > 1)
    }

    /// `"قضية الميناء"`: a case, a deal or an operation and what it is called.
    fn named_case(&self, document: &Document, span: &MarkedSpan) -> bool {
        let tokens = &document.tokens;
        let first = span.open + 1;
        span.close == first + 2
            && matches!(tokens.key(first), "قضية" | "صفقة" | "معركة" | "قافلة")
            && tokens.definite(first + 1)
    }

    /// Marked words inside reported speech: the speaker's own words, or only a name in them?
    pub fn fragment_is_speech(&self, document: &Document, span: &MarkedSpan) -> bool {
        let tokens = &document.tokens;
        let words = document.word_count(span.open, span.close);
        let first = span.open + 1;
        if introduced_name(document, span) && words <= 8
            || self.repeated(document, span)
            || self.named_case(document, span)
        {
            return false;
        }
        // `«ديربي» العاصمة`: a word with a complement is a term, no remark.
        let after = span.after();
        if words == 1
            && !tokens.list[first].definite
            && tokens.is_word(after)
            && tokens.definite(after)
            && tokens.list[after].classes & !(class::ORG | class::TITLE | class::PLACE) == 0
        {
            return false;
        }
        // `دول «النادي الكبير»`: the second part of a construct is a name.
        let before = span.open.saturating_sub(1);
        let group = matches!(
            tokens.key(before),
            "دول"
                | "سكان"
                | "اهالي"
                | "ابناء"
                | "عناصر"
                | "قوات"
                | "مسلحي"
                | "مقاتلي"
                | "انصار"
                | "طلاب"
                | "مدن"
        );
        // `حكومة «اللون الواحد»` is a remark, `دول «النادي الكبير»` a name.
        let construct = (words == 1 || words == 2 && (group || !tokens.is(before, class::ORG)))
            && tokens.list[first].definite
            && tokens.is_word(before)
            && tokens.list[before].kind == Kind::Word
            && !tokens.list[before].definite
            && tokens.list[before].verb.is_none()
            && tokens.list[before].proclitic != Proclitic::Conjunction
            && !tokens.is(
                before,
                class::PREPOSITION
                    | class::ENDS
                    | class::CLAUSE
                    | class::NEGATION
                    | class::AUXILIARY
                    | class::CONNECTIVE,
            )
            && !matches!(tokens.key(before), "و" | "ب" | "ل" | "ك" | "ال" | "لل" | "هو" | "هي")
            && !tokens.key(before).ends_with(['ه', 'ا']);
        if construct {
            return false;
        }
        // `الرئيس «فلان الفلاني»`, `«مستشفى الشفاء»`: a full name or a body with its name.
        let last = span.close - 1;
        let named = (2..=3).contains(&words)
            && last > first
            && (tokens.is(last, class::NAME)
                || document.family_name(last)
                || tokens.list[last].definite && tokens.list[last].classes == 0);
        let body = tokens.is(first, class::ORG | class::PLACE | class::OUTLET)
            && !tokens.list[first].definite
            && tokens.definite(first + 1);
        if named && (tokens.is(first, class::NAME) || body) && tokens.list[first].proclitic == Proclitic::None {
            return false;
        }
        let arabic = (first..span.close).any(|index| tokens.kind(index) == Kind::Word && !tokens.key(index).is_ascii());
        if !arabic {
            return false;
        }
        // `المخرج “باسل الحداد”`
        let bearer = tokens.is(before, class::TITLE) && tokens.list[before].definite && person_in_marks(document, span);
        let single_name = bearer
            || words == 1
                && (tokens.is(first, class::NAME | class::ORG | class::OUTLET)
                    || document.family_name(first) && !tokens.list[first].definite);
        !single_name && !(first..span.close.min(first + 3)).any(|index| tokens.is(index, class::SCRIPTURE))
    }

    /// What kind of name or remark the span is.
    pub fn kind(&self, document: &Document, span: &MarkedSpan) -> NotSpeechKind {
        let tokens = &document.tokens;
        let before = span.open.saturating_sub(1);
        let first = span.open + 1;
        let around = before.saturating_sub(4)..span.open;
        if around.clone().any(|index| tokens.is(index, class::SCRIPTURE)) {
            return NotSpeechKind::Scripture;
        }
        if around.clone().any(|index| matches!(tokens.key(index), "شعار" | "شعاره" | "شعارات")) {
            return NotSpeechKind::Slogan;
        }
        let title_intro = |index: usize| {
            matches!(
                tokens.stem(index),
                "بعنوان"
                    | "عنوان"
                    | "كتاب"
                    | "كتابه"
                    | "كتابها"
                    | "رواية"
                    | "لرواية"
                    | "فيلم"
                    | "مسلسل"
                    | "مسرحية"
                    | "اغنية"
                    | "قصيدة"
                    | "ديوان"
                    | "لقب"
                    | "البوم"
                    | "مقال"
                    | "مقالة"
                    | "روايته"
                    | "روايتها"
                    | "فيلمه"
                    | "فيلمها"
                    | "مسلسله"
                    | "مسرحيته"
                    | "ديوانه"
                    | "ديوانها"
                    | "قصيدته"
                    | "اغنيته"
                    | "اغنيتها"
                    | "كتب"
                    | "لوحة"
                    | "مسلسلها"
            )
        };
        // The nearest word that introduces decides: `مقال لصحيفة «…»` is the paper's name, `رواية «…»` a title.
        let outlet = |index: usize| tokens.is(index, class::OUTLET | class::ADDRESSEE) && !title_intro(index);
        if around.rev().take(2).find(|index| title_intro(*index) || outlet(*index)).is_some_and(title_intro) {
            return NotSpeechKind::Title;
        }
        let numbers = (first..span.close).all(|index| tokens.kind(index) == Kind::Number);
        if numbers {
            return NotSpeechKind::Other;
        }
        let plain = (first..span.close)
            .all(|index| tokens.list[index].classes == 0 && tokens.list[index].proclitic == Proclitic::None);
        if introduced_name(document, span) || self.repeated(document, span) || tokens.is(first, class::NAME) {
            NotSpeechKind::Name
        } else if plain && document.word_count(first, span.close) <= 3 {
            NotSpeechKind::Scare
        } else {
            NotSpeechKind::Name
        }
    }
}

/// The mark at `open` holds the name of an outlet or is behind a phrase that says so (`الوكالة الرسمية للأنباء «…»`).
pub(super) fn outlet_named(document: &Document, open: usize) -> bool {
    let tokens = &document.tokens;
    let mut before = open;
    while before > 0 && open - before < 4 && tokens.is_word(before - 1) && tokens.list[before - 1].verb.is_none() {
        before -= 1;
        if tokens.is(before, class::OUTLET) {
            return !(before + 1..open).any(|index| tokens.is(index, class::CLAUSE | class::PREPOSITION | class::ENDS));
        }
    }
    tokens.is(open + 1, class::OUTLET)
}

/// A word stands before the mark after which a name is quoted (`صحيفة «…»`), or another such name with `و`.
pub(super) fn introduced_name(document: &Document, span: &MarkedSpan) -> bool {
    introduced_alone(document, span) || beside_name(document, span)
}

/// The same without what stands beside other names.
pub(super) fn introduced_alone(document: &Document, span: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let Some(before) = span.open.checked_sub(1) else { return false };
    if group_named(document, span) {
        return true;
    }
    let glued = matches!(tokens.key(before), "ب" | "ل" | "ك" | "ال" | "لل");
    let mut intro = if glued { before.saturating_sub(1) } else { before };
    // `الحملة المرورية «…»`: an adjective stands between.
    if !glued
        && intro > 0
        && tokens.list[intro].definite
        && tokens.list[intro].classes == 0
        && tokens.is(intro - 1, class::NAME_INTRO)
        && document.word_count(span.open, span.close) <= 2
    {
        intro -= 1;
    }
    // `وصف الفيلم بـ"…"`: the noun with the article is what is described.
    if glued && tokens.list[intro].definite && !tokens.key(intro).starts_with("الم") {
        return false;
    }
    // `إن الملتقى "جسر بين الثقافات".`: a clause that ends with the marks needs them for its predicate.
    if !glued
        && intro > 0
        && tokens.list[intro].definite
        && tokens.is(intro - 1, class::CLAUSE)
        && !tokens.definite(span.open + 1)
        && document.word_count(span.open, span.close) >= 2
        && (!tokens.is_word(span.after()) || tokens.is(span.after(), class::ENDS | class::PREPOSITION))
    {
        return false;
    }
    // `السوق "متقلبة جدا"`: behind a noun with the article a predicate may stand; a name would be definite.
    let words = document.word_count(span.open, span.close);
    let first = span.open + 1;
    let predicate = tokens.list[intro].definite
        && !glued
        && !tokens.is(intro, class::OUTLET)
        && !tokens.list[first].definite
        && (words >= 2 || tokens.key(first).starts_with('م') || tokens.key(first).ends_with("ية"))
        && (tokens.list[first].classes & !(class::ENDS | class::PREPOSITION | class::NEGATION)) == 0;
    if predicate {
        return false;
    }
    // `معروفة إعلاميا بـ"قضية الميناء"`, `المسماة "بحر"`
    let known_as = |index: usize| {
        matches!(
            without_article(tokens.key(index)),
            "معروف"
                | "معروفة"
                | "مسمى"
                | "مسماة"
                | "ملقب"
                | "ملقبة"
                | "مشهور"
                | "مشهورة"
                | "يعرف"
                | "تعرف"
                | "عرف"
                | "عرفت"
        )
    };
    if words <= 5 && (before.saturating_sub(3)..=before).any(known_as) {
        return true;
    }
    // `تأسيس "حركة المستقبل"`, `افتتاح «واحة العلوم»`: what is founded or opened is called so.
    let founded = words <= 4
        && matches!(tokens.key(intro), "تاسيس" | "انشاء" | "تدشين" | "افتتاح" | "اطلاق" | "تاسيسه" | "تاسيسها");
    founded
        || (words <= 3 && outlet_named(document, span.open))
        || tokens.is(intro, class::NAME_INTRO | class::OUTLET) && tokens.list[intro].verb.is_none()
        || !glued && tokens.is(before, class::ADDRESSEE)
}
