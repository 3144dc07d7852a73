//! The warnings of a briefing and their stable codes.

use super::Warning;

/// Why a reader must be careful. The codes are promises to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningCode {
    /// `model_unreliable`: the translation model is known to be unreliable.
    ModelUnreliable,
    /// `title_not_translated`: the title has no English.
    TitleNotTranslated,
    /// `title_flagged`: a check failed on the English of a title that is given beside the text.
    TitleFlagged,
    /// `sentence_not_translated`: a sentence has no English.
    SentenceNotTranslated,
    /// `quote_unattributed`: nobody is named for a piece of reported speech.
    QuoteUnattributed,
    /// `quote_not_translated`: a marked quote has no English.
    QuoteNotTranslated,
    /// `quote_not_verbatim`: a record's Arabic is not the article's; it must not be used.
    QuoteNotVerbatim,
    /// `speaker_not_translated`: a speaker has no English name.
    SpeakerNotTranslated,
    /// `summarizer_failed`: the summarizing model failed, the summary is sentences of the article.
    SummarizerFailed,
    /// `summary_not_translated`: a sentence of a summary in Arabic has no English.
    SummaryNotTranslated,
    /// `summary_number_unsupported`: the summary has a number that the article does not have.
    SummaryNumberUnsupported,
    /// `summary_name_unsupported`: the summary has a name that the article does not have.
    SummaryNameUnsupported,
    /// `summary_of_parts`: the article was summarized in parts, and the summaries together.
    SummaryOfParts,
    /// `summary_cut`: the summary was cut at the model's length limit.
    SummaryCut,
}

impl WarningCode {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelUnreliable => "model_unreliable",
            Self::TitleNotTranslated => "title_not_translated",
            Self::TitleFlagged => "title_flagged",
            Self::SentenceNotTranslated => "sentence_not_translated",
            Self::QuoteUnattributed => "quote_unattributed",
            Self::QuoteNotTranslated => "quote_not_translated",
            Self::QuoteNotVerbatim => "quote_not_verbatim",
            Self::SpeakerNotTranslated => "speaker_not_translated",
            Self::SummarizerFailed => "summarizer_failed",
            Self::SummaryNotTranslated => "summary_not_translated",
            Self::SummaryNumberUnsupported => "summary_number_unsupported",
            Self::SummaryNameUnsupported => "summary_name_unsupported",
            Self::SummaryOfParts => "summary_of_parts",
            Self::SummaryCut => "summary_cut",
        }
    }

    /// The warning, for one sentence or the whole briefing.
    pub fn at(self, sentence: Option<u32>, message: impl Into<String>) -> Warning {
        Warning { code: self.as_str().to_owned(), sentence, message: message.into() }
    }
}
