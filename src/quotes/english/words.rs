//! Cuts English text into words, marks and points, and into sentences. Straight marks get their direction from the
//! white space beside them, each paragraph on its own.

use crate::quotes::tokens::is_mark;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Open,
    Close,
    Comma,
    Colon,
    Stop,
    Newline,
    Other,
}

/// One token: bytes `start..end` of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub start: usize,
    pub end: usize,
    pub kind: TokenKind,
    /// Begins with a capital letter.
    pub capital: bool,
}

/// Abbreviations with a point that ends no sentence.
const ABBREVIATIONS: &[&str] =
    &["Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Col", "Lt", "Sen", "Rep", "Gov", "St", "Jr", "Sr", "No", "Inc", "Co"];

fn part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '%' | '$' | '€' | '£')
}

/// The tokens of `text`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut list: Vec<Token> = Vec::with_capacity(text.len() / 5);
    let mut characters = text.char_indices().peekable();
    let mut open = false;
    let mut before = '\n';
    while let Some((start, c)) = characters.next() {
        let mut end = start + c.len_utf8();
        let next = characters.peek().map_or('\n', |(_, next)| *next);
        let kind = if c == '\n' || c == '\r' {
            open = false;
            TokenKind::Newline
        } else if c.is_whitespace() {
            before = c;
            continue;
        } else if part_of_word(c) {
            while let Some(&(at, more)) = characters.peek() {
                // `don't`, `2.5`, `U.S.`: inside a word.
                let rest = &text[at + more.len_utf8()..];
                let inside = matches!(more, '\'' | '’' | '.' | ',') && rest.starts_with(char::is_alphanumeric)
                    || more == '.' && text[start..at].contains('.');
                if !part_of_word(more) && !(inside && (more != ',' || text[..at].ends_with(|c: char| c.is_numeric()))) {
                    break;
                }
                end = at + more.len_utf8();
                characters.next();
            }
            TokenKind::Word
        } else if matches!(c, '\'' | '’' | '‘') && (before.is_alphanumeric() || next.is_alphanumeric()) {
            // An apostrophe; single marks are not told from it.
            TokenKind::Other
        } else if is_mark(c) {
            let opens = match c {
                '“' | '„' | '«' | '‹' => true,
                '”' | '»' | '›' => false,
                _ => !open && !next.is_whitespace(),
            };
            open = opens;
            if opens { TokenKind::Open } else { TokenKind::Close }
        } else {
            match c {
                ',' => TokenKind::Comma,
                ':' => TokenKind::Colon,
                '.' if abbreviation(text, &list, start) => TokenKind::Other,
                '.' | '!' | '?' => TokenKind::Stop,
                _ => TokenKind::Other,
            }
        };
        list.push(Token { start, end, kind, capital: c.is_uppercase() });
        before = text[start..end].chars().next_back().unwrap_or(c);
    }
    list
}

fn abbreviation(text: &str, list: &[Token], at: usize) -> bool {
    list.last().is_some_and(|token| {
        token.kind == TokenKind::Word && token.end == at && {
            let word = &text[token.start..token.end];
            word.chars().count() == 1 && token.capital || ABBREVIATIONS.contains(&word)
        }
    })
}

/// Sentences as ranges of tokens: they end at a point outside marks, behind a closing mark that follows a point where
/// a capital letter comes next, and at line ends.
pub(super) fn sentences(tokens: &[Token]) -> Vec<(usize, usize)> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut open = false;
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        let ends = match token.kind {
            TokenKind::Open => {
                open = true;
                false
            }
            TokenKind::Close => {
                open = false;
                let stopped = index > 0 && tokens[index - 1].kind == TokenKind::Stop;
                // `"…!" Omar said`: a name may follow, so that only a cue-less beginning ends the sentence.
                stopped && next.is_none_or(|next| next.capital || next.kind == TokenKind::Open)
            }
            TokenKind::Newline => true,
            TokenKind::Stop => !open && next.is_none_or(|next| next.kind != TokenKind::Close),
            _ => false,
        };
        if ends {
            open = false;
            if index + 1 > start {
                sentences.push((start, index + 1));
            }
            start = index + 1;
        }
    }
    if tokens.len() > start {
        sentences.push((start, tokens.len()));
    }
    sentences
}
