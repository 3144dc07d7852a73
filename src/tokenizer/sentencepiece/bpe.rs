//! Byte-pair encoding as sentencepiece runs it: `Model::SampleEncode` of `bpe_model.cc`, without sampling.
//!
//! Neighbouring symbols are joined in the order of the joined piece's score, the leftmost first among equals, until no
//! pair makes a piece.

use super::Segment;
use super::normalizer::UserDefined;
use super::protobuf::{Piece, PieceKind};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

#[derive(Debug)]
pub(super) struct Bpe {
    /// Score, and whether the piece only leads to longer ones and is taken apart again at the end.
    pieces: HashMap<String, (f32, bool)>,
    user_defined: UserDefined,
}

/// A run of the text that is one symbol so far; a doubly linked list in an array.
struct Symbol {
    range: Range<usize>, // empty: joined into its left neighbour
    previous: Option<usize>,
    next: Option<usize>,
    /// A piece that the model's maker defined: never joined.
    frozen: bool,
}

/// A pair of neighbouring symbols that makes a piece.
struct Pair {
    left: usize,
    right: usize,
    bytes: usize,
    score: f32,
}

impl Ord for Pair {
    /// Higher score first, then the leftmost.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}
impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Pair {}

impl Bpe {
    pub(super) fn new(pieces: &[Piece], user_defined: UserDefined) -> Self {
        let merged = pieces.iter().filter_map(|piece| match piece.kind {
            PieceKind::Normal | PieceKind::UserDefined => Some((piece.text.clone(), (piece.score, false))),
            PieceKind::Unused => Some((piece.text.clone(), (piece.score, true))),
            PieceKind::Unknown | PieceKind::Control | PieceKind::Byte => None,
        });
        Self { pieces: merged.collect(), user_defined }
    }

    /// The segments of `text`, which is normalised.
    pub(super) fn encode(&self, text: &str) -> Vec<Segment> {
        let mut symbols = self.symbols(text);
        let mut taken_apart: HashMap<Range<usize>, usize> = HashMap::new();
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            self.push(text, &symbols, right - 1, right, &mut queue);
        }
        while let Some(Pair { left, right, bytes, .. }) = queue.pop() {
            // A pair is stale if one of its sides has since been joined to its left neighbour or has grown.
            let (first, second) = (&symbols[left].range, &symbols[right].range);
            if first.is_empty() || second.is_empty() || first.len() + second.len() != bytes {
                continue;
            }
            let joined = first.start..second.end;
            if self.pieces.get(&text[joined.clone()]).is_some_and(|(_, unused)| *unused) {
                taken_apart.insert(joined.clone(), first.end);
            }
            let next = symbols[right].next;
            symbols[right].range = joined.end..joined.end;
            symbols[left].range = joined;
            symbols[left].next = next;
            if let Some(previous) = symbols[left].previous {
                self.push(text, &symbols, previous, left, &mut queue);
            }
            if let Some(next) = next {
                symbols[next].previous = Some(left);
                self.push(text, &symbols, left, next, &mut queue);
            }
        }
        let mut segments = Vec::new();
        for symbol in symbols.into_iter().filter(|symbol| !symbol.range.is_empty()) {
            self.segment(text, symbol.range, &taken_apart, &mut segments);
        }
        segments
    }

    fn symbols(&self, text: &str) -> Vec<Symbol> {
        let mut symbols: Vec<Symbol> = Vec::with_capacity(text.len());
        let mut start = 0;
        while start < text.len() {
            let defined = self.user_defined.prefix(&text[start..]).map(str::len);
            let length = defined.or_else(|| text[start..].chars().next().map(char::len_utf8)).unwrap_or(1);
            let index = symbols.len();
            symbols.push(Symbol {
                range: start..start + length,
                previous: index.checked_sub(1),
                next: Some(index + 1),
                frozen: defined.is_some(),
            });
            start += length;
        }
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        symbols
    }

    fn push(&self, text: &str, symbols: &[Symbol], left: usize, right: usize, queue: &mut BinaryHeap<Pair>) {
        if symbols[left].frozen || symbols[right].frozen {
            return;
        }
        let (start, end) = (symbols[left].range.start, symbols[right].range.end);
        if let Some((score, _)) = self.pieces.get(&text[start..end]) {
            queue.push(Pair { left, right, bytes: end - start, score: *score });
        }
    }

    /// A piece that only leads to longer ones becomes what it was joined from.
    fn segment(
        &self,
        text: &str,
        range: Range<usize>,
        taken_apart: &HashMap<Range<usize>, usize>,
        to: &mut Vec<Segment>,
    ) {
        let mut open = vec![range];
        while let Some(range) = open.pop() {
            let known = self.pieces.get(&text[range.clone()]);
            match (known, taken_apart.get(&range)) {
                (Some((_, true)), Some(&middle)) => {
                    open.push(middle..range.end);
                    open.push(range.start..middle);
                }
                _ => to.push(Segment { unknown: known.is_none(), range }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The procedure as it is told: look at all pairs, join the best, again.
    fn plain(bpe: &Bpe, text: &str) -> Vec<String> {
        let mut symbols: Vec<String> = text.chars().map(String::from).collect();
        loop {
            let mut best: Option<(usize, f32)> = None;
            for (at, pair) in symbols.windows(2).enumerate() {
                if let Some((score, _)) = bpe.pieces.get(&pair.concat())
                    && best.is_none_or(|(_, highest)| *score > highest)
                {
                    best = Some((at, *score));
                }
            }
            let Some((at, _)) = best else { return symbols };
            let right = symbols.remove(at + 1);
            symbols[at].push_str(&right);
        }
    }

    fn found(bpe: &Bpe, text: &str) -> Vec<String> {
        bpe.encode(text).into_iter().map(|segment| text[segment.range].to_owned()).collect()
    }

    proptest! {
        #[test]
        fn the_queue_does_what_the_plain_procedure_does(
            pieces in prop::collection::hash_map("[ابتab]{1,5}", 0u8..20, 0..60),
            text in "[ابتabc]{0,40}",
        ) {
            let pieces: Vec<Piece> = pieces
                .into_iter()
                .map(|(text, score)| Piece { text, score: -f32::from(score), kind: PieceKind::Normal })
                .collect();
            let bpe = Bpe::new(&pieces, UserDefined::default());
            prop_assert_eq!(found(&bpe, &text), plain(&bpe, &text));
        }
    }

    #[test]
    fn defined_pieces_stay_whole_and_unused_ones_are_taken_apart() {
        let piece = |text: &str, score, kind| Piece { text: text.to_owned(), score, kind };
        let pieces = [
            piece("ab", -1.0, PieceKind::Unused),
            piece("abc", -2.0, PieceKind::Normal),
            piece("<n>", 0.0, PieceKind::UserDefined),
            piece("d<", -0.5, PieceKind::Normal),
            piece("a", -5.0, PieceKind::Normal),
            piece("b", -5.0, PieceKind::Normal),
        ];
        let bpe = Bpe::new(&pieces, UserDefined::new(vec!["<n>".to_owned()]));
        let rows: [(&str, &[&str]); 4] =
            [("ab", &["a", "b"]), ("abc", &["abc"]), ("d<n>d<", &["d", "<n>", "d<"]), ("", &[])];
        let failures: Vec<_> = rows.iter().filter(|(text, wanted)| found(&bpe, text) != *wanted).collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
