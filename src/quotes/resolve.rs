//! Who a mention is: the same speaker under a short name, a bare title or a pronoun, the speaker that goes on where
//! the subject is dropped, and the fullest mention in the article.

use super::descriptions::{author_before, describes_bearer};
use super::document::Document;
use super::fold::without_article;
use super::fullest::rank;
use super::lexicon::{Agreement, Form, class, frame, lexicon};
use super::mentions::{Mention, agrees};
use super::not_speech::headline_end;
use super::noun_phrases::{HEADS, noun_phrase};
use super::record::{SpeakerHow, SpeakerKind};
use super::same_title::{is_origin, said_by};
use super::subjects::{local_subject, pair_before, person_before, phrase_before, word_at};
use super::tokens::{Kind, Proclitic};
use std::collections::HashMap;

/// A speaker of the article.
#[derive(Debug)]
pub(super) struct Entity {
    /// Union of the name words of its mentions.
    pub names: Vec<String>,
    pub words: Vec<String>,
    pub kind: SpeakerKind,
    pub feminine: Option<bool>,
    /// Several human beings.
    pub plural: bool,
    /// The fullest mention so far.
    pub fullest: Mention,
}

/// What a speaker was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Words beside the cue.
    Beside,
    /// A pronoun or `الأخير`.
    Anaphor,
    /// The main verb of the same sentence, which a participle accompanies.
    MainVerb,
    /// The subject of an earlier verb in the same sentence.
    SameSentence,
    /// The one who spoke last, right before.
    LastSpeaker,
    /// The one who spoke last, with a good many words of the journalist's between.
    LastSpeakerFar,
}

/// A speaker, how it is called here, and what it was found by.
pub(super) type Found = (usize, SpeakerHow, Evidence);

/// Speakers found so far, in the order of the text.
pub(super) struct Speakers<'d, 't> {
    pub document: &'d Document<'t>,
    pub entities: Vec<Entity>,
    /// Where each folded word stands, marked words left out where an unmarked one exists.
    pub positions: HashMap<&'d str, Vec<u32>>,
    /// Last speaker and the token of its clause.
    last: Option<(usize, usize)>,
    /// Last source in passing (`بحسب المصادر`) and the token of its clause.
    source: Option<(usize, usize)>,
    /// One past the last token of reported words so far: subjects inside them are not the journalist's.
    reported_to: usize,
    /// First token of the words that end at `reported_to`.
    reported_from: usize,
}

/// Words of the journalist's after which the last speaker is no longer sure to go on.
const FAR: usize = 12;
/// Speakers looked back at for a match, so that long texts stay linear.
const LOOK_BACK: usize = 200;

impl<'d, 't> Speakers<'d, 't> {
    pub fn new(document: &'d Document<'t>) -> Self {
        let mut positions: HashMap<&str, Vec<u32>> = HashMap::new();
        for index in 0..document.tokens.list.len() {
            if document.tokens.kind(index) == Kind::Word {
                positions.entry(word_at(document, index)).or_default().push(index as u32);
            }
        }
        Self { document, entities: Vec::new(), positions, last: None, source: None, reported_to: 0, reported_from: 0 }
    }

    /// The speaker that the noun phrase `tokens` names, and how.
    pub fn of_mention(&mut self, tokens: (usize, usize), verb: Option<Agreement>) -> Option<Found> {
        let mention = Mention::new(self.document, tokens);
        if mention.anaphor {
            return self.of_anaphor(&mention, verb);
        }
        // `الرئيسان`: two who were named side by side, or nobody: one record has one speaker.
        if mention.words.len() == 1 && dual_title(&mention.words[0]) && self.find(&mention).is_none() {
            let pair = pair_before(self.document, mention.tokens.0)?;
            let mut fullest = Mention::new(self.document, pair);
            fullest.plural = true;
            let (names, words, kind) = (fullest.names.clone(), mention.words, fullest.kind);
            self.entities.push(Entity { names, words, kind, feminine: Some(false), plural: true, fullest });
            return Some((self.entities.len() - 1, SpeakerHow::Title, Evidence::Beside));
        }
        if let Some(author) = author_before(self.document, &mention)
            && let Some((entity, ..)) = self.of_mention(author, None)
            && self.fits(entity, verb)
        {
            return Some((entity, SpeakerHow::Title, Evidence::Anaphor));
        }
        if let Some(entity) = self.find(&mention) {
            let how = if self.is_full(entity, &mention) { SpeakerHow::Named } else { SpeakerHow::Title };
            self.merge(entity, mention);
            return Some((entity, how, Evidence::Beside));
        }
        let fuller = self.fullest(&mention)?;
        // `المسؤول الحكومي`, `المتحدث`: a general word for the one who spoke last.
        let head = mention.words.first().map_or("", String::as_str);
        let official = matches!(head, "مسؤول" | "مسئول" | "متحدث" | "مسؤولة" | "متحدثة");
        let anybody = matches!(
            head,
            "سيدة"
                | "شاب"
                | "شابة"
                | "امراة"
                | "فتاة"
                | "فتى"
                | "طفل"
                | "طفلة"
                | "مسن"
                | "مسنة"
                | "عجوز"
                | "رجل"
        );
        if (official || anybody)
            && mention.names.is_empty()
            && self.document.tokens.list[mention.tokens.0].definite
            && mention.words.len() <= 2
            && fuller.tokens == mention.tokens
        {
            let found = |entity| (entity, SpeakerHow::Pronoun, Evidence::Anaphor);
            let last = self
                .last
                .filter(|(last, _)| self.entities[*last].kind == SpeakerKind::Person && self.fits(*last, verb));
            if anybody && let Some(entity) = self.person_near(mention.tokens.0, verb, last.map_or(0, |(_, at)| at)) {
                return Some(found(entity));
            }
            if let Some((last, _)) = last {
                return Some(found(last));
            }
            if anybody {
                return None;
            }
        }
        if fuller.tokens == mention.tokens
            && let Some((last, at)) = self.last
            && self.fits(last, verb)
            && at < mention.tokens.0
            && self.document.sentence_number(mention.tokens.0) - self.document.sentence_number(at) <= 2
            && describes_bearer(self.document, &mention, &self.entities[last])
        {
            return Some((last, SpeakerHow::Title, Evidence::Anaphor));
        }
        let bare = mention.names.is_empty() && !fuller.names.is_empty();
        let longer = fuller.words.len() > mention.words.len();
        let how = if bare || longer { SpeakerHow::Title } else { SpeakerHow::Named };
        // The fuller phrase may name somebody who is known already.
        if fuller.tokens != mention.tokens
            && let Some(entity) = self.find(&fuller)
        {
            self.merge(entity, mention);
            return Some((entity, how, Evidence::Beside));
        }
        if let Some(entity) = self.named_official(&fuller) {
            let known = &mut self.entities[entity];
            known.kind = SpeakerKind::Person;
            known.names.clear();
            self.merge(entity, fuller);
            return Some((entity, how, Evidence::Beside));
        }
        let mut names = fuller.names.clone();
        let mut words = fuller.words.clone();
        append(&mut names, &mention.names);
        append(&mut words, &mention.words);
        // Cities and countries show their gender by the verb only.
        let shown = (verb == Some(Agreement::Feminine) && mention.kind == SpeakerKind::Org).then_some(true);
        let feminine = shown.or(mention.feminine).or(match verb {
            Some(Agreement::Feminine) => Some(true),
            Some(Agreement::Masculine) if fuller.kind == SpeakerKind::Person => Some(false),
            _ => None,
        });
        let plural = mention.plural;
        self.entities.push(Entity { names, words, kind: fuller.kind, feminine, plural, fullest: fuller });
        Some((self.entities.len() - 1, how, Evidence::Beside))
    }

    /// `قال مسؤول في المحافظة إن …` and, in one of the next two sentences, `وأكد فلان مدير مكتب الصحة بالمحافظة أن …`: the
    /// lead keeps the name back that the text gives. Both belong to one body, and nobody spoke between.
    fn named_official(&mut self, named: &Mention) -> Option<usize> {
        let (last, at) = self.last?;
        let entity = &self.entities[last];
        let head = entity.words.first().is_some_and(|head| matches!(head.as_str(), "مسؤول" | "مسوول" | "مسئول"));
        let near = self.document.sentence_number(named.tokens.0).checked_sub(self.document.sentence_number(at));
        let official = head
            && entity.kind == SpeakerKind::Indefinite
            && !entity.plural
            && named.kind == SpeakerKind::Person
            && !named.names.is_empty()
            && near.is_some_and(|sentences| (1..=3).contains(&sentences));
        let same_body = |word: &String| {
            !is_origin(word)
                && word.chars().count() >= 3
                && !is_shared_by_officials(word)
                && said_by(word, &named.words)
        };
        (official && entity.words[1..].iter().any(same_body)).then_some(last)
    }

    /// `وتابع المدرب السابق`: a title that nobody in the article bears, with a verb that goes on: the last speaker.
    pub fn of_continued_title(&mut self, tokens: (usize, usize), verb: Option<Agreement>) -> Option<Found> {
        let mention = Mention::new(self.document, tokens);
        let title =
            mention.names.is_empty() && mention.definite && mention.kind == SpeakerKind::Person && !mention.plural;
        if !title || mention.anaphor || self.find(&mention).is_some() {
            return None;
        }
        let named_elsewhere = self.fullest(&mention).is_none_or(|fuller| fuller.tokens != mention.tokens);
        let (last, _) = self.last.filter(|(last, _)| {
            let entity = &self.entities[*last];
            entity.kind == SpeakerKind::Person && !entity.names.is_empty() && self.fits(*last, verb)
        })?;
        (!named_elsewhere).then_some((last, SpeakerHow::Title, Evidence::Anaphor))
    }

    /// `الأخير`, `المصدر ذاته`, `سموه`, `هو`: a speaker before, of the right kind.
    fn of_anaphor(&mut self, mention: &Mention, verb: Option<Agreement>) -> Option<Found> {
        let document = self.document;
        let at = mention.tokens.0;
        let head = without_article(document.tokens.key(at));
        let found = |entity| (entity, SpeakerHow::Pronoun, Evidence::Anaphor);
        if let Some(entity) = self.recent().find(|index| self.entities[*index].words.iter().any(|word| word == head)) {
            return Some(found(entity));
        }
        // An honorific with a pronoun: the bearer of that honorific or of a title that goes with it.
        let bearers: &[&str] = match head {
            "سموه" | "سموها" => &["سمو", "امير", "اميرة"],
            "معاليه" | "معاليها" => &["معالي", "وزير", "وزيرة", "رييس", "رئيس"],
            "سعادته" => &["سعادة", "سفير", "مدير", "وكيل"],
            "فضيلته" | "سماحته" => &["فضيلة", "سماحة", "شيخ", "مفتي"],
            "جلالته" => &["جلالة", "ملك"],
            "فخامته" => &["فخامة", "رئيس"],
            _ => &[],
        };
        let bears = |words: &[String]| words.iter().any(|word| bearers.contains(&word.as_str()));
        if let Some(entity) = self.recent().find(|index| bears(&self.entities[*index].words)) {
            return Some(found(entity));
        }
        // An honorific that no title in the text goes with: the person who spoke last.
        let bearer = |token: usize| bearers.is_empty() || bearers.contains(&word_at(document, token));
        let subject = person_before(document, at, bearer);
        if (!bearers.is_empty() && subject.is_some()) || head.starts_with("اخير") {
            let subject = subject?;
            let (entity, ..) = self.of_mention(subject, None)?;
            return self.fits(entity, verb).then(|| found(entity));
        }
        let last = self.last.filter(|(last, _)| self.fits(*last, verb));
        if head == "رجل"
            && let Some(entity) = self.person_near(at, verb, last.map_or(0, |(_, token)| token))
        {
            return Some(found(entity));
        }
        last.map(|(entity, _)| found(entity))
    }

    /// The person named last before `at`, within a few sentences and behind the last speech.
    fn person_near(&mut self, at: usize, verb: Option<Agreement>, from: usize) -> Option<usize> {
        let document = self.document;
        let named = |token: usize| document.tokens.is(token, class::NAME) || document.family_name(token);
        let person = person_before(document, at, named).filter(|(start, _)| {
            *start > from && document.sentence_number(at) - document.sentence_number(*start) <= 2
        })?;
        let (entity, ..) = self.of_mention(person, None)?;
        (self.entities[entity].kind == SpeakerKind::Person && self.fits(entity, verb)).then_some(entity)
    }

    /// The speaker of a clause at token `at` whose subject is dropped.
    pub fn carried(&mut self, at: usize, verb: Option<Agreement>, carry: bool) -> Option<Found> {
        let (sentence, _) = self.document.sentence(at);
        if self.reported(at) {
            return self.inside(at, verb);
        }
        let last = self.last.filter(|(entity, _)| self.fits(*entity, verb));
        // `…، بحسب ما روى أقرباؤه. وأشاروا إلى أن …`: several who were named as a source right before.
        if verb == Some(Agreement::Plural)
            && let Some((entity, token)) = self.source.filter(|(entity, _)| self.entities[*entity].plural)
            && last.is_none_or(|(_, spoken)| spoken < token)
            && token < at
            && self.document.sentence_number(at) - self.document.sentence_number(token) <= 1
        {
            return Some((entity, SpeakerHow::CarryOver, Evidence::LastSpeaker));
        }
        // `أفادت تقارير بأن الوزير زار المدينة فقال …`: the subject of the clause that the verb goes on with.
        if last.is_none()
            && self.document.tokens.list[at].proclitic == Proclitic::Conjunction
            && self.document.tokens.key(at).starts_with('ف')
            && self.reported_to <= at
            && self.reported_from >= sentence
            && let Some(found) = self.inside(at, verb)
        {
            return Some(found);
        }
        // `وأشار إلى المباراة التي …، مبينا أن …`: the sentence's own verb goes on with the one who spoke last.
        let opener = self.document.tokens.list[sentence];
        let goes_on = opener.proclitic == Proclitic::Conjunction
            && opener.verb.is_some_and(|verb| verb.form == Form::Finite && verb.frames & frame::ANY_CLAUSE != 0)
            && !self.document.tokens.is(sentence + 1, HEADS | class::NAME)
            && self.document.tokens.is(sentence + 1, class::PREPOSITION);
        let carry = carry || goes_on && at > sentence && last.is_some();
        // A subject between the last speech and this verb is nearer, unless the verb says that the speech goes on.
        let from = last.map_or(sentence, |(_, token)| token.max(sentence)).max(self.reported_to.min(at));
        if !(carry && last.is_some())
            && let Some(entity) = self.local(from, at, verb)
        {
            return Some((entity, SpeakerHow::CarryOver, Evidence::SameSentence));
        }
        // `سألنا المدير فلانا، فأوضح أن …`: the person named last.
        if self.document.tokens.key(at).starts_with('ف')
            && self.document.tokens.list[at].proclitic == Proclitic::Conjunction
            && let Some(subject) = person_before(self.document, at, |_| true).filter(|(start, _)| *start >= from)
            && let Some((entity, ..)) = self.of_mention(subject, None)
            && self.fits(entity, verb)
        {
            return Some((entity, SpeakerHow::CarryOver, Evidence::SameSentence));
        }
        let mut end = sentence;
        for _ in 0..3 {
            let (before, before_end) = self.document.sentence(end.saturating_sub(1));
            if carry || end == 0 || last.is_some_and(|(_, token)| token >= before) {
                break;
            }
            // Somebody else is the subject there: who speaks is open (on held-back articles a guess was wrong more
            // often than right).
            if self.main_subject(before.max(self.reported_to), before_end, verb).is_some() {
                return None;
            }
            end = before;
        }
        if let Some((entity, _)) = last {
            // Words of the journalist's between the two speeches make it less sure.
            let near = self.document.word_count(self.reported_to, at) <= FAR;
            let evidence = if near { Evidence::LastSpeaker } else { Evidence::LastSpeakerFar };
            return Some((entity, SpeakerHow::CarryOver, evidence));
        }
        // Who of the right gender spoke long before is no evidence.
        None
    }

    /// `وبحسب المصادر، يأمل الرئيس …، مؤكدين أن …`: several who were named as a source in the sentence of a participle in
    /// the plural.
    pub fn cited_beside(&self, at: usize, verb: Option<Agreement>) -> Option<usize> {
        let (entity, token) = self.source?;
        let known = &self.entities[entity];
        let several = known.plural || known.kind != SpeakerKind::Person;
        (verb == Some(Agreement::Plural)
            && several
            && self.document.sentence_number(token) == self.document.sentence_number(at))
        .then_some(entity)
    }

    /// `…رونالدو، الذي كان يوجه حديثه للمدرب قائلا: …`: a participle in a relative clause, with no pause between, goes
    /// with the clause's antecedent.
    pub fn antecedent(&mut self, at: usize, verb: Option<Agreement>) -> Option<usize> {
        let document = self.document;
        let tokens = &document.tokens;
        if !tokens.is(at, class::BY_SAYING) {
            return None;
        }
        let lowest = document.sentence(at).0.max(at.saturating_sub(14));
        let relative = (lowest..at)
            .rev()
            .take_while(|index| tokens.is_word(*index) || tokens.kind(*index) == Kind::Number)
            .find(|index| tokens.is(*index, class::RELATIVE))?;
        let subject = phrase_before(document, lowest.saturating_sub(8).max(document.sentence(at).0), relative)?;
        let (entity, ..) = self.of_mention(subject, None)?;
        self.fits(entity, verb).then_some(entity)
    }

    /// A dropped subject inside reported words (`قال إن الوزير زار البلدة وأكد أن …`): that of the clause before it.
    fn inside(&mut self, at: usize, verb: Option<Agreement>) -> Option<Found> {
        let from = self.reported_from;
        let found = |entity| (entity, SpeakerHow::CarryOver, Evidence::SameSentence);
        if let Some(entity) = self.local(from, at, verb) {
            return Some(found(entity));
        }
        let subject = noun_phrase(self.document, from, false).map(|end| (from, end.min(at)))?;
        // Words reported further on may begin behind the cue.
        if subject.1 <= from {
            return None;
        }
        let head = self.document.tokens.is(from, class::TITLE | class::NAME | class::ORG | class::TEXT)
            || self.document.family_name(from);
        if !head {
            return None;
        }
        let (entity, ..) = self.of_mention(subject, None)?;
        self.fits(entity, verb).then(|| found(entity))
    }

    /// The speaker that is subject of a clause of the journalist's between `from` and `to`.
    fn local(&mut self, from: usize, to: usize, verb: Option<Agreement>) -> Option<usize> {
        let subject = local_subject(self.document, (from, to), true)?;
        let (entity, ..) = self.of_mention(subject, None)?;
        self.fits(entity, verb).then_some(entity)
    }

    /// The subject of a clause of the journalist's between `from` and `to`, reported words left out.
    pub fn subject_between(&mut self, from: usize, to: usize, verb: Option<Agreement>) -> Option<usize> {
        let from = from.max(self.reported_to);
        if from >= to { None } else { self.main_subject(from, to, verb) }
    }

    /// The same without the subjects of clauses with أن.
    fn main_subject(&mut self, from: usize, to: usize, verb: Option<Agreement>) -> Option<usize> {
        let subject = local_subject(self.document, (from, to), false)?;
        let (entity, ..) = self.of_mention(subject, None)?;
        self.fits(entity, verb).then_some(entity)
    }

    fn fits(&self, entity: usize, verb: Option<Agreement>) -> bool {
        let entity = &self.entities[entity];
        verb.is_none_or(|verb| agrees(verb, entity.feminine, entity.plural))
    }

    /// Remembers that `entity` was named as a source in passing at token `at`.
    pub fn cited(&mut self, entity: usize, at: usize) {
        self.source = Some((entity, at));
    }

    /// The headline's speaker: goes on if nobody else spoke.
    pub fn announced(&mut self, entity: usize) {
        self.last.get_or_insert((entity, 0));
    }

    /// Token `at` is inside words that are reported already.
    pub fn reported(&self, at: usize) -> bool {
        at < self.reported_to
    }

    /// Remembers that `entity` spoke at token `at`.
    pub fn spoke(&mut self, entity: usize, at: usize) {
        self.last = Some((entity, at));
    }

    /// Remembers that the tokens `start..end` are reported words.
    pub fn reports(&mut self, start: usize, end: usize) {
        if end > self.reported_to {
            self.reported_from = start;
            self.reported_to = end;
        }
    }

    fn recent(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.entities.len();
        let first = self.last.map(|(entity, _)| entity);
        first.into_iter().chain((count.saturating_sub(LOOK_BACK)..count).rev())
    }

    fn is_full(&self, entity: usize, mention: &Mention) -> bool {
        let full = &self.entities[entity].fullest;
        mention.words.len() * 3 >= full.words.len() * 2
    }

    /// A known speaker that `mention` means.
    fn find(&self, mention: &Mention) -> Option<usize> {
        self.recent()
            .find(|index| self.matches(&self.entities[*index], mention))
            .or_else(|| self.recent().find(|index| self.shortened_by_headline(&self.entities[*index], mention)))
    }

    /// `مساعد وزير الداخلية: …` in the headline and `قال مساعد وزير الداخلية لشؤون الإعلام` in the text.
    fn shortened_by_headline(&self, entity: &Entity, mention: &Mention) -> bool {
        entity.fullest.tokens.1 <= headline_end(self.document)
            && mention.tokens.0 > entity.fullest.tokens.1
            && entity.names.is_empty()
            && entity.kind == mention.kind
            && entity.words.first() == mention.words.first()
            && entity.words.len() >= 2
            && entity.words.iter().all(|word| mention.words.contains(word))
    }

    fn matches(&self, entity: &Entity, mention: &Mention) -> bool {
        let tokens = &self.document.tokens;
        let person = |kind| matches!(kind, SpeakerKind::Person | SpeakerKind::Indefinite);
        if person(entity.kind) != person(mention.kind) && mention.names.is_empty() {
            return false;
        }
        if let Some(last) = mention.names.last()
            && !entity.names.is_empty()
        {
            // A family name, or a shorter name out of the known one.
            let known = entity.names.contains(last) || mention.names.contains(entity.names.last().unwrap_or(last));
            // `إدارة شرطة روج` and `مكتب روج`: bodies with another head are others.
            let body = entity.kind != SpeakerKind::Person && mention.kind != SpeakerKind::Person;
            if body && entity.fullest.words.first() != mention.words.first() && mention.words.len() > 1 {
                return false;
            }
            // `خالد الفلاني` is not `حسام الفلاني`.
            let first_differs = mention.names.len() > 1
                && entity.fullest.names.len() > 1
                && !entity.names.contains(&mention.names[0])
                && !mention.names.contains(&entity.fullest.names[0]);
            // `رام إيمانويل` is not `إيمانويل ماكرون`.
            let both = mention.names.len() == 2 && entity.fullest.names.len() == 2;
            let crossed =
                both && mention.names[0] != entity.fullest.names[0] && mention.names[1] != entity.fullest.names[1];
            let contradicts = first_differs
                || crossed
                || mention.names.len() > 1
                    && mention.names.iter().filter(|name| entity.names.contains(name)).count() * 2
                        < mention.names.len().min(entity.names.len());
            return known
                && !contradicts
                && (entity.kind == mention.kind || person(entity.kind) && person(mention.kind));
        }
        if !mention.names.is_empty() || !mention.definite {
            // `وقال مزارعون`: some of those who spoke before.
            let some_of_them = mention.plural && mention.words.len() == 1 && entity.words.contains(&mention.words[0]);
            return some_of_them || mention.words == entity.words;
        }
        // A bare title or organisation: its head, and every other word that is not an adjective of origin.
        let Some(head) = mention.words.first() else { return false };
        if !entity.words.contains(head) {
            return false;
        }
        if mention.kind == SpeakerKind::Org && !entity.fullest.words.iter().take(2).any(|word| word == head) {
            return false;
        }
        let rest_known = mention.words[1..].iter().all(|word| said_by(word, &entity.words));
        let generic = mention.tokens.1 - mention.tokens.0 <= 2
            && mention.words.len() == 2
            && tokens.list[mention.tokens.1 - 1].definite;
        let adjective = generic && mention.words[1].ends_with(['ي', 'ة']);
        rest_known || (adjective && entity.words.first() == Some(head) && entity.kind != SpeakerKind::Person)
    }

    fn merge(&mut self, entity: usize, mention: Mention) {
        let entity = &mut self.entities[entity];
        append(&mut entity.names, &mention.names);
        if mention.names.is_empty() == entity.fullest.names.is_empty() || !mention.names.is_empty() {
            append(&mut entity.words, &mention.words);
        }
        if rank(&mention) > rank(&entity.fullest) {
            entity.fullest = mention;
        }
    }
}

/// Words that go with any official: how high one stands, or that there is an office, not which.
fn is_shared_by_officials(word: &str) -> bool {
    matches!(
        word,
        "رفيع"
            | "كبير"
            | "بارز"
            | "حكومي"
            | "محلي"
            | "امني"
            | "عسكري"
            | "سابق"
            | "مستوى"
            | "وزارة"
            | "مكتب"
    )
}

/// The dual of a title (`رئيسان`, `وزيرين`).
fn dual_title(word: &str) -> bool {
    let stem = word.strip_suffix("ان").or_else(|| word.strip_suffix("ين"));
    stem.is_some_and(|stem| lexicon().word(stem).is_some_and(|entry| entry.classes & class::TITLE != 0))
}

fn append(list: &mut Vec<String>, more: &[String]) {
    for word in more {
        if !list.contains(word) {
            list.push(word.clone());
        }
    }
}
