//! The records' codes in plain words, and text made safe to stand where no markup can isolate it.

use crate::brief::{ProjectionMethod, SpeakerMethod, SummaryMethod};
use crate::quotes::{AttributionType, NotSpeechKind, Polarity, SpeakerHow, SpeakerKind, TranslatedFrom};
use crate::translate::Flag;
use serde::Serialize;

/// The code of a warning that must be seen before anything else.
pub const MODEL_UNRELIABLE: &str = "model_unreliable";

/// The name that a unit-like enum has in the JSON (`number_mismatch`).
pub fn code<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        // The record enums are all written as strings; a test goes through them.
        other => unreachable!("a code is a string, not {other:?}"),
    }
}

/// What a flag means to a reader.
pub fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::SourceTruncated => "The Arabic was longer than the model takes: its end is not translated.",
        Flag::SourceSplit => "The Arabic was longer than the model takes: it was translated in parts.",
        Flag::OutputTruncated => "The English was cut at the model's length limit: its end is missing.",
        Flag::Repetition => "The model began to repeat itself and was stopped: words may be missing.",
        Flag::EmptyOutput => "The model gave no English.",
        Flag::NumberMismatch => "Numbers differ between the Arabic and the English.",
        Flag::NameMismatch => "A person named in the Arabic is not named so in the English: the name may be invented.",
        Flag::ArabicLeftover => "Arabic letters were left in the English.",
        Flag::UnmappedMarksRemoved => {
            "Quotation marks of the English could not be mapped to marked words of the Arabic and were removed."
        }
        Flag::MarksMissing => "Marked words of the Arabic could not be found in the English.",
        Flag::LengthRatio => "The English is much longer or shorter than the Arabic makes likely.",
        Flag::NotTranslated => "The model failed on this text: there is no translation.",
    }
}

/// Direct, mixed or indirect.
pub fn attribution_type(kind: AttributionType) -> &'static str {
    match kind {
        AttributionType::Direct => "direct",
        AttributionType::Mixed => "mixed",
        AttributionType::Indirect => "indirect",
    }
}

/// What the polarity means to a reader; `None` for speech that the speaker stands behind.
pub fn polarity_note(polarity: Polarity) -> Option<&'static str> {
    match polarity {
        Polarity::Affirmed => None,
        Polarity::Denied => Some("denied: the speaker says this is not so"),
        Polarity::Unconfirmed => Some("unconfirmed: the speaker neither confirms nor denies this"),
    }
}

/// What kind of speaker.
pub fn speaker_kind(kind: SpeakerKind) -> &'static str {
    match kind {
        SpeakerKind::Person => "person",
        SpeakerKind::Org => "organisation",
        SpeakerKind::Text => "statement or report",
        SpeakerKind::Indefinite => "unnamed source",
    }
}

/// How the speaker was found.
pub fn speaker_how(how: SpeakerHow) -> &'static str {
    match how {
        SpeakerHow::Named => "named beside the reporting words",
        SpeakerHow::Title => "by a title or short name; the full name stands elsewhere in the article",
        SpeakerHow::CarryOver => "carried over: no subject here, the speaker before goes on",
        SpeakerHow::Pronoun => "by a pronoun or words such as “the latter”",
    }
}

/// How the speaker's English name was made.
pub fn speaker_method(method: SpeakerMethod) -> &'static str {
    match method {
        SpeakerMethod::Glossary => "from the glossary",
        SpeakerMethod::Translation => "translated by the model",
        SpeakerMethod::Transliteration => "written letter by letter",
    }
}

/// How the English words of a quote were found.
pub fn projection(method: ProjectionMethod) -> &'static str {
    match method {
        ProjectionMethod::Marks => "the words between the quotation marks of the translation",
        ProjectionMethod::Alignment => "found in the translation by word alignment",
        ProjectionMethod::Retranslated => "the quoted words translated alone: they can differ from the sentence",
    }
}

/// Whether the Arabic is itself a translation.
pub fn translated_from(value: TranslatedFrom) -> &'static str {
    match value {
        TranslatedFrom::No => "no sign of it",
        TranslatedFrom::Likely => "likely: the source is a foreign outlet or agency",
    }
}

/// What a marked span is that is not speech.
pub fn not_speech(kind: NotSpeechKind) -> &'static str {
    match kind {
        NotSpeechKind::Name => "a name",
        NotSpeechKind::Title => "a title",
        NotSpeechKind::Scare => "distance or emphasis",
        NotSpeechKind::Slogan => "a slogan",
        NotSpeechKind::Scripture => "scripture or verse",
        NotSpeechKind::Other => "marked words",
    }
}

/// How the summary was made.
pub fn summary_method(method: SummaryMethod) -> &'static str {
    match method {
        SummaryMethod::Extractive => "sentences chosen from the article",
        SummaryMethod::Abstractive => "written by a model",
    }
}

/// Controls that change the direction of what follows: embeddings, overrides, isolates.
pub fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// One line without control characters and direction controls, for a window title or a tooltip, where no markup can
/// keep them in.
pub fn plain_line(text: &str) -> String {
    let visible: String =
        text.chars().filter(|&c| c.is_whitespace() || !(c.is_control() || is_direction_control(c))).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The address, if a reader may be sent there: only `http` and `https`, nothing that runs.
pub fn safe_link(url: &str) -> Option<&str> {
    let scheme_end = url.find("://")?;
    let scheme = &url[..scheme_end];
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_clean = !url.chars().any(|c| c.is_whitespace() || c.is_control() || is_direction_control(c));
    (is_web && is_clean && url.len() > scheme_end + 3).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_records() {
        assert_eq!(code(Flag::NumberMismatch), "number_mismatch");
        assert_eq!(code(SpeakerHow::CarryOver), "carry_over");
        assert_eq!(code(AttributionType::Direct), "direct");
        assert_eq!(code(Polarity::Denied), "denied");
        assert_eq!(code(NotSpeechKind::Name), "name");
    }

    #[test]
    fn only_web_addresses_become_links() {
        let table = [
            ("https://example.org/أخبار?id=1&b=\"2\"", true),
            ("HTTP://example.org", true),
            ("javascript:alert(1)", false),
            ("javascript://example.org/%0aalert(1)", false),
            (" https://example.org", false),
            ("https://", false),
            ("data:text/html,<script>", false),
            ("//example.org", false),
            ("https://example.org/\u{202e}gpj", false),
            ("ftp://example.org", false),
            ("", false),
        ];
        let wrong: Vec<_> = table.iter().filter(|(url, good)| safe_link(url).is_some() != *good).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_plain_line_has_no_controls() {
        assert_eq!(plain_line(" a\u{202e}b\n\tc\u{0}\u{2067}د\u{2069} "), "ab cد");
    }
}
