//! The seam between the run and where jobs are kept.

use super::{LedgerError, Shard};
use std::collections::BTreeMap;

/// One output path and what it is to be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// [`crate::article::Article::id`]: the output path below the output folder, without extension.
    pub id: String,
    /// The input as the user named it.
    pub input: String,
    /// Hash of the text; of the input's name where there is no text.
    pub text_sha256: String,
    /// Hash of the settings.
    pub settings_sha256: String,
}

/// Why a job could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFailure {
    /// Stable name.
    pub kind: String,
    /// What went wrong.
    pub message: String,
    /// What mends it.
    pub hint: Option<String>,
    /// The article as a line of `failed.jsonl`, without the error.
    pub record: String,
}

/// What a job took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Work {
    /// Words of the article.
    pub words: usize,
    /// Time of the model for it.
    pub model_seconds: f64,
}

/// The answer to [`JobStore::claim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This run holds a lease until it finishes, fails or releases the job.
    Granted,
    /// Another run is at it.
    Busy,
    /// It failed before, with this text and these settings.
    FailedBefore {
        /// Stable name of the failure.
        kind: String,
        /// What went wrong.
        message: String,
    },
}

/// A failed job, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    /// The output path without extension.
    pub id: String,
    /// The input.
    pub input: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why.
    pub failure: JobFailure,
}

/// Jobs of one output folder by state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Briefings that are there.
    pub done: usize,
    /// Leased by runs that live.
    pub running: usize,
    /// Failures by kind.
    pub failed: BTreeMap<String, usize>,
}

/// Keeps jobs. All calls belong to one output folder and one run.
pub trait JobStore: Send + Sync {
    /// Asks for `job`; with `retry_failed` also if it failed before.
    ///
    /// # Errors
    /// [`LedgerError`], as of all calls here.
    fn claim(&self, job: &Job, retry_failed: bool) -> Result<Claim, LedgerError>;

    /// Makes all leases of this run last for another while.
    fn extend(&self) -> Result<(), LedgerError>;

    /// `job` is done; its output is in place. Nothing is said about the work where the output was found there.
    fn finish(&self, job: &Job, work: Option<Work>) -> Result<(), LedgerError>;

    /// `job` failed.
    fn fail(&self, job: &Job, failure: &JobFailure) -> Result<(), LedgerError>;

    /// Gives `job` back untouched.
    fn release(&self, job: &Job) -> Result<(), LedgerError>;

    /// Whether another run that lives holds the job `id`.
    fn is_busy(&self, id: &str) -> Result<bool, LedgerError>;

    /// Counts jobs of `shard`.
    fn stats(&self, shard: Shard) -> Result<Stats, LedgerError>;

    /// Calls `each` with every failed job of `shard`, by id.
    fn failed(&self, shard: Shard, each: &mut dyn FnMut(FailedJob)) -> Result<(), LedgerError>;
}
