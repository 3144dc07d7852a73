//! The sentences with the marks over them: which words of which side belong to which record.

use super::{MarkView, SentenceView, Side, Speakers, reference, speaker_name};
use crate::article::Span;
use crate::brief::{Briefing, QuoteEnglish, QuoteRecord, SentenceRecord};
use crate::quotes::{Polarity, TextSpan};
use crate::render::layers::layer;
use crate::render::{RenderError, words};

/// A mark on one side of one sentence.
struct Placed<'b> {
    /// In the sentence's text on that side.
    span: Span,
    view: MarkView<'b>,
    /// Whose mark it is, for the message if it can't be.
    owner: &'b str,
}

/// Every sentence with its marks.
///
/// # Errors
/// [`RenderError::Span`] where the briefing contradicts itself.
pub fn sentences<'b>(briefing: &'b Briefing, speakers: &Speakers<'b>) -> Result<Vec<SentenceView<'b>>, RenderError> {
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
