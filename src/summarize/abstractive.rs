//! A summary that a model writes: on the article's English for models of English, on its Arabic for models of Arabic,
//! whose summary is then translated. The article's main quotes stand beside it as they are; numbers and names that the
//! article does not have are told.

use super::documents::{Documents, summarize_documents};
use super::extractive::Extractive;
use super::{Summarized, Summarizer, SummaryInput};
use crate::article::SentenceKind;
use crate::article::cleaning::for_model;
use crate::brief::warnings::WarningCode;
use crate::brief::{Summary, SummaryItem, SummaryMethod};
use crate::translate::{Cancel, Flag, LazyTranslator, Translation, Unit, UnitKind};
use crate::verify::summary::unsupported;
use serde_json::json;
use std::collections::HashSet;

/// Changes whenever the way around the model changes, so that briefings are made anew.
const VERSION: u32 = 1;

/// Share of a summary sentence's words that a sentence of the article must have to be named as what it rests on.
const SUPPORT: f64 = 0.3;
/// Shorter words say nothing about what a sentence is about.
const TELLING_WORD: usize = 4;

/// Which side of the article the model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The Arabic; the summary is translated.
    Arabic,
    /// The English translation.
    English,
}

/// See the module.
pub struct Abstractive<'a> {
    /// The summarizing model.
    pub model: LazyTranslator,
    /// What it reads.
    pub reads: Reads,
    /// Words before the document, for models that are told their task.
    pub prefix: String,
    /// Translates summaries in Arabic.
    pub translator: &'a LazyTranslator,
    /// Chooses the quotes, and steps in where the model fails.
    pub extractive: Extractive,
}

impl Summarizer for Abstractive<'_> {
    fn settings(&self) -> serde_json::Value {
        let reads = match self.reads {
            Reads::Arabic => "ar",
            Reads::English => "en",
        };
        json!({
            "name": "abstractive",
            "version": VERSION,
            "reads": reads,
            "prefix": self.prefix,
            "model": self.model.info().identity,
            "quotes": self.extractive.settings(),
        })
    }

    fn summarize(&self, input: &SummaryInput) -> Summarized {
        match self.written(input) {
            Ok(Some(summarized)) => summarized,
            Ok(None) => self.extractive.summarize(input),
            Err(message) => {
                let mut instead = self.extractive.summarize(input);
                let message = format!("the summary is sentences of the article; the model failed: {message}");
                instead.warnings.push(WarningCode::SummarizerFailed.at(None, message));
                instead
            }
        }
    }
}

/// A sentence of the summary in its languages.
struct Point {
    ar: Option<String>,
    en: Option<String>,
}

impl Abstractive<'_> {
    /// `None` for an article without text in the model's language.
    fn written(&self, input: &SummaryInput) -> Result<Option<Summarized>, String> {
        let document = self.document(input);
        if document.is_empty() {
            return Ok(None);
        }
        let engine = self.model.get().map_err(|error| error.to_string())?;
        let documents = Documents { texts: &[document], prefix: &self.prefix };
        let result = summarize_documents(engine, &documents, &Cancel::new()).map_err(|error| error.to_string())?;
        let summary = result.into_iter().next().ok_or("no result")?.map_err(|error| error.to_string())?;
        if summary.text.trim().is_empty() {
            return Err("it wrote nothing".to_owned());
        }
        let points = match self.reads {
            Reads::English => sentences_of(&summary.text).map(|en| Point { ar: None, en: Some(en) }).collect(),
            Reads::Arabic => self.translated(&summary.text)?,
        };
        Ok(Some(self.checked(input, points, &summary)))
    }

    /// The article's text in the model's language, one line.
    fn document(&self, input: &SummaryInput) -> String {
        let body =
            input.sentences.iter().zip(input.records).filter(|(sentence, _)| sentence.kind == SentenceKind::Body);
        let text: Vec<String> = match self.reads {
            Reads::English => body.filter_map(|(_, record)| record.en.clone()).collect(),
            Reads::Arabic => body.map(|(_, record)| for_model(&record.ar)).filter(|text| !text.is_empty()).collect(),
        };
        text.join(" ")
    }

    fn translated(&self, summary: &str) -> Result<Vec<Point>, String> {
        let arabic: Vec<String> = sentences_of(summary).collect();
        let unit = |text: &String| Unit { kind: UnitKind::Sentence, text: for_model(text) };
        let units: Vec<Unit> = arabic.iter().map(unit).collect();
        let translator = self.translator.get().map_err(|error| error.to_string())?;
        let mut english = Vec::new();
        for batch in units.chunks(translator.limits().preferred_batch.max(1)) {
            let results = crate::batch::translate_halving(translator, batch, &Cancel::new());
            english.extend(results.map_err(|error| error.to_string())?);
        }
        let text = |result: Result<Translation, _>| {
            let text = result.ok().map(|translation| translation.text.split_whitespace().collect::<Vec<_>>().join(" "));
            text.filter(|text| !text.is_empty())
        };
        Ok(arabic.into_iter().zip(english).map(|(ar, en)| Point { ar: Some(ar), en: text(en) }).collect())
    }

    fn checked(&self, input: &SummaryInput, points: Vec<Point>, summary: &Translation) -> Summarized {
        let arabic: Vec<&str> = input.records.iter().map(|record| record.ar.as_str()).collect();
        let english: Vec<&str> = input.records.iter().filter_map(|record| record.en.as_deref()).collect();
        let (arabic, english) = (arabic.join(" "), english.join(" "));
        let mut warnings = Vec::new();
        for point in &points {
            let Some(text) = &point.en else {
                let message = "a sentence of the summary has no English";
                warnings.push(WarningCode::SummaryNotTranslated.at(None, message));
                continue;
            };
            let found = unsupported(text, &arabic, &english);
            let kinds = [
                (WarningCode::SummaryNumberUnsupported, "numbers", found.numbers),
                (WarningCode::SummaryNameUnsupported, "names", found.names),
            ];
            for (code, kind, words) in kinds.into_iter().filter(|(_, _, words)| !words.is_empty()) {
                let message = format!("the summary has {kind} that the article does not have: {}", words.join(", "));
                warnings.push(code.at(None, message));
            }
        }
        if summary.flags.contains(&Flag::SourceSplit) {
            let message =
                "the article is longer than the summarizing model takes: its parts were summarized, then the summaries";
            warnings.push(WarningCode::SummaryOfParts.at(None, message));
        }
        if summary.flags.contains(&Flag::OutputTruncated) {
            warnings
                .push(WarningCode::SummaryCut.at(None, "the summary reached the model's length limit before its end"));
        }
        let mut items: Vec<SummaryItem> = points
            .into_iter()
            .map(|Point { ar, en }| {
                let sentences = self.support(input, ar.as_deref(), en.as_deref());
                SummaryItem { ar, en, sentences, quotes: Vec::new() }
            })
            .collect();
        // The words of the people in the article are shown as they are, never as the model tells them.
        items.extend(self.extractive.quote_items(input));
        Summarized { summary: Summary { method: SummaryMethod::Abstractive, items }, warnings }
    }

    /// The sentence of the article that shares the most words with a point, if it shares enough.
    fn support(&self, input: &SummaryInput, ar: Option<&str>, en: Option<&str>) -> Vec<u32> {
        let telling = |text: &str| -> HashSet<String> {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= TELLING_WORD);
            words.map(str::to_lowercase).collect()
        };
        let own = telling(match self.reads {
            Reads::Arabic => ar.unwrap_or_default(),
            Reads::English => en.unwrap_or_default(),
        });
        let shared = |text: &str| telling(text).intersection(&own).count();
        let best = input
            .records
            .iter()
            .filter_map(|record| {
                let text = match self.reads {
                    Reads::Arabic => for_model(&record.ar),
                    Reads::English => record.en.clone()?,
                };
                Some((shared(&text), record.id))
            })
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.filter(|(words, _)| *words as f64 >= SUPPORT * own.len() as f64 && *words > 0)
            .map(|(_, id)| id)
            .into_iter()
            .collect()
    }
}

/// The sentences of a summary; `<n>` is Pegasus's line end.
fn sentences_of(summary: &str) -> impl Iterator<Item = String> {
    let text = summary.replace("<n>", "\n");
    let mut sentences = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        for (at, character) in line.char_indices() {
            let end = at + character.len_utf8();
            let word = line[start..at].rsplit(char::is_whitespace).next().unwrap_or_default();
            let ends = matches!(character, '.' | '!' | '?' | '؟') && line[end..].starts_with(char::is_whitespace);
            // `U.S.` and `Dr.` end no sentence.
            if ends && (character != '.' || word.chars().count() > 2 && !word.contains('.')) {
                sentences.push(line[start..end].to_owned());
                start = end;
            }
        }
        sentences.push(line[start..].to_owned());
    }
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    sentences.into_iter().map(one_line).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_cut_into_sentences() {
        let rows: [(&str, &[&str]); 4] = [
            ("", &[]),
            ("One thing.<n>Another one", &["One thing.", "Another one"]),
            ("The U.S. envoy met Dr. Sami today. He left!", &["The U.S. envoy met Dr. Sami today.", "He left!"]),
            ("وصل الوفد اليوم. هل عاد؟ نعم", &["وصل الوفد اليوم.", "هل عاد؟", "نعم"]),
        ];
        let failures: Vec<_> = rows
            .iter()
            .map(|(text, wanted)| (text, sentences_of(text).collect::<Vec<_>>(), wanted))
            .filter(|(_, found, wanted)| found != *wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }
}
