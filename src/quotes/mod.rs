//! Who said what. Works on the Arabic text alone and knows nothing of models.

pub mod record;

pub use record::*;

use crate::article::Sentence;

/// Name of the rule set; part of a briefing's signature, so that changed rules rebuild briefings.
pub const RULES_VERSION: &str = "quotes-1";

/// Finds the reported speech and the other marked spans of an article.
///
/// `sentences` are the article's, in order; they decide where `Attribution::spans` are cut.
pub fn extract(_text: &str, _sentences: &[Sentence]) -> Extraction {
    Extraction::default()
}
