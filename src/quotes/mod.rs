//! Who said what. Works on the Arabic text alone and knows nothing of models.
//!
//! ```text
//! text ─► tokens (folded keys, word classes) ─► marks (pairs by position) ─► document (sentences)
//!      ─► cues, introducers, sources: reporting clauses ─► contents: how far the words go
//!      ─► resolve: who speaks ─► assemble: records ─► not_speech: what else stands in marks
//! ```
//!
//! The subject beside a cue: `subject_before`, `subject_behind` and `closed_subjects`; where a speaker's noun phrase ends:
//! `noun_phrases` and `phrase_limits`; which mention of the article says most of the speaker: `fullest`, `same_title` and,
//! for words that only describe somebody, `descriptions`; quotations without a cue: `quotations`; names in marks:
//! `marked_names`.

mod assemble;
mod closed_subjects;
mod confidence;
mod contents;
mod cues;
mod descriptions;
mod document;
mod english;
mod fold;
mod fullest;
mod introducers;
mod lexicon;
mod marked_names;
mod marks;
mod medium;
mod mentions;
mod name_words;
mod not_speech;
mod noun_contents;
mod noun_phrases;
mod phrase_limits;
mod quotations;
pub mod record;
mod resolve;
mod same_title;
mod sources;
mod subject_before;
mod subject_behind;
mod subjects;
mod tokens;
mod word_shapes;

pub use name_words::name_words;
pub use record::*;

use crate::article::{Sentence, Span};
use assemble::{Draft, Findings, findings};
use document::Document;
use std::collections::HashMap;

/// Name of the rule set; part of a briefing's signature, so that changed rules rebuild briefings.
pub const RULES_VERSION: &str = "quotes-5";

/// At most so sure is it that the one whose name is kept back is the one named further on.
const NAMED_LATER: f64 = 0.8;

/// Finds the reported speech and the other marked spans of an article.
///
/// `sentences` are the article's, in order; they decide where `Attribution::spans` are cut.
///
/// A text without Arabic letters is read as English, in a simpler form.
pub fn extract(text: &str, sentences: &[Sentence]) -> Extraction {
    if !crate::article::folding::has_arabic_letter(text) {
        return english::extract(text, sentences);
    }
    let document = Document::new(text);
    let found = findings(&document);
    // Speakers are counted in the order of the records that name them.
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    for (entity, ..) in found.drafts.iter().filter_map(|draft| draft.speaker) {
        let next = numbers.len() + 1;
        numbers.entry(entity).or_insert(next);
    }
    let translated = translated(&document, &found.drafts);
    let attributions = (0..found.drafts.len())
        .map(|index| attribution(&document, &found, &numbers, (index, sentences, translated[index])))
        .collect();
    Extraction { attributions, not_speech: found.not_speech }
}

/// The record of draft `index`; `numbers` gives each speaker its number.
fn attribution(
    document: &Document,
    found: &Findings,
    numbers: &HashMap<usize, usize>,
    (index, sentences, translated): (usize, &[Sentence], bool),
) -> Attribution {
    let text = document.tokens.text;
    let draft = &found.drafts[index];
    let words = |range: Option<(usize, usize)>| {
        range.filter(|(start, end)| end > start).map(|(start, end)| TextSpan::new(text, document.bytes(start, end)))
    };
    let (mut confidence, mut reasons) = confidence::confidence(draft);
    // `قال مسؤول …` whose name the text gives further on.
    let named_later = draft.speaker.zip(draft.mention).is_some_and(|((entity, how, _), mention)| {
        let fullest = &found.speakers.entities[entity].fullest;
        how == SpeakerHow::Named
            && fullest.tokens.0 > mention.0
            && !fullest.names.is_empty()
            && mentions::Mention::new(document, mention).kind == SpeakerKind::Indefinite
    });
    if named_later {
        confidence = confidence.min(NAMED_LATER);
        reasons.push("named further on".to_owned());
    }
    let speaker = draft.speaker.map(|(entity, how, _)| {
        let known = &found.speakers.entities[entity];
        let fullest = TextSpan::new(text, known.fullest.span(document));
        let mention =
            draft.mention.map(|tokens| TextSpan::new(text, mentions::Mention::new(document, tokens).span(document)));
        Speaker {
            id: format!("s{}", numbers.get(&entity).copied().unwrap_or(entity + 1)),
            text: fullest.text,
            start: fullest.start,
            end: fullest.end,
            kind: known.kind,
            how: if named_later { SpeakerHow::Title } else { how },
            mention,
        }
    });
    let speaker_reason = speaker.is_none().then(|| no_speaker(draft).to_owned());
    Attribution {
        id: format!("q{}", index + 1),
        r#type: draft.r#type,
        content: TextSpan::new(text, draft.content),
        spans: cut(text, draft.content, sentences),
        parent: draft.parent.map(|parent| format!("q{}", parent + 1)),
        polarity: draft.polarity,
        speaker,
        speaker_reason,
        cue: words(draft.cue),
        medium: words(draft.setting.medium),
        addressee: words(draft.setting.addressee),
        circumstance: words(draft.setting.circumstance),
        translated_from: Some(if translated { TranslatedFrom::Likely } else { TranslatedFrom::No }),
        confidence: Some(confidence),
        reasons,
    }
}

/// For each draft whether a foreign outlet is the source, of itself or of the speech that it goes on with.
fn translated(document: &Document, drafts: &[Draft]) -> Vec<bool> {
    let mut translated: Vec<bool> = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .filter(|before| drafts[*before].speaker.map(|found| found.0) == draft.speaker.map(|found| found.0));
        let goes_on = draft.speaker.is_some_and(|(_, how, _)| how == SpeakerHow::CarryOver) && draft.mention.is_none();
        let source = medium::foreign_source(document, draft.clause.0, draft.clause.1);
        translated.push(source || (goes_on && before.is_some_and(|before| translated[before])));
    }
    translated
}

/// Why a draft has no speaker.
fn no_speaker(draft: &Draft) -> &'static str {
    match draft.mention {
        Some(_) => "the words beside the cue name nobody",
        None => "the subject is dropped and nobody who fits spoke before",
    }
}

/// `content` cut where sentences end, in order.
fn cut(text: &str, content: Span, sentences: &[Sentence]) -> Vec<Span> {
    let first = sentences.partition_point(|sentence| sentence.span.end <= content.start);
    let spans: Vec<Span> = sentences[first..]
        .iter()
        .map_while(|sentence| sentence.span.intersection(content))
        .map(|span| span.trimmed(text))
        .filter(|span| !span.is_empty())
        .collect();
    if spans.is_empty() { vec![content] } else { spans }
}
