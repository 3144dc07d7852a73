//! The attribution record, `mujaz.quotes/1`: who said what. Frozen; `docs/quotes.schema.json` is made from it.

use crate::article::Span;
use serde::{Deserialize, Serialize};

/// A piece of the article: its words and where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TextSpan {
    /// The words, a byte slice of the article's text.
    pub text: String,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl TextSpan {
    /// The words of `span` in `text`.
    pub fn new(text: &str, span: Span) -> Self {
        Self { text: span.slice(text).to_owned(), start: span.start, end: span.end }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// How the words are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttributionType {
    /// A marked span that is a full utterance.
    Direct,
    /// A marked fragment inside a clause of the journalist's.
    Mixed,
    /// Reported speech without marks.
    Indirect,
}

/// Whether the speaker stands behind the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// The speaker says so.
    Affirmed,
    /// The speaker denies it.
    Denied,
    /// The speaker neither confirms nor denies (`لم يؤكد`).
    Unconfirmed,
}

/// What the speaker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpeakerKind {
    /// A human being, or several.
    Person,
    /// A ministry, company, agency, party, state.
    Org,
    /// A statement, report or study that speaks.
    Text,
    /// An unnamed source.
    Indefinite,
}

/// How the speaker was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpeakerHow {
    /// Name or noun phrase beside the cue.
    Named,
    /// Only a title or a short name beside the cue; the fullest mention stands elsewhere.
    Title,
    /// The subject is dropped: the speaker of the speech before goes on.
    CarryOver,
    /// A pronoun or `الأخير`, `المصدر ذاته`.
    Pronoun,
}

/// Who speaks. Same `id`, same speaker within one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Speaker {
    /// `s1`, `s2`, … in the article.
    pub id: String,
    /// The fullest mention in the article.
    pub text: String,
    /// First byte of the fullest mention.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Person, organisation, text or indefinite source.
    pub kind: SpeakerKind,
    /// How the speaker was found.
    pub how: SpeakerHow,
    /// The words at this place; null if the subject is dropped.
    pub mention: Option<TextSpan>,
}

/// Whether the Arabic words are likely a translation themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TranslatedFrom {
    /// No sign of it.
    No,
    /// A foreign outlet or agency is the source.
    Likely,
}

/// One piece of reported speech.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attribution {
    /// `q1`, `q2`, … in the order of the text.
    pub id: String,
    /// Direct, mixed or indirect.
    pub r#type: AttributionType,
    /// The reported words, first to last byte, without the marks around them.
    pub content: TextSpan,
    /// `content` cut at sentence ends, in order.
    pub spans: Vec<Span>,
    /// Id of the indirect record in which a mixed one stands.
    pub parent: Option<String>,
    /// Affirmed, denied or unconfirmed.
    pub polarity: Polarity,
    /// Null without evidence; `speaker_reason` then says why.
    pub speaker: Option<Speaker>,
    /// Why there is no speaker.
    pub speaker_reason: Option<String>,
    /// The reporting words as written; null for speech without a cue.
    pub cue: Option<TextSpan>,
    /// Where it was said: article, interview, statement, outlet.
    pub medium: Option<TextSpan>,
    /// To whom it was said.
    pub addressee: Option<TextSpan>,
    /// When or on what occasion.
    pub circumstance: Option<TextSpan>,
    /// Whether the Arabic is likely a translation of another language; null if it was not looked at.
    pub translated_from: Option<TranslatedFrom>,
    /// 0 to 1; null if it was not estimated.
    pub confidence: Option<f64>,
    /// What the record rests on, in words.
    pub reasons: Vec<String>,
}

/// What a marked span is that is nobody's reported words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotSpeechKind {
    /// A paper, group, work, place.
    Name,
    /// A job title or the title of a work.
    Title,
    /// Irony, distance, emphasis.
    Scare,
    /// A slogan.
    Slogan,
    /// Scripture or verse.
    Scripture,
    /// Technical terms and the rest.
    Other,
}

/// A marked span that is not speech.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotSpeech {
    /// The words between the marks.
    pub text: String,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: NotSpeechKind,
}

/// All that [`super::extract`] finds in one article. A marked span is in exactly one of the two lists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Extraction {
    /// Reported speech, in the order of the text.
    pub attributions: Vec<Attribution>,
    /// Marked spans that are not speech, in the order of the text.
    pub not_speech: Vec<NotSpeech>,
}

/// One line of `mujaz quotes --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QuotesRecord {
    /// `mujaz.quotes/1`.
    pub schema: String,
    /// The input as the user named it.
    pub article: String,
    /// SHA-256 of the decoded text.
    pub text_sha256: String,
    /// What the bytes were decoded from.
    pub encoding: String,
    /// BCP-47 code; null if undecided.
    pub language: Option<String>,
    /// What was found.
    #[serde(flatten)]
    pub found: Extraction,
}
