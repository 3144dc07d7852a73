//! The lines of a text and what each one is. Sentences, titles and metadata all start from them.

use super::Span;
use super::letters::is_visible;

/// What a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Nothing that a reader sees.
    Blank,
    /// Addresses only: metadata, not text.
    Url,
    /// Text.
    Text,
}

/// One line, without its line break and without the white space at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it stands.
    pub span: Span,
    /// What it holds.
    pub kind: LineKind,
}

/// The lines of `text` in order. CRLF is one break; a lone CR, form feed and the Unicode separators break too.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line> + '_ {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let rest = &text[from..];
        let end = match rest.find(is_line_break) {
            Some(at) => {
                let broken = &rest[at..];
                let width =
                    if broken.starts_with("\r\n") { 2 } else { broken.chars().next().map_or(0, char::len_utf8) };
                start = Some(from + at + width);
                from + at
            }
            None => {
                start = None;
                text.len()
            }
        };
        let span = Span { start: from, end }.trimmed(text);
        Some(Line { span, kind: line_kind(span.slice(text)) })
    })
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{000B}' | '\u{000C}' | '\u{0085}' | '\u{2028}' | '\u{2029}')
}

fn line_kind(line: &str) -> LineKind {
    if !line.chars().any(is_visible) {
        LineKind::Blank
    } else if line.split_whitespace().filter(|word| word.chars().any(is_visible)).all(|word| address(word).is_some()) {
        LineKind::Url
    } else {
        LineKind::Text
    }
}

/// The first address of a [`LineKind::Url`] line.
pub(crate) fn first_address(line: &str) -> Option<&str> {
    line.split_whitespace().find_map(address)
}

/// `word` without the brackets and invisible characters around it, if that is an address.
fn address(word: &str) -> Option<&str> {
    let bare = word.trim_matches(|character| !is_visible(character) || matches!(character, '<' | '>'));
    let host_and_path = address_body(bare)?;
    host_and_path.split('/').next().is_some_and(|host| host.contains('.')).then_some(bare)
}

/// What follows the `https://`, `http://` or `www.` that `text` begins with.
pub(crate) fn address_body(text: &str) -> Option<&str> {
    ["https://", "http://", "www."].into_iter().find_map(|prefix| {
        let head = text.get(..prefix.len())?;
        let body = &text[prefix.len()..];
        (head.eq_ignore_ascii_case(prefix) && !body.is_empty()).then_some(body)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_lines() {
        let table: &[(&str, LineKind)] = &[
            ("", LineKind::Blank),
            (" \t\u{00A0}", LineKind::Blank),
            ("\u{200F}\u{FEFF}", LineKind::Blank),
            ("https://example.org/20240301-x/", LineKind::Url),
            ("  HTTP://example.org ", LineKind::Url),
            ("<https://example.org/a?b=1>", LineKind::Url),
            ("\u{200E}www.example.org/خبر", LineKind::Url),
            ("https://example.org http://example.net/", LineKind::Url),
            ("المصدر: https://example.org", LineKind::Text),
            ("https://", LineKind::Text),
            ("www.", LineKind::Text),
            ("httpx://example.org", LineKind::Text),
            ("نص", LineKind::Text),
            ("***", LineKind::Text),
        ];
        let wrong: Vec<_> = table.iter().filter(|(line, kind)| line_kind(line) != *kind).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn breaks() {
        let text = "أ\r\nب\rج\n\nد\u{2028}ه";
        let found: Vec<&str> = lines(text).map(|line| line.span.slice(text)).collect();
        assert_eq!(found, ["أ", "ب", "ج", "", "د", "ه"]);
    }
}
