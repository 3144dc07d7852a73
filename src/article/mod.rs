//! An article as the program holds it: its decoded text, owned once, and what is known about it.
//!
//! Everything later (sentences, quotes, projections) is a [`Span`] into [`Article::text`].

pub mod cleaning;
pub mod folding;
pub mod ingest;
pub mod letters;
mod lines;
pub mod sentences;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Half-open UTF-8 byte range `[start, end)` into an article's text (or, where it is said, into another string).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span into `text`, or `None` where the order, the length or a UTF-8 border is violated.
    pub fn new(text: &str, start: usize, end: usize) -> Option<Self> {
        (start <= end && end <= text.len() && text.is_char_boundary(start) && text.is_char_boundary(end))
            .then_some(Self { start, end })
    }

    /// The words of this span. `text` must be the string that the span was made for.
    pub fn slice<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// `other` lies wholly inside this span.
    pub fn contains(&self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes that both spans have, if there are any.
    pub fn intersection(&self, other: Span) -> Option<Span> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Span { start, end })
    }

    /// The span without the white space at its two ends.
    pub fn trimmed(&self, text: &str) -> Span {
        let slice = self.slice(text);
        let start = self.start + (slice.len() - slice.trim_start().len());
        Span { start, end: start + slice.trim().len() }
    }
}

/// Where the title stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Title {
    /// A line of the text itself (plain text files).
    InText(Span),
    /// Given beside the text (JSONL's `title`).
    Given(String),
}

/// One article, decoded. Made by [`ingest`].
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// Path of the outputs below `--out`, without extension, `/`-separated and safe as a file name (`asia/moscow`).
    pub id: String,
    /// The input as the user named it (`in/moscow.txt`, `feed.jsonl:12` for a line of a JSONL).
    pub path: String,
    /// The decoded text: newlines, marks and controls untouched.
    pub text: String,
    /// Lower-case hex SHA-256 of `text` in UTF-8.
    pub text_sha256: String,
    /// The encoding that the bytes were decoded from, WHATWG name in lower case (`utf-8`, `windows-1256`).
    pub encoding: String,
    /// BCP-47 code; `None` if undecided.
    pub language: Option<String>,
    /// White-space separated words of `text`, URL lines left out.
    pub words: usize,
    /// The title, if one is there.
    pub title: Option<Title>,
    /// Address of the article, from the record or from a bare URL line of the text.
    pub url: Option<String>,
    /// Publisher as the input names it.
    pub outlet: Option<String>,
    /// Date as the input gives it (ISO 8601 where it could be read as such).
    pub published: Option<String>,
}

impl Article {
    /// The title's words.
    pub fn title_text(&self) -> Option<&str> {
        self.title.as_ref().map(|title| match title {
            Title::InText(span) => span.slice(&self.text),
            Title::Given(text) => text,
        })
    }

    /// Where the title stands, if it is part of the text.
    pub fn title_in_text(&self) -> Option<Span> {
        match &self.title {
            Some(Title::InText(span)) => Some(*span),
            Some(Title::Given(_)) | None => None,
        }
    }
}

/// Lower-case hex SHA-256 of `text`'s bytes.
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a sentence is in its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentenceKind {
    /// The title line of a plain text.
    Title,
    /// Everything else.
    Body,
}

/// One sentence: the unit of translation. Spans are trimmed of white space, in order, and never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Counted from 1 in the article.
    pub id: u32,
    /// Where it stands.
    pub span: Span,
    /// Paragraph (line) it belongs to, counted from 0.
    pub paragraph: u32,
    /// Title or body.
    pub kind: SentenceKind,
}
