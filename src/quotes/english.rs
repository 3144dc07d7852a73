//! Reported speech in English, in a simple form: marks, the reporting verb beside them, its subject. For English
//! articles, and for looking at the English side of a translation with the same records.
//!
//! A sentence at a time: the marked spans of a paragraph are paired, each is given to the reporting verb beside it,
//! and `X said that …` without marks is indirect speech. A pronoun stands for the one who was named last.

mod phrases;
mod words;

use super::{
    Attribution, AttributionType, Extraction, NotSpeech, NotSpeechKind, Polarity, Speaker, SpeakerHow, SpeakerKind,
    TextSpan,
};
use crate::article::{Sentence, Span};
use phrases::{Cue, cue_in, mentions_speaker};
use words::{Token, TokenKind, tokens};

/// Fewest words of a marked span that is a whole utterance without a cue that says so.
const UTTERANCE_WORDS: usize = 5;

/// A speaker of the text: the fullest mention so far.
struct Known {
    fullest: Span,
    kind: SpeakerKind,
}

/// What has been found so far.
struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    known: Vec<Known>,
    last: Option<usize>,
    found: Extraction,
}

/// The reported speech and the other marked spans of an English `text`. `sentences` cut the spans of a record.
pub(super) fn extract(text: &str, sentences: &[Sentence]) -> Extraction {
    let mut reader = Reader { text, tokens: tokens(text), known: Vec::new(), last: None, found: Extraction::default() };
    for (start, end) in words::sentences(&reader.tokens) {
        reader.sentence(start, end);
    }
    let mut found = reader.found;
    // A clause stands before the fragments in it.
    found.attributions.sort_by_key(|record| (record.content.start, std::cmp::Reverse(record.content.end)));
    for (number, record) in found.attributions.iter_mut().enumerate() {
        record.id = format!("q{}", number + 1);
        record.spans = super::cut(text, record.content.span(), sentences);
    }
    found
}

impl Reader<'_> {
    /// Reads the sentence of tokens `start..end`.
    fn sentence(&mut self, start: usize, end: usize) {
        let marked = self.marked(start, end);
        let cue = cue_in(self.text, &self.tokens, (start, end), &marked);
        let speaker = cue.as_ref().and_then(|cue| self.speaker(cue));
        for &(open, close) in &marked {
            let Some(inner) = self.inner(open, close) else { continue };
            let words = self.tokens[open + 1..close].iter().filter(|token| token.kind == TokenKind::Word).count();
            let alone = self.tokens[start..open].iter().chain(&self.tokens[(close + 1).min(end)..end]);
            let alone = alone.clone().all(|token| token.kind != TokenKind::Word);
            match &cue {
                Some(cue) if words > 0 && cue.speaks_of(open, close, words) => {
                    let r#type = if cue.introduces(&self.tokens, open, close, words) {
                        AttributionType::Direct
                    } else {
                        AttributionType::Mixed
                    };
                    self.push(inner, r#type, Some(cue.tokens), speaker);
                }
                // A quotation that is a sentence of its own goes on with the speaker before.
                None if alone && words >= UTTERANCE_WORDS && self.last.is_some() => {
                    let carried = self.last.map(|known| (known, None));
                    self.push(inner, AttributionType::Direct, None, carried);
                }
                _ => {
                    let words = TextSpan::new(self.text, inner);
                    self.found.not_speech.push(NotSpeech {
                        text: words.text,
                        start: words.start,
                        end: words.end,
                        kind: NotSpeechKind::Name,
                    });
                }
            }
        }
        let Some(cue) = cue else { return };
        let Some((from, to)) = cue.clause(&self.tokens, end) else { return };
        let wrapped = marked.iter().any(|(open, close)| *open <= from && to <= close + 1);
        let content = Span { start: self.tokens[from].start, end: self.tokens[to - 1].end };
        if !wrapped && to - from >= 3 {
            self.push(content, AttributionType::Indirect, Some(cue.tokens), speaker);
        }
    }

    /// Opening and closing marks of the sentence, outermost ones; a missing closing mark is the sentence's end.
    fn marked(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let mut marked = Vec::new();
        let mut open = None;
        for index in start..end {
            match (self.tokens[index].kind, open) {
                (TokenKind::Open, None) => open = Some(index),
                (TokenKind::Close, Some(from)) => {
                    marked.push((from, index));
                    open = None;
                }
                _ => {}
            }
        }
        marked.extend(open.map(|from| (from, end)));
        marked
    }

    /// The words between two marks, without the comma or white space at their end.
    fn inner(&self, open: usize, close: usize) -> Option<Span> {
        let last = close.checked_sub(1).filter(|last| *last > open)?;
        let last = if self.tokens[last].kind == TokenKind::Comma { last.checked_sub(1)? } else { last };
        let start = self.tokens.get(open + 1)?.start;
        let end = start + self.text.get(start..self.tokens[last].end)?.trim_end().len();
        (end > start).then_some(Span { start, end })
    }

    /// The speaker that the cue names, and the words that do so.
    fn speaker(&mut self, cue: &Cue) -> Option<(usize, Option<Span>)> {
        let Some((start, end)) = cue.subject else { return self.last.map(|last| (last, None)) };
        let mention = Span { start: self.tokens[start].start, end: self.tokens[end - 1].end };
        let words = mention.slice(self.text);
        if phrases::is_pronoun(words) {
            return self.last.map(|last| (last, Some(mention)));
        }
        let found = self.known.iter().rposition(|known| {
            let fullest = known.fullest.slice(self.text);
            mentions_speaker(fullest, words) || mentions_speaker(words, fullest)
        });
        let known = found.unwrap_or_else(|| {
            self.known.push(Known { fullest: mention, kind: phrases::kind(words) });
            self.known.len() - 1
        });
        if mention.len() > self.known[known].fullest.len() {
            self.known[known].fullest = mention;
        }
        self.last = Some(known);
        Some((known, Some(mention)))
    }

    fn push(
        &mut self,
        content: Span,
        r#type: AttributionType,
        cue: Option<(usize, usize)>,
        speaker: Option<(usize, Option<Span>)>,
    ) {
        let text = self.text;
        let record = speaker.map(|(known, mention)| {
            let fullest = TextSpan::new(text, self.known[known].fullest);
            let how = match mention {
                None => SpeakerHow::CarryOver,
                Some(mention) if phrases::is_pronoun(mention.slice(text)) => SpeakerHow::Pronoun,
                Some(mention) if mention.len() < fullest.end - fullest.start => SpeakerHow::Title,
                Some(_) => SpeakerHow::Named,
            };
            Speaker {
                id: format!("s{}", known + 1),
                text: fullest.text,
                start: fullest.start,
                end: fullest.end,
                kind: self.known[known].kind,
                how,
                mention: mention.map(|mention| TextSpan::new(text, mention)),
            }
        });
        let (confidence, reason) = match &record {
            Some(speaker) if speaker.how == SpeakerHow::Named => (0.9, "name beside the reporting verb"),
            Some(_) => (0.75, "pronoun, short name or the speaker before"),
            None => (0.5, "no speaker"),
        };
        self.found.attributions.push(Attribution {
            id: String::new(),
            r#type,
            content: TextSpan::new(text, content),
            spans: Vec::new(),
            parent: None,
            polarity: Polarity::Affirmed,
            speaker_reason: record.is_none().then(|| "no name stands beside the reporting verb".to_owned()),
            speaker: record,
            cue: cue.map(|(start, end)| {
                TextSpan::new(text, Span { start: self.tokens[start].start, end: self.tokens[end - 1].end })
            }),
            medium: None,
            addressee: None,
            circumstance: None,
            translated_from: None,
            confidence: Some(confidence),
            reasons: vec![reason.to_owned()],
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_news() {
        // Text, then `type speaker = content` of each record and `N words` of each other marked span.
        let rows: &[(&str, &[&str])] = &[
            (
                "\"We will not leave,\" Minister Salma Haddad said.",
                &["Direct Minister Salma Haddad = We will not leave"],
            ),
            (
                "Minister Salma Haddad said: \"We will not leave.\" She added: \"Nobody will.\"",
                &["Direct Minister Salma Haddad = We will not leave.", "Direct Minister Salma Haddad = Nobody will."],
            ),
            (
                "“The bridge is safe,” said Omar Nasri, the head of the port authority.",
                &["Direct Omar Nasri = The bridge is safe"],
            ),
            (
                "The ministry said that the talks had ended. It called the report \"pure fiction\".",
                &["Indirect The ministry = the talks had ended", "Mixed The ministry = pure fiction"],
            ),
            ("The newspaper \"Dawn\" appears daily.", &["N Dawn"]),
            ("He walked home and slept.", &[]),
            (
                "According to the report, exports fell by 3 percent.",
                &["Indirect the report = exports fell by 3 percent"],
            ),
            (
                "Omar Nasri told reporters that work would \"begin at once\" in May.",
                &["Indirect Omar Nasri = work would \"begin at once\" in May", "Mixed Omar Nasri = begin at once"],
            ),
            ("She said nothing.", &[]),
            ("\"Prices are too high,\" it says.", &["Direct - = Prices are too high"]),
        ];
        let wrong: Vec<_> = rows
            .iter()
            .filter_map(|(text, expected)| {
                let found = extract(text, &[]);
                let spoken = found.attributions.iter().map(|record| {
                    let speaker = record.speaker.as_ref().map_or("-", |speaker| speaker.text.as_str());
                    format!("{:?} {speaker} = {}", record.r#type, record.content.text)
                });
                let all: Vec<String> =
                    spoken.chain(found.not_speech.iter().map(|marked| format!("N {}", marked.text))).collect();
                (all != *expected).then_some((text, all))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
