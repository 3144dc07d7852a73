//! Ingest: from what the user names (files, folders, JSONL, standard input) to decoded articles, one at a time.
//!
//! [`plan`] walks and checks everything before any work; [`InputPlan::articles`] then reads lazily. What can't be read
//! or is not for us is data ([`Failed`], [`Skipped`]) and never stops the rest.

mod assemble;
mod decode;
mod ids;
mod json_lines;
mod language;
mod metadata;
mod origin;
mod outcome;
mod plan;
mod read;
mod web_page;

pub use decode::{Decoded, NotText, decode};
pub use ids::{MAX_ID_PART_BYTES, RESERVED_FIRST_PARTS};
pub use language::MIN_ARABIC_SHARE;
pub use outcome::{Failed, IngestError, Ingested, SkipReason, Skipped};
pub use plan::{IngestOptions, InputPlan, plan, plan_with_stdin};
pub use read::MAX_ARTICLE_BYTES;
