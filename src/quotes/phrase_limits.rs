//! What behind a noun phrase of a speaker is not part of it: the verb's object, the one who is told, a second person, what
//! the speaker has or did.

use super::document::Document;
use super::lexicon::{class, lexicon};
use super::mentions::plural_of_people;
use super::noun_phrases::{HEADS, Phrase, ends_phrase};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{
    adjective_with_waw, body_for, compound_name, name_like, nisba, past_verb_like, prepositional_verbal_noun,
    verbal_noun, verbal_noun_pattern, wish_for_anonymity,
};

/// With the word at `at` something else begins than more of the phrase from `start`, be it a name or not.
pub(super) fn object_begins(
    document: &Document,
    phrase: &Phrase,
    (start, at): (usize, usize),
    stop_at_verbal_noun: bool,
) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    // `انتقد آخرون قرارات`
    let others = at == start + 1
        && matches!(tokens.key(start), "اخرون" | "كثيرون" | "عديدون" | "بعضهم" | "معظمهم" | "احدهم" | "احداهن")
        && !token.definite
        && !token.is(HEADS);
    if others {
        return true;
    }
    // `طالب المحتجون الرئيس بالرحيل`: behind people in the plural a title in the singular is another person's.
    let people = at > start
        && tokens.is(start, class::TITLE | class::INDEFINITE)
        && tokens.list[start].definite
        && plural_of_people(tokens.stem(start))
        && tokens.is_word(at - 1)
        && tokens.list[at - 1].definite
        && !phrase.named;
    // `انتقد فريق من العاملين الرئيس`
    let some_of = at >= start + 2
        && matches!(tokens.key(at - 2), "من")
        && tokens.list[at - 1].definite
        && plural_of_people(tokens.stem(at - 1))
        && !phrase.named;
    let another = token.is(class::TITLE)
        && !token.is(class::ORG)
        && token.definite
        && token.proclitic == Proclitic::None
        && !plural_of_people(tokens.key(at))
        && !nisba(tokens.key(at));
    if (people || some_of) && another {
        return true;
    }
    if at > start && surname_before_pause(document, at) {
        return false;
    }
    // `رئيس تحرير`: the second word of a title.
    let title = at > start && tokens.list[at - 1].phrase > 1 && tokens.is(at - 1, class::TITLE | class::INDEFINITE);
    let family = token.is(class::NAME) && at > start && tokens.is(at - 1, class::NAME);
    let complete = at > start && !title && !family && phrase.complete(document, at);
    if stop_at_verbal_noun && complete && verbal_noun(document, at) {
        return true;
    }
    // `لـ«…»`: a preposition before a mark or a bracket.
    if matches!(tokens.key(at), "ل" | "ب" | "ك") && matches!(tokens.kind(at + 1), Kind::Mark | Kind::Open) {
        return true;
    }
    if at > start && wish_for_anonymity(document, at).is_some() {
        return true;
    }
    // Objects: `ختم المدرب حديثه`, `أصدرت النقابة بيانا`, a second definite word behind a family name.
    let own =
        token.is(class::MEDIUM | class::EVENT) && (tokens.key(at).ends_with('ه') || tokens.key(at).ends_with("ها"));
    let object = token.classes == 0
        && tokens.key(at).strip_suffix('ا').is_some_and(|stem| {
            at > start && tokens.list[at - 1].definite && verbal_noun_pattern(stem)
                || lexicon()
                    .word(stem)
                    .is_some_and(|entry| entry.classes & (class::MEDIUM | class::TEXT | class::EVENT) != 0)
        });
    // `أبدى المدير الفني أسفه`: what is somebody's, but for his people (`نجله`).
    let possessed = token.classes == 0
        && !token.definite
        && token.proclitic == Proclitic::None
        && at > start
        && (tokens.list[at - 1].definite || tokens.key(at - 1).starts_with("لل"))
        && !tokens.is(at - 1, class::NAME)
        && ["ه", "ها", "هم"].iter().any(|ending| tokens.key(at).ends_with(ending))
        && tokens.key(at).chars().count() >= 4
        && !is_relative(tokens.key(at));
    let plural = tokens.key(at).ends_with("ين") || tokens.key(at).ends_with("ون");
    let second = (stop_at_verbal_noun || plural)
        && phrase.named
        && at >= start + 2
        && token.definite
        && token.classes == 0
        && tokens.list[at - 1].definite
        && tokens.list[at - 1].classes == 0
        && name_like(document, at - 2)
        && !compound_name(document, at - 1);
    let second = second && !of_body(document, at);
    // `رد المتحدث باسم الوزارة الاتهامات`: things in the plural behind a definite word.
    let things = at > start
        && token.definite
        && token.classes == 0
        && token.proclitic == Proclitic::None
        && tokens.key(at).starts_with("ال")
        && tokens.key(at).ends_with("ات")
        && tokens.list[at - 1].definite
        && !tokens.is(start, class::INDEFINITE);
    // `واجه سكان في بغداد تهديدات`
    let dual = tokens.key(at).ends_with("تين") && !token.is(class::NAME);
    let plural_things = at > start + 1
        && !token.definite
        && (token.classes & !class::MASDAR == 0 || dual)
        && ["ات", "تين"].iter().any(|ending| tokens.key(at).ends_with(ending))
        && tokens.key(at).chars().count() >= 5
        && tokens.is(at - 1, class::PLACE | class::NAME)
        && !tokens.list[at - 1].is(HEADS);
    if at > start && (own || object || possessed || second || things || plural_things) {
        return true;
    }
    // `أفتى الشيخ فلان الفلاني بجواز …`: behind a family name a preposition.
    if phrase.named
        && tokens.key(at).starts_with('ب')
        && token.classes == 0
        && !token.definite
        && tokens.list[at - 1].definite
        && !compound_name(document, at - 1)
    {
        return true;
    }
    // `أشاد العلي بالعلاقات`; `القائم بالأعمال` is a title.
    let by = tokens.key(at).starts_with("بال") && token.classes & !class::MASDAR == 0;
    let surname = phrase.named || document.family_name(at.saturating_sub(1));
    if at > start && by && surname {
        return true;
    }
    // `وجهت ليلى غنام التحية`: behind a name no definite noun in ة but an adjective of origin.
    let abbreviated = at >= start + 2 && tokens.kind(at - 2) == Kind::Other && name_like(document, at - 1);
    let named = |index: usize| tokens.is(index, class::NAME) && !tokens.is(index, HEADS);
    let behind_name =
        at > start && named(at - 1) || at >= start + 2 && named(at - 2) && name_like(document, at - 1) || abbreviated;
    let feminine = behind_name
        && token.definite
        && token.classes == 0
        && tokens.key(at).ends_with('ة')
        && (!nisba(tokens.key(at)) || tokens.key(at) == "التحية");
    if feminine && !phrase.titled_after {
        return true;
    }
    // `تنفذ "الهيئة" حملات`: behind a name in marks an unknown noun without article.
    let marked = at > start && tokens.kind(at - 1) == Kind::Mark && at - 1 > start;
    if marked && !token.definite && token.classes == 0 && !nisba(tokens.key(at)) && !phrase.titled {
        return true;
    }
    if at > start && second_person(document, start, at) {
        return true;
    }
    // `أكد طرابزوني لرواد الأعمال`: behind a lone name the people who are told.
    let lone = at == start + 1 && !tokens.is(start, HEADS) && !tokens.list[start].definite;
    let told = tokens.key(at).starts_with('ل') && !token.is(class::NAME) && !token.definite;
    if lone && told && tokens.key(at).chars().count() >= 5 && tokens.list.get(at + 1).is_some_and(|next| next.definite)
    {
        return true;
    }
    // `وقالت الهند للسلطات`
    let state =
        at == start + 1 && (super::lexicon::COUNTRIES.contains(&tokens.key(start)) || is_capital(tokens.key(start)));
    if state && tokens.key(at).starts_with("لل") {
        return true;
    }
    // `أبلغ مصدر وكالة الشرق`, `أبلغت واشنطن مجلس الأمن`: the body that is told.
    let unnamed = at == start + 1 && tokens.is(start, class::INDEFINITE) && token.is(class::OUTLET);
    let capital = at == start + 1 && is_capital(tokens.stem(start));
    let told_body = token.is(class::ORG | class::OUTLET) && !token.definite;
    if at > start && token.proclitic == Proclitic::None && (unnamed || capital && told_body) {
        return true;
    }
    // `استهجن النائب علي الغامدي رد الأمين`: behind a family name a word without article that is no name and no title.
    let behind_family = at >= start + 2
        && phrase.named
        && tokens.list[at - 1].definite
        && (tokens.list[at - 1].classes == 0 || tokens.is(at - 1, class::NAME))
        && name_like(document, at - 2)
        && !compound_name(document, at - 1);
    let thing = !token.definite && !name_like(document, at) && !token.is(HEADS | class::NAME | class::PREPOSITION);
    if behind_family && thing && !phrase.titled_after && !adjective_with_waw(tokens.key(at)) {
        return true;
    }
    // `كرر ماركو ترحيبه`: what is the speaker's own.
    let own_noun = at > start
        && token.classes & !class::MASDAR == 0
        && !token.definite
        && ["ه", "ها", "هم"].iter().filter_map(|pronoun| tokens.key(at).strip_suffix(pronoun)).any(verbal_noun_pattern);
    if own_noun && !is_relative(tokens.key(at)) {
        return true;
    }
    // `حث المدير جميع السكان على …`
    if at > start && matches!(tokens.key(at), "جميع" | "كافة" | "الجميع") {
        return true;
    }
    // `كشفت الفنانة سلمى النقاب عن …`: part of the verb.
    if at > start && matches!(tokens.key(at), "النقاب" | "الستار" | "اللثام") {
        return true;
    }
    // `التقى الوزير نظيره`: the counterpart without و is the object.
    if at > start && matches!(tokens.key(at), "نظيره" | "نظيرته" | "نظيرها") {
        return true;
    }
    false
}

/// The word at `at`, which begins no second part of a name (`عبد الحق`), is no complement of the phrase from `start`.
pub(super) fn no_complement(
    document: &Document,
    phrase: &Phrase,
    (start, at): (usize, usize),
    stop_at_verbal_noun: bool,
) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    if at > start && surname_before_pause(document, at) {
        return false;
    }
    if at > start && past_verb_like(document, at) && !body_for(document, at) {
        return true;
    }
    // `المدعي العام بإنزال …`, `الوزير لبحث …`: a verbal noun with a preposition is no complement.
    let purpose_of_body = body_for(document, at)
        || tokens.key(at).starts_with('ل') && at > start + 1 && tokens.is(start, class::ORG) && !phrase.named;
    if at > start && prepositional_verbal_noun(document, at) && !purpose_of_body {
        return true;
    }
    // `أكدت وزارة المالية متانة …`: behind a definite noun an abstract noun without article is the object.
    let abstract_noun = token.classes == 0
        && !token.definite
        && tokens.key(at).ends_with('ة')
        && !tokens.key(at).starts_with(['ل', 'ب', 'ك']);
    let some_people = tokens.is(start, class::INDEFINITE) && tokens.key(start) == "بعض";
    if at > start && (stop_at_verbal_noun || some_people) && abstract_noun && tokens.list[at - 1].definite {
        return true;
    }
    let thing =
        token.is(class::MEDIUM | class::EVENT | class::MASDAR | class::NAME_INTRO) && !token.is(HEADS | class::NAME);
    if phrase.named && !phrase.titled_after && thing {
        return true;
    }
    // `رفض المتحدث التعليق`, `أرجعت المجموعة النمو`: a definite noun of a thing behind a definite one.
    let thing = token.is(class::MEDIUM | class::EVENT | class::MASDAR) && !token.is(HEADS | class::NAME);
    let beside = at > start && token.definite && tokens.list[at - 1].definite;
    // `رفض الوزير الإفصاح عن …`: an unknown verbal noun with its preposition.
    let unknown_thing = !token.is(HEADS | class::NAME)
        && beside
        && tokens.key(at).strip_prefix("ال").is_some_and(verbal_noun_pattern)
        && tokens.is(at + 1, class::PREPOSITION | class::CLAUSE)
        && !tokens.is(at - 1, class::NAME)
        && !document.family_name(at);
    if unknown_thing && token.proclitic == Proclitic::None {
        return true;
    }
    if thing && beside && token.proclitic == Proclitic::None {
        return true;
    }
    // `أبلغت الشرطة أهالي الحي`: an organisation with the article takes no complement without one.
    let indefinite = !token.definite && token.proclitic == Proclitic::None;
    let organisation =
        tokens.is(start, class::ORG | class::OUTLET | class::TEXT) && !tokens.is(start, class::TITLE) && !phrase.person;
    let after_definite = at > start && tokens.list[at - 1].definite && tokens.kind(at - 1) == Kind::Word;
    if after_definite
        && organisation
        && indefinite
        && tokens.list[start].definite
        && !token.is(class::NAME | class::ORG | class::OUTLET | class::TITLE)
        && !tokens.key(at).starts_with(['و', 'ل', 'ب'])
    {
        return true;
    }
    // `اتهمت الوالدة أحد المستشفيات`, `بالتسبب في …`
    let some = matches!(tokens.key(at), "احد" | "احدى" | "بعض") && !phrase.indefinite;
    let cause = tokens
        .key(at)
        .strip_prefix("بال")
        .is_some_and(|noun| noun.starts_with('ت') && noun.chars().count() == 4 || verbal_noun_pattern(noun))
        && token.classes & !class::MASDAR == 0;
    if at > start && (some || cause) {
        return true;
    }
    // `شرطة المنطقة العقيد فلان`: a person behind a body is not part of its name.
    // `المكتب الإعلامي لوزير …`: there it is an adjective.
    let adjective = nisba(tokens.key(at)) && !name_like(document, at + 1);
    let officer = token.is(class::TITLE) && !token.is(class::ORG) && token.definite && !adjective;
    if organisation && officer && after_definite && token.proclitic == Proclitic::None {
        return true;
    }
    // `أخبر رئيس النادي شبكة …`, `أخبرت فورد اللجنة`: the one who is told.
    // `أعلنت الوكالة هذا الشهر`
    let demonstrative = token.is(class::DEMONSTRATIVE)
        && (after_definite || tokens.is(at + 1, class::TIME) || tokens.key(at + 1) == "العام");
    if at > start && demonstrative {
        return true;
    }
    let body = token.is(class::ORG | class::OUTLET | class::TEXT) && !token.is(class::TITLE | class::NAME);
    let after_name = at > start && tokens.is(at - 1, class::NAME) && !tokens.is(at - 1, HEADS);
    let told = (after_definite || after_name) && indefinite && !tokens.key(at).starts_with('و')
        || at > start
            && phrase.named
            && (!phrase.titled || phrase.person && after_name)
            && token.definite
            && token.proclitic == Proclitic::None;
    if body && told {
        return true;
    }
    // `قال ترامب مزحته`: a noun with a pronoun behind a name.
    let owned = ["ته", "تها", "اته", "اتها", "هم"].iter().any(|ending| tokens.key(at).ends_with(ending));
    let plural = ["اته", "اتها", "اتهم"].iter().any(|ending| tokens.key(at).ends_with(ending));
    let named = at > start && (tokens.is(at - 1, class::NAME) || plural && phrase.named);
    if named && owned && token.classes == 0 && !token.definite {
        return true;
    }
    // `أكد المحافظ لمواطني الولاية`: the people who are told.
    let people = token.proclitic == Proclitic::Preposition
        && tokens.key(at).starts_with('ل')
        && token.is(class::TITLE | class::INDEFINITE)
        && !token.is(class::ORG);
    // `بحث المشاركون الملف`: behind people in the nominative plural a definite noun that is none of theirs.
    let acted = at == start + 1
        && tokens.list[start].definite
        && tokens.key(start).ends_with("ون")
        && token.definite
        && token.proclitic == Proclitic::None
        && !tokens.key(at).ends_with("ون")
        && !tokens.key(at).ends_with("ين")
        && !nisba(tokens.key(at));
    if acted {
        return true;
    }
    if people && after_definite && phrase.person && !body_for(document, at) {
        return true;
    }
    // `دعا القحطاني الجمعيات`: behind a family name no other definite word but a title belongs to it.
    if beside
        && !of_body(document, at)
        && !document.family_name(at)
        && document.family_name(at - 1)
        && tokens.list[at - 1].classes == 0
        && !token.is(class::TITLE | class::NAME)
    {
        return true;
    }
    // `ألقى مدير الجامعة كلمة`: behind a definite word a new indefinite noun begins.
    let said = token.is(class::MEDIUM | class::EVENT) && !token.is(HEADS | class::NAME) && !token.definite;
    if at > start && said && tokens.list[at - 1].definite {
        return true;
    }
    false
}

/// `التقى المستشار سباستيان كورت رئيس الحكومة ماركوس زود`: a title and a name stand before `at`, and a title with
/// another name begins there. `مدير جامعة الملك سعود الدكتور فلان`: the name of a place is no person's.
fn second_person(document: &Document, start: usize, at: usize) -> bool {
    let tokens = &document.tokens;
    let titled = |index: usize| tokens.is(index, class::TITLE) && !tokens.is(index, class::NAME);
    let token = &tokens.list[at];
    let place = |index: usize| tokens.is(index, class::PLACE | class::ORG | class::NAME_INTRO);
    let known = |index: usize| tokens.is(index, class::NAME) && !tokens.is(index, HEADS);
    // Two unknown words behind a definite one (`المستشار النمساوي سيباستيان كورت`).
    let pair = |index: usize| {
        index > 0 && tokens.list[index - 1].definite && name_like(document, index) && name_like(document, index + 1)
    };
    let named = |index: usize| known(index) || pair(index);
    // `شكر الحداد الوزير نادر`: behind a lone family name a title with a name.
    let lone = at == start + 1
        && (tokens.list[start].definite && tokens.list[start].classes == 0
            || tokens.list[start].is(class::NAME) && !titled(start))
        && token.definite
        && token.is(class::TITLE)
        && token.proclitic == Proclitic::None
        && (known(at + 1) || name_like(document, at + 1));
    if lone {
        return true;
    }
    // `البطريرك الماروني الكاردينال`: one title goes on with another.
    let adjective = at >= start + 2 && titled(at - 2) && tokens.list[at - 1].definite && nisba(tokens.key(at - 1));
    if !titled(at)
        || adjective
        || token.proclitic != Proclitic::None
        || !titled(start)
        || (start..at).any(place)
        || !(start..at).any(|index| known(index) || index + 2 <= at && pair(index))
        || !(known(at - 1) || name_like(document, at - 1) || document.family_name(at - 1))
    {
        return false;
    }
    (at + 1..tokens.list.len().min(at + 9))
        .take_while(|index| {
            tokens.is_word(*index) && !ends_phrase(document, *index) && !tokens.is(*index, class::PREPOSITION)
        })
        .find(|index| named(*index) || tokens.is(*index, class::PLACE))
        .is_some_and(|index| {
            // `الملك السعودي سلمان`
            let beside = index == at + 1 || index == at + 2 && nisba(tokens.key(at + 1));
            beside || named(index) && !matches!(tokens.key(index - 1), "الملك" | "الامير" | "باسم")
        })
}

/// `رياض سلامة، في …`, `ياسر الزعاترة خلال …`: behind a given name a noun without complement is a family name.
fn surname_before_pause(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let given = tokens.is(at - 1, class::NAME) && !tokens.is(at - 1, HEADS);
    let abstract_noun = tokens.is(at, class::MASDAR) || tokens.key(at).ends_with('ة');
    let pause = tokens.kind(at + 1) == Kind::Comma || tokens.is(at + 1, class::ENDS);
    given
        && abstract_noun
        && pause
        && tokens.list[at].verb.is_none()
        && tokens.list[at].proclitic == Proclitic::None
        && !tokens.is(at, HEADS | class::TIME | class::ENDS)
        && !tokens.key(at).starts_with(['ب', 'ل'])
}

/// `مليشيا الفلاني المسلحة`: an adjective of the body that is called so.
fn of_body(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    at >= 2 && tokens.is(at - 2, class::ORG | class::NAME_INTRO) && nisba(tokens.key(at))
}

/// Capitals that speak for their governments.
pub(super) fn is_capital(word: &str) -> bool {
    matches!(
        word,
        "واشنطن"
            | "موسكو"
            | "طهران"
            | "باريس"
            | "لندن"
            | "برلين"
            | "بكين"
            | "انقرة"
            | "بغداد"
            | "دمشق"
            | "بيروت"
            | "كييف"
            | "بروكسل"
            | "صنعاء"
    )
}

/// `نجله`, `زوجته`: people of the one named before, and words for himself.
fn is_relative(key: &str) -> bool {
    let noun = key.trim_end_matches("هم").trim_end_matches("ها").trim_end_matches('ه');
    matches!(
        noun,
        "نجل"
            | "ابن"
            | "ابنت"
            | "شقيق"
            | "شقيقت"
            | "زوج"
            | "زوجت"
            | "والد"
            | "والدت"
            | "نائب"
            | "نايب"
            | "مساعد"
            | "ممثل"
            | "خلف"
            | "سلف"
            | "نفس"
            | "ذات"
            | "عين"
    )
}
