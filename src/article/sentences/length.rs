//! Keeps a sentence within what a translation model can take.

use super::super::Span;
use super::has_visible;

/// Above this many bytes (about 650 Arabic letters, 110 words) a sentence is cut after a comma, if it has one.
pub const MAX_SENTENCE_BYTES: usize = 1_200;

/// Above this many bytes a sentence without commas is cut at white space. A longer word is never cut.
pub const MAX_UNBROKEN_BYTES: usize = 2 * MAX_SENTENCE_BYTES;

/// No piece before a cut is shorter than this, so that a long sentence does not fall into crumbs.
const MIN_PIECE_BYTES: usize = MAX_SENTENCE_BYTES / 3;

/// Gives `span`, trimmed, to `give`, in pieces if it is overlong.
pub(super) fn cut(text: &str, span: Span, mut give: impl FnMut(Span)) {
    let mut rest = span.trimmed(text);
    while let Some(at) = cut_position(rest.slice(text)) {
        let piece = Span { start: rest.start, end: rest.start + at }.trimmed(text);
        let next = Span { start: rest.start + at, end: rest.end }.trimmed(text);
        if !has_visible(text, next) {
            break;
        }
        give(piece);
        rest = next;
    }
    give(rest);
}

/// Byte at which the next piece of `sentence` begins; `None` if it is short enough or can't be cut.
///
/// Each call looks at no more than the piece it cuts off plus a window of fixed size.
fn cut_position(sentence: &str) -> Option<usize> {
    if sentence.len() <= MAX_SENTENCE_BYTES {
        return None;
    }
    let window = &sentence[..char_boundary_below(sentence, MAX_SENTENCE_BYTES)];
    let after_comma = window
        .rmatch_indices(['،', ','])
        .map(|(at, comma)| at + comma.len())
        .take_while(|at| *at >= MIN_PIECE_BYTES)
        .find(|at| sentence[*at..].starts_with(char::is_whitespace));
    if after_comma.is_some() || sentence.len() <= MAX_UNBROKEN_BYTES {
        return after_comma;
    }
    let last_space = window.rfind(char::is_whitespace).filter(|at| *at >= MIN_PIECE_BYTES);
    last_space.or_else(|| sentence[window.len()..].find(char::is_whitespace).map(|at| window.len() + at))
}

fn char_boundary_below(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
