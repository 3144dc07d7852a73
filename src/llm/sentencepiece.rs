//! SentencePiece BPE as GGUF stores it: pieces with scores and no list of merges.
//!
//! Pairs are joined in the order of the joined piece's score (the leftmost first among equals) until no pair makes a
//! piece; what is then no piece is spelled in bytes. That is the procedure of SentencePiece's `bpe_model` and of
//! llama.cpp. `tokenizers` wants a list of merges with a rank each, which scores do not determine uniquely.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// The mark that SentencePiece puts in the place of a space.
pub(super) const SPACE_MARK: &str = "\u{2581}";

/// Pieces by their text, and the ids of the 256 bytes.
pub(super) struct SentencePieceBpe {
    pieces: HashMap<String, (u32, f32)>,
    bytes: Box<[u32; 256]>,
}

/// A run of the text that is one symbol so far; a doubly linked list in an array.
struct Symbol {
    start: usize,
    end: usize, // == start: joined into its left neighbour
    previous: Option<usize>,
    next: Option<usize>,
}

impl Symbol {
    fn is_joined(&self) -> bool {
        self.start == self.end
    }
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

impl SentencePieceBpe {
    pub(super) fn new(pieces: HashMap<String, (u32, f32)>, bytes: Box<[u32; 256]>) -> Self {
        Self { pieces, bytes }
    }

    /// Appends the ids of `text`, in which spaces are already [`SPACE_MARK`].
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        let starts = text.char_indices();
        let mut symbols: Vec<Symbol> = starts
            .enumerate()
            .map(|(index, (start, character))| Symbol {
                start,
                end: start + character.len_utf8(),
                previous: index.checked_sub(1),
                next: Some(index + 1),
            })
            .collect();
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            queue.extend(self.pair(text, &symbols, right - 1, right));
        }
        while let Some(Pair { left, right, bytes, .. }) = queue.pop() {
            // A pair is stale if one of its sides has since been joined to its left neighbour or has grown.
            let (first, second) = (&symbols[left], &symbols[right]);
            let joined = first.is_joined() || second.is_joined();
            if joined || first.end != second.start || second.end - first.start != bytes {
                continue;
            }
            symbols[left].end = symbols[right].end;
            symbols[right].start = symbols[right].end;
            let next = symbols[right].next;
            symbols[left].next = next;
            if let Some(next) = next {
                symbols[next].previous = Some(left);
                queue.extend(self.pair(text, &symbols, left, next));
            }
            if let Some(previous) = symbols[left].previous {
                queue.extend(self.pair(text, &symbols, previous, left));
            }
        }
        for symbol in symbols.iter().filter(|symbol| !symbol.is_joined()) {
            let piece = &text[symbol.start..symbol.end];
            match self.pieces.get(piece) {
                Some((id, _)) => ids.push(*id),
                None => ids.extend(piece.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    fn pair(&self, text: &str, symbols: &[Symbol], left: usize, right: usize) -> Option<Pair> {
        let (start, end) = (symbols[left].start, symbols[right].end);
        let (_, score) = self.pieces.get(&text[start..end])?;
        Some(Pair { left, right, bytes: end - start, score: *score })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The procedure as it is told: look at all pairs, join the best, again.
    fn plain(bpe: &SentencePieceBpe, text: &str) -> Vec<u32> {
        let mut symbols: Vec<String> = text.chars().map(String::from).collect();
        loop {
            let mut best: Option<(usize, f32)> = None;
            for (at, pair) in symbols.windows(2).enumerate() {
                if let Some((_, score)) = bpe.pieces.get(&pair.concat())
                    && best.is_none_or(|(_, highest)| *score > highest)
                {
                    best = Some((at, *score));
                }
            }
            let Some((at, _)) = best else { break };
            let right = symbols.remove(at + 1);
            symbols[at].push_str(&right);
        }
        let mut ids = Vec::new();
        for symbol in symbols {
            match bpe.pieces.get(&symbol) {
                Some((id, _)) => ids.push(*id),
                None => ids.extend(symbol.bytes().map(|byte| bpe.bytes[usize::from(byte)])),
            }
        }
        ids
    }

    proptest! {
        #[test]
        fn the_queue_does_what_the_plain_procedure_does(
            pieces in prop::collection::hash_map("[ابتab]{1,5}", 0u8..20, 0..60),
            text in "[ابتabc]{0,40}",
        ) {
            let pieces = pieces.into_iter().zip(256u32..).map(|((piece, score), id)| (piece, (id, -f32::from(score))));
            let mut bytes = Box::new([0; 256]);
            bytes.iter_mut().zip(0u32..).for_each(|(slot, id)| *slot = id);
            let bpe = SentencePieceBpe::new(pieces.collect(), bytes);
            let mut ids = Vec::new();
            bpe.encode(&text, &mut ids);
            prop_assert_eq!(ids, plain(&bpe, &text));
        }
    }
}
