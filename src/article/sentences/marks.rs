//! Quotation marks and brackets that are open at a place of a line. They are followed only to tell closing marks from
//! opening ones behind a sentence end; which quotations there are is decided elsewhere.

use super::terminators::Line;

/// A quotation or parenthesis of up to this many characters with more text behind it belongs to the sentence around it,
/// whatever it ends in: `فيلم "أين أنت؟" للمخرج`.
const MAX_EMBEDDED_CHARS: usize = 40;

/// What is open, as indices into the line. A line begins with nothing open, so a stray mark costs one line at most.
#[derive(Default)]
pub(super) struct Marks {
    quotations: Vec<usize>,
    brackets: Vec<usize>,
    /// What was closed first behind the latest sentence end: where it began, and whether it is a bracket.
    closed: Option<(usize, bool)>,
}

/// Any mark around quoted words. Single marks are left out: they are apostrophes far more often.
pub(super) fn is_quotation_mark(character: char) -> bool {
    matches!(character, '"' | '«' | '»' | '“' | '”' | '„' | '‟' | '‹' | '›')
}

/// A closing bracket.
pub(super) fn closes_bracket(character: char) -> bool {
    matches!(character, ')' | ']' | '}')
}

impl Marks {
    /// Takes note of the character at `index` of `line`, which is no terminator and does not follow one.
    pub(super) fn see(&mut self, line: &Line, index: usize, character: char) {
        if is_quotation_mark(character) {
            let word_after = line.at(index + 1).is_some_and(char::is_alphanumeric);
            let word_before = line.before(index).is_some_and(|c| !c.is_whitespace() && !"([{:ـ،".contains(c));
            let opens = match (word_before, word_after) {
                (false, true) => true,
                (true, false) => false,
                _ => self.quotations.is_empty(),
            };
            if opens {
                self.quotations.push(index);
            } else {
                self.quotations.pop();
            }
        } else if matches!(character, '(' | '[' | '{') {
            self.brackets.push(index);
        } else if closes_bracket(character) {
            self.brackets.pop();
        }
    }

    /// A new sentence end is looked at.
    pub(super) fn forget_last_closed(&mut self) {
        self.closed = None;
    }

    /// The closing `mark` was read behind a sentence end.
    pub(super) fn close(&mut self, mark: char) {
        let bracket = closes_bracket(mark);
        let opened = if bracket { self.brackets.pop() } else { self.quotations.pop() };
        self.closed = self.closed.or(opened.map(|index| (index, bracket)));
    }

    /// Some quotation is open.
    pub(super) fn quotation_is_open(&self) -> bool {
        !self.quotations.is_empty()
    }

    /// Some bracket is open.
    pub(super) fn bracket_is_open(&self) -> bool {
        !self.brackets.is_empty()
    }

    /// What was closed behind the end at `terminator` is a short quotation or parenthesis of the sentence from `start`
    /// on. A quotation that ends in a full stop holds a sentence and is none of these.
    pub(super) fn closed_short_one(&self, start: usize, terminator: usize, full_stop: bool) -> bool {
        self.closed.is_some_and(|(opened, bracket)| {
            let inside = if bracket { opened > start } else { opened >= start && !full_stop };
            inside && terminator - opened <= MAX_EMBEDDED_CHARS
        })
    }
}
