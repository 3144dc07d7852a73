//! Summaries: which sentences and quotes of an article stand for it.

mod abstractive;
pub mod documents;
mod extractive;
mod graph;
mod words;

pub use abstractive::{Abstractive, Reads};
pub use extractive::Extractive;

use crate::article::Sentence;
use crate::brief::{QuoteRecord, SentenceRecord, Summary, Warning};

/// What a summary is made from: an article that is translated and checked already.
#[derive(Debug, Clone, Copy)]
pub struct SummaryInput<'a> {
    /// The Arabic title.
    pub title: Option<&'a str>,
    /// The sentences as they were split: same order and count as `records`.
    pub sentences: &'a [Sentence],
    /// Both languages, sentence by sentence.
    pub records: &'a [SentenceRecord],
    /// Who said what.
    pub quotes: &'a [QuoteRecord],
}

/// A summary and what a reader must know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summarized {
    /// The summary.
    pub summary: Summary,
    /// What the checks found.
    pub warnings: Vec<Warning>,
}

/// The seam for summarizers.
pub trait Summarizer: Send + Sync {
    /// Name and settings: everything that changes the summary. Part of a briefing's signature.
    fn settings(&self) -> serde_json::Value;
    /// The summary, in the order of the text.
    fn summarize(&self, input: &SummaryInput) -> Summarized;
}
