//! Which texts of one article go to the translator, and who needs which of them.
//!
//! One unit a sentence; the words alone of every marked span, so that its English can be recognised; each speaker; the
//! title. Equal texts of one kind go once. In a sentence each piece of a marked span stands between marks of its own:
//! `"…"`, and `'…'` inside another piece; all other quotation marks of the Arabic are dropped. A text without Arabic
//! letters (`CNN`, `12/5/2024`) is taken over as it is.

use super::marks::{MarkClass, mark_class};
use super::{Unit, UnitKind};
use crate::article::cleaning::for_model;
use crate::article::folding::has_arabic_letter;
use crate::article::letters::{ascii_digit, is_arabic_letter, is_invisible};
use crate::article::{Article, Sentence, SentenceKind, Span, Title};
use crate::quotes::{AttributionType, Extraction};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Where the English of a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The translation of this unit.
    Unit(usize),
    /// The text has no Arabic letters and is taken over.
    AsIs(String),
}

/// The part of a marked span that lies in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the article's text, without marks and white space at the ends.
    pub span: Span,
    /// The translation of its words alone.
    pub words: Source,
    /// The smallest piece of the same sentence around it (index into [`SentenceUnits::pieces`]).
    pub parent: Option<usize>,
    /// Nothing else is said in the sentence: it goes to the translator without marks around it, and its whole English
    /// is the English of the piece.
    pub whole: bool,
    /// False where it overlaps another piece without nesting: then it stands in the sentence without marks.
    pub marked: bool,
    /// The sentence has the same words more than once.
    pub repeated: bool,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceUnits {
    /// Its translation.
    pub source: Source,
    /// The pieces of marked spans in it, by start, the outer before the inner.
    pub pieces: Vec<Piece>,
}

/// A piece of a record: sentence and piece, both as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceAt {
    /// Index into the article's sentences.
    pub sentence: usize,
    /// Index into [`SentenceUnits::pieces`].
    pub piece: usize,
}

/// All texts of one article for the translator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArticleUnits {
    /// The texts; the index is the unit's number.
    pub units: Vec<Unit>,
    /// For each sentence, in their order.
    pub sentences: Vec<SentenceUnits>,
    /// A title given beside the text. A title in the text is a sentence.
    pub title: Option<Source>,
    /// For each attribution, in their order: its pieces in the order of the text; empty for indirect speech.
    pub quotes: Vec<Vec<PieceAt>>,
    /// For each marked span that is not speech, in their order.
    pub not_speech: Vec<Vec<PieceAt>>,
    /// Speaker id and source of the English, in the order of first appearance.
    pub speakers: Vec<(String, Source)>,
}

impl ArticleUnits {
    /// Lays out the units of `article`.
    pub fn new(article: &Article, sentences: &[Sentence], extraction: &Extraction) -> Self {
        let mut builder = Builder::default();
        let mut layout: Vec<Vec<Span>> = vec![Vec::new(); sentences.len()];
        let marked_speech = |kind| matches!(kind, AttributionType::Direct | AttributionType::Mixed);
        let records = extraction
            .attributions
            .iter()
            .map(|quote| if marked_speech(quote.r#type) { quote.spans.clone() } else { Vec::new() })
            .chain(extraction.not_speech.iter().map(|name| vec![Span { start: name.start, end: name.end }]));
        let cut: Vec<Vec<(usize, Span)>> =
            records.map(|spans| cut_at_sentences(&article.text, sentences, &spans)).collect();
        for (sentence, span) in cut.iter().flatten() {
            layout[*sentence].push(*span);
        }
        for spans in &mut layout {
            spans.sort_by_key(by_start);
            spans.dedup();
        }

        let mut done = Self::default();
        for (sentence, spans) in sentences.iter().zip(&layout) {
            done.sentences.push(builder.sentence(&article.text, sentence, spans));
        }
        let mut located: Vec<Vec<PieceAt>> = cut
            .iter()
            .map(|pieces| {
                let at = |(sentence, span): &(usize, Span)| {
                    let piece = layout[*sentence].binary_search_by_key(&by_start(span), by_start).ok()?;
                    Some(PieceAt { sentence: *sentence, piece })
                };
                pieces.iter().filter_map(at).collect()
            })
            .collect();
        done.not_speech = located.split_off(extraction.attributions.len());
        done.quotes = located;

        if let Some(Title::Given(title)) = &article.title {
            done.title = Some(builder.source(UnitKind::Title, &words_alone(title)));
        }
        for speaker in extraction.attributions.iter().filter_map(|quote| quote.speaker.as_ref()) {
            if !done.speakers.iter().any(|(id, _)| *id == speaker.id) {
                let source = builder.source(UnitKind::Speaker, &words_alone(&speaker.text));
                done.speakers.push((speaker.id.clone(), source));
            }
        }
        done.units = builder.units;
        done
    }

    /// The unit or text that the English of speaker `id` comes from.
    pub fn speaker(&self, id: &str) -> Option<&Source> {
        self.speakers.iter().find(|(known, _)| known == id).map(|(_, source)| source)
    }
}

#[derive(Default)]
struct Builder {
    units: Vec<Unit>,
    numbers: BTreeMap<Unit, usize>,
}

impl Builder {
    fn source(&mut self, kind: UnitKind, cleaned: &str) -> Source {
        if !has_arabic_letter(cleaned) {
            return Source::AsIs(in_latin_signs(cleaned));
        }
        let unit = Unit { kind, text: cleaned.to_owned() };
        let number = *self.numbers.entry(unit.clone()).or_insert_with(|| {
            self.units.push(unit);
            self.units.len() - 1
        });
        Source::Unit(number)
    }

    fn sentence(&mut self, text: &str, sentence: &Sentence, spans: &[Span]) -> SentenceUnits {
        let mut pieces: Vec<Piece> = Vec::with_capacity(spans.len());
        let bare = words_alone(sentence.span.slice(text));
        for span in spans {
            let crosses =
                |other: &Piece| other.marked && other.span.intersection(*span).is_some() && !other.span.contains(*span);
            let words = words_alone(span.slice(text));
            pieces.push(Piece {
                span: *span,
                words: Source::AsIs(String::new()),
                // Sorted by start, the longer first: a later piece never holds an earlier one.
                parent: pieces.iter().rposition(|other| other.marked && other.span.contains(*span)),
                whole: pieces.is_empty() && !has_word_outside(text, sentence.span, *span),
                marked: !pieces.iter().any(crosses),
                repeated: !words.is_empty() && bare.matches(words.as_str()).nth(1).is_some(),
            });
        }
        let kind = match sentence.kind {
            SentenceKind::Title => UnitKind::Title,
            SentenceKind::Body => UnitKind::Sentence,
        };
        let source = self.source(kind, &for_model(&marked_up(text, sentence.span, &pieces)));
        for piece in &mut pieces {
            piece.words = if piece.whole {
                source.clone()
            } else {
                self.source(UnitKind::MarkedWords, &words_alone(piece.span.slice(text)))
            };
        }
        SentenceUnits { source, pieces }
    }
}

/// Order of the pieces of one sentence: by start, the longer first.
fn by_start(span: &Span) -> (usize, Reverse<usize>) {
    (span.start, Reverse(span.end))
}

/// The parts of `spans` in each sentence, trimmed of white space and marks; empty ones are left out.
fn cut_at_sentences(text: &str, sentences: &[Sentence], spans: &[Span]) -> Vec<(usize, Span)> {
    let mut cut = Vec::new();
    for span in spans {
        let first = sentences.partition_point(|sentence| sentence.span.end <= span.start);
        for (index, sentence) in sentences.iter().enumerate().skip(first) {
            if sentence.span.start >= span.end {
                break;
            }
            if let Some(part) = sentence.span.intersection(*span) {
                let part = trim_marks(text, part);
                if part.slice(text).chars().any(char::is_alphanumeric) {
                    cut.push((index, part));
                }
            }
        }
    }
    cut
}

fn trim_marks(text: &str, span: Span) -> Span {
    let outside = |c: char| c.is_whitespace() || mark_class(c).is_some() || is_invisible(c);
    let slice = span.slice(text);
    let start = span.start + (slice.len() - slice.trim_start_matches(outside).len());
    Span { start, end: start + slice.trim_matches(outside).len() }
}

fn has_word_outside(text: &str, sentence: Span, piece: Span) -> bool {
    let rest = [&text[sentence.start..piece.start], &text[piece.end..sentence.end]];
    rest.iter().any(|part| part.chars().any(char::is_alphanumeric))
}

/// The sentence with marks around its pieces and no others.
fn marked_up(text: &str, sentence: Span, pieces: &[Piece]) -> String {
    let wanted = marks_of(pieces);
    let slice = sentence.slice(text);
    let mut marked = String::with_capacity(slice.len() + 2 * pieces.len());
    let mut before: Option<char> = None;
    for (offset, c) in slice.char_indices().map(|(offset, c)| (offset + sentence.start, c)) {
        if let Some(marks) = wanted.get(&offset) {
            marked.push_str(marks);
        }
        let after = text[offset + c.len_utf8()..sentence.end].chars().next();
        if mark_class(c).is_none() {
            marked.push(c);
        } else if mark_class(c) == Some(MarkClass::Single) && in_latin_word(before, after) {
            marked.push('\'');
        } else if before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric) {
            // A mark that is dropped must not join two words, unless one is set in its place.
            if !marked.ends_with(['"', '\'']) && !wanted.contains_key(&(offset + c.len_utf8())) {
                marked.push(' ');
            }
        } else if after.is_none_or(|c| c.is_whitespace() || ".،؛؟!,:…".contains(c))
            && marked.ends_with(char::is_whitespace)
        {
            marked.pop();
        }
        before = Some(c);
    }
    if let Some(marks) = wanted.get(&sentence.end) {
        marked.push_str(marks);
    }
    marked
}

/// The marks to set at each offset: closing ones, the inner first, then opening ones, the outer first.
fn marks_of(pieces: &[Piece]) -> BTreeMap<usize, String> {
    let mut depths: Vec<usize> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        // A parent stands before its children.
        let depth = piece.parent.map_or(0, |parent| depths[parent] + usize::from(!pieces[parent].whole));
        depths.push(depth);
    }
    let glyph = |index: usize| if depths[index] == 0 { '"' } else { '\'' };
    let shown: Vec<usize> = (0..pieces.len()).filter(|index| pieces[*index].marked && !pieces[*index].whole).collect();
    let mut marks: BTreeMap<usize, String> = BTreeMap::new();
    for index in shown.iter().rev() {
        marks.entry(pieces[*index].span.end).or_default().push(glyph(*index));
    }
    for index in shown {
        marks.entry(pieces[index].span.start).or_default().push(glyph(index));
    }
    marks
}

fn in_latin_word(before: Option<char>, after: Option<char>) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !is_arabic_letter(c));
    latin(before) && latin(after)
}

/// `text` for the translator without any marks, and without the comma or colon that may end it.
fn words_alone(text: &str) -> String {
    let cleaned = for_model(&marked_up(text, Span { start: 0, end: text.len() }, &[]));
    cleaned.trim_matches(|c: char| c.is_whitespace() || "،,:؛;".contains(c)).to_owned()
}

/// Arabic digits and punctuation as English writes them.
fn in_latin_signs(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '،' => ',',
            '؛' => ';',
            '؟' => '?',
            '٪' => '%',
            '٫' => '.',
            '٬' => ',',
            _ => ascii_digit(c).unwrap_or(c),
        })
        .collect()
}
