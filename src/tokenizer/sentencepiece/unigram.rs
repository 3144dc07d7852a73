//! The best segmentation under a unigram model: `Model::EncodeOptimized` of sentencepiece's `unigram_model.cc`.

use super::protobuf::{Piece, PieceKind};
use std::collections::HashMap;

/// What an unknown character costs beyond the rarest piece.
const UNKNOWN_PENALTY: f32 = 10.0;

#[derive(Debug)]
pub(super) struct Unigram {
    pieces: HashMap<String, (f32, PieceKind)>,
    /// Bytes of the longest piece.
    longest: usize,
    smallest_score: f32,
    largest_score: f32,
    byte_fallback: bool,
}

/// The best way to reach a byte of the text.
#[derive(Debug, Clone, Copy)]
struct Node {
    score: f32,
    start: usize,
    unknown: bool,
}

impl Unigram {
    pub(super) fn new(pieces: Vec<Piece>, byte_fallback: bool) -> Result<Self, String> {
        if !pieces.iter().any(|piece| piece.kind == PieceKind::Unknown) {
            return Err("holds no piece for unknown characters".to_owned());
        }
        let normal = || pieces.iter().filter(|piece| piece.kind == PieceKind::Normal).map(|piece| piece.score);
        let smallest_score = normal().fold(f32::INFINITY, f32::min);
        let largest_score = normal().fold(f32::NEG_INFINITY, f32::max);
        if !(smallest_score.is_finite() && largest_score.is_finite()) {
            return Err("holds no pieces with finite scores".to_owned());
        }
        let longest = pieces.iter().map(|piece| piece.text.len()).max().unwrap_or(0);
        let pieces = pieces.into_iter().map(|piece| (piece.text, (piece.score, piece.kind))).collect();
        Ok(Self { pieces, longest, smallest_score, largest_score, byte_fallback })
    }

    pub(super) fn kind(&self, piece: &str) -> Option<PieceKind> {
        self.pieces.get(piece).map(|(_, kind)| *kind)
    }

    /// The pieces of `text`, which is normalised.
    pub(super) fn encode(&self, text: &str) -> Vec<String> {
        let mut best: Vec<Option<Node>> = vec![None; text.len() + 1];
        // Kept in f32, added and compared in f64 (but for unknown characters), as the original does: ties fall the
        // same way.
        let reach = |best: &mut Vec<Option<Node>>, end: usize, score: f64, start: usize, unknown: bool| {
            if best[end].is_none_or(|node| score > f64::from(node.score)) {
                best[end] = Some(Node { score: score as f32, start, unknown });
            }
        };
        for (start, character) in text.char_indices() {
            let so_far = f64::from(best[start].map_or(0.0, |node| node.score));
            let mut has_single = false;
            let limit = text.len().min(start + self.longest);
            for end in (start + 1..=limit).filter(|&end| text.is_char_boundary(end)) {
                let Some(&(score, kind)) = self.pieces.get(&text[start..end]) else { continue };
                let score = match kind {
                    PieceKind::Normal => f64::from(score) + so_far,
                    PieceKind::UserDefined => f64::from((end - start) as f32 * self.largest_score) - 0.1 + so_far,
                    PieceKind::Unknown | PieceKind::Control | PieceKind::Unused | PieceKind::Byte => continue,
                };
                reach(&mut best, end, score, start, false);
                has_single |= end - start == character.len_utf8();
            }
            if !has_single {
                let score = f64::from(self.smallest_score - UNKNOWN_PENALTY + so_far as f32);
                reach(&mut best, start + character.len_utf8(), score, start, true);
            }
        }
        let mut cuts = Vec::new();
        let mut end = text.len();
        // Every character is reached from the one before it, if only as unknown: the walk ends at 0.
        while let Some(node) = best[end].filter(|_| end > 0) {
            cuts.push((node.start..end, node.unknown));
            end = node.start;
        }
        cuts.reverse();
        let mut pieces: Vec<String> = Vec::with_capacity(cuts.len());
        let mut after_unknown = false;
        for (range, unknown) in cuts {
            let piece = &text[range];
            if unknown && self.byte_fallback {
                pieces.extend(piece.bytes().map(|byte| format!("<0x{byte:02X}>")));
            } else if let (true, true, Some(last)) = (unknown, after_unknown, pieces.last_mut()) {
                last.push_str(piece);
            } else {
                pieces.push(piece.to_owned());
            }
            after_unknown = unknown;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(pieces: &[(&str, f32, PieceKind)], byte_fallback: bool) -> Unigram {
        let unknown = [("<unk>", 0.0, PieceKind::Unknown)];
        let pieces = unknown.iter().chain(pieces);
        let pieces = pieces.map(|&(text, score, kind)| Piece { text: text.to_owned(), score, kind }).collect();
        Unigram::new(pieces, byte_fallback).unwrap()
    }

    #[test]
    fn the_best_path_wins() {
        use PieceKind::{Control, Normal, Unused, UserDefined};
        let plain = [("a", -1.0, Normal), ("b", -1.0, Normal), ("ab", -1.5, Normal), ("abc", -9.0, Normal)];
        let ties = [("a", -1.0, Normal), ("aa", -2.0, Normal)];
        let user = [("a", -3.0, Normal), ("b", -3.0, Normal), ("c", -1.0, Normal), ("ab", 0.0, UserDefined)];
        let unused = [("a", -1.0, Normal), ("b", -1.0, Normal), ("ab", -0.1, Unused), ("</s>", 0.0, Control)];
        type Row<'a> = (&'a [(&'a str, f32, PieceKind)], bool, &'a str, &'a [&'a str]);
        let cases: [Row; 8] = [
            (&plain, false, "", &[]),
            (&plain, false, "ab", &["ab"]),
            (&plain, false, "abxy", &["ab", "xy"]),
            (&plain, true, "abé", &["ab", "<0xC3>", "<0xA9>"]),
            (&plain, false, "xyaxy", &["xy", "a", "xy"]),
            // Equal scores: the path that was found first stays, which is the one with the longest last piece.
            (&ties, false, "aa", &["aa"]),
            (&user, false, "ab", &["ab"]),
            (&unused, false, "ab", &["a", "b"]),
        ];
        let failures: Vec<_> = cases
            .iter()
            .map(|&(pieces, fallback, text, wanted)| (text, model(pieces, fallback).encode(text), wanted))
            .filter(|(_, got, wanted)| got != wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
