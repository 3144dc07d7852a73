//! Last stage: assemble, render, write, note as done.

use super::place::{self, is_of_the_place};
use super::{Event, Failure, Fatal, Outcome, Prepared, Run, Step};
use crate::article::Article;
use crate::batch::Response;
use crate::border;
use crate::brief::Briefing;
use crate::brief::assemble::{AssembleInput, assemble};
use crate::ledger::{Job, JobFailure, JobStore, OutputPath, Work, failed_list};
use crate::render::write::{AtomicFile, sync_folder, write_atomic};
use crate::render::{self, Format, RenderError};
use crate::translate::units::{ArticleUnits, Source};
use crate::translate::{RowError, Translation};
use std::io::Write;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

impl Run<'_> {
    /// Writes the articles whose texts are all back. Other threads do the same with the next ones.
    pub(super) fn finish(&self, translated: &Mutex<Receiver<Response<Prepared>>>) {
        loop {
            let next = translated.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(response) = next else { return };
            // Where no article can be written any more, those that still come are taken off the channel and left.
            if self.has_given_up() {
                continue;
            }
            let _ = self.events.send(Event::Translated { units: response.results.len() });
            if let Err(fatal) = self.write(response) {
                self.give_up(fatal);
            }
        }
    }

    /// Writes one briefing in all formats, or notes why not.
    fn write(&self, response: Response<Prepared>) -> Result<(), Fatal> {
        let Response { payload: Prepared { job, article, analysed }, results, model_seconds } = response;
        if let Some(failure) = lost_article(&analysed.units, &results) {
            return self.fail(&job, &article, failure);
        }
        let made = border::caught(|| {
            let briefing = assemble(AssembleInput {
                article: &article,
                sentences: &analysed.sentences,
                extraction: &analysed.extraction,
                units: &analysed.units,
                translations: &results,
                translator: self.plan.translator.info(),
                summarizer: self.plan.summarizer,
                glossary_sha256: None,
            });
            self.write_files(&briefing).map(|()| briefing.warnings.len())
        });
        match made {
            Err(panic) => self.fail(&job, &article, panic.into()),
            Ok(Err(error)) => {
                let outcome = self.write_failure(&job, Some(&article), error)?;
                self.end(job.input, outcome);
                Ok(())
            }
            Ok(Ok(warnings)) => {
                let work = Work { words: article.words, model_seconds };
                self.plan.ledger.finish(&job, Some(work))?;
                self.step(Step::Noted);
                self.end(job.input, Outcome::Briefed { warnings, work });
                Ok(())
            }
        }
    }

    /// The JSON, which says that the job is done, comes last.
    fn write_files(&self, briefing: &Briefing) -> Result<(), RenderError> {
        let output = OutputPath::new(&self.plan.out_dir, &briefing.article.id);
        place::require(&self.plan.out_dir)?;
        // A format that lies there from an earlier run must not contradict the new JSON.
        let is_due = |format: &Format| {
            self.plan.formats.contains(format) || output.of_format(*format).is_some_and(|path| path.exists())
        };
        let formats: Vec<_> = Format::NAMES.into_iter().map(|(_, format)| format).filter(is_due).collect();
        render_formats(&output, briefing, &formats)?;
        self.step(Step::FormatsWritten);
        let json = output.json();
        let mut file = AtomicFile::create(&json)?;
        let written = file.write_all(render::json(briefing)?.as_bytes());
        written.map_err(|source| RenderError::Io { action: "writing", path: json.clone(), source })?;
        let synced = file.sync()?;
        self.step(Step::BriefingSynced);
        synced.rename()?;
        self.step(Step::BriefingRenamed);
        sync_folder(&json)?;
        self.step(Step::FolderSynced);
        Ok(())
    }

    /// A file that can't be written is its article's failure, unless no other could be written either.
    pub(super) fn write_failure(
        &self,
        job: &Job,
        article: Option<&Article>,
        error: RenderError,
    ) -> Result<Outcome, Fatal> {
        if is_of_the_place(&error, &self.plan.out_dir) {
            return Err(Fatal::Output(error));
        }
        let message = std::iter::successors(std::error::Error::source(&error), |cause| cause.source())
            .fold(error.to_string(), |chain, cause| format!("{chain}: {cause}"));
        let hint = error.hint();
        let record = article.map_or_else(|| failed_list::without_text(&job.id), failed_list::record);
        let failure = JobFailure { kind: "output".into(), message, hint, record };
        self.plan.ledger.fail(job, &failure)?;
        let JobFailure { message, hint, .. } = failure;
        Ok(Outcome::Failed { kind: "output".into(), message, hint })
    }
}

/// An article fails where the memory did not suffice for one of its texts, or where the model failed on all of its
/// sentences; otherwise what is missing is flagged in its briefing.
fn lost_article(units: &ArticleUnits, results: &[Result<Translation, RowError>]) -> Option<Failure> {
    let memory = results.iter().find_map(|result| match result {
        Err(error @ RowError::OutOfMemory { .. }) => Some(error),
        _ => None,
    });
    let no_sentence = || {
        let mut sentences = units.sentences.iter().filter_map(|sentence| match sentence.source {
            Source::Unit(number) => results.get(number),
            Source::AsIs(_) => None,
        });
        let first = sentences.next()?.as_ref().err()?;
        sentences.all(Result::is_err).then_some(first)
    };
    let error = memory.or_else(no_sentence)?;
    let hint = match error {
        RowError::OutOfMemory { .. } => "free memory or use a smaller model, then run again with --retry-failed",
        RowError::TooLong { .. } => "its sentences are too long for this model: cut them, or use another model",
        RowError::Model(_) => "run again with --retry-failed; if it fails again, the model can't take this article",
    };
    Some(Failure { kind: error.kind().into(), message: error.to_string(), hint: Some(hint.into()) })
}

/// Writes a briefing's files in `formats`.
///
/// # Errors
/// [`RenderError`] where a format can't be made or written.
pub fn render_formats(output: &OutputPath, briefing: &Briefing, formats: &[Format]) -> Result<(), RenderError> {
    for format in formats {
        if let (Some(renderer), Some(path)) = (format.renderer(), output.of_format(*format)) {
            write_atomic(&path, renderer.render(briefing)?.as_bytes())?;
        }
    }
    Ok(())
}
