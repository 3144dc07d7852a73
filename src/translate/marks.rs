//! Quotation marks in any glyph: which characters they are, and which of them belong together in an English line.
//!
//! Glyph direction is not trusted alone (a good part of Arabic news has reversed pairs, and models mix glyphs): the
//! spacing around a mark decides first, its glyph second, what is open third.

use std::ops::Range;

/// The two families of marks. A pair never mixes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkClass {
    /// `"`, curly double marks, guillemets, ornate parentheses.
    Double,
    /// `'` and its curly forms, single guillemets, back tick and acute accent as marks.
    Single,
}

/// The family of a quotation mark glyph; `None` for every other character.
pub fn mark_class(glyph: char) -> Option<MarkClass> {
    match glyph {
        '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' | '〟' | '❝' | '❞' | '＂' | '﴾' | '﴿' => {
            Some(MarkClass::Double)
        }
        '\'' | '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '`' | '´' | '＇' => Some(MarkClass::Single),
        _ => None,
    }
}

/// `glyph` may be a quotation mark (for the single ones: or an apostrophe).
pub fn is_mark(glyph: char) -> bool {
    mark_class(glyph).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Open,
    Close,
    Either,
}

#[derive(Debug, Clone)]
struct Mark {
    range: Range<usize>,
    class: MarkClass,
    direction: Direction,
    /// The character before it, to tell `workers'` from a closing mark.
    after_s: bool,
}

/// An opening and a closing mark. The words lie between `open.end` and `close.start`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkPair {
    /// Bytes of the opening mark.
    pub open: Range<usize>,
    /// Bytes of the closing mark.
    pub close: Range<usize>,
}

/// All marks of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Pairs in the order of their opening marks; they nest and never cross.
    pub pairs: Vec<MarkPair>,
    /// Marks without a partner.
    pub strays: Vec<Range<usize>>,
    /// Glyphs that look like marks and are apostrophes (`don't`, `workers'`, `al-'Ula`, `'90s`).
    pub apostrophes: Vec<Range<usize>>,
}

/// Finds and pairs the quotation marks of an English `line`.
pub fn scan(line: &str) -> Marks {
    let mut found = Marks::default();
    let marks = collect(line, &mut found.apostrophes);
    let mut open: Vec<&Mark> = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        let opens_now = match mark.direction {
            Direction::Open => true,
            Direction::Close => false,
            Direction::Either => !open.iter().any(|earlier| earlier.class == mark.class),
        };
        if opens_now {
            open.push(mark);
            continue;
        }
        let partner = match mark.class {
            MarkClass::Double => open.iter().rposition(|earlier| earlier.class == MarkClass::Double),
            // A single mark never reaches out of the double marks that it stands in.
            MarkClass::Single => open.last().filter(|last| last.class == MarkClass::Single).map(|_| open.len() - 1),
        };
        let possessive = mark.class == MarkClass::Single && mark.after_s;
        match partner {
            Some(_) if possessive && closes_later(&marks[index + 1..]) => found.apostrophes.push(mark.range.clone()),
            Some(position) => {
                found.strays.extend(open.drain(position + 1..).map(|lost| lost.range.clone()));
                if let Some(opening) = open.pop() {
                    found.pairs.push(MarkPair { open: opening.range.clone(), close: mark.range.clone() });
                }
            }
            None if possessive => found.apostrophes.push(mark.range.clone()),
            None => found.strays.push(mark.range.clone()),
        }
    }
    found.strays.extend(open.into_iter().map(|lost| lost.range.clone()));
    found.pairs.sort_by_key(|pair| pair.open.start);
    found.strays.sort_by_key(|stray| stray.start);
    found.apostrophes.sort_by_key(|apostrophe| apostrophe.start);
    found
}

/// Another single mark closes before one opens: the `'` looked at is then the possessive inside single marks.
fn closes_later(rest: &[Mark]) -> bool {
    rest.iter()
        .find(|mark| mark.class == MarkClass::Single && mark.direction != Direction::Either)
        .is_some_and(|mark| mark.direction == Direction::Close)
}

fn collect(line: &str, apostrophes: &mut Vec<Range<usize>>) -> Vec<Mark> {
    let characters: Vec<(usize, char)> = line.char_indices().collect();
    let mut marks = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        let (start, glyph) = characters[index];
        let Some(mut class) = mark_class(glyph) else {
            index += 1;
            continue;
        };
        // '' and `` stand for one double mark.
        let doubled = matches!(glyph, '\'' | '`') && characters.get(index + 1).is_some_and(|next| next.1 == glyph);
        let width = if doubled { 2 } else { 1 };
        if doubled {
            class = MarkClass::Double;
        }
        let before = index.checked_sub(1).map(|previous| characters[previous].1);
        let after = characters.get(index + width).map(|next| next.1);
        let end = characters.get(index + width).map_or(line.len(), |next| next.0);
        index += width;
        if class == MarkClass::Single && is_apostrophe(before, after, &line[end..]) {
            apostrophes.push(start..end);
            continue;
        }
        let direction = direction(before, after, glyph);
        marks.push(Mark { range: start..end, class, direction, after_s: matches!(before, Some('s' | 'S')) });
    }
    marks
}

/// An apostrophe by its neighbours alone. Guillemets and the like between letters are not expected here.
fn is_apostrophe(before: Option<char>, after: Option<char>, rest: &str) -> bool {
    let word_after = after.is_some_and(char::is_alphanumeric);
    match before {
        Some(letter) if letter.is_alphanumeric() => word_after,
        Some('-' | '‐' | '‑') => word_after,
        _ => {
            // '90s
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            digits == 2 && rest[2..].starts_with('s')
        }
    }
}

fn direction(before: Option<char>, after: Option<char>, glyph: char) -> Direction {
    let room_before =
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '{' | '—' | '–') || is_mark(c));
    let room_after = after.is_none_or(|c| {
        c.is_whitespace()
            || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '…' | '—' | '–' | '،' | '؛' | '؟')
            || is_mark(c)
    });
    match (room_before, room_after) {
        (true, false) => Direction::Open,
        (false, true) => Direction::Close,
        _ => match glyph {
            '“' | '„' | '‟' | '«' | '〝' | '❝' | '‹' | '‘' | '‚' | '‛' | '﴿' => Direction::Open,
            '”' | '»' | '〞' | '〟' | '❞' | '›' | '’' | '﴾' => Direction::Close,
            _ if before == Some(':') && !room_after => Direction::Open,
            _ => Direction::Either,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> (Vec<&str>, usize, usize) {
        let marks = scan(line);
        let words = marks.pairs.iter().map(|pair| &line[pair.open.end..pair.close.start]).collect();
        (words, marks.strays.len(), marks.apostrophes.len())
    }

    #[test]
    fn marks_are_paired_by_position() {
        type Row = (&'static str, &'static [&'static str], usize, usize);
        let rows: &[Row] = &[
            ("He said: \"We agree.\"", &["We agree."], 0, 0),
            ("“soon” and «now»", &["soon", "now"], 0, 0),
            ("the »reversed« pair and ”this“ one", &["reversed", "this"], 0, 0),
            ("mixed “glyphs\" here", &["glyphs"], 0, 0),
            ("don't, it’s, the workers' union", &[], 0, 3),
            ("'the workers' union'", &["the workers' union"], 0, 1),
            ("\"we don't 'know' it\"", &["we don't 'know' it", "know"], 0, 1),
            ("‘single’ marks", &["single"], 0, 0),
            ("a stray \" mark", &[], 1, 0),
            ("\"one\" and \"two", &["one"], 1, 0),
            ("said:\"no space\" then", &["no space"], 0, 0),
            ("said: \" spaces inside \" then", &[" spaces inside "], 0, 0),
            ("« aussi »", &[" aussi "], 0, 0),
            ("''TeX'' and ``this''", &["TeX", "this"], 0, 0),
            ("the '90s and al-'Ula", &[], 0, 2),
            ("\"he said 'yes'\"", &["he said 'yes'", "yes"], 0, 0),
            ("(\"in brackets\")", &["in brackets"], 0, 0),
            ("\"\"", &[""], 0, 0),
            ("\"a \"b\" c\"", &["a \"b\" c", "b"], 0, 0),
            ("‹inner› and “ open", &["inner"], 1, 0),
            ("", &[], 0, 0),
        ];
        let failed: Vec<String> = rows
            .iter()
            .filter(|(line, pairs, strays, apostrophes)| shown(line) != (pairs.to_vec(), *strays, *apostrophes))
            .map(|row| format!("{row:?} gave {:?}", shown(row.0)))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}
