//! Where a noun phrase that names a speaker ends: titles, names, appositions behind a comma, complements with
//! prepositions as far as they belong to a title.

use super::document::Document;
use super::lexicon::{Form, class, frame, lexicon};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{
    adjective_with_waw, compound_name, describes, heads_body, joins_name, name_ahead, name_behind_comma, name_like,
    names_institution, nisba, past_verb_like, prepositional_verbal_noun, verbal_noun, verbal_noun_pattern,
    wish_for_anonymity, with_preposition,
};

/// Longest noun phrase, in tokens.
const LONGEST: usize = 32;
/// Classes that head a noun phrase of a speaker.
pub(super) const HEADS: u64 = class::TITLE | class::ORG | class::TEXT | class::INDEFINITE | class::OUTLET;

/// Token `index` can't belong to a noun phrase.
pub(super) fn ends_phrase(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let Some(token) = tokens.list.get(index) else { return true };
    if token.is(class::CLAUSE
        | class::RELATIVE
        | class::ADDRESSEE
        | class::OWN_WORDS
        | class::ACCORDING
        | class::AFTER_PHRASE
        | class::BY_SAYING)
    {
        return true;
    }
    if token.is(class::ENDS | class::AUXILIARY | class::NEGATION | class::TIME) && !token.is(class::NAME) {
        // `صحيفة اليوم`, `وكالة أنباء الشرق`: a name may be made of such a word.
        return !(token.is(class::TIME) && index > 0 && tokens.is(index - 1, class::OUTLET));
    }
    match token.verb {
        Some(verb) if token.definite || verb.object => verb.object && verb.form == Form::Finite && !token.definite,
        Some(verb) if verb.form == Form::Participle => {
            !token.is(HEADS) && (token.tanween || tokens.key(index).ends_with('ا'))
        }
        Some(verb) => {
            verb.frames & frame::HOMOGRAPH == 0
                || verb.imperfect && !token.is(class::NAME | HEADS)
                || token.proclitic == Proclitic::Conjunction
                || tokens.is(index + 1, class::CLAUSE)
        }
        None => false,
    }
}

/// End (one past) of the noun phrase that begins at `start`, or `None` where none begins.
///
/// With `stop_at_verbal_noun` the phrase ends before a verbal noun that may be the object (`أكد الوزير استمرار …`).
pub(super) fn noun_phrase(document: &Document, start: usize, stop_at_verbal_noun: bool) -> Option<usize> {
    let tokens = &document.tokens;
    let mut phrase = Phrase::default();
    let mut at = start;
    // One past the last token that surely belongs to the phrase.
    let mut end = start;
    while at < tokens.list.len() && at - start < LONGEST {
        let token = &tokens.list[at];
        match token.kind {
            Kind::Word => {
                // `تقرير لموقع "الواحة"`: behind a text it is no addressee.
                if at > start && tokens.is(at - 1, class::TEXT) && token.is(class::ADDRESSEE) {
                    phrase.organisation = true;
                    at += 1;
                    end = at;
                    continue;
                }
                // `خليل الهاشمي، المدير العام لوكالة الشرق`: behind an apposition that asks for it.
                let of_body = phrase.titled_after
                    && token.is(class::ADDRESSEE)
                    && matches!(
                        tokens.key(at - 1),
                        "العام" | "العامة" | "التنفيذي" | "التنفيذية" | "الفني" | "الاقليمي"
                    );
                if of_body {
                    at += 1;
                    end = at;
                    continue;
                }
                // `السيد لوح`: a name, though it may be a verb.
                let called = at > start && matches!(tokens.key(at - 1), "السيد" | "السيدة" | "والسيد" | "والسيدة");
                let surname = document.family_name(at);
                if (called || surname) && token.verb.is_some() && !token.is(class::CLAUSE) && !token.definite {
                    phrase.named = true;
                    at += 1;
                    end = at;
                    continue;
                }
                if ends_phrase(document, at) && !(at == start && token.is(class::ANAPHOR)) {
                    break;
                }
                // `انتقد آخرون قرارات`
                let others = at == start + 1
                    && matches!(tokens.key(start), "اخرون" | "كثيرون" | "عديدون" | "بعضهم" | "معظمهم")
                    && !token.definite
                    && !token.is(HEADS);
                if others {
                    break;
                }
                // `رئيس تحرير`: the second word of a title.
                let title = at > start && tokens.list[at - 1].phrase > 1 && tokens.is(at - 1, class::TITLE);
                if at > start
                    && stop_at_verbal_noun
                    && !title
                    && phrase.complete(document, at)
                    && verbal_noun(document, at)
                {
                    break;
                }
                // `لـ«…»`: a preposition before a mark or a bracket.
                if matches!(tokens.key(at), "ل" | "ب" | "ك") && matches!(tokens.kind(at + 1), Kind::Mark | Kind::Open)
                {
                    break;
                }
                if at > start && wish_for_anonymity(document, at).is_some() {
                    break;
                }
                // Objects: `ختم المدرب حديثه`, `أصدرت النقابة بيانا`, a second definite word behind a family name.
                let own = token.is(class::MEDIUM | class::EVENT)
                    && (tokens.key(at).ends_with('ه') || tokens.key(at).ends_with("ها"));
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
                // `رد المتحدث باسم الوزارة الاتهامات`: things in the plural behind a definite word.
                let things = at > start
                    && token.definite
                    && token.classes == 0
                    && token.proclitic == Proclitic::None
                    && tokens.key(at).starts_with("ال")
                    && tokens.key(at).ends_with("ات")
                    && tokens.list[at - 1].definite
                    && !tokens.is(start, class::INDEFINITE);
                if at > start && (own || object || possessed || second || things) {
                    break;
                }
                // `أفتى الشيخ فلان الفلاني بجواز …`: behind a family name a preposition.
                if phrase.named
                    && tokens.key(at).starts_with('ب')
                    && token.classes == 0
                    && !token.definite
                    && tokens.list[at - 1].definite
                    && !compound_name(document, at - 1)
                {
                    break;
                }
                // `أشاد العلي بالعلاقات`; `القائم بالأعمال` is a title.
                let by = tokens.key(at).starts_with("بال") && token.classes & !class::MASDAR == 0;
                let surname = phrase.named || document.family_name(at.saturating_sub(1));
                if at > start && by && surname {
                    break;
                }
                if at > start
                    && matches!(tokens.key(at), "باعمال" | "بالاعمال")
                    && tokens.key(at - 1).trim_start_matches("ال") == "قائم"
                {
                    at += 1;
                    end = at;
                    continue;
                }
                // `وجهت ليلى غنام التحية`: behind a name no definite noun in ة but an adjective of origin.
                let abbreviated = at >= start + 2 && tokens.kind(at - 2) == Kind::Other && name_like(document, at - 1);
                let named = |index: usize| tokens.is(index, class::NAME) && !tokens.is(index, HEADS);
                let behind_name = at > start && named(at - 1)
                    || at >= start + 2 && named(at - 2) && name_like(document, at - 1)
                    || abbreviated;
                let feminine = behind_name
                    && token.definite
                    && token.classes == 0
                    && tokens.key(at).ends_with('ة')
                    && (!nisba(tokens.key(at)) || tokens.key(at) == "التحية");
                if feminine && !phrase.titled_after {
                    break;
                }
                // `تنفذ "الهيئة" حملات`: behind a name in marks an unknown noun without article.
                let marked = at > start && tokens.kind(at - 1) == Kind::Mark && at - 1 > start;
                if marked && !token.definite && token.classes == 0 && !nisba(tokens.key(at)) && !phrase.titled {
                    break;
                }
                if at > start && second_person(document, start, at) {
                    break;
                }
                // `أكد طرابزوني لرواد الأعمال`: behind a lone name the people who are told.
                let lone = at == start + 1 && !tokens.is(start, HEADS) && !tokens.list[start].definite;
                let told = tokens.key(at).starts_with('ل') && !token.is(class::NAME) && !token.definite;
                if lone
                    && told
                    && tokens.key(at).chars().count() >= 5
                    && tokens.list.get(at + 1).is_some_and(|next| next.definite)
                {
                    break;
                }
                // `أبلغ مصدر وكالة الشرق`, `أبلغت واشنطن مجلس الأمن`: the body that is told.
                let unnamed = at == start + 1 && tokens.is(start, class::INDEFINITE) && token.is(class::OUTLET);
                let capital = at == start + 1 && is_capital(tokens.stem(start));
                let told_body = token.is(class::ORG | class::OUTLET) && !token.definite;
                if at > start && token.proclitic == Proclitic::None && (unnamed || capital && told_body) {
                    break;
                }
                // `التقى الوزير نظيره`: the counterpart without و is the object.
                if at > start && matches!(tokens.key(at), "نظيره" | "نظيرته" | "نظيرها") {
                    break;
                }
                // `عبد الحق`, `أبو أنس`, `بن فهد`: what stands behind such a word is part of the name.
                if at > start && joins_name(tokens.key(at - 1)) && !token.is(class::CLAUSE) {
                    phrase.named = true;
                    at += 1;
                    end = at;
                    continue;
                }
                if at > start && past_verb_like(document, at) {
                    break;
                }
                // `المدعي العام بإنزال …`, `الوزير لبحث …`: a verbal noun with a preposition is no complement.
                let purpose_of_body =
                    tokens.key(at).starts_with('ل') && at > start + 1 && tokens.is(start, class::ORG) && !phrase.named;
                if at > start && prepositional_verbal_noun(document, at) && !purpose_of_body {
                    break;
                }
                // `أكدت وزارة المالية متانة …`: behind a definite noun an abstract noun without article is the object.
                let abstract_noun = token.classes == 0
                    && !token.definite
                    && tokens.key(at).ends_with('ة')
                    && !tokens.key(at).starts_with(['ل', 'ب', 'ك']);
                let some_people = tokens.is(start, class::INDEFINITE) && tokens.key(start) == "بعض";
                if at > start && (stop_at_verbal_noun || some_people) && abstract_noun && tokens.list[at - 1].definite {
                    break;
                }
                let thing = token.is(class::MEDIUM | class::EVENT | class::MASDAR | class::NAME_INTRO)
                    && !token.is(HEADS | class::NAME);
                if phrase.named && !phrase.titled_after && thing {
                    break;
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
                    break;
                }
                if thing && beside && token.proclitic == Proclitic::None {
                    break;
                }
                // `أبلغت الشرطة أهالي الحي`: an organisation with the article takes no complement without one.
                let indefinite = !token.definite && token.proclitic == Proclitic::None;
                let organisation = tokens.is(start, class::ORG | class::OUTLET | class::TEXT)
                    && !tokens.is(start, class::TITLE)
                    && !phrase.person;
                let after_definite = at > start && tokens.list[at - 1].definite && tokens.kind(at - 1) == Kind::Word;
                if after_definite
                    && organisation
                    && indefinite
                    && tokens.list[start].definite
                    && !token.is(class::NAME | class::ORG | class::OUTLET | class::TITLE)
                    && !tokens.key(at).starts_with(['و', 'ل', 'ب'])
                {
                    break;
                }
                // `اتهمت الوالدة أحد المستشفيات`, `بالتسبب في …`
                let some = matches!(tokens.key(at), "احد" | "احدى" | "بعض") && !phrase.indefinite;
                let cause = tokens.key(at).strip_prefix("بال").is_some_and(|noun| {
                    noun.starts_with('ت') && noun.chars().count() == 4 || verbal_noun_pattern(noun)
                }) && token.classes & !class::MASDAR == 0;
                if at > start && (some || cause) {
                    break;
                }
                // `شرطة المنطقة العقيد فلان`: a person behind a body is not part of its name.
                // `المكتب الإعلامي لوزير …`: there it is an adjective.
                let adjective = nisba(tokens.key(at)) && !name_like(document, at + 1);
                let officer = token.is(class::TITLE) && !token.is(class::ORG) && token.definite && !adjective;
                if organisation && officer && after_definite && token.proclitic == Proclitic::None {
                    break;
                }
                // `أخبر رئيس النادي شبكة …`, `أخبرت فورد اللجنة`: the one who is told.
                // `أعلنت الوكالة هذا الشهر`
                let demonstrative = token.is(class::DEMONSTRATIVE)
                    && (after_definite || tokens.is(at + 1, class::TIME) || tokens.key(at + 1) == "العام");
                if at > start && demonstrative {
                    break;
                }
                let body = token.is(class::ORG | class::OUTLET | class::TEXT) && !token.is(class::TITLE | class::NAME);
                let after_name = at > start && tokens.is(at - 1, class::NAME) && !tokens.is(at - 1, HEADS);
                let told = (after_definite || after_name) && indefinite && !tokens.key(at).starts_with('و')
                    || at > start
                        && phrase.named
                        && !phrase.titled
                        && token.definite
                        && token.proclitic == Proclitic::None;
                if body && told {
                    break;
                }
                // `قال ترامب مزحته`: a noun with a pronoun behind a name.
                let owned = ["ته", "تها", "اته", "اتها", "هم"].iter().any(|ending| tokens.key(at).ends_with(ending));
                let plural = ["اته", "اتها", "اتهم"].iter().any(|ending| tokens.key(at).ends_with(ending));
                let named = at > start && (tokens.is(at - 1, class::NAME) || plural && phrase.named);
                if named && owned && token.classes == 0 && !token.definite {
                    break;
                }
                // `أكد المحافظ لمواطني الولاية`: the people who are told.
                let people = token.proclitic == Proclitic::Preposition
                    && tokens.key(at).starts_with('ل')
                    && token.is(class::TITLE | class::INDEFINITE)
                    && !token.is(class::ORG);
                if people && after_definite && phrase.person {
                    break;
                }
                // `دعا القحطاني الجمعيات`: behind a family name no other definite word but a title belongs to it.
                if beside
                    && document.family_name(at - 1)
                    && tokens.list[at - 1].classes == 0
                    && !token.is(class::TITLE | class::NAME)
                {
                    break;
                }
                // `ألقى مدير الجامعة كلمة`: behind a definite word a new indefinite noun begins.
                let said = token.is(class::MEDIUM | class::EVENT) && !token.is(HEADS | class::NAME) && !token.definite;
                if at > start && said && tokens.list[at - 1].definite {
                    break;
                }
                if token.is(class::PREPOSITION) {
                    if at == start || !phrase.takes_preposition(document, at) {
                        break;
                    }
                    phrase.left |= phrase.named;
                    at += 1;
                    continue;
                }
                if at > start && (describes(tokens.key(at)) || with_preposition(document, start, at, phrase.named)) {
                    break;
                }
                // `مطرب الراب كاني ويست يغير`: an imperfect behind a name.
                let imperfect = phrase.named
                    && token.classes == 0
                    && tokens.key(at).starts_with('ي')
                    && tokens.key(at).chars().count() >= 4
                    && tokens.list[at - 1].is(class::NAME)
                    && tokens.is_word(at + 1);
                if at > start && imperfect {
                    break;
                }
                // `استقبل البطريرك فلان الفلاني في قصره الوزير …`
                let other = phrase.left && token.is(class::TITLE) && token.definite;
                if other || !phrase.takes_word(document, start, at) {
                    break;
                }
                phrase.see(document, at);
                // `سموه`, `المصدر ذاته`: the phrase is complete.
                if at == start && token.is(class::ANAPHOR) {
                    return Some(at + usize::from(token.phrase.max(1)));
                }
                at += 1;
                end = at;
            }
            Kind::Number if at > start => {
                at += 1;
                end = at;
            }
            Kind::Comma if at > start => {
                if !phrase.goes_on_behind_comma(document, at) {
                    break;
                }
                at += 1;
            }
            Kind::Open if at > start => {
                let close = (at + 1..tokens.list.len().min(at + 9)).find(|index| tokens.kind(*index) == Kind::Close);
                let Some(close) = close else { break };
                at = close + 1;
                if tokens.is_word(at) && !ends_phrase(document, at) && !tokens.is(at, class::PREPOSITION) {
                    end = at;
                }
            }
            Kind::Mark => {
                let Some(span) = document.span_at(at) else { break };
                let words = document.word_count(span.open, span.after());
                let introduced = at == start || tokens.is(at - 1, class::NAME_INTRO | class::ORG | class::OUTLET);
                // `رئيس "التيار الفلاني" النائب …`: the body that somebody heads.
                let headed = words <= 5
                    && at > start
                    && heads_body(tokens.key(at - 1))
                    && (tokens.is_word(span.after()) || tokens.key(at - 1) == "تحرير");
                let name = introduced
                    || headed
                    || (words <= 3 && phrase.organisation)
                    || words <= 2 && tokens.is(at - 1, class::TITLE);
                if span.unclosed || words > 7 || !name {
                    break;
                }
                phrase.named = true;
                at = span.after();
                end = at;
            }
            // The point of an abbreviation (`د.`).
            // `العميد/ فلان`
            Kind::Other if at > start && matches!(&tokens.text[token.start..token.end], "." | "/") => at += 1,
            _ => break,
        }
    }
    (end > start).then_some(end)
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

/// Capitals that speak for their governments.
fn is_capital(word: &str) -> bool {
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

/// What a noun phrase has shown so far.
#[derive(Default)]
struct Phrase {
    titled: bool,
    named: bool,
    /// A title or organisation stands behind the name.
    titled_after: bool,
    indefinite: bool,
    /// An organisation or outlet, which may have its name in marks behind an adjective (`الوكالة الرسمية «…»`).
    organisation: bool,
    /// The first word may be a name: it is one if a title follows.
    bare_start: bool,
    /// A title of persons stands in it.
    person: bool,
    /// A preposition stands behind the name: a title behind it is another person's.
    left: bool,
    /// Words so far.
    length: usize,
}

impl Phrase {
    fn see(&mut self, document: &Document, at: usize) {
        self.length += 1;
        let token = &document.tokens.list[at];
        // `المتحدث باسم`: no name, though one is written so.
        if self.titled && document.tokens.key(at) == "باسم" {
            return;
        }
        // `هبة السيد،`: a family name that is a title, too.
        let family = self.named
            && token.definite
            && token.is(class::TITLE)
            && at > 0
            && document.tokens.is(at - 1, class::NAME)
            && (!document.tokens.is_word(at + 1) || ends_phrase(document, at + 1));
        if family {
            return;
        }
        if token.is(HEADS) && !(token.is(class::NAME) && self.titled) {
            self.organisation |= token.is(class::ORG | class::OUTLET) && !self.named;
            self.named |= self.bare_start && token.definite;
            self.titled_after |= self.named;
            self.titled = true;
            self.person |= token.is(class::TITLE | class::INDEFINITE);
            self.indefinite |= token.is(class::INDEFINITE);
            return;
        }
        if names_institution(document, at) {
            return;
        }
        let like = name_like(document, at);
        // Two such words in a row, or one behind a title's definite complement.
        let behind = at.checked_sub(1).filter(|before| document.tokens.is_word(*before));
        let second = behind.is_some_and(|before| {
            name_like(document, before) || (self.titled && document.tokens.list[before].definite)
        });
        if token.is(class::NAME) || (like && second) {
            self.named = true;
        } else if !self.titled && like {
            self.bare_start = true;
        }
    }

    /// The phrase could end before `at`: a name or a definite word stands there.
    fn complete(&self, document: &Document, at: usize) -> bool {
        let before = &document.tokens.list[at - 1];
        // `أرامكو` is complete, `مدير مكتب` is not.
        let lone_body = before.is(class::ORG) && !before.is(class::PLACE) && self.length <= 1;
        self.named || before.definite || before.kind != Kind::Word || before.is(class::INDEFINITE) || lone_body
    }

    fn takes_preposition(&self, document: &Document, at: usize) -> bool {
        let tokens = &document.tokens;
        let next = at + 1;
        // `الوالي لدى مخاطبته اللقاء`, `الوزير في مكتبه`
        let own = tokens.list.get(next).is_some_and(|token| token.classes == 0 && !token.definite)
            && ["ته", "تها", "به", "بها"].iter().any(|ending| tokens.key(next).ends_with(ending));
        if !tokens.is_word(next)
            || own
            || ends_phrase(document, next)
            || tokens.is(next, class::DEMONSTRATIVE | class::TIME)
            // `الباحث الرئيسي في الدراسة فلان الفلاني`
            || tokens.is(next, class::MEDIUM | class::EVENT) && !(self.titled && !self.named && name_ahead(document, next))
            || tokens.is(next, class::MASDAR) && !tokens.is(next, class::ORG | class::TITLE)
            || matches!(tokens.key(at - 1), "المساعدة" | "المشاركة")
        {
            return false;
        }
        // Other prepositions belong to a title only on the way to the name (`المبعوث إلى المنطقة فلان`).
        let on_the_way = self.titled && !self.named && name_ahead(document, next);
        let responsible = at > 0
            && matches!(
                tokens.key(at - 1),
                "المشرف"
                    | "مشرف"
                    | "القائم"
                    | "المسؤول"
                    | "مسؤول"
                    | "المسئول"
                    | "المسؤولة"
                    | "المشرفة"
                    | "السابق"
                    | "مطلع"
                    | "مطلعة"
                    | "مقرب"
                    | "مقربة"
                    | "مقربون"
                    | "مقربين"
                    | "قريب"
                    | "قريبة"
            );
        match tokens.key(at) {
            "على" => responsible || on_the_way,
            "عن" => {
                responsible
                    || on_the_way
                    || at > 0 && matches!(super::fold::without_article(tokens.key(at - 1)), "صادر" | "صادرة")
            }
            "الى" => on_the_way,
            "من" => responsible || !self.named || self.titled_after,
            "مع" => self.indefinite && !self.named || on_the_way,
            _ => (self.titled && !self.named) || self.titled_after || self.indefinite,
        }
    }

    fn takes_word(&self, document: &Document, start: usize, at: usize) -> bool {
        let tokens = &document.tokens;
        let token = &tokens.list[at];
        if at == start {
            return true;
        }
        if token.proclitic == Proclitic::Preposition {
            if token.is(class::MEDIUM | class::EVENT) && !token.is(class::TITLE | class::ORG) {
                return false;
            }
            return !self.named || self.titled_after;
        }
        let key = tokens.key(at);
        if (key.starts_with("بال") || key.starts_with("لل")) && !token.is(class::NAME) {
            // `نددت الجمعية بالقرار`: a body of one definite word is complete.
            let lone_body = self.length == 1 && tokens.is(start, class::ORG) && tokens.list[start].definite;
            return !lone_body && (!self.named || self.titled_after);
        }
        if key == "و" {
            return self.titled && !self.named && tokens.is_word(at + 1) && !ends_phrase(document, at + 1);
        }
        if adjective_with_waw(key) && tokens.is(at - 1, HEADS) {
            return true;
        }
        if key.starts_with('و') && !token.is(class::NAME) && token.classes & !class::MASDAR == 0
            || token.proclitic == Proclitic::Conjunction
        {
            // A second member: of a title (`وزير الثقافة والإعلام`), or a counterpart.
            let coordinated = (key.starts_with("وال") && !(self.named && token.is(class::TITLE)))
                || (token.is(class::TITLE | class::ORG) && !self.named);
            // An unknown word with و may be a name (`وليد`), a second noun or a verb.
            let second_noun = self.titled
                && !self.named
                && (tokens.list[at - 1].definite
                    // `طب وجراحة العيون`: two nouns with one complement.
                    || at > start + 1 && token.verb.is_none() && tokens.list.get(at + 1).is_some_and(|next| next.definite));
            // A family name that begins with و: the phrase ends behind it.
            let family = token.classes == 0
                && self.named
                && name_like(document, at - 1)
                && !key.ends_with(['ه', 'ا'])
                && lexicon().word(&key[2..]).is_none()
                && (tokens.is(
                    at + 1,
                    class::CLAUSE
                        | class::OWN_WORDS
                        | class::PREPOSITION
                        | class::ENDS
                        | class::TIME
                        | class::ADDRESSEE,
                ) || !tokens.is_word(at + 1));
            return coordinated || second_noun || family;
        }
        true
    }

    /// A name behind its title or a title behind its name: `نائب وزير الخارجية، فلان الفلاني،`.
    fn goes_on_behind_comma(&self, document: &Document, comma: usize) -> bool {
        let tokens = &document.tokens;
        let next = comma + 1;
        if !tokens.is_word(next) || ends_phrase(document, next) || tokens.is(next, class::PREPOSITION) {
            return false;
        }
        let token = &tokens.list[next];
        if token.proclitic != Proclitic::None || (tokens.key(next).starts_with('و') && !token.is(class::NAME)) {
            return false;
        }
        // A person is followed by a title, not by a body.
        let person_named = self.named && self.person;
        let title_follows = token.is(class::TITLE) || token.is(class::ORG) && !person_named;
        let name_follows = !title_follows && self.person && name_behind_comma(document, next);
        if !((self.titled && !self.named && (name_follows || title_follows))
            || (self.named && !self.titled_after && title_follows))
        {
            return false;
        }
        // The apposition must end soon, at a comma or where the reporting clause goes on.
        let mut at = next;
        while at < tokens.list.len() && at - next < 14 {
            match tokens.kind(at) {
                Kind::Comma | Kind::Colon | Kind::Mark => return true,
                Kind::Word
                    if tokens.is(at, class::CLAUSE | class::ADDRESSEE | class::PREPOSITION | class::TIME)
                        || ends_phrase(document, at) =>
                {
                    return true;
                }
                Kind::Word | Kind::Number | Kind::Open | Kind::Close => at += 1,
                _ => return false,
            }
        }
        false
    }
}
