//! Sentence splitting: trimmed spans of the article's text, the units of translation.
//!
//! A line end always ends a sentence, and so do `. ؟ ? ! … ؛` where [`terminators`] finds no reason against it. Where
//! in doubt the text is not split, with one exception: a full stop inside a quotation ends a sentence, because
//! translation models are trained on single sentences. What closes behind the end (`»`, `"`, `)`) stays with the
//! sentence before it.

mod length;
mod marks;
mod terminators;

use super::letters::is_visible;
use super::lines::{LineKind, lines};
use super::{Sentence, SentenceKind, Span};
pub use length::{MAX_SENTENCE_BYTES, MAX_UNBROKEN_BYTES};

/// The sentences of `text`, in order, with ids from 1.
///
/// The line that holds `title` is one sentence of kind [`SentenceKind::Title`]. Lines of nothing but addresses give no
/// sentence; every visible character outside such lines lies in exactly one. Paragraphs are counted over the lines that
/// give sentences. A sentence longer than [`MAX_SENTENCE_BYTES`] is cut after a comma, or, from
/// [`MAX_UNBROKEN_BYTES`] on, at white space. Time is linear in the length of `text`.
pub fn split(text: &str, title: Option<Span>) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let text_lines = lines(text).filter(|line| line.kind == LineKind::Text);
    for (line, paragraph) in text_lines.zip(0u32..) {
        let is_title = title.is_some_and(|title| title.intersection(line.span).is_some());
        let (kind, pieces) = if is_title {
            (SentenceKind::Title, vec![line.span])
        } else {
            (SentenceKind::Body, terminators::split_line(text, line.span))
        };
        for piece in pieces {
            length::cut(text, piece, |span| {
                let id = sentences.len() as u32 + 1;
                sentences.push(Sentence { id, span, paragraph, kind });
            });
        }
    }
    sentences
}

/// `span` holds something that is worth a sentence of its own: a letter or a digit.
fn has_words(text: &str, span: Span) -> bool {
    span.slice(text).chars().any(char::is_alphanumeric)
}

/// `span` holds something that a reader sees.
fn has_visible(text: &str, span: Span) -> bool {
    span.slice(text).chars().any(is_visible)
}

#[cfg(test)]
mod tests;
