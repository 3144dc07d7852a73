//! Who a mention is: the same speaker under a short name, a bare title or a pronoun, the speaker that goes on where
//! the subject is dropped, and the fullest mention in the article.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::{Agreement, class, lexicon};
use super::mentions::{Mention, agrees};
use super::noun_phrases::noun_phrase;
use super::record::{SpeakerHow, SpeakerKind};
use super::same_title::{COUNTERPARTS, counterpart, is_origin, other_head, said_by};
use super::subjects::{LEFT, local_subject, pair_before, person_before, phrase_before, starts_phrase, word_at};
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
    document: &'d Document<'t>,
    pub entities: Vec<Entity>,
    /// Where each folded word stands, marked words left out where an unmarked one exists.
    positions: HashMap<&'d str, Vec<u32>>,
    /// Last speaker and the token of its clause.
    last: Option<(usize, usize)>,
    /// One past the last token of reported words so far: subjects inside them are not the journalist's.
    reported_to: usize,
    /// First token of the words that end at `reported_to`.
    reported_from: usize,
}

/// Occurrences of a word that are looked at.
const OCCURRENCES: usize = 16;
/// Two different bearers of a title this near to each other leave a bare title open, in tokens.
const AMBIGUOUS: usize = 40;
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
        Self { document, entities: Vec::new(), positions, last: None, reported_to: 0, reported_from: 0 }
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

    /// `…رونالدو، الذي كان يوجه حديثه للمدرب قائلا: …`: a participle in a relative clause, with no pause between, goes
    /// with the clause's antecedent.
    pub fn antecedent(&mut self, at: usize, verb: Option<Agreement>) -> Option<usize> {
        let document = self.document;
        let tokens = &document.tokens;
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
        self.recent().find(|index| self.matches(&self.entities[*index], mention))
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
            let contradicts = first_differs
                || mention.names.len() > 1
                    && mention.names.iter().filter(|name| entity.names.contains(name)).count() * 2
                        < mention.names.len().min(entity.names.len());
            return known
                && !contradicts
                && (entity.kind == mention.kind || person(entity.kind) && person(mention.kind));
        }
        if !mention.names.is_empty() || !mention.definite {
            return mention.words == entity.words;
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

    /// The fullest phrase anywhere in the article that holds what `mention` says. `None` where a bare title or
    /// organisation (`الشركة`) may mean several.
    fn fullest(&self, mention: &Mention) -> Option<Mention> {
        // What tells this speaker from others: the family name, else the title's head.
        let anchor = match (mention.names.last(), mention.words.first()) {
            (Some(name), _) => name,
            (None, Some(head)) if matches!(head.as_str(), "بعض" | "اخرون" | "كثيرون" | "عدد" | "احد" | "احدى") =>
            {
                return Some(mention.clone());
            }
            (None, Some(head)) if mention.definite || mention.kind == SpeakerKind::Text && !several_texts(head) => head,
            _ => return Some(mention.clone()),
        };
        let occurrences = self.positions.get(anchor.as_str()).map_or(&[][..], Vec::as_slice);
        let candidates = self.candidates(anchor, mention);
        if !mention.names.is_empty() {
            let best = candidates.max_by_key(rank).filter(|candidate| rank(candidate) > rank(mention));
            return Some(best.unwrap_or_else(|| mention.clone()));
        }
        // A bare title or organisation means the one named last; two close to each other leave it open.
        let (before, after): (Vec<Mention>, Vec<Mention>) = candidates
            .filter(|candidate| candidate.words.len() > mention.words.len())
            .partition(|candidate| candidate.tokens.0 < mention.tokens.0);
        let Some(last) = before.last() else {
            let elsewhere = after.into_iter().next().or_else(|| self.counterpart(mention));
            let elsewhere = elsewhere.or_else(|| self.without_origin(anchor, mention));
            return Some(elsewhere.unwrap_or_else(|| mention.clone()));
        };
        // Bodies of one kind (`الشركة`) stand for each other farther than people do.
        let reach = if mention.kind == SpeakerKind::Org { 4 * AMBIGUOUS } else { AMBIGUOUS };
        // `وقالت الشركة …` where nobody of hers has spoken and the text names another one right behind.
        let tokens = &self.document.tokens;
        let another = |at: usize| {
            let next = if tokens.kind(at + 1) == Kind::Mark { at + 2 } else { at + 1 };
            !tokens.list[at].definite
                && tokens.is_word(next)
                && !last.words.iter().any(|word| word == word_at(self.document, next))
        };
        let behind = occurrences.partition_point(|at| (*at as usize) < mention.tokens.1);
        let next = mention.kind == SpeakerKind::Org
            && occurrences[behind..]
                .iter()
                .map(|at| *at as usize)
                .take_while(|at| *at < mention.tokens.1 + reach)
                .any(another);
        let open = next || before.iter().any(|other| differ(other, last) && other.tokens.0 + reach > last.tokens.0);
        if open {
            return None;
        }
        let last = last.clone();
        before
            .into_iter()
            .filter(|candidate| !differ(candidate, &last))
            .max_by_key(|candidate| (rank(candidate), candidate.tokens.0))
    }

    /// Phrases anywhere in the article, the first and the nearest ones, that hold what `mention` says.
    fn candidates<'m>(&'m self, anchor: &str, mention: &'m Mention) -> impl Iterator<Item = Mention> + use<'m, 'd, 't> {
        let occurrences = self.positions.get(anchor).map_or(&[][..], Vec::as_slice);
        let nearest = occurrences.partition_point(|at| (*at as usize) < mention.tokens.0);
        let from = nearest.saturating_sub(OCCURRENCES / 2);
        let first = occurrences.iter().take(4);
        let near = occurrences.iter().skip(from.max(4)).take(OCCURRENCES);
        let other = other_head(anchor).and_then(|head| self.positions.get(head));
        let other = other.into_iter().flatten().take(4);
        first.chain(near).chain(other).filter_map(|at| self.fullest_at(*at as usize, mention))
    }

    /// `وزير الدفاع الكويتي` where the article names one minister of defence, and of no country.
    fn without_origin(&self, anchor: &str, title: &Mention) -> Option<Mention> {
        if title.kind != SpeakerKind::Person {
            return None;
        }
        let mut bare = title.clone();
        bare.words.retain(|word| !is_origin(word));
        if bare.words.len() == title.words.len() || bare.words.len() < 2 {
            return None;
        }
        let bearers: Vec<Mention> = self.candidates(anchor, &bare).filter(|bearer| !bearer.names.is_empty()).collect();
        let best = bearers.iter().max_by_key(|bearer| rank(bearer))?;
        let same = |other: &Mention| other.names.iter().any(|name| best.names.contains(name));
        let foreign = |bearer: &Mention| bearer.words.iter().any(|word| is_origin(word));
        bearers.iter().all(|bearer| same(bearer) && !foreign(bearer)).then(|| best.clone())
    }

    /// The bearer of a title who is named as somebody's counterpart.
    fn counterpart(&self, title: &Mention) -> Option<Mention> {
        if title.kind != SpeakerKind::Person || title.words.len() < 2 {
            return None;
        }
        let places = COUNTERPARTS.iter().filter_map(|word| self.positions.get(word)).flatten().take(OCCURRENCES);
        places.filter_map(|at| counterpart(self.document, *at as usize, title)).next()
    }

    /// The fullest phrase that holds the word at `at` and says what `mention` says.
    fn fullest_at(&self, at: usize, mention: &Mention) -> Option<Mention> {
        let document = self.document;
        let (sentence, _) = document.sentence(at);
        let mut best: Option<Mention> = None;
        for start in at.saturating_sub(LEFT).max(sentence)..=at {
            if !starts_phrase(document, start, at) {
                continue;
            }
            let Some(end) = noun_phrase(document, start, true).filter(|end| *end > at) else { continue };
            let end = if mention.names.is_empty() { end } else { behind_name(document, mention, at, end) };
            let candidate = Mention::new(document, (start, end));
            // `الوزارة المستهلكين`: behind a definite noun in running text its object stands, no complement; an
            // adjective of origin belongs to it (`البنك المركزي التركي`).
            let adjective = document.tokens.is_word(at + 1) && {
                let next = document.tokens.key(at + 1);
                document.tokens.list[at + 1].definite && (next.ends_with("ية") || next.ends_with('ي'))
            };
            let bare = mention.names.is_empty()
                && start == at
                && document.tokens.list[at].definite
                && candidate.names.is_empty()
                && !adjective;
            if !bare
                && self.extends(&candidate, mention)
                && best.as_ref().is_none_or(|best| rank(&candidate) > rank(best))
            {
                best = Some(candidate);
            }
        }
        best
    }

    /// `candidate` says all that `mention` says, and is of the same kind.
    fn extends(&self, candidate: &Mention, mention: &Mention) -> bool {
        let person = |kind| matches!(kind, SpeakerKind::Person | SpeakerKind::Indefinite);
        if person(candidate.kind) != person(mention.kind) || candidate.anaphor {
            return false;
        }
        if !mention.names.is_empty() {
            let all = mention.names.iter().all(|name| candidate.names.contains(name) || candidate.words.contains(name));
            return all && candidate.words.len() <= 18;
        }
        // `الولايات المتحدة` is not `فريق الولايات المتحدة`.
        let head = mention.kind != SpeakerKind::Org || candidate.words.first() == mention.words.first();
        // Somebody told by a complement (`والدة الطفل`) is fuller only with a name.
        let named = mention.kind != SpeakerKind::Person || mention.words.len() < 2 || !candidate.names.is_empty();
        head && named
            && mention.words.iter().all(|word| said_by(word, &candidate.words))
            && candidate.words.len() <= 14
            && (candidate.words.first() == mention.words.first() || !candidate.names.is_empty())
    }
}

/// `تقارير`, `دراسات`: each mention means others.
fn several_texts(head: &str) -> bool {
    head.ends_with("ات") || matches!(head, "تقارير" | "صحف" | "وثائق" | "رسائل" | "ابحاث" | "سجلات")
}

/// A mention is fuller with a name, with a title, and with more words.
fn rank(mention: &Mention) -> (bool, usize) {
    (!mention.names.is_empty(), mention.words.len().min(12))
}

/// The dual of a title (`رئيسان`, `وزيرين`).
fn dual_title(word: &str) -> bool {
    let stem = word.strip_suffix("ان").or_else(|| word.strip_suffix("ين"));
    stem.is_some_and(|stem| lexicon().word(stem).is_some_and(|entry| entry.classes & class::TITLE != 0))
}

/// Where a phrase with the name at `at` ends in running text, where no cue shows its end: behind the name only
/// more of the name or a title may follow.
fn behind_name(document: &Document, mention: &Mention, at: usize, end: usize) -> usize {
    let tokens = &document.tokens;
    for index in at + 1..end {
        let token = &tokens.list[index];
        let title = |index: usize| tokens.is(index, class::TITLE) && tokens.list[index].proclitic == Proclitic::None;
        // `لترامب مساعدة المرشح فلان`: with a name of its own the title is another's.
        let other = title(index)
            && (index + 1..end).any(|later| {
                tokens.is(later, class::NAME) && !mention.names.iter().any(|name| name == word_at(document, later))
            });
        if other {
            return index;
        }
        if title(index) || (token.kind == Kind::Comma && title(index + 1)) {
            return end;
        }
        let name = token.is(class::NAME)
            || (token.kind == Kind::Word
                && (document.family_name(index) || mention.names.iter().any(|name| name == word_at(document, index))));
        if !name {
            return index;
        }
    }
    end
}

/// Two phrases with the same head that name different things: neither has all words of the other.
fn differ(a: &Mention, b: &Mention) -> bool {
    let within = |a: &Mention, b: &Mention| a.words.iter().all(|word| b.words.contains(word));
    !within(a, b) && !within(b, a)
}

fn append(list: &mut Vec<String>, more: &[String]) {
    for word in more {
        if !list.contains(word) {
            list.push(word.clone());
        }
    }
}
