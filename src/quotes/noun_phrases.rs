//! Where a noun phrase that names a speaker ends: titles, names, appositions behind a comma, complements with
//! prepositions as far as they belong to a title.

use super::document::Document;
use super::lexicon::{Form, class, frame, lexicon};
use super::phrase_limits::{no_complement, object_begins};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{
    adjective_with_waw, common_body, describes, heads_body, joins_name, name_ahead, name_behind_comma, name_like,
    names_institution, nisba, person_in_marks, time_as_surname, with_preposition,
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
        let outlet = token.is(class::TIME)
            && index > 0
            && tokens.is(index - 1, class::OUTLET)
            && tokens.is(index - 1, class::NAME_INTRO);
        return !(outlet || time_as_surname(document, index));
    }
    let key = tokens.key(index);
    // `المدير وعدد من العاملين`: a number of them, no verb.
    if key == "وعدد" && tokens.key(index + 1) == "من" {
        return false;
    }
    // `لايثق`: the negation is written together with its verb.
    let negated = token.classes == 0 && (key.starts_with("لاي") || key.starts_with("لات")) && key.chars().count() >= 5;
    if negated {
        return true;
    }
    match token.verb {
        Some(verb) if token.definite || verb.object => verb.object && verb.form == Form::Finite && !token.definite,
        Some(verb) if verb.form == Form::Participle => {
            let plural = tokens.key(index).ends_with("ين") && tokens.is(index + 1, class::CLAUSE | class::PREPOSITION);
            !token.is(HEADS) && (token.tanween || tokens.key(index).ends_with('ا') || plural)
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
                // `عماد الراوي، المدير العام لوكالة الشرق`: behind an apposition that asks for it.
                let director = at == start + 2
                    && phrase.person
                    && token.is(class::ADDRESSEE)
                    && tokens.key(at).starts_with("لل")
                    && matches!(tokens.key(at - 1), "العام" | "العامة" | "التنفيذي" | "التنفيذية");
                let of_body = phrase.titled_after
                    && token.is(class::ADDRESSEE)
                    && (tokens.is(at - 1, class::TITLE) && !tokens.list[at - 1].definite
                        || matches!(
                            tokens.key(at - 1),
                            "العام" | "العامة" | "التنفيذي" | "التنفيذية" | "الفني" | "الاقليمي"
                        ));
                // `المجلس الوطني للصحافة`, `الاتحاد الدولي للصحفيين`: the body of those who write.
                let of_press = at == start + 2
                    && tokens.is(start, class::ORG)
                    && matches!(tokens.key(at), "للصحافة" | "للصحفيين" | "للصحافيين" | "للاعلاميين")
                    && matches!(
                        tokens.key(at - 1),
                        "الوطني"
                            | "الوطنية"
                            | "الدولي"
                            | "الدولية"
                            | "الاعلى"
                            | "العليا"
                            | "العام"
                            | "العامة"
                    );
                if of_body || of_press || director {
                    at += 1;
                    end = at;
                    continue;
                }
                // `السيد لوح`: a name, though it may be a verb.
                let called = at > start && matches!(tokens.key(at - 1), "السيد" | "السيدة" | "والسيد" | "والسيدة");
                // `الفنانة هنا فهمي`
                let called = called
                    || at > start
                        && tokens.key(at) == "هنا"
                        && tokens.is(at - 1, class::TITLE)
                        && tokens.key(at - 1).ends_with('ة')
                        && name_like(document, at + 1);
                let surname = document.family_name(at);
                let looks_otherwise = token.verb.is_some()
                    || tokens.key(at) == "هنا"
                    || surname && at > start && token.is(class::MASDAR | class::EVENT);
                if (called || surname)
                    && looks_otherwise
                    && !token.is(class::CLAUSE)
                    && (!token.definite || surname && token.verb.is_none())
                {
                    phrase.named = true;
                    at += 1;
                    end = at;
                    continue;
                }
                if ends_phrase(document, at) && !(at == start && token.is(class::ANAPHOR)) {
                    break;
                }
                // `الناطق الإعلامي بصحة القصيم فلان`: where somebody speaks for, on the way to the name.
                let spokesman = phrase.titled
                    && !phrase.named
                    && at >= start + 2
                    && tokens.key(at).starts_with(['ب', 'ل'])
                    && !token.definite
                    && token.classes & !(class::ORG | class::PLACE | class::MASDAR) == 0
                    && matches!(tokens.key(at - 1), "الاعلامي" | "الرسمي" | "الاعلامية" | "الرسمية")
                    && name_ahead(document, at);
                if spokesman {
                    at += 1;
                    end = at;
                    continue;
                }
                // `القائم بالأعمال`
                if at > start
                    && matches!(tokens.key(at), "باعمال" | "بالاعمال")
                    && tokens.key(at - 1).trim_start_matches("ال") == "قائم"
                {
                    at += 1;
                    end = at;
                    continue;
                }
                if object_begins(document, &phrase, (start, at), stop_at_verbal_noun) {
                    break;
                }
                // `عبد الحق`, `أبو أنس`, `بن فهد`: what stands behind such a word is part of the name.
                if at > start && joins_name(tokens.key(at - 1)) && !token.is(class::CLAUSE) {
                    phrase.named = true;
                    at += 1;
                    end = at;
                    continue;
                }
                if no_complement(document, &phrase, (start, at), stop_at_verbal_noun) {
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
                    // `ألكسندر يفيموف`
                    && !["وف", "يف", "يتش", "سكي"].iter().any(|ending| tokens.key(at).ends_with(ending))
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
                // `لاعب وسط`: all words of a title of several.
                at += if token.is(class::TITLE | class::ORG) { usize::from(token.phrase.max(1)) } else { 1 };
                end = at;
            }
            Kind::Number if at > start => {
                at += 1;
                end = at;
            }
            Kind::Comma if at > start => {
                // `زعيم الحزب، فلان الفلاني، الرئيس إلى …`: behind one apposition no second one.
                if phrase.apposed && phrase.named || !phrase.goes_on_behind_comma(document, at) {
                    break;
                }
                phrase.apposed |= phrase.titled && !tokens.is(at + 1, HEADS);
                at += 1;
            }
            Kind::Open if at > start => {
                let close = (at + 1..tokens.list.len().min(at + 9)).find(|index| tokens.kind(*index) == Kind::Close);
                let Some(close) = close else { break };
                at = close + 1;
                let more = !phrase.named
                    || tokens.is(at, HEADS | class::NAME)
                    || tokens.list.get(at).is_some_and(|next| next.definite);
                if !more && tokens.is_word(at) {
                    break;
                }
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
                // `قائد عمليات «السهل» الفريق فلان`: a noun without article goes on in the marks.
                let construct = words <= 3
                    && at > start
                    && phrase.person
                    && !phrase.named
                    && tokens.is_word(at - 1)
                    && !tokens.list[at - 1].definite
                    && tokens.list[at - 1].verb.is_none()
                    && (tokens.is(span.after(), class::TITLE | class::NAME) || name_ahead(document, span.after()));
                // `الممثل السوري “وائل شعبان”`
                let person = at > start && phrase.person && !phrase.named && person_in_marks(document, span);
                let name = introduced
                    || headed
                    || construct
                    || person
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

/// What a noun phrase has shown so far.
#[derive(Default)]
pub(super) struct Phrase {
    pub titled: bool,
    pub named: bool,
    /// A title or organisation stands behind the name.
    pub titled_after: bool,
    pub indefinite: bool,
    /// An organisation or outlet, which may have its name in marks behind an adjective (`الوكالة الرسمية «…»`).
    pub organisation: bool,
    /// The first word may be a name: it is one if a title follows.
    pub bare_start: bool,
    /// A title of persons stands in it.
    pub person: bool,
    /// A preposition stands behind the name: a title behind it is another person's.
    pub left: bool,
    /// Behind a title and a comma stands a name.
    pub apposed: bool,
    /// Words so far.
    pub length: usize,
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
        if token.is(HEADS) && !(token.is(class::NAME) && (self.titled || self.named && token.definite)) {
            self.organisation |= token.is(class::ORG | class::OUTLET) && !self.named;
            self.named |= self.bare_start && token.definite;
            self.titled_after |= self.named;
            self.titled = true;
            // `المكتب الإعلامي`: an adjective of a body is no person's title.
            let adjective = at > 0
                && token.definite
                && nisba(document.tokens.key(at))
                && document.tokens.is(at - 1, class::ORG)
                && document.tokens.list[at - 1].definite;
            self.person |= token.is(class::TITLE | class::INDEFINITE) && !adjective;
            self.indefinite |= token.is(class::INDEFINITE);
            return;
        }
        if names_institution(document, at) {
            return;
        }
        // `بيار مارلوني`: behind an unknown word without article no adjective of origin.
        let like =
            name_like(document, at) || self.bare_start && !token.definite && token.classes == 0 && token.verb.is_none();
        // Two such words in a row, or one behind a title's definite complement.
        let behind = at.checked_sub(1).filter(|before| document.tokens.is_word(*before));
        let second = behind.is_some_and(|before| {
            name_like(document, before) || (self.titled && document.tokens.list[before].definite)
        });
        if token.is(class::NAME) || (like && second) || self.apposed && document.family_name(at) {
            self.named = true;
        } else if !self.titled && like {
            self.bare_start = true;
        }
    }

    /// The phrase could end before `at`: a name or a definite word stands there.
    pub fn complete(&self, document: &Document, at: usize) -> bool {
        let before = &document.tokens.list[at - 1];
        // `أرامكو` is complete, `مدير مكتب` is not.
        // `جهاز مكافحة الحرائق`: a common noun goes on.
        let construct = common_body(document.tokens.key(at - 1))
            && document.tokens.list.get(at + 1).is_some_and(|next| next.definite);
        let lone_body = before.is(class::ORG) && !before.is(class::PLACE) && self.length <= 1 && !construct;
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
            || tokens.is(next, class::EVENT)
            || tokens.is(next, class::MEDIUM) && !(self.titled && !self.named && name_ahead(document, next))
            || tokens.is(next, class::MASDAR) && !tokens.is(next, class::ORG | class::TITLE)
            // `شكك الخبير في رواية الشرطة`
            || tokens.key(at) == "في"
                && matches!(tokens.key(next), "رواية" | "قصة" | "كلام" | "قول" | "صحة" | "قدرة" | "جدوى" | "نتائج" | "نيات" | "نوايا")
            || matches!(tokens.key(at - 1), "المساعدة" | "المشاركة")
        {
            return false;
        }
        // Other prepositions belong to a title only on the way to the name (`المبعوث إلى المنطقة فلان`).
        let on_the_way = self.titled && !self.named && name_ahead(document, next);
        // `المشرف العام على المستشفى`
        let general = usize::from(at >= 2 && matches!(tokens.key(at - 1), "العام" | "العامة"));
        let responsible = at > general
            && matches!(
                tokens.key(at - 1 - general),
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
                    | "مطلعون"
                    | "مطلعين"
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
            "من" => responsible || !self.named || self.titled_after && tokens.is_word(at - 1),
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
        // `صحيفة وول ستريت`: behind an outlet's noun without article stands its name.
        let outlet = token.classes == 0 && tokens.is(at - 1, class::OUTLET) && !tokens.list[at - 1].definite;
        if adjective_with_waw(key) && tokens.is(at - 1, HEADS) || outlet {
            return true;
        }
        if key.starts_with('و') && !token.is(class::NAME) && token.classes & !class::MASDAR == 0
            || token.proclitic == Proclitic::Conjunction
        {
            // A second member: of a title (`وزير الثقافة والإعلام`), or a counterpart.
            let coordinated = (key.starts_with("وال") && !(self.named && token.is(class::TITLE)))
                || (token.is(class::TITLE | class::ORG) && !self.named);
            // `مصادر أمنية وطبية`, `مصادر محلية وشهود`
            let adjective = key.ends_with("ية")
                && tokens.key(at - 1).ends_with("ية")
                && at > start + 1
                && token.verb.is_none()
                && !self.named;
            let second_source = token.is(class::INDEFINITE) && tokens.is(start, class::INDEFINITE) && !self.named;
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
            return coordinated || adjective || second_source || second_noun || family;
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
        // `فلان، وزير الصحة`
        let joined = tokens.key(next).starts_with('و') && !token.is(class::NAME | class::TITLE);
        if token.proclitic != Proclitic::None || joined {
            return false;
        }
        // A person is followed by a title, not by a body.
        let person_named = self.named && self.person;
        // `فلان، أول مدير للإذاعة`
        let first = matches!(tokens.key(next), "اول" | "اخر") && tokens.is(next + 1, class::TITLE);
        let title_follows = first || token.is(class::TITLE) || token.is(class::ORG) && !person_named;
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
                Kind::Comma | Kind::Colon | Kind::Mark | Kind::Stop | Kind::Newline => return true,
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
