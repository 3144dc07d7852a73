//! Summaries of whole documents by a model, also of such that are longer than the model takes.
//!
//! A long document is cut at sentence ends into parts that fit, each part is summarized, and the summaries, one after
//! the other, are summarized again, until one call takes them all. Such a summary has the flag
//! [`Flag::SourceSplit`].

use crate::article::cleaning;
use crate::batch::translate_halving;
use crate::seq2seq::long_input;
use crate::translate::store::UnitResult;
use crate::translate::{BatchError, Cancel, Flag, RowError, Translation, Translator, Unit, UnitKind};
use std::cmp::Reverse;

/// Summaries of summaries at most; a model whose outputs don't get shorter is stopped by it.
const MOST_ROUNDS: usize = 8;

/// Documents and what goes before each.
#[derive(Debug, Clone, Copy)]
pub struct Documents<'a> {
    /// The documents, one line each.
    pub texts: &'a [String],
    /// `summarize: ` and the like.
    pub prefix: &'a str,
}

/// A document on its way.
struct Job {
    index: usize,
    text: String,
    split: bool,
    /// Tokens of the document itself.
    tokens_in: usize,
}

/// One summary for each document, in their order; a document without words has an empty one.
///
/// # Errors
/// [`BatchError`] where the engine can't go on.
pub fn summarize_documents(
    engine: &dyn Translator,
    documents: &Documents,
    cancel: &Cancel,
) -> Result<Vec<UnitResult>, BatchError> {
    let verbatim = engine.limits().verbatim;
    let count = |text: &str| engine.count_tokens(&format!("{}{text}", documents.prefix));
    let mut results: Vec<UnitResult> = vec![Ok(Translation::default()); documents.texts.len()];
    let mut open: Vec<Job> = Vec::new();
    for (index, document) in documents.texts.iter().enumerate() {
        let cleaned = cleaning::for_model(document);
        if !cleaned.is_empty() {
            let text = if verbatim { document.clone() } else { cleaned };
            open.push(Job { index, tokens_in: count(&text), text, split: false });
        }
    }
    let limit = engine.limits().max_source_tokens;
    for round in 0.. {
        if open.is_empty() {
            break;
        }
        let mut parts: Vec<(usize, String)> = Vec::new();
        for (place, job) in open.iter_mut().enumerate() {
            if count(&job.text) <= limit {
                parts.push((place, job.text.clone()));
                continue;
            }
            job.split = true;
            parts.extend(long_input::split(&job.text, limit, count).into_iter().map(|part| (place, part.to_owned())));
        }
        let summaries = summarize_texts(engine, documents.prefix, &parts, cancel)?;
        let mut of_jobs: Vec<Vec<UnitResult>> = open.iter().map(|_| Vec::new()).collect();
        for ((place, _), summary) in parts.iter().zip(summaries) {
            of_jobs[*place].push(summary);
        }
        let mut left = Vec::new();
        for (job, mut summaries) in open.into_iter().zip(of_jobs) {
            if let Some(error) = summaries.iter().find_map(|summary| summary.as_ref().err().cloned()) {
                results[job.index] = Err(error);
            } else if summaries.len() == 1 {
                results[job.index] =
                    summaries.pop().unwrap_or_else(|| Ok(Translation::default())).map(|mut summary| {
                        summary.tokens_in = job.tokens_in;
                        if job.split {
                            summary.flags.push(Flag::SourceSplit);
                        }
                        summary
                    });
            } else {
                let texts: Vec<String> = summaries.into_iter().flatten().map(|summary| summary.text).collect();
                let text = texts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
                if round + 1 == MOST_ROUNDS || text.is_empty() {
                    let message = "the summaries of the document's parts don't become short enough to be one";
                    results[job.index] = Err(RowError::Model(message.to_owned()));
                } else {
                    left.push(Job { text, ..job });
                }
            }
        }
        open = left;
    }
    Ok(results)
}

/// The summaries of `parts`, longest first through the engine, back in their order.
fn summarize_texts(
    engine: &dyn Translator,
    prefix: &str,
    parts: &[(usize, String)],
    cancel: &Cancel,
) -> Result<Vec<UnitResult>, BatchError> {
    let limits = engine.limits();
    let units: Vec<Unit> =
        parts.iter().map(|(_, text)| Unit { kind: UnitKind::Sentence, text: format!("{prefix}{text}") }).collect();
    let mut order: Vec<usize> = (0..units.len()).collect();
    if limits.in_step {
        order.sort_by_cached_key(|&index| Reverse(engine.count_tokens(&units[index].text)));
    }
    let mut results: Vec<UnitResult> = vec![Ok(Translation::default()); units.len()];
    for batch in order.chunks(limits.preferred_batch.max(1)) {
        let texts: Vec<Unit> = batch.iter().map(|&index| units[index].clone()).collect();
        for (&index, result) in batch.iter().zip(translate_halving(engine, &texts, cancel)?) {
            results[index] = result;
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::fake::FakeTranslator;
    use crate::translate::{Limits, TranslatorInfo};

    /// Keeps the first word of each text; takes ten words.
    struct FirstWord(FakeTranslator);

    impl Translator for FirstWord {
        fn info(&self) -> &TranslatorInfo {
            self.0.info()
        }
        fn limits(&self) -> Limits {
            Limits { max_source_tokens: 10, preferred_batch: 3, in_step: true, verbatim: true }
        }
        fn count_tokens(&self, text: &str) -> usize {
            text.split_whitespace().count()
        }
        fn translate(&self, units: &[Unit], _: &Cancel) -> Result<Vec<UnitResult>, BatchError> {
            let first = |unit: &Unit| {
                assert!(self.count_tokens(&unit.text) <= 10, "{}", unit.text);
                let text = unit.text.split_whitespace().nth(1).unwrap_or_default().to_owned();
                Ok(Translation { text, tokens_in: 1, ..Translation::default() })
            };
            Ok(units.iter().map(first).collect())
        }
    }

    #[test]
    fn long_documents_are_summarized_in_parts() {
        let long: String = (0..100).map(|number| format!("w{number} ")).collect();
        let documents = ["one two".to_owned(), String::new(), " \u{200b} ".to_owned(), long];
        let engine = FirstWord(FakeTranslator::default());
        let documents = Documents { texts: &documents, prefix: "p: " };
        let results = summarize_documents(&engine, &documents, &Cancel::new()).unwrap();
        let found: Vec<_> = results.into_iter().map(|result| result.unwrap()).collect();
        let texts: Vec<&str> = found.iter().map(|summary| summary.text.as_str()).collect();
        assert_eq!(texts, ["one", "", "", "w0"]);
        assert_eq!(found[0].flags, []);
        assert_eq!(found[3].flags, [Flag::SourceSplit]);
        assert_eq!(found[3].tokens_in, 101);
    }
}
