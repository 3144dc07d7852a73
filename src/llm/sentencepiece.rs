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
            // A pair is stale if one of its sides has since been joined or has grown.
            let now = symbols[right].end - symbols[left].start;
            if symbols[left].end != symbols[right].start || symbols[right].end == symbols[right].start || now != bytes {
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
        for symbol in symbols.iter().filter(|symbol| symbol.end > symbol.start) {
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
