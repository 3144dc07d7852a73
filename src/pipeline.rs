//! The flow: where an article goes next. Each arrow is a bounded channel, each stage a thread, the last one several:
//!
//! ```text
//! read   ──(PREPARED_AHEAD)──►  translate  ──(TRANSLATED_AHEAD)──►  finish (FINISHERS)
//! ingest, sentences, quotes,    batch::run over the stored          assemble, render, write, note as done
//! units; what is done or        translations, which keep each
//! another run's is left         batch at once
//! ```
//! A failure of one article is data ([`Outcome::Failed`]), counted and reported; it never ends the run. What ends it is
//! the model, the job store, or an output folder that can't take any article.

mod finish;
mod outcome;
mod place;
mod read;

pub use finish::render_formats;
pub use outcome::{Event, Outcome, RunEnd, Step};
pub use read::Analysed;

use crate::article::Article;
use crate::article::ingest::InputPlan;
use crate::batch::{self, BatchStep, ScheduleError};
use crate::border;
use crate::brief::signature;
use crate::ledger::{Job, JobFailure, JobStore, Ledger, LedgerError, Shard, failed_list};
use crate::render::write::remove_temporaries;
use crate::render::{Format, RenderError};
use crate::summarize::Summarizer;
use crate::translate::{BatchError, Cancel, LazyTranslator};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

/// Articles that are read and analysed while the model works.
const PREPARED_AHEAD: usize = 16;
/// Articles that are translated and wait to be written.
const TRANSLATED_AHEAD: usize = 16;
/// Threads that write: most of their time goes into waiting for the disk, which brings several files there at once as
/// fast as one.
const FINISHERS: usize = 4;
/// How often the observer's loop looks whether the stages have ended.
const HEARTBEAT: Duration = Duration::from_millis(20);
/// How often leases are extended; a fraction of the time that they last.
const KEEP_INTERVAL: Duration = Duration::from_secs(10);

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
    analysed: Analysed,
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
    let translated = Mutex::new(translated);
    let (end_keeping, keep_until) = channel::<()>();
    let scheduled = thread::scope(|scope| {
        let run = &run;
        let translations = &mut translations;
        let translated = &translated;
        scope.spawn(move || run.read(&to_translate));
        scope.spawn(move || run.keep_leases(&keep_until));
        let translating = scope.spawn(move || {
            batch::run(&prepared, &to_finish, plan.translator, translations, stop, |step| run.batch_step(step))
        });
        let finishing: Vec<_> = (0..FINISHERS).map(|_| scope.spawn(move || run.finish(translated))).collect();
        // The events end when every stage has ended: this loop is the run's heartbeat.
        while !(translating.is_finished() && finishing.iter().all(ScopedJoinHandle::is_finished)) {
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

    fn has_given_up(&self) -> bool {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).is_some()
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
}

/// Why an article can't be done.
struct Failure {
    kind: Cow<'static, str>,
    message: String,
    hint: Option<String>,
}

impl From<border::Panic> for Failure {
    fn from(panic: border::Panic) -> Self {
        Self {
            kind: border::PANIC.into(),
            message: format!("the program failed on this article: {panic}"),
            hint: Some(border::HINT.into()),
        }
    }
}
