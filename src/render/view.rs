//! A briefing as pages show it: every decision on words is made here, the renderers only set them.
//!
//! Here is also where a briefing that contradicts itself is noticed: spans must lie in their text, and recorded words
//! must be the words at their place.

use super::RenderError;
use super::layers::{Piece, layer};
use super::words;
use crate::article::Span;
use crate::brief::{Briefing, QuoteEnglish, QuoteRecord, SentenceRecord, Warning};
use crate::quotes::{Polarity, Speaker, TextSpan};
use serde::Serialize;
use std::borrow::Cow;

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
                    });
                    found.ids.len() - 1
                }
            };
            let view = &mut found.views[position];
            view.quotes += 1;
            if !view.name.en.known {
                view.name = speaker_name(quote);
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

/// A mark on one side of one sentence.
struct Placed<'b> {
    /// In the sentence's text on that side.
    span: Span,
    view: MarkView<'b>,
    /// Whose mark it is, for the message if it can't be.
    owner: &'b str,
}

fn sentences<'b>(briefing: &'b Briefing, speakers: &Speakers<'b>) -> Result<Vec<SentenceView<'b>>, RenderError> {
    let article = &briefing.article;
    for sentence in &briefing.sentences {
        verbatim(briefing, "sentence", &sentence.id.to_string(), (sentence.ar.as_str(), sentence.start, sentence.end))?;
    }
    let mut arabic: Vec<Vec<Placed<'b>>> = briefing.sentences.iter().map(|_| Vec::new()).collect();
    let mut english: Vec<Vec<Placed<'b>>> = briefing.sentences.iter().map(|_| Vec::new()).collect();

    for (position, quote) in briefing.quotes.iter().enumerate() {
        let record = &quote.attribution;
        let TextSpan { text, start, end } = &record.content;
        verbatim(briefing, "quote", &record.id, (text.as_str(), *start, *end))?;
        let mark = || quote_mark(position, quote, speakers);
        for span in &record.spans {
            let span = Span::new(&article.text, span.start, span.end)
                .ok_or_else(|| broken(briefing, "quote", &record.id, *span))?;
            place_arabic(&briefing.sentences, &mut arabic, span, &record.id, mark);
        }
        for (sentence, span) in english_places(quote.en.as_ref()) {
            let placed = Placed { span, view: mark(), owner: &record.id };
            place_english(briefing, &mut english, sentence, placed)?;
        }
    }
    for record in &briefing.not_speech {
        let marked = &record.marked;
        verbatim(briefing, "marked words", &marked.text, (marked.text.as_str(), marked.start, marked.end))?;
        let mark = || MarkView {
            class: "aside".to_owned(),
            title: format!("{}, not speech", words::not_speech(marked.kind)),
            reference: None,
        };
        let span = Span { start: marked.start, end: marked.end };
        place_arabic(&briefing.sentences, &mut arabic, span, &marked.text, mark);
        for (sentence, span) in english_places(record.en.as_ref()) {
            place_english(briefing, &mut english, sentence, Placed { span, view: mark(), owner: &marked.text })?;
        }
    }

    briefing
        .sentences
        .iter()
        .zip(arabic.into_iter().zip(english))
        .map(|(sentence, (arabic, english))| {
            Ok(SentenceView {
                id: sentence.id,
                ar: side(briefing, &sentence.ar, arabic)?,
                en: sentence.en.as_deref().map(|en| side(briefing, en, english)).transpose()?,
                notes: sentence.flags.iter().map(|flag| words::flag(*flag)).collect(),
            })
        })
        .collect()
}

/// The recorded words must be the words at their place in the article.
fn verbatim(briefing: &Briefing, what: &str, id: &str, words: (&str, usize, usize)) -> Result<(), RenderError> {
    let (text, start, end) = words;
    if briefing.article.text.get(start..end) == Some(text) {
        return Ok(());
    }
    Err(broken(briefing, what, id, Span { start, end }))
}

fn broken(briefing: &Briefing, what: &str, id: &str, span: Span) -> RenderError {
    RenderError::Span {
        article: briefing.article.id.clone(),
        what: format!("{what} {id}"),
        start: span.start,
        end: span.end,
    }
}

fn quote_mark<'b>(position: usize, quote: &'b QuoteRecord, speakers: &Speakers<'b>) -> MarkView<'b> {
    let record = &quote.attribution;
    let colour = speakers.colour(record.speaker.as_ref());
    let kind = words::attribution_type(record.r#type);
    let mut class = format!("said {kind} {colour}");
    if record.polarity != Polarity::Affirmed {
        class.push(' ');
        class.push_str(&words::code(record.polarity));
    }
    let name = speaker_name(quote);
    let name = if name.en.known { name.en } else { name.ar };
    MarkView {
        class,
        title: words::plain_line(&format!("{}: {kind}, {}", record.id, name.text)),
        reference: Some(reference(position, quote)),
    }
}

fn reference(position: usize, quote: &QuoteRecord) -> Reference<'_> {
    let note = match quote.attribution.polarity {
        Polarity::Affirmed => None,
        Polarity::Denied => Some("denied"),
        Polarity::Unconfirmed => Some("unconfirmed"),
    };
    Reference { anchor: quote_anchor(position), label: &quote.attribution.id, note }
}

/// Puts a mark over the article's bytes `span` on the sentences that have some of them.
fn place_arabic<'b>(
    sentences: &[SentenceRecord],
    placed: &mut [Vec<Placed<'b>>],
    span: Span,
    owner: &'b str,
    mark: impl Fn() -> MarkView<'b>,
) {
    for (sentence, placed) in sentences.iter().zip(placed) {
        if let Some(Span { start, end }) = sentence.span().intersection(span) {
            let span = Span { start: start - sentence.start, end: end - sentence.start };
            placed.push(Placed { span, view: mark(), owner });
        }
    }
}

/// Where the English words stand: sentence and bytes of its English.
fn english_places(en: Option<&QuoteEnglish>) -> Vec<(u32, Span)> {
    let Some(en) = en else { return Vec::new() };
    if en.pieces.is_empty() {
        return match (en.sentence, en.start, en.end) {
            (Some(sentence), Some(start), Some(end)) => vec![(sentence, Span { start, end })],
            _ => Vec::new(),
        };
    }
    en.pieces.iter().map(|piece| (piece.sentence, Span { start: piece.start, end: piece.end })).collect()
}

fn place_english<'b>(
    briefing: &Briefing,
    placed: &mut [Vec<Placed<'b>>],
    sentence: u32,
    mark: Placed<'b>,
) -> Result<(), RenderError> {
    let position = briefing.sentences.iter().position(|known| known.id == sentence && known.en.is_some());
    match position {
        Some(position) => {
            placed[position].push(mark);
            Ok(())
        }
        None => Err(broken(briefing, &format!("the English of sentence {sentence} in"), mark.owner, mark.span)),
    }
}

fn side<'b>(briefing: &Briefing, text: &'b str, placed: Vec<Placed<'b>>) -> Result<Side<'b>, RenderError> {
    let spans: Vec<Span> = placed.iter().map(|placed| placed.span).collect();
    let pieces = layer(text, &spans).map_err(|bad| broken(briefing, "the words of", placed[bad].owner, spans[bad]))?;
    Ok(Side { pieces, marks: placed.into_iter().map(|placed| placed.view).collect() })
}

fn quote_view<'b>(
    briefing: &'b Briefing,
    position: usize,
    quote: &'b QuoteRecord,
    speakers: &Speakers<'b>,
) -> QuoteView<'b> {
    let record = &quote.attribution;
    let parent = record.parent.as_ref().and_then(|id| {
        let position = briefing.quotes.iter().position(|quote| quote.attribution.id == *id)?;
        Some(reference(position, &briefing.quotes[position]))
    });
    let checks = [
        ("Arabic verbatim in the article", quote.checks.verbatim),
        ("English marks balanced", quote.checks.balanced),
        ("numbers agree", quote.checks.numbers),
        ("names agree", quote.checks.names),
    ];
    QuoteView {
        reference: reference(position, quote),
        colour: speakers.colour(record.speaker.as_ref()),
        kind: words::attribution_type(record.r#type),
        polarity_note: words::polarity_note(record.polarity),
        speaker: speaker_name(quote),
        words: Pair { en: english(quote.en.as_ref()), ar: Shown::words(record.content.text.as_str()) },
        sentences: &quote.sentences,
        parent,
        facts: quote_facts(quote),
        checks: checks
            .into_iter()
            .map(|(name, result)| CheckView {
                name,
                result: match result {
                    Some(true) => "passed",
                    Some(false) => "failed",
                    None => "not checked",
                },
            })
            .collect(),
        reasons: &record.reasons,
        notes: quote.speaker_en.iter().flat_map(|en| &en.flags).map(|flag| words::flag(*flag)).collect(),
    }
}

fn quote_facts(quote: &QuoteRecord) -> Vec<Fact<'_>> {
    let record = &quote.attribution;
    let arabic = |name, span: &'_ TextSpan| Fact {
        name: Cow::Borrowed(name),
        value: Shown::words(span.text.clone()),
        arabic: true,
    };
    let mut facts = Vec::new();
    if let Some(speaker) = &record.speaker {
        let how = format!("{}; {}", words::speaker_kind(speaker.kind), words::speaker_how(speaker.how));
        facts.push(Fact::english("Speaker found", Shown::words(how)));
        if let Some(mention) = speaker.mention.as_ref().filter(|mention| mention.text != speaker.text) {
            facts.push(arabic("Called here", mention));
        }
    }
    if let Some(en) = &quote.speaker_en {
        facts.push(Fact::english("English name", Shown::words(words::speaker_method(en.method))));
    }
    match &record.cue {
        Some(cue) => facts.push(arabic("Reporting words", cue)),
        None => facts.push(Fact::english("Reporting words", Shown::words("none: speech without a cue"))),
    }
    let circumstances =
        [("Medium", &record.medium), ("Addressee", &record.addressee), ("Occasion", &record.circumstance)];
    facts.extend(circumstances.iter().filter_map(|(name, span)| Some(arabic(name, span.as_ref()?))));
    let missing: Vec<&str> = circumstances.iter().filter(|(_, span)| span.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let name = Cow::Owned(missing.join(", "));
        facts.push(Fact { name, value: Shown::new(None, "not recorded"), arabic: false });
    }
    facts.push(Fact::english(
        "Arabic is a translation",
        Shown::new(record.translated_from.map(words::translated_from), "not looked at"),
    ));
    facts.push(Fact::english(
        "Confidence",
        match record.confidence {
            Some(confidence) => Shown::words(format!("{confidence:.2}")),
            None => Shown::new(None, "not estimated"),
        },
    ));
    if let Some(en) = &quote.en {
        facts.push(Fact::english("English words", Shown::words(words::projection(en.method))));
    }
    facts
}

fn signature(briefing: &Briefing) -> Vec<Fact<'_>> {
    let (article, signature) = (&briefing.article, &briefing.signature);
    let translator = &signature.translator;
    vec![
        Fact::english("Translation model", Shown::words(translator.model.as_str())),
        Fact::english("Revision", Shown::new(translator.revision.as_deref(), "a local file")),
        Fact::english("Weights SHA-256", Shown::new(translator.sha256.as_deref(), "not computed")),
        Fact::english("Number type", Shown::words(translator.dtype.as_str())),
        Fact::english("Decoding", Shown::words(translator.decoding.to_string())),
        Fact::english("Summarizer", Shown::words(signature.summarizer.to_string())),
        Fact::english("Quote rules", Shown::words(signature.rules.as_str())),
        Fact::english(
            "Glossary SHA-256",
            match &signature.glossary_sha256 {
                Some(hash) => Shown::words(hash.as_str()),
                None => Shown::words("none: no glossary"),
            },
        ),
        Fact::english("Settings SHA-256", Shown::words(signature.settings_sha256.as_str())),
        Fact::english("Text SHA-256", Shown::words(article.text_sha256.as_str())),
        Fact::english("Encoding of the file", Shown::words(article.encoding.as_str())),
        Fact::english(
            "Repeatable",
            Shown::words(if signature.deterministic {
                "yes: the same settings give the same bytes on the same kind of device"
            } else {
                "no: another run can give other words"
            }),
        ),
        Fact::english("Program", Shown::words(format!("mujaz {}", signature.tool))),
        Fact::english("Device", Shown::words(signature.device.as_str())),
        Fact::english("Schema", Shown::words(briefing.schema.as_str())),
    ]
}
