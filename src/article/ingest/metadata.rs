//! What an article's text and address tell beside the words: title line, address, date, publisher.

use super::super::Span;
use super::super::letters::{is_arabic_letter, is_invisible};
use super::super::lines::{LineKind, address_body, first_address, lines};

/// A line of more words is a paragraph, no title.
const MAX_TITLE_WORDS: usize = 25;

/// A title without a blank line behind it is followed by a line at least this many times as long.
const LONGER_THAN_TITLE: usize = 2;

/// The title line of a plain text: the first line of text, if it is short, does not end as a sentence does, and is
/// followed by a blank line or by a clearly longer one. A text of one line has none.
pub(super) fn title_line(text: &str) -> Option<Span> {
    let mut lines = lines(text).skip_while(|line| line.kind != LineKind::Text);
    let title = lines.next()?.span;
    let words = title.slice(text);
    let ends_as_sentence = words
        .trim_end_matches(|c: char| is_invisible(c) || c.is_whitespace() || matches!(c, '"' | '»' | '”' | ')' | ']'))
        .ends_with(['.', '؟', '?', '!', '…', '؛', ',', '،', ':']);
    if words.split_whitespace().count() > MAX_TITLE_WORDS || ends_as_sentence || !words.contains(is_arabic_letter) {
        return None;
    }
    let mut blank_between = false;
    let next = lines.find(|line| {
        blank_between |= line.kind != LineKind::Text;
        line.kind == LineKind::Text
    })?;
    let length = |span: Span| span.slice(text).chars().count();
    (blank_between || length(next.span) >= LONGER_THAN_TITLE * length(title)).then_some(title)
}

/// The first address of the lines that hold nothing else.
pub(super) fn address(text: &str) -> Option<&str> {
    lines(text).filter(|line| line.kind == LineKind::Url).find_map(|line| first_address(line.span.slice(text)))
}

/// White-space separated words of `text`, address lines left out.
pub(super) fn count_words(text: &str) -> usize {
    let text_lines = lines(text).filter(|line| line.kind == LineKind::Text);
    text_lines.map(|line| line.span.slice(text).split_whitespace().count()).sum()
}

/// The date (`2024-11-01`) that an address carries as `/20241101`, `/2024/11/01` or `/2024-11-01`.
pub(super) fn date_of_address(url: &str) -> Option<String> {
    let parts: Vec<&str> = url.split(['?', '#']).next()?.split('/').collect();
    (0..parts.len()).find_map(|index| {
        let part = parts[index];
        if let (Some(&month), Some(&day)) = (parts.get(index + 1), parts.get(index + 2))
            && let Some(date) = iso_date(part, month, day)
        {
            return Some(date);
        }
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match digits {
            8 => iso_date(&part[..4], &part[4..6], &part[6..8]),
            4 => {
                let rest = part[4..].strip_prefix('-')?;
                let (month, rest) = (rest.get(..2)?, rest.get(2..)?);
                let (day, after) = (rest.strip_prefix('-')?.get(..2)?, rest.get(3..)?);
                (!after.starts_with(|c: char| c.is_ascii_digit())).then(|| iso_date(&part[..4], month, day))?
            }
            _ => None,
        }
    })
}

fn iso_date(year: &str, month: &str, day: &str) -> Option<String> {
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        (lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())?
    };
    let (year, month, day) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?);
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1990..=2100).contains(&year) && (1..=days).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Second-level names under which countries register: `org.eg`, `co.uk`.
const SECOND_LEVEL: &[&str] =
    &["com", "co", "org", "net", "gov", "edu", "ac", "info", "press", "mil", "or", "ne", "gob", "gouv"];

/// The registered name of an address's host: `example.org` of `https://www.news.example.org/…`.
pub(super) fn outlet_of_address(url: &str) -> Option<String> {
    let authority = address_body(url)?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?.trim_end_matches('.').to_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let (country, second) = (*labels.last()?, labels.len().checked_sub(2).map(|index| labels[index])?);
    let is_name = labels.iter().all(|label| !label.is_empty()) && !country.bytes().all(|b| b.is_ascii_digit());
    let depth = if country.len() == 2 && SECOND_LEVEL.contains(&second) { 3 } else { 2 };
    is_name.then(|| labels[labels.len().saturating_sub(depth)..].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        let rows: &[(&str, Option<&str>)] = &[
            ("الميناء يفتح أبوابه\n\nافتتح الميناء أمس.", Some("الميناء يفتح أبوابه")),
            ("\n  https://example.org/1\n  الميناء يفتح أبوابه \r\n\r\nافتتح.", Some("الميناء يفتح أبوابه")),
            ("الميناء يفتح\nافتتح الميناء الجديد أمس أبوابه أمام السفن.", Some("الميناء يفتح")),
            ("الميناء يفتح أبوابه\nافتتح الميناء.", None),
            ("افتتح الميناء أمس أبوابه.\n\nوصلت السفن.", None),
            ("قال: \"افتتح الميناء.\"\n\nوصلت السفن.", None),
            ("هل يفتح الميناء؟\n\nوصلت السفن.", None),
            ("الميناء يفتح أبوابه", None),
            ("الميناء يفتح أبوابه\n\nhttps://example.org/1\n", None),
            ("2024-11-01\n\nوصلت السفن.", None),
            ("", None),
        ];
        let long = format!("{}\n\nوصلت السفن.", "كلمة ".repeat(26));
        let too_long = [(long.as_str(), None)];
        let wrong: Vec<_> = rows
            .iter()
            .chain(&too_long)
            .map(|(text, expected)| (text, expected, title_line(text).map(|span| span.slice(text))))
            .filter(|(_, expected, found)| *expected != found)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn addresses() {
        let rows: &[(&str, Option<&str>, Option<&str>)] = &[
            ("https://www.example.org/20241101-harbour-opens/", Some("2024-11-01"), Some("example.org")),
            ("https://news.example.com/2024/3/9/x", Some("2024-03-09"), Some("example.com")),
            (
                "http://user@ar.example.org.eg:8080/a/2024-02-29-x?d=/20200101",
                Some("2024-02-29"),
                Some("example.org.eg"),
            ),
            ("www.example.co.uk", None, Some("example.co.uk")),
            ("https://example.org/20241301/", None, Some("example.org")),
            ("https://example.org/2023/02/29/", None, Some("example.org")),
            ("https://example.org/202411011/2024-11-012", None, Some("example.org")),
            ("https://example.org/?q=/20241101", None, Some("example.org")),
            ("https://10.0.0.1/20241101", Some("2024-11-01"), None),
            ("https://localhost/", None, None),
            ("https://example.org/خبر-٢٠٢٤", None, Some("example.org")),
            ("نص", None, None),
        ];
        let wrong: Vec<_> = rows
            .iter()
            .map(|(url, date, outlet)| (url, date, outlet, date_of_address(url), outlet_of_address(url)))
            .filter(|(_, date, outlet, found, host)| found.as_deref() != **date || host.as_deref() != **outlet)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn words_and_first_address() {
        let text = "خبر من هنا\nhttps://example.org/a\nwww.example.net/b\n\nثم جملة";
        assert_eq!((count_words(text), address(text)), (5, Some("https://example.org/a")));
    }
}
