//! The briefing, `mujaz.briefing/1`: its schema. It is always written; other formats are rendered from it.
//! Frozen; `docs/briefing.schema.json` is made from it.

pub mod assemble;
mod relative_days;
pub mod signature;
pub mod warnings;

use crate::article::Span;
use crate::quotes::{Attribution, NotSpeech};
use crate::translate::{Flag, ModelIdentity};
use serde::{Deserialize, Serialize};

/// Value of [`Briefing::schema`].
pub const SCHEMA: &str = "mujaz.briefing/1";

/// One article, briefed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Briefing {
    /// [`SCHEMA`].
    pub schema: String,
    /// The article, with its whole text.
    pub article: ArticleRecord,
    /// Every sentence with its translation.
    pub sentences: Vec<SentenceRecord>,
    /// Every piece of reported speech.
    pub quotes: Vec<QuoteRecord>,
    /// Marked spans that are not speech.
    pub not_speech: Vec<NotSpeechRecord>,
    /// The summary.
    pub summary: Summary,
    /// What a reader must know before relying on it.
    pub warnings: Vec<Warning>,
    /// What made it.
    pub signature: Signature,
}

/// Arabic and English side by side; null where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bilingual {
    /// Arabic.
    pub ar: Option<String>,
    /// English.
    pub en: Option<String>,
}

/// The article as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ArticleRecord {
    /// Output path below `--out`, without extension.
    pub id: String,
    /// The input as the user named it.
    pub path: String,
    /// Title in both languages.
    pub title: Bilingual,
    /// Address.
    pub url: Option<String>,
    /// Publisher.
    pub outlet: Option<String>,
    /// Date.
    pub published: Option<String>,
    /// BCP-47 code.
    pub language: Option<String>,
    /// Words of the Arabic.
    pub words: usize,
    /// SHA-256 of `text`.
    pub text_sha256: String,
    /// What the bytes were decoded from.
    pub encoding: String,
    /// `utf8-bytes`: the unit of all spans.
    pub offsets: String,
    /// The decoded text that all Arabic spans point into.
    pub text: String,
}

/// A sentence and its translation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SentenceRecord {
    /// Counted from 1.
    pub id: u32,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The Arabic, a byte slice of the text.
    pub ar: String,
    /// The English; null if the model failed on it.
    pub en: Option<String>,
    /// Mean log-probability a token; null where the engine does not compute it.
    pub score: Option<f64>,
    /// What the checks found.
    pub flags: Vec<Flag>,
}

/// How the English words of a quote were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProjectionMethod {
    /// The quotation marks that the translation kept.
    Marks,
    /// Aligned without marks: by the engine's word alignment, as the whole sentence, or at the only place of the
    /// sentence with exactly the words that the piece has when it is translated alone.
    Alignment,
    /// The quoted words translated alone.
    Retranslated,
}

/// The English of a quote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QuoteEnglish {
    /// The words.
    pub text: String,
    /// Sentence in whose English they stand (the first, for a quote over several); null for words translated alone.
    pub sentence: Option<u32>,
    /// First byte in that sentence's `en`.
    pub start: Option<usize>,
    /// One past the last byte.
    pub end: Option<usize>,
    /// How they were found; `retranslated` as soon as one piece had to be translated alone.
    pub method: ProjectionMethod,
    /// One for each piece of the quote that was found in the English of its sentence, in order.
    pub pieces: Vec<EnglishPiece>,
}

/// Where one piece of a quote stands in the English of one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EnglishPiece {
    /// The sentence.
    pub sentence: u32,
    /// First byte in its `en`, after the opening mark.
    pub start: usize,
    /// One past the last byte, before the closing mark.
    pub end: usize,
}

/// How a speaker's English name was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpeakerMethod {
    /// From the user's glossary.
    Glossary,
    /// From the model.
    Translation,
    /// Letter by letter.
    Transliteration,
}

/// A speaker's English name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SpeakerEnglish {
    /// The name.
    pub text: String,
    /// How it was made.
    pub method: SpeakerMethod,
    /// What the checks found.
    pub flags: Vec<Flag>,
}

/// Checks on one quote; a check that was not made is null, never true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QuoteChecks {
    /// The Arabic is a byte slice of the article.
    pub verbatim: Option<bool>,
    /// Marks of the English are balanced and all recorded.
    pub balanced: Option<bool>,
    /// Numbers agree.
    pub numbers: Option<bool>,
    /// The English name of the speaker has a word of the sound of each name word of the Arabic; null where the speaker
    /// is no person, is known by title only, or has no English.
    pub names: Option<bool>,
}

/// A quote: the attribution record and its English side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QuoteRecord {
    /// The attribution.
    #[serde(flatten)]
    pub attribution: Attribution,
    /// Sentences it stands in.
    pub sentences: Vec<u32>,
    /// The English; null if there is none.
    pub en: Option<QuoteEnglish>,
    /// The speaker's English name; null without a speaker or a translation.
    pub speaker_en: Option<SpeakerEnglish>,
    /// The checks.
    pub checks: QuoteChecks,
}

/// A marked span that is not speech, and where its English stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotSpeechRecord {
    /// The span.
    #[serde(flatten)]
    pub marked: NotSpeech,
    /// The English; null if there is none.
    pub en: Option<QuoteEnglish>,
}

/// How the summary was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SummaryMethod {
    /// Sentences chosen from the article.
    Extractive,
    /// Written by a model.
    Abstractive,
}

/// One point of the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SummaryItem {
    /// Arabic.
    pub ar: Option<String>,
    /// English.
    pub en: Option<String>,
    /// Sentences it rests on.
    pub sentences: Vec<u32>,
    /// Quotes it shows.
    pub quotes: Vec<String>,
}

/// The summary, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// How it was made.
    pub method: SummaryMethod,
    /// Its points.
    pub items: Vec<SummaryItem>,
}

/// Something a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Warning {
    /// Stable name (`model_unreliable`, `quote_unattributed`, …).
    pub code: String,
    /// Sentence concerned; null for the whole briefing.
    pub sentence: Option<u32>,
    /// In words.
    pub message: String,
}

/// What made a briefing. `settings_sha256` covers what changes the words; tool and device are recorded beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signature {
    /// 1.
    pub schema: u32,
    /// The translation model.
    pub translator: ModelIdentity,
    /// The summarizer and its settings.
    pub summarizer: serde_json::Value,
    /// [`signature::rules`]: the quote rules first, then those of projection and checks.
    pub rules: String,
    /// SHA-256 of the glossary file; null without one.
    pub glossary_sha256: Option<String>,
    /// SHA-256 over all of the above.
    pub settings_sha256: String,
    /// Whether the same settings give the same bytes on the same kind of device.
    pub deterministic: bool,
    /// Version of this program.
    pub tool: String,
    /// Where it ran.
    pub device: String,
}

impl SentenceRecord {
    /// Where the Arabic stands in the article's text.
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }
}
