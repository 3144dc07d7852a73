//! A briefing as pages show it: every decision on words is made here, the renderers only set them.
//!
//! Here is also where a briefing that contradicts itself is noticed: spans must lie in their text, and recorded words
//! must be the words at their place.

mod details;
mod sentences;

use super::RenderError;
use super::layers::Piece;
use super::words;
use crate::brief::{Briefing, QuoteEnglish, QuoteRecord, SummaryItem, Warning};
use crate::quotes::{Polarity, Speaker};
use crate::translate::Flag;
use details::{quote_view, signature};
use sentences::sentences;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Colours that speakers get in turn; the page's style has one for each.
const COLOURS: usize = 8;

/// Words, or in their place why they are unknown.
#[derive(Debug, Serialize)]
pub struct Shown<'b> {
    /// These are the words; otherwise `text` reads `unknown (reason)`.
    pub known: bool,
    /// What to show.
    pub text: Cow<'b, str>,
}

impl<'b> Shown<'b> {
    fn new(value: Option<&'b str>, reason: &str) -> Self {
        match value {
            Some(text) => Self { known: true, text: Cow::Borrowed(text) },
            None => Self { known: false, text: Cow::Owned(format!("unknown ({reason})")) },
        }
    }

    fn words(text: impl Into<Cow<'b, str>>) -> Self {
        Self { known: true, text: text.into() }
    }
}

/// The same in both languages.
#[derive(Debug, Serialize)]
pub struct Pair<'b> {
    /// English.
    pub en: Shown<'b>,
    /// Arabic.
    pub ar: Shown<'b>,
}

/// A named value.
#[derive(Debug, Serialize)]
pub struct Fact<'b> {
    /// Name.
    pub name: Cow<'static, str>,
    /// Value.
    pub value: Shown<'b>,
    /// The value is Arabic.
    pub arabic: bool,
}

impl<'b> Fact<'b> {
    fn english(name: &'static str, value: Shown<'b>) -> Self {
        Self { name: Cow::Borrowed(name), value, arabic: false }
    }
}

/// Where a label leads: the quote's place in the list.
#[derive(Debug, Clone, Serialize)]
pub struct Reference<'b> {
    /// `#anchor` on the page.
    pub anchor: String,
    /// The record's id.
    pub label: &'b str,
    /// A word that must be seen at the label (`denied`).
    pub note: Option<&'static str>,
}

/// How one mark over the text looks.
#[derive(Debug, Serialize)]
pub struct MarkView<'b> {
    /// Classes of the element.
    pub class: String,
    /// What it is, in words.
    pub title: String,
    /// Label at its end; none for what is not speech.
    pub reference: Option<Reference<'b>>,
}

/// One side of a sentence.
#[derive(Debug, Serialize)]
pub struct Side<'b> {
    /// Its words and marks.
    pub pieces: Vec<Piece<'b>>,
    /// The marks that the pieces mean.
    pub marks: Vec<MarkView<'b>>,
}

/// A sentence in both languages.
#[derive(Debug, Serialize)]
pub struct SentenceView<'b> {
    /// Its number.
    pub id: u32,
    /// Arabic.
    pub ar: Side<'b>,
    /// English, if there is any.
    pub en: Option<Side<'b>>,
    /// What a reader must know about it.
    pub notes: Vec<&'static str>,
}

/// A speaker of the article.
#[derive(Debug, Serialize)]
pub struct SpeakerView<'b> {
    /// Colour class.
    pub colour: String,
    /// Name.
    pub name: Pair<'b>,
    /// Person, organisation, …
    pub kind: &'static str,
    /// Pieces of speech.
    pub quotes: usize,
    /// What the checks found about the English name: the list is read by those who look for names.
    pub notes: Vec<&'static str>,
}

/// A check and how it ended.
#[derive(Debug, Serialize)]
pub struct CheckView {
    /// What was checked.
    pub name: &'static str,
    /// `passed`, `failed` or `not checked`.
    pub result: &'static str,
}

/// A quote of the list.
#[derive(Debug, Serialize)]
pub struct QuoteView<'b> {
    /// Its own place on the page.
    pub reference: Reference<'b>,
    /// Colour class.
    pub colour: String,
    /// Direct, mixed or indirect.
    pub kind: &'static str,
    /// What must be seen about the polarity.
    pub polarity_note: Option<&'static str>,
    /// Speaker's name.
    pub speaker: Pair<'b>,
    /// The quoted words.
    pub words: Pair<'b>,
    /// Sentences it stands in.
    pub sentences: &'b [u32],
    /// The record in which it stands.
    pub parent: Option<Reference<'b>>,
    /// What is known about it.
    pub facts: Vec<Fact<'b>>,
    /// The checks.
    pub checks: Vec<CheckView>,
    /// What the record rests on.
    pub reasons: &'b [String],
    /// What a reader must know about the English of the speaker's name.
    pub notes: Vec<&'static str>,
}

/// A marked span that is not speech.
#[derive(Debug, Serialize)]
pub struct NotSpeechView<'b> {
    /// What it is.
    pub kind: &'static str,
    /// The words.
    pub words: Pair<'b>,
}

/// A quote shown with a point of the summary.
#[derive(Debug, Serialize)]
pub struct SummaryQuote {
    /// Position in [`View::quotes`].
    pub quote: usize,
    /// The quoted words must be shown: the point itself does not contain them.
    pub with_words: bool,
}

/// A point of the summary.
#[derive(Debug, Serialize)]
pub struct SummaryView<'b> {
    /// Its words.
    pub words: Pair<'b>,
    /// Sentences it rests on.
    pub sentences: &'b [u32],
    /// Quotes it shows.
    pub quotes: Vec<SummaryQuote>,
    /// What the checks found about its sentences and its speakers' names: who reads the summary alone must see it.
    pub notes: Vec<&'static str>,
}

/// Everything a page shows.
#[derive(Debug, Serialize)]
pub struct View<'b> {
    /// For the window: one line, no controls.
    pub window_title: String,
    /// The title.
    pub title: Pair<'b>,
    /// The address as text.
    pub url: Shown<'b>,
    /// The address, if it may become a link.
    pub link: Option<&'b str>,
    /// Outlet, date, ….
    pub facts: Vec<Fact<'b>>,
    /// Why the model must not be relied upon.
    pub unreliable: Vec<&'b str>,
    /// Other warnings about the whole briefing.
    pub warnings: Vec<&'b str>,
    /// Warnings about one sentence.
    pub sentence_warnings: Vec<&'b Warning>,
    /// How the summary was made.
    pub summary_method: &'static str,
    /// The summary.
    pub summary: Vec<SummaryView<'b>>,
    /// The sentences.
    pub sentences: Vec<SentenceView<'b>>,
    /// The speakers, in the order of their first words.
    pub speakers: Vec<SpeakerView<'b>>,
    /// The quotes.
    pub quotes: Vec<QuoteView<'b>>,
    /// Marked spans that are not speech.
    pub not_speech: Vec<NotSpeechView<'b>>,
    /// What made the briefing.
    pub signature: Vec<Fact<'b>>,
}

/// Name of a quote's place on the page; `position` is counted from 0. Not made from the record's id, so that it is a
/// good fragment whatever stands there.
pub fn quote_anchor(position: usize) -> String {
    format!("q{}", position + 1)
}

impl<'b> View<'b> {
    /// The view of `briefing`.
    ///
    /// # Errors
    /// [`RenderError::Span`] where the briefing contradicts itself.
    pub fn new(briefing: &'b Briefing) -> Result<Self, RenderError> {
        let article = &briefing.article;
        let title = Pair {
            en: Shown::new(
                article.title.en.as_deref(),
                if article.title.ar.is_some() { "no translation" } else { "the article has no title" },
            ),
            ar: Shown::new(article.title.ar.as_deref(), "the article has no title"),
        };
        let window_title = article.title.en.as_deref().or(article.title.ar.as_deref()).unwrap_or(&article.id);
        let speakers = Speakers::new(briefing);
        let (whole, sentence_warnings): (Vec<_>, Vec<_>) =
            briefing.warnings.iter().partition(|warning| warning.sentence.is_none());
        let (unreliable, warnings): (Vec<_>, Vec<_>) =
            whole.into_iter().partition(|warning| warning.code == words::MODEL_UNRELIABLE);
        let messages = |list: Vec<&'b Warning>| list.into_iter().map(|warning| warning.message.as_str()).collect();
        Ok(Self {
            window_title: words::plain_line(window_title),
            title,
            url: Shown::new(article.url.as_deref(), "not given"),
            link: article.url.as_deref().and_then(words::safe_link),
            facts: vec![
                Fact::english("Outlet", Shown::new(article.outlet.as_deref(), "not given")),
                Fact::english("Date", Shown::new(article.published.as_deref(), "not given")),
                Fact::english("File", Shown::words(article.path.as_str())),
                Fact::english("Language", Shown::new(article.language.as_deref(), "undecided")),
                Fact::english("Words", Shown::words(article.words.to_string())),
            ],
            unreliable: messages(unreliable),
            warnings: messages(warnings),
            sentence_warnings,
            summary_method: words::summary_method(briefing.summary.method),
            summary: summary(briefing),
            sentences: sentences(briefing, &speakers)?,
            quotes: briefing
                .quotes
                .iter()
                .enumerate()
                .map(|(position, quote)| quote_view(briefing, position, quote, &speakers))
                .collect(),
            not_speech: briefing
                .not_speech
                .iter()
                .map(|record| NotSpeechView {
                    kind: words::not_speech(record.marked.kind),
                    words: Pair { en: english(record.en.as_ref()), ar: Shown::words(record.marked.text.as_str()) },
                })
                .collect(),
            speakers: speakers.views,
            signature: signature(briefing),
        })
    }
}

fn english(en: Option<&QuoteEnglish>) -> Shown<'_> {
    Shown::new(en.map(|en| en.text.as_str()), "no translation")
}

/// The speakers by id, in the order of their first words.
struct Speakers<'b> {
    ids: Vec<&'b str>,
    views: Vec<SpeakerView<'b>>,
}

impl<'b> Speakers<'b> {
    fn new(briefing: &'b Briefing) -> Self {
        let mut found = Self { ids: Vec::new(), views: Vec::new() };
        for quote in &briefing.quotes {
            let Some(speaker) = &quote.attribution.speaker else { continue };
            let position = match found.ids.iter().position(|id| *id == speaker.id) {
                Some(position) => position,
                None => {
                    found.ids.push(&speaker.id);
                    found.views.push(SpeakerView {
                        colour: format!("v{}", (found.ids.len() - 1) % COLOURS + 1),
                        name: speaker_name(quote),
                        kind: words::speaker_kind(speaker.kind),
                        quotes: 0,
                        notes: Vec::new(),
                    });
                    found.ids.len() - 1
                }
            };
            let view = &mut found.views[position];
            view.quotes += 1;
            if !view.name.en.known {
                view.name = speaker_name(quote);
            }
            for note in name_notes(quote) {
                if !view.notes.contains(&note) {
                    view.notes.push(note);
                }
            }
        }
        found
    }

    /// The colour class; `v0` for an unknown speaker.
    fn colour(&self, speaker: Option<&Speaker>) -> String {
        speaker
            .and_then(|speaker| self.ids.iter().position(|id| *id == speaker.id))
            .map_or_else(|| "v0".to_owned(), |position| self.views[position].colour.clone())
    }
}

/// What the checks found about the English of the speaker's name.
fn name_notes(quote: &QuoteRecord) -> impl Iterator<Item = &'static str> {
    quote.speaker_en.iter().flat_map(|name| &name.flags).map(|flag| words::flag(*flag))
}

/// The speaker's name in both languages, or why it is unknown.
pub fn speaker_name(quote: &QuoteRecord) -> Pair<'_> {
    let reason = quote.attribution.speaker_reason.as_deref().unwrap_or("no reason recorded");
    match &quote.attribution.speaker {
        Some(speaker) => Pair {
            en: Shown::new(quote.speaker_en.as_ref().map(|en| en.text.as_str()), "no English name"),
            ar: Shown::words(speaker.text.as_str()),
        },
        None => Pair { en: Shown::new(None, reason), ar: Shown::new(None, reason) },
    }
}

fn summary(briefing: &Briefing) -> Vec<SummaryView<'_>> {
    briefing
        .summary
        .items
        .iter()
        .map(|item| SummaryView {
            words: Pair {
                en: Shown::new(item.en.as_deref(), "no translation"),
                ar: Shown::new(item.ar.as_deref(), "written in English only"),
            },
            sentences: &item.sentences,
            notes: summary_notes(briefing, item),
            quotes: item
                .quotes
                .iter()
                .filter_map(|id| briefing.quotes.iter().position(|quote| quote.attribution.id == *id))
                .map(|quote| SummaryQuote {
                    quote,
                    with_words: !briefing.quotes[quote].sentences.iter().all(|id| item.sentences.contains(id)),
                })
                .collect(),
        })
        .collect()
}

fn summary_notes(briefing: &Briefing, item: &SummaryItem) -> Vec<&'static str> {
    let sentences = briefing.sentences.iter().filter(|sentence| item.sentences.contains(&sentence.id));
    let speakers = briefing.quotes.iter().filter(|quote| item.quotes.contains(&quote.attribution.id));
    let flags: BTreeSet<Flag> = sentences
        .flat_map(|sentence| sentence.flags.iter().copied())
        .chain(speakers.filter_map(|quote| quote.speaker_en.as_ref()).flat_map(|name| name.flags.iter().copied()))
        .collect();
    flags.into_iter().map(words::flag).collect()
}

fn reference(position: usize, quote: &QuoteRecord) -> Reference<'_> {
    let note = match quote.attribution.polarity {
        Polarity::Affirmed => None,
        Polarity::Denied => Some("denied"),
        Polarity::Unconfirmed => Some("unconfirmed"),
    };
    Reference { anchor: quote_anchor(position), label: &quote.attribution.id, note }
}
