//! Which terminators of a line end a sentence, and what behind them still belongs to it.

use super::super::Span;
use super::super::letters::{TATWEEL, ascii_digit, is_haraka, is_invisible};
use super::super::lines::address_body;
use super::marks::{Marks, closes_bracket, is_quotation_mark};
use super::{has_visible, has_words};

/// Abbreviations of more than one letter, without their dot, Latin ones in lower case. Single letters need no list.
const ABBREVIATIONS: &[&str] = &[
    "مج", "صص", "أد", "ود", "وأ", "وم", "dr", "mr", "mrs", "ms", "st", "vs", "jr", "sr", "prof", "gen", "gov", "sen",
    "rep", "col", "capt", "lt", "inc", "ltd", "co", "corp", "no", "fig", "vol", "pp", "al", "ed", "eds", "cf", "dept",
];

/// No abbreviation is longer; a longer word before a dot is not looked at any further.
const MAX_ABBREVIATION_CHARS: usize = 4;

/// Letters that stand for a unit or an era after a number and then may end a sentence: `عام 622 م.`, `1445 هـ.`
const AFTER_NUMBER: &[char] = &['م', 'ه', 'س', 'غ', 'ل', 'ط'];

/// A number of up to this many digits that begins a line counts its items: `12. نص`.
const MAX_ITEM_DIGITS: usize = 3;

/// The sentences of the line `span`, trimmed, in order.
pub(super) fn split_line(text: &str, span: Span) -> Vec<Span> {
    let line = Line::new(text, span);
    let mut pieces: Vec<Span> = Vec::new();
    for piece in line.cut() {
        if has_words(text, piece) || (pieces.is_empty() && has_visible(text, piece)) {
            pieces.push(piece);
        } else if let (true, Some(before)) = (has_visible(text, piece), pieces.last_mut()) {
            // Stray punctuation is no unit of translation: it goes with what is before it.
            before.end = piece.end;
        }
    }
    pieces
}

fn is_terminator(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '؟' | '…' | '؛' | '۔')
}

/// A line as characters, so that rules can look to both sides. Indices below are into `characters`.
pub(super) struct Line<'t> {
    text: &'t str,
    /// Byte in `text`, character.
    characters: Vec<(usize, char)>,
    span: Span,
    /// The first letter or digit.
    first_word: Option<usize>,
}

impl<'t> Line<'t> {
    fn new(text: &'t str, span: Span) -> Self {
        let characters: Vec<(usize, char)> =
            span.slice(text).char_indices().map(|(at, character)| (span.start + at, character)).collect();
        let first_word = characters.iter().position(|(_, character)| character.is_alphanumeric());
        Self { text, characters, span, first_word }
    }

    fn cut(&self) -> Vec<Span> {
        let mut pieces = Vec::new();
        let mut marks = Marks::default();
        let (mut start, mut index, mut words_seen) = (0, 0, false);
        while let Some(character) = self.at(index) {
            if let Some(end) = self.address_end(index) {
                words_seen = true;
                index = end;
            } else if !is_terminator(character) {
                marks.see(self, index, character);
                words_seen |= character.is_alphanumeric();
                index += 1;
            } else {
                let run_end = self.run_end(index);
                if !(words_seen && self.may_end(index, run_end)) {
                    index = run_end;
                    continue;
                }
                let end = self.end_with_closing(run_end, &mut marks);
                if !self.goes_on(start, index..run_end, end, &marks) {
                    pieces.push(self.piece(start, end));
                    (start, words_seen) = (end, false);
                }
                index = end;
            }
        }
        pieces.push(self.piece(start, self.characters.len()));
        pieces
    }

    /// The character at `index`.
    pub(super) fn at(&self, index: usize) -> Option<char> {
        self.characters.get(index).map(|(_, character)| *character)
    }

    /// The character before `index`.
    pub(super) fn before(&self, index: usize) -> Option<char> {
        index.checked_sub(1).and_then(|previous| self.at(previous))
    }

    fn byte(&self, index: usize) -> usize {
        self.characters.get(index).map_or(self.span.end, |(byte, _)| *byte)
    }

    fn piece(&self, start: usize, end: usize) -> Span {
        Span { start: self.byte(start), end: self.byte(end) }.trimmed(self.text)
    }

    fn run_end(&self, index: usize) -> usize {
        self.skip(index, is_terminator)
    }

    /// The first index from `index` on whose character `passed` does not hold for.
    fn skip(&self, index: usize, passed: impl Fn(char) -> bool) -> usize {
        self.characters[index..].iter().position(|(_, c)| !passed(*c)).map_or(self.characters.len(), |n| index + n)
    }

    /// The nearest character before `index` that is neither invisible nor a mark on a letter, and where it stands.
    fn letter_before(&self, index: usize) -> Option<(usize, char)> {
        let visible = |(_, character): &(usize, char)| !is_invisible(*character) && !is_decoration(*character);
        let at = self.characters[..index].iter().rposition(visible)?;
        self.at(at).map(|character| (at, character))
    }

    fn visible_after(&self, index: usize) -> Option<char> {
        self.at(self.skip(index, is_invisible))
    }

    /// One past an address that begins at `index`, without the punctuation behind it.
    fn address_end(&self, index: usize) -> Option<usize> {
        let begins_word = self.before(index).is_none_or(|before| !before.is_alphanumeric());
        if !begins_word || !matches!(self.at(index)?, 'h' | 'H' | 'w' | 'W') {
            return None;
        }
        address_body(&self.text[self.byte(index)..self.span.end])?;
        let end = self.skip(index, |character| {
            !character.is_whitespace()
                && !matches!(character, '،' | '؛' | '؟' | '<' | '>')
                && !is_quotation_mark(character)
        });
        let inside =
            |(_, character): &(usize, char)| !matches!(character, '.' | ',' | ':' | ';' | '!' | '?' | '…' | ')' | ']');
        self.characters[index..end].iter().rposition(inside).map(|last| index + last + 1)
    }

    /// The run of terminators `from..to` looks like an end by itself.
    fn may_end(&self, from: usize, to: usize) -> bool {
        let before = self.letter_before(from);
        if before.is_some_and(|(_, character)| matches!(character, '(' | '[')) {
            return false; // An aside: (...), (!)
        }
        let run = &self.characters[from..to];
        let all = |set: &[char]| run.iter().all(|(_, character)| set.contains(character));
        let next = self.visible_after(to);
        if all(&['.']) && run.len() == 1 {
            self.full_stop_ends(from)
        } else if all(&['.']) && run.len() == 2 {
            false // `..` is a pause in Arabic headlines and prose: غزة.. قصف جديد
        } else if all(&['.', '…']) {
            !next.is_some_and(char::is_alphanumeric)
        } else if all(&['?', '!']) {
            !(before.is_some_and(|(_, c)| c.is_ascii_alphanumeric()) && next.is_some_and(|c| c.is_ascii_alphanumeric()))
        } else {
            true
        }
    }

    fn full_stop_ends(&self, dot: usize) -> bool {
        let next = self.visible_after(dot + 1);
        let Some((_, before)) = self.letter_before(dot) else { return false };
        let is_digit = |character: char| ascii_digit(character).is_some();
        if let Some(next) = next.filter(|next| next.is_alphanumeric()) {
            if before.is_whitespace() && (is_digit(next) || next.is_ascii_alphabetic()) {
                return false; // .5 or .NET
            }
            if is_digit(before) && is_digit(next) || before.is_ascii_alphanumeric() && next.is_ascii_alphanumeric() {
                return false; // 3.5, 1.000, example.org
            }
        }
        !self.is_item_number(dot) && !self.follows_abbreviation(dot)
    }

    /// All that the line has before the dot is a short number.
    fn is_item_number(&self, dot: usize) -> bool {
        self.first_word.is_some_and(|from| {
            from < dot
                && dot - from <= MAX_ITEM_DIGITS
                && self.characters[from..dot].iter().all(|(_, character)| ascii_digit(*character).is_some())
        })
    }

    fn follows_abbreviation(&self, dot: usize) -> bool {
        // `د . أحمد`: one space before the dot is a habit of some typists.
        let end = match self.before(dot) {
            Some(' ') => dot - 1,
            _ => dot,
        };
        let mut word = Vec::new();
        let mut start = end;
        while let Some((at, character)) = self.letter_before(start).filter(|(_, c)| c.is_alphabetic()) {
            word.push(character);
            start = at;
            if word.len() > MAX_ABBREVIATION_CHARS {
                return false;
            }
        }
        match word[..] {
            [] => false,
            [letter] => !(AFTER_NUMBER.contains(&letter) && self.number_ends(start)),
            _ => {
                let word: String = word.iter().rev().flat_map(|character| character.to_lowercase()).collect();
                ABBREVIATIONS.contains(&word.as_str())
            }
        }
    }

    /// A digit stands before `index`, with or without a space between.
    fn number_ends(&self, index: usize) -> bool {
        let before = match self.letter_before(index) {
            Some((at, character)) if character.is_whitespace() => self.letter_before(at),
            other => other,
        };
        before.is_some_and(|(_, character)| ascii_digit(character).is_some())
    }

    /// One past the closing marks, brackets and further terminators behind `run_end`; they are taken off `marks`.
    fn end_with_closing(&self, run_end: usize, marks: &mut Marks) -> usize {
        marks.forget_last_closed();
        let mut end = run_end;
        while let Some(character) = self.at(end) {
            if is_invisible(character) || is_terminator(character) {
                end += 1;
            } else if self.closes(end, character, false, marks) {
                marks.close(character);
                end += 1;
            } else if character.is_whitespace() {
                let at = self.skip(end, char::is_whitespace);
                match self.at(at) {
                    Some(mark) if self.closes(at, mark, true, marks) => {
                        marks.close(mark);
                        end = at + 1;
                    }
                    _ => break,
                }
            } else {
                break;
            }
        }
        end
    }

    /// The mark at `index`, behind a sentence end, closes something. By position and by what is open, not by the glyph:
    /// papers write `»…«` too.
    fn closes(&self, index: usize, mark: char, after_space: bool, marks: &Marks) -> bool {
        let before_word = self.at(index + 1).is_some_and(char::is_alphanumeric);
        if closes_bracket(mark) {
            !after_space || marks.bracket_is_open()
        } else if is_quotation_mark(mark) {
            if after_space {
                marks.quotation_is_open() && !before_word
            } else {
                marks.quotation_is_open() || !before_word
            }
        } else {
            matches!(mark, '’' | '\'') && !after_space && !before_word
        }
    }

    /// The sentence from `start` goes on behind `end`, although the terminators `run` look like its end: a comma or
    /// colon follows, or what ends is only a short quotation or parenthesis inside it.
    fn goes_on(&self, start: usize, run: std::ops::Range<usize>, end: usize, marks: &Marks) -> bool {
        let Some(next) = self.at(self.skip(end, |c| c.is_whitespace() || is_invisible(c))) else { return false };
        if matches!(next, '،' | ',' | ':') {
            return true;
        }
        let ends_in_terminator = self.before(end).is_some_and(is_terminator);
        let full_stop = self.characters[run.clone()].iter().all(|(_, character)| *character == '.');
        !ends_in_terminator && marks.closed_short_one(start, run.start, full_stop)
    }
}

fn is_decoration(character: char) -> bool {
    is_haraka(character) || character == TATWEEL
}
