//! Where a noun phrase that names a speaker ends: titles, names, appositions behind a comma, complements with
//! prepositions as far as they belong to a title.

use super::document::Document;
use super::lexicon::{Form, class, frame, lexicon};
use super::tokens::{Kind, Proclitic};

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
    let known = |ending: &str| {
        lexicon().word(&format!("{stem}{ending}")).is_some_and(|entry| entry.classes & (HEADS | class::INDEFINITE) != 0)
    };
    known("ون")
        || known("")
        || stem.starts_with('م') && stem.chars().count() >= 4 && document.tokens.list[index].classes == 0
}

/// An adjective of origin (`روسي`), which follows a title and names nobody.
pub(super) fn nisba(key: &str) -> bool {
    (key.ends_with('ي') || key.ends_with("ية")) && key.chars().count() > 4
}

/// An unknown word behind a noun that looks like a verb or an adverb: the feminine perfect (`استثمرت`), an
/// accusative with tanween, the imperfect behind a definite word (`النادي يرفض`).
fn past_verb_like(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    if token.definite || token.classes != 0 {
        return false;
    }
    let key = tokens.key(index);
    let long = key.chars().count() >= 5;
    // `إرنست مونيز`: before another word without article it may be a foreign name.
    let name_follows = name_like(document, index + 1) && !tokens.key(index + 1).starts_with(['ب', 'ل', 'ف', 'و']);
    // Behind a noun without article (`مدير مشروع ستاردست`) it is a complement.
    let settled = {
        let before = &tokens.list[index - 1];
        before.definite || before.is(class::NAME | class::INDEFINITE | class::ORG) || name_like(document, index - 1)
    };
    let feminine = key.ends_with('ت') && !key.ends_with("ات") && long && !name_follows && settled;
    // `الإسرائيلي يورام شاحاك قوله`: two unknown words before the end of a phrase are a name.
    let foreign_name =
        name_like(document, index + 1) && (ends_phrase(document, index + 2) || !tokens.is_word(index + 2));
    let imperfect =
        key.starts_with('ي') && key.chars().count() >= 4 && tokens.list[index - 1].definite && !foreign_name;
    // Form X that is no verbal noun (`استمر`), a purpose (`لإجراء`), a noun with ب and a pronoun (`بمنعه`).
    let tenth = key.starts_with("است") && !verbal_noun_pattern(key) && !key.ends_with('ة') && !key.ends_with('ي');
    let future =
        (key.starts_with("سي") || key.starts_with("ست")) && long && tokens.list[index - 1].definite && !foreign_name;
    let purpose = key.strip_prefix('ل').is_some_and(verbal_noun_pattern);
    let with_pronoun =
        key.starts_with('ب') && (key.ends_with('ه') || key.ends_with("هم") || key.ends_with("ها")) && long;
    // `المدرب بجماهير ناديه`, `غروس بأداء اللاعبين`: what follows has a pronoun or the article.
    let next = tokens.key(index + 1);
    let pronoun = next.ends_with('ه') || next.ends_with("ها") || next.ends_with("هم");
    let definite = tokens.list.get(index + 1).is_some_and(|token| token.definite);
    let before = tokens.list[index - 1].definite;
    let with_preposition =
        key.starts_with('ب') && key.chars().count() >= if before { 6 } else { 5 } && (pronoun || definite && !before);
    // Objects behind a definite word: `الصناعة مستودعا`, `العبودي علاقتها`.
    let object =
        before && long && (key.ends_with('ا') || key.ends_with("هم") || key.ends_with("ته") || key.ends_with("اته"));
    feminine
        || object
        || future
        || imperfect
        || with_preposition
        || tenth
        || purpose
        || with_pronoun
        || (token.tanween && key.ends_with('ا'))
}

/// `فضل عدم ذكر اسمه`, `طلب عدم الكشف عن هويته`: the token behind it, if it begins at `at`.
pub(super) fn wish_for_anonymity(document: &Document, at: usize) -> Option<usize> {
    let key = |index| document.tokens.key(index);
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
    let names = |index: &usize| {
        matches!(key(*index), "اسمه" | "هويته" | "اسمها" | "هويتها" | "اسمائهم" | "هويتهم" | "هوياتهم" | "اسمهم")
    };
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
        ['ت', _, _, 'ي', _] => true,
        _ => false,
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
                if ends_phrase(document, at) && !(at == start && token.is(class::ANAPHOR)) {
                    break;
                }
                if at > start && stop_at_verbal_noun && phrase.complete(document, at) && verbal_noun(document, at) {
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
                let plural = tokens.key(at).ends_with("ين") || tokens.key(at).ends_with("ون");
                let second = (stop_at_verbal_noun || plural)
                    && phrase.named
                    && at >= start + 2
                    && token.definite
                    && token.classes == 0
                    && tokens.list[at - 1].definite
                    && tokens.list[at - 1].classes == 0
                    && name_like(document, at - 2);
                if at > start && (own || object || second) {
                    break;
                }
                // `أفتى الشيخ فلان الفلاني بجواز …`: behind a family name a preposition.
                if phrase.named
                    && tokens.key(at).starts_with('ب')
                    && token.classes == 0
                    && !token.definite
                    && tokens.list[at - 1].definite
                {
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
                if at > start && stop_at_verbal_noun && abstract_noun && tokens.list[at - 1].definite {
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
                let officer = token.is(class::TITLE) && !token.is(class::ORG) && token.definite;
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
                if at > start && owned && token.classes == 0 && !token.definite && tokens.is(at - 1, class::NAME) {
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
                    at += 1;
                    continue;
                }
                if !phrase.takes_word(document, start, at) {
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
                let name =
                    introduced || (words <= 3 && phrase.organisation) || words <= 2 && tokens.is(at - 1, class::TITLE);
                if span.unclosed || words > 7 || !name {
                    break;
                }
                phrase.named = true;
                at = span.after();
                end = at;
            }
            // The point of an abbreviation (`د.`).
            Kind::Other if at > start && &tokens.text[token.start..token.end] == "." => at += 1,
            _ => break,
        }
    }
    (end > start).then_some(end)
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
    /// Words so far.
    length: usize,
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
fn name_ahead(document: &Document, from: usize) -> bool {
    let tokens = &document.tokens;
    for index in from + 1..from + 8 {
        if !tokens.is_word(index) || ends_phrase(document, index) || tokens.is(index, class::MASDAR) {
            return false;
        }
        let pair = name_like(document, index)
            && name_like(document, index + 1)
            && (tokens.is(index, class::NAME) || tokens.list[index - 1].definite);
        if pair || tokens.is(index, class::NAME) && !names_institution(document, index) {
            return true;
        }
        if tokens.is(index, class::TITLE) && tokens.list[index].definite && index > from + 1 {
            return true;
        }
    }
    false
}

/// A name in apposition behind a comma: a known one, or unknown words up to where the phrase must end.
fn name_behind_comma(document: &Document, start: usize) -> bool {
    let tokens = &document.tokens;
    if tokens.is(start, class::NAME) || document.family_name(start) {
        return true;
    }
    if !name_like(document, start) {
        return false;
    }
    let end = (start..start + 5).find(|index| !name_like(document, *index)).unwrap_or(start + 5);
    let closed = !tokens.is_word(end)
        || tokens.list[end].definite && tokens.list[end].classes == 0
        || ends_phrase(document, end)
        || tokens.is(end, class::PREPOSITION | class::CLAUSE | class::ADDRESSEE);
    let verb = tokens.key(start).ends_with('ت') && end == start + 1;
    closed && !verb && end > start
}

impl Phrase {
    fn see(&mut self, document: &Document, at: usize) {
        self.length += 1;
        let token = &document.tokens.list[at];
        // `المتحدث باسم`: no name, though one is written so.
        if self.titled && document.tokens.key(at) == "باسم" {
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
        if !tokens.is_word(next)
            || ends_phrase(document, next)
            || tokens.is(next, class::MEDIUM | class::EVENT | class::DEMONSTRATIVE | class::TIME)
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
            return !self.named || self.titled_after;
        }
        if key == "و" {
            return self.titled && !self.named && tokens.is_word(at + 1) && !ends_phrase(document, at + 1);
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
