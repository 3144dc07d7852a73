//! Reporting clauses: a cue, its subject, and what introduces the reported words (`أن`, a colon, a mark, a noun
//! phrase). A verb without an introducer reports nothing and makes no clause.

use super::document::Document;
use super::lexicon::{Agreement, Form, VerbForm, class, frame};
use super::not_speech::outlet_named;
use super::noun_phrases::{HEADS, ends_phrase, noun_phrase, verbal_noun, wish_for_anonymity};
use super::record::Polarity;
use super::tokens::{Kind, Proclitic};

/// What stands between the cue and the reported words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Introducer {
    /// `أن`, `إن`, `بأن`, with or without a pronoun.
    Clause,
    /// A colon.
    Colon,
    /// The opening mark itself.
    Mark,
    /// The reported thing is a noun phrase.
    Noun,
    /// A marked word said of something (`وصفه بـ`), or a fragment in an attitude (`دعا إلى «…»`).
    Fragment,
}

/// What kind of cue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CueKind {
    /// A finite verb.
    Verb,
    /// A participle beside the main verb (`مشيرا`), or a noun with the speaker's pronoun (`قوله`).
    Participle,
    /// `نقلت … عن`: the subject is who stands behind عن.
    Relay,
    /// `بحسب`, `وفق`.
    According,
    /// A phrase or verb behind the reported words.
    After,
    /// `name:` in a headline.
    Headline,
}

/// A reporting clause. All numbers are tokens; ranges are half-open.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub kind: CueKind,
    /// The cue's tokens.
    pub cue: (usize, usize),
    pub verb: Option<VerbForm>,
    /// First token of the reporting clause, connectives and a subject before the verb included.
    pub start: usize,
    /// Noun phrase of the speaker.
    pub subject: Option<(usize, usize)>,
    pub introducer: Introducer,
    /// First token of the reported words (the mark, where they begin with one).
    pub content: usize,
    /// Where the content must end at the latest, if something before the sentence's end limits it.
    pub content_end: Option<usize>,
    pub polarity: Polarity,
    /// Tokens between cue and content: circumstance, medium, addressee.
    pub between: (usize, usize),
    /// The subject stands before the verb.
    pub subject_first: bool,
}

/// Longest way from a cue to what it introduces, in tokens.
const REACH: usize = 64;

/// The reporting clause whose verb is token `at`, if it is one.
pub(super) fn clause_at(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb = token.verb?;
    if token.definite && verb.form != Form::Participle || document.marked(at) {
        return None;
    }
    // `عدم ذكر اسمه`: a verbal noun written like the verb. `قال تعالى`: scripture.
    if at > 0 && matches!(tokens.key(at - 1), "عدم" | "بعدم")
        || matches!(tokens.key(at + 1), "تعالى" | "سبحانه" | "الله" | "عز" | "النبي" | "الرسول")
    {
        return None;
    }
    if verb.form == Form::Participle && !participle_stands(document, at) {
        return None;
    }
    // `ليعلن أن …` begins a clause of its own only behind a pause; elsewhere it is a purpose.
    if token.proclitic == Proclitic::Conjunction && tokens.key(at).starts_with('ل') && at > 0 && tokens.is_word(at - 1)
    {
        return None;
    }
    if editorial(document, at) || subjunctive(document, at, verb) {
        return None;
    }
    if verb.frames & frame::TURN != 0 {
        return None;
    }
    if verb.frames & frame::RELAY != 0 {
        return super::sources::relay_at(document, at, verb);
    }
    if verb.form == Form::Passive || (verb.object && !takes_object(document, at, verb)) {
        return None;
    }
    if verb.frames & frame::TEXT != 0 && verb.frames & frame::ALA_CLAUSE == 0 {
        return text_clause(document, at, verb);
    }
    let before = preposed_subject(document, at);
    // Behind `كان` and in a relative clause the subject stands before the verb; elsewhere one behind it is nearer.
    let settled = before.is_some_and(|(start, end)| {
        (start > 0 && tokens.is(start - 1, class::AUXILIARY))
            || tokens.is(end, class::RELATIVE)
            || tokens.is(end + 1, class::RELATIVE)
    });
    let found = Search::new(document, at, verb, settled).run()?;
    if verb.frames & frame::HOMOGRAPH != 0 && !opens_clause(document, at) && !settled && verb.form == Form::Finite {
        return None;
    }
    let subject = found.subject.or(before);
    if let Some((start, end)) = subject
        && !may_speak(document, start, end, verb)
    {
        return None;
    }
    // `يعتقد الخبراء أن …` is what is thought, not what somebody said.
    if verb.frames & frame::OPINION != 0
        && verb.frames & frame::QUOTATION == 0
        && subject.is_none_or(|(start, _)| tokens.is(start, class::INDEFINITE))
    {
        return None;
    }
    if verb.frames & frame::TEXT_ONLY != 0 && !subject.is_some_and(|(start, _)| tokens.is(start, class::TEXT)) {
        return None;
    }
    let subject_first = found.subject.is_none() && before.is_some();
    let start = clause_start(document, if subject_first { before.map_or(at, |(start, _)| start) } else { at });
    Some(Clause {
        kind: if verb.form == Form::Participle { CueKind::Participle } else { CueKind::Verb },
        cue: (at, found.cue_end),
        verb: Some(verb),
        start,
        subject,
        introducer: found.introducer,
        content: found.content,
        content_end: None,
        polarity: polarity(document, at, verb),
        between: (found.subject.map_or(at + 1, |(_, end)| end), found.introducer_at),
        subject_first,
    })
}

/// `أن يؤكد`: what somebody should say is not said.
fn subjunctive(document: &Document, at: usize, verb: VerbForm) -> bool {
    let tokens = &document.tokens;
    verb.imperfect
        && at > 0
        && tokens.list[at].proclitic == Proclitic::None
        && (matches!(tokens.stem(at - 1), "ان" | "لن" | "كي" | "لكي" | "حتى"))
}

/// Who takes the floor with the verb at `at` without words of theirs that are reported (`رحب الوزير بالقرار`): the
/// next dropped subject is theirs.
pub(super) fn turn_at(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb = token.verb.filter(|verb| {
        verb.form == Form::Finite
            && !verb.object
            && verb.frames & (frame::RELAY | frame::TEXT | frame::PREDICATIVE) == 0
    })?;
    if token.definite
        || document.marked(at)
        || !opens_clause(document, at)
        || subjunctive(document, at, verb)
        || editorial(document, at)
    {
        return None;
    }
    let start = if matches!(tokens.key(at + 1), "له" | "لها" | "معه" | "معها" | "ايضا" | "كذلك") {
        at + 2
    } else {
        at + 1
    };
    let head = tokens.is(start, HEADS | class::NAME) && tokens.list[start].proclitic == Proclitic::None
        || document.family_name(start);
    if !head || tokens.is(start, class::TEXT) || ends_phrase(document, start) {
        return None;
    }
    noun_phrase(document, start, true).map(|end| (start, end))
}

/// `جاء في البيان أن …`, `وورد فيه: …`.
fn text_clause(document: &Document, at: usize, verb: VerbForm) -> Option<Clause> {
    let tokens = &document.tokens;
    let (subject, after, cue_end) = match tokens.key(at + 1) {
        "في" => {
            let end = noun_phrase(document, at + 2, false)?;
            (Some((at + 2, end)), end, at + 2)
        }
        "فيه" | "فيها" => (None, at + 2, at + 2),
        _ => return None,
    };
    if subject.is_some_and(|(start, _)| !tokens.is(start, class::TEXT | class::MEDIUM)) {
        return None;
    }
    let mut search = Search::new(document, at, verb, true);
    search.at = after;
    let found = search.run()?;
    Some(Clause {
        kind: CueKind::Verb,
        cue: (at, cue_end),
        verb: Some(verb),
        start: clause_start(document, at),
        subject,
        introducer: found.introducer,
        content: found.content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (after, found.introducer_at),
        subject_first: false,
    })
}

/// Verbs whose attached pronoun is the addressee or the thing described; others are relative (`ما أكده`).
fn takes_object(document: &Document, at: usize, verb: VerbForm) -> bool {
    if verb.frames & frame::PREDICATIVE != 0 {
        return true;
    }
    let key = document.tokens.stem(at);
    ["ابلغ", "اخبر", "هدد", "اتهم", "طمان", "سال", "تبلغ", "يبلغ", "ذكر", "حذر", "اجاب", "خاطب", "وعد", "اعلم"]
        .iter()
        .any(|stem| key.starts_with(stem))
        && !(at > 0
            && (matches!(document.tokens.key(at - 1), "ما" | "مما") || document.tokens.is(at - 1, class::RELATIVE)))
}

/// An accusative participle that begins a circumstance clause, not an adjective or a noun of the same letters.
fn participle_stands(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let key = tokens.key(at);
    if tokens.list[at].definite
        || (at > 0 && matches!(tokens.stem(at - 1), "كان" | "كانت" | "يكون" | "تكون" | "ليس" | "مازال" | "زال"))
    {
        return false;
    }
    let before = at == 0 || matches!(tokens.kind(at - 1), Kind::Comma | Kind::Dash | Kind::Mark | Kind::Close);
    let conjunction = tokens.list[at].proclitic == Proclitic::Conjunction;
    let saying = matches!(tokens.stem(at), "قائلا" | "قائلة" | "قائلين");
    // Elsewhere it must stand right before what it introduces.
    let introduces = (at + 1..at + 3).any(|next| tokens.is(next, class::CLAUSE) || tokens.kind(next) == Kind::Colon);
    let accusative = tokens.list[at].tanween || key.ends_with('ا') || key.ends_with("ين");
    let preposition = accusative && tokens.is(at + 1, class::PREPOSITION);
    before || conjunction || saying || introduces || preposition
}

/// A frame that says what is known without anybody who says it.
pub(super) fn editorial(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let near = at.saturating_sub(2)..=at;
    near.into_iter().any(|index| tokens.is(index, class::EDITORIAL) && index + tokens.list[index].phrase as usize > at)
        || (tokens.list[at].verb.is_some_and(|verb| verb.imperfect && verb.agreement == Agreement::Masculine)
            && matches!(tokens.stem(at), "يشار" | "يذكر" | "يعتقد" | "يقال" | "يزعم" | "يتوقع" | "يرجح")
            && (tokens.is(at + 1, class::CLAUSE)
                || tokens.is(at + 1, class::PREPOSITION) && tokens.is(at + 2, class::CLAUSE))
            && (at == 0 || !tokens.is_word(at - 1) || tokens.is(at - 1, class::CONNECTIVE | class::AUXILIARY)))
}

/// The verb is the first of its clause.
fn opens_clause(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    at == 0
        || tokens.list[at].proclitic == Proclitic::Conjunction
        || !tokens.is_word(at - 1)
        || tokens.is(at - 1, class::CONNECTIVE | class::AUXILIARY | class::NEGATION)
}

/// Negation before the verb, and denial by the verb itself.
fn polarity(document: &Document, at: usize, verb: VerbForm) -> Polarity {
    let tokens = &document.tokens;
    let negated = at > 0 && matches!(tokens.stem(at - 1), "لم" | "لا" | "لن");
    match (negated, verb.frames & frame::DENIAL != 0) {
        (true, _) => Polarity::Unconfirmed,
        (false, true) => Polarity::Denied,
        (false, false) => Polarity::Affirmed,
    }
}

/// Figures, laws and things are evidence, not speakers.
fn may_speak(document: &Document, start: usize, end: usize, verb: VerbForm) -> bool {
    let tokens = &document.tokens;
    if tokens.is(start, class::EVIDENCE) && !tokens.is(start, HEADS) {
        return false;
    }
    // `أكد على`, `تشير التقديرات`: a verbal noun with the article is no speaker of an imperfect.
    !(verb.imperfect
        && end == start + 1
        && tokens.key(start).ends_with("ات")
        && tokens.list[start].definite
        && !tokens.is(start, HEADS))
}

/// Where the clause of the verb or subject at `at` begins: connectives and auxiliaries before it belong to it.
pub(super) fn clause_start(document: &Document, at: usize) -> usize {
    let tokens = &document.tokens;
    let (sentence, _) = document.sentence(at);
    let mut start = at;
    while start > sentence {
        let before = start - 1;
        if tokens.is(before, class::AUXILIARY | class::NEGATION | class::CONNECTIVE) && tokens.list[before].phrase == 1
        {
            start = before;
            continue;
        }
        // A discourse phrase of two or three words (`من جانبه`), with its comma.
        let comma = usize::from(tokens.kind(before) == Kind::Comma);
        let phrase = (1..=3usize).find_map(|words| {
            let first = start.checked_sub(words + comma)?;
            (first >= sentence && tokens.is(first, class::CONNECTIVE) && tokens.list[first].phrase as usize == words)
                .then_some(first)
        });
        match phrase {
            Some(first) => start = first,
            None => break,
        }
    }
    start
}

/// A subject before the verb: `وكان الوزير قد أكد`, `والوزير الذي أكد`, `الوزير أكد`.
fn preposed_subject(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    if token.verb.is_some_and(|verb| verb.form == Form::Participle) {
        return None;
    }
    let (sentence, _) = document.sentence(at);
    if token.proclitic == Proclitic::Conjunction {
        // `أما فلان فيرى أن …`; with و the clause begins at the verb.
        let topic = (at.saturating_sub(14).max(sentence)..at)
            .rev()
            .find(|index| matches!(tokens.key(*index), "اما" | "واما"))?;
        let phrase =
            noun_phrase(document, topic + 1, false).filter(|end| *end <= at && tokens.key(at).starts_with('ف'))?;
        return Some((topic + 1, phrase));
    }
    let mut verb = at;
    while verb > sentence
        && tokens.is(verb - 1, class::AUXILIARY)
        && matches!(tokens.stem(verb - 1), "قد" | "لقد" | "فقد" | "وقد")
    {
        verb -= 1;
    }
    if verb == sentence {
        return None;
    }
    let relative = tokens.is(verb - 1, class::RELATIVE);
    // `المزارع التي وصفها بأنها …`: the noun before is what is spoken of.
    if relative && token.verb.is_some_and(|verb| verb.object) {
        return None;
    }
    let target = if relative { verb - 1 } else { verb };
    let lowest = sentence.max(target.saturating_sub(40));
    // `كان` and its subject around a comma apposition: the phrase may end in a comma before the verb.
    for start in (lowest..target).rev() {
        let boundary = start == sentence
            || matches!(
                tokens.kind(start - 1),
                Kind::Comma | Kind::Semicolon | Kind::Newline | Kind::Colon | Kind::Dash | Kind::Stop
            )
            || (tokens.is(start - 1, class::AUXILIARY | class::CLAUSE | class::CONNECTIVE)
                && tokens.list[start - 1].phrase == 1)
            || (relative && tokens.is(start, HEADS));
        if !boundary || !tokens.is_word(start) && document.span_at(start).is_none() {
            continue;
        }
        if tokens.is(
            start,
            class::PREPOSITION | class::ENDS | class::TIME | class::CLAUSE | class::CONNECTIVE | class::DEMONSTRATIVE,
        ) && !tokens.is(start, class::ANAPHOR)
        {
            continue;
        }
        let Some(end) = noun_phrase(document, start, false) else { continue };
        let auxiliary = start > 0 && tokens.is(start - 1, class::AUXILIARY);
        let comma = end + 1 == target && tokens.kind(end) == Kind::Comma && (auxiliary || relative);
        if end == target || comma {
            // A lone indefinite word is rather a verb or an adverb than a subject.
            let bare = end == start + 1
                && !tokens.list[start].definite
                && !tokens.is(start, HEADS | class::NAME | class::ANAPHOR)
                && document.span_at(start).is_none();
            return (!bare).then_some((start, end));
        }
    }
    None
}

/// What was found behind a cue.
pub(super) struct Found {
    pub subject: Option<(usize, usize)>,
    pub introducer: Introducer,
    /// Token of the introducer.
    pub introducer_at: usize,
    pub content: usize,
    /// One past the cue's last token (`مشيرا إلى`).
    pub cue_end: usize,
}

/// Walks from the cue to what it introduces.
pub(super) struct Search<'d, 't> {
    document: &'d Document<'t>,
    cue: usize,
    verb: VerbForm,
    pub at: usize,
    subject: Option<(usize, usize)>,
    /// The subject is known from before the verb, or the verb is a participle.
    subject_known: bool,
    /// Inside a relative clause: its verb is not a new cue.
    relative: bool,
    circumstance: bool,
    /// A clause with أن stands between.
    passed_clause: bool,
}

impl<'d, 't> Search<'d, 't> {
    pub fn new(document: &'d Document<'t>, cue: usize, verb: VerbForm, subject_known: bool) -> Self {
        let subject_known = subject_known || verb.form == Form::Participle;
        Self {
            document,
            cue,
            verb,
            at: cue + 1,
            subject: None,
            subject_known,
            relative: false,
            circumstance: false,
            passed_clause: false,
        }
    }

    fn takes(&self, frames: u32) -> bool {
        self.verb.frames & frames != 0
    }

    fn found(&self, introducer: Introducer, introducer_at: usize, content: usize) -> Option<Found> {
        let cue_end = if introducer_at == self.cue + 2 && self.document.tokens.is(self.cue + 1, class::PREPOSITION) {
            self.cue + 2
        } else {
            self.cue + 1
        };
        Some(Found { subject: self.subject, introducer, introducer_at, content, cue_end })
    }

    pub fn run(mut self) -> Option<Found> {
        let document = self.document;
        let tokens = &document.tokens;
        let limit = tokens.list.len().min(self.cue + REACH);
        while self.at < limit {
            let at = self.at;
            match tokens.kind(at) {
                Kind::Colon => return self.colon(at),
                Kind::Mark => match self.mark(at) {
                    Step::Found(found) => return found,
                    Step::Next(next) => self.at = next,
                },
                Kind::Word => match self.word(at) {
                    Step::Found(found) => return found,
                    Step::Next(next) => self.at = next,
                },
                Kind::Stop | Kind::Newline | Kind::Semicolon => return None,
                Kind::Open => {
                    let close = (at + 1..limit.min(at + 16)).find(|index| tokens.kind(*index) == Kind::Close);
                    self.at = close.map_or(at + 1, |close| close + 1);
                }
                _ => self.at += 1,
            }
        }
        None
    }

    fn colon(&self, at: usize) -> Option<Found> {
        let tokens = &self.document.tokens;
        if !self.takes(frame::QUOTATION | frame::CLAUSE | frame::TEXT) {
            return None;
        }
        let mut content = at + 1;
        // `وقال:` and the words in the next line; `وذكرت الصحيفة: إن …`.
        if tokens.kind(content) == Kind::Newline && self.document.span_at(content + 1).is_some() {
            content += 1;
        }
        if tokens.is(content, class::CLAUSE) {
            content += 1;
        }
        if tokens.kind(content) == Kind::Newline || content >= tokens.list.len() {
            return None;
        }
        self.found(Introducer::Colon, at, content)
    }

    fn mark(&mut self, at: usize) -> Step {
        let document = self.document;
        let tokens = &document.tokens;
        let Some(span) = document.span_at(at) else { return Step::Next(at + 1) };
        let after = span.after();
        let words = document.word_count(span.open, after);
        let before = at - 1;
        let named = words <= 5 && tokens.is(before, class::NAME_INTRO | class::OUTLET | class::ADDRESSEE)
            || (words <= 3 && outlet_named(document, at));
        let glued = matches!(tokens.key(before), "ل" | "ب" | "لل" | "ك");
        if self.takes(frame::PREDICATIVE) {
            if named {
                return Step::Next(after);
            }
            // What is described stands between subject and mark (`اعتبر الوزير القرار "…"`).
            let last = if glued { before } else { at };
            let object =
                |end: usize| tokens.list[end - 1].definite && !self.verb.object && !document.family_name(end - 1);
            if let Some((start, end)) =
                self.subject.filter(|(start, end)| *end == last && end - start >= 2 && object(*end))
            {
                self.subject = Some((start, end - 1));
            }
            return Step::Found(self.found(Introducer::Fragment, at, at));
        }
        // A short one where a subject is missing names it: `وقال "الفلاني": "…"`.
        let speech_follows = matches!(tokens.kind(after), Kind::Colon) || tokens.is(after, class::CLAUSE);
        if self.subject.is_none()
            && !self.subject_known
            && !self.circumstance
            && words <= 6
            && (speech_follows
                || (words <= 3 && tokens.is_word(after) && !tokens.is(after, class::ENDS | class::PREPOSITION)))
            && !glued
            && !named
        {
            let end = noun_phrase(document, at, false).unwrap_or(after);
            self.subject = Some((at, end));
            return Step::Next(end);
        }
        if named || glued && !self.takes(frame::ATTITUDE) && (words <= 4 || self.takes(frame::CLAUSE)) {
            return Step::Next(after);
        }
        if self.takes(frame::ATTITUDE) && !self.relative {
            return if words >= 2 { Step::Found(self.found(Introducer::Fragment, at, at)) } else { Step::Next(after) };
        }
        if self.takes(frame::QUOTATION | frame::TEXT)
            && !self.passed_clause
            && self.free_before(at, words)
            && (words >= 3 || !tokens.is_word(after) || after >= document.sentence(at).1)
        {
            return Step::Found(self.found(Introducer::Mark, at, at));
        }
        Step::Next(after)
    }

    /// The mark at `at` is not governed by the noun before it, so that it may begin the reported words.
    fn free_before(&self, at: usize, words: usize) -> bool {
        let tokens = &self.document.tokens;
        let before = at - 1;
        let beside = before == self.cue || self.subject.is_some_and(|(_, end)| end == at) || !tokens.is_word(before);
        let closed = tokens.is(before, class::TIME | class::ADDRESSEE | class::BY_SAYING | class::ENDS | class::NAME);
        let (_, sentence_end) = self.document.sentence(at);
        let last =
            self.document.span_at(at).is_some_and(|span| self.document.word_count(span.after(), sentence_end) == 0);
        beside || closed || ((words >= 6 || words >= 2 && last) && self.verb.form == Form::Finite)
    }

    fn word(&mut self, at: usize) -> Step {
        let document = self.document;
        let tokens = &document.tokens;
        let token = &tokens.list[at];
        if token.is(class::CLAUSE) {
            return self.complementizer(at);
        }
        // `لـ (النورس)`: the outlet in brackets; a subject may follow.
        if matches!(tokens.key(at), "ل" | "لل") && tokens.kind(at + 1) == Kind::Open {
            return Step::Next(at + 1);
        }
        if token.is(class::BY_SAYING) && token.verb.is_none_or(|verb| verb.form == Form::Participle) && at > self.cue {
            // `وأضاف قائلا: …`: the participle only repeats the verb. Far from it, it has a clause of its own.
            let pause = (self.cue..at).any(|index| tokens.kind(index) == Kind::Comma)
                && self.verb.frames & frame::HOMOGRAPH != 0;
            if self.relative || pause || self.circumstance && at > self.cue + 24 {
                return Step::Found(None);
            }
            self.verb.frames |= frame::QUOTATION | frame::CLAUSE;
            self.subject_known |= self.subject.is_none();
            return Step::Next(at + 1);
        }
        // `مصدر فضل عدم ذكر اسمه`, `طلب عدم الكشف عن هويته`
        if let Some(after) = wish_for_anonymity(document, at) {
            return Step::Next(after);
        }
        // A verbal noun right behind the verb, with a clause of its own: a thing that shows, nobody who says.
        if at == self.cue + 1
            && token.is(class::MASDAR)
            && !token.is(HEADS | class::NAME)
            && self.takes(frame::BARE_NOUN)
            && self.clause_follows(at)
        {
            return Step::Found(None);
        }
        if let Some(noun) = self.noun_content(at) {
            return Step::Found(noun);
        }
        if self.subject.is_none() && !self.subject_known && !self.circumstance {
            if let Some(end) = self.subject_at(at) {
                self.subject = Some((at, end));
                return Step::Next(end);
            }
        } else if self.subject.is_none() && !self.subject_known && self.late_subject(at) {
            if let Some(end) = self.subject_at(at) {
                self.subject = Some((at, end));
                return Step::Next(end);
            }
        }
        if token.is(class::RELATIVE) || matches!(tokens.key(at), "ما") {
            self.relative = true;
            return Step::Next(at + 1);
        }
        if let Some(verb) = token.verb {
            let homograph = verb.frames & frame::HOMOGRAPH != 0 || token.definite;
            if verb.form == Form::Participle && (token.tanween || tokens.key(at).ends_with('ا')) && !token.definite {
                return Step::Found(None);
            }
            if verb.form == Form::Finite && !verb.object && !homograph && !self.relative {
                return Step::Found(None);
            }
            if self.relative {
                self.relative = false;
            }
        }
        self.circumstance |= token.is(class::PREPOSITION | class::ENDS | class::TIME | class::ADDRESSEE)
            || token.proclitic == Proclitic::Preposition;
        Step::Next(at + usize::from(token.phrase.max(1)))
    }

    /// The noun phrase of a subject at `at`.
    fn subject_at(&mut self, at: usize) -> Option<usize> {
        let document = self.document;
        let tokens = &document.tokens;
        let token = &tokens.list[at];
        if token.is(class::PREPOSITION | class::TIME | class::ADDRESSEE | class::RELATIVE)
            || (token.is(class::ENDS) && !token.is(class::ANAPHOR | class::NAME))
        {
            return None;
        }
        if token.proclitic == Proclitic::Preposition {
            return None;
        }
        // A verbal noun right behind the verb is its object (`أكد استمرار …`).
        if self.takes(frame::BARE_NOUN) && verbal_noun(document, at)
            || token.is(class::MASDAR) && !token.definite && !token.is(HEADS | class::NAME)
        {
            return None;
        }
        if ends_phrase(document, at) && !token.is(class::ANAPHOR) {
            return None;
        }
        noun_phrase(document, at, self.takes(frame::BARE_NOUN))
    }

    /// A subject behind a circumstance: it begins with a title or an organisation and something ends before it.
    fn late_subject(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        let head = token.is(class::TITLE | class::ORG | class::INDEFINITE)
            && token.proclitic == Proclitic::None
            && !token.is(class::MEDIUM);
        let closed = matches!(tokens.kind(at - 1), Kind::Comma | Kind::Mark | Kind::Close)
            || tokens.is(at - 1, class::TIME)
            || matches!(tokens.key(at - 1), "له" | "لها" | "صحفي" | "صحافي" | "صحفية" | "لهم" | "خاص" | "هاتفي");
        head && closed
    }

    /// `أن` and its like: the introducer, unless it belongs to another construction.
    fn complementizer(&mut self, at: usize) -> Step {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        if token.proclitic == Proclitic::Conjunction
            && at > self.cue + 1
            && self.subject.is_some()
            && tokens.kind(at - 1) != Kind::Comma
        {
            return Step::Next(at + 1);
        }
        let before = at - 1;
        let preposition = if before == self.cue { "" } else { tokens.key(before) };
        let taken = match preposition {
            "الى" | "الي" => self.takes(frame::ILA_CLAUSE),
            "على" => self.takes(frame::ALA_CLAUSE) || self.takes(frame::CLAUSE),
            "من" => self.takes(frame::MIN_CLAUSE),
            "عن" | "في" => self.takes(frame::CLAUSE),
            _ if tokens.is(before, class::NO_CLAUSE) && before != self.cue => false,
            _ => self.takes(frame::ANY_CLAUSE | frame::TEXT),
        };
        let denied = self.takes(frame::PREDICATIVE) && !self.takes(frame::CLAUSE);
        let next = at + 1;
        if denied && self.document.span_at(next).is_some() {
            return Step::Found(self.found(Introducer::Fragment, next, next));
        }
        let attitude = self.takes(frame::ATTITUDE) && !self.takes(frame::CLAUSE);
        self.passed_clause = true;
        if !taken || attitude {
            return Step::Next(next);
        }
        let content = if tokens.kind(next) == Kind::Colon { next + 1 } else { next };
        if matches!(tokens.kind(content), Kind::Newline | Kind::Stop) {
            return Step::Found(None);
        }
        Step::Found(self.found(Introducer::Clause, at, content))
    }

    /// A noun phrase as the reported thing: bare, or behind the verb's preposition.
    fn noun_content(&self, at: usize) -> Option<Option<Found>> {
        let document = self.document;
        let tokens = &document.tokens;
        let bare = self.takes(frame::BARE_NOUN) && verbal_noun(document, at) && !self.clause_follows(at);
        if bare && (self.subject.is_some() || self.subject_known || at == self.cue + 1) && !self.relative {
            return Some(self.found(Introducer::Noun, at, at));
        }
        let preposition = match tokens.key(at) {
            "الى" | "الي" => frame::ILA_NOUN,
            "على" => frame::ALA_NOUN,
            "عن" => frame::AN_NOUN,
            "من" => frame::MIN_NOUN,
            _ => return None,
        };
        let direct = at == self.cue + 1
            || self.subject.is_some_and(|(_, end)| end == at || (end + 1 == at && tokens.kind(end) == Kind::Comma));
        let behind_circumstance = self.takes(frame::AN_NOUN) && self.circumstance && preposition == frame::AN_NOUN;
        if !self.takes(preposition)
            || !(direct || behind_circumstance || self.subject_known)
            || tokens.is(at + 1, class::CLAUSE)
        {
            return None;
        }
        let noun = verbal_noun(document, at + 1)
            || self.takes(frame::AN_NOUN)
                && tokens.is_word(at + 1)
                && !tokens.list[at + 1].definite
                && !tokens.is(at + 1, HEADS);
        (noun && !self.clause_follows(at)).then(|| self.found(Introducer::Noun, at + 1, at + 1))
    }

    /// A bare `أن` of this verb still follows, so that the noun phrase is not the reported thing.
    fn clause_follows(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        for index in at + 1..(at + 14).min(tokens.list.len()) {
            match tokens.kind(index) {
                Kind::Stop | Kind::Newline | Kind::Semicolon => return false,
                Kind::Colon => return self.takes(frame::QUOTATION),
                Kind::Word if tokens.is(index, class::CLAUSE) => {
                    return !tokens.is(index - 1, class::PREPOSITION | class::NO_CLAUSE) && self.takes(frame::CLAUSE);
                }
                Kind::Word if tokens.list[index].verb.is_some_and(|verb| verb.form == Form::Participle) => {
                    return false;
                }
                Kind::Word
                    if self.document.finite_verb(index) && tokens.list[index].proclitic == Proclitic::Conjunction =>
                {
                    return false;
                }
                _ => {}
            }
        }
        false
    }
}

/// Where the walk goes on, or what it ended in.
enum Step {
    Found(Option<Found>),
    Next(usize),
}
