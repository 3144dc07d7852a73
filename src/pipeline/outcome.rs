//! What a run tells while it goes on and when it has ended.

use crate::batch::{BatchDone, ScheduleError};
use crate::ledger::{LedgerError, Work};
use crate::render::RenderError;
use std::borrow::Cow;

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
