//! Quotations without a cue of the lexicon: behind a lone colon, alone in a sentence, or said again by the headline.

use super::assemble::{Assembly, Draft};
use super::cues::CueKind;
use super::document::Document;
use super::lexicon::class;
use super::marks::MarkedSpan;
use super::medium::Setting;
use super::not_speech::{folded, headline_end, introduced_name};
use super::noun_phrases::noun_phrase;
use super::record::{AttributionType, NotSpeechKind, Polarity, SpeakerHow};
use super::resolve::{Evidence, Found};
use super::subjects::local_subject;
use super::tokens::Kind;

/// The colon right before the opening mark, the line end between them left out.
fn colon_before(document: &Document, span: &MarkedSpan) -> Option<usize> {
    let tokens = &document.tokens;
    let before = span.open.checked_sub(1)?;
    let colon = if tokens.kind(before) == Kind::Newline { before.checked_sub(1)? } else { before };
    (tokens.kind(colon) == Kind::Colon).then_some(colon)
}

/// Marked words that begin like a clause (`"لن تمر"`, `"يزيد الطين بلة"`) are no name.
fn clause_like(document: &Document, span: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let first = span.open + 1;
    let key = tokens.key(first);
    let imperfect = tokens.list[first].classes & !class::NAME == 0 && key.starts_with('ي') && key.chars().count() >= 4;
    imperfect && tokens.list.get(first + 1).is_some_and(|next| next.definite)
        || tokens.is(first, class::NEGATION | class::CLAUSE)
}

impl Draft {
    /// Words in marks that are the same speaker's, though no cue of their own says so.
    fn goes_on(&self, r#type: AttributionType, span: &MarkedSpan, words: usize, evidence: Evidence) -> Self {
        Self {
            r#type,
            content: span.inner,
            parent: None,
            speaker: self.speaker.map(|(entity, ..)| (entity, SpeakerHow::CarryOver, evidence)),
            mention: None,
            cue: None,
            introducer: None,
            kind: None,
            unclosed: span.unclosed,
            words,
            ..self.clone()
        }
    }
}

impl Assembly<'_, '_> {
    /// `وهذا نص الرسالة: «…»`, `واحتد الوزير: «…»`: a colon before a sentence in marks says that somebody speaks,
    /// whatever the verb.
    pub fn colon_quotations(&mut self) {
        let document = self.document;
        let tokens = &document.tokens;
        // Ends of reported words without marks, in order.
        let mut ends: Vec<(usize, usize)> = (0..self.drafts.len())
            .filter(|index| self.drafts[*index].parent.is_none())
            .map(|index| (self.drafts[index].content.end, index))
            .collect();
        ends.sort_unstable();
        for (index, span) in document.marks.spans.iter().enumerate() {
            let words = document.word_count(span.open, span.close);
            if self.claimed[index] || span.depth > 0 || words < 5 {
                continue;
            }
            let Some(colon) = colon_before(document, span) else { continue };
            let kind = self.marked_texts.kind(document, span);
            let named = colon > 0 && tokens.is(colon - 1, class::NAME_INTRO | class::SCRIPTURE);
            if named || matches!(kind, NotSpeechKind::Scripture | NotSpeechKind::Slogan | NotSpeechKind::Title) {
                continue;
            }
            let (sentence, _) = document.sentence(colon);
            let (speaker, mention) = self.beside_colon(sentence, colon, &ends);
            self.claimed[index] = true;
            self.drafts.push(Draft {
                r#type: AttributionType::Direct,
                content: span.inner,
                parent: None,
                polarity: Polarity::Affirmed,
                speaker,
                mention,
                cue: None,
                introducer: None,
                kind: None,
                setting: Setting::default(),
                clause: (sentence, colon),
                unclosed: span.unclosed,
                words,
            });
        }
    }

    /// `مجددا طلبه بـ«إنشاء هيئة للعقار تنظم السوق»`: many marked words in a sentence where somebody speaks are that
    /// speaker's, whatever stands between.
    pub fn marked_beside_speech(&mut self) {
        let document = self.document;
        let tokens = &document.tokens;
        // Cues with their drafts, in order.
        let mut cues: Vec<(usize, usize)> =
            (0..self.drafts.len()).filter_map(|index| self.drafts[index].cue.map(|cue| (cue.0, index))).collect();
        cues.sort_unstable();
        for (index, span) in document.marks.spans.iter().enumerate() {
            let words = document.word_count(span.open, span.close);
            let least = if clause_like(document, span) { 3 } else { 5 };
            if self.claimed[index] || span.depth > 0 || span.unclosed || words < least {
                continue;
            }
            let cued = cues.partition_point(|(cue, _)| *cue < span.open).checked_sub(1).map(|last| cues[last]);
            let floor = self.floors.partition_point(|(at, ..)| *at < span.open).checked_sub(1);
            let floor = floor.map(|last| self.floors[last]).filter(|(at, ..)| cued.is_none_or(|(cue, _)| cue < *at));
            if let Some((at, entity, subject)) = floor {
                self.marked_on_floor(index, (at, entity, subject));
                continue;
            }
            let Some((cue, draft)) = cued else { continue };
            if document.sentence_number(cue) != document.sentence_number(span.open)
                || self.drafts[draft].kind == Some(CueKind::According)
                || introduced_name(document, span)
                || !matches!(self.marked_texts.kind(document, span), NotSpeechKind::Name | NotSpeechKind::Scare)
                || !self.marked_texts.fragment_is_speech(document, span)
                || tokens.is(span.open.saturating_sub(1), class::NAME_INTRO)
            {
                continue;
            }
            self.claimed[index] = true;
            let found = self.drafts[draft].goes_on(AttributionType::Mixed, span, words, Evidence::SameSentence);
            self.drafts.push(found);
        }
    }

    /// `شكر فلان الوزير لـ"جهوده الكبيرة في …"`: many marked words in a sentence where somebody has the floor.
    fn marked_on_floor(&mut self, index: usize, (at, entity, subject): (usize, usize, (usize, usize))) {
        let document = self.document;
        let span = &document.marks.spans[index];
        let words = document.word_count(span.open, span.close);
        if document.sentence_number(at) != document.sentence_number(span.open)
            || span.open < subject.1
            || introduced_name(document, span)
            || !matches!(self.marked_texts.kind(document, span), NotSpeechKind::Name | NotSpeechKind::Scare)
            || !self.marked_texts.fragment_is_speech(document, span)
        {
            return;
        }
        self.claimed[index] = true;
        self.drafts.push(Draft {
            r#type: AttributionType::Mixed,
            content: span.inner,
            parent: None,
            polarity: Polarity::Affirmed,
            speaker: Some((entity, SpeakerHow::Named, Evidence::SameSentence)),
            mention: Some(subject),
            cue: Some((at, at + 1)),
            introducer: None,
            kind: None,
            setting: Setting::default(),
            clause: (at, span.open),
            unclosed: span.unclosed,
            words,
        });
    }

    /// Who speaks behind the colon: `على لسان فلان`, the speaker of the words right before it, or the subject of the
    /// clause that it ends.
    fn beside_colon(
        &mut self,
        sentence: usize,
        colon: usize,
        ends: &[(usize, usize)],
    ) -> (Option<Found>, Option<(usize, usize)>) {
        let document = self.document;
        let tokens = &document.tokens;
        let tongue = (sentence..colon).rev().take(16).find(|index| tokens.key(*index) == "لسان");
        if let Some(start) = tongue.map(|index| index + 1) {
            let mention = noun_phrase(document, start, false).map(|end| (start, end));
            return (mention.and_then(|mention| self.speakers.of_mention(mention, None)), mention);
        }
        let start = tokens.list[sentence].start;
        let end = tokens.list[colon].start;
        let before = ends.partition_point(|(content, _)| *content <= end).checked_sub(1).map(|last| ends[last]);
        if let Some((_, draft)) = before.filter(|(content, _)| *content > start) {
            let same =
                self.drafts[draft].speaker.map(|(entity, ..)| (entity, SpeakerHow::CarryOver, Evidence::SameSentence));
            return (same, None);
        }
        let subject = local_subject(document, (sentence, colon), false);
        (subject.and_then(|subject| self.speakers.of_mention(subject, None)), subject)
    }

    /// A quotation that is a sentence of its own goes on with the speaker of the sentence right before it.
    pub fn float_quotations(&mut self) {
        let document = self.document;
        // Ends of contents with their drafts, in order; drafts made here are added as they come.
        let mut ends: Vec<(usize, usize)> =
            self.drafts.iter().enumerate().map(|(index, draft)| (draft.content.end, index)).collect();
        ends.sort_unstable();
        let mut floating: Option<(usize, usize)> = None;
        for (index, span) in document.marks.spans.iter().enumerate() {
            let words = document.word_count(span.open, span.close);
            if self.claimed[index] || span.depth > 0 || words < 4 {
                continue;
            }
            let (sentence, sentence_end) = document.sentence(span.open);
            let alone = (sentence..span.open)
                .chain(span.after()..sentence_end)
                .all(|token| !matches!(document.tokens.kind(token), Kind::Word | Kind::Number));
            let start = document.tokens.list[span.open].start;
            let spoken = ends.partition_point(|(end, _)| *end <= start).checked_sub(1).map(|last| ends[last]);
            let Some((end, before)) = spoken.max(floating).filter(|_| alone) else { continue };
            let token = document.tokens.list.partition_point(|token| token.end < end);
            if document.sentence(token).1 != sentence && document.word_count(token + 1, span.open) > 0 {
                continue;
            }
            self.claimed[index] = true;
            let draft = self.drafts[before].goes_on(AttributionType::Direct, span, words, Evidence::LastSpeaker);
            floating = Some((draft.content.end, self.drafts.len()));
            self.drafts.push(draft);
        }
    }

    /// Marked words of the headline that the text gives to somebody are that speaker's there, too.
    pub fn echo_in_headline(&mut self) {
        let document = self.document;
        let headline = headline_end(document);
        let spans = &document.marks.spans;
        for index in (0..spans.len()).take_while(|index| spans[*index].open < headline) {
            let words = document.word_count(spans[index].open, spans[index].close);
            if self.claimed[index] || spans[index].unclosed || words < 2 {
                continue;
            }
            let echo = folded(document, &spans[index]);
            // A name that the text marks elsewhere (`قيام "بي بي سي" بـ…`).
            let name = |other: usize| !self.claimed[other] && other != index && folded(document, &spans[other]) == echo;
            if !self.marked_texts.fragment_is_speech(document, &spans[index]) || (0..spans.len()).any(name) {
                continue;
            }
            let Some(body) = (index + 1..spans.len()).find(|body| {
                self.claimed[*body] && spans[*body].open > headline && folded(document, &spans[*body]).contains(&echo)
            }) else {
                continue;
            };
            let Some(draft) = self.drafts.iter().find(|draft| draft.content == spans[body].inner) else { continue };
            let echoed = draft.goes_on(AttributionType::Mixed, &spans[index], words, Evidence::SameSentence);
            self.claimed[index] = true;
            self.drafts.push(echoed);
        }
    }
}
