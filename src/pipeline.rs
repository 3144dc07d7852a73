//! The flow: where an article goes next. Each arrow is a bounded channel, each stage a thread:
//!
//! ```text
//! read   ──(PREPARED_AHEAD)──►  translate  ──(TRANSLATED_AHEAD)──►  finish
//! ingest, sentences, quotes,    batch::run over the stored          assemble, render, write, note as done
//! units; what is done or        translations, which keep each
//! another run's is left         batch at once
//! ```
//! A failure of one article is data ([`Outcome::Failed`]), counted and reported; it never ends the run. What ends it is
//! the model, the job store, or an output folder that can't take any article.

mod place;

use crate::article::ingest::{Failed, Ingested, InputPlan};
use crate::article::{Article, Sentence, Title, sentences, sha256_hex};
use crate::batch::{self, BatchDone, BatchStep, Request, Response, ScheduleError, panic_message};
use crate::brief::assemble::{AssembleInput, assemble};
use crate::brief::{Briefing, signature};
use crate::ledger::{
    self, Claim, Job, JobFailure, JobState, JobStore, Ledger, LedgerError, OutputPath, Shard, Work, failed_list,
};
use crate::quotes::{self, Extraction};
use crate::render::write::{AtomicFile, remove_temporaries, sync_folder, write_atomic};
use crate::render::{self, Format, RenderError};
use crate::summarize::Summarizer;
use crate::translate::units::{ArticleUnits, Source};
use crate::translate::{BatchError, Cancel, LazyTranslator, RowError, Translation};
use place::is_of_the_place;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Articles that are read and analysed while the model works.
const PREPARED_AHEAD: usize = 16;
/// Articles that are translated and wait to be written.
const TRANSLATED_AHEAD: usize = 16;
/// How often the observer's loop looks whether the stages have ended.
const HEARTBEAT: Duration = Duration::from_millis(20);
/// How often leases are extended; a fraction of the time that they last.
const KEEP_INTERVAL: Duration = Duration::from_secs(10);
/// How often a run that has nothing left looks at what others still work on.
const BUSY_INTERVAL: Duration = Duration::from_millis(200);

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
    /// Jobs and translations.
    pub ledger: &'a Ledger,
    /// The articles of this run.
    pub shard: Shard,
    /// Redo what is done.
    pub force: bool,
    /// Try again what failed before.
    pub retry_failed: bool,
    /// End the run after this many failed articles.
    pub max_failures: Option<usize>,
    /// Called at each [`Step`], in the thread that takes it.
    pub on_step: &'a (dyn Fn(Step) + Sync),
}

/// The steps of the write path, in the order in which a text and then its article take them. A process that dies at any
/// of them leaves a state that the next run goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An article is leased.
    Claimed,
    /// A batch goes to the model.
    BatchStarting,
    /// A batch is back.
    BatchDecoded,
    /// Its translations are in the store.
    BatchKept,
    /// The formats beside the JSON are in their places.
    FormatsWritten,
    /// The briefing is on the disk under its temporary name.
    BriefingSynced,
    /// It has its name.
    BriefingRenamed,
    /// The name is on the disk.
    FolderSynced,
    /// The job is noted as done.
    Noted,
}

impl Step {
    /// All steps with their names.
    pub const NAMES: [(&'static str, Step); 9] = [
        ("claimed", Step::Claimed),
        ("batch-starting", Step::BatchStarting),
        ("batch-decoded", Step::BatchDecoded),
        ("batch-kept", Step::BatchKept),
        ("formats-written", Step::FormatsWritten),
        ("briefing-synced", Step::BriefingSynced),
        ("briefing-renamed", Step::BriefingRenamed),
        ("folder-synced", Step::FolderSynced),
        ("noted", Step::Noted),
    ];
}

/// What became of one input.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Translated and written.
    Briefed {
        /// Warnings in the briefing.
        warnings: usize,
        /// What it took.
        work: Work,
    },
    /// The briefing was there; formats were rendered from it.
    Rendered,
    /// Everything was there.
    UpToDate,
    /// Another shard's.
    OtherShard,
    /// Left out, and that is no failure.
    Skipped {
        /// Stable name of the reason.
        kind: &'static str,
        /// In words.
        reason: String,
    },
    /// Failed in an earlier run, with the same text and settings, and was not tried again.
    FailedBefore {
        /// Stable name of the failure.
        kind: String,
        /// What went wrong.
        message: String,
    },
    /// Could not be done.
    Failed {
        /// Stable name of the failure.
        kind: Cow<'static, str>,
        /// What went wrong.
        message: String,
        /// What mends it.
        hint: Option<String>,
    },
}

/// What the run tells its observer, in no order between articles.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An article waits for the model: its units.
    Queued {
        /// How many texts it has for the model.
        units: usize,
    },
    /// A batch is back.
    Batch(BatchDone),
    /// All units of an article are back, those that were known included.
    Translated {
        /// How many texts it had for the model.
        units: usize,
    },
    /// An input is dealt with.
    Ended {
        /// The input as the user named it.
        path: String,
        /// What became of it.
        outcome: Outcome,
    },
    /// Nothing happened for a moment.
    Quiet,
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
    /// The output folder can't take any article.
    Output(RenderError),
    /// The job store can't be used.
    Ledger(LedgerError),
}

/// What ends a run from inside a stage.
enum Fatal {
    Output(RenderError),
    Ledger(LedgerError),
}

impl From<LedgerError> for Fatal {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// An article on its way to the model.
struct Prepared {
    job: Job,
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
    stop: &'a Cancel,
    fatal: Mutex<Option<Fatal>>,
}

/// Runs the plan until it is done or `stop` is set; `observe` is called on this thread for every [`Event`].
pub fn run(plan: &BriefPlan, stop: &Cancel, observe: impl FnMut(Event)) -> RunEnd {
    match run_to_the_end(plan, stop, observe) {
        Ok(end) => end,
        Err(error) => RunEnd::Ledger(error),
    }
}

fn run_to_the_end(plan: &BriefPlan, stop: &Cancel, mut observe: impl FnMut(Event)) -> Result<RunEnd, LedgerError> {
    let lost = plan.ledger.lost_processes()?;
    if !lost.is_empty() {
        remove_temporaries(&plan.out_dir, &lost);
        plan.ledger.close_lost(&lost)?;
    }
    let mut translations = plan.ledger.translations(&plan.translator.info().identity, None)?;
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
        stop,
        fatal: Mutex::new(None),
    };
    let (to_translate, prepared) = sync_channel(PREPARED_AHEAD);
    let (to_finish, translated) = sync_channel(TRANSLATED_AHEAD);
    let (end_keeping, keep_until) = channel::<()>();
    let scheduled = thread::scope(|scope| {
        let run = &run;
        let translations = &mut translations;
        scope.spawn(move || run.read(&to_translate));
        scope.spawn(move || run.keep_leases(&keep_until));
        let translating = scope.spawn(move || {
            batch::run(&prepared, &to_finish, plan.translator, translations, stop, |step| run.batch_step(step))
        });
        let finishing = scope.spawn(move || run.finish(&translated));
        // The events end when every stage has ended: this loop is the run's heartbeat.
        while !(translating.is_finished() && finishing.is_finished()) {
            observe(event_receiver.recv_timeout(HEARTBEAT).unwrap_or(Event::Quiet));
        }
        event_receiver.try_iter().for_each(&mut observe);
        drop(end_keeping);
        translating.join()
    });
    event_receiver.try_iter().for_each(&mut observe);
    let saw_all_of = plan.inputs.roots();
    let is_whole = matches!(scheduled, Ok(Ok(()))) && !stop.is_cancelled() && !plan.inputs.is_limited();
    let ended = plan.ledger.end_run((is_whole && !plan.shard.is_part()).then_some(&saw_all_of));
    if let Some(fatal) = run.fatal.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Ok(match fatal {
            Fatal::Output(error) => RunEnd::Output(error),
            Fatal::Ledger(error) => RunEnd::Ledger(error),
        });
    }
    let end = match scheduled {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(Err(ScheduleError::Batch(BatchError::Cancelled))) => run.stopped_end(),
        Ok(Err(error)) => RunEnd::Model(error),
        Ok(Ok(())) if stop.is_cancelled() => run.stopped_end(),
        Ok(Ok(())) => RunEnd::Complete,
    };
    ended?;
    Ok(end)
}

impl Run<'_> {
    fn stopped_end(&self) -> RunEnd {
        match self.plan.max_failures {
            Some(limit) if self.failures.load(Ordering::SeqCst) >= limit => RunEnd::TooManyFailures,
            _ => RunEnd::Cancelled,
        }
    }

    fn step(&self, step: Step) {
        (self.plan.on_step)(step);
    }

    fn batch_step(&self, step: BatchStep) {
        match step {
            BatchStep::Starting => self.step(Step::BatchStarting),
            BatchStep::Decoded => self.step(Step::BatchDecoded),
            BatchStep::Kept(done) => {
                self.step(Step::BatchKept);
                let _ = self.events.send(Event::Batch(done));
            }
        }
    }

    /// Ends the run: no later article could fare better.
    fn give_up(&self, fatal: Fatal) {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fatal);
        self.stop.cancel();
    }

    /// As long as the stages work, this run's leases hold.
    fn keep_leases(&self, until: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = until.recv_timeout(KEEP_INTERVAL) {
            if let Err(error) = self.plan.ledger.extend() {
                self.give_up(error.into());
            }
        }
    }

    /// Reports the end of one input.
    fn end(&self, path: String, outcome: Outcome) {
        if matches!(outcome, Outcome::Failed { .. }) {
            let failures = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
            if self.plan.max_failures.is_some_and(|limit| failures >= limit) {
                self.stop.cancel();
            }
        }
        // The receiver outlives all stages; were it gone, nobody would wait for the news.
        let _ = self.events.send(Event::Ended { path, outcome });
    }

    /// First stage: ingest, look what is done, sentences, quotes, units.
    fn read(&self, to_translate: &SyncSender<Request<Prepared>>) {
        let mut busy = BTreeMap::new();
        let mut read = || -> Result<(), Fatal> {
            for ingested in self.plan.inputs.articles() {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                self.take(ingested, to_translate, &mut busy)?;
            }
            // What other runs worked on when its turn came: by now it is done, or comes back, or they are still at it.
            while !busy.is_empty() && !self.stop.is_cancelled() {
                thread::sleep(BUSY_INTERVAL);
                let mut again = BTreeMap::new();
                for (path, id) in std::mem::take(&mut busy) {
                    let waits = self.plan.ledger.is_busy(&id)?;
                    if waits { &mut busy } else { &mut again }.insert(path, id);
                }
                if again.is_empty() {
                    continue;
                }
                for ingested in self.plan.inputs.articles_at(&|path| again.contains_key(path)) {
                    if self.stop.is_cancelled() {
                        return Ok(());
                    }
                    self.take(ingested, to_translate, &mut busy)?;
                }
            }
            Ok(())
        };
        if let Err(fatal) = read() {
            self.give_up(fatal);
        }
    }

    /// Deals with one input; an article that another run works on goes to `busy`, by its path and id.
    fn take(
        &self,
        ingested: Ingested,
        to_translate: &SyncSender<Request<Prepared>>,
        busy: &mut BTreeMap<String, String>,
    ) -> Result<(), Fatal> {
        match ingested {
            Ingested::Skipped(skipped) if !self.plan.shard.has(&sha256_hex(&skipped.path)) => {
                self.end(skipped.path, Outcome::OtherShard);
            }
            Ingested::Skipped(skipped) => {
                let outcome = Outcome::Skipped { kind: skipped.reason.kind(), reason: skipped.reason.to_string() };
                self.end(skipped.path, outcome);
            }
            Ingested::Failed(failed) if !self.plan.shard.has(&sha256_hex(&failed.path)) => {
                self.end(failed.path, Outcome::OtherShard);
            }
            Ingested::Failed(failed) => self.fail_unread(failed)?,
            Ingested::Article(article) if !self.plan.shard.has(&article.text_sha256) => {
                self.end(article.path, Outcome::OtherShard);
            }
            Ingested::Article(article) => {
                let job = Job {
                    id: article.id.clone(),
                    input: article.path.clone(),
                    text_sha256: article.text_sha256.clone(),
                    settings_sha256: self.settings_sha256.clone(),
                };
                match self.claim(&job)? {
                    Claimed::Known(outcome) => self.end(job.input, outcome),
                    Claimed::Busy => {
                        busy.insert(job.input, job.id);
                    }
                    Claimed::ToDo => self.prepare(job, *article, to_translate)?,
                }
            }
        }
        Ok(())
    }

    fn fail_unread(&self, failed: Failed) -> Result<(), Fatal> {
        let job = Job {
            id: failed.id,
            text_sha256: sha256_hex(&failed.path),
            input: failed.path,
            settings_sha256: self.settings_sha256.clone(),
        };
        let failure = JobFailure {
            kind: failed.kind.to_owned(),
            message: failed.message,
            hint: failed.hint,
            record: failed_list::without_text(&job.id),
        };
        self.plan.ledger.fail(&job, &failure)?;
        let JobFailure { message, hint, .. } = failure;
        self.end(job.input, Outcome::Failed { kind: failed.kind.into(), message, hint });
        Ok(())
    }

    /// Looks at what lies in the output folder, and takes the job where something is to do.
    fn claim(&self, job: &Job) -> Result<Claimed, Fatal> {
        let output = OutputPath::new(&self.plan.out_dir, &job.id);
        let look = || {
            if self.plan.force {
                return JobState::Brief;
            }
            ledger::state_of(&output, &job.text_sha256, &job.settings_sha256, &self.plan.formats)
        };
        if look() == JobState::Done {
            self.plan.ledger.finish(job, None)?;
            return Ok(Claimed::Known(Outcome::UpToDate));
        }
        match self.plan.ledger.claim(job, self.plan.retry_failed || self.plan.force)? {
            Claim::Busy => return Ok(Claimed::Busy),
            Claim::FailedBefore { kind, message } => {
                return Ok(Claimed::Known(Outcome::FailedBefore { kind, message }));
            }
            Claim::Granted => self.step(Step::Claimed),
        }
        // Another run may have ended it between the look and the claim.
        match look() {
            JobState::Brief => Ok(Claimed::ToDo),
            JobState::Done => {
                self.plan.ledger.finish(job, None)?;
                Ok(Claimed::Known(Outcome::UpToDate))
            }
            JobState::Render(missing) => {
                let rendered = render::read_briefing(&output.json())
                    .and_then(|briefing| render_formats(&output, &briefing, &missing))
                    .and_then(|()| sync_folder(&output.json()));
                match rendered {
                    Ok(()) => {
                        self.plan.ledger.finish(job, None)?;
                        Ok(Claimed::Known(Outcome::Rendered))
                    }
                    Err(error) => Ok(Claimed::Known(self.write_failure(job, None, error)?)),
                }
            }
        }
    }

    /// Sentences, quotes and units of a claimed article; then it waits for the model.
    fn prepare(&self, job: Job, article: Article, to_translate: &SyncSender<Request<Prepared>>) -> Result<(), Fatal> {
        let analysed = at_the_border(|| {
            let title = match &article.title {
                Some(Title::InText(span)) => Some(*span),
                _ => None,
            };
            let sentences = sentences::split(&article.text, title);
            let extraction = quotes::extract(&article.text, &sentences);
            let units = ArticleUnits::new(&article, &sentences, &extraction);
            (sentences, extraction, units)
        });
        let (sentences, extraction, units) = match analysed {
            Ok(analysed) => analysed,
            Err(failure) => return self.fail(&job, &article, failure),
        };
        let requested = units.units.clone();
        let _ = self.events.send(Event::Queued { units: requested.len() });
        let prepared = Prepared { job, article, sentences, extraction, units };
        // Without a receiver the run is ending; the lease goes back with the others.
        let _ = to_translate.send(Request { payload: prepared, units: requested });
        Ok(())
    }

    /// Notes a failure and reports it.
    fn fail(&self, job: &Job, article: &Article, failure: Failure) -> Result<(), Fatal> {
        let Failure { kind, message, hint } = failure;
        let noted = JobFailure {
            kind: kind.to_string(),
            message: message.clone(),
            hint: hint.clone(),
            record: failed_list::record(article),
        };
        self.plan.ledger.fail(job, &noted)?;
        self.end(job.input.clone(), Outcome::Failed { kind, message, hint });
        Ok(())
    }

    /// Last stage: assemble, render, write.
    fn finish(&self, translated: &Receiver<Response<Prepared>>) {
        for response in translated {
            let _ = self.events.send(Event::Translated { units: response.results.len() });
            if let Err(fatal) = self.write(response) {
                self.give_up(fatal);
                return;
            }
        }
    }

    /// Writes one briefing in all formats, or notes why not.
    fn write(&self, response: Response<Prepared>) -> Result<(), Fatal> {
        let Response { payload: Prepared { job, article, sentences, extraction, units }, results, model_seconds } =
            response;
        if let Some(failure) = lost_article(&units, &results) {
            return self.fail(&job, &article, failure);
        }
        let made = at_the_border(|| {
            let briefing = assemble(AssembleInput {
                article: &article,
                sentences: &sentences,
                extraction: &extraction,
                units: &units,
                translations: &results,
                translator: self.plan.translator.info(),
                summarizer: self.plan.summarizer,
                glossary_sha256: None,
            });
            self.write_files(&briefing).map(|()| briefing.warnings.len())
        });
        match made {
            Err(failure) => self.fail(&job, &article, failure),
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
    fn write_failure(&self, job: &Job, article: Option<&Article>, error: RenderError) -> Result<Outcome, Fatal> {
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

/// What a look at a job gave.
enum Claimed {
    /// It is dealt with.
    Known(Outcome),
    /// Another run is at it.
    Busy,
    /// It is ours.
    ToDo,
}

/// Why an article can't be done.
struct Failure {
    kind: Cow<'static, str>,
    message: String,
    hint: Option<String>,
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

/// A panic over one article is that article's failure.
fn at_the_border<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Failure {
        kind: "panic".into(),
        message: format!("the program failed on this article: {}", panic_message(panic.as_ref())),
        hint: Some("this is a bug of mujaz: please report it with the article".into()),
    })
}
