//! What ingest gives: articles, what was left out and why, and the errors of the command line.

use super::super::Article;
use super::language::MIN_ARABIC_SHARE;
use std::fmt;
use std::path::PathBuf;

/// One input, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Ingested {
    /// An Arabic article.
    Article(Box<Article>),
    /// Not for this program; no failure.
    Skipped(Skipped),
    /// Meant to be an article, but it can't be read.
    Failed(Failed),
}

impl Ingested {
    /// The input as the user named it (`feed.jsonl:12` for a line).
    pub fn path(&self) -> &str {
        match self {
            Self::Article(article) => &article.path,
            Self::Skipped(skipped) => &skipped.path,
            Self::Failed(failed) => &failed.path,
        }
    }
}

/// An input that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    /// The input as the user named it (`feed.jsonl:12` for a line).
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why an input was left out.
#[derive(Debug, Clone, PartialEq)]
pub enum SkipReason {
    /// A file of a type that is not read.
    UnknownType {
        /// What follows the last dot of the name.
        extension: String,
    },
    /// The text is not Arabic.
    NotArabic {
        /// Letters of the Arabic script among all letters, 0 to 1.
        share: f64,
        /// What the text likely is, if it is in Arabic script.
        likely: Option<&'static str>,
    },
    /// The page says that it is in another language of the same script.
    OtherLanguage {
        /// Its code.
        language: String,
    },
    /// A symbolic link to a folder that it lies in.
    LinkLoop,
    /// A socket, pipe or device.
    NotAFile,
    /// A line of a list of failures about an input that no text could be read from.
    ListedWithoutText {
        /// That input.
        input: String,
    },
}

impl SkipReason {
    /// Stable name for counting and for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "unknown_type",
            Self::NotArabic { .. } | Self::OtherLanguage { .. } => "not_arabic",
            Self::LinkLoop => "link_loop",
            Self::NotAFile => "not_a_file",
            Self::ListedWithoutText { .. } => "listed_without_text",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType { extension } => write!(
                f,
                "files of type .{} are not read (read are .txt, .text, .html, .htm, .jsonl, .ndjson, names without \
                 extension, and .gz of each)",
                extension.escape_debug()
            ),
            Self::NotArabic { likely: Some(language), .. } => {
                write!(f, "not Arabic: likely {language}, by its letters and function words")
            }
            Self::NotArabic { share, likely: None } => write!(
                f,
                "not Arabic: {:.0} % of its letters are Arabic, {:.0} % are needed",
                share * 100.0,
                MIN_ARABIC_SHARE * 100.0
            ),
            Self::OtherLanguage { language } => write!(f, "not Arabic: the page names its language as {language:?}"),
            Self::LinkLoop => f.write_str("a symbolic link to a folder that it lies in"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::ListedWithoutText { input } => {
                write!(f, "this list of failures has no text of it: mend {} and name that", input.escape_debug())
            }
        }
    }
}

/// What mends an input without text.
pub(super) const EMPTY_HINT: &str = "look whether it was cut off when it was fetched, or take it out of the folder";
/// What mends an input that is no text.
pub(super) const BINARY_HINT: &str = "save it as text in UTF-8, UTF-16, windows-1256 or ISO-8859-6";

/// An input that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The id that the article would have; that of the line's number where a record has none that can be read.
    pub id: String,
    /// The input as the user named it (`feed.jsonl:12` for a line).
    pub path: String,
    /// Stable name: `empty`, `binary`, `too_large`, `unreadable`, `no_main_text`, `bad_json`, `bad_record`, `panic`.
    pub kind: &'static str,
    /// What is wrong, for people; without the path.
    pub message: String,
    /// What mends it.
    pub hint: Option<String>,
}

/// An error in what the user named: nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// No INPUT.
    #[error("no input was named")]
    NoInput,
    /// The path does not exist.
    #[error("input {} does not exist", path.display())]
    NotFound {
        /// As named.
        path: PathBuf,
    },
    /// A pipe, socket or device was named.
    #[error("input {} is neither a file nor a folder", path.display())]
    NotAFile {
        /// As named.
        path: PathBuf,
    },
    /// `-` twice.
    #[error("standard input (-) is named twice")]
    StdinTwice,
    /// Standard input, or the temporary file that keeps it, failed.
    #[error("standard input can't be read or kept in a temporary file")]
    Stdin(#[source] std::io::Error),
    /// The output folder is itself an input folder.
    #[error("the output folder {} is an input folder too", path.display())]
    OutputIsInput {
        /// As named.
        path: PathBuf,
    },
    /// Two inputs would write one output.
    #[error("{first} and {second} would write the same output, {id}{}", and_others(*.others))]
    SameOutput {
        /// Output path below the output folder, without extension.
        id: String,
        /// The input that comes first.
        first: String,
        /// The other one.
        second: String,
        /// Both are lines of one JSONL.
        are_lines: bool,
        /// How many further inputs would write an output that another one writes.
        others: usize,
    },
}

fn and_others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 more input clashes likewise".to_owned(),
        _ => format!("; {count} more inputs clash likewise"),
    }
}

impl IngestError {
    /// What mends it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoInput => Some("name a file, a folder, a .jsonl, or - for standard input".to_owned()),
            Self::NotFound { path } if path.is_relative() => match std::env::current_dir() {
                Ok(folder) => Some(format!("relative paths start in {}; check the spelling", folder.display())),
                Err(_) => Some("check the spelling".to_owned()),
            },
            Self::NotFound { .. } => Some("check the spelling".to_owned()),
            Self::NotAFile { path } => Some(format!("pipe it in and name - as the input: … - < {}", path.display())),
            Self::StdinTwice => Some("name - once".to_owned()),
            Self::Stdin(_) => Some("check the free space of the folder for temporary files (TMPDIR)".to_owned()),
            Self::OutputIsInput { .. } => Some("choose another --out, for example a new folder beside it".to_owned()),
            Self::SameOutput { first, second, .. } if first == second => {
                Some("name each input once; an input folder must not hold another input".to_owned())
            }
            Self::SameOutput { are_lines: true, .. } => Some(
                "each line needs an `id` of its own (case does not count): take repeated lines out, or leave `id` out \
                 of all of them, then the line's number is the name"
                    .to_owned(),
            ),
            Self::SameOutput { .. } => {
                Some("rename one of them (case does not count), or run them with two --out folders".to_owned())
            }
        }
    }
}
