//! First stage: read an input, look what is done, take the job, prepare the article for the model.

use super::finish::render_formats;
use super::{Event, Fatal, Outcome, Prepared, Run, Step};
use crate::article::ingest::{Failed, Ingested};
use crate::article::{Article, Sentence, sentences, sha256_hex};
use crate::batch::Request;
use crate::border;
use crate::ledger::{self, Claim, Job, JobFailure, JobState, JobStore, OutputPath, failed_list};
use crate::quotes::{self, Extraction};
use crate::render;
use crate::render::write::sync_folder;
use crate::translate::units::ArticleUnits;
use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

/// How often a run that has nothing left looks at what others still work on.
const BUSY_INTERVAL: Duration = Duration::from_millis(200);

/// What a look at a job gave.
enum Claimed {
    /// It is dealt with.
    Known(Outcome),
    /// Another run is at it.
    Busy,
    /// It is ours.
    ToDo,
}

/// What is known of an article before its translation.
pub struct Analysed {
    /// Its sentences.
    pub sentences: Vec<Sentence>,
    /// Who said what.
    pub extraction: Extraction,
    /// Its texts for the model.
    pub units: ArticleUnits,
}

impl Analysed {
    /// Sentences, quotes and units of an article.
    pub fn new(article: &Article) -> Self {
        let sentences = sentences::split(&article.text, article.title_in_text());
        let extraction = quotes::extract(&article.text, &sentences);
        let units = ArticleUnits::new(article, &sentences, &extraction);
        Self { sentences, extraction, units }
    }
}

impl Run<'_> {
    /// Deals with every input until the run is stopped.
    pub(super) fn read(&self, to_translate: &SyncSender<Request<Prepared>>) {
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
        let analysed = match border::caught(|| Analysed::new(&article)) {
            Ok(analysed) => analysed,
            Err(panic) => return self.fail(&job, &article, panic.into()),
        };
        let requested = analysed.units.units.clone();
        let _ = self.events.send(Event::Queued { units: requested.len() });
        let prepared = Prepared { job, article, analysed };
        // Without a receiver the run is ending; the lease goes back with the others.
        let _ = to_translate.send(Request { payload: prepared, units: requested });
        Ok(())
    }
}
