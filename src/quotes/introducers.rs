//! The way from a cue to what it introduces: past subject, circumstance and outlet to `أن`, a colon, a mark or a noun
//! phrase.

use super::document::Document;
use super::lexicon::{Form, VerbForm, class, frame};
use super::not_speech::outlet_named;
use super::noun_phrases::{HEADS, noun_phrase};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{name_like, person_in_marks, wish_for_anonymity};

/// Longest way from a cue to what it introduces, in tokens.
const REACH: usize = 64;

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
    pub document: &'d Document<'t>,
    pub cue: usize,
    pub verb: VerbForm,
    pub at: usize,
    pub subject: Option<(usize, usize)>,
    /// The subject is known from before the verb, or the verb is a participle.
    pub subject_known: bool,
    /// Inside a relative clause: its verb is not a new cue.
    pub relative: bool,
    pub circumstance: bool,
    /// A clause with أن stands between.
    passed_clause: bool,
    /// A relative clause stands between.
    pub passed_relative: bool,
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
            passed_relative: false,
        }
    }

    pub fn takes(&self, frames: u32) -> bool {
        self.verb.frames & frames != 0
    }

    pub fn found(&self, introducer: Introducer, introducer_at: usize, content: usize) -> Option<Found> {
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
                // `أوضح العميد فلان؛ بأن …`
                Kind::Semicolon if tokens.is(at + 1, class::CLAUSE) => self.at += 1,
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
        // `وأوضح "للواحة" المتحدث فلان أن …`: the outlet that is told.
        let told = words <= 3
            && self.subject.is_none()
            && before == self.cue
            && (tokens.is(at + 1, class::ADDRESSEE) || tokens.key(at + 1).starts_with("لل"));
        if told {
            self.circumstance = true;
            return Step::Next(after);
        }
        if self.takes(frame::PREDICATIVE) {
            // `عدّ الناقد الفيلم «خطوة شجاعة»`: with the article a noun is described, not named.
            let described = tokens.list[before].definite
                && !tokens.is(before, class::OUTLET)
                && !tokens.definite(at + 1)
                && words >= 2;
            // `في اتصال مع "الفجر"`: governed by a preposition of its own.
            let governed = tokens.is(before, class::PREPOSITION) && before > self.cue + 1;
            if named && !described || governed {
                return Step::Next(after);
            }
            self.drop_described(if glued { before } else { at });
            return Step::Found(self.found(Introducer::Fragment, at, at));
        }
        // A short one where a subject is missing names it: `وقال "الفلاني": "…"`.
        let speech_follows = matches!(tokens.kind(after), Kind::Colon) || tokens.is(after, class::CLAUSE);
        // `وأضاف «الفلاني»، أن …`: the habit of naming people in marks.
        let person = person_in_marks(document, span)
            || words <= 3
                && (tokens.is(at + 1, class::NAME) || document.family_name(at + 1))
                && (at + 1..span.close).all(|index| !document.finite_verb(index) && !tokens.is(index, class::CLAUSE));
        if self.subject.is_none()
            && !self.subject_known
            && !self.circumstance
            && words <= 6
            && (speech_follows
                || person
                || (words <= 3 && tokens.is_word(after) && !tokens.is(after, class::ENDS | class::PREPOSITION)))
            && !glued
            && !named
        {
            let end = noun_phrase(document, at, false).unwrap_or(after);
            self.subject = Some((at, end));
            return Step::Next(end);
        }
        // `أفاد شاهد بـ«سقوط جدار وتضرر سيارة …»`
        let after_subject = before == self.cue + 1
            || self.subject.is_some_and(|(_, end)| end == before)
            || before > 0 && tokens.kind(before - 1) == Kind::Comma;
        if tokens.key(before) == "ب"
            && words >= 5
            && after_subject
            && self.takes(frame::QUOTATION)
            && !self.takes(frame::ATTITUDE)
            && !self.relative
        {
            return Step::Found(self.found(Introducer::Mark, before, at));
        }
        // `صرح وزير التعليم، «فلان الفلاني»، في كلمة …`: a name in apposition.
        if let Some((start, end)) = self.subject
            && person
            && words >= 2
            && (end == at || end + 1 == at && tokens.kind(end) == Kind::Comma)
            && !speech_follows
        {
            self.subject = Some((start, after));
            return Step::Next(after);
        }
        if named || glued && !self.takes(frame::ATTITUDE) && (words <= 4 || self.takes(frame::CLAUSE)) {
            return Step::Next(after);
        }
        if self.takes(frame::ATTITUDE) && !self.relative {
            // `دافع عن تصريحاته حول "…"`: what a later preposition governs is not what the verb is about.
            let governed = matches!(
                tokens.key(before),
                "حول"
                    | "بشان"
                    | "خلال"
                    | "ضمن"
                    | "عبر"
                    | "في"
                    | "داخل"
                    | "قبل"
                    | "بعد"
                    | "بين"
                    | "وسط"
                    | "امام"
            ) && before > self.cue + 1
                && self.subject.is_none_or(|(_, end)| before > end);
            if governed {
                return Step::Next(after);
            }
            // `وطالب الأهالي "أمانة جدة" بتوفير …`: whom, not what.
            let whom = words <= 3 && tokens.is(at + 1, HEADS | class::NAME) && !tokens.is(before, class::PREPOSITION);
            return if words >= 2 && !whom {
                Step::Found(self.found(Introducer::Fragment, at, at))
            } else {
                Step::Next(after)
            };
        }
        // `مشيرا إلى «…»`, `شدد الوزير على «…»`: the marks are what the verb's preposition governs.
        let preposition = match tokens.key(before) {
            "الى" | "الي" => frame::ILA_NOUN | frame::ILA_CLAUSE,
            "على" => frame::ALA_NOUN | frame::ALA_CLAUSE,
            "عن" => frame::AN_NOUN,
            "من" => frame::MIN_NOUN | frame::MIN_CLAUSE,
            _ => 0,
        };
        let own = before == self.cue + 1
            || self
                .subject
                .is_some_and(|(_, end)| end == before || end + 1 == before && tokens.kind(end) == Kind::Comma);
        // `حذرت من «الفوضى» المقبلة`
        let warning = preposition & (frame::MIN_NOUN | frame::ILA_NOUN) != 0
            && tokens.definite(at + 1)
            && !tokens.is(at + 1, HEADS | class::NAME | class::OUTLET);
        // `مشيرا إلى "الفجوة" بين القول والفعل`: the noun phrase begins with the marks and goes on.
        let goes_on = words <= 3
            && !tokens.is(at + 1, HEADS | class::NAME | class::OUTLET)
            && tokens.is_word(after)
            && (tokens.is(after, class::PREPOSITION) || matches!(tokens.key(after), "بين"));
        if self.takes(preposition) && own && !self.relative && goes_on {
            return Step::Found(self.found(Introducer::Noun, before, at));
        }
        if self.takes(preposition) && own && !self.relative && (words >= 2 || warning) {
            let introducer = if tokens.is(at + 1, class::CLAUSE) { Introducer::Mark } else { Introducer::Fragment };
            return Step::Found(self.found(introducer, at, at));
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

    /// What is described stands between the subject and its description (`اعتبر الوزير القرار "…"`): the last definite
    /// word before `at` is no part of the subject, unless it is a family name.
    fn drop_described(&mut self, at: usize) {
        let document = self.document;
        let described = |end: usize| document.tokens.list[end - 1].definite && !document.family_name(end - 1);
        if let Some((start, end)) = self.subject.filter(|(start, end)| *end == at && end - start >= 2)
            && !self.verb.object
            && described(end)
        {
            self.subject = Some((start, end - 1));
        }
    }

    /// The mark at `at` is not governed by the noun before it, so that it may begin the reported words.
    fn free_before(&self, at: usize, words: usize) -> bool {
        let tokens = &self.document.tokens;
        let before = at - 1;
        let beside = before == self.cue || self.subject.is_some_and(|(_, end)| end == at) || !tokens.is_word(before);
        let closed = tokens.is(before, class::TIME | class::ADDRESSEE | class::BY_SAYING | class::ENDS | class::NAME)
            // `مؤكدة في الوقت ذاته "…"`
            || matches!(tokens.key(before), "ذاته" | "نفسه" | "عينه" | "ذاتها" | "نفسها");
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
        // `لـ (النورس)`, `لـ «النورس»`: the outlet in brackets or marks; a subject may follow.
        self.circumstance |= tokens.key(at) == "ل" && tokens.kind(at + 1) == Kind::Mark;
        if matches!(tokens.key(at), "ل" | "لل") && tokens.kind(at + 1) == Kind::Open {
            return Step::Next(at + 1);
        }
        // `وقال لـ الواحة الأستاذ فلان`
        if tokens.key(at) == "ل" && tokens.is_word(at + 1) {
            self.circumstance = true;
            return Step::Next(at + 2);
        }
        if token.is(class::BY_SAYING) && token.verb.is_none_or(|verb| verb.form == Form::Participle) && at > self.cue {
            // `وأضاف قائلا: …`: the participle only repeats the verb. Far from it, it has a clause of its own.
            let describes = self.verb.object && self.takes(frame::PREDICATIVE) && self.subject.is_none();
            let pause = (self.cue..at).any(|index| tokens.kind(index) == Kind::Comma)
                && (self.verb.frames & frame::HOMOGRAPH != 0 || describes);
            if self.relative || pause || self.circumstance && at > self.cue + 24 {
                return Step::Found(None);
            }
            self.verb.frames |= frame::QUOTATION | frame::CLAUSE;
            self.verb.frames &= !frame::ATTITUDE;
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
        // `يكشف لأول مرة: …`
        if tokens.key(at).starts_with("لاول") || tokens.key(at) == "للمرة" {
            self.circumstance = true;
            return Step::Next(at + 2);
        }
        // `وحث جميع الأطراف على …`: whom, not who.
        let whom = matches!(tokens.key(at), "جميع" | "كافة" | "الجميع") && token.proclitic == Proclitic::None;
        if self.takes(frame::ATTITUDE) && at == self.cue + 1 && whom {
            self.subject_known = true;
        }
        let wanted = self.subject.is_none() && !self.subject_known && (!self.circumstance || self.late_subject(at));
        // `قال وايد`: right behind the cue a word with و is a name, whatever it looks like.
        if wanted && at == self.cue + 1 && token.proclitic == Proclitic::Conjunction && token.verb.is_some() {
            let end = if name_like(document, at + 1) { at + 2 } else { at + 1 };
            self.subject = Some((at, end));
            return Step::Next(end);
        }
        if wanted && let Some(end) = self.subject_at(at) {
            self.subject = Some((at, end));
            return Step::Next(end);
        }
        // `وقال فلان، وهو عامل يبلغ …، إن …`
        let aside = matches!(tokens.key(at), "وهو" | "وهي" | "وهم") && tokens.kind(at - 1) == Kind::Comma;
        if token.is(class::RELATIVE) || matches!(tokens.key(at), "ما") || aside {
            self.relative = true;
            self.passed_relative = true;
            return Step::Next(at + 1);
        }
        if let Some(verb) = token.verb {
            let homograph = verb.frames & frame::HOMOGRAPH != 0 || token.definite;
            // `محتجة أن …`: the feminine shows by what follows.
            let feminine = tokens.key(at).ends_with('ة')
                && (tokens.is(at + 1, class::CLAUSE)
                    || tokens.is(at + 1, class::PREPOSITION) && tokens.is(at + 2, class::CLAUSE));
            let takes_object = verb.form == Form::Participle
                && tokens.key(at).ends_with('ة')
                && !token.is(HEADS | class::NAME)
                && tokens.list.get(at + 1).is_some_and(|next| next.definite);
            let beside = takes_object
                || tokens.kind(at - 1) == Kind::Comma
                    && !token.is(HEADS | class::NAME)
                    && tokens.key(at).ends_with('ة');
            if verb.form == Form::Participle
                && (token.tanween || tokens.key(at).ends_with('ا') || feminine || beside)
                && !token.definite
            {
                // `وقال فلان، مدافعا عن نفسه، إن …`: an aside between commas.
                let aside = (at + 1..at + 7).find(|index| tokens.kind(*index) == Kind::Comma).filter(|comma| {
                    tokens.kind(at - 1) == Kind::Comma
                        && (verb.frames & frame::ANY_CLAUSE == 0 || verb.frames & frame::ATTITUDE != 0)
                        && tokens.is(comma + 1, class::CLAUSE)
                        && tokens.proclitic(comma + 1) == Proclitic::None
                        && !(at + 1..*comma).any(|index| {
                            tokens.is(index, class::CLAUSE) || matches!(tokens.kind(index), Kind::Mark | Kind::Colon)
                        })
                });
                if let Some(comma) = aside {
                    self.circumstance = true;
                    return Step::Next(comma);
                }
                // `متطرقا إلى الملف: «…»`: it reports nothing, the words are still those of the main verb.
                if verb.frames & frame::TURN != 0 {
                    self.circumstance = true;
                    return Step::Next(at + 1);
                }
                return Step::Found(None);
            }
            // `…، التي وصفتها بأنها «معادية»، من أن …`: what a relative clause says of its noun.
            if self.relative
                && verb.form == Form::Finite
                && verb.object
                && verb.frames & frame::PREDICATIVE != 0
                && tokens.is(at + 1, class::CLAUSE)
            {
                self.relative = false;
                return Step::Next(document.span_at(at + 2).map_or(at + 2, |span| span.after()));
            }
            // `التي اتهمته بكذا والتي تزعم أن …`: the clause belongs to the nearer verb.
            if self.relative
                && verb.form == Form::Finite
                && verb.frames & frame::ANY_CLAUSE != 0
                && tokens.is(at + 1, class::CLAUSE)
            {
                return Step::Found(None);
            }
            // `فبينما يراه المدير نافعا، وصفه العمال بأنه …`
            let describes = verb.object && verb.frames & frame::PREDICATIVE != 0 && tokens.kind(at - 1) == Kind::Comma;
            if verb.form == Form::Finite && (!verb.object || describes) && !homograph && !self.relative {
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
            // `قالت في ردها على أن …`: the clause is the noun's.
            "على" => {
                let noun = tokens.is(before - 1, class::MEDIUM | class::EVENT | class::MASDAR)
                    || self.subject.is_some_and(|(_, end)| end + 1 < before)
                        && tokens.is_word(before - 1)
                        && ["ه", "ها", "هم"].iter().any(|pronoun| tokens.key(before - 1).ends_with(pronoun));
                self.takes(frame::ALA_CLAUSE) || self.takes(frame::CLAUSE) && !noun
            }
            "من" => self.takes(frame::MIN_CLAUSE),
            "عن" | "في" => self.takes(frame::CLAUSE),
            _ if tokens.is(before, class::NO_CLAUSE) && before != self.cue => false,
            _ => self.takes(frame::ANY_CLAUSE | frame::TEXT),
        };
        let denied = self.takes(frame::PREDICATIVE) && !self.takes(frame::CLAUSE);
        let next = at + 1;
        if denied && self.document.span_at(next).is_some() {
            self.drop_described(at);
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
}

/// Where the walk goes on, or what it ended in.
enum Step {
    Found(Option<Found>),
    Next(usize),
}
