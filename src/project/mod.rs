//! Arabic span to English span within one sentence.
//!
//! The translation of a sentence is one line with whatever quotation marks the model kept. Each pair of them is compared
//! with the translation of each marked piece's words alone; pairs that match a piece are kept and all other marks go, so
//! that a mark in the result always stands around a recorded span. (A short span and a short pair, the only ones left
//! and at the same place, need no match.) Where the model lost the marks of a piece and its words stand in the line
//! exactly once, word for word, they are marked there; otherwise the piece is not located.
//!
//! The marks of the result: ASCII `"` around a piece, `‘` and `’` around a piece inside another one (deeper ones are not
//! marked), and ASCII `'` for apostrophes only. So a reader of the JSON may take every `"`, `‘` and `’` of an English
//! line for a mark around a recorded span.

mod assignment;
mod similarity;

pub use similarity::similarity;

use crate::brief::ProjectionMethod;
use crate::translate::marks::{MarkPair, scan};
use similarity::{Word, is_content_word, words};
use std::ops::Range;

/// A pair of marks belongs to a piece if the similarity of its words to the piece's words translated alone is at least
/// this. Measured on 1,997 English sentences of FLORES and NTREX: unrelated spans of equal length (2 to 20 words) reach
/// it in fewer than 1 of 100 cases, single words in 2; two spans of one sentence in at most 2.5 of 100.
pub const MATCH_THRESHOLD: f64 = 0.4;

/// One marked span of at most this many words, and one pair of marks around as few, both the only ones left after all
/// others matched, belong together even if the words alone were translated differently: single words have too many translations to be compared (`قريبا`: soon, near).
const SHORT_WORDS: usize = 3;
/// Only then, and only if their middles are no further apart than this share of the sentence.
const SHORT_MAX_DISTANCE: f64 = 0.3;

/// More pairs than this in one line are noise: the rest loses its marks.
const MAX_PAIRS: usize = 200;

/// A marked piece of the Arabic sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarkedPiece<'t> {
    /// The translation of its words alone; `None` if there is none.
    pub words: Option<&'t str>,
    /// The piece around it, as an index into the same list; always a smaller index.
    pub parent: Option<usize>,
    /// The sentence consists of it: the whole line is its English.
    pub whole: bool,
    /// The Arabic sentence has its words more than once.
    pub repeated: bool,
    /// Arabic words in it.
    pub source_words: usize,
    /// Where its middle stands in the Arabic sentence: 0 at the beginning, 1 at the end.
    pub source_middle: f64,
}

/// Where a piece stands in [`Projection::text`], between its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Bytes between the marks.
    pub range: Range<usize>,
    /// `Marks`: the translation kept them. `Alignment`: the whole line, or the only place with exactly these words.
    pub method: ProjectionMethod,
}

/// A translated line with marks around recorded spans only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    /// The English.
    pub text: String,
    /// For each piece, in order.
    pub pieces: Vec<Option<Located>>,
    /// A mark belonged to no piece and was removed.
    pub unmapped_marks_removed: bool,
    /// A piece was not located.
    pub marks_missing: bool,
}

/// Bytes of the raw line that a piece was found at.
struct Found {
    piece: usize,
    range: Range<usize>,
    method: ProjectionMethod,
}

/// Projects `pieces` (in the order of the Arabic, parents first) into the raw translation `english` of their sentence.
pub fn project(english: &str, pieces: &[MarkedPiece]) -> Projection {
    let marks = scan(english);
    let mut removed: Vec<Range<usize>> = marks.strays.clone();
    removed.extend(marks.pairs.iter().flat_map(|pair| [pair.open.clone(), pair.close.clone()]));
    removed.sort_by_key(|glyph| glyph.start);
    let line = Line { english, removed, apostrophes: &marks.apostrophes };

    let whole = pieces.iter().position(|piece| piece.whole);
    // Marks around the whole line are those of the piece that the whole line is.
    let (around_all, pairs): (Vec<&MarkPair>, Vec<&MarkPair>) =
        marks.pairs.iter().partition(|pair| whole.is_some() && line.holds_all_words(pair));
    let inner: Vec<(&MarkPair, Range<usize>)> = pairs
        .iter()
        .take(MAX_PAIRS)
        .filter_map(|pair| Some((*pair, line.trimmed(pair.open.end..pair.close.start)?)))
        .collect();

    let mut found = matched_by_marks(english, pieces, &inner);
    let kept_pairs = found.len();
    found_word_for_word(english, pieces, &mut found);
    let dropped_deep = drop_third_level(&mut found, pieces);
    if let (Some(piece), Some(range)) = (whole, line.trimmed(0..english.len())) {
        found.push(Found { piece, range, method: ProjectionMethod::Alignment });
    }

    let (text, located) = line.rewrite(&found, pieces.len());
    Projection {
        unmapped_marks_removed: !marks.strays.is_empty()
            || marks.pairs.len() > kept_pairs + around_all.len()
            || dropped_deep,
        marks_missing: located.iter().any(Option::is_none),
        pieces: located,
        text,
    }
}

/// The line without any quotation mark, and whether there were some.
pub fn without_marks(english: &str) -> (String, bool) {
    let bare = project(english, &[]);
    (bare.text, bare.unmapped_marks_removed)
}

/// Assigns pairs to pieces: the assignment with the largest sum of similarities, the order of the text as tie-breaker.
fn matched_by_marks(english: &str, pieces: &[MarkedPiece], pairs: &[(&MarkPair, Range<usize>)]) -> Vec<Found> {
    let wanted: Vec<usize> =
        (0..pieces.len()).filter(|index| !pieces[*index].whole && pieces[*index].words.is_some()).collect();
    if wanted.is_empty() || pairs.is_empty() {
        return Vec::new();
    }
    let place = |index: usize, count: usize| index as f64 / count as f64;
    let scores: Vec<Vec<f64>> = wanted
        .iter()
        .map(|piece| {
            let alone = pieces[*piece].words.unwrap_or_default();
            pairs.iter().map(|(_, range)| similarity(alone, &english[range.clone()])).collect()
        })
        .collect(); // (pieces, pairs)
    let weights: Vec<Vec<f64>> = scores
        .iter()
        .enumerate()
        .map(|(row, scores)| {
            let weight = |(column, score): (usize, &f64)| {
                if *score < MATCH_THRESHOLD {
                    return 0.0;
                }
                score - 1e-3 * (place(row, wanted.len()) - place(column, pairs.len())).abs()
            };
            scores.iter().enumerate().map(weight).collect()
        })
        .collect(); // (pieces, pairs)
    let mut chosen: Vec<(usize, usize)> = assignment::maximise(&weights)
        .into_iter()
        .enumerate()
        .filter_map(|(row, column)| Some((row, column?)))
        .filter(|(row, column)| weights[*row][*column] > 0.0)
        .collect();
    // The better match stands where two contradict each other (nested in one language, side by side in the other).
    chosen.sort_by(|a, b| weights[b.0][b.1].total_cmp(&weights[a.0][a.1]).then(a.cmp(b)));
    let mut found: Vec<Found> = Vec::with_capacity(chosen.len());
    for (row, column) in chosen {
        let candidate = Found { piece: wanted[row], range: pairs[column].1.clone(), method: ProjectionMethod::Marks };
        if found.iter().all(|other| agree(pieces, other, &candidate)) {
            found.push(candidate);
        }
    }
    // What is left when all others have matched by their words.
    let pieces_left: Vec<usize> =
        wanted.iter().copied().filter(|piece| found.iter().all(|one| one.piece != *piece)).collect();
    let mut pairs_left = pairs.iter().filter(|(_, range)| found.iter().all(|one| one.range != *range));
    if let ([piece], Some((_, range)), None) = (&pieces_left[..], pairs_left.next(), pairs_left.next()) {
        let candidate = Found { piece: *piece, range: range.clone(), method: ProjectionMethod::Marks };
        if is_lone_short_match(english, &pieces[*piece], range)
            && found.iter().all(|other| agree(pieces, other, &candidate))
        {
            found.push(candidate);
        }
    }
    found
}

/// The only piece and the only pair that are left, both short, at about the same place, and nothing that speaks against it: the words
/// alone stand nowhere else in the line.
fn is_lone_short_match(english: &str, piece: &MarkedPiece, range: &Range<usize>) -> bool {
    let alone = words(piece.words.unwrap_or_default());
    let line = words(english);
    let middle = (range.start + range.end) as f64 / (2 * english.len()) as f64;
    piece.source_words <= SHORT_WORDS
        && words(&english[range.clone()]).len() <= SHORT_WORDS
        && (middle - piece.source_middle).abs() <= SHORT_MAX_DISTANCE
        && places(&line, &alone).next().is_none()
}

/// Where `alone` stands in `line`, word for word.
fn places<'w>(line: &'w [Word], alone: &'w [Word]) -> impl Iterator<Item = &'w [Word]> {
    // A window has at least one word; without words there is no place.
    let windows = line.windows(alone.len().max(1)).filter(|_| !alone.is_empty());
    windows.filter(move |window| window.iter().zip(alone).all(|(left, right)| left.key == right.key))
}

/// Marks the words of pieces without marks where they stand exactly once, word for word.
fn found_word_for_word(english: &str, pieces: &[MarkedPiece], found: &mut Vec<Found>) {
    let line = words(english);
    for (index, piece) in pieces.iter().enumerate() {
        let alone = words(piece.words.unwrap_or_default());
        let unmistakable = alone.iter().any(|word| is_content_word(&word.key));
        if piece.whole || piece.repeated || !unmistakable || found.iter().any(|other| other.piece == index) {
            continue;
        }
        let mut places = places(&line, &alone);
        let (Some(place), None) = (places.next(), places.next()) else { continue };
        let (Some(first), Some(last)) = (place.first(), place.last()) else { continue };
        let range = first.range.start..last.range.end;
        let candidate = Found { piece: index, range, method: ProjectionMethod::Alignment };
        if found.iter().all(|other| agree(pieces, other, &candidate)) {
            found.push(candidate);
        }
    }
}

/// Two pieces are nested in both languages or in none.
fn agree(pieces: &[MarkedPiece], a: &Found, b: &Found) -> bool {
    let within = |inner: &Range<usize>, outer: &Range<usize>| outer.start <= inner.start && inner.end <= outer.end;
    if is_inside(pieces, a.piece, b.piece) {
        within(&a.range, &b.range)
    } else if is_inside(pieces, b.piece, a.piece) {
        within(&b.range, &a.range)
    } else {
        a.range.end <= b.range.start || b.range.end <= a.range.start
    }
}

fn is_inside(pieces: &[MarkedPiece], inner: usize, outer: usize) -> bool {
    let mut at = pieces[inner].parent;
    while let Some(parent) = at {
        if parent == outer {
            return true;
        }
        at = pieces[parent].parent;
    }
    false
}

/// Pieces inside two others lose their marks: English has two levels. True if one did.
fn drop_third_level(found: &mut Vec<Found>, pieces: &[MarkedPiece]) -> bool {
    let depths: Vec<usize> = found.iter().map(|one| depth(found, pieces, one.piece)).collect();
    let mut depths = depths.into_iter();
    let before = found.len();
    found.retain(|_| depths.next().is_some_and(|depth| depth < 2));
    found.len() < before
}

/// How many located pieces, or pieces that are the whole line, stand around `piece`.
fn depth(found: &[Found], pieces: &[MarkedPiece], piece: usize) -> usize {
    (0..pieces.len())
        .filter(|outer| is_inside(pieces, piece, *outer))
        .filter(|outer| pieces[*outer].whole || found.iter().any(|other| other.piece == *outer))
        .count()
}

struct Line<'t> {
    english: &'t str,
    /// Bytes of every quotation mark, in order.
    removed: Vec<Range<usize>>,
    apostrophes: &'t [Range<usize>],
}

impl Line<'_> {
    fn is_removed(&self, offset: usize) -> bool {
        let at = self.removed.partition_point(|glyph| glyph.end <= offset);
        self.removed.get(at).is_some_and(|glyph| glyph.start <= offset)
    }

    /// `range` without white space and marks at its ends; `None` if no word is left.
    fn trimmed(&self, range: Range<usize>) -> Option<Range<usize>> {
        let kept = |(offset, c): &(usize, char)| !c.is_whitespace() && !self.is_removed(range.start + offset);
        let slice = &self.english[range.clone()];
        if !slice.chars().any(char::is_alphanumeric) {
            return None;
        }
        let first = slice.char_indices().find(kept)?;
        let last = slice.char_indices().rev().find(kept)?;
        Some(range.start + first.0..range.start + last.0 + last.1.len_utf8())
    }

    fn holds_all_words(&self, pair: &MarkPair) -> bool {
        let outside = [&self.english[..pair.open.start], &self.english[pair.close.end..]];
        !outside.iter().any(|part| part.chars().any(char::is_alphanumeric))
    }

    /// Writes the line anew: white space collapsed, marks around `found` only, apostrophes as ASCII.
    fn rewrite(&self, found: &[Found], pieces: usize) -> (String, Vec<Option<Located>>) {
        let mut order: Vec<&Found> = found.iter().collect();
        // Outer before inner; equal ranges by the order of the Arabic, where parents come first.
        order.sort_by_key(|one| (one.range.start, std::cmp::Reverse(one.range.end), one.piece));
        let mut located: Vec<Option<Located>> = vec![None; pieces];
        let mut text = String::with_capacity(self.english.len());
        let mut open: Vec<&Found> = Vec::new();
        let mut next = order.into_iter().peekable();
        let mut starts = vec![0; pieces];
        for (offset, c) in self.english.char_indices() {
            close_until(&mut text, &mut open, &mut located, &starts, offset);
            while let Some(one) = next.next_if(|one| one.range.start == offset) {
                text.push(if open.is_empty() { '"' } else { '‘' });
                starts[one.piece] = text.len();
                open.push(one);
            }
            if self.is_removed(offset) {
                let around =
                    [self.english[..offset].chars().next_back(), self.english[offset + c.len_utf8()..].chars().next()];
                if around.iter().all(|c| c.is_some_and(char::is_alphanumeric)) && !text.ends_with(['"', '‘']) {
                    text.push(' ');
                }
            } else if c.is_whitespace() || c.is_control() {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            } else if self.apostrophes.binary_search_by_key(&offset, |glyph| glyph.start).is_ok() {
                text.push('\'');
            } else {
                text.push(c);
            }
        }
        close_until(&mut text, &mut open, &mut located, &starts, self.english.len());
        text.truncate(text.trim_end().len());
        (text, located)
    }
}

/// Closes the pieces that end at `offset`, the inner first.
fn close_until(
    text: &mut String,
    open: &mut Vec<&Found>,
    located: &mut [Option<Located>],
    starts: &[usize],
    offset: usize,
) {
    while let Some(one) = open.pop_if(|one| one.range.end <= offset) {
        located[one.piece] = Some(Located { range: starts[one.piece]..text.len(), method: one.method });
        text.push(if open.is_empty() { '"' } else { '’' });
    }
}
