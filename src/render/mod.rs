//! From [`Briefing`] to what people read: JSON, Markdown and HTML of one article ([`Renderer`]), and over a whole
//! output folder the quote sheet ([`quote_sheet`]) and the HTML index ([`index`]).
//!
//! The JSON is the record; everything else is made from it again at any time. Rendering needs no model.
//!
//! ```text
//! Briefing ─► json ─────────────────────────────► OUT/ID.json ─┬─► quote_sheet ─► OUT/quotes.csv
//!          └► view (all decisions on words) ─┬─► OUT/ID.html   └─► index ───────► OUT/index.html, OUT/index/*.html
//!                     ▲                      └─► OUT/ID.md
//!                layers (which marks cover which words)
//! ```

mod error;
mod folder;
mod html;
mod index;
pub mod layers;
mod markdown;
mod quote_sheet;
mod templates;
mod view;
mod words;
pub mod write;

#[cfg(test)]
mod fixture;

pub use error::RenderError;
pub use folder::{FolderReport, Skipped, briefings, read_briefing};
pub use html::Html;
pub use index::{ROWS_PER_PAGE, Standing, index};
pub use markdown::Markdown;
pub use quote_sheet::{QUOTE_SHEET, quote_sheet};

use crate::brief::Briefing;
use std::str::FromStr;

/// Turns one briefing into one file.
pub trait Renderer: Send + Sync {
    /// Extension of the file, without the dot.
    fn extension(&self) -> &'static str;

    /// The file's content: UTF-8, ends in a newline, the same bytes for the same briefing.
    ///
    /// # Errors
    /// [`RenderError::Span`] if the briefing contradicts itself: a span that does not lie in its text.
    fn render(&self, briefing: &Briefing) -> Result<String, RenderError>;
}

/// What can be asked for beside the JSON, which is always written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A page for each article, and the index over the folder.
    Html,
    /// A Markdown file for each article.
    Markdown,
    /// The quote sheet over the folder.
    Csv,
}

impl Format {
    /// The formats by the names that `--format` takes.
    pub const NAMES: [(&'static str, Format); 3] =
        [("html", Format::Html), ("md", Format::Markdown), ("csv", Format::Csv)];

    /// What renders an article in this format; `None` for [`Format::Csv`], which is one file for the whole folder
    /// ([`quote_sheet`]).
    pub fn renderer(self) -> Option<&'static dyn Renderer> {
        match self {
            Format::Html => Some(&Html),
            Format::Markdown => Some(&Markdown),
            Format::Csv => None,
        }
    }
}

impl FromStr for Format {
    type Err = RenderError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| *format)
            .ok_or_else(|| RenderError::UnknownFormat { name: name.to_owned() })
    }
}

/// The briefing as it is stored: indented JSON with the fields in the order of the schema, ending in a newline. The
/// same briefing gives the same bytes.
///
/// # Errors
/// [`RenderError::Json`] if a number is none that JSON has.
pub fn json(briefing: &Briefing) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(briefing).map_err(RenderError::Json)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_by_name() {
        let table = [("html", Some(Format::Html)), ("md", Some(Format::Markdown)), ("csv", Some(Format::Csv))];
        for (name, expected) in table {
            assert_eq!(name.parse::<Format>().ok(), expected, "{name}");
        }
        let error = "pdf".parse::<Format>().unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.contains("html, md, csv")), "{:?}", error.hint());
    }

    #[test]
    fn json_is_the_record_and_comes_back_unchanged() {
        let briefing = fixture::briefing();
        let text = json(&briefing).unwrap();
        assert!(text.ends_with("}\n"));
        assert_eq!(serde_json::from_str::<Briefing>(&text).unwrap(), briefing);
        assert_eq!(json(&briefing).unwrap(), text);
        // Written by the test `a_folder_to_look_at`; copy it from there after a wanted change.
        assert!(
            text == include_str!("../../tests/fixtures/render_briefing.json"),
            "the JSON of the fixture has changed"
        );
    }

    #[test]
    fn no_article_can_have_the_place_of_the_folders_pages() {
        assert!(crate::article::ingest::RESERVED_FIRST_PARTS.contains(&index::FOLDER));
    }
}
