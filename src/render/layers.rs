//! Marks over a text, as well-nested pieces. Marks may nest and cross (a mixed quote inside reported speech, a name
//! inside a quote); tags of a page may only nest, so a mark that crosses the end of another is cut in two there.

use crate::article::Span;
use serde::Serialize;
use std::cmp::Reverse;

/// A step through a marked text. `mark` is the position in the list given to [`layer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Piece<'t> {
    /// A mark begins, or goes on after a cut.
    Open {
        /// Which one.
        mark: usize,
        /// It begins here.
        first: bool,
    },
    /// Words, never empty.
    Text {
        /// The words.
        text: &'t str,
    },
    /// The mark opened last ends, or is cut.
    Close {
        /// Which one.
        mark: usize,
        /// It ends here.
        last: bool,
    },
}

/// `text` as pieces: the words in order and whole, every mark opened and closed around exactly its words, well nested.
/// Empty marks are left out. Of marks that begin together the longest is outermost, then the one given first.
///
/// # Errors
/// The position of a mark that is no span of `text`.
pub fn layer<'t>(text: &'t str, marks: &[Span]) -> Result<Vec<Piece<'t>>, usize> {
    if let Some(bad) = marks.iter().position(|mark| Span::new(text, mark.start, mark.end).is_none()) {
        return Err(bad);
    }
    let mut order: Vec<usize> = (0..marks.len()).filter(|&mark| !marks[mark].is_empty()).collect();
    order.sort_by_key(|&mark| (marks[mark].start, Reverse(marks[mark].end), mark));
    let mut borders: Vec<usize> = order.iter().flat_map(|&mark| [marks[mark].start, marks[mark].end]).collect();
    borders.push(text.len());
    borders.sort_unstable();
    borders.dedup();

    let mut pieces = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut unopened = order.into_iter().peekable();
    let mut position = 0;
    for border in borders {
        if position < border {
            pieces.push(Piece::Text { text: &text[position..border] });
            position = border;
        }
        if let Some(depth) = open.iter().position(|&mark| marks[mark].end == border) {
            let closed = open.split_off(depth);
            pieces.extend(closed.iter().rev().map(|&mark| Piece::Close { mark, last: marks[mark].end == border }));
            for mark in closed.into_iter().filter(|&mark| marks[mark].end > border) {
                pieces.push(Piece::Open { mark, first: false });
                open.push(mark);
            }
        }
        while let Some(mark) = unopened.next_if(|&mark| marks[mark].start == border) {
            pieces.push(Piece::Open { mark, first: true });
            open.push(mark);
        }
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `[0` opens mark 0, `]0` closes it; `{0` and `}0` are the continuation and the cut.
    fn drawn(text: &str, marks: &[(usize, usize)]) -> String {
        let marks: Vec<_> = marks.iter().map(|&(start, end)| Span { start, end }).collect();
        match layer(text, &marks) {
            Err(bad) => format!("bad {bad}"),
            Ok(pieces) => pieces
                .into_iter()
                .map(|piece| match piece {
                    Piece::Open { mark, first } => format!("{}{mark} ", if first { '[' } else { '{' }),
                    Piece::Text { text } => text.to_owned(),
                    Piece::Close { mark, last } => format!(" {}{mark}", if last { ']' } else { '}' }),
                })
                .collect(),
        }
    }

    #[test]
    fn marks_nest() {
        type Row = (&'static str, &'static [(usize, usize)], &'static str);
        let table: [Row; 11] = [
            ("abcdef", &[], "abcdef"),
            ("", &[], ""),
            ("abcdef", &[(1, 3)], "a[0 bc ]0def"),
            ("abcdef", &[(0, 6)], "[0 abcdef ]0"),
            ("abcdef", &[(1, 5), (2, 3)], "a[0 b[1 c ]1de ]0f"),
            ("abcdef", &[(2, 3), (1, 5)], "a[1 b[0 c ]0de ]1f"),
            ("abcdef", &[(1, 3), (3, 5)], "a[0 bc ]0[1 de ]1f"),
            ("abcdef", &[(1, 4), (3, 6)], "a[0 bc[1 d }1 ]0{1 ef ]1"),
            ("abcdef", &[(1, 3), (1, 3), (2, 2)], "a[0 [1 bc ]1 ]0def"),
            ("قال", &[(2, 4)], "ق[0 ا ]0ل"),
            ("قال", &[(0, 2), (1, 4)], "bad 1"),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(text, marks, expected)| (drawn(text, marks), expected))
            .filter(|(got, expected)| got != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(drawn("abc", &[(0, 1), (2, 9)]), "bad 1");
    }

    fn text_and_marks() -> impl Strategy<Value = (String, Vec<Span>)> {
        "[a-cب-د 😀]{0,24}".prop_flat_map(|text| {
            let borders: Vec<usize> = (0..=text.len()).filter(|&border| text.is_char_boundary(border)).collect();
            let count = borders.len();
            let marks = prop::collection::vec((0..count, 0..count), 0..8).prop_map(move |pairs| {
                pairs
                    .into_iter()
                    .map(|(a, b)| Span { start: borders[a.min(b)], end: borders[a.max(b)] })
                    .collect::<Vec<_>>()
            });
            (Just(text), marks)
        })
    }

    proptest! {
        #[test]
        fn words_stay_whole_and_marks_cover_exactly_theirs((text, marks) in text_and_marks()) {
            let pieces = layer(&text, &marks).unwrap();
            let mut position = 0;
            let mut open: Vec<usize> = Vec::new();
            let mut covered: Vec<Vec<bool>> = vec![vec![false; text.len()]; marks.len()];
            let (mut begun, mut ended) = (vec![0; marks.len()], vec![0; marks.len()]);
            let mut words = String::new();
            for piece in &pieces {
                match *piece {
                    Piece::Open { mark, first } => {
                        prop_assert!(!open.contains(&mark));
                        open.push(mark);
                        begun[mark] += usize::from(first);
                    }
                    Piece::Close { mark, last } => {
                        prop_assert_eq!(open.pop(), Some(mark));
                        ended[mark] += usize::from(last);
                    }
                    Piece::Text { text } => {
                        prop_assert!(!text.is_empty());
                        for &mark in &open {
                            covered[mark][position..position + text.len()].fill(true);
                        }
                        position += text.len();
                        words.push_str(text);
                    }
                }
            }
            prop_assert!(open.is_empty());
            prop_assert_eq!(words, text);
            for (mark, span) in marks.iter().enumerate() {
                for (byte, &is_covered) in covered[mark].iter().enumerate() {
                    prop_assert_eq!(is_covered, (span.start..span.end).contains(&byte));
                }
                let expected = usize::from(!span.is_empty());
                prop_assert_eq!((begun[mark], ended[mark]), (expected, expected));
            }
        }
    }
}
