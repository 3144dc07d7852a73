//! An article put together from pieces of which it is known where they stand, and a translator that is no model.

use mujaz::article::{Article, Sentence, SentenceKind, Span, Title, sha256_hex};
use mujaz::brief::Briefing;
use mujaz::brief::assemble::{AssembleInput, assemble};
use mujaz::quotes::*;
use mujaz::summarize::Extractive;
use mujaz::translate::units::ArticleUnits;
use mujaz::translate::{ModelIdentity, RowError, Translation, TranslatorInfo, Unit};

/// Writes an article's text and its records side by side.
#[derive(Default)]
pub struct Draft {
    pub text: String,
    pub sentences: Vec<Sentence>,
    pub found: Extraction,
    sentence_start: usize,
    paragraph: u32,
}

impl Draft {
    /// Adds words; returns where they stand.
    pub fn put(&mut self, words: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(words);
        Span { start, end: self.text.len() }
    }

    /// Ends the sentence here.
    pub fn end_sentence(&mut self, kind: SentenceKind, then: &str) {
        let span = Span { start: self.sentence_start, end: self.text.len() }.trimmed(&self.text);
        if !span.is_empty() {
            let id = self.sentences.len() as u32 + 1;
            self.sentences.push(Sentence { id, span, paragraph: self.paragraph, kind });
        }
        self.text.push_str(then);
        self.paragraph += u32::from(then.contains('\n'));
        self.sentence_start = self.text.len();
    }

    /// Records the words of `spans` (pieces of one quote) as speech of `speaker` (id and where it is named).
    pub fn quote(&mut self, r#type: AttributionType, spans: Vec<Span>, speaker: Option<(&str, Span)>) {
        let content = Span { start: spans[0].start, end: spans[spans.len() - 1].end };
        let speaker = speaker.map(|(id, span)| Speaker {
            id: id.to_owned(),
            text: span.slice(&self.text).to_owned(),
            start: span.start,
            end: span.end,
            kind: SpeakerKind::Person,
            how: SpeakerHow::Named,
            mention: None,
        });
        let id = format!("q{}", self.found.attributions.len() + 1);
        self.found.attributions.push(Attribution {
            id,
            r#type,
            content: TextSpan::new(&self.text, content),
            spans,
            parent: None,
            polarity: Polarity::Affirmed,
            speaker_reason: speaker.is_none().then(|| "no name beside the cue".to_owned()),
            speaker,
            cue: None,
            medium: None,
            addressee: None,
            circumstance: None,
            translated_from: None,
            confidence: None,
            reasons: Vec::new(),
        });
    }

    /// Records a marked name.
    pub fn name(&mut self, span: Span) {
        let text = span.slice(&self.text).to_owned();
        self.found.not_speech.push(NotSpeech { text, start: span.start, end: span.end, kind: NotSpeechKind::Name });
    }

    pub fn article(&self, title: Option<Title>) -> Article {
        Article {
            id: "a".into(),
            path: "in/a.txt".into(),
            text: self.text.clone(),
            text_sha256: sha256_hex(&self.text),
            encoding: "utf-8".into(),
            language: Some("ar".into()),
            words: self.text.split_whitespace().count(),
            title,
            url: None,
            outlet: None,
            published: None,
        }
    }

    pub fn units(&self, article: &Article) -> ArticleUnits {
        ArticleUnits::new(article, &self.sentences, &self.found)
    }

    /// The briefing with `translate` as the model.
    pub fn brief(
        &self,
        title: Option<Title>,
        unreliable: Option<&str>,
        translate: impl FnMut(&Unit) -> Result<Translation, RowError>,
    ) -> Briefing {
        let article = self.article(title);
        let units = self.units(&article);
        let translations: Vec<_> = units.units.iter().map(translate).collect();
        assemble(AssembleInput {
            article: &article,
            sentences: &self.sentences,
            extraction: &self.found,
            units: &units,
            translations: &translations,
            translator: &info(unreliable),
            summarizer: &Extractive::default(),
            glossary_sha256: None,
        })
    }
}

fn info(unreliable: Option<&str>) -> TranslatorInfo {
    TranslatorInfo {
        identity: ModelIdentity {
            model: "fake".into(),
            revision: None,
            sha256: None,
            dtype: "f32".into(),
            decoding: serde_json::json!({"beams": 1}),
        },
        device: "cpu".into(),
        deterministic: true,
        unreliable: unreliable.map(str::to_owned),
    }
}

/// A translation with nothing but a text.
pub fn translated(text: impl Into<String>) -> Result<Translation, RowError> {
    Ok(Translation { text: text.into(), score: Some(-0.123_456), ..Translation::default() })
}

/// Letter by letter into Latin capitals; everything else stays.
pub fn transliterate(arabic: &str) -> String {
    const LETTERS: &[(char, &str)] = &[
        ('ا', "A"),
        ('أ', "A"),
        ('إ', "I"),
        ('آ', "AA"),
        ('ب', "B"),
        ('ت', "T"),
        ('ث', "TH"),
        ('ج', "J"),
        ('ح', "H"),
        ('خ', "KH"),
        ('د', "D"),
        ('ذ', "DH"),
        ('ر', "R"),
        ('ز', "Z"),
        ('س', "S"),
        ('ش', "SH"),
        ('ص', "S"),
        ('ض', "D"),
        ('ط', "T"),
        ('ظ', "Z"),
        ('ع', "E"),
        ('غ', "GH"),
        ('ف', "F"),
        ('ق', "Q"),
        ('ك', "K"),
        ('ل', "L"),
        ('م', "M"),
        ('ن', "N"),
        ('ه', "H"),
        ('و', "W"),
        ('ي', "Y"),
        ('ى', "A"),
        ('ة', "H"),
        ('ء', "O"),
        ('ئ', "I"),
        ('ؤ', "U"),
        ('،', ","),
        ('؟', "?"),
        ('؛', ";"),
    ];
    arabic
        .chars()
        .map(|c| {
            LETTERS.iter().find(|(letter, _)| *letter == c).map_or(c.to_string(), |(_, latin)| (*latin).to_owned())
        })
        .collect()
}
