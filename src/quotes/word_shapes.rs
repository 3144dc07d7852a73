//! What a single word looks like: a name, a verb, a verbal noun, an adjective of origin. The lexicon goes first; these
//! patterns of Arabic words say the rest.

use super::document::Document;
use super::lexicon::{class, lexicon};
use super::marks::MarkedSpan;
use super::noun_phrases::{HEADS, ends_phrase};
use super::tokens::{Kind, Proclitic};

/// A word like a name: in the list of names, or unknown and without the article.
pub(super) fn name_like(document: &Document, index: usize) -> bool {
    let Some(token) = document.tokens.list.get(index) else { return false };
    if token.kind != Kind::Word {
        return false;
    }
    let key = document.tokens.key(index);
    // `للعيون`, `بالعاصمة`: a preposition and the article.
    let attached = ["لل", "بال", "كال", "وال", "فال"].iter().any(|prefix| key.starts_with(prefix));
    token.is(class::NAME) || (token.classes == 0 && !token.definite && !attached && token.verb.is_none() && !nisba(key))
}

/// The plural of a title in the accusative (`نصح المستخدمين`): behind a verb it is the object.
pub(super) fn plural_object(document: &Document, index: usize) -> bool {
    let key = document.tokens.key(index);
    let Some(stem) = key.strip_prefix("ال").and_then(|word| word.strip_suffix("ين")) else { return false };
    // `الأمين العام`, `السجين`: no plural.
    if stem.chars().count() < 3 {
        return false;
    }
    let known = |ending: &str| {
        lexicon().word(&format!("{stem}{ending}")).is_some_and(|entry| entry.classes & (HEADS | class::INDEFINITE) != 0)
    };
    known("ون")
        || known("")
        || stem.starts_with('م') && stem.chars().count() >= 4 && document.tokens.list[index].classes == 0
}

/// An adjective of origin (`روسي`), which follows a title and names nobody.
pub(super) fn nisba(key: &str) -> bool {
    // `التركى`: Egyptian papers write the last letter so.
    (key.ends_with('ي')
        || key.ends_with("ية")
        || key.starts_with("ال") && key.ends_with('ى') && key.chars().count() > 5)
        && key.chars().count() > 4
}

/// An unknown word behind a noun that looks like a verb or an adverb: the feminine perfect (`استثمرت`), an
/// accusative with tanween, the imperfect behind a definite word (`النادي يرفض`).
pub(super) fn past_verb_like(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    if token.definite || token.classes != 0 {
        return false;
    }
    let key = tokens.key(index);
    let marked = tokens.kind(index - 1) == Kind::Mark;
    let long = key.chars().count() >= if marked { 4 } else { 5 };
    // `إرنست مونيز`: before another word without article it may be a foreign name.
    let name_follows = name_like(document, index + 1) && !tokens.key(index + 1).starts_with(['ب', 'ل', 'ف', 'و']);
    // Behind a noun without article (`مدير مشروع ستاردست`) it is a complement.
    let settled = {
        let before = &tokens.list[index - 1];
        // `المواقع التي زارتها "الهيئة" بلغت …`
        before.kind == Kind::Mark
            || before.definite
            || before.is(class::NAME | class::INDEFINITE | class::ORG)
            || name_like(document, index - 1)
    };
    // `الباحث داني إيكارت، المشرف …`: a verb would go on.
    let goes_on = tokens.is_word(index + 1) || matches!(tokens.kind(index + 1), Kind::Mark | Kind::Number);
    // `يوآف غالانت`: the second of two unknown words behind a title.
    let second_name = index >= 2
        && tokens.list[index - 1].verb.is_none()
        && !tokens.list[index - 1].definite
        && name_like(document, index - 1)
        && (tokens.list[index - 2].definite || tokens.is(index - 2, class::OUTLET | class::NAME_INTRO))
        && tokens.list[index - 2].kind == Kind::Word;
    let feminine =
        key.ends_with('ت') && !key.ends_with("ات") && long && !name_follows && settled && goes_on && !second_name;
    // `الإسرائيلي يورام شاحاك قوله`: two unknown words before the end of a phrase are a name.
    let foreign_name = name_like(document, index + 1)
        && (ends_phrase(document, index + 2) || !tokens.is_word(index + 2))
        || tokens.is(index + 1, class::NAME);
    let imperfect =
        key.starts_with('ي') && key.chars().count() >= 4 && tokens.list[index - 1].definite && !foreign_name;
    // Form X that is no verbal noun (`استمر`), a purpose (`لإجراء`), a noun with ب and a pronoun (`بمنعه`).
    let tenth = key.starts_with("است") && !verbal_noun_pattern(key) && !key.ends_with('ة') && !key.ends_with('ي');
    let future =
        (key.starts_with("سي") || key.starts_with("ست")) && long && tokens.list[index - 1].definite && !foreign_name;
    // `الرئيس دونالد ترامب وافق على …`: behind two names an unknown word with its preposition.
    let named = |index: usize| tokens.is(index, class::NAME) && !tokens.is(index, HEADS);
    let third = index >= 2
        && named(index - 1)
        && named(index - 2)
        && matches!(tokens.key(index + 1), "على" | "الى" | "عن" | "ان" | "بان")
        && key.chars().count() >= 3;
    let purpose = key.strip_prefix('ل').is_some_and(verbal_noun_pattern);
    let with_pronoun =
        key.starts_with('ب') && (key.ends_with('ه') || key.ends_with("هم") || key.ends_with("ها")) && long;
    // `المدرب بجماهير ناديه`, `غروس بأداء اللاعبين`: what follows has a pronoun or the article.
    let next = tokens.key(index + 1);
    let pronoun = next.ends_with('ه') || next.ends_with("ها") || next.ends_with("هم");
    let definite =
        tokens.list.get(index + 1).is_some_and(|token| token.definite && !token.is(class::RELATIVE | class::TIME))
            && !key.starts_with("بو");
    let before = tokens.list[index - 1].definite;
    let family = tokens.is(index - 1, class::NAME) && (key.ends_with('ي') || key.starts_with("بو"));
    let with_preposition = !family
        && key.starts_with('ب')
        && key.chars().count() >= if before { 6 } else { 5 }
        && (pronoun || definite && !before);
    // Objects behind a definite word: `الصناعة مستودعا`, `العبودي علاقتها`.
    let object =
        before && long && (key.ends_with('ا') || key.ends_with("هم") || key.ends_with("ته") || key.ends_with("اته"));
    feminine
        || object
        || future
        || imperfect
        || with_preposition
        || third
        || tenth
        || purpose
        || with_pronoun
        || (token.tanween && key.ends_with('ا'))
}

/// What is denied though it is no verbal noun (`نفى الأنباء التي …`, `نفت أي نية`).
pub(super) fn deniable(key: &str) -> bool {
    matches!(
        key,
        "اي" | "اية"
            | "ما"
            | "الانباء"
            | "الاخبار"
            | "الشائعات"
            | "الاشاعات"
            | "المزاعم"
            | "الادعاءات"
            | "الاتهامات"
            | "التهم"
            | "التهمة"
            | "التقارير"
            | "التصريحات"
            | "تقارير"
            | "انباء"
            | "مزاعم"
            | "اتهامات"
            | "ادعاءات"
            | "شائعات"
    )
}

/// `اسمه`, `هويته`: what an unnamed source keeps back.
pub(super) fn names_the_source(key: &str) -> bool {
    matches!(
        key,
        "اسمه"
            | "هويته"
            | "اسمها"
            | "هويتها"
            | "اسمائهم"
            | "هويتهم"
            | "هوياتهم"
            | "اسمهم"
            | "اسميهما"
            | "هويتهما"
            | "هويتيهما"
    )
}

/// `فضل عدم ذكر اسمه`, `طلب عدم الكشف عن هويته`: the token behind it, if it begins at `at`.
pub(super) fn wish_for_anonymity(document: &Document, at: usize) -> Option<usize> {
    let key = |index| document.tokens.key(index);
    // `عن مسؤول لم تذكر اسمه`
    if matches!(key(at), "لم" | "لا") {
        return (at + 2..at + 4).find(|index| names_the_source(key(*index))).map(|last| last + 1);
    }
    let wishes = matches!(
        key(at),
        "فضل"
            | "طلب"
            | "رفض"
            | "اشترط"
            | "فضلت"
            | "طلبت"
            | "رفضت"
            | "فضلوا"
            | "طلبوا"
            | "رفضوا"
            | "طالبا"
            | "مفضلا"
    );
    if !wishes {
        return None;
    }
    let names = |index: &usize| names_the_source(key(*index));
    (at + 1..at + 8).find(names).map(|last| last + 1)
}

/// A verbal noun, by the list or by its pattern.
pub(super) fn verbal_noun(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let Some(token) = tokens.list.get(index) else { return false };
    if token.kind != Kind::Word || token.definite || token.proclitic != Proclitic::None {
        return false;
    }
    if token.is(class::MASDAR) {
        return true;
    }
    if token.classes != 0 || token.verb.is_some() {
        return false;
    }
    // `أهميتها`: the feminine ending before a pronoun.
    let key = tokens.key(index);
    let stem =
        ["ها", "هم", "ه"].iter().find_map(|suffix| key.strip_suffix(suffix)).and_then(|stem| stem.strip_suffix('ت'));
    // `قصفها`
    let own = ["ها", "هم", "ه"].iter().filter_map(|suffix| key.strip_suffix(suffix)).any(|stem| {
        stem.chars().count() >= 3
            && lexicon().word(stem).is_some_and(|entry| {
                entry.classes & class::MASDAR != 0 && entry.classes & (HEADS | class::NAME_INTRO | class::MEDIUM) == 0
            })
    });
    if own {
        return true;
    }
    if stem
        .is_some_and(|stem| lexicon().word(&format!("{stem}ة")).is_some_and(|entry| entry.classes & class::MASDAR != 0))
    {
        return true;
    }
    verbal_noun_pattern(key)
}

/// Patterns of derived verbal nouns: استفعال, انفعال, افتعال, تفعيل, إفعال, also before an attached pronoun.
pub(super) fn verbal_noun_pattern(key: &str) -> bool {
    let key = ["هما", "ها", "هم", "ه"]
        .iter()
        .find_map(|suffix| key.strip_suffix(suffix))
        .filter(|stem| stem.chars().count() > 3)
        .unwrap_or(key);
    let letters: Vec<char> = key.chars().collect();
    match letters.as_slice() {
        ['ا', 'س', 'ت', .., 'ا', _] if letters.len() >= 6 => true,
        ['ا', _, _, 'ا', _] | ['ا', 'ن', _, _, 'ا', _] | ['ا', _, 'ت', _, 'ا', _] => true,
        // `ازدياد`, `اضطهاد`
        ['ا', _, 'د' | 'ط', _, 'ا', _] => true,
        ['ت', _, _, 'ي', _] => true,
        // تفاعل: `توافر`, `تفاقم`
        ['ت', _, 'ا', _, last] => !matches!(last, 'ة' | 'ي' | 'ى'),
        _ => false,
    }
}

/// `ماجد الصباح`: behind a given name a family name that is a time of day, too.
pub(super) fn time_as_surname(document: &Document, index: usize) -> bool {
    index > 0
        && matches!(document.tokens.key(index), "الصباح" | "الفجر" | "الليل" | "الربيع" | "العيد")
        && document.tokens.is(index - 1, class::NAME)
        && !document.tokens.is(index - 1, HEADS)
}

/// The marks hold a person's name and perhaps a title (`“وائل شعبان”`, `"الرائد زيد سالم"`), nothing that is said.
pub(super) fn person_in_marks(document: &Document, span: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let words = span.open + 1..span.close;
    let named = |index: usize| {
        tokens.is(index, class::NAME) && !tokens.is(index, HEADS)
            || ends_given_name(tokens.key(index)) && index > span.open + 1
    };
    let part = |index: usize| {
        named(index)
            || name_like(document, index)
            || document.family_name(index)
            || tokens.is(index, class::TITLE)
            || tokens.list[index].definite && tokens.list[index].classes == 0
    };
    !span.unclosed && words.len() <= 5 && words.clone().any(named) && words.clone().all(part)
}

/// The second word of a given name (`نور الدين`, `سيف الإسلام`): another name may follow.
pub(super) fn ends_given_name(key: &str) -> bool {
    matches!(key, "الدين" | "الله" | "الاسلام" | "الحق" | "الزمان")
}

/// Words that a name goes on behind, whatever follows.
pub(super) fn joins_name(key: &str) -> bool {
    matches!(key, "عبد" | "ابو" | "ابي" | "ام" | "ال" | "بن" | "ابن" | "بنت" | "دي" | "فان" | "فون" | "بو")
}

/// `بإنزال`, `لبحث`: a verbal noun written together with its preposition.
pub(super) fn prepositional_verbal_noun(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    let key = tokens.key(index);
    let Some(rest) = key.strip_prefix(['ب', 'ل']).filter(|_| !token.is(class::NAME)) else { return false };
    let listed = lexicon()
        .word(rest)
        .is_some_and(|entry| entry.classes & class::MASDAR != 0 && entry.classes & (HEADS | class::NAME_INTRO) == 0);
    // `دينيز بايكال`: behind a lone first name an unknown word is the second one.
    let second_name = index >= 2 && name_like(document, index - 1) && !name_like(document, index - 2) && !listed;
    if second_name && !tokens.list.get(index + 1).is_some_and(|next| next.definite) {
        return false;
    }
    let letters: Vec<char> = rest.chars().collect();
    let third_form = matches!(letters.as_slice(), ['م', _, 'ا', _, _, 'ة']);
    listed && token.classes & !class::MASDAR == 0 || token.classes == 0 && (verbal_noun_pattern(rest) || third_form)
}

/// The name at `index` is that of an institution: `مستشفى الملك فلان`, `جامعة الأمير فلان`.
pub(super) fn names_institution(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let royal = |index: usize| {
        matches!(super::fold::without_article(tokens.key(index)), "ملك" | "ملكة" | "امير" | "اميرة" | "سلطان" | "شيخ")
            && tokens.list[index].definite
    };
    let mut at = index;
    while at > 0 && index - at < 5 && tokens.is(at - 1, class::NAME) && !royal(at - 1) {
        at -= 1;
    }
    at >= 2
        && royal(at - 1)
        && tokens.is_word(at - 2)
        && !tokens.list[at - 2].definite
        && tokens.is(at - 2, class::NAME_INTRO | class::ORG | class::PLACE)
}

/// Behind a title's preposition: a name follows within a few words, and no clause begins before it.
pub(super) fn name_ahead(document: &Document, from: usize) -> bool {
    let tokens = &document.tokens;
    for index in from + 1..from + 8 {
        // `النائب عن تحالف الجنوب فلان`: a party may be called so.
        let verbal_noun = tokens.is(index, class::MASDAR)
            && !(index == from + 1 && tokens.list[index].definite && tokens.is(from, class::ORG));
        if !tokens.is_word(index) || ends_phrase(document, index) || verbal_noun {
            return false;
        }
        let pair = name_like(document, index)
            && name_like(document, index + 1)
            && (tokens.is(index, class::NAME) || tokens.list[index - 1].definite);
        // `المتحدث الرسمي لتعليم الساحل رسام العمراني`
        let family = name_like(document, index) && tokens.list[index - 1].definite && document.family_name(index + 1);
        if pair || family || tokens.is(index, class::NAME) && !names_institution(document, index) {
            return true;
        }
        if tokens.is(index, class::TITLE) && tokens.list[index].definite && index > from + 1 {
            return true;
        }
    }
    false
}

/// A name in apposition behind a comma: a known one, or unknown words up to where the phrase must end.
pub(super) fn name_behind_comma(document: &Document, start: usize) -> bool {
    let tokens = &document.tokens;
    if tokens.is(start, class::NAME) || document.family_name(start) {
        return true;
    }
    // `زعيم التيار، الساحلي العمراني، …`
    let family = |index: usize| {
        tokens.list.get(index).is_some_and(|token| token.definite && token.classes == 0)
            && tokens.key(index).ends_with('ي')
    };
    let closed =
        |index: usize| tokens.kind(index) == Kind::Comma || tokens.is(index, class::CLAUSE | class::PREPOSITION);
    if family(start) && family(start + 1) && closed(start + 2) {
        return true;
    }
    // `رئيس الأركان، هرتسي دوران، …`: two or three unknown words without article up to the next comma.
    let unknown = |index: usize| {
        tokens.list.get(index).is_some_and(|token| {
            token.kind == Kind::Word
                && !token.definite
                && !token.tanween
                && token.verb.is_none()
                && token.classes & !class::NAME == 0
                && token.proclitic == Proclitic::None
        })
    };
    let length = (start..start + 4).take_while(|index| unknown(*index)).count();
    if (2..=3).contains(&length) && tokens.kind(start + length) == Kind::Comma {
        return true;
    }
    if !name_like(document, start) {
        return false;
    }
    let end = (start..start + 5).find(|index| !name_like(document, *index)).unwrap_or(start + 5);
    let closed = !tokens.is_word(end)
        || tokens.definite(end) && tokens.list[end].classes == 0
        || ends_phrase(document, end)
        || tokens.is(end, class::PREPOSITION | class::CLAUSE | class::ADDRESSEE);
    let key = tokens.key(start);
    let imperfect = ["يت", "يس", "ين", "تت", "تست", "سي", "ست"].iter().any(|prefix| key.starts_with(prefix));
    let verb = key.ends_with('ت') && end == start + 1 || imperfect && !tokens.is(start, class::NAME);
    closed && !verb && end > start
}

/// A title before the name of the body that its bearer heads or belongs to.
pub(super) fn heads_body(key: &str) -> bool {
    matches!(
        super::fold::without_article(key).trim_start_matches('و'),
        "رئيس"
            | "تحرير"
            | "رئيسة"
            | "زعيم"
            | "زعيمة"
            | "مدير"
            | "مديرة"
            | "عضو"
            | "نائب"
            | "امين"
            | "مؤسس"
            | "مؤسسة"
            | "قائد"
            | "مراسل"
            | "مراسلة"
            | "مخرج"
            | "مؤلف"
    )
}

/// `النقابة الوطنية لأطباء …`, `الإدارة العامة لمكافحة …`: behind a body and its adjective ل tells what body it is.
pub(super) fn body_for(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    if at < 2 || !tokens.is_word(at - 1) || !tokens.is_word(at - 2) {
        return false;
    }
    let adjective =
        matches!(tokens.key(at - 1), "العام" | "العامة" | "العليا" | "الاعلى" | "الدائمة" | "الوطنية" | "الوطني")
            || nisba(tokens.key(at - 1));
    let body = matches!(
        super::subjects::word_at(document, at - 2),
        "ادارة"
            | "نقابة"
            | "هيئة"
            | "لجنة"
            | "جمعية"
            | "منظمة"
            | "مؤسسة"
            | "مركز"
            | "اتحاد"
            | "مجلس"
            | "رابطة"
            | "وكالة"
            | "امانة"
    );
    body && adjective && tokens.list[at - 1].definite && tokens.key(at).starts_with('ل')
}

/// Common nouns for bodies, which take a complement (`هيئة تنظيم الاتصالات`).
pub(super) fn common_body(key: &str) -> bool {
    matches!(
        key,
        "جهاز"
            | "هيئة"
            | "لجنة"
            | "ادارة"
            | "دائرة"
            | "مركز"
            | "مؤسسة"
            | "جمعية"
            | "منظمة"
            | "وكالة"
            | "شركة"
            | "غرفة"
            | "صندوق"
            | "مجلس"
            | "مكتب"
            | "اتحاد"
            | "نقابة"
            | "حركة"
            | "وحدة"
            | "مديرية"
            | "قوات"
            | "سلطة"
    )
}

/// Adjectives that begin with و, which is none of `and`.
pub(super) fn adjective_with_waw(key: &str) -> bool {
    matches!(
        key,
        "وزاري"
            | "وزارية"
            | "وطني"
            | "وطنية"
            | "وازن"
            | "وازنة"
            | "واسع"
            | "واسعة"
            | "وثيق"
            | "وثيقة"
            | "وحيد"
            | "وحيدة"
    )
}

/// The word at `at` with article ends a given name of two words (`عبد السلام`, `نور الدين`).
pub(super) fn compound_name(document: &Document, at: usize) -> bool {
    ends_given_name(document.tokens.key(at)) || at > 0 && matches!(document.tokens.key(at - 1), "عبد" | "ابو" | "ابي")
}

/// `المدرب البالغ 50 عاما`, `الفنان الحاصل على …`: a participle with the article that describes, behind the name.
pub(super) fn describes(key: &str) -> bool {
    matches!(
        key,
        "البالغ"
            | "البالغة"
            | "البالغين"
            | "الحاصل"
            | "الحاصلة"
            | "الحائز"
            | "الحائزة"
            | "المتوج"
            | "المتوجة"
            | "المولود"
            | "المولودة"
            | "المنتهية"
            | "المنتهي"
    )
}

/// `ترامب بنظرة أكثر …`, `الولايات المتحدة بصواريخ …`: behind a name or a body with the article a noun with ب is
/// what somebody does something with.
pub(super) fn with_preposition(document: &Document, start: usize, at: usize, named: bool) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    let key = tokens.key(at);
    if !key.starts_with('ب')
        || key.starts_with("بن") && !key.ends_with('ة')
        || token.definite
        || token.is(class::NAME)
        || key.starts_with("بال")
    {
        return false;
    }
    let noun = token.classes == 0 && key.ends_with('ة') && key.chars().count() >= 5;
    let body = tokens.is(start, class::ORG) && tokens.list[start].definite && token.classes == 0;
    let name = named && tokens.is(at - 1, class::NAME) && !tokens.is(at - 1, HEADS);
    // `يوناثان كاتس برد سريع`: behind two names a third is rare.
    let full = name
        && at >= start + 2
        && (tokens.is(at - 2, class::NAME) || name_like(document, at - 2))
        && token.classes == 0
        && !["بو", "بل", "با", "بي"].iter().any(|prefix| key.starts_with(prefix));
    // `وليد بخاري`: a family name.
    let family = name && key.ends_with('ي');
    tokens.is_word(at + 1) && !family && (name && noun || full || body)
}
