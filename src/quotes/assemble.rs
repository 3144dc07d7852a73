//! From reporting clauses to records: which marks are whose words, what is reported without marks, who speaks.

use super::contents::{breaks, content_end, joined_member, wrapped};
use super::cues::{Clause, CueKind, clause_at, turn_at, turn_before};
use super::document::Document;
use super::introducers::Introducer;
use super::lexicon::{Form, class, frame};
use super::medium::{Setting, setting};
use super::not_speech::MarkedTexts;
use super::record::{AttributionType, NotSpeech, Polarity, SpeakerHow, TextSpan};
use super::resolve::{Evidence, Found, Speakers};
use super::sources::{according_at, answers, headline, own_words_at, paragraph_speaker, postposed_at};
use super::tokens::{Kind, Proclitic};
use crate::article::Span;

/// Reported words before they get their final form. Numbers are tokens unless they are a [`Span`].
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub r#type: AttributionType,
    pub content: Span,
    /// Index of the draft in which a mixed one stands.
    pub parent: Option<usize>,
    pub polarity: Polarity,
    /// Speaker and how it was found.
    pub speaker: Option<Found>,
    /// The words that name the speaker here.
    pub mention: Option<(usize, usize)>,
    pub cue: Option<(usize, usize)>,
    pub introducer: Option<Introducer>,
    pub kind: Option<CueKind>,
    pub setting: Setting,
    /// Tokens of the reporting clause, for the signs of a translation.
    pub clause: (usize, usize),
    /// The marks had no closing one.
    pub unclosed: bool,
    pub words: usize,
}

/// All drafts in the order of the text, with the speakers they name and the marks that are not speech.
pub(super) struct Findings<'d, 't> {
    pub drafts: Vec<Draft>,
    pub speakers: Speakers<'d, 't>,
    pub not_speech: Vec<NotSpeech>,
}

/// Finds everything in `document`.
pub(super) fn findings<'d, 't>(document: &'d Document<'t>) -> Findings<'d, 't> {
    let clauses = clauses(document);
    let breaks = breaks(document, &clauses);
    let mut assembly = Assembly {
        document,
        breaks,
        marked_texts: MarkedTexts::new(document),
        claimed: vec![false; document.marks.spans.len()],
        drafts: Vec::new(),
        speakers: Speakers::new(document),
        main: None,
        floors: Vec::new(),
    };
    let extents: Vec<(usize, usize)> = clauses.iter().map(|clause| assembly.extent(clause)).collect();
    let mut turns = turns(document, &clauses).into_iter().peekable();
    for (index, clause) in clauses.iter().enumerate() {
        while let Some((at, subject)) = turns.next_if(|(at, _)| *at < clause.cue.0) {
            assembly.turn(at, subject);
        }
        if clause.kind == CueKind::According && doubles(index, &clauses, &extents) {
            continue;
        }
        if thought_inside(document, index, &clauses, &extents) || wish_inside(index, &clauses, &extents) {
            continue;
        }
        let inner: Vec<(usize, usize)> = extents[index + 1..]
            .iter()
            .zip(&clauses[index + 1..])
            .enumerate()
            .take_while(|(_, (extent, _))| extent.0 < extents[index].1)
            .filter(|(offset, (extent, inner))| {
                !wish_inside(index + 1 + offset, &clauses, &extents)
                    && extent.0 > extents[index].0
                    && extent.1 <= extents[index].1
                    && !matches!(inner.kind, CueKind::According | CueKind::After)
            })
            .map(|(_, (extent, _))| *extent)
            .collect();
        assembly.add(clause, extents[index], &inner);
    }
    for (at, subject) in turns {
        assembly.turn(at, subject);
    }
    assembly.colon_quotations();
    assembly.marked_beside_speech();
    assembly.float_quotations();
    assembly.echo_in_headline();
    assembly.finish()
}

/// All reporting clauses, in the order of their cues.
fn clauses(document: &Document) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = headline(document);
    let mut answers = answers(document).into_iter().peekable();
    for index in 0..document.tokens.list.len() {
        clauses.extend(answers.next_if(|answer| answer.content <= index));
        if document.tokens.kind(index) != Kind::Word {
            continue;
        }
        let found = postposed_at(document, index)
            .or_else(|| clause_at(document, index))
            .or_else(|| own_words_at(document, index))
            .or_else(|| paragraph_speaker(document, index))
            .or_else(|| according_at(document, index));
        clauses.extend(found);
    }
    // `قال إنه يعتقد أن …`: the same speaker, inside the words reported already.
    clauses.retain(|clause| {
        let opinion = clause.verb.is_some_and(|verb| verb.frames & frame::OPINION != 0)
            || matches!(document.tokens.key(clause.cue.0), "يرى" | "ترى" | "يرون");
        let inner = opinion && clause.subject.is_none() && clause.start > 0;
        !(inner
            && document.tokens.is(clause.start - 1, class::CLAUSE)
            && document.tokens.list[clause.start - 1].proclitic == Proclitic::None
            && document.tokens.kind(clause.start) == Kind::Word)
    });
    let clauses = clauses.into_iter().flat_map(|clause| with_marked_members(document, clause));
    // Two cues for the same words (`ومضى يقول:`): the first is kept.
    let mut kept: Vec<Clause> = Vec::new();
    for clause in clauses {
        let double = kept.iter().rev().take(4).any(|other| {
            other.content == clause.content
                && other.introducer == clause.introducer
                && clause.kind != CueKind::According
        });
        if !double {
            kept.push(clause);
        }
    }
    kept
}

/// `قال أن «…» وأن «…» وأنه …`: a quotation in marks is a report of its own, and so is what goes on behind it.
fn with_marked_members(document: &Document, clause: Clause) -> Vec<Clause> {
    let mut members = vec![clause];
    while members.len() < 6 {
        let last = &members[members.len() - 1];
        let span = document.span_at(last.content).filter(|span| {
            last.introducer == Introducer::Clause
                && last.kind != CueKind::According
                && !span.unclosed
                && joined_member(document, span)
        });
        let Some(after) = span.map(|span| span.after()) else { break };
        members.push(Clause { start: after, content: after + 1, ..last.clone() });
    }
    members
}

/// Verbs outside all clauses whose subject takes the floor, with that subject.
fn turns(document: &Document, clauses: &[Clause]) -> Vec<(usize, (usize, usize))> {
    let mut cues = clauses.iter().map(|clause| clause.cue.0).filter(|cue| *cue > 0).collect::<Vec<_>>();
    cues.sort_unstable();
    (0..document.tokens.list.len())
        .filter(|at| document.tokens.list[*at].verb.is_some() && cues.binary_search(at).is_err())
        .filter_map(|at| {
            // `الوالدة تتهم المستشفى`: behind its subject an imperfect has its object.
            let imperfect = document.tokens.list[at].verb.is_some_and(|verb| verb.imperfect);
            let before = imperfect.then(|| turn_before(document, at)).flatten();
            let subject = before.or_else(|| turn_at(document, at)).or_else(|| turn_before(document, at));
            subject.map(|subject| (at, subject))
        })
        .collect()
}

/// `وبحسب الوكالة، فقد رأى الوزير أن …`: the clause inside has the speaker.
fn doubles(index: usize, clauses: &[Clause], extents: &[(usize, usize)]) -> bool {
    let (start, end) = extents[index];
    let cue = clauses[index].cue.0;
    let low = index.saturating_sub(12);
    clauses.iter().enumerate().skip(low).take(24).any(|(other, clause)| {
        let (other_start, other_end) = extents[other];
        other != index
            && (clause.kind != CueKind::According || other < index)
            && clause.kind != CueKind::Headline
            && ((start <= clause.cue.0 && clause.cue.0 < end) || (other_start <= cue && cue < other_end))
    })
}

/// `قال إن فلانا يعتقد أن …`: what somebody thinks, inside what somebody else says of it.
fn thought_inside(document: &Document, index: usize, clauses: &[Clause], extents: &[(usize, usize)]) -> bool {
    let clause = &clauses[index];
    // `إن فرنسا ترى أن …`: a country sees.
    let sees = matches!(document.tokens.stem(clause.cue.0), "ترى" | "يرى")
        && clause.subject.is_some_and(|(start, end)| end == start + 1 && document.tokens.is(start, class::PLACE));
    let opinion = sees
        || clause.verb.is_some_and(|verb| verb.frames & frame::OPINION != 0 && verb.frames & frame::QUOTATION == 0);
    opinion
        && (index.saturating_sub(4)..index).any(|other| {
            let (start, end) = extents[other];
            start <= clause.cue.0 && clause.cue.0 < end && clauses[other].kind != CueKind::According
        })
}

/// `قال إن فلانا طلب "…"`: a few marked words of what somebody wants, inside what somebody else says: the latter's.
fn wish_inside(index: usize, clauses: &[Clause], extents: &[(usize, usize)]) -> bool {
    let clause = &clauses[index];
    clause.introducer == Introducer::Fragment
        && clause.verb.is_some_and(|verb| verb.form == Form::Finite && verb.frames & frame::ATTITUDE != 0)
        && (index.saturating_sub(4)..index).any(|other| {
            let (start, end) = extents[other];
            start <= clause.cue.0
                && clause.cue.0 < end
                && clauses[other].introducer == Introducer::Clause
                && clauses[other].kind != CueKind::According
        })
}

pub(super) struct Assembly<'d, 't> {
    pub document: &'d Document<'t>,
    breaks: Vec<usize>,
    pub marked_texts: MarkedTexts,
    /// Per marked span: it is in a record.
    pub claimed: Vec<bool>,
    pub drafts: Vec<Draft>,
    pub speakers: Speakers<'d, 't>,
    /// Speaker of the last finite clause, its token and its sentence, for the participles beside it.
    main: Option<(usize, usize)>,
    /// Verbs whose subject takes the floor without words of theirs, in order: token, speaker, the words that name it.
    pub floors: Vec<(usize, usize, (usize, usize))>,
}

impl<'d, 't> Assembly<'d, 't> {
    /// Tokens of the reported words.
    fn extent(&self, clause: &Clause) -> (usize, usize) {
        match wrapped(self.document, clause, &self.breaks) {
            Some(index) => {
                let span = &self.document.marks.spans[index];
                (span.open, span.after())
            }
            None if clause.introducer == Introducer::Fragment || self.marked_end(clause) => {
                (clause.content, clause.content + 1)
            }
            None => (clause.content, content_end(self.document, clause, &self.breaks)),
        }
    }

    /// `تعهد بالملاحقة "أينما كانوا"`: a few marked words at the end of what is reported otherwise.
    fn marked_end(&self, clause: &Clause) -> bool {
        let document = self.document;
        clause.introducer == Introducer::Mark
            && clause.content > 0
            && document.tokens.is_word(clause.content - 1)
            && document.marks.opening_at(clause.content).is_some_and(|index| {
                let span = &document.marks.spans[index];
                document.word_count(span.open, span.close) <= 3
            })
    }

    /// Makes the records of `clause`, whose words are the tokens `start..end`. Marks in `inner`, the words of reports
    /// inside these, are left to those.
    fn add(&mut self, clause: &Clause, (start, end): (usize, usize), inner: &[(usize, usize)]) {
        let document = self.document;
        let quoted = wrapped(document, clause, &self.breaks);
        let fragment = (clause.introducer == Introducer::Fragment || quoted.is_none() && self.marked_end(clause))
            .then(|| document.marks.opening_at(clause.content))
            .flatten();
        if fragment.is_none() && quoted.is_none() && document.word_count(start, end) < 2 {
            return;
        }
        let speaker = self.speaker(clause);
        if !matches!(clause.kind, CueKind::According | CueKind::Headline) {
            self.speakers.reports(start, end);
        }
        // A participle that goes with nobody is an adjective or verse, unless a pause and a clause say otherwise; a
        // noun phrase behind a verb without subject (`ثم أعلنت النتائج`) is what was done.
        if speaker.is_none() && quoted.is_none() && clause.subject.is_none() {
            let pause = clause.cue.0 > 0 && document.tokens.kind(clause.cue.0 - 1) == Kind::Comma;
            let adjective = clause.kind == CueKind::Participle
                && !(clause.introducer == Introducer::Clause && (pause || document.tokens.list[clause.cue.0].tanween));
            if adjective || clause.introducer == Introducer::Noun && clause.kind == CueKind::Verb {
                return;
            }
        }
        let draft = self.draft(clause, speaker);
        if let Some(index) = quoted {
            if !std::mem::replace(&mut self.claimed[index], true) {
                let span = &document.marks.spans[index];
                let words = document.word_count(span.open, span.close);
                self.drafts.push(Draft {
                    r#type: AttributionType::Direct,
                    content: span.inner,
                    unclosed: span.unclosed,
                    words,
                    ..draft
                });
            }
        } else if let Some(index) = fragment {
            if !self.claimed[index] && self.marked_texts.fragment_is_speech(document, &document.marks.spans[index]) {
                for index in std::iter::once(index).chain(self.coordinated(index)) {
                    self.claimed[index] = true;
                    let span = &document.marks.spans[index];
                    self.drafts.push(Draft {
                        r#type: AttributionType::Mixed,
                        content: span.inner,
                        words: document.word_count(span.open, span.close),
                        ..draft.clone()
                    });
                }
            }
        } else {
            let parent = self.drafts.len();
            let words = document.word_count(start, end);
            self.drafts.push(Draft { content: document.bytes(start, end), words, ..draft.clone() });
            for index in start..end {
                let Some(mark) = document.marks.opening_at(index) else { continue };
                let span = &document.marks.spans[mark];
                if span.depth > 0
                    || self.claimed[mark]
                    || inner.iter().any(|(start, end)| (*start..*end).contains(&index))
                    || span.close > end
                    || !self.marked_texts.fragment_is_speech(document, span)
                {
                    continue;
                }
                self.claimed[mark] = true;
                let words = document.word_count(span.open, span.close);
                self.drafts.push(Draft {
                    r#type: AttributionType::Mixed,
                    content: span.inner,
                    parent: Some(parent),
                    words,
                    ..draft.clone()
                });
            }
        }
    }

    /// `وصفه بـ«كذا» و«كذا»`: marked spans that go on behind `و`.
    fn coordinated(&self, first: usize) -> Vec<usize> {
        let document = self.document;
        let tokens = &document.tokens;
        let mut found = Vec::new();
        let mut after = document.marks.spans[first].after();
        loop {
            let joined = match tokens.key(after) {
                "و" | "وب" | "او" => after + 1,
                _ if tokens.kind(after) == Kind::Comma && matches!(tokens.key(after + 1), "و" | "وب") => after + 2,
                _ => return found,
            };
            let Some(index) = document.marks.opening_at(joined).filter(|index| !self.claimed[*index]) else {
                return found;
            };
            let span = &document.marks.spans[index];
            if span.unclosed || !self.marked_texts.fragment_is_speech(document, span) {
                return found;
            }
            found.push(index);
            after = span.after();
        }
    }

    /// `ما أسماه «…»` in a sentence where somebody speaks already.
    fn calls(&self, clause: &Clause) -> bool {
        let tokens = &self.document.tokens;
        let at = clause.cue.0;
        let sentence = self.document.sentence_number(at);
        clause.verb.is_some_and(|verb| verb.object && verb.frames & frame::PREDICATIVE != 0)
            && at > 0
            && matches!(tokens.key(at - 1), "ما" | "بما" | "عما" | "مما" | "لما" | "فيما")
            && self.main.is_some_and(|(_, token)| self.document.sentence_number(token) == sentence)
    }

    /// Somebody takes the floor without words of theirs.
    fn turn(&mut self, at: usize, subject: (usize, usize)) {
        if self.speakers.reported(at) {
            return;
        }
        let verb = self.document.tokens.list[at].verb.filter(|_| subject.0 > at).map(|verb| verb.agreement);
        if let Some((entity, ..)) = self.speakers.of_mention(subject, verb) {
            self.speakers.spoke(entity, at);
            self.main = Some((entity, at));
            self.floors.push((at, entity, subject));
        }
    }

    fn draft(&self, clause: &Clause, speaker: Option<Found>) -> Draft {
        Draft {
            r#type: AttributionType::Indirect,
            content: Span { start: 0, end: 0 },
            parent: None,
            polarity: clause.polarity,
            speaker,
            mention: clause.subject.filter(|_| clause.kind != CueKind::Answer),
            cue: (clause.cue.1 > clause.cue.0).then_some(clause.cue),
            introducer: Some(clause.introducer),
            kind: Some(clause.kind),
            setting: setting(self.document, clause.between.0, clause.between.1),
            clause: (clause.start.min(clause.cue.0), clause.between.1.max(clause.cue.1)),
            unclosed: false,
            words: 0,
        }
    }

    fn speaker(&mut self, clause: &Clause) -> Option<Found> {
        let at = clause.cue.0;
        // The subject of `جاء فيه` is the words; it says nothing of who wrote them.
        let text = clause.verb.is_some_and(|verb| verb.frames & frame::TEXT != 0);
        let agreement = clause.verb.filter(|_| !text).map(|verb| verb.agreement);
        let carry = clause.verb.is_some_and(|verb| verb.frames & frame::CARRY != 0);
        let speaker = match (clause.subject, clause.kind) {
            (Some(subject), _) => {
                if clause.kind == CueKind::Answer {
                    let found = self.speakers.of_mention(subject, None);
                    let found = found.map(|(entity, ..)| (entity, SpeakerHow::CarryOver, Evidence::Anaphor));
                    if let Some((entity, ..)) = found {
                        self.speakers.spoke(entity, at);
                    }
                    return found;
                }
                let vso = agreement.filter(|_| clause.kind == CueKind::Verb && !clause.subject_first);
                let continued = if carry { self.speakers.of_continued_title(subject, vso) } else { None };
                continued.or_else(|| self.speakers.of_mention(subject, vso))
            }
            (None, CueKind::Participle) => {
                let sentence = self.document.sentence_number(at);
                let main = self.main.filter(|(_, token)| self.document.sentence_number(*token) == sentence);
                let source = self.speakers.cited_beside(at, agreement);
                match (self.speakers.antecedent(at, agreement), main) {
                    (Some(entity), _) => Some((entity, SpeakerHow::CarryOver, Evidence::SameSentence)),
                    (None, _) if source.is_some() => {
                        source.map(|entity| (entity, SpeakerHow::CarryOver, Evidence::SameSentence))
                    }
                    (None, Some((entity, token))) => {
                        let nearer = self.speakers.subject_between(token + 1, at, agreement);
                        let evidence = if nearer.is_some() { Evidence::SameSentence } else { Evidence::MainVerb };
                        Some((nearer.unwrap_or(entity), SpeakerHow::CarryOver, evidence))
                    }
                    (None, None) => self.speakers.carried(at, agreement, false),
                }
            }
            // `قال إن ما أسماه «…» لن ينجح`
            (None, CueKind::Verb) if self.calls(clause) => {
                let (entity, _) = self.main?;
                Some((entity, SpeakerHow::CarryOver, Evidence::SameSentence))
            }
            // What a text says is not what the last speaker says.
            (None, _) if text && clause.verb.is_some_and(|verb| verb.frames & frame::ALA_CLAUSE != 0) => None,
            (None, _) => self.speakers.carried(at, agreement, carry),
        }?;
        // A source in passing (`بحسب`) and a report inside another do not become the one who goes on speaking.
        let passing =
            clause.kind == CueKind::According || self.speakers.reported(at) && clause.kind != CueKind::Participle;
        if clause.kind == CueKind::Headline {
            self.speakers.announced(speaker.0);
        } else if clause.kind == CueKind::According {
            self.speakers.cited(speaker.0, at);
        } else if !passing {
            self.speakers.spoke(speaker.0, at);
            self.main = Some((speaker.0, at));
        }
        Some(speaker)
    }

    fn finish(mut self) -> Findings<'d, 't> {
        let document = self.document;
        let text = document.tokens.text;
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by_key(|index| {
            (self.drafts[*index].content.start, std::cmp::Reverse(self.drafts[*index].content.end), *index)
        });
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let mut drafts: Vec<Draft> = order.iter().map(|index| self.drafts[*index].clone()).collect();
        for draft in &mut drafts {
            draft.parent = draft.parent.map(|parent| place[parent]);
        }
        self.drafts.clear();
        let not_speech = document
            .marks
            .spans
            .iter()
            .zip(&self.claimed)
            .filter(|(span, claimed)| !**claimed && !span.unclosed)
            .map(|(span, _)| {
                let words = TextSpan::new(text, span.inner);
                NotSpeech {
                    text: words.text,
                    start: words.start,
                    end: words.end,
                    kind: self.marked_texts.kind(document, span),
                }
            })
            .collect();
        Findings { drafts, speakers: self.speakers, not_speech }
    }
}
