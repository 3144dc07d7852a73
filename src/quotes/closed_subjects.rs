//! Subjects that stand alone between a verb of saying and what it introduces (`قال … إن`): there no object stands beside
//! them, so that all words belong to the speaker, whatever they look like.

use super::introducers::Search;
use super::lexicon::{class, frame};
use super::noun_phrases::ends_phrase;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{body_for, describes, name_like, time_as_surname, wish_for_anonymity};

/// Longest such subject, in tokens.
const LONGEST: usize = 24;

/// Where the subject `start..end` of the verb of `search` really ends, if what is introduced follows and only words of
/// a noun phrase stand between.
pub(super) fn closed_subject(search: &Search, (start, end): (usize, usize)) -> Option<usize> {
    let document = search.document;
    let tokens = &document.tokens;
    // A verb that takes an object (`أبلغ الوزير اللجنة أن`) leaves open whose words these are.
    let says = search.takes(frame::CLAUSE | frame::QUOTATION)
        && !search.takes(frame::ATTITUDE | frame::DENIAL)
        && !search.verb.object
        && !["بلغ", "خبر", "طمان", "سال", "علم", "خاطب", "ذكر", "حذر", "اقنع", "كتب"]
            .iter()
            .any(|stem| tokens.stem(search.cue).contains(stem) && tokens.stem(search.cue) != "ذكر");
    let person = tokens.is(start, class::TITLE | class::NAME | class::INDEFINITE)
        // `الاتحاد والمنظمة ومسؤولون في العالم`
        || tokens.is(end, class::INDEFINITE) && tokens.list[end].proclitic == Proclitic::Conjunction;
    if !says || !person {
        return None;
    }
    let mut at = end;
    let mut commas = 0;
    while at < tokens.list.len() && at - start < LONGEST {
        // `اعتبر الوزير القرار «…»` describes its object; with a clause there is none.
        let describes = search.takes(frame::PREDICATIVE);
        let introduces = |at: usize| {
            tokens.is(at, class::CLAUSE)
                || !describes
                    && (tokens.kind(at) == Kind::Colon
                        || document.span_at(at).is_some_and(|span| document.word_count(span.open, span.close) >= 5))
        };
        if introduces(at) || tokens.kind(at) == Kind::Comma && introduces(at + 1) {
            return (at > end).then_some(at);
        }
        match tokens.kind(at) {
            Kind::Word if belongs(search, (start, at)) => at += 1,
            // `الكاتب في صحيفة الفجر، ديفيد دوران، أن …`: the name between commas.
            Kind::Comma if commas == 0 && name_in_commas(search, at) => {
                commas += 1;
                at += 1;
            }
            Kind::Comma if commas == 1 => return Some(at),
            // `المستشار المكلف بالبرامج رضا العمراني، في حوار للوكالة، أن …`: a circumstance follows.
            Kind::Comma
                if tokens.is(at + 1, class::PREPOSITION | class::ENDS | class::TIME)
                    && (!search.takes(frame::BARE_NOUN | frame::PREDICATIVE)
                        || tokens.is(at - 1, class::NAME)
                        || document.family_name(at - 1)) =>
            {
                return (at > end).then_some(at);
            }
            _ => return None,
        }
    }
    None
}

/// The word at `at` may be more of the subject from `start`.
fn belongs(search: &Search, (start, at): (usize, usize)) -> bool {
    let document = search.document;
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    let key = tokens.key(at);
    let apart = class::TIME | class::ADDRESSEE | class::MEDIUM | class::EVENT | class::DEMONSTRATIVE | class::RELATIVE;
    // `مسؤول الملف فيها`
    if matches!(key, "فيها" | "فيه" | "بها" | "به") {
        return tokens.is_word(at + 1);
    }
    let year = key == "العام" && matches!(tokens.key(at + 1), "الماضي" | "الجاري" | "الحالي" | "المقبل" | "القادم");
    // `المسؤول الإعلامي للمنتدى`: a body that is called like an event.
    let of_body = key.starts_with("لل") && token.is(class::EVENT | class::MEDIUM);
    if time_as_surname(document, at) {
        return true;
    }
    if year
        || matches!(key, "النقاب" | "الستار" | "اللثام")
        || describes(key)
        || ends_phrase(document, at)
        || token.is(apart) && !of_body
        || wish_for_anonymity(document, at).is_some()
    {
        return false;
    }
    if token.is(class::PREPOSITION) {
        // `الباحث في الجامعة` is a title, `الوزير في مكالمة` a circumstance.
        let place = tokens.list.get(at + 1).is_some_and(|next| {
            next.definite || next.is(class::ORG | class::PLACE | class::NAME | class::OUTLET | class::TITLE)
        });
        // `المشرف على المشروع`, `النائب عن الكتلة`: a preposition that the title asks for.
        let asked = matches!(
            tokens.key(at - 1),
            "المشرف"
                | "المشرفة"
                | "المسؤول"
                | "المسؤولة"
                | "المسوول"
                | "المسوولة"
                | "القائم"
                | "النائب"
                | "النائبة"
                | "مطلع"
                | "مطلعة"
                | "مطلعون"
                | "مطلعين"
                | "العام"
                | "العامة"
        );
        let fits = match key {
            "في" => place,
            "على" | "عن" => asked || key == "عن" && place,
            "مع" => false,
            _ => true,
        };
        return fits
            && tokens.is_word(at + 1)
            && !tokens.is(at + 1, apart | class::MASDAR)
            && !ends_phrase(document, at + 1)
            && !["ته", "تها", "به", "بها"].iter().any(|ending| tokens.key(at + 1).ends_with(ending));
    }
    // `محامون وأقارب الموقوفين`
    let together = token.proclitic == Proclitic::Conjunction || key.starts_with('و') && token.classes == 0;
    let people = key.ends_with("ون") || key.ends_with("ين");
    // `مصادر أمنية وطبية`, `ناشطون في العاصمة ومدن أخرى`
    let alike = key.ends_with("ية") && tokens.key(at - 1).ends_with("ية")
        || matches!(tokens.key(at + 1), "اخرى" | "اخرون" | "اخرين");
    if together
        && !people
        && !alike
        && !token.is(class::TITLE | class::INDEFINITE | class::ORG | class::NAME)
        && !key.starts_with("وال")
    {
        return false;
    }
    // `قال المدير للعاملين إن`: who is told.
    let told = key.starts_with('ل') && token.is(class::TITLE | class::INDEFINITE);
    if told && token.proclitic == Proclitic::Preposition && !body_for(document, at) {
        return false;
    }
    // `الطبيب هاروكي ناكاتا`: unknown words side by side are a foreign name.
    let unknown = |index: usize| {
        tokens.list[index].classes & !(class::ORG | class::PLACE | class::NAME_INTRO) == 0
            && !tokens.list[index].definite
    };
    let foreign = at == start + 1 && name_like(document, at + 1) || at > start + 1 && unknown(at - 1);
    // `قال بثقة`, `مبتسما`, `مجددا`: how he says it.
    let charged = matches!(tokens.key(at - 1), "المكلف" | "المكلفة" | "المعني" | "المعنية" | "المختص" | "الخاص");
    let manner = !charged && key.starts_with('ب') && key.ends_with('ة') && !token.definite && token.classes == 0
        || token.tanween
        || key.ends_with('ا') && !token.is(class::NAME) && !foreign;
    // `أكد الوزير ضرورة أن …`: the reported thing.
    let thing = token.is(class::MASDAR) && !token.definite && search.takes(frame::BARE_NOUN);
    !manner && (!thing || charged)
}

/// Behind the comma at `comma` stand up to four words of a name, and another comma or what is introduced.
fn name_in_commas(search: &Search, comma: usize) -> bool {
    let document = search.document;
    let tokens = &document.tokens;
    let name = |index: usize| {
        name_like(document, index)
            || document.family_name(index)
            || index == comma + 1 && tokens.is(index, class::TITLE) && tokens.list[index].definite
    };
    let end = (comma + 1..comma + 6).find(|index| !name(*index)).unwrap_or(comma + 6);
    let named = (comma + 1..end).any(|index| tokens.is(index, class::NAME)) || end >= comma + 3;
    end > comma + 1 && end <= comma + 5 && named && (tokens.kind(end) == Kind::Comma || tokens.is(end, class::CLAUSE))
}
