//! The flow: where an article goes next. Each arrow is a bounded channel, each stage a thread:
//!
//! ```text
//! read   ──(PREPARED_AHEAD)──►  translate  ──(TRANSLATED_AHEAD)──►  finish
//! ingest, sentences, quotes,    batch::run over one store           assemble, render, write
//! units; what is done is left
//! ```
//! A failure of one article is data ([`Outcome::Failed`]), counted and reported; it never ends the run.

use crate::article::ingest::{Ingested, InputPlan};
use crate::article::{Article, Sentence, sentences};
use crate::batch::{self, BatchDone, Request, Response, ScheduleError};
use crate::brief::assemble::{AssembleInput, assemble};
use crate::brief::{Briefing, signature};
use crate::ledger::{self, JobState, OutputPath};
use crate::quotes::{self, Extraction};
use crate::render::write::write_atomic;
use crate::render::{self, Format, RenderError};
use crate::summarize::Summarizer;
use crate::translate::store::SentenceStore;
use crate::translate::units::ArticleUnits;
use crate::translate::{BatchError, Cancel, LazyTranslator};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Articles that are read and analysed while the model works.
const PREPARED_AHEAD: usize = 16;
/// Articles that are translated and wait to be written.
const TRANSLATED_AHEAD: usize = 16;
/// Translations kept for wire copies, in bytes.
const STORE_BYTES: usize = 64 << 20;

/// What to do: validated, nothing in it is parsed again.
pub struct BriefPlan<'a> {
    /// The articles.
    pub inputs: &'a InputPlan,
    /// Where the briefings go.
    pub out_dir: PathBuf,
    /// Formats beside the JSON.
    pub formats: Vec<Format>,
    /// The translation model.
    pub translator: &'a LazyTranslator,
    /// The summary.
    pub summarizer: &'a dyn Summarizer,
    /// Redo what is done.
    pub force: bool,
    /// End the run after this many failed articles.
    pub max_failures: Option<usize>,
}

/// What became of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Translated and written.
    Briefed {
        /// Warnings in the briefing.
        warnings: usize,
    },
    /// The briefing was there; formats were rendered from it.
    Rendered,
    /// Everything was there.
    UpToDate,
    /// Left out, and that is no failure.
    Skipped {
        /// Stable name of the reason.
        kind: &'static str,
        /// In words.
        reason: String,
    },
    /// Could not be done.
    Failed {
        /// Stable name of the failure.
        kind: &'static str,
        /// What went wrong.
        message: String,
        /// What mends it.
        hint: Option<String>,
    },
}

/// What the run tells its observer, in no order between articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An article waits for the model: its units.
    Queued {
        /// How many texts it has for the model.
        units: usize,
    },
    /// A batch is back.
    Batch(BatchDone),
    /// An input is dealt with.
    Ended {
        /// The input as the user named it.
        path: String,
        /// What became of it.
        outcome: Outcome,
    },
}

/// How a run ended.
#[derive(Debug)]
pub enum RunEnd {
    /// All inputs were dealt with.
    Complete,
    /// The observer or a signal asked for the stop.
    Cancelled,
    /// `max_failures` was reached.
    TooManyFailures,
    /// The model or its device can't be used.
    Model(ScheduleError),
}

/// An article on its way to the model.
struct Prepared {
    article: Article,
    sentences: Vec<Sentence>,
    extraction: Extraction,
    units: ArticleUnits,
}

/// What the three stages share.
struct Run<'a> {
    plan: &'a BriefPlan<'a>,
    settings_sha256: String,
    events: Sender<Event>,
    failures: AtomicUsize,
    cancel: &'a Cancel,
}

/// Runs the plan; `observe` is called on this thread for every [`Event`].
pub fn run(plan: &BriefPlan, cancel: &Cancel, mut observe: impl FnMut(Event)) -> RunEnd {
    let (events, event_receiver) = channel();
    let run = Run {
        plan,
        settings_sha256: signature::settings_sha256(
            &plan.translator.info().identity,
            &plan.summarizer.settings(),
            &signature::rules(),
            None,
        ),
        events,
        failures: AtomicUsize::new(0),
        cancel,
    };
    let (to_translate, prepared) = sync_channel(PREPARED_AHEAD);
    let (to_finish, translated) = sync_channel(TRANSLATED_AHEAD);
    let scheduled = thread::scope(|scope| {
        let run = &run;
        scope.spawn(move || run.read(&to_translate));
        let translating = scope.spawn(move || {
            let batch_events = run.events.clone();
            let mut store = SentenceStore::new(STORE_BYTES);
            batch::run(&prepared, &to_finish, plan.translator, &mut store, cancel, |done| {
                let _ = batch_events.send(Event::Batch(done));
            })
        });
        let finishing = scope.spawn(move || run.finish(&translated));
        // The events end when every stage has ended: this loop is the run's heartbeat.
        while !(translating.is_finished() && finishing.is_finished()) {
            if let Ok(event) = event_receiver.recv_timeout(HEARTBEAT) {
                observe(event);
            }
        }
        event_receiver.try_iter().for_each(&mut observe);
        translating.join()
    });
    event_receiver.try_iter().for_each(&mut observe);
    match scheduled {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(Err(ScheduleError::Batch(BatchError::Cancelled))) => run.cancelled_end(),
        Ok(Err(error)) => RunEnd::Model(error),
        Ok(Ok(())) if cancel.is_cancelled() => run.cancelled_end(),
        Ok(Ok(())) => RunEnd::Complete,
    }
}

/// How often the observer's loop looks whether the stages have ended.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_millis(20);

impl Run<'_> {
    fn cancelled_end(&self) -> RunEnd {
        match self.plan.max_failures {
            Some(limit) if self.failures.load(Ordering::SeqCst) >= limit => RunEnd::TooManyFailures,
            _ => RunEnd::Cancelled,
        }
    }

    /// Reports the end of one input.
    fn end(&self, path: String, outcome: Outcome) {
        if matches!(outcome, Outcome::Failed { .. }) {
            let failures = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
            if self.plan.max_failures.is_some_and(|limit| failures >= limit) {
                self.cancel.cancel();
            }
        }
        // The receiver outlives all stages; were it gone, nobody would wait for the news.
        let _ = self.events.send(Event::Ended { path, outcome });
    }

    /// First stage: ingest, look what is done, sentences, quotes, units.
    fn read(&self, to_translate: &SyncSender<Request<Prepared>>) {
        for ingested in self.plan.inputs.articles() {
            if self.cancel.is_cancelled() {
                return;
            }
            match ingested {
                Ingested::Skipped(skipped) => {
                    let outcome = Outcome::Skipped { kind: skipped.reason.kind(), reason: skipped.reason.to_string() };
                    self.end(skipped.path, outcome);
                }
                Ingested::Failed(failed) => {
                    let outcome = Outcome::Failed { kind: failed.kind, message: failed.message, hint: failed.hint };
                    self.end(failed.path, outcome);
                }
                Ingested::Article(article) => {
                    let path = article.path.clone();
                    match at_the_border(|| self.prepare(*article)) {
                        Err(outcome) | Ok(Err(outcome)) => self.end(path, outcome),
                        Ok(Ok(prepared)) => {
                            let units = prepared.units.units.clone();
                            let _ = self.events.send(Event::Queued { units: units.len() });
                            if to_translate.send(Request { payload: prepared, units }).is_err() {
                                return;
                            }
                        }
                    }
                }
            }
        }
    }

    /// An article ready for the model, or what became of it without.
    fn prepare(&self, article: Article) -> Result<Prepared, Outcome> {
        if !self.plan.force {
            let output = OutputPath::new(&self.plan.out_dir, &article.id);
            match ledger::state_of(&output, &article.text_sha256, &self.settings_sha256, &self.plan.formats) {
                JobState::Done => return Err(Outcome::UpToDate),
                JobState::Render(missing) => {
                    let briefing = render::read_briefing(&output.json());
                    return Err(match briefing.and_then(|briefing| render_formats(&output, &briefing, &missing)) {
                        Ok(()) => Outcome::Rendered,
                        Err(error) => write_failure(error),
                    });
                }
                JobState::Brief => {}
            }
        }
        let title = match &article.title {
            Some(crate::article::Title::InText(span)) => Some(*span),
            _ => None,
        };
        let sentences = sentences::split(&article.text, title);
        let extraction = quotes::extract(&article.text, &sentences);
        let units = ArticleUnits::new(&article, &sentences, &extraction);
        Ok(Prepared { article, sentences, extraction, units })
    }

    /// Last stage: assemble, render, write.
    fn finish(&self, translated: &Receiver<Response<Prepared>>) {
        for response in translated {
            let path = response.payload.article.path.clone();
            let outcome = match at_the_border(|| self.write(response)) {
                Err(outcome) => outcome,
                Ok(Err(error)) => write_failure(error),
                Ok(Ok(warnings)) => Outcome::Briefed { warnings },
            };
            self.end(path, outcome);
        }
    }

    /// Writes one briefing in all formats; gives the number of its warnings. The JSON, which says that the job is
    /// done, comes last.
    fn write(&self, response: Response<Prepared>) -> Result<usize, RenderError> {
        let Prepared { article, sentences, extraction, units } = response.payload;
        let briefing = assemble(AssembleInput {
            article: &article,
            sentences: &sentences,
            extraction: &extraction,
            units: &units,
            translations: &response.results,
            translator: self.plan.translator.info(),
            summarizer: self.plan.summarizer,
            glossary_sha256: None,
        });
        let output = OutputPath::new(&self.plan.out_dir, &article.id);
        // A format that lies there from an earlier run must not contradict the new JSON.
        let is_due = |format: &Format| {
            self.plan.formats.contains(format) || output.of_format(*format).is_some_and(|path| path.exists())
        };
        let formats: Vec<_> = Format::NAMES.into_iter().map(|(_, format)| format).filter(is_due).collect();
        render_formats(&output, &briefing, &formats)?;
        write_atomic(&output.json(), render::json(&briefing)?.as_bytes())?;
        Ok(briefing.warnings.len())
    }
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

fn write_failure(error: RenderError) -> Outcome {
    let message = std::iter::successors(std::error::Error::source(&error), |cause| cause.source())
        .fold(error.to_string(), |chain, cause| format!("{chain}: {cause}"));
    Outcome::Failed { kind: "output", message, hint: error.hint() }
}

/// A panic over one article is that article's failure.
fn at_the_border<T>(work: impl FnOnce() -> T) -> Result<T, Outcome> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
            .unwrap_or_else(|| "unknown panic".into());
        Outcome::Failed {
            kind: "panic",
            message: format!("the program failed on this article: {message}"),
            hint: Some("this is a bug of mujaz: please report it with the article".into()),
        }
    })
}
