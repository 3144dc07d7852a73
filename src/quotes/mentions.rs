//! A mention of a speaker taken apart: name words, title words, kind, gender.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::{Agreement, COUNTRIES, class};
use super::noun_phrases::HEADS;
use super::record::SpeakerKind;
use super::subjects::word_at;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{name_like, names_institution};
use crate::article::Span;

/// A noun phrase that names a speaker.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    /// Tokens, half-open.
    pub tokens: (usize, usize),
    /// Folded words that are names, without article.
    pub names: Vec<String>,
    /// All folded content words, without article.
    pub words: Vec<String>,
    pub kind: SpeakerKind,
    /// Gender by the head's ending; `None` where it shows nothing.
    pub feminine: Option<bool>,
    /// Several human beings: their dropped subject is that of a plural verb.
    pub plural: bool,
    /// The first word has the article, or a name follows: not a first mention of somebody unnamed.
    pub definite: bool,
    /// `الأخير`, `هو`, `المصدر ذاته`.
    pub anaphor: bool,
}

impl Mention {
    /// The mention in `start..end`.
    pub fn new(document: &Document, (start, end): (usize, usize)) -> Self {
        let tokens = &document.tokens;
        let mut names = Vec::new();
        let mut words = Vec::new();
        let mut naming = false;
        for index in start..end {
            let token = &tokens.list[index];
            if token.kind == Kind::Mark {
                naming = false;
                continue;
            }
            if token.kind != Kind::Word {
                naming &= token.kind == Kind::Other;
                continue;
            }
            // `عبد القادر` is written `عبدالقادر`, too.
            let parted = index > start && tokens.key(index - 1) == "عبد" && token.definite;
            if parted {
                let joined = format!("عبد{}", tokens.key(index));
                for list in [&mut names, &mut words] {
                    if list.last().is_some_and(|last| last == "عبد") {
                        list.pop();
                    }
                    list.push(joined.clone());
                }
                naming = true;
                continue;
            }
            let word = word_at(document, index).to_owned();
            if token.is(class::PREPOSITION | class::TIME | class::DEMONSTRATIVE) && !token.is(class::NAME) {
                naming = false;
                continue;
            }
            if index > start && is_self(tokens.key(index)) {
                naming = false;
                continue;
            }
            // Behind a preposition an unknown word is a place or a thing.
            let governed = index > start && tokens.is(index - 1, class::PREPOSITION);
            let name_too = token.is(class::NAME) && index > start;
            let institution = token.is(class::NAME) && names_institution(document, index);
            let allowed = (!token.is(HEADS) || name_too) && (token.is(class::NAME) || !governed) && !institution;
            let named = allowed && is_name(document, index, naming, end - start);
            naming = named;
            if named && word.chars().count() > 1 {
                names.push(word.clone());
            }
            words.push(word);
        }
        // `“الهيئة”`: marks around a word that says what it is.
        let marked = tokens.kind(start) == Kind::Mark && end == start + 3 && tokens.is(start + 1, HEADS);
        let start = if marked { start + 1 } else { start };
        let head = &tokens.list[start];
        // `المسؤول الحكومي ذاته`
        let same = end - start >= 2 && head.definite && names.is_empty() && is_self(tokens.key(end - 1));
        let anaphor = same || head.is(class::ANAPHOR) && (start + head.phrase.max(1) as usize) >= end;
        let kind = kind_of(document, start, end, &names);
        // `مسؤول رفيع`: what describes somebody unnamed is no name.
        if kind == SpeakerKind::Indefinite && !(start..end).any(|index| tokens.is(index, class::NAME)) {
            names.clear();
        }
        // `رئيس الجامعة`, `رئيس محكمة أمن الدولة`: definite by what it belongs to.
        let noun = |index: usize| tokens.kind(index) == Kind::Word && !tokens.is(index, class::PREPOSITION);
        let article =
            (start + 1..end.min(start + 5)).take_while(|index| noun(*index)).find(|at| tokens.list[*at].definite);
        let construct = article.is_some() || of_country(document, start, end);
        let definite = head.definite || (construct || !names.is_empty()) && !head.is(class::INDEFINITE);
        let feminine = match kind {
            SpeakerKind::Person if !names.is_empty() && !head.is(class::TITLE) => None,
            // `عضو المجلس النائبة فلانة`, `عمدة المدينة`
            SpeakerKind::Person
                if tokens.key(start) == "عمدة"
                    || (start + 1..end).any(|index| {
                        tokens.is(index, class::TITLE)
                            && tokens.list[index].definite
                            && tokens.key(index).ends_with('ة')
                    }) && !tokens.key(start).ends_with('ة') =>
            {
                None
            }
            // `محافظ المدينة ليلى فلان`: many titles of women are masculine.
            SpeakerKind::Person
                if names.iter().any(|name| may_be_a_woman(name)) && !tokens.key(start).ends_with('ة') =>
            {
                None
            }
            _ => Some(
                matches!(tokens.stem(start), "ام" | "بنت" | "اخت")
                    || matches!(
                        tokens.stem(start),
                        "والدته"
                            | "والدتها"
                            | "والدتهم"
                            | "شقيقته"
                            | "شقيقتها"
                            | "زوجته"
                            | "ارملته"
                            | "ابنته"
                            | "ابنتها"
                    )
                    || tokens.key(start).ends_with('ة')
                    || (head.is(class::ORG | class::INDEFINITE | class::TEXT) && broken_plural(document, start)),
            ),
        };
        let plural = matches!(kind, SpeakerKind::Person | SpeakerKind::Indefinite)
            && (names.is_empty() || head.is(class::TITLE | class::INDEFINITE))
            && plural_of_people(tokens.stem(start));
        let start = if marked { start - 1 } else { start };
        Self { tokens: (start, end), names, words, kind, feminine, plural, definite, anaphor }
    }

    /// Bytes of the mention, without a proclitic that is written together with its first word.
    pub fn span(&self, document: &Document) -> Span {
        let (start, end) = self.tokens;
        let mut span = document.bytes(start, end);
        let tokens = &document.tokens;
        let token = &tokens.list[start];
        let attached = token.proclitic != Proclitic::None || token.classes == 0 && tokens.key(start).starts_with("وال");
        if token.kind == Kind::Word && attached {
            let article = matches!(tokens.key(start).get(..4), Some("لل") | Some("با"))
                && token.proclitic == Proclitic::Preposition;
            let first = span.slice(tokens.text).chars().next();
            if let Some(first) = first.filter(|first| !article && matches!(first, 'و' | 'ف' | 'ب' | 'ل' | 'ك')) {
                span.start += first.len_utf8();
            }
        }
        // A mark whose partner is outside the phrase is left out.
        if let Some(index) = document.marks.outermost(start) {
            let marked = &document.marks.spans[index];
            if marked.open == start && marked.after() == end {
                return marked.inner;
            }
        }
        span
    }
}

/// Given names with an ending of women's names that men don't bear, and some without.
fn may_be_a_woman(name: &str) -> bool {
    let ending = name.ends_with('ة') || name.ends_with("اء") || name.ends_with('ى');
    let man = matches!(
        name,
        "اسامة"
            | "حمزة"
            | "طلحة"
            | "معاوية"
            | "عبيدة"
            | "خليفة"
            | "عطية"
            | "حذيفة"
            | "قتادة"
            | "جمعة"
            | "عكرمة"
            | "حارثة"
            | "عيسى"
            | "موسى"
            | "مصطفى"
            | "يحيى"
            | "مرتضى"
            | "بهاء"
            | "علاء"
            | "ضياء"
            | "صفاء"
            | "رجاء"
            | "براء"
    );
    ending && !man
        || matches!(
            name,
            "مريم"
                | "زينب"
                | "هند"
                | "سعاد"
                | "عهود"
                | "ريم"
                | "منال"
                | "امل"
                | "ايمان"
                | "دلال"
                | "نوال"
                | "سحر"
        )
}

/// `ذاته`, `المذكور`: the one named before.
fn is_self(key: &str) -> bool {
    matches!(
        key,
        "ذاته"
            | "نفسه"
            | "عينه"
            | "ذاتها"
            | "نفسها"
            | "عينها"
            | "ذاتهم"
            | "انفسهم"
            | "المذكور"
            | "المذكورة"
    )
}

/// A masculine plural, or a dual, of human beings.
pub(super) fn plural_of_people(stem: &str) -> bool {
    let word = without_article(stem);
    let sound = word.chars().count() >= 5
        && ["ون", "ين", "ان"].iter().any(|ending| word.ends_with(ending))
        && !matches!(word, "سلطان" | "قبطان" | "فنان" | "ربان" | "ديوان" | "حسين" | "امين" | "مسكين");
    let construct = word.chars().count() >= 5 && word.ends_with("و") && !word.ends_with("ضو");
    let broken = matches!(
        word,
        "خبراء"
            | "علماء"
            | "نشطاء"
            | "اطباء"
            | "زملاء"
            | "شهود"
            | "سكان"
            | "اهالي"
            | "تجار"
            | "ضباط"
            | "نواب"
            | "وزراء"
            | "رؤساء"
            | "زعماء"
            | "قادة"
            | "سفراء"
            | "امراء"
            | "عمال"
            | "طلاب"
            | "طلبة"
            | "شباب"
            | "رجال"
            | "اقارب"
            | "جيران"
            | "اصدقاء"
            | "زوار"
            | "ركاب"
            | "بعض"
            | "اعضاء"
            | "رواد"
            | "سياح"
            | "وسطاء"
            | "اساتذة"
            | "محامو"
            | "منظمو"
    );
    // `سماسرة`, `صيادلة`; `محاسبة` is one woman.
    let letters: Vec<char> = word.chars().collect();
    let four = matches!(letters.as_slice(), [first, _, 'ا', _, last, 'ة'] if *first != 'م' && *last != 'ي');
    // `أقرباؤه`, `زملائها`
    let own = ["هم", "ها", "ه"]
        .iter()
        .filter_map(|pronoun| word.strip_suffix(pronoun))
        .any(|stem| stem.chars().count() >= 5 && ["اؤ", "اء", "ائ"].iter().any(|ending| stem.ends_with(ending)));
    sound || construct || broken || four || own
}

/// Plurals of things, which take a feminine verb.
fn broken_plural(document: &Document, index: usize) -> bool {
    let key = document.tokens.key(index);
    key.ends_with("ات")
        || matches!(key, "تقارير" | "رسائل" | "وثائق" | "كتب" | "سجلات" | "نتائج" | "نشرات")
        || matches!(
            key,
            "اوساط"
                | "دوائر"
                | "جهات"
                | "مصالح"
                | "اجهزة"
                | "فصائل"
                | "كتائب"
                | "احزاب"
                | "لجان"
                | "وزارات"
        )
        || matches!(key, "مصادر" | "المصادر" | "قوات" | "وسائل" | "تقارير" | "دول" | "صحف" | "شركات" | "بنوك")
}

fn is_name(document: &Document, index: usize, after_name: bool, length: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    if token.is(class::NAME) {
        // `المتحدث باسم …` is no Basim.
        return !(tokens.key(index) == "باسم" && index > 0 && tokens.is(index - 1, HEADS));
    }
    if document.family_name(index) && token.classes != 0 && (after_name || length == 1) {
        return true;
    }
    let thing = class::ENDS | class::MASDAR | class::EVIDENCE | class::MEDIUM | class::NATIONALITY | class::EVENT;
    if token.is(thing) || COUNTRIES.contains(&tokens.key(index)) {
        return false;
    }
    // `السيد لوح`
    if token.verb.is_some() && document.family_name(index) {
        return true;
    }
    if !token.definite {
        // A family name in ي looks like an adjective of origin, but none follows a name without article.
        return name_like(document, index)
            || (token.classes == 0 && token.verb.is_none() && (after_name || length == 1));
    }
    // `أحمد الفلاني`, a lone `الفلاني`, `اللاعب الفلاني`.
    let plural = ["ون", "ات"].iter().any(|ending| tokens.key(index).ends_with(ending));
    after_name || (token.classes == 0 && (length == 1 && !plural || document.family_name(index)))
}

/// `وزير خارجية فرنسا`: definite by the country at the end of nouns without article.
fn of_country(document: &Document, start: usize, end: usize) -> bool {
    let tokens = &document.tokens;
    let noun = |index: &usize| {
        let token = &tokens.list[*index];
        token.kind == Kind::Word && !token.definite && !token.is(class::PREPOSITION)
    };
    let last = (start + 1..end.min(start + 4)).find(|index| COUNTRIES.contains(&tokens.key(*index)));
    last.is_some_and(|last| (start..last).all(|index| noun(&index)))
}

fn kind_of(document: &Document, start: usize, end: usize, names: &[String]) -> SpeakerKind {
    let tokens = &document.tokens;
    let head = &tokens.list[start];
    let title = head.is(class::TITLE);
    if head.is(class::TEXT) && !title {
        return SpeakerKind::Text;
    }
    // `ثلاثة مصادر مطلعة`
    let counted = matches!(
        tokens.key(start),
        "ثلاثة"
            | "ثلاث"
            | "اربعة"
            | "اربع"
            | "خمسة"
            | "خمس"
            | "ستة"
            | "سبعة"
            | "ثمانية"
            | "تسعة"
            | "عشرة"
            | "عدة"
    );
    if counted
        && start + 1 < end
        && tokens.is(start + 1, class::INDEFINITE | class::TITLE)
        && !tokens.definite(start + 1)
    {
        return SpeakerKind::Indefinite;
    }
    let construct = start + 1 < end && (tokens.definite(start + 1) || tokens.is(start + 1, HEADS))
        || of_country(document, start, end);
    if head.is(class::INDEFINITE) && !head.definite && (!title || !construct) {
        return SpeakerKind::Indefinite;
    }
    // An indefinite title without a name is somebody unnamed: `مسؤول في الوزارة`.
    if title && !head.definite && names.is_empty() && !construct {
        return SpeakerKind::Indefinite;
    }
    if title {
        return SpeakerKind::Person;
    }
    if head.is(class::ORG | class::OUTLET) {
        return SpeakerKind::Org;
    }
    if matches!(tokens.stem(start).trim_start_matches("ال"), "مصدر" | "مصادر") {
        return SpeakerKind::Indefinite;
    }
    if head.is(class::EVIDENCE) {
        return SpeakerKind::Text;
    }
    // `حملة الرئيس`, `عائلة الضحية`: an unknown noun with a title for complement is what belongs to that person.
    if name_like(document, start)
        && !head.is(class::NAME)
        && start + 1 < end
        && tokens.is(start + 1, class::TITLE)
        && tokens.definite(start + 1)
    {
        return SpeakerKind::Org;
    }
    if (start..end).any(|index| tokens.is(index, class::TITLE)) || !names.is_empty() {
        return SpeakerKind::Person;
    }
    if head.definite && tokens.key(start).ends_with('ة') { SpeakerKind::Org } else { SpeakerKind::Person }
}

/// Gender and number of a verb against what is known of a speaker.
pub(super) fn agrees(verb: Agreement, feminine: Option<bool>, plural: bool) -> bool {
    match verb {
        Agreement::Masculine => feminine != Some(true) && !plural,
        Agreement::Feminine => feminine != Some(false) && !plural,
        Agreement::Plural | Agreement::Dual => plural,
    }
}
