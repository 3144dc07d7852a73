//! The best segmentation under a unigram model: `Model::EncodeOptimized` of sentencepiece's `unigram_model.cc`.

use super::Segment;
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
}

/// The best way to reach a byte of the text.
#[derive(Debug, Clone, Copy)]
struct Node {
    score: f32,
    start: usize,
    unknown: bool,
}

impl Unigram {
    pub(super) fn new(pieces: &[Piece]) -> Result<Self, String> {
        let normal = || pieces.iter().filter(|piece| piece.kind == PieceKind::Normal).map(|piece| piece.score);
        let smallest_score = normal().fold(f32::INFINITY, f32::min);
        let largest_score = normal().fold(f32::NEG_INFINITY, f32::max);
        if !(smallest_score.is_finite() && largest_score.is_finite()) {
            return Err("holds no pieces with finite scores".to_owned());
        }
        let longest = pieces.iter().map(|piece| piece.text.len()).max().unwrap_or(0);
        let pieces = pieces.iter().map(|piece| (piece.text.clone(), (piece.score, piece.kind))).collect();
        Ok(Self { pieces, longest, smallest_score, largest_score })
    }

    /// The segments of `text`, which is normalised.
    pub(super) fn encode(&self, text: &str) -> Vec<Segment> {
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
            cuts.push(Segment { range: node.start..end, unknown: node.unknown });
            end = node.start;
        }
        cuts.reverse();
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(pieces: &[(&str, f32, PieceKind)]) -> Unigram {
        let pieces: Vec<Piece> =
            pieces.iter().map(|&(text, score, kind)| Piece { text: text.to_owned(), score, kind }).collect();
        Unigram::new(&pieces).unwrap()
    }

    #[test]
    fn the_best_path_wins() {
        use PieceKind::{Control, Normal, Unused, UserDefined};
        let plain = [("a", -1.0, Normal), ("b", -1.0, Normal), ("ab", -1.5, Normal), ("abc", -9.0, Normal)];
        let ties = [("a", -1.0, Normal), ("aa", -2.0, Normal)];
        let user = [("a", -3.0, Normal), ("b", -3.0, Normal), ("c", -1.0, Normal), ("ab", 0.0, UserDefined)];
        let unused = [("a", -1.0, Normal), ("b", -1.0, Normal), ("ab", -0.1, Unused), ("</s>", 0.0, Control)];
        type Row<'a> = (&'a [(&'a str, f32, PieceKind)], &'a str, &'a [&'a str]);
        let cases: [Row; 7] = [
            (&plain, "", &[]),
            (&plain, "ab", &["ab"]),
            (&plain, "abxy", &["ab", "x", "y"]),
            (&plain, "xyaxy", &["x", "y", "a", "x", "y"]),
            // Equal scores: the path that was found first stays, which is the one with the longest last piece.
            (&ties, "aa", &["aa"]),
            (&user, "ab", &["ab"]),
            (&unused, "ab", &["a", "b"]),
        ];
        let found = |pieces, text: &str| -> Vec<String> {
            model(pieces).encode(text).into_iter().map(|segment| text[segment.range].to_owned()).collect()
        };
        let failures: Vec<_> = cases
            .iter()
            .map(|&(pieces, text, wanted)| (text, found(pieces, text), wanted))
            .filter(|(_, got, wanted)| got != wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
