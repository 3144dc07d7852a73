//! What is done, who is at it, what failed, and every translation that was made.
//!
//! A job is one output path; it is done when the briefing there has this text hash and this settings hash. The
//! briefings are the record of that; the [`JobStore`] beside them knows what they can't say: who works on what
//! ([`JobStore::claim`] gives a lease), what failed and how often, how long it took. Both halves of a write keep one
//! order: the output file (temporary, synced, renamed, folder synced), then the database. So a killed run leaves work
//! that is done and not noted, never the reverse; the next run reads it off the briefing.
//!
//! ```text
//! STATE/ledger.sqlite3      jobs, leases, runs, translations (SQLite, write-ahead log)
//! STATE/owners/*.lock       locked by each process as long as it lives: a dead one's leases come back at once
//! ```

mod error;
pub mod failed_list;
mod job_store;
mod location;
mod output;
mod owner;
mod shard;
mod sqlite;

pub use error::LedgerError;
pub use job_store::{Claim, FailedJob, Job, JobFailure, JobStore, Stats, Work};
pub use location::{default_state_dir, user_state_dir};
pub use output::{JobState, OutputPath, state_of};
pub use owner::Owner;
pub use shard::{Shard, ShardError};
pub use sqlite::{FILE_NAME, Ledger, StoredTranslations};
